"""Documents to everything derived from them. No I/O: a function of documents, extractor and embedder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from connectors import Document
from connectors.formats import FORMATS
from knowledge.chunk import CHUNKER, chunk_document
from knowledge.embed import Embedder
from knowledge.extract import BatchExtractor, Cut, Extractor
from knowledge.language import detect_language
from knowledge.parallel import map_in_parts
from knowledge.records import Chunk, Extraction, IndexedDocument

_WORTH = 64
"""Chunks a process from which on starting it pays."""


def extract_all(extractor: Extractor, documents: Sequence[Cut], *, workers: int = 1) -> list[Extraction]:
    """Return what ``extractor`` finds in each document, in order.

    Parameters
    ----------
    workers
        Processes that extract at the same time, each with a pipeline of its own; 0: as many as there are cores.
    """
    sizes = [len(chunks) for _, chunks in documents]
    return map_in_parts(partial(_extracted, extractor), documents, sizes=sizes, workers=workers, least=_WORTH)


def _extracted(extractor: Extractor, documents: Sequence[Cut]) -> list[Extraction]:
    if isinstance(extractor, BatchExtractor):
        return extractor.extract_many(documents)
    return [extractor.extract(document, chunks) for document, chunks in documents]


@dataclass(frozen=True, slots=True)
class Indexer:
    """Turns documents into what a store keeps of them."""

    embedder: Embedder
    extractor: Extractor
    workers: int = 1
    """Processes that extract at the same time; 0: as many as there are cores."""

    @property
    def fingerprint(self) -> str:
        """Names everything that shapes the result."""
        return f"{FORMATS}|{CHUNKER}|{self.extractor.name}|{self.embedder.name}"

    def cut(self, document: Document) -> tuple[Chunk, ...]:
        """Return the chunks of a document."""
        return chunk_document(document)

    def vector_key(self, chunk: Chunk) -> str:
        """Return what the chunk's vector is known by: equal keys have equal vectors."""
        made_from = f"{self.embedder.name}\0{chunk.passage}"
        return hashlib.blake2b(made_from.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def finish(
        self,
        documents: Sequence[tuple[Document, tuple[Chunk, ...]]],
        known: Mapping[str, NDArray[np.float32]],
    ) -> tuple[list[IndexedDocument], int]:
        """Embed and extract.

        Parameters
        ----------
        documents
            Each with its chunks.
        known
            Vectors by ``vector_key`` that need not be made again.

        Returns
        -------
        The indexed documents in order, and how many texts were embedded.
        """
        keys = {chunk.id: self.vector_key(chunk) for _, chunks in documents for chunk in chunks}
        passages = {keys[chunk.id]: chunk.passage for _, chunks in documents for chunk in chunks}
        missing = [key for key in passages if key not in known]
        made = self.embedder.embed_passages([passages[key] for key in missing])
        extractions = extract_all(self.extractor, documents, workers=self.workers)
        vectors = {**known, **dict(zip(missing, made, strict=True))}
        indexed = [
            IndexedDocument(
                document=document,
                language=document.language or detect_language(document.text),
                chunks=chunks,
                vectors=np.array([vectors[keys[chunk.id]] for chunk in chunks], dtype=np.float32).reshape(
                    len(chunks), self.embedder.dimension
                ),
                vector_keys=tuple(keys[chunk.id] for chunk in chunks),
                extraction=extraction,
            )
            for (document, chunks), extraction in zip(documents, extractions, strict=True)
        ]
        return indexed, len(missing)
