"""The teacher: a small sentence encoder fine-tuned to mark names, used to label text and then thrown away.

all-MiniLM-L6-v2 knows far more names than the treebanks hold, but it reads lower-case text. So the case of each word
is given back to it: one of eight classes, as an embedding that is added to its input embeddings.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from knowledge.pipelines.training.names import LABELS
from knowledge.pipelines.training.ner_data import Marked

MARKS = ("O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI"))
CASES = ("lower", "title", "upper", "mixed", "digits", "code", "mark", "other")
_LONGEST = 192
"""Word pieces of a window."""
_CASE_RATE = 10.0
"""How much faster the new layers learn than the encoder."""


def case_class(word: str) -> str:
    """Return how a word is written, one of ``CASES``: "code" has letters and digits, "mark" neither."""
    letters = any(character.isalpha() for character in word)
    digits = any(character.isdigit() for character in word)
    if letters and digits:
        return "code"
    if digits:
        return "digits"
    if not letters:
        return "mark"
    if word.islower():
        return "lower"
    if word[:1].isupper() and (len(word) == 1 or word[1:].islower()):
        return "title"
    if word.isupper():
        return "upper"
    return "mixed" if any(character.isupper() for character in word) else "other"


def choices(marked: Marked) -> NDArray[np.bool_]:
    """Return which marks each token may have: bool, (tokens, marks)."""
    table = np.zeros((len(marked.marks), len(MARKS)), dtype=np.bool_)
    for i, (mark, allowed) in enumerate(zip(marked.marks, marked.allowed, strict=True)):
        if allowed is None:
            table[i, MARKS.index(mark)] = True
        else:
            table[i, 0] = True
            for label in allowed:
                table[i, MARKS.index(f"B-{label}")] = table[i, MARKS.index(f"I-{label}")] = True
    return table


@dataclass(slots=True)
class _Window:
    """Some of a passage's tokens: their word pieces, cases, and where each token's first piece stands."""

    passage: int
    tokens: list[int]
    pieces: list[int]
    cases: list[int]
    firsts: list[int]


class Teacher(nn.Module):
    """The encoder with a case embedding before and a classifier behind."""

    def __init__(self, source: Path) -> None:
        super().__init__()
        from transformers import AutoModel, AutoTokenizer

        self.tokenizer: Any = cast(Any, AutoTokenizer).from_pretrained(str(source))
        self.encoder: Any = cast(Any, AutoModel).from_pretrained(str(source), dtype=torch.float32)
        width = int(self.encoder.config.hidden_size)
        self.case = nn.Embedding(len(CASES), width)
        nn.init.normal_(self.case.weight, std=0.02)
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(width, len(MARKS))

    def forward(self, pieces: Tensor, cases: Tensor, mask: Tensor) -> Tensor:
        """Return log-probabilities of the marks.

        ``pieces``, ``cases`` and ``mask`` are int64, (windows, pieces); the result is float32, (windows, pieces,
        marks).
        """
        embedded = self.encoder.get_input_embeddings()(pieces) + self.case(cases)
        hidden: Tensor = self.encoder(inputs_embeds=embedded, attention_mask=mask).last_hidden_state
        return torch.log_softmax(self.classifier(self.dropout(hidden)), dim=-1)

    def windows(self, passages: Sequence[Sequence[str]]) -> list[_Window]:
        """Cut passages (their tokens' texts) into windows that the encoder can read."""
        start, end = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        found: list[_Window] = []
        for number, words in enumerate(passages):
            spoken = [i for i, word in enumerate(words) if word.strip()]
            encoded = (
                self.tokenizer([words[i] for i in spoken], add_special_tokens=False)["input_ids"] if spoken else []
            )
            window = _Window(number, [], [start], [CASES.index("other")], [])
            for i, pieces in zip(spoken, encoded, strict=True):
                pieces = pieces[:12] or [self.tokenizer.unk_token_id]
                if len(window.pieces) + len(pieces) >= _LONGEST:
                    found.append(window)
                    window = _Window(number, [], [start], [CASES.index("other")], [])
                window.tokens.append(i)
                window.firsts.append(len(window.pieces))
                window.pieces.extend(pieces)
                window.cases.extend([CASES.index(case_class(words[i]))] * len(pieces))
            if window.tokens:
                found.append(window)
        for window in found:
            window.pieces.append(end)
            window.cases.append(CASES.index("other"))
        return found

    def label(self, passages: Sequence[Sequence[str]], *, batch: int = 16) -> list[NDArray[np.float32]]:
        """Return the probabilities of the marks of every token: float32, (tokens, marks) of each passage."""
        self.eval()
        results = [np.zeros((len(words), len(MARKS)), dtype=np.float32) for words in passages]
        for result in results:
            result[:, 0] = 1.0
        windows = sorted(self.windows(passages), key=lambda window: len(window.pieces))
        with torch.inference_mode():
            for i in range(0, len(windows), batch):
                group = windows[i : i + batch]
                table = self(*_batch(group)).exp().numpy()
                for row, window in enumerate(group):
                    results[window.passage][window.tokens] = table[row, window.firsts]
        return results


def train(
    teacher: Teacher,
    examples: Sequence[Marked],
    *,
    epochs: int,
    rate: float = 8e-5,
    batch: int = 12,
    seed: int = 5,
    minutes: float | None = None,
    report: Callable[[str], None] = print,
    check: Callable[[], object] | None = None,
) -> None:
    """Fine-tune the teacher.

    The loss of a token is minus the log of what its possible marks get together, so that an unknown token costs
    nothing, and one that is only known not to be a place costs what it gives to places.

    Parameters
    ----------
    epochs, rate, batch
        The learning rate rises over a tenth of the steps and falls to nothing.
    minutes
        Stops early; for trials.
    report
        Called with a line of progress.
    check
        Called after every epoch; what it returns is reported.
    """
    torch.manual_seed(seed)
    chance = random.Random(seed)
    windows = teacher.windows([[token.text for token in marked.doc] for marked in examples])
    possible = [torch.from_numpy(choices(marked)) for marked in examples]
    own = {id(parameter) for parameter in teacher.encoder.parameters()}
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in teacher.parameters() if id(p) in own], "lr": rate},
            {"params": [p for p in teacher.parameters() if id(p) not in own], "lr": rate * _CASE_RATE},
        ],
        weight_decay=0.01,
    )
    steps = epochs * -(-len(windows) // batch)
    warm = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))
    )
    began = time.monotonic()
    for epoch in range(epochs):
        teacher.train()
        total = count = 0.0
        for group in _batches(windows, batch, chance):
            scores = teacher(*_batch(group))
            gold = torch.zeros(scores.shape, dtype=torch.bool)
            for row, window in enumerate(group):
                gold[row, window.firsts] = possible[window.passage][window.tokens]
            known = gold.any(-1)
            losses = -torch.logsumexp(scores.masked_fill(~gold, -torch.inf)[known], dim=-1)
            loss = losses.mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total, count = total + float(losses.detach().sum()), count + len(losses)
        minutes_spent = (time.monotonic() - began) / 60
        checked = f", {check()}" if check is not None else ""
        report(f"epoch {epoch + 1} of {epochs}: loss {total / count:.4f}, {minutes_spent:.1f} min{checked}")
        if minutes is not None and minutes_spent > minutes:
            break
    teacher.eval()


