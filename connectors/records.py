"""The nouns of this package: documents, and the changes that bring them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from connectors.access import Access


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text under it.

    ``start`` and ``end`` are half-open character offsets into ``Document.text``: from the heading's first
    character to the next heading of the same or a higher level, so sections nest.
    """

    title: str
    level: int
    """1 is the highest."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page, a slide or a sheet: half-open character offsets into ``Document.text``."""

    number: int
    """Counted from 1, as a reader counts."""
    start: int
    end: int
    name: str = ""
    """A sheet's or a slide's name, where it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document as plain text, with marks that lead back to the place in the original."""

    id: str
    """What opens it: an absolute path for local files, else a URL. Unique over all sources."""
    source: str
    """The id of the source that it came from."""
    title: str
    text: str
    version: str
    """Changes exactly when the content changes; equal versions mean equal content."""
    media_type: str = "text/plain"
    language: str | None = None
    """ISO 639-1 where the source states it, else None."""
    sections: tuple[Section, ...] = ()
    """In order of ``start``."""
    pages: tuple[Page, ...] = ()
    """In order; empty for formats without pages."""
    modified: datetime | None = None
    """When the source last changed it (UTC, aware)."""
    access: Access = field(default_factory=Access)


@dataclass(frozen=True, slots=True)
class Upsert:
    """A document is new or has changed."""

    document: Document


@dataclass(frozen=True, slots=True)
class Delete:
    """A document has vanished from its source."""

    document_id: str


@dataclass(frozen=True, slots=True)
class AccessChanged:
    """Only a document's readers have changed."""

    document_id: str
    access: Access


@dataclass(frozen=True, slots=True)
class Failed:
    """A document could not be read. What is stored of it stays, unless it is ``gone``."""

    document_id: str
    reason: str
    """One plain line: what happened, and what to do next."""
    gone: bool = field(default=False, compare=False)
    """The source does not go there: what is stored of it, and of what lies under it, goes, as with a ``Delete``."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything before this is complete: store it with ``cursor``, from which the next run goes on."""

    cursor: str


Change = Upsert | Delete | AccessChanged | Failed | Checkpoint
