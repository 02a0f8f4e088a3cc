"""What the words around a name say of its kind: one document may call a company and a village the same.

A recognizer's types alone are noise. Two kinds are two things only where the text says so beside the names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from knowledge.language import STOP_WORDS
from knowledge.resolve.forms import has_han
from knowledge.resolve.words import meanings, words
from knowledge.types import NAME, ORG, PERSON, PLACE, PRODUCT, WORK

if TYPE_CHECKING:
    from knowledge.extract.candidate import Candidate

_REACH = 70
"""Characters before and after a name that are looked at."""
_APPOSITION = re.compile(r",\s(?:the|a|an|our|their|its)\s([^.,;:()\n]{2,60})(?=[.,;:)\n]|$)(?!,?\s(?:and|or)\s)")
_IS_A = re.compile(r"['’\"”]?\s(?:is|was|remains|became)\s(?:the|a|an)\s([^.,;:()\n]{2,60})")
_BEFORE = re.compile(
    r"(?:^|[\s(\"“])([a-z-]{3,20})\s(?:of\s|called\s|named\s|also called\s|also named\s)?[\"“'‘]?(?:the\s)?$"
)
_ALSO = re.compile(
    r"([a-z-]{3,20}),?\s(?:is |was |are )?(?:also\s|which is\s|simply\s)?(?:called|named)\s(?:also\s)?[\"“'‘]?$"
)
_BEFORE_COMMA = re.compile(r"\b([a-z]+)\s(?:the|a|an|its|their|our|his|her)\s(?:[a-z-]{2,20}\s){0,3}([a-z-]{3,20}),\s$")
_NOUN_OF = re.compile(r"\b([a-z-]{3,20})\sof\s$")
_ARTICLE = re.compile(r"\b(?:the|a|an|its|their|his|her|our|first|new)\s(?:[a-z-]{2,20}\s){0,3}$", re.IGNORECASE)
_HIS = re.compile(r"[^.;!?\n]{0,40}\b(?:his|her|he|she|himself|herself)\b|,?\s(?:who|whose)\b")
_IN_REGION = re.compile(
    r",?\sin\s(?:the|a)\s(?:[a-z-]{2,20}\s){0,3}(?:province|county|state|region|district|prefecture|canton)\sof\s"
    r"((?:[A-Z][\w'’-]{1,30}\s?\b){1,3})"
)
_THE = re.compile(r"\b[Tt]he\s$")
_VERB = re.compile(r"\s((?:was|is|were|are)\s)?(?:[a-z]{2,12}ly\s)?([a-z]{3,20})\b")
_WORD = re.compile(r"[A-Za-z][\w-]*")


def told_kinds(text: str, candidates: Sequence[Candidate], alike: Iterable[Sequence[int]]) -> dict[int, str]:
    """Return the kind of each candidate that the text tells otherwise than its type, or several for one name.

    ``alike``: for each name the places in ``candidates`` that have it.
    """
    found: dict[int, str] = {}
    people = (c for c in candidates if c.type == PERSON and " " in text[c.start : c.end])
    surnames = {text[c.start : c.end].rpartition(" ")[2] for c in people}
    for members in alike:
        kinds = _split(text, candidates, members)
        if not kinds and all(_surname(text, candidates[i], surnames) for i in members):
            kinds = dict.fromkeys(members, PERSON)
        found.update(kinds)
    return found


def _surname(text: str, candidate: Candidate, surnames: set[str]) -> bool:
    """Tell whether what a recognizer took for a place is a surname of somebody whom the document names in full."""
    if candidate.type not in (PERSON, PLACE, NAME) or text[candidate.start : candidate.end] not in surnames:
        return False
    before = text[max(0, candidate.start - 20) : candidate.start].split()[-1:]
    return not before or before[0].casefold() not in words("evidence", "prepositions")


def region_after(text: str, end: int) -> str:
    """Return the region that a text puts a place in: "Acton, in the coastal province of Lorn"; else nothing."""
    match = _IN_REGION.match(text, end)
    return match[1].strip() if match else ""


def _split(text: str, candidates: Sequence[Candidate], members: Sequence[int]) -> dict[int, str]:
    strong: dict[int, str] = {}
    weak: dict[int, str] = {}
    for i in members:
        if kind := stated_kind(text, candidates[i].start, candidates[i].end):
            strong[i] = kind
        elif kind := _hinted_kind(text, candidates[i]):
            weak[i] = kind
    if len(members) > 1:
        _contrast(text, candidates, members, strong, weak)
    kinds = Counter([*strong.values(), *weak.values()])
    if len(kinds) == 1:
        return _corrected(text, candidates, members, next(iter(kinds)), bool(strong))
    if not strong or len(kinds) < 2:
        return {}
    # What nothing is said of goes with the kind that the recognizer gives most of the names, or the first.
    guessed = Counter(candidates[i].type for i in members if candidates[i].type in kinds)
    first = [strong.get(i) or weak.get(i, "") for i in members]
    usual = min(kinds, key=lambda kind: (-kinds[kind] - guessed[kind], first.index(kind)))
    return {i: strong.get(i) or weak.get(i) or usual for i in members}


def _contrast(
    text: str, candidates: Sequence[Candidate], members: Sequence[int], strong: dict[int, str], weak: dict[int, str]
) -> None:
    """Add what only two places together show: "Jane Roe paid for her" and "the Jane Roe was launched"."""
    titled = {i for i in members if strong.get(i) == WORK or (i not in strong and _bracketed(text, candidates[i]))}
    vessels = {i for i in members if i not in strong and _is_run(text, candidates[i])}
    for i in members:
        c = candidates[i]
        full = c.type == PERSON and (" " in text[c.start : c.end] or has_han(text[c.start : c.end]))
        if full and i not in strong and i not in vessels | titled and _lives(text, c) and (titled or vessels):
            strong[i] = PERSON
    if PERSON in strong.values():
        strong.update(dict.fromkeys(vessels, PRODUCT))
        strong.update(dict.fromkeys(titled, WORK))


def _bracketed(text: str, candidate: Candidate) -> bool:
    return (
        text[max(0, candidate.start - 1) : candidate.start] == "《" and text[candidate.end : candidate.end + 1] == "》"
    )


def _is_run(text: str, candidate: Candidate) -> bool:
    """Tell whether a name with "the" before it does what ships do: "the Jane Roe was launched"."""
    if not _THE.search(text[max(0, candidate.start - 6) : candidate.start]):
        return False
    match = _VERB.match(text, candidate.end)
    return match is not None and match[2] in words("evidence", "launched" if match[1] else "sailing")


def _lives(text: str, candidate: Candidate) -> bool:
    """Tell whether a name without an article does what people do."""
    if _THE.search(text[max(0, candidate.start - 6) : candidate.start]):
        return False
    after = text[candidate.end : candidate.end + _REACH]
    if after.startswith(_chinese_living()):
        return True
    match = _VERB.match(after)
    return match is not None and match[2] in words("evidence", "born" if match[1] else "living")


@cache
def _chinese_living() -> tuple[str, ...]:
    return tuple(sorted(words("zh", "living")))


def _corrected(
    text: str, candidates: Sequence[Candidate], members: Sequence[int], kind: str, sure: bool
) -> dict[int, str]:
    """Return the kind that the text says for a name that the recognizer took for several things, or another one."""
    types = {candidates[i].type for i in members}
    if types == {kind}:
        return {}
    if sure:
        # A full name of a person needs more: "Jane Smith, the bank, ..." may be a list.
        full = candidates[members[0]]
        wrong = PERSON in types and " " in text[full.start : full.end]
    else:
        wrong = kind not in (PLACE, ORG) or not types <= {PERSON, PLACE, NAME}
    return {} if wrong else dict.fromkeys(members, kind)


def stated_kind(text: str, start: int, end: int) -> str:
    """Return the kind that a noun beside a name says it is of: "Acme, the cement group", "the town of Acme"."""
    after, before = text[end : end + _REACH], text[max(0, start - _REACH) : start]
    if phrase := described(after):
        return _noun_kind(head_noun(phrase))
    if match := _NOUN_OF.search(before):
        return PLACE if _noun_kind(match[1]) == PLACE else ""
    if match := _ALSO.search(before):
        return _noun_kind(match[1])
    if (match := _BEFORE_COMMA.search(before)) and match[1] not in words("evidence", "prepositions"):
        return _noun_kind(match[2])
    if (match := _BEFORE.search(before)) and _ARTICLE.search(before[: match.start(1)]):
        # "the village Acme", but not "the company Acme Corp supplies" read as a whole name: the noun alone counts.
        return _noun_kind(match[1])
    return _chinese_kind(before, after)


def _noun_kind(noun: str) -> str:
    return _nouns().get(noun.casefold(), "")


@cache
def _nouns() -> dict[str, str]:
    return meanings("kinds")


def described(after: str) -> str:
    """Return the phrase that says what somebody or something is, of what follows a name: ", a nurse at …"."""
    match = _APPOSITION.match(after) or _IS_A.match(after)
    return match[1] if match else ""


def head_noun(phrase: str) -> str:
    """Return the last noun before a phrase goes on with a small word: "cement group of the north"."""
    last = ""
    for word in _WORD.findall(phrase):
        if word in words("evidence", "following"):
            break
        if word in STOP_WORDS or not word.islower():
            return ""
        last = word
    return last


def _hinted_kind(text: str, candidate: Candidate) -> str:
    """Return a candidate's type where the words around it speak for that as well."""
    before = text[max(0, candidate.start - 30) : candidate.start].split()[-2:]
    after = text[candidate.end : candidate.end + _REACH]
    if candidate.type == PERSON and " " in text[candidate.start : candidate.end] and _HIS.match(after):
        return PERSON
    if len(before) == 2 and before[1] == "in" and before[0].casefold() in words("evidence", "owned"):
        return ORG if candidate.type in (ORG, PLACE, NAME) else ""
    if candidate.type in (PERSON, NAME) and len(before) == 2 and " " in text[candidate.start : candidate.end]:
        first, second = (word.casefold() for word in before)
        if (second == "in" and first in words("evidence", "seats")) or (first, second) == ("out", "of"):
            return PLACE
    if candidate.type == PLACE and before and before[-1].casefold() in words("evidence", "located"):
        return PLACE
    if " " not in text[candidate.start : candidate.end] and region_after(text, candidate.end):
        return PLACE
    if _THE.search(text[max(0, candidate.start - 6) : candidate.start]):
        verb = _VERB.match(after)
        if verb and not verb[1] and verb[2] in words("evidence", "measured"):
            return PRODUCT
    if (
        candidate.type == ORG
        and (word := _WORD.match(after.lstrip(" ")))
        and word.group() in words("evidence", "acting")
    ):
        return ORG
    return ""


@cache
def _chinese() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    nouns, units = ("|".join(map(re.escape, phrases_of(table))) for table in ("nouns", "units"))
    before = re.compile(rf"({nouns})(?:名字)?(?:也|就|名|名为|取名|命名为|被称为|又)?(?:叫做|叫|为|名)?[“「『《]?$")
    called = re.compile(r"(?:叫做|叫|名为|取名|命名为|名叫)[“「『《]?$")
    after = re.compile(rf"[”」』》]?(?:，|,)?(?:是|为)[^，。；,;\n]{{0,6}}?一?({units})")
    return before, called, after


def phrases_of(table: str) -> list[str]:
    """Return the ways of writing in a Chinese table of kinds, the longest first."""
    return sorted(meanings("zh", "kinds", table), key=lambda way: (-len(way), way))


def _chinese_kind(before: str, after: str) -> str:
    noun, called, unit = _chinese()
    if called.search(before) and (match := noun.search(before)):
        return meanings("zh", "kinds", "nouns")[match[1]]
    if match := unit.match(after):
        return meanings("zh", "kinds", "units")[match[1]]
    return ""
