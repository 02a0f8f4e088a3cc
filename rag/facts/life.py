"""Life dates: what stands in the parenthesis behind a name, "(3 May 1801, Bonn – 20 March 1851 in Kiel)"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.facts.patterns import DATE, pattern

_OPEN = re.compile(r"[(（]")
_DATE = re.compile(DATE)
_REIGN = re.compile(
    r"\b(?:reign|ruled|r\.|fl\.|flourished|active|in office|married|served|founded|formerly)|在位|任期", re.I
)
_BORN = re.compile(r"\bborn\b|\bb\.|née|出生|生于|^\s*\*", re.I)
_DIED = re.compile(r"\bdied\b|\bd\.|\bdeath\b|†|\bdeceased\b|逝世|去世|卒", re.I)
_DASH = re.compile(r"\s*(?:[-–—−~～－]|至|\bto\b)\s*")
_AFTER_DATE = re.compile(r"^\s*,?\s*(?:in |at |near )?(?=\S)")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Life:
    """What a parenthesis tells: (start, end) of each value in the text, or None."""

    birth_date: tuple[int, int] | None = None
    birth_place: tuple[int, int] | None = None
    death_date: tuple[int, int] | None = None
    death_place: tuple[int, int] | None = None


def read_life(text: str, language: str) -> Life | None:
    """Return the life dates of the first parenthesis in ``text`` that has any; None without."""
    for match in list(_OPEN.finditer(text))[:4]:
        end = _closing(text, match.start())
        if end is None:
            continue
        found = _read(text, match.end(), end, language)
        if found is not None:
            return found
    return None


def _closing(text: str, start: int) -> int | None:
    depth = 0
    for place in range(start, min(len(text), start + _LONGEST)):
        depth += text[place] in "(（"
        depth -= text[place] in ")）"
        if depth == 0:
            return place
    return None


def _read(text: str, start: int, end: int, language: str) -> Life | None:
    dates = [(m.start(), m.end()) for m in _DATE.finditer(text, start, end)]
    if not dates or _REIGN.search(text, start, dates[0][0]):
        return None
    first = dates[0]
    before = text[start : first[0]]
    if _DIED.search(before) and not _BORN.search(before):
        return Life(death_date=first, death_place=_place(text, first[1], end, language))
    died = next((m for m in _DIED.finditer(text, first[1], end)), None)
    if died:
        later = [date for date in dates[1:] if date[0] >= died.end()]
        second = later[0] if later else None
        return Life(
            first,
            _place(text, first[1], died.start(), language),
            second,
            _place(text, second[1], end, language) if second else None,
        )
    for second in dates[1:]:
        between = text[first[1] : second[0]]
        dash = _DASH.search(between)
        if not dash and between.strip(" ,"):
            continue
        cut = first[1] + dash.start() if dash else second[0]
        # "1940/41 – 1990", "1930 or 1931 – 2001"
        return Life(first, _place(text, first[1], cut, language), second, _place(text, second[1], end, language))
    if _BORN.search(before) or (re.match(r"\s*(?:[-–—]\s*)?$", text[first[1] : end]) and _DASH.match(text, first[1])):
        return Life(first, _place(text, first[1], end, language))
    if _DASH.fullmatch(before) and before.strip():
        return Life(death_date=first, death_place=_place(text, first[1], end, language))
    return None


def _place(text: str, start: int, end: int, language: str) -> tuple[int, int] | None:
    """Return the place that stands between a date and what follows it."""
    part = text[start:end]
    lead = _AFTER_DATE.match(part)
    if lead is None or not (lead.group().strip() or lead.end() != 0):
        return None
    match = pattern("{place}", language).match(part, lead.end())
    return (start + match.start("value"), start + match.end("value")) if match else None
