"""Finds dates in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.types import DATE
from knowledge.values.calendar_keys import century_key, day_key, decade_key, year_key
from knowledge.values.numerals import HAN_DIGITS, from_han
from knowledge.values.value import Value, any_of, words

_SEASONS: dict[str, int] = words()["seasons_zh"]
_ERAS = tuple(words()["eras_zh"])
_FIGURES = "[" + "".join(HAN_DIGITS) + "]"
_SMALL = r"(?:\d{1,2}|[一二三四五六七八九十廿]{1,3})"
_ERA = r"(?:(?P<era>公元前|西元前|前|公元|西元)\s?)?"
_YEAR = re.compile(
    rf"{_ERA}(?P<about>约)?(?<![\d.,])(?P<year>\d{{1,4}}|{_FIGURES}{{3,4}})(?P<to>\s?[-–~至到]\s?\d{{4}})?\s?\Z"
)
_REST = re.compile(
    rf"(?:\s?(?P<month>{_SMALL})\s?月(?:\s?(?P<day>{_SMALL})\s?[日号])?"
    r"|(?P<decade>代)|度?第?(?P<quarter>[1-4一二三四])季度?|Q(?P<q>[1-4])|(?P<half>[上下])半年|(?P<season>[春夏秋冬])[季天]?)?"
    r"(?P<open>之前|以前|之后|以后)?"
)
_MONTH = re.compile(rf"(?<![\d初第一二三四五六七八九十])(?P<month>{_SMALL})\s?\Z")
_DAY = re.compile(rf"\s?(?P<day>{_SMALL})\s?[日号](?!线)")
_LAST = re.compile(rf"\s?[-–~至到]\s?(?:(?P<month>{_SMALL})\s?月)?(?:(?P<day>{_SMALL})\s?[日号])?(?!\d|\s?[年月日号])")
_CENTURY = re.compile(
    r"(?P<era>公元前|西元前|前)?(?<![\d一二三四五六七八九十])(?P<n>\d{1,2}|[一二三四五六七八九十]{1,3})\s?\Z"
)
_TENS = re.compile(r"(?<![\d一二三四五六七八九十百])(?P<tens>[2-9]0|[二三四五六七八九]十)\s?\Z")
_TENS_BEHIND = re.compile(r"(?P<tens>[1-9]0|[一二三四五六七八九]十)\s?年代")
_FISCAL = re.compile(r"(?<!\d)((?:19|20)\d\d)\s?年?(?:财年|财政年度|会计年度)")
_DURATION = re.compile(r"\s?(?:前|后|来|间|历史|的历史|以来|多|左右|之久|期|内|制|级|生)")
_POINTS_TO_YEAR = re.compile(r"[于在自从至到（(–~年\-]\s?\Z|\A\Z|\n\Z")
_BARE = re.compile(r"(?<![\d.,])(?P<year>(?:1\d|20)\d\d)\s?(?=[-–~至到]\s?(?:(?:1\d|20)\d\d)\s?年)")
_REIGN = re.compile(rf"(?:{any_of(_ERAS)})\s?\Z")


def find_chinese_dates(text: str) -> Iterator[Value]:
    """Yield dates that are written with 年, 月, 世纪 and the like."""
    for at, before in _behind(text, "年", _YEAR, 20):
        yield from _dates(text, at, before)
    for at, before in _behind(text, "年代", _TENS, 4):
        # Without a century the twentieth is meant, as long as the text does not say otherwise.
        yield Value(before.start(), at + 2, DATE, f"19{_number(before['tens']) // 10}X")
    for at, before in _behind(text, "月", _MONTH, 6):
        if day := _DAY.match(text, at + 1):
            yield from _ranged(text, (before.start(), day.end()), (None, _number(before["month"]), _number(day["day"])))
    for sign in ("世纪", "世紀"):
        for at, before in _behind(text, sign, _CENTURY, 7):
            yield from _century(text, at + 2, before)
    if "年" in text:
        for match in _FISCAL.finditer(text):
            yield Value(*match.span(), DATE, f"FY{match[1]}")
        for match in _BARE.finditer(text):
            yield Value(*match.span("year"), DATE, match["year"])


def _behind(text: str, sign: str, before: re.Pattern[str], width: int) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield where ``sign`` stands behind a match of ``before``, and the match: quicker than to look for the numbers."""
    at = text.find(sign)
    while at >= 0:
        if match := before.search(text, max(at - width, 0), at):
            yield at, match
        at = text.find(sign, at + 1)


