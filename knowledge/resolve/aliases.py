"""Finds where a text declares a second name: "X, also known as Y", "Long Form (LF)", `Acme Corp (the "Company")`."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import ahocorasick

from knowledge.language import HAN
from knowledge.resolve.forms import abbreviates, folded, has_han, is_acronym, normal, person, within
from knowledge.resolve.words import phrases, words
from knowledge.types import NAME, ORG, PERSON, PLACE, VALUES

if TYPE_CHECKING:
    from knowledge.extract.candidate import Candidate

_PARENTHESIS = re.compile(r"[(（]([^()（）\n]{1,160})[)）]")
_QUOTED = re.compile(r"[\"“”「『‘]\s*([^\"“”「」『』‘’\n]{1,60}?)\s*[\"”“」』’]")
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)
_BEFORE_PHRASE = r"(?:[\s,，(（\"”」—-]|\b(?:is|was|are|were|who|which|or|and)\b){0,12}"
_AFTER_PHRASE = re.compile(r"[\s:：,，]*(?:为|作|是|as\b|to\b)?[\s:：]*(?:the\s+|a\s+|an\s+)?", re.IGNORECASE)
_ANOTHER = re.compile(r"\s*[,，]?\s*(?:或者?|or|、|and/or)\s*(?:(?:简称|the|simply)\s*)?(?=[\"“「『])", re.IGNORECASE)
_IN_PARENTHESIS = re.compile(r"[^()（）\n,，;；\"“”]{2,60}(?=[)）,，;；])")
_CHINESE_NAME = re.compile(rf"[{HAN}A-Za-z0-9]{{2,12}}(?=[，。、；）),;])")
_OPENING = '"“「『‘'
_ORGANISED = {ORG, NAME}
_MOST = 4
"""Names that one place declares."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A second name that a text gives to what a candidate names; offsets into the text."""

    of: int
    """The candidate's place in the list."""
    start: int
    end: int
    """The second name."""
    local: bool
    """It holds in this text alone, from here on."""
    reach: tuple[int, int]
    """The whole place that says so."""
    equal: bool
    """Made of the other's initials, or quoted: no doubt that both are of one type."""


def explicit_aliases(text: str, candidates: Sequence[Candidate]) -> list[Declaration]:
    """Return the second names that ``text`` declares, in order of their place.

    ``candidates`` are in order and do not overlap. Takes time in proportion to the text.
    """
    if not candidates:
        return []
    places = _Places(text, candidates)
    found = {(d.of, d.start, d.end): d for d in (*_in_parentheses(places), *_after_phrases(places))}
    return sorted(found.values(), key=lambda d: (d.start, d.end, d.of))


class _Places:
    """A text and its candidates by where they start and end."""

    def __init__(self, text: str, candidates: Sequence[Candidate]) -> None:
        self.text = text
        self.candidates = candidates
        named = [(i, c) for i, c in enumerate(candidates) if c.type not in VALUES and c.origin != "topic"]
        self.starting = {c.start: i for i, c in named}
        self.ending = {c.end: i for i, c in named}

    def name(self, index: int) -> str:
        candidate = self.candidates[index]
        return self.text[candidate.start : candidate.end]

    def before(self, at: int) -> int | None:
        """Return the candidate that ends before ``at``, with nothing but spaces or a closing quote between."""
        for _ in range(4):
            if (found := self.ending.get(at)) is not None:
                return found
            if not at or self.text[at - 1] not in ' \t\u3000"”’」』*_':
                return None
            at -= 1
        return None

    def type_at(self, start: int, end: int) -> str | None:
        """Return the type of the candidate with these offsets."""
        index = self.starting.get(start)
        return self.candidates[index].type if index is not None and self.candidates[index].end == end else None


