"""Texts to vectors.

The contract of an embedder: ``embed_passages`` and ``embed_question`` return float32 rows of unit length, so that the
inner product is the cosine; the same text gives the same vector (up to rounding) whatever it is batched with; ``name``
changes whenever vectors would. ``knowledge.testing.EmbedderContract`` checks this.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import EmbedderError
from knowledge.records import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class Embedder(Protocol):
    """Something that turns texts into vectors. The module's docstring is the contract."""

    @property
    def name(self) -> str:
        """Names the model and everything else that shapes its vectors."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32, (len(texts), dimension), rows of unit length."""
        ...

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """Return float32, (dimension,), unit length."""
        ...


class SentenceTransformerEmbedder:
    """Any sentence-transformers model.

    Parameters
    ----------
    source
        A local folder or a hub name, or a callable that returns one; called on first use, so that a download can wait
        until then.
    name
        See ``Embedder.name``.
    dimension
        The length of the model's vectors; None: what the model says, once loaded.
    batch_size
        Texts embedded at once. Small batches are faster on a CPU: less padding.
    """

    def __init__(
        self,
        source: str | Path | Callable[[], Path],
        *,
        name: str,
        dimension: int | None = None,
        batch_size: int = 16,
    ) -> None:
        self._source = source
        self._name = name
        self._dimension = dimension
        self._batch_size = batch_size
        self._model: SentenceTransformer | None = None
        self._loading = threading.Lock()
        self._embedding = threading.Lock()

    @property
    def name(self) -> str:
        """Names the model."""
        return self._name

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        if self._dimension is None:
            self._dimension = int(self._loaded().get_embedding_dimension() or 0)
        return self._dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32, (len(texts), dimension), rows of unit length."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        model = self._loaded()
        # Tokenizers are not to be used by two threads at once.
        with self._embedding:
            vectors: Vectors = model.encode(
                list(texts), batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False
            )
        return np.ascontiguousarray(vectors, dtype=np.float32)

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """Return float32, (dimension,), unit length."""
        row: NDArray[np.float32] = self.embed_passages([text])[0]
        return row

    def _loaded(self) -> SentenceTransformer:
        with self._loading:
            if self._model is None:
                from sentence_transformers import SentenceTransformer
                from transformers.utils import logging

                # Its bars would be drawn between ours, or into a log.
                cast(Any, logging).disable_progress_bar()
                source = self._source() if callable(self._source) else self._source
                try:
                    model = SentenceTransformer(str(source))
                except (OSError, ValueError) as error:
                    reason = str(error).strip().splitlines()[0]
                    raise EmbedderError(f"the embedder {self._name} cannot be loaded: {reason}") from error
                width = model.get_embedding_dimension()
                if self._dimension not in (None, width):
                    raise EmbedderError(f"the embedder {self._name} has {width} dimensions, not {self._dimension}")
                self._model = model
        return self._model
