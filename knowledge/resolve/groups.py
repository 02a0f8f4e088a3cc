"""Names of one document that are written alike, and the joining of such groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from knowledge.resolve.forms import Person, legal, person
from knowledge.types import EVENT, NAME, ORG, PERSON, PLACE, PRODUCT, VALUES, WORK

T = TypeVar("T", bound=Hashable)
ORDER = {kind: place for place, kind in enumerate((PERSON, ORG, PLACE, PRODUCT, WORK, EVENT, NAME))}
"""Which type wins a tie."""


class UnionFind(Generic[T]):
    """Sets of things that were found to be one; the smallest thing stands for its set, whatever the order."""

    def __init__(self) -> None:
        self._above: dict[T, T] = {}

    def find(self, thing: T) -> T:
        """Return what stands for the set of ``thing``."""
        if thing not in self._above:
            return thing
        root = thing
        while (above := self._above.get(root, root)) != root:
            root = above
        while (above := self._above.get(thing, thing)) != root:
            self._above[thing] = root
            thing = above
        return root

    def union(self, one: T, other: T) -> T:
        """Make two sets one and return what stands for it."""
        a, b = self.find(one), self.find(other)
        if a != b:
            a, b = (a, b) if a < b else (b, a)  # type: ignore[operator]
            self._above[b] = a
        return a


@dataclass(slots=True)
class Group:
    """The candidates of a document that are written alike."""

    normal: str
    qualifier: str = ""
    given: str = ""
    """The key, where a finder knows it."""
    names: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    genders: set[str] = field(default_factory=set)
    starts: list[int] = field(default_factory=list)
    first: int = 0
    """Where it is named first: offset into the text."""
    last: int = 0
    """Where it is named last."""

    @property
    def type(self) -> str:
        """The type that most candidates have, ``NAME`` not counted where there is another."""
        return majority(self.kinds)

    @property
    def name(self) -> str:
        """The usual way of writing; the longest, then the first in code point order where several are."""
        return usual(self.names)

    @property
    def person(self) -> Person:
        """Its parts as a person's name."""
        return person(self.name)

    @property
    def legal(self) -> tuple[str, str]:
        """The name without legal form, and the form."""
        return legal(self.name, self.type != ORG)


def majority(kinds: Counter[str]) -> str:
    """Return the most frequent type, ``NAME`` only where there is no other; ties go by a fixed order."""
    told = {kind: count for kind, count in kinds.items() if kind != NAME} or {NAME: 1}
    return min(told, key=lambda kind: (-told[kind], ORDER.get(kind, len(ORDER)), kind))


def usual(names: Counter[str]) -> str:
    """Return the most frequent name; of several the longest, then the first in code point order."""
    return min(names, key=lambda name: (-names[name], -len(name), name), default="")


def compatible(one: str, other: str) -> bool:
    """Tell whether two types may be of one thing: they are equal, or one is not known."""
    return one == other or (NAME in (one, other) and one not in VALUES and other not in VALUES)


def only(things: Iterable[T]) -> T | None:
    """Return the one thing there is, None where there are none or several."""
    found = set(things)
    return found.pop() if len(found) == 1 else None
