"""Countries: which one a word or a place's name tells of."""

from __future__ import annotations

import re
from functools import cache

from knowledge.wordlists import word_lists
from rag.facts.lists import data


@cache
def country_words() -> dict[str, str]:
    """Return countries by what tells of them: names, adjectives, parts ("Ohio"), in English and Chinese."""
    found: dict[str, str] = {}
    for country, adjectives in word_lists("extract/english")["demonyms"].items():
        found.update(dict.fromkeys([country, *adjectives.split("|")], country))
    for country, others in data("countries")["names"].items():
        found.setdefault(country, country)
        found.update(dict.fromkeys(others.split("|"), country))
    for part, whole in data("countries")["parts_of"].items():
        for word, country in list(found.items()):
            if country == part:
                found[word] = whole
    return found


@cache
def region_words() -> dict[str, str]:
    """Return countries by the names of their regions and best known cities."""
    regions = data("countries")["regions"]
    return {place: country for country, places in regions.items() for place in places.split("|")}


@cache
def country_pattern() -> str:
    """Return a pattern for a word that tells of a country."""
    forms = sorted(map(re.escape, country_words()), key=lambda form: (-len(form), form))
    return rf"(?:{'|'.join(forms)})"


@cache
def _finder(*, regions: bool) -> re.Pattern[str]:
    forms = {**country_words(), **(region_words() if regions else {})}
    latin = sorted(
        (re.escape(form) for form in forms if form.isascii() or ord(form[0]) < 0x2E80), key=len, reverse=True
    )
    han = sorted((re.escape(form) for form in forms if ord(form[0]) >= 0x2E80), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(latin)})(?!\w)" + (rf"|{'|'.join(han)}" if han else ""))


def countries_in(text: str, *, regions: bool = False) -> list[tuple[int, int, str]]:
    """Return (start, end, country) of the words that tell of countries; with ``regions`` also "Ohio"."""
    known = {**region_words(), **country_words()} if regions else country_words()
    return [(m.start(), m.end(), known[m.group()]) for m in _finder(regions=regions).finditer(text)]
