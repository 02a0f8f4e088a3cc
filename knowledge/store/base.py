"""The contract of a store.

*   ``commit`` writes a whole ``ChangeSet``, cursor included, or nothing, and raises the generation when it
    changed what a search can see. A reader sees the state before or after, never between.
*   Within a change set adoptions come first, then deletes, upserts, access, recoveries and failures.
*   A document belongs to one source. A change set deletes its own source's documents and changes their readers, and
    leaves those of others alone. What it upserts or adopts is its own source's from then on; the cursor of the source
    that had it is forgotten, since it tells of a document that is not there any more.
*   An upsert replaces everything that was stored of the document. A delete removes everything derived from it,
    its failure too. A failure is kept beside what is stored of its document until the document is upserted or
    deleted, or named as recovered.
*   What is stored is a function of the documents alone: after any sequence of change sets it equals what one
    change set with the surviving documents would have stored (times of indexing apart).
*   Chunks and vectors come in one order everywhere: by document id, code point by code point, then by ordinal.
*   Methods may be called from several threads. What cannot be read or written raises ``StoreError``.

``knowledge.store.testing.StoreContract`` checks all this: inherit it in your tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from connectors import Access, Document, Failed
from knowledge.about import About
from knowledge.records import ChangeSet, Chunk, DocumentEntity, DocumentInfo, Edit, Mention, Relation, Vectors


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source's row."""

    id: str
    options: Mapping[str, object]
    """What the connector was opened with, to open it again."""
    cursor: str | None
    fingerprint: str
    """What made its documents' chunks, mentions and vectors."""


@dataclass(frozen=True, slots=True)
class ChunkRef:
    """A chunk's row without its text."""

    id: int
    document_id: str
    start: int
    end: int
    page: int | None = None
    """1-based, of the chunk's first character; None for formats without pages."""


class Store(Protocol):
    """Durable rows. The module's docstring is the contract."""

    def generation(self) -> int:
        """Return a number that grows whenever what a search can see has changed."""
        ...

    def frozen(self) -> AbstractContextManager[None]:
        """While this is open, everything that the calling thread reads is of one generation."""
        ...

    def commit(self, changes: ChangeSet) -> None:
        """Write all of ``changes`` in one transaction."""
        ...

    def add_source(self, source_id: str, options: Mapping[str, object]) -> None:
        """Remember a source and how to open it; known sources get the new options."""
        ...

    def remove_source(self, source_id: str) -> None:
        """Forget a source and delete its documents."""
        ...

    def sources(self) -> list[SourceInfo]:
        """Return all sources by id."""
        ...

    def versions(self, source_id: str) -> dict[str, tuple[str, str]]:
        """Return (fingerprint, version) of every stored document of a source, by document id."""
        ...

    def documents(self) -> list[DocumentInfo]:
        """Return all documents by id, without their texts."""
        ...

    def document(self, document_id: str) -> Document | None:
        """Return one document with its text."""
        ...

    def access(self) -> dict[str, Access]:
        """Return every document's readers by document id."""
        ...

    def failures(self, source_id: str | None = None) -> list[Failed]:
        """Return the documents, of one source or all, that could not be read at their last try, by id."""
        ...

    def chunk_refs(self) -> list[ChunkRef]:
        """Return all chunks without their texts."""
        ...

    def chunks(self, ids: Iterable[int] | None = None) -> list[Chunk]:
        """Return the chunks with these ids, or all, in the store's order; unknown ids are left out."""
        ...

    def near(self, ids: Iterable[int], *, reach: int) -> list[int]:
        """Return the ids of chunks and of up to ``reach`` chunks before and after each in its document, ascending."""
        ...

    def text(self, document_id: str, start: int, end: int) -> str | None:
        """Return ``Document.text[start:end]``, or None for a document that is not there."""
        ...

    def abouts(self) -> dict[str, About]:
        """Return what each document with chunks is about, by document id."""
        ...

    def vectors(self, dimension: int) -> Vectors:
        """Return float32, (n_chunks, dimension), in the order of ``chunk_refs``.

        Raises
        ------
        StoreError
            A stored vector has another length.
        """
        ...

    def vectors_by_key(self, keys: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Return stored vectors by ``IndexedDocument.vector_keys``; unknown keys are left out.

        With them, text that stays or moves is not embedded again.
        """
        ...

    def entities(self) -> list[DocumentEntity]:
        """Return what each document names, in order of document id and key."""
        ...

    def mentions(self) -> list[Mention]:
        """Return all mentions in order of chunk, start and end."""
        ...

    def relations(self) -> list[Relation]:
        """Return all relations in order of chunk, start and predicate."""
        ...

    def edits(self) -> dict[int, Edit]:
        """Return the operators' decisions about entities by their numbers, in the order in which they were made."""
        ...

    def add_edit(self, edit: Edit) -> int:
        """Keep a decision and return its number, higher than any before. Raises the generation."""
        ...

    def remove_edit(self, number: int) -> bool:
        """Forget a decision; tell whether there was one. Raises the generation if so."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...
