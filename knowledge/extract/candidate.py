"""What the finders of names hand to each other, before anything is resolved."""

from __future__ import annotations

from dataclasses import dataclass


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
