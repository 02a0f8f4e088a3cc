"""Questions that a chat model writes about passages: ``python -m rag.training.writer DATA OUT.jsonl``.

The built-in chat model is fine-tuned, all of it, on two tasks at once: to answer a question, and to ask the question
that a marked answer answers. It then asks about what ``rag.training.answers`` finds in passages, and answers itself; a
question is kept when the answer comes back (round-trip consistency; Alberti et al. 2019). ``rag.training.mixture``
takes what is written. DATA is as ``rag.training.public`` says.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import click
import spacy
import torch

from knowledge.pipelines import pipeline_path
from rag.build import model_cache
from rag.evaluation.metrics import exact_match, f1
from rag.llms.transformers import open_model
from rag.models import LLM
from rag.settings import load_settings
from rag.terminal import tell
from rag.training.answers import Span, candidates
from rag.training.data import Row, write_rows
from rag.training.llm import Packed, ReplyTask, pack
from rag.training.loop import Plan, fit
from rag.training.mixture import WRITTEN, known
from rag.training.public import SEED, SINGLE, Text, passages, single, xquad

_NONE = "none"
"""The answer that is taught where there is none."""
_CHARACTERS = 1400
"""Of a passage; longer ones are cut around the answer."""
_PROMPT = 560
"""Tokens; examples with longer prompts are left out."""
_ANSWERED, _ASKED = 3, 6
"""Times that each of XQuAD's few questions is to be answered, and asked."""
_PLAIN = 0.4
"""Share of QAMR's questions without a name or number that are asked: many do not say what they are about."""
_SPECIFIC = re.compile(r"\s[A-Z]|\d")
_CHECKED = 200
"""Questions to validate with."""
_QUESTION_TOKENS, _ANSWER_TOKENS = 32, 20
_QUESTION_WORDS = range(4, 30)
_CAME_BACK = 0.6
"""F1 from which the model's answer is the one that was asked for."""


class Speaker(Protocol):
    """Completes prompts."""

    def __call__(self, prompts: Sequence[str], *, most: int, sampled: bool) -> list[str]:
        """Return the first line that follows each, of at most so many tokens, drawn or the likeliest."""
        ...


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--base", type=click.Path(path_type=Path), help="A GGUF file or a folder; the built-in chat model.")
@click.option("--examples", type=click.IntRange(min=1), help="Examples to learn from; all.")
@click.option("--passages", "count", type=click.IntRange(min=1), help="Passages to write about; all.")
@click.option("--answers", type=click.IntRange(min=1), default=6, help="To ask for in a passage.")
@click.option("--epochs", type=click.FloatRange(min=0, min_open=True), default=2.0)
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True), default=2e-4)
@click.option("--tokens", type=click.IntRange(min=1), default=32768, help="Of a batch; a few thousand on a processor.")
@click.option("--device", default="", help="As PyTorch names it; a GPU where there is one.")
@click.option("--seed", type=int, default=SEED)
def main(
    data: Path,
    out: Path,
    base: Path | None,
    examples: int | None,
    count: int | None,
    answers: int,
    epochs: float,
    learning_rate: float,
    tokens: int,
    device: str,
    seed: int,
) -> None:
    """Write OUT.jsonl; checkpoints lie beside it, from which the same command goes on."""
    draw = random.Random(seed)
    plan = Plan(epochs=epochs, tokens=tokens, learning_rate=learning_rate, seed=seed, device=device)
    base = base or model_cache(load_settings(), tell=tell).weights(LLM)
    tokenizer, model = open_model(base, base.stem)
    train, check = known(data, draw, qamr=1.0, copies=_ANSWERED)
    asked = [row for name in SINGLE for row in single(data, name)[0]] + _ASKED * xquad(data)
    pairs = [*_to_answer(train, draw), *_to_ask(asked, draw)]
    pairs = draw.sample(pairs, min(len(pairs), examples or len(pairs)))
    held = list(_to_answer(draw.sample(check, min(len(check), _CHECKED, examples or _CHECKED)), draw))
    task = ReplyTask(model.requires_grad_(True), _packed(pairs, tokenizer), _packed(held, tokenizer), batch=tokens)
    tell(f"{len(task.lengths())} examples, {sum(task.lengths()) / 1e6:.1f} M tokens")
    history = fit(task, plan, out.with_suffix(".training"), progress=_progress, tell=tell)
    tell(f"taught in {history.seconds / 60:.1f} minutes: {history.checks[-1]['exact']:.2f} of replies are exact")
    texts = passages(data)
    texts = draw.sample(texts, min(len(texts), count or len(texts)))
    jobs = list(dict.fromkeys(_jobs(texts, answers, draw)))
    rows = written(jobs, _speaker(tokenizer, model, plan))
    write_rows(out, rows)
    click.echo(f"{len(rows)} of {len(jobs)} questions came back")


def written(jobs: Sequence[tuple[Text, Span]], speak: Speaker) -> list[Row]:
    """Return the questions to passages and answers in them whose answers come back."""
    rows = [
        Row(f"{WRITTEN}-{number}", "", one.text, (span,), "en", source=WRITTEN, title=one.title)
        for number, (one, span) in enumerate(jobs)
    ]
    questions = speak([_ask(row) for row in rows], most=_QUESTION_TOKENS, sampled=True)
    rows = [replace(row, question=question) for row, question in zip(rows, questions, strict=True)]
    rows = [row for row in rows if _good(row.question, row.texts[0])]
    replies = speak([_answer(row) for row in rows], most=_ANSWER_TOKENS, sampled=False)
    pairs = zip(rows, replies, strict=True)
    return [_marked(row, reply) for row, reply in pairs if f1(reply, row.texts) >= _CAME_BACK]