def reign_before(text: str, at: int) -> bool:
    """Tell whether the name of a reign ends before ``at``: the years behind it are counted from its begin."""
    return bool(_REIGN.search(text, max(at - 4, 0), at))


def _number(written: str) -> int:
    """Read a number; 0 for nothing and for what is none."""
    if written.isdigit() and written[0] < "\u3000":
        return int(written)
    return int(from_han(written.replace("廿", "二十")) or 0)


def _dates(text: str, at: int, before: re.Match[str]) -> Iterator[Value]:
    """Yield the date whose 年 stands at ``at``."""
    rest = _REST.match(text, at + 1)
    assert rest is not None  # the pattern can match nothing
    # The first year of "2022-2023年" is found on its own.
    number = int(before["to"].strip()[-4:]) if before["to"] else _number(before["year"])
    start, end = before.start() if not before["to"] else before.end("to") - 4, rest.end()
    if not _is_year(text, before, rest, number):
        return
    year = -number if before["era"] and before["era"].endswith("前") else number
    if rest["month"] and not rest["open"]:
        yield from _ranged(text, (start, end), (year, _number(rest["month"]), _number(rest["day"] or "") or None))
    elif key := _key(rest, year):
        key += "~" if before["about"] else ""
        if rest["open"]:
            key = f"/{key}" if rest["open"].endswith("前") else f"{key}/"
        yield Value(start, end, DATE, key)


def _key(match: re.Match[str], year: int) -> str | None:
    if match["decade"]:
        return decade_key(year) if year > 999 and year % 10 == 0 else None
    if match["quarter"] or match["q"]:
        return f"{year_key(year)}-{32 + _number(match['quarter'] or match['q'])}"
    if match["half"]:
        return f"{year_key(year)}-{40 if match['half'] == '上' else 41}"
    if match["season"]:
        return f"{year_key(year)}-{_SEASONS[match['season']]}"
    return day_key(year, _number(match["month"] or "") or None, _number(match["day"] or "") or None)


def _is_year(text: str, before: re.Match[str], rest: re.Match[str], number: int) -> bool:
    """Tell whether the number counts a year of the calendar, not how many years."""
    pointed = bool(_POINTS_TO_YEAR.search(text, max(before.start() - 2, 0), before.start()))
    if before["era"]:
        return before["era"] != "前" or pointed
    if reign_before(text, before.start("year")) or number < 100:
        return False
    if rest["month"] or rest["decade"]:
        return True
    if number > 2100:
        return False
    if not rest["open"] and _DURATION.match(text, rest.end()):
        return number >= 1900 and not text.startswith(("前", "来", "历", "的历"), rest.end())
    if number >= 1000 or not before["year"].isdigit():
        return True
    return not rest["open"] and pointed


def _ranged(text: str, span: tuple[int, int], date: tuple[int | None, int, int | None]) -> Iterator[Value]:
    """Yield a month or a day, or an interval where only the end of it is written without year: 5月1日至3日."""
    year, month, day = date
    first = day_key(year, month, day)
    if not first:
        return
    end, key = span[1], first
    last = _LAST.match(text, end)
    if last and (last["day"] if day else last["month"] and not last["day"]):
        until = day_key(year, _number(last["month"] or "") or month, _number(last["day"] or "") or None)
        if until and until > first:
            end, key = last.end(), f"{first}/{until}"
    yield Value(span[0], end, DATE, key)


def _century(text: str, end: int, before: re.Match[str]) -> Iterator[Value]:
    number = _number(before["n"])
    tens = _TENS_BEHIND.match(text, end)
    if tens and 1 <= number <= 30:
        yield Value(before.start(), tens.end(), DATE, f"{number - 1:02}{_number(tens['tens']) // 10}X")
    elif key := century_key(number, bool(before["era"])):
        yield Value(before.start(), end, DATE, key)
