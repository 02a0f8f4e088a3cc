"""The nouns of this package: what is known about a document, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from connectors import Access, Document, Failed
from knowledge.about import NOTHING_SAID, About

Vectors = NDArray[np.float32]
"""float32, (n, dim), every row of unit length."""


_HEADINGS = 200
"""Characters of a heading path that go with a chunk."""


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
    lead: str = ""
    """Of a chunk that lies inside a table: the table's caption, units and column heads, on one line."""
    about: About = NOTHING_SAID
    """What the document is about; the same for all of its chunks."""

    @property
    def context(self) -> str:
        """Title, what the document is about where the title does not tell, and heading path in one line."""
        headings: list[str] = []
        room = _HEADINGS
        # The nearest headings say most.
        for heading in reversed([heading for heading in self.headings if heading != self.title]):
            room -= len(heading)
            if headings and room < 0:
                break
            headings.insert(0, heading)
        return " › ".join(part for part in (self.title, self.about.beside(self.title), *headings) if part)

    @property
    def passage(self) -> str:
        """Context, lead and text: what is embedded and what lexical search compares."""
        head = f"{self.context}\n{self.lead}" if self.lead else self.context
        return f"{head}\n{self.text}"


@dataclass(frozen=True, slots=True)
class DocumentEntity:
    """What one document calls by one or several names, as far as that document alone tells.

    Across documents ``knowledge.resolve.corpus`` puts these together to entities.
    """

    document_id: str
    key: str
    """Unique within the document (see ``knowledge.resolve``)."""
    name: str
    """The fullest way in which the document writes it."""
    type: str
    """One of ``knowledge.types``."""
    qualifier: str = ""
    """What tells it from others of that name, case folded: of a parenthesis (``planet``), a region, or a sign such as a
    person's occupation (``knowledge.resolve.signs``).
    """


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a chunk names an entity."""

    chunk_id: int
    entity: str
    """The key of a ``DocumentEntity`` of the chunk's document."""
    name: str
    """As written: a name, a short form of it, or a word that stands for it."""
    type: str
    start: int
    end: int
    """Half-open character offsets into ``Document.text``."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What a sentence says between two entities, or of an entity and a value."""

    chunk_id: int
    subject: str
    predicate: str
    """Normal form: a verb's lemma with its preposition, a participle ("born in"), or a noun phrase ("CEO of")."""
    object: str
    """Subject and object are keys of ``DocumentEntity`` of the chunk's document."""
    start: int
    end: int
    """The sentence that says so: half-open character offsets into ``Document.text``."""
    confidence: float
    """0 to 1, higher is better."""
    negated: bool = False
    """The sentence denies it."""
    modality: str = ""
    """The word that makes it less than a fact ("may", "plan to"); empty for what is told as a fact."""


ALIAS = "also known as"
"""The predicate of relations that say: subject and object are two names of one thing."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What an operator decided about entities; outlives every indexing.

    *   ``merge``: ``name`` and ``other`` are one.
    *   ``split``: ``name`` and ``other`` are two; or, where ``document`` is given, what that document calls ``name``
        is another thing than what the rest calls so, and is known as ``other`` (empty: chosen from the document).
    *   ``pin``: ``name`` is always shown as ``other`` (empty: left alone) and of type ``type`` (empty: left alone).
    """

    kind: str
    """``merge``, ``split`` or ``pin``."""
    name: str
    other: str = ""
    type: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that documents name, whatever they call it."""

    key: str
    """Unique, and a function of the documents and edits alone."""
    name: str
    """Usual way of writing it; ties go to the first in code point order."""
    type: str
    mentions: int
    """How many chunks name it."""
    aliases: tuple[str, ...] = ()
    """Other ways of writing it, in code point order."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an extractor found in one document."""

    entities: tuple[DocumentEntity, ...] = ()
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
    adopted: tuple[str, ...] = ()
    """Stored documents of other sources that are this source's from now on."""
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
