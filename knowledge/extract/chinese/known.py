"""Finds Chinese names by lists and by what stands around them: states, parties, given names, kinds of living things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import NamedTuple

from knowledge.extract.chinese.spans import Rank, Span, name_words
from knowledge.extract.chinese.words import Word, in_dictionary, segment, word_list
from knowledge.language import HAN
from knowledge.types import EVENT, NAME, ORG, PERSON, PLACE

_NOT_INSIDE = "的了是在与和及由被把从到将因而其这那等为于或"
_NAME_HAN = f"(?:(?![{_NOT_INSIDE}])[{HAN}])"
_LONGEST_TAXON = 7
_CLAUSE = re.compile(f"[{HAN}]{{4,60}}")
_RANKED = re.compile("[纲目科属]")
_COURTESY = re.compile(f"(?<=[，）)、])([字号])((?![一二三四五六七八九十百千万]){_NAME_HAN}{{1,3}})(?=[，。、；（(])")
_NO_STATE_AFTER = frozenset("在于自从至到")
_HOLDERS = frozenset(["是", "为", "任", "曾任", "现任"])


class _Known(NamedTuple):
    types: dict[str, str]
    dynasties: frozenset[str]
    naming: re.Pattern[str]
    chain: re.Pattern[str]
    taxon: re.Pattern[str]
    not_taxa: frozenset[str]
    roles: frozenset[str]


@cache
def _known() -> _Known:
    lists = word_list("words")["known"]
    types = dict.fromkeys(lists["places"].split(), PLACE) | dict.fromkeys(lists["peoples"].split(), NAME)
    types |= dict.fromkeys(lists["orgs"].split(), ORG) | dict.fromkeys(lists["events"].split(), EVENT)
    naming = "|".join(sorted(lists["naming"].split(), key=lambda word: (-len(word), word)))
    ranks = "|".join(sorted(lists["taxa"].split(), key=lambda word: (-len(word), word)))
    one = f"{_NAME_HAN}{{1,{_LONGEST_TAXON}}}?(?:{ranks})"
    return _Known(
        types=types,
        dynasties=frozenset(lists["dynasties"].split()),
        naming=re.compile(
            rf"(?:{naming})[为作]?({_NAME_HAN}{{2,10}})(?:、({_NAME_HAN}{{2,10}}))?(?:、({_NAME_HAN}{{2,10}}))?"
            r"(?=[，。；、（(])"
        ),
        chain=re.compile(f"(?:{one}){{2}}(?:{one}){{0,4}}"),
        taxon=re.compile(one),
        not_taxa=frozenset(lists["not_taxa"].split()),
        roles=frozenset(word_list("relations")["nouns"]["roles"].split()),
    )


def listed_names(tokens: list[Word]) -> Iterator[Span]:
    """Find names that the lists have, and dynasties where they are states: "汉朝使节", "与汉朝结盟"."""
    known = _known()
    for i, (text, tag, start, end) in enumerate(tokens):
        if kind := known.types.get(text):
            people = kind == NAME and i + 1 < len(tokens) and tokens[i + 1].text == "人"
            yield Span(Rank.BUILT, start, tokens[i + 1].end if people else end, kind, "rule")
        elif text in known.dynasties:
            before = tokens[i - 1] if i else None
            after = tokens[i + 1].text if i + 1 < len(tokens) else ""
            marked = before is not None and before.tag[:1] in "pv" and before.text not in _NO_STATE_AFTER
            if after in known.roles or (marked and (not after or tokens[i + 1].tag[:1] not in "tmz")):
                yield Span(Rank.WORD, start, end, PLACE, "rule")
        elif tag == "t" and text[0] in name_words().surnames and _holds_office(tokens, i):
            yield Span(Rank.PERSON, start, tokens[i + 1].end, PERSON, "rule")


def _holds_office(tokens: list[Word], at: int) -> bool:
    """Tell whether a word and a character, at a sentence's start, are said to hold an office: "X是Y会长"."""
    if len(tokens) < at + 4 or len(tokens[at].text) != 2 or len(tokens[at + 1].text) != 1:
        return False
    if (at and tokens[at - 1].text not in ("。", "\n")) or tokens[at + 2].text not in _HOLDERS:
        return False
    for token in tokens[at + 3 : at + 12]:
        if token.text in "，。；的":
            return False
        if token.text in _known().roles:
            return True
    return False


def given_names(text: str) -> Iterator[Span]:
    """Find what somebody or something is said to be called, up to the next mark: "俗名黑记、黑点仔"."""
    for match in _known().naming.finditer(text):
        for group in range(1, 4):
            titled = match[0].startswith(("封", "改封", "追封", "改称", "简称"))
            if match[group] and not (_common(match[group]) and (titled or len(match[group]) < 3)):
                yield Span(Rank.WORD, match.start(group), match.end(group), NAME, "rule")
    for match in _COURTESY.finditer(text):
        yield Span(Rank.PERSON, match.start(2), match.end(2), NAME, "rule")


def _common(name: str) -> bool:
    words = name_words()
    return in_dictionary(name) and (name in words.not_places or segment(name)[0][1] not in words.proper)


def taxa(text: str) -> Iterator[Span]:
    """Find orders, families and genera where one follows the other: "鲈形目笛鲷科"."""
    known = _known()
    ranked = [m.span() for m in _CLAUSE.finditer(text) if len(_RANKED.findall(m[0])) > 1]
    for match in chain.from_iterable(known.chain.finditer(text, *place) for place in ranked):
        parts = [part.span() for part in known.taxon.finditer(text, match.start(), match.end())]
        if any(text[start:end][-2:] in known.not_taxa or end - start < 2 for start, end in parts):
            continue
        for start, end in parts:
            yield Span(Rank.BUILT, start, end, NAME, "rule")
