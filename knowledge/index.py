"""Documents to everything derived from them. No input or output: a function of documents, extractor and embedder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connectors import Document
from knowledge.chunk import CHUNKER, chunk_document
from knowledge.embed import Embedder
from knowledge.extract import Extractor
from knowledge.language import detect_language
from knowledge.records import Chunk, IndexedDocument


@dataclass(frozen=True, slots=True)
class Indexer:
    """Turns documents into what a store keeps of them."""

    embedder: Embedder
    extractor: Extractor

    @property
    def fingerprint(self) -> str:
        """Names everything that shapes the result."""
        return f"{CHUNKER}|{self.extractor.name}|{self.embedder.name}"

    def cut(self, document: Document) -> tuple[Chunk, ...]:
        """Return the chunks of a document."""
        return chunk_document(document)

    def finish(
        self,
        documents: Sequence[tuple[Document, tuple[Chunk, ...]]],
        known: Mapping[int, NDArray[np.float32]],
    ) -> tuple[list[IndexedDocument], int]:
        """Embed and extract.

        Parameters
        ----------
        documents
            Each with its chunks.
        known
            Vectors by chunk id that need not be made again.

        Returns
        -------
        The indexed documents in order, and how many chunks were embedded.
        """
        missing = [chunk for _, chunks in documents for chunk in chunks if chunk.id not in known]
        made = self.embedder.embed_passages([f"{chunk.context}\n{chunk.text}" for chunk in missing])
        vectors = {**known, **{chunk.id: row for chunk, row in zip(missing, made, strict=True)}}
        indexed = [
            IndexedDocument(
                document=document,
                language=document.language or detect_language(document.text),
                chunks=chunks,
                vectors=np.array([vectors[chunk.id] for chunk in chunks], dtype=np.float32).reshape(
                    len(chunks), self.embedder.dimension
                ),
                extraction=self.extractor.extract(document, chunks),
            )
            for document, chunks in documents
        ]
        return indexed, len(missing)
