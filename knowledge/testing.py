"""Deterministic stand-ins and conformance suites, for our tests and for those of plug-in authors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.language import search_tokens
from knowledge.records import Vectors


class HashEmbedder:
    """An embedder without weights: each token's hash picks a direction, a text is the sum of its tokens'.

    Texts that share words are near each other, so that searches behave sensibly; the vectors are the same on every
    machine.
    """

    def __init__(self, dimension: int = 64) -> None:
        self._dimension = dimension

    @property
    def name(self) -> str:
        """Names the embedder and its dimension."""
        return f"hash-{self._dimension}"

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32, (len(texts), dimension), rows of unit length."""
        rows = [self.embed_question(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self._dimension)

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """Return float32, (dimension,), unit length."""
        total = np.zeros(self._dimension, dtype=np.float32)
        total[0] = 1e-3
        for token in search_tokens(text):
            seed = hashlib.blake2b(token.encode(), digest_size=8).digest()
            total += np.random.default_rng(int.from_bytes(seed, "big")).standard_normal(self._dimension)
        row: NDArray[np.float32] = total / np.linalg.norm(total)
        return row.astype(np.float32)
