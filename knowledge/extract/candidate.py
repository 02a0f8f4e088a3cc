"""What the finders of names hand to each other, before anything is resolved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from knowledge.types import NAME

_ORDER = ("glossary", "topic", "title", "value", "rule", "ner", "shape")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of text that may name an entity or a value."""

    start: int
    end: int
    """Half-open character offsets into the text that was searched."""
    type: str
    """One of ``knowledge.types``."""
    origin: str
    """Which finder says so: ``glossary``, ``title``, ``value``, ``rule``, ``ner``, ``shape`` (written like a name)
    or ``topic`` (a pronoun or stand-in for what the document is about)."""
    key: str = ""
    """The key where the finder knows it (values, glossary, topic); else empty."""

    def moved(self, by: int) -> Candidate:
        """Return the same stretch in a text that begins ``by`` characters earlier."""
        return Candidate(self.start + by, self.end + by, self.type, self.origin, self.key)


@dataclass(frozen=True, slots=True)
class Statement:
    """A relation between two candidates, before their names are resolved."""

    subject: Candidate
    predicate: str
    """Normal form: see ``knowledge.records.Relation``."""
    object: Candidate
    start: int
    end: int
    """The sentence: half-open character offsets into the text that was searched."""
    confidence: float
    negated: bool = False
    modality: str = ""


def merge(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Keep the longest of candidates that overlap; on equal length the surer finder. In order of the text.

    What is written like a name and holds a span that the pipeline knows the type of takes that type where the two end
    together: the last words of a name say what it is.
    """
    ordered = sorted(candidates, key=lambda c: (c.start - c.end, _ORDER.index(c.origin), c.start))
    typed = {c.end: c for c in reversed(ordered) if c.origin in ("ner", "rule") and c.type != NAME}
    taken: set[int] = set()
    kept = []
    for c in ordered:
        places = range(c.start, c.end)
        if taken.isdisjoint(places):
            taken.update(places)
            # "King Harold of Norway" is no place.
            last = typed.get(c.end) if c.type == NAME else None
            if last and (last.end - last.start) * 2 >= c.end - c.start:
                c = replace(c, type=last.type)
            kept.append(c)
    return sorted(kept, key=lambda c: c.start)
