"""Dense search over chunk vectors: FAISS looks through all in 8 bits a number, and the best are weighed exactly.

The codes are made from each vector alone, not trained on all: what some reader may not read changes no search.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from knowledge.records import Vectors

# The wheel's type stubs describe the C++ functions, not the Python ones that stand before them.
_faiss = cast(Any, faiss)
_SPREAD = 6.0
"""Numbers of unit vectors are about 1 / √dim; codes tell those up to so many times as large."""
_MARGIN = 50
"""Vectors looked at beyond those that are wanted, since codes may order near neighbours otherwise."""
_BLOCK = 65_536
"""Vectors coded at once, to save memory."""
_DIGITS = 6
"""Cosines that agree in so many digits are equal: the sixth is rounding."""


class VectorIndex:
    """Inner-product search. Positions are row numbers of the vectors that it was built from.

    Parameters
    ----------
    vectors
        float32, (n, dim), rows of unit length; may lie on disk.
    codes
        The same as FAISS searches them.
    """

    def __init__(self, vectors: Vectors, codes: Any) -> None:
        self._vectors = vectors
        self._codes = codes

    def __len__(self) -> int:
        return len(self._vectors)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._vectors.shape[1])

    @classmethod
    def build(cls, vectors: Vectors) -> VectorIndex:
        """Build from float32, (n, dim), rows of unit length."""
        kind = _faiss.ScalarQuantizer.QT_8bit_direct_signed
        codes = _faiss.IndexScalarQuantizer(vectors.shape[1], kind, _faiss.METRIC_INNER_PRODUCT)
        for start in range(0, len(vectors), _BLOCK):
            codes.add(_coded(vectors[start : start + _BLOCK]))
        return cls(vectors, codes)

    @classmethod
    def load(cls, folder: Path) -> VectorIndex:
        """Read what ``save`` wrote."""
        vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
        codes = _faiss.read_index(str(folder / "vectors.faiss"))
        if (codes.ntotal, codes.d) != vectors.shape:
            raise ValueError(f"it holds {codes.ntotal} codes of {len(vectors)} vectors")
        return cls(vectors, codes)

    def save(self, folder: Path) -> None:
        """Write into ``folder``."""
        np.save(folder / "vectors.npy", self._vectors, allow_pickle=False)
        _faiss.write_index(self._codes, str(folder / "vectors.faiss"))

    def search(
        self, question: NDArray[np.float32], k: int, *, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the positions of the ``k`` nearest vectors, best first, and their cosines; ties by position.

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
        wanted = max(1, min(k + _MARGIN, len(self)))
        # FAISS cuts the digits off a question's numbers too, where their count is a multiple of 16.
        found = self._codes.search(_coded(question[None, :]), wanted, params=parameters)[1][0]
        positions = np.sort(found[found >= 0])
        cosines = self.scores(question, positions)
        best = np.argsort(-cosines, kind="stable")[:k]
        return positions[best], cosines[best]

    def scores(self, question: NDArray[np.float32], positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosines of some positions, float32, in their order."""
        # Row by row: a matrix product rounds a row otherwise when others stand beside it.
        products: NDArray[np.float32] = (self._vectors[positions] * question).sum(axis=1, dtype=np.float32)
        rounded: NDArray[np.float32] = np.round(products, _DIGITS)
        return rounded


def _coded(vectors: Vectors) -> Vectors:
    """Return the whole numbers from -127 to 127 that stand for those of unit vectors."""
    scale = np.float32(127 / _SPREAD * np.sqrt(vectors.shape[1]))
    whole: Vectors = np.rint(np.clip(vectors * scale, -127, 127))
    return whole
