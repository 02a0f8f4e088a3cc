"""What the rules work on: what was said before, and the names that are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Name:
    """A known name in a text, at half-open character offsets."""

    start: int
    end: int
    types: frozenset[str]
    """Of ``knowledge.types``; several where a name is ambiguous."""


Names = Callable[[str], Sequence[Name]]
"""Finds the known names in a text, in order and without overlap."""


@dataclass(frozen=True, slots=True)
class Past:
    """A turn before, as the rules read it."""

    asked: str
    """The question as it was understood: it stands by itself."""
    short: str = ""
    """The answer in the fewest words."""
    answer: str = ""


def no_names(text: str) -> Sequence[Name]:
    """Know no name."""
    return ()


@dataclass(frozen=True, slots=True)
class Referent:
    """What a pronoun may mean."""

    text: str
    """As it is written into the question."""
    score: float
    """How much it is in the mind of who asks: higher is better, below 0 it is not meant."""
    preposition: str = ""
    """What stood before it, in English."""


class Reading(Protocol):
    """A turn before, read by the rules of its language."""

    past: Past

    def referents(self, kind: str, hints: frozenset[str]) -> list[Referent]:
        """Return what a pronoun of a kind (``thing``, ``person``, ``many``, ``place``) may mean.

        ``hints`` are the types (``ORG``, ``PRODUCT``) that the pronoun's own question speaks for.
        """

    def replaced(self, fragment: str) -> str:
        """Return the question with a fragment in the place of what it is in contrast to."""

    def topic(self) -> str:
        """Return what the question is about, in its own words; "" where nothing is."""


_SALIENT = 1.0
"""At this score a turn's referent hides those of the turns before it: a new topic is a new one."""


def most_salient(kind: str, readings: Sequence[Reading], hints: frozenset[str] = frozenset()) -> Referent | None:
    """Return what a pronoun means, given the turns before, the oldest first; None where nothing fits."""
    weak = None
    for reading in reversed(readings):
        best = max(reading.referents(kind, hints), key=lambda one: one.score, default=None)
        if best and best.score >= _SALIENT:
            return best
        weak = weak or (best if best and best.score > 0 else None)
    return weak
