"""Lexical search with BM25 (the "lucene" variant: Kamphuis et al. 2020, "Which BM25 do you mean?").

How rare a token is and how long a text is are told among the texts that the reader may read: hidden texts change no
score. That is why no library is used: those that are at hand fix these figures when the index is built.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_K1 = 1.2
"""How soon it stops to matter that a token occurs once more."""
_B = 0.75
"""How much a text's length counts, 0 to 1."""
_ARRAYS = ("starts", "positions", "counts", "lengths")


class LexicalIndex:
    """Which texts hold a token, and how often. Positions are the numbers of the token lists that it was built from.

    Parameters
    ----------
    vocabulary
        Each token's number.
    starts
        int64, (n_tokens + 1,): where each token's stretch of ``positions`` and ``counts`` begins.
    positions
        int32, (n_postings,): the texts that hold the token, ascending.
    counts
        float32, (n_postings,): how often each does.
    lengths
        float32, (n_texts,): tokens of each text.
    """

    def __init__(
        self,
        vocabulary: dict[str, int],
        starts: NDArray[np.int64],
        positions: NDArray[np.int32],
        counts: NDArray[np.float32],
        lengths: NDArray[np.float32],
    ) -> None:
        self._vocabulary = vocabulary
        # Of mapped files plain arrays, which are faster to cut.
        self.starts, self.positions = np.asarray(starts), np.asarray(positions)
        self.counts, self.lengths = np.asarray(counts), np.asarray(lengths)

    @classmethod
    def build(cls, texts: Sequence[Sequence[str]]) -> LexicalIndex:
        """Build from one token list a text."""
        vocabulary: dict[str, int] = {}
        tokens: list[int] = []
        positions: list[int] = []
        counts: list[int] = []
        for position, text in enumerate(texts):
            for token, count in Counter(text).items():
                tokens.append(vocabulary.setdefault(token, len(vocabulary)))
                positions.append(position)
                counts.append(count)
        numbers = np.array(tokens, dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        return cls(
            vocabulary,
            np.searchsorted(numbers[order], np.arange(len(vocabulary) + 1)).astype(np.int64),
            np.array(positions, dtype=np.int32)[order],
            np.array(counts, dtype=np.float32)[order],
            np.array([len(text) for text in texts], dtype=np.float32),
        )

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        """Read what ``save`` wrote for ``size`` texts; ``ValueError`` where it was another number."""
        where = folder / "lexical"
        arrays = {name: np.load(where / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS}
        if len(arrays["lengths"]) != size:
            raise ValueError(f"it holds {len(arrays['lengths'])} texts, not {size}")
        words = json.loads((where / "vocabulary.json").read_text(encoding="utf-8"))
        return cls({word: number for number, word in enumerate(words)}, **arrays)

    def save(self, folder: Path) -> None:
        """Write into ``folder``."""
        where = folder / "lexical"
        where.mkdir()
        for name in _ARRAYS:
            np.save(where / f"{name}.npy", getattr(self, name), allow_pickle=False)
        (where / "vocabulary.json").write_text(json.dumps(list(self._vocabulary), ensure_ascii=False), encoding="utf-8")

    def within(self, allowed: NDArray[np.bool_] | None) -> LexicalView:
        """Return the index as it would be with the texts at ``allowed`` (bool, (n_texts,)) alone; None: with all."""
        return LexicalView(self, allowed)

    def postings(self, token: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the texts that hold a token, ascending, and how often each does."""
        number = self._vocabulary.get(token)
        if number is None:
            return self.positions[:0], self.counts[:0]
        stretch = slice(self.starts[number], self.starts[number + 1])
        return self.positions[stretch], self.counts[stretch]

    def holds(self, token: str, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which texts hold a token."""
        holding, _ = self.postings(token)
        places = np.searchsorted(holding, positions)
        found = places < len(holding)
        found[found] = holding[places[found]] == positions[found]
        return found


class LexicalView:
    """BM25 over some texts of an index; made by ``LexicalIndex.within``."""

    def __init__(self, index: LexicalIndex, allowed: NDArray[np.bool_] | None) -> None:
        self._index = index
        self._allowed = allowed
        self._size = len(index.lengths) if allowed is None else int(allowed.sum())

    def scores(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """Return every text's BM25 score, float32, (n_texts,); higher is better, 0 where no token occurs.

        A token that is given twice counts twice.
        """
        scores: NDArray[np.float32] = self.scores_of([tokens])[0]
        return scores

    def scores_of(self, questions: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """Return the scores for several questions, float32, (n_questions, n_texts); shared tokens cost once."""
        scores = np.zeros((len(questions), len(self._index.lengths)), dtype=np.float32)
        times = [Counter(tokens) for tokens in questions]
        for token in dict.fromkeys(token for tokens in questions for token in tokens):
            positions, counts = self._postings(token)
            if not len(positions):
                continue
            share = np.float32(self._rarity(len(positions))) * counts / (counts + self._norms[positions])
            for row, count in zip(scores, times, strict=True):
                if token in count:
                    row[positions] += np.float32(count[token]) * share
        return scores

    def shared(self, tokens: Iterable[str], positions: NDArray[np.int64]) -> list[list[str]]:
        """Return those of ``tokens`` that each text at ``positions`` holds, each once."""
        held = [(token, self._index.holds(token, positions).tolist()) for token in dict.fromkeys(tokens)]
        return [[token for token, there in held if there[place]] for place in range(len(positions))]

    def knows(self, token: str) -> bool:
        """Return whether any text holds a token."""
        return len(self._postings(token)[0]) > 0

    def most(self, tokens: Sequence[str]) -> float:
        """Return what no text's score can exceed; more than 0."""
        return sum(map(self.idf, tokens)) or 1.0

    def idf(self, token: str) -> float:
        """Return how rare a token is: ln(1 + (n - df + 0.5) / (df + 0.5)); the highest value for unknown tokens."""
        return self._rarity(len(self._postings(token)[0]))

    def _rarity(self, frequency: int) -> float:
        return float(np.log(1 + (self._size - frequency + 0.5) / (frequency + 0.5)))

    def _postings(self, token: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        positions, counts = self._index.postings(token)
        if self._allowed is None or not len(positions):
            return positions, counts
        kept = self._allowed[positions]
        return positions[kept], counts[kept]

    @cached_property
    def _norms(self) -> NDArray[np.float32]:
        """What a count is weighed against in each text."""
        lengths = self._index.lengths
        # In whole numbers, so that the mean does not depend on the order of adding.
        total = int((lengths if self._allowed is None else lengths[self._allowed]).sum(dtype=np.int64))
        mean = total / self._size if total else 1.0
        norms: NDArray[np.float32] = (_K1 * (1 - _B + _B * lengths / mean)).astype(np.float32)
        return norms
