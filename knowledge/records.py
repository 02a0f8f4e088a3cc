"""The nouns of this package: what is known about a document, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from connectors import Access, Document, Failed

Vectors = NDArray[np.float32]
"""float32, (n, dim), every row of unit length."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of a document that is embedded and found as one."""

    id: int
    """Signed, 64 bits, from the document's id and the place: the same chunk has the same id anywhere."""
    document_id: str
    ordinal: int
    """0-based position among the document's chunks."""
    start: int
    end: int
    """Half-open character offsets into ``Document.text``."""
    text: str
    """Exactly ``Document.text[start:end]``."""
    title: str
    """The document's title."""
    headings: tuple[str, ...] = ()
    """The path of headings above the chunk, outermost first."""
    page: int | None = None
    """1-based, of the chunk's first character; None for formats without pages."""
    language: str = "en"

    @property
    def context(self) -> str:
        """Title and heading path in one line; embedded and indexed together with the text."""
        parts = [self.title, *(heading for heading in self.headings if heading != self.title)]
        return " › ".join(part for part in parts if part)

    @property
    def passage(self) -> str:
        """Context and text: what is embedded and what lexical search compares."""
        return f"{self.context}\n{self.text}"


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a chunk names an entity."""

    chunk_id: int
    entity: str
    """The entity's key (see ``knowledge.resolve.entity_key``)."""
    name: str
    """As written."""
    type: str
    start: int
    end: int
    """Half-open character offsets into ``Document.text``."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Two entities and what a sentence says between them."""

    chunk_id: int
    subject: str
    predicate: str
    object: str
    """Subject and object are entity keys."""
    start: int
    end: int
    """The sentence that says so: half-open character offsets into ``Document.text``."""
    confidence: float
    """0 to 1, higher is better."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that documents name: all mentions with the same key."""

    key: str
    name: str
    """The most frequent way of writing it; ties go to the first in code point order."""
    type: str
    mentions: int
    """How many chunks name it."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an extractor found in one document."""

    mentions: tuple[Mention, ...] = ()
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document with everything derived from it: a function of the document alone, so that order never matters."""

    document: Document
    language: str
    chunks: tuple[Chunk, ...]
    vectors: Vectors
    """Row i belongs to ``chunks[i]``."""
    vector_keys: tuple[str, ...]
    """Names what each row was made from and by which embedder: equal keys have equal vectors."""
    extraction: Extraction


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What one transaction writes: all of it or nothing."""

    source_id: str
    upserts: tuple[IndexedDocument, ...] = ()
    deletes: tuple[str, ...] = ()
    access: tuple[tuple[str, Access], ...] = ()
    failures: tuple[Failed, ...] = ()
    recovered: tuple[str, ...] = ()
    """Documents whose failure is to be forgotten."""
    cursor: str | None = None
    """The source's new cursor, or None to leave it as it is."""
    forget_cursor: bool = False
    """The source's cursor no longer tells what is stored: the next run must start without one."""
    fingerprint: str = ""
    """Names the chunker, extractor and embedder that made the upserts."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document's row without its text, for listings."""

    id: str
    source: str
    title: str
    language: str
    media_type: str
    characters: int
    chunks: int
    pages: int
    modified: str | None
    """ISO 8601, UTC."""
    indexed: str
    """ISO 8601, UTC."""
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that answers to a question."""

    chunk: Chunk
    score: float
    """Higher is better; comparable within one result list only."""
    why: str = ""
    """For a person: the ways by which it was found."""
    signals: dict[str, float] = field(default_factory=dict)
    """The score's parts by name."""
