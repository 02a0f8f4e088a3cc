"""What the finders of values give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.wordlists import word_lists

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a text."""

    start: int
    end: int
    """Half-open character offsets into the text that was searched."""
    type: str
    """One of ``knowledge.types.VALUES``."""
    key: str
    """Its normal form: see ``knowledge.values``."""


def words() -> dict[str, Any]:
    """Return the word lists beside this file."""
    return word_lists("values")


def any_of(names: Iterable[str]) -> str:
    """Return a pattern for one of ``names``, the longest that fits."""
    return "|".join(sorted(map(re.escape, names), key=lambda name: (-len(name), name)))


_RUN = re.compile(r"[0-9]+")


def digit_runs(text: str) -> list[tuple[int, int]]:
    """Return where digits stand: most values start there, and looking nowhere else saves most of the time."""
    return [match.span() for match in _RUN.finditer(text)]


_BACKWARDS = re.compile(r"\s{0,3}(\.?[^\W\d_]{1,20}|[^\w\s]|)")


def word_before(text: str, at: int) -> tuple[str, int]:
    """Return the word (with its full stop, lower case) or the sign that ends before ``at``, and where it starts.

    The word is empty where there is neither; at most 24 characters are looked at.
    """
    match = _BACKWARDS.match(text[max(at - 24, 0) : at][::-1])
    assert match is not None  # the pattern can match nothing
    return match[1][::-1], at - match.end()
