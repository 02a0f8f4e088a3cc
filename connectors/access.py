"""Who may read a document: the one rule, in one place.

A *principal* is a string: ``"*"`` (everyone), ``"user:ID"`` or ``"group:NAME"``. A document lists the
principals that may read it; a viewer is a set of principals; the viewer may read the document when the two
sets meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EVERYONE = "*"
"""The principal that every viewer has."""


@dataclass(frozen=True, slots=True)
class Access:
    """The principals that may read one document. An empty set means nobody."""

    readers: frozenset[str] = frozenset({EVERYONE})

    @classmethod
    def of(cls, readers: Iterable[str]) -> Access:
        """Build from principals; a bare word without ``user:`` or ``group:`` is taken as a user's id."""
        return cls(frozenset(_principal(reader) for reader in readers))


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person, or the bot, on whose behalf a search runs."""

    id: str
    groups: frozenset[str] = frozenset()

    @property
    def principals(self) -> frozenset[str]:
        """Everything this viewer counts as, ``EVERYONE`` included."""
        return frozenset({EVERYONE, f"user:{self.id}", *(f"group:{group}" for group in self.groups)})

    @classmethod
    def parse(cls, text: str) -> Viewer:
        """Read the command line's form ``ID[,GROUP…]``."""
        first, *groups = (part.strip() for part in text.split(","))
        return cls(first.removeprefix("user:"), frozenset(group.removeprefix("group:") for group in groups if group))


def may_read(viewer: Viewer, access: Access) -> bool:
    """Tell whether ``viewer`` may read a document with ``access``.

    Raises
    ------
    TypeError
        ``viewer`` is something else, such as a name.
    """
    if not isinstance(viewer, Viewer):
        raise TypeError(
            f"the viewer {viewer!r} is no Viewer: write Viewer('ann'), or Viewer('ann', frozenset({{'hr'}}))"
        )
    return not access.readers.isdisjoint(viewer.principals)


def _principal(reader: str) -> str:
    return reader if reader == EVERYONE or reader.startswith(("user:", "group:")) else f"user:{reader}"
