"""The nouns of this package: from a question to a checked answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that the chat model gets to read."""

    number: int
    """What the model cites it by, from 1."""
    document: str
    title: str
    page: int | None
    """1-based; None for formats without pages."""
    headings: tuple[str, ...]
    text: str
    start: int
    end: int
    """Half-open character offsets into ``Document.text``; ``text`` is exactly that stretch."""
    language: str
    score: float
    """The hit's score: higher is better, comparable within one result only."""
    why: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A place that an answer rests on."""

    document: str
    title: str
    page: int | None
    quote: str
    """Exactly ``Document.text[start:end]``."""
    start: int
    end: int
    number: int = 1
    """The marker in the answer's text, from 1: ``[1]``."""
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown to the person who asked."""

    question: str
    answer: str
    abstained: bool
    """True when the documents hold no answer; ``answer`` then says so."""
    confidence: float
    """0 to 1, higher is better."""
    citations: tuple[Citation, ...] = ()
    passages: tuple[Passage, ...] = ()
    """What was read, best first."""
    origin: str = "model"
    """Whose words the answer is made of: ``model``, ``quote`` (a sentence of a document) or ``none``."""
    language: str = "en"
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds by step: ``retrieve``, ``generate``, ``check``, ``total``."""

    def as_dict(self) -> dict[str, Any]:
        """Return what ``rag ask --json`` prints."""
        keys = ("number", "document", "title", "page", "quote", "start", "end")
        return {
            "question": self.question,
            "answer": self.answer,
            "abstained": self.abstained,
            "confidence": self.confidence,
            "citations": [{key: getattr(citation, key) for key in keys} for citation in self.citations],
            "origin": self.origin,
            "language": self.language,
            "timings": self.timings,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """Stream event: retrieval is done."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """Stream event: more text from the chat model, not yet checked."""

    text: str


@dataclass(frozen=True, slots=True)
class Final:
    """Stream event, always the last: the checked answer. It replaces the drafted text."""

    answer: Answer


Event = Found | Draft | Final


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A hit as ``rag search --json`` prints it."""

    document: str
    title: str
    page: int | None
    text: str
    start: int
    end: int
    score: float
    why: str
    headings: tuple[str, ...] = ()
    signals: dict[str, float] = field(default_factory=dict)
    """The score's parts by name (docs/retrieval.md)."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)