def _batches(windows: Sequence[_Window], size: int, chance: random.Random) -> Iterator[list[_Window]]:
    """Yield batches of windows of like length, in random order: less padding."""
    order = sorted(windows, key=lambda window: len(window.pieces) + chance.random() * 24)
    groups = [order[i : i + size] for i in range(0, len(order), size)]
    chance.shuffle(groups)
    yield from groups


def _batch(windows: Sequence[_Window]) -> tuple[Tensor, Tensor, Tensor]:
    """Return pieces, cases and mask, each int64, (windows, longest)."""
    longest = max(len(window.pieces) for window in windows)
    pieces, cases, mask = (torch.zeros((len(windows), longest), dtype=torch.long) for _ in range(3))
    for row, window in enumerate(windows):
        pieces[row, : len(window.pieces)] = torch.tensor(window.pieces)
        cases[row, : len(window.cases)] = torch.tensor(window.cases)
        mask[row, : len(window.pieces)] = 1
    return pieces, cases, mask


@dataclass(frozen=True, slots=True)
class Guess:
    """A name that the teacher sees: tokens [start, end), its label, and its least sure token's probability."""

    start: int
    end: int
    label: str
    sure: float


def decode(probabilities: NDArray[np.float32], possible: NDArray[np.bool_] | None = None) -> list[Guess]:
    """Return the most probable names of a passage.

    Parameters
    ----------
    probabilities
        float32, (tokens, marks).
    possible
        bool, (tokens, marks): what is known beforehand; None: nothing.
    """
    table = probabilities if possible is None else np.where(possible, probabilities, 0.0)
    best = table.argmax(axis=1)
    guesses: list[Guess] = []
    for i, number in enumerate(best.tolist()):
        if number == 0:
            continue
        prefix, _, label = MARKS[number].partition("-")
        sure = float(table[i, number])
        last = guesses[-1] if guesses else None
        if prefix == "I" and last is not None and last.end == i and last.label == label:
            guesses[-1] = Guess(last.start, i + 1, label, min(last.sure, sure))
        else:
            guesses.append(Guess(i, i + 1, label, sure))
    return guesses


def save(teacher: Teacher, path: Path) -> None:
    """Write the teacher's weights."""
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in teacher.state_dict().items()}, str(path))


def load(source: Path, path: Path) -> Teacher:
    """Return a teacher that ``save`` wrote; ``source`` is its encoder's folder."""
    from safetensors.torch import load_file

    teacher = Teacher(source)
    teacher.load_state_dict(load_file(str(path)))
    return teacher
