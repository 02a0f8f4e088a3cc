"""Questions written to answers: what is asked for, what comes back, and a run with a model of random weights."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import spacy
import torch
from click.testing import CliRunner
from helpers.public import write_sets

from knowledge.pipelines import pipeline_path
from rag.training import writer
from rag.training.answers import candidates
from rag.training.data import read_rows
from rag.training.public import Text

TEXT = "The old committee met Anna Holt in Leeds on 4 March 1998. She left the red mill to see 12 people."
PASSAGE = Text("The committee", TEXT, "xquad")


class Letters:
    """A tokenizer of single characters."""

    eos_token_id = 0

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": [ord(sign) % 256 for sign in text]}

    def batch_decode(self, tokens: torch.Tensor, **_: Any) -> list[str]:
        return ["".join(map(chr, filter(None, row))) for row in tokens.tolist()]


def tiny_model() -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=256, max_position_embeddings=1024, **shape))


def test_names_dates_numbers_phrases_and_clauses_are_asked_for() -> None:
    doc = spacy.load(pipeline_path("en"))(TEXT)
    found = {TEXT[start:end] for start, end in candidates(doc, "The committee", 20, random.Random(1))}
    assert {"Anna Holt", "Leeds", "4 March 1998", "12 people", "old committee"} <= found
    assert "committee" not in found
    assert any(len(text.split()) > 2 for text in found - {"4 March 1998"})
    few = candidates(doc, "The committee", 4, random.Random(1))
    assert len(few) == 4
    assert few == candidates(doc, "The committee", 4, random.Random(1))


def test_questions_are_kept_whose_answer_comes_back() -> None:
    said = {
        "Anna Holt": ("Whom did the committee meet?", "Anna Holt"),
        "Leeds": ("Where did the committee meet?", "York"),
        "4 March 1998": ("When did the committee meet?", "on 4 March 1998"),
        "12 people": ("Did she see 12 people there?", "12 people"),
        "red mill": ("She left the mill", "red mill"),
    }
    spans = [(TEXT.index(answer), TEXT.index(answer) + len(answer)) for answer in said]

    def speak(prompts: Sequence[str], *, most: int, sampled: bool) -> list[str]:
        if sampled:
            return [said[prompt.split("Answer: ")[1].split("\n")[0]][0] for prompt in prompts]
        back = {f"Passage: The committee. {TEXT}\nQuestion: {question}\nAnswer:": a for question, a in said.values()}
        return [back[prompt] for prompt in prompts]

    rows = writer.written([(PASSAGE, span) for span in spans], speak)
    assert {row.question: row.texts for row in rows} == {
        "Whom did the committee meet?": ("Anna Holt",),
        "When did the committee meet?": ("on 4 March 1998",),
    }
    assert all((row.source, row.title) == ("written", "The committee") for row in rows)


def test_a_run_writes_what_the_mixture_reads(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(writer, "open_model", lambda base, name: (Letters(), tiny_model()))
    # Random weights ask no good questions.
    monkeypatch.setattr(writer, "_good", lambda question, answer: True)
    monkeypatch.setattr(writer, "_CAME_BACK", 0.0)
    out = tmp_path / "written.jsonl"
    arguments = [str(write_sets(tmp_path / "data")), str(out), "--base", str(tmp_path / "model.gguf"), "--epochs", "1"]
    sizes = ["--examples", "12", "--passages", "3", "--answers", "2", "--tokens", "2048", "--device", "cpu"]
    texts = []
    for _ in range(2):  # the second goes on from the first one's last checkpoint
        result = CliRunner().invoke(writer.main, [*arguments, *sizes])
        assert result.exit_code == 0, result.output
        texts.append(out.read_text("utf-8"))
    assert texts[0] == texts[1]
    rows = read_rows(out).rows
    assert rows
    assert {row.source for row in rows} == {"written"}
