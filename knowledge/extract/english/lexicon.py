"""English words that the rules go by, from words.toml."""

from __future__ import annotations

from functools import cache

from knowledge.names import NameIndex
from knowledge.resolve import entity_key
from knowledge.types import PERSON
from knowledge.wordlists import word_lists


def kind_of(noun: str) -> str | None:
    """Return the type of what a noun in the singular names ("film": WORK), or None."""
    return kinds().get(noun)


def is_role(word: str) -> bool:
    """Tell whether a word names what a person is."""
    return kinds().get(word) == PERSON or word in titles()


@cache
def kinds() -> dict[str, str]:
    """Return the types that nouns stand for."""
    found: dict[str, str] = {}
    for kind, nouns in word_lists("extract/english")["kinds"].items():
        for noun in nouns.split():
            found.setdefault(noun, kind)
    return found


@cache
def royal() -> frozenset[str]:
    """Return the titles of nobility and the like that begin a person's name."""
    return frozenset(word_lists("extract/english")["roles"]["royal"].split())


@cache
def titles() -> frozenset[str]:
    """Return the roles and forms of address that stand before a name."""
    return frozenset(word_lists("extract/english")["roles"]["titles"].split())


@cache
def country_names() -> NameIndex:
    """Return what finds countries, with their keys."""
    return NameIndex((name, entity_key(name)) for name in sorted(set(countries().values())))


@cache
def countries() -> dict[str, str]:
    """Return countries by the adjectives made of them."""
    return {
        adjective: country
        for country, adjectives in word_lists("extract/english")["demonyms"].items()
        for adjective in adjectives.split("|")
    }