def _in_parentheses(places: _Places) -> Iterator[Declaration]:
    for match in _PARENTHESIS.finditer(places.text):
        of = places.before(match.start())
        if of is None:
            # "World Health Organization (WHO)" may be one candidate.
            of = places.ending.get(match.end())
            if of is None or places.candidates[of].start >= match.start():
                continue
        if any(word in words("local", "collective") for word in re.findall(r"\w+", match[1].casefold())[:3]):
            continue
        candidate = places.candidates[of]
        long = places.text[candidate.start : min(candidate.end, match.start())].strip()
        begin = match.start(1)
        quoted = list(_QUOTED.finditer(match[1]))[:_MOST]
        if any(has_han(match[1]) and word in match[1] for word in words("local", "collective")):
            continue
        if quoted:
            article = quoted[0].start() and _ARTICLE.search(match[1][: quoted[0].start()])
            spans = [(begin + q.start(1), begin + q.end(1), "the" if article else '"') for q in quoted]
        else:
            spans = [(*_trimmed(places.text, begin, match.end(1)), "")]
        for start, end, sign in spans:
            declared = _kind(places, candidate.type, long, start, end, sign)
            if declared:
                local, equal = declared == "local", sign != "" or declared == "acronym"
                yield Declaration(of, start, end, local, (candidate.start, match.end()), equal)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out outer space, an article, and what a comma or semicolon parts from the first name."""
    part = re.split(r"[;；,，]", text[start:end], maxsplit=1)[0]
    lead = len(part) - len(part.lstrip())
    if article := _ARTICLE.match(part, lead):
        lead = article.end()
    return start + lead, start + len(part.rstrip())


def _kind(places: _Places, kind: str, long: str, start: int, end: int, sign: str) -> str:
    """Return ``local``, ``acronym``, ``global`` or nothing for a name in a parenthesis after ``long``.

    ``sign``: a quotation mark, "the" before it, or empty for a bare name.
    """
    short = places.text[start:end]
    letters = normal(short)
    if not letters or letters == normal(long) or not any(c.isalpha() for c in short):
        return ""
    if _is_role(short):
        return "local" if sign else ""
    if is_acronym(short) and folded(short) not in words("local", "titles") and "." not in short[-1:]:
        if abbreviates(short, long) or sign:
            return "acronym"
        near = within(short, long) and letters[0] == normal(long)[0] and len(letters) > 2
        foreign = has_han(long) and kind in _ORGANISED
        if (near or foreign) and " " not in short:
            return "acronym"
    if is_acronym(long) and " " in short and (abbreviates(long, short) or _near(long, short)):
        return "acronym"
    if has_han(short) != has_han(long):
        if _foreign(places, kind, long, start, end):
            return "global"
        return "local" if sign else ""
    inner = places.type_at(start, end)
    if has_han(short) and inner is not None and _compatible(inner, kind) and kind in _ORGANISED:
        longer, shorter = (short, long) if len(short) > len(long) else (long, short)
        if within(shorter, longer) and not sign:
            return "global"
    if has_han(short) and inner is None and kind in _ORGANISED and not sign and len(short) > 1:
        # 上海证券交易所（上交所）; what stands in the name as it is may be a place.
        return "global" if within(short, long) and short not in long else ""
    return "local" if sign else ""


def _near(short: str, long: str) -> bool:
    return within(short, long) and normal(short)[0] == normal(long)[0] and len(short) > 2 and long[:1].isupper()


def _is_role(name: str) -> bool:
    return folded(name) in words("local", "terms")


def _foreign(places: _Places, kind: str, long: str, start: int, end: int) -> bool:
    """Tell whether a parenthesis in another script gives a name, not what somebody or something is."""
    short = places.text[start:end]
    inner = places.type_at(start, end)
    if folded(short) in words("local", "titles") or (is_acronym(short) and kind not in _ORGANISED):
        return False
    if kind == PERSON and (person(short).bare != person(long).bare or is_acronym(short)):
        return False
    if inner is not None:
        return _compatible(inner, kind)
    return not has_han(short) and short[:1].isupper() and kind != PLACE and len(short.split()) <= 6 and ":" not in short


def _compatible(one: str, other: str) -> bool:
    return one == other or NAME in (one, other)


@cache
def _phrase_pattern() -> re.Pattern[str]:
    english = "|".join(re.escape(p) for p in (*phrases("en", "alias", "local"), *phrases("en", "alias", "global")))
    chinese = "|".join((*phrases("zh", "alias", "local"), *phrases("zh", "alias", "global")))
    called = r"whom\s(?:[a-z]{1,15}\s){1,3}(?:calls?|called|knows?\sas|nicknamed)(?=\s[\"“A-Z])"
    english = rf"{english}|{called}"
    phrase = rf"(?<![A-Za-z])(?:{english})(?![A-Za-z])|(?:{chinese})"
    return re.compile(rf"({_BEFORE_PHRASE})({phrase})", re.IGNORECASE)


def _after_phrases(places: _Places) -> Iterator[Declaration]:
    local_phrases = words("en", "alias", "local") | words("zh", "alias", "local")
    text = places.text
    for at, of in sorted(places.ending.items()):
        match = _phrase_pattern().match(text, at)
        if not match:
            continue
        candidate = places.candidates[of]
        long = text[candidate.start : candidate.end]
        local = match[2].casefold() in local_phrases
        bracketed = "(" in match[1] or "（" in match[1]
        for start, end, quoted in _names_after(places, match.end(), bracketed):
            short = text[start:end]
            inner = places.type_at(start, end)
            if not normal(short) or normal(short) == normal(long) or folded(short) in words("local", "titles"):
                continue
            role = _is_role(short)
            if (role and not quoted) or (inner and not quoted and not _compatible(inner, candidate.type)):
                continue
            stays = role or (local and not is_acronym(short) and has_han(short) == has_han(long))
            yield Declaration(of, start, end, stays, (candidate.start, end), quoted or local)


def _names_after(places: _Places, at: int, bracketed: bool) -> Iterator[tuple[int, int, bool]]:
    """Yield start, end and whether it is quoted of the names that follow a phrase."""
    text = places.text
    skipped = _AFTER_PHRASE.match(text, at)
    at = skipped.end() if skipped else at
    if text[at : at + 1] not in _OPENING or at >= len(text):
        index = places.starting.get(at)
        if index is not None:
            yield at, places.candidates[index].end, False
        elif found := (_IN_PARENTHESIS.match(text, at) if bracketed else None) or _CHINESE_NAME.match(text, at):
            name = found.group().rstrip()
            if len(name.split()) <= 6 and (name[0].isupper() or has_han(name[0])):
                yield at, at + len(name), False
        return
    for _ in range(_MOST):
        quoted = _QUOTED.match(text, at)
        if not quoted:
            return
        yield quoted.start(1), quoted.end(1), True
        more = _ANOTHER.match(text, quoted.end())
        if not more:
            return
        at = more.end()


def defined_terms(text: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return candidates for the second names that ``text`` declares and for all places that use them.

    Their origin is ``rule``, their type that of what they stand for; they lie apart from ``candidates``. A name that
    holds in this text alone counts from its declaration on; "the Company" is found with its article or in quotation
    marks, as the word alone means any company.
    """
    from knowledge.extract.candidate import Candidate  # that package imports this module

    kinds: dict[str, tuple[str, int, bool]] = {}
    for declared in explicit_aliases(text, candidates):
        name = text[declared.start : declared.end]
        first = declared.start if declared.local else 0
        if len(name) > 1:
            kinds.setdefault(name, (candidates[declared.of].type, first, _is_role(name)))
    if not kinds:
        return []
    automaton = ahocorasick.Automaton()
    for name in kinds:
        automaton.add_word(name, name)
    automaton.make_automaton()
    hits = []
    for last, name in automaton.iter(text):
        start, end = last - len(name) + 1, last + 1
        kind, first, role = kinds[name]
        if start >= first and _whole(text, start, end) and (begin := _role_start(text, start, end, role)) is not None:
            hits.append(Candidate(begin, end, kind, "rule"))
    return _apart(hits, candidates)


