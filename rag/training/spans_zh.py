"""Training the Chinese reader: windows over question and text, and where the answer begins and ends."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rag.reader import WEIGHTS
from rag.readers.chinese import Window, open_network, padded, predict, simplified, windows
from rag.training.data import Row
from rag.training.spans import scored, told_apart, write_weights

_EMPTY = 0.4
"""Share of questions that are also put to a text without their answer."""
_MANY_UNKNOWN = 0.01
"""Share of characters, from which on it is told that the reader does not know them."""
_NAMED = 10
"""Unknown characters that are named."""


class ChineseSpanTask:
    """Teaches the network to find answers."""

    measures: tuple[str, ...] = ("f1", "em")

    def __init__(
        self,
        network: nn.Module,
        train: Sequence[Row],
        check: Sequence[Row],
        alphabet: dict[str, int],
        *,
        seed: int = 1,
        started: str = "",
    ) -> None:
        """Take a network whose weights to train require gradients.

        ``started`` tells apart what training can start from.
        """
        self.model = network
        self._alphabet = alphabet
        self._check = check
        self._started = started
        draw = random.Random(seed)
        self.too_long: list[Row] = []
        """Those of ``train`` that nothing is learnt from, as no window holds their answer whole."""
        self._windows: list[tuple[Window, int, int]] = []
        for row in [*train, *_emptied(train, draw)]:
            told = list(self._told(row))
            full, empty = [one for one in told if one[1]], [one for one in told if not one[1]]
            if row.answers and not full:
                self.too_long.append(row)
                continue
            self._windows += full + draw.sample(empty, min(1, len(empty)))

    @classmethod
    def going_on(
        cls, start: Path, train: Sequence[Row], check: Sequence[Row], *, dropout: float = 0.0, seed: int = 1
    ) -> ChineseSpanTask:
        """Return a task that goes on from a reader's folder. The embeddings of characters stay as they are.

        Raises
        ------
        ModelError
            The folder holds no Chinese reader.
        """
        network, alphabet = open_network(start, dropout=dropout)
        # Few questions would spoil those of the characters that they do not hold.
        network.bert.embeddings.word_embeddings.requires_grad_(False)
        started = hashlib.sha256((start / WEIGHTS).read_bytes()).hexdigest()
        return cls(network, train, check, alphabet, seed=seed, started=started)

    def lengths(self) -> Sequence[int]:
        """Return the characters of each window."""
        return [len(window.ids) for window, _, _ in self._windows]

    def loss(self, examples: Sequence[int]) -> Tensor:
        """Return the mean cross entropy of where answers begin and end."""
        batch = [self._windows[example] for example in examples]
        device = next(self.model.parameters()).device
        scores = self.model(*(part.to(device) for part in padded([window for window, _, _ in batch])))
        allowed = torch.zeros(scores.shape[:2], dtype=torch.bool)
        for row, (window, _, _) in enumerate(batch):
            allowed[row, window.first : len(window.ids) - 1] = True
        allowed[:, 0] = True
        scores = scores.masked_fill(~allowed.unsqueeze(2).to(device), torch.finfo(scores.dtype).min)
        first, last = (
            torch.tensor(places, device=device) for places in zip(*((a, b) for _, a, b in batch), strict=True)
        )
        return 0.5 * (cross_entropy(scores[..., 0], first) + cross_entropy(scores[..., 1], last))

    def validate(self) -> dict[str, float]:
        """Return exact match and F1 (of characters) over held-out questions."""
        rows = self._check
        answers = predict(self.model, self._alphabet, [row.question for row in rows], [row.context for row in rows])
        told = [
            row.context[found[0][0] : found[0][1]] if found and found[0][2] > 0 else ""
            for row, found in zip(rows, answers, strict=True)
        ]
        return scored(told, rows)

    def fingerprint(self) -> str:
        """Return a digest of the data, those to check with too, and of what the training starts from."""
        return hashlib.sha256(f"{self._started}{self._windows}{told_apart(self._check)}".encode()).hexdigest()

    def save(self, out: Path) -> None:
        """Write all tensors, as ``rag.readers.chinese`` reads them."""
        write_weights(self.model.state_dict(), out)

    def unknown(self, rows: Sequence[Row]) -> str:
        """Return a line for a person where the network does not know many characters of these texts, or nothing."""
        texts = {text for row in rows for text in (row.question, row.context)}
        counts = Counter(letter for text in texts for letter in simplified(text) if not letter.isspace())
        strange = Counter({letter: count for letter, count in counts.items() if letter not in self._alphabet})
        share = strange.total() / max(1, counts.total())
        if share < _MANY_UNKNOWN:
            return ""
        named = " ".join(letter for letter, _ in strange.most_common(_NAMED))
        return (
            f"{share:.1%} of the characters are not in the reader's alphabet and all look the same to it: {named}"
            f"{' …' * (len(strange) > _NAMED)}"
        )

    def _told(self, row: Row) -> Iterator[tuple[Window, int, int]]:
        """Yield each window with the first and last place of the answer in it, or 0 and 0."""
        for window in windows(row.question, row.context, self._alphabet):
            size = len(window.ids) - window.first - 1
            start, end = row.answers[0] if row.answers else (-1, -1)
            inside = window.offset <= start and end <= window.offset + size
            shift = window.first - window.offset
            yield (window, start + shift, end - 1 + shift) if inside else (window, 0, 0)


def _emptied(rows: Sequence[Row], draw: random.Random) -> Iterator[Row]:
    """Yield questions with a text that shares many pairs of characters with them and does not hold the answer."""
    contexts = sorted({row.context for row in rows})
    for row in rows:
        if not row.answers or draw.random() >= _EMPTY:
            continue
        pairs = {row.question[at : at + 2] for at in range(len(row.question) - 1)}
        others = draw.sample(contexts, min(60, len(contexts)))
        others = [other for other in others if other != row.context and row.texts[0] not in other]
        if others:
            near = max(others, key=lambda other: sum(pair in other for pair in pairs))
            yield Row(f"{row.id}-none", row.question, near, (), "zh", source=row.source)
