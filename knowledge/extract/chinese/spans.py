"""What the finders of Chinese names share: spans, the order in which they win, and the word lists."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import NamedTuple

from knowledge.extract.chinese.words import Word, in_dictionary, word_list
from knowledge.types import EVENT, ORG, PLACE, WORK

LONGEST_NAME = 30
"""Characters."""
DOT = "·•‧"
"""Stands between the parts of a foreign name."""


class Rank(IntEnum):
    """Where spans overlap, the higher wins."""

    LATIN = 1
    WORD = 2
    PERSON = 3
    BUILT = 4
    QUOTED = 5
    KNOWN = 6
    WHOLE = 7


class Span(NamedTuple):
    """A candidate before the best are chosen."""

    rank: Rank
    start: int
    end: int
    type: str
    origin: str
    key: str = ""


class NameWords(NamedTuple):
    """The word lists as sets."""

    surnames: frozenset[str]
    starts: frozenset[str]
    """Characters that names of people begin with."""
    compound_surnames: tuple[str, ...]
    titles: frozenset[str]
    transliteration: frozenset[str]
    not_names: frozenset[str]
    suffixes: dict[str, tuple[str, bool]]
    """The type that a suffix gives, and whether any describing word before it is enough."""
    lasts: frozenset[str]
    """Their last characters."""
    delicate: frozenset[str]
    inside: frozenset[str]
    townish: frozenset[str]
    not_places: frozenset[str]
    tags: frozenset[str]
    proper: frozenset[str]
    breaks: frozenset[str]
    plain: frozenset[str]
    solemn: frozenset[str]
    naming: tuple[str, ...]
    verbs: frozenset[str]
    """Of the lexicon for relations: no part of a name, whatever their tags."""


@cache
def name_words() -> NameWords:
    """Return the word lists of ``words.toml``."""
    data, relations = word_list("words"), word_list("relations")
    person, org, place, run = data["person"], data["org"], data["place"], data["run"]
    suffixes = dict.fromkeys(place["suffixes"], (PLACE, False))
    suffixes |= dict.fromkeys(data["event"]["suffixes"], (EVENT, False))
    suffixes |= dict.fromkeys(data["work"]["suffixes"], (WORK, False))
    suffixes |= dict.fromkeys(org["weak"], (ORG, False)) | dict.fromkeys(org["strong"], (ORG, True))
    surnames = frozenset("".join(person["surnames"].split()))
    transliteration = frozenset("".join(person["transliteration"].split()))
    return NameWords(
        surnames=surnames,
        starts=surnames | transliteration | {name[0] for name in person["compound_surnames"]},
        compound_surnames=tuple(person["compound_surnames"]),
        titles=frozenset(person["titles"]),
        transliteration=transliteration,
        not_names=frozenset(person["not_names"]) | frozenset(relations["nouns"]["roles"].split()),
        suffixes=suffixes,
        lasts=frozenset(suffix[-1] for suffix in suffixes),
        delicate=frozenset(place["delicate"]),
        inside=frozenset(place["inside"]),
        townish=frozenset(place["townish"]),
        not_places=frozenset(place["not_places"]),
        tags=frozenset(run["tags"]),
        proper=frozenset(run["proper"]),
        breaks=frozenset(run["breaks"]) | {w for w in relations["nouns"]["roles"].split() if w[-1] in "长裁席监统相"},
        plain=frozenset(run["plain"]),
        solemn=frozenset(run["solemn"]),
        naming=tuple(run["naming"]),
        verbs=frozenset(w for row in relations["verbs"] for w in row["words"] if len(w) > 1) - set(run["nominal"]),
    )


def kind_of(name: str) -> str:
    """Return the type that a name's ending tells, or nothing."""
    words = name_words()
    for size in range(min(6, len(name) - 2), 0, -1):
        found = words.suffixes.get(name[-size:])
        if found and (size > 1 or name[-1] not in words.delicate):
            return found[0]
    return ""


def is_proper(token: Word) -> bool:
    """Tell whether a word is, or may be part of, a name."""
    words = name_words()
    if token.text in words.not_places or token.text in words.not_names or token.text in words.plain:
        return False
    if len(token.text) > 1 and token.tag[0] == "n" and not in_dictionary(token.text):
        return True
    return token.tag in words.proper and (len(token.text) > 1 or token.tag in ("nr", "nz"))
