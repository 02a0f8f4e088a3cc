"""Countries: of persons, films, places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rag.facts.pages import Page
from rag.facts.places import countries_in
from rag.facts.records import Fact
from rag.records import Passage

_IS = re.compile(r"\b(?:is|was|are|were|being)\b|是|为")
_STOP = re.compile(r"\b(?:who|which|that|best known|known|born|starring|directed|written|based|about)\b|[;。]")
_BORN = re.compile(r"\s?-\s?born\b")
_REACH = 130
_BETWEEN = 12
"""Characters between two nationalities of one person: "British and American"."""
_PLACED = re.compile(r"\b(?:in|of|near|at|from)\b|位于|在")


def origin_on(page: Page, key: str) -> Iterator[Fact]:
    """Yield the countries that a page's first sentences tell of its own thing."""
    for number, (passage, start, end) in enumerate(page.sentences[:3]):
        if passage.start and number == 0:
            return
        sentence = passage.text[start:end]
        if key == "country":
            yield from _located(page, key, sentence, passage, start, end, number)
            continue
        verb = next((m for m in _IS.finditer(_without_parentheses(sentence))), None)
        if verb is None:
            continue
        part = _without_parentheses(sentence)[verb.end() : verb.end() + _REACH]
        stop = _STOP.search(part)
        part = part[: stop.start()] if stop else part
        found = countries_in(part)
        if found:
            group = [found[0]]
            for one in found[1:]:
                if one[0] - group[-1][1] <= _BETWEEN:
                    group.append(one)
            # "British-born American": both tell, the second is what the person is.
            shown = next((one for one in group if not _BORN.match(part, one[1])), group[0])
            value = sentence[verb.end() + shown[0] : verb.end() + shown[1]]
            countries = frozenset(country for _, _, country in group)
            yield Fact(page.title, key, value, countries, passage, start, end, (0.95, 0.75, 0.6)[number])
            return
    yield from _anywhere(page, key)


def _anywhere(page: Page, key: str) -> Iterator[Fact]:
    for number, (passage, start, end) in enumerate(page.sentences[:2]):
        sentence = passage.text[start:end]
        found = countries_in(sentence, regions=True)
        if found:
            one = found[0]
            yield Fact(
                page.title,
                key,
                sentence[one[0] : one[1]],
                frozenset([one[2]]),
                passage,
                start,
                end,
                0.55 - 0.1 * number,
            )
            return


def _located(
    page: Page, key: str, sentence: str, passage: Passage, start: int, end: int, number: int
) -> Iterator[Fact]:
    found = countries_in(sentence, regions=True)
    if not found:
        return
    placed = [one for one in found if (m := _PLACED.search(sentence)) and m.start() < one[0]] or found
    named = [one for one in placed if one[2] == placed[0][2]] or placed
    # "Rockville, Maryland, United States": the country's own name says most.
    last = named[-1]
    sure = 0.93 if len({country for _, _, country in found}) == 1 else 0.75
    yield Fact(
        page.title, key, sentence[last[0] : last[1]], frozenset([last[2]]), passage, start, end, sure - 0.15 * number
    )


def place_country(fact: Fact) -> Fact | None:
    """Return the country of a fact whose value is a place, less surely; None where its name does not tell."""
    sentence = fact.passage.text[fact.start : fact.end]
    at = sentence.find(fact.value)
    found = countries_in(sentence[at : at + len(fact.value) + 40], regions=True)
    if not found:
        return None
    one = found[-1] if len({c for _, _, c in found}) == 1 else found[0]
    return replace(fact, value=sentence[at + one[0] : at + one[1]], key=frozenset([one[2]]), sure=fact.sure * 0.6)


def _without_parentheses(text: str) -> str:
    """Blank out parentheses; offsets stay."""
    return re.sub(r"[(（][^()（）]*[)）]", lambda match: "~" * len(match.group()), text)
