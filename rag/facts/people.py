"""Names of persons and places as an answer gives them."""

from __future__ import annotations

import re
from functools import cache

from rag.facts.lists import words
from rag.facts.places import country_words

_PRONOUN = re.compile(r"\b(he|his|him|she|her|hers)\b", re.IGNORECASE)


def trimmed(text: str, start: int, end: int, *, person: bool = True) -> tuple[int, int]:
    """Cut off what a pattern took too much: ranks before a name, possessives, stops, half a pair of quotes."""
    lists = words("en")
    kept, cut = frozenset(lists["kept_names"]), frozenset(lists["before_names"])
    while True:
        word, space, rest = text[start:end].partition(" ")
        if space and person and (word in cut - kept or country_words().get(word, word) != word) and rest[:1].isupper():
            start += len(word) + 1
            continue
        break
    written = text[start:end]
    for ending in ("'s", "’s", "'", "’", "-", ","):
        if written.endswith(ending):
            end -= len(ending)
            written = text[start:end]
    if written.endswith(".") and not re.search(r"(?:\b[A-Z]|Jr|Sr|Inc|Ltd|Co|Corp|D\.C)\.$", written):
        end -= 1
    if written.count('"') == 1:
        start += written.startswith('"')
        end -= written.endswith('"')
    return start, end


@cache
def _sexes() -> tuple[re.Pattern[str], re.Pattern[str]]:
    lists = words("en")
    return tuple(re.compile(rf"\b(?:{lists[sex]})\b", re.IGNORECASE) for sex in ("male", "female"))  # type: ignore[return-value]


def sex_of(text: str) -> str:
    """Return "male", "female" or "": what pronouns and words of rank in a text about one person tell most often."""
    male, female = (len(p.findall(text)) for p in _sexes())
    said = [m.lower() for m in _PRONOUN.findall(text)]
    male += 2 * sum(word in ("he", "his", "him") for word in said)
    female += 2 * sum(word.startswith(("she", "her")) for word in said)
    return "" if male == female else "male" if male > female else "female"
