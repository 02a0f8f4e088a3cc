"""Finds people in Chinese text: Chinese names by the surname, foreign ones by the characters for their sounds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.extract.chinese.spans import DOT, LONGEST_NAME, Rank, Span, name_words
from knowledge.extract.chinese.words import Word, in_dictionary
from knowledge.language import HAN
from knowledge.types import NAME, PERSON

_ONLY_HAN = re.compile(f"[{HAN}]+")


def people(tokens: list[Word]) -> Iterator[Span]:
    """Find names without a dot."""
    for i, token in enumerate(tokens):
        if token.text[0] not in name_words().starts:
            continue
        foreign = _foreign_end(tokens, i)
        if foreign:
            # A person, a town, a club: the sounds alone do not tell.
            yield Span(Rank.PERSON, token.start, foreign, NAME, "rule")
        end = _person_end(tokens, i)
        if end and end > foreign:
            yield Span(Rank.PERSON, token.start, end, PERSON, "rule")


def _person_end(tokens: list[Word], at: int) -> int:
    """Return where a Chinese person's name ends that begins at token ``at``, or 0."""
    words = name_words()
    token = tokens[at]
    if token.text[0] == "于" and words.transliteration.issuperset(token.text):
        return 0
    following = tokens[at + 1] if at + 1 < len(tokens) and tokens[at + 1].start == token.end else None
    after_title = following is not None and following.text in words.titles
    if token.text in words.not_names or not _ONLY_HAN.fullmatch(token.text):
        return 0
    compound = token.text.startswith(words.compound_surnames)
    if token.tag in ("nr", "nrfg", "nrt") and 2 <= len(token.text) <= (4 if compound else 3):
        if compound and len(token.text) == 2:
            return _given(tokens, at, True)
        if token.text[0] in words.surnames and (len(token.text) == 3 or token.tag != "nrt"):
            return token.end
        return token.end if compound else 0
    if compound and len(token.text) == 4 and token.tag == "n" and not in_dictionary(token.text):
        return token.end
    if token.text in words.compound_surnames:
        return _given(tokens, at, True)
    if token.text in words.surnames:
        if after_title:
            return token.end
        return _given(tokens, at, token.tag in ("nr", "nrfg", "nrt"))
    if after_title and token.text[0] in words.surnames and 2 <= len(token.text) <= 3 and token.tag in ("x", "nz", "ns"):
        return token.end
    return 0


def _given(tokens: list[Word], at: int, sure: bool) -> int:
    """Return where the given name after the surname at ``at`` ends, or 0: one word of two characters, or two of one."""
    parts = tokens[at + 1 : at + 4]
    if not parts or parts[0].start != tokens[at].end or not _ONLY_HAN.fullmatch(parts[0].text):
        return 0
    first = parts[0]
    if first.text in name_words().breaks:
        return 0
    titled = len(parts) > 1 and parts[1].text in name_words().titles
    if len(first.text) == 2 and (first.tag in ("nr", "nrt", "nz", "x", "nrfg") or (titled and first.tag[0] in "nxabz")):
        return first.end
    if len(first.text) == 1 and sure and first.tag[0] not in "upcvdrfm":
        second = parts[1] if len(parts) > 1 and parts[1].start == first.end else None
        if (
            second
            and len(second.text) == 1
            and _ONLY_HAN.fullmatch(second.text)
            and second.tag in ("nr", "ng", "ag", "nz", "g", "x", "zg")
        ):
            return second.end
        return first.end if titled or first.tag in ("nr", "nz", "zg") else 0
    return 0


def _foreign_end(tokens: list[Word], at: int) -> int:
    """Return where a run of words ends that are all written with the characters for foreign sounds, or 0.

    One word of the run at least must be tagged as a name, and the run must have three characters or more.
    """
    words = name_words()
    sure = False
    last = at
    while last < len(tokens) and last - at < 5 and (last == at or tokens[last].start == tokens[last - 1].end):
        token = tokens[last]
        if (
            not words.transliteration.issuperset(token.text)
            or token.text in words.breaks
            or token.text in words.not_names
        ):
            break
        unknown = len(token.text) > 1 and not in_dictionary(token.text)
        if not unknown and token.tag not in ("nr", "nrt", "nrfg", "ns", "x", "nz", "zg", "ng", "g", "ag", "j"):
            break
        sure = sure or unknown or token.tag in ("nrt", "nr")
        last += 1
    size = tokens[last - 1].end - tokens[at].start if last > at else 0
    return tokens[last - 1].end if sure and 3 <= size <= 8 else 0


def dotted_names(tokens: list[Word]) -> Iterator[Span]:
    """Find names with a dot between their parts: "伊芳·卡特菲"."""
    i = 0
    while i < len(tokens):
        if tokens[i].text not in DOT or not 0 < i < len(tokens) - 1:
            i += 1
            continue
        first = _part_start(tokens, i)
        last = i
        while last < len(tokens) - 1 and tokens[last].text in DOT:
            last = _part_end(tokens, last)
        if first < i and last > i and tokens[last - 1].text not in DOT:
            start, end = tokens[first].start, tokens[last - 1].end
            start += len(tokens[first].text) > 2 and tokens[first].text[0] in "由与和被在"
            if end - start <= LONGEST_NAME:
                yield Span(Rank.QUOTED, start, end, PERSON, "rule")
        i = max(last, i + 1)


def _part_start(tokens: list[Word], dot: int) -> int:
    words = name_words()
    first = dot
    while first > 0 and dot - first < 4 and tokens[first - 1].end == tokens[first].start:
        token = tokens[first - 1]
        sounds = words.transliteration.issuperset(token.text) and token.text not in words.breaks
        if not (sounds or (first == dot and (token.text.isalpha() and token.tag[0] not in "upc"))):
            break
        first -= 1
    return first


def _part_end(tokens: list[Word], dot: int) -> int:
    """Return the index after the last token of the part that follows a dot."""
    words = name_words()
    last = dot + 1
    while last < len(tokens) and last - dot < 5 and tokens[last].start == tokens[last - 1].end:
        token = tokens[last]
        sounds = words.transliteration.issuperset(token.text) and token.text not in words.breaks
        if not (sounds or (last == dot + 1 and token.text.isalpha())):
            break
        last += 1
    return last