def _role_start(text: str, start: int, end: int, role: bool) -> int | None:
    """Return where a defined term starts, with its article; None where the word is used as any other."""
    if not role:
        return start
    before = text[max(0, start - 4) : start]
    if has_han(text[start:end]):
        free = not before or not has_han(before[-1]) or before[-1] in words("local", "before")
        return start if free else None
    if before in {"the ", "The "}:
        return start - 4
    return start if before[-1:] and before[-1] in _OPENING else None


def _whole(text: str, start: int, end: int) -> bool:
    """Tell whether a span of Latin letters is not cut out of a longer word."""

    def joined(a: str, b: str) -> bool:
        return a.isalnum() and b.isalnum() and ord(a) < 0x2E80 and ord(b) < 0x2E80

    left = start > 0 and joined(text[start - 1], text[start])
    return not left and not (end < len(text) and joined(text[end - 1], text[end]))


def _apart(hits: list[Candidate], candidates: Sequence[Candidate]) -> list[Candidate]:
    """Keep the hits that lie apart from the candidates and each other; the longest first."""
    starts = [c.start for c in candidates]
    kept: list[Candidate] = []
    for hit in sorted(hits, key=lambda c: (c.start, -c.end)):
        after = bisect_left(starts, hit.end)
        if after and candidates[after - 1].end > hit.start:
            continue
        if not kept or kept[-1].end <= hit.start:
            kept.append(hit)
    return kept
