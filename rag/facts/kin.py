"""Parents: what "the son of A and his wife B" says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from rag.facts.lists import words
from rag.facts.pages import Page, bare, plain
from rag.facts.patterns import pattern
from rag.facts.people import sex_of, trimmed
from rag.facts.records import Fact

_OTHERS = re.compile(
    r"\b(?:wife|husband|widow|mother|father|brother|sister|married|marry|marriage|succeeded|grandson|granddaughter|uncle|nephew|niece|and)\b|妻|夫|母|父"
)
_UNTOLD = 0.65
"""How sure it is that the father is named first, where nothing tells who is who."""


@cache
def _english() -> re.Pattern[str]:
    first = pattern("{name}", "en").pattern.replace("?P<value>", "?P<first>")
    second = pattern("{name}", "en").pattern.replace("?P<value>", "?P<second>")
    filler = r"(?:the |an? )?(?:[A-Z]?[a-z][a-z'-]+ (?!of )|\d+\w\w )*?"
    kin = "|".join(words("en")["kin"])
    return re.compile(
        r"\b(?P<head>son|daughter|child|children|heir|offspring|twins|born)\b(?: and [a-z]+| or [a-z]+)?"
        rf"(?:,? [a-z]+){{0,3}}? (?:of|to|from the marriage of) {filler}{first}"
        r"(?:(?:,[^,.;]{0,60},| \([^)]*\))?,?(?: and| by| with| from)(?: of)? "
        rf"(?P<how>(?:his|her)? ?(?:(?!(?:{kin})\b)[a-z'-]+,? |\d+\w\w )*){second})?"
    )


@cache
def _chinese() -> re.Pattern[str]:
    run = r"[^\s，。；、：！？（）()《》的是之]"
    return re.compile(
        rf"(?:是|为|系)?(?P<first>{run}{{2,12}}?)(?:(?:与|和|及)(?:妻子)?(?P<second>{run}{{2,12}}?))?(?:的|之)(?:第?[一二三四五六长次幼独]?)(?P<head>儿子|女儿|子|女|长子|次子|长女|次女|独子)"
    )


def parents(page: Page, key: str, sex: Callable[[str], str]) -> Iterator[Fact]:
    """Yield what a page says of the father, mother or parents of its own person.

    ``sex`` tells "male", "female" or "" for a name, from what else is known.
    """
    text = " ".join(passage.text for passage in page.passages)[:1200]
    own = sex_of(text)
    for number, (passage, start, end) in enumerate(page.sentences):
        sentence = passage.text[start:end]
        for match in (_chinese() if passage.language == "zh" else _english()).finditer(sentence):
            before = sentence[: match.start()]
            if _others(before, match["head"], own):
                continue
            for name, which, known in _which(sentence, match, sex):
                sure = (0.95 if number < 3 else 0.85) * known
                if which != key and key != "parent":
                    continue
                value_start, value_end = trimmed(sentence, *match.span(name))
                value = sentence[value_start:value_end]
                if plain(bare(value)) == plain(bare(page.title)) or not value:
                    continue
                yield Fact(page.title, key, value, frozenset([plain(value)]), passage, start, end, sure)


def _others(before: str, head: str, own: str) -> bool:
    """Tell whether "daughter of" speaks of somebody else: of the wife that was named just before."""
    if own and head in ("son", "daughter") and (head == "daughter") != (own == "female"):
        return True
    clause = re.split(r"[;.]", before)[-1]
    near = clause[-70:]
    # "was the second son and eldest child of" is still the page's own person.
    found = [m.group() for m in _OTHERS.finditer(near) if m.group() != "and"]
    return bool(found)


def _which(sentence: str, match: re.Match[str], sex: Callable[[str], str]) -> list[tuple[str, str, float]]:
    """Return for each name that was found whether it is the father or the mother, and how sure that is."""
    first = _sex_by_words(sentence[match.end("head") : match.end("first")]) or sex(match["first"])
    second = match.groupdict().get("second")
    if not second:
        return [("first", "mother" if first == "female" else "father", 1.0)]
    how = match.groupdict().get("how") or ""
    known = 1.0
    if not first:
        other = (
            "female"
            if re.search(r"\bwife|consort|mistress|concubine|his\b", how)
            else "male"
            if re.search(r"\bhusband\b", how)
            else ""
        )
        other = other or _sex_by_words(how + second) or sex(second)
        known = 1.0 if other else _UNTOLD
        first = {"female": "male", "male": "female"}.get(other, "male")
    roles = ("mother", "father") if first == "female" else ("father", "mother")
    return [("first", roles[0], known), ("second", roles[1], known)]


def _sex_by_words(text: str) -> str:
    """Return what a word of rank tells of the sex."""
    female = re.search(
        r"\b(?:Queen|Princess|Duchess|Countess|Lady|Empress|Baroness|Infanta|Archduchess|Mrs|Madame|actress|singer-actress)\b",
        text,
    )
    male = re.search(
        r"\b(?:King|Prince|Duke|Count|Lord|Emperor|Baron|Infante|Archduke|Sir|Earl|Mr|Caliph|Sultan|actor|Landgrave|Margrave)\b",
        text,
    )
    return "" if bool(female) == bool(male) else "female" if female else "male"


def spouse_is_of_parent(sentence: str, place: int) -> bool:
    """Tell whether "his wife" at a place in a sentence is the wife of the father who was named just before."""
    before = sentence[max(0, place - 120) : place]
    told = [*re.finditer(r"\b(?:son|daughter|child|children|heir|born|sister|brother)\b[^.;]*?\b(?:of|to)\b", before)]
    return bool(told) and not re.search(
        r"[.;]|\b(?:he|she) (?:was )?married\b|\bmarried\b", before[told[-1].end() :], re.IGNORECASE
    )