def _good(question: str, answer: str) -> bool:
    return (
        question.endswith("?") and len(question.split()) in _QUESTION_WORDS and answer.lower() not in question.lower()
    )


def _marked(row: Row, reply: str) -> Row:
    """Return a question with what it was answered with as its answer: that reads more like what people mark."""
    if exact_match(reply, row.texts) or row.context.count(reply) != 1:
        return row
    start = row.context.index(reply)
    return replace(row, answers=((start, start + len(reply)),))


def _jobs(texts: Sequence[Text], most: int, draw: random.Random) -> Iterator[tuple[Text, Span]]:
    """Yield passages with what to ask for in them."""
    nlp = spacy.load(pipeline_path("en"))
    for one, doc in zip(texts, nlp.pipe([one.text for one in texts]), strict=True):
        yield from ((one, span) for span in candidates(doc, one.title, most, draw))


def _answer(row: Row) -> str:
    lead = f"{row.title}. " if row.title else ""
    return f"Passage: {lead}{row.context}\nQuestion: {row.question}\nAnswer:"


def _ask(row: Row) -> str:
    (start, end), text = row.answers[0], row.context
    return f"Passage: {text[:start]}<<{text[start:end]}>>{text[end:]}\nAnswer: {text[start:end]}\nQuestion:"


def _to_answer(rows: Sequence[Row], draw: random.Random) -> Iterator[tuple[str, str]]:
    """Yield prompts with the answers to learn."""
    for row in rows:
        if (cut := _cut(row, draw)) is not None:
            yield _answer(cut), f" {cut.texts[0] if cut.answers else _NONE}"


def _to_ask(rows: Sequence[Row], draw: random.Random) -> Iterator[tuple[str, str]]:
    """Yield prompts with the questions to learn."""
    for row in rows:
        words = row.question.split()
        vague = len(words) <= _QUESTION_WORDS.start or (not _SPECIFIC.search(row.question) and draw.random() >= _PLAIN)
        if row.source == "qamr" and vague:
            continue
        if (cut := _cut(row, draw)) is not None:
            yield _ask(cut), f" {row.question[0].upper()}{row.question[1:]}"


def _cut(row: Row, draw: random.Random) -> Row | None:
    """Return a question with so much of a long passage as may be read, its answer inside; None: there is no telling."""
    if len(row.context) <= _CHARACTERS:
        return row
    if not row.answers:
        return None
    first, last = row.answers[0]
    start = max(0, first - draw.randint(100, 600))
    if last > start + _CHARACTERS:
        return None
    return replace(row, context=row.context[start : start + _CHARACTERS], answers=((first - start, last - start),))


def _packed(pairs: Sequence[tuple[str, str]], tokenizer: Any) -> list[Packed]:
    """Return prompts and replies as conversations of their own."""
    end = int(tokenizer.eos_token_id)
    packed = []
    for before, after in pairs:
        prompt = list(tokenizer(before, add_special_tokens=False)["input_ids"])
        reply = [*tokenizer(after, add_special_tokens=False)["input_ids"], end]
        if len(prompt) <= _PROMPT:
            packed.append(pack([prompt], [reply], [after == f" {_NONE}"]))
    return packed


def _speaker(tokenizer: Any, model: Any, plan: Plan) -> Speaker:
    """Return what completes prompts with a model; the same plan draws the same."""
    torch.manual_seed(plan.seed)
    end = int(tokenizer.eos_token_id)

    def speak(prompts: Sequence[str], *, most: int, sampled: bool) -> list[str]:
        tokens = [list(tokenizer(prompt, add_special_tokens=False)["input_ids"]) for prompt in prompts]
        order = sorted(range(len(prompts)), key=lambda n: len(tokens[n]))
        replies = [""] * len(prompts)
        options = {"do_sample": True, "top_p": 0.9, "temperature": 0.7} if sampled else {"do_sample": False}
        while order:
            longest = len(tokens[order[-1]])
            size = max(1, plan.tokens // (longest + most))
            batch, order = order[-size:], order[:-size]
            padded = [[end] * (longest - len(tokens[n])) + tokens[n] for n in batch]
            seen = [[0] * (longest - len(tokens[n])) + [1] * len(tokens[n]) for n in batch]
            with torch.inference_mode(), plan.precision():
                said = model.generate(
                    input_ids=torch.tensor(padded, device=plan.place),
                    attention_mask=torch.tensor(seen, device=plan.place),
                    max_new_tokens=most,
                    pad_token_id=end,
                    eos_token_id=end,
                    **options,
                )
            for n, text in zip(batch, tokenizer.batch_decode(said[:, longest:], skip_special_tokens=True), strict=True):
                replies[n] = str(text).strip().partition("\n")[0].strip()
        return replies

    return speak


def _progress(step: int, total: int, line: str) -> None:
    if step % 50 == 0:
        tell(f"step {step} of {total}  {line}")


if __name__ == "__main__":
    main()
