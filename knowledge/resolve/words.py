"""The word lists of ``words.toml``."""

from __future__ import annotations

from functools import cache
from typing import Any

from knowledge.wordlists import word_lists


@cache
def words(*path: str) -> frozenset[str]:
    """Return the list under ``path`` as a set: ``words("local", "terms")``."""
    return frozenset(phrases(*path))


@cache
def phrases(*path: str) -> tuple[str, ...]:
    """Return the list under ``path``, the longest first, as an alternation in a pattern needs it."""
    found: Any = word_lists("resolve")
    for part in path:
        found = found[part]
    return tuple(sorted(found, key=lambda phrase: (-len(phrase), phrase)))


@cache
def meanings(*path: str) -> dict[str, str]:
    """Return a table of lists the other way round: from each way of writing to what it stands under."""
    found: Any = word_lists("resolve")
    for part in path:
        found = found[part]
    return {way: meaning for meaning, ways in found.items() for way in ways}


@cache
def ways(*path: str) -> tuple[str, ...]:
    """Return the ways of writing in a table of lists, the longest first."""
    return tuple(sorted(meanings(*path), key=lambda way: (-len(way), way)))
