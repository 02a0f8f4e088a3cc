"""The nouns of this package: from a question to a checked answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rag.prompts import reply

if TYPE_CHECKING:
    from knowledge.records import Hit


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

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "headings": list(self.headings)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Citation:
        """Return the citation that ``as_dict`` told of."""
        return cls(**{**value, "headings": tuple(value["headings"])})


@dataclass(frozen=True, slots=True)
class Side:
    """What one source says where sources disagree, or where what is meant is not sure."""

    short: str
    """Its answer in the fewest words."""
    citation: int
    """The number of the citation that says so."""
    date: str = ""
    """When the source is from, as written ("2023", "3 May 2021"); "" where nothing tells."""


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
    short: str = ""
    """The answer in the fewest words ("20 days"); "" where the documents do not say or no such words were found."""
    sides: tuple[Side, ...] = ()
    """What the sources say where they disagree, the preferred (newer) one first; empty where they do not."""
    alternatives: tuple[Side, ...] = ()
    """What else may be meant where the answer is not sure, the likeliest first; their citations come last, and the
    answer's text does not hold them."""
    origin: str = "model"
    """Whose words the answer is made of: ``model``, ``quote`` (a sentence of a document), ``facts`` (worked out from
    facts of several places) or ``none``."""
    language: str = "en"
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds by step: ``retrieve``, ``generate``, ``check``, ``total``."""
    asked: str = ""
    """The question as it was understood, where that differs: a follow-up question, completed."""
    within: tuple[str, ...] = ()
    """The documents and folders that it was asked of; empty where these are all that the viewer may read."""

    def as_text(self) -> str:
        """Return the answer, and below it the numbered places that it cites, each with its quote."""
        cited = [
            f"[{citation.number}] {_place(citation)}\n    “{' '.join(citation.quote.split())}”"
            for citation in self.citations
        ]
        others = "; ".join(f"{other.short} [{other.citation}]" for other in self.alternatives)
        also = ["", reply(self.language, "alternatives").format(others=others)] if others else []
        return "\n".join([self.answer, *also, *([""] if cited else []), *cited])

    def as_dict(self) -> dict[str, Any]:
        """Return what ``rag ask --json`` prints: everything but the passages."""
        return {
            "question": self.question,
            "asked": self.asked,
            "answer": self.answer,
            "short": self.short,
            "abstained": self.abstained,
            "confidence": self.confidence,
            "citations": [citation.as_dict() for citation in self.citations],
            "sides": [asdict(side) for side in self.sides],
            "alternatives": [asdict(side) for side in self.alternatives],
            "origin": self.origin,
            "language": self.language,
            "timings": dict(self.timings),
            "within": list(self.within),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Answer:
        """Return the answer that ``as_dict`` told of, without its passages. Keys that are not known are passed over.

        Raises
        ------
        KeyError, TypeError, ValueError
            The value is not of that shape.
        """
        given = {name: value[name] for name in _PLAIN if name in value}
        return cls(
            **given,
            timings=dict(value["timings"]),
            citations=tuple(map(Citation.from_dict, value["citations"])),
            sides=tuple(Side(**side) for side in value["sides"]),
            alternatives=tuple(Side(**side) for side in value.get("alternatives", ())),
            within=tuple(map(str, value.get("within", ()))),
        )


_PLAIN = ("question", "answer", "abstained", "confidence", "short", "origin", "language", "asked")
"""The fields of an answer that JSON holds as they are."""


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

    @classmethod
    def of(cls, hit: Hit) -> SearchHit:
        """Return a hit of the index as it is shown."""
        chunk = hit.chunk
        return cls(
            document=chunk.document_id,
            title=chunk.title,
            page=chunk.page,
            text=chunk.text,
            start=chunk.start,
            end=chunk.end,
            score=hit.score,
            why=hit.why,
            headings=chunk.headings,
            signals={name: round(part, 3) for name, part in hit.signals.items()},
        )

    def as_text(self) -> str:
        """Return the place and the text."""
        return f"{_place(self)}\n{self.text}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def _place(of: Citation | SearchHit) -> str:
    page = f", page {of.page}" if of.page else ""
    return f"{of.title}{page} ({of.document})"
