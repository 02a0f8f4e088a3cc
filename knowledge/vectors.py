"""Dense search over chunk vectors, with FAISS."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from knowledge.records import Vectors

# The wheel's type stubs describe the C++ functions, not the Python ones that stand before them.
_faiss = cast(Any, faiss)


class VectorIndex:
    """Exact inner-product search. Positions are row numbers of the vectors that it was built from."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._index.d)

    @classmethod
    def build(cls, vectors: Vectors) -> VectorIndex:
        """Build from float32, (n, dim), rows of unit length."""
        index = _faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        return cls(index)

    @classmethod
    def load(cls, folder: Path) -> VectorIndex:
        """Read what ``save`` wrote."""
        return cls(_faiss.read_index(str(folder / "vectors.faiss")))

    def save(self, folder: Path) -> None:
        """Write into ``folder``."""
        _faiss.write_index(self._index, str(folder / "vectors.faiss"))

    def search(
        self, question: NDArray[np.float32], k: int, *, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the positions of the ``k`` nearest vectors, best first, and their cosines.

        Parameters
        ----------
        question
            float32, (dim,), unit length.
        allowed
            bool, (n,): the positions that may be found; None allows all.
        """
        parameters = None
        if allowed is not None:
            selector = _faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
            parameters = _faiss.SearchParameters(sel=selector)
        scores, positions = self._index.search(question[None, :], min(k, len(self) or 1), params=parameters)
        found = positions[0] >= 0
        return positions[0][found], scores[0][found]

    def vector(self, position: int) -> NDArray[np.float32]:
        """Return one stored vector, float32, (dim,)."""
        row: NDArray[np.float32] = self._index.reconstruct(int(position))
        return row

    def scores(self, question: NDArray[np.float32], positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosines of some positions, float32, in their order."""
        if not len(positions):
            return np.zeros(0, dtype=np.float32)
        rows: Vectors = self._index.reconstruct_batch(positions)
        product: NDArray[np.float32] = rows @ question
        return product
