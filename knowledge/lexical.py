"""Lexical search with BM25 (bm25s, its "lucene" variant: Kamphuis et al. 2020, "Which BM25 do you mean?")."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray


class LexicalIndex:
    """BM25 over token lists. Positions are the numbers of the lists that it was built from."""

    def __init__(self, index: bm25s.BM25 | None, size: int) -> None:
        self._index = index
        self._size = size

    @classmethod
    def build(cls, texts: Sequence[Sequence[str]]) -> LexicalIndex:
        """Build from one token list a chunk."""
        vocabulary: dict[str, int] = {}
        ids = [[vocabulary.setdefault(token, len(vocabulary)) for token in tokens] for tokens in texts]
        if not vocabulary:
            return cls(None, len(texts))
        index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        index.index((ids, vocabulary), show_progress=False)
        return cls(index, len(texts))

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        """Read what ``save`` wrote for ``size`` chunks."""
        where = folder / "lexical"
        return cls(bm25s.BM25.load(where, load_corpus=False, mmap=True) if where.exists() else None, size)

    def save(self, folder: Path) -> None:
        """Write into ``folder``."""
        if self._index is not None:
            self._index.save(folder / "lexical", show_progress=False)

    def scores(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """Return every chunk's BM25 score, float32, (n,); higher is better, 0 where no token occurs."""
        if self._index is None:
            return np.zeros(self._size, dtype=np.float32)
        known = [token for token in tokens if token in self._index.vocab_dict]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        scores: NDArray[np.float32] = self._index.get_scores(known)
        return scores

    def idf(self, token: str) -> float:
        """Return how rare a token is: ln(1 + (n - df + 0.5) / (df + 0.5)); the highest value for unknown tokens."""
        frequency = self.document_frequency(token)
        return float(np.log(1 + (self._size - frequency + 0.5) / (frequency + 0.5)))

    def document_frequency(self, token: str) -> int:
        """Return how many chunks hold a token."""
        if self._index is None or token not in self._index.vocab_dict:
            return 0
        column = self._index.vocab_dict[token]
        pointers = self._index.scores["indptr"]
        return int(pointers[column + 1] - pointers[column])
