"""Finds dates that are written with a month, a quarter or a sign of their own, in English and in numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from knowledge.types import DATE
from knowledge.values.calendar_keys import century_key, day_key, decade_key, year_key
from knowledge.values.value import Value, any_of, word_before, words

_MONTHS = {
    form: number
    for number, names in enumerate(words()["months"], start=1)
    for name in names
    for form in (name, name.upper())
}
_SEASONS: dict[str, int] = words()["seasons"]
_ORDINALS: dict[str, int] = words()["ordinals"]
_CENTURIES = {name: number for number, name in enumerate(words()["centuries"], start=1)}
CONTINUED = re.compile(r"\s{0,2}(?:[-–~—]|to|and|until|through|至|到)\s{0,2}", re.A)
"""What stands between the two dates of a range."""

_GAP = r"[^\S\n]{0,2}\n?[^\S\n]{0,2}"
_MONTH = rf"(?P<month>{any_of(_MONTHS)})\b\.?"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_TO_DAY = rf"(?:{_GAP}(?:[-–]|to|and){_GAP}(?P<to>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?)?"
_ERA = r"(?:\s?(?P<era>B\.?\s?C\.?(?:\s?E\b\.?)?|A\.?D\b\.?|C\.?E\b\.?))?"
_YEAR = rf"(?P<year>[1-9]\d{{2,3}}(?!\d|[.,/:]\d)|\d{{1,4}}(?=\s?(?:BC|B\.C|AD|CE)\b)){_ERA}"
_LONG_YEAR = rf"(?P<year>(?:1\d|20)\d\d(?!\d|[.,/:]\d)){_ERA}"
_DAY_FIRST = re.compile(
    rf"(?<!\w)(?<!\d[.,/:])(?<!\$){_DAY}{_TO_DAY}{_GAP}(?:of\b{_GAP}|-)?{_MONTH}(?:(?:{_GAP},?{_GAP}|{_GAP}of\s|-){_YEAR})?",
    re.A,
)
_MONTH_FIRST = re.compile(
    rf"{_MONTH}(?:{_GAP}(?:the\s)?{_DAY}(?![\d:]|[.,]\d){_TO_DAY}(?:{_GAP},?{_GAP}{_LONG_YEAR})?"
    rf"|(?:{_GAP},?{_GAP}|\sof\s){_YEAR.replace('<year', '<alone').replace('<era', '<mark')})",
    re.A,
)
_NUMERIC = re.compile(
    r"(?<![\w.,/:-])(?:(?P<y>1\d{3}|20\d\d)(?P<s>[-/.])(?P<m>\d{1,2})(?:(?P=s)(?P<d>\d{1,2}))?"
    r"|(?P<a>\d{1,2})(?P<t>[-/.])(?P<b>\d{1,2})(?P=t)(?P<z>1\d{3}|20\d\d))(?!\w(?<!T)|[-/.,:]\d|-\w)",
    re.A,
)
_PERIOD_YEAR = (
    r"[\s,-]{0,2}(?P<fiscal>(?i:FY|fiscal(?:\syear)?|financial\syear)\s?)?'?(?P<year>(?:1\d|20)\d\d|(?<=[\dQ'Y])\d\d)\b"
)
_QUARTER = re.compile(rf"[QH](?<!\w\w)(?P<n>[1-4]){_PERIOD_YEAR}", re.A)
_PERIOD = re.compile(
    r"(?P<n>first|second|third|fourth|First|Second|Third|Fourth)[ -](?P<kind>[Qq]uarter|[Hh]alf)"
    rf"(?:\sof)?{_PERIOD_YEAR.replace('|(?<=[', '|(?!)(?<=[')}",
    re.A,
)
_QUARTER_OF_YEAR = re.compile(
    r"(?P<year>(?:19|20)\d\d)[\s-]?(?P<kind>[QH])(?P<n>[1-4])\b|(?P<b>[1-4])Q'?(?P<short>\d\d|20\d\d)\b", re.A
)
_SEASON = re.compile(
    rf"(?P<season>{any_of([*_SEASONS, *map(str.capitalize, _SEASONS)])})"
    r"(?:\sof|,)?\s(?P<year>(?:1\d|20)\d\d)\b(?![.,]\d)",
    re.A,
)
_DECADE = re.compile(r"(?<![\w$£€.,])(?P<year>(?:1\d|20)\d0)[^\S\n]?['’]?s\b(?!\w)", re.A)
_CENTURY = re.compile(rf"(?:century|centuries|C(?:entury|enturies|ENTURY)(?!\s[A-Z][a-z]))\b{_ERA}", re.A)
_WHICH = re.compile(rf"\b(?:(?P<n>\d{{1,2}})[^\S\n]?(?:st|nd|rd|th)|(?P<word>(?i:{any_of(_CENTURIES)})))[\s-]\Z", re.A)
_FISCAL = re.compile(
    r"(?:FY|fiscal(?:\syear)?|Fiscal(?:\s[Yy]ear)?|financial\syear|Financial\s[Yy]ear)[\s'’-]{0,2}"
    r"(?P<year>(?:19|20)\d\d(?:[/–-](?P<end>\d\d|20\d\d)\b)?|(?<=FY)\d\d|(?<=FY['’ ])\d\d)\b(?![.,]\d)",
    re.A,
)
_FISCAL_BEHIND = re.compile(r"(?P<year>(?:19|20)\d\d)[\s-](?:fiscal|financial|Fiscal|Financial)\s[Yy]ear\b", re.A)
_COUNTED = re.compile(r"\s(?:[a-z]{2,20}s|people|men|women|children)\b|\s?(?:%|percent|million|billion)", re.A)
_CIRCA = frozenset(["c.", "ca.", "c", "ca", "circa", "about", "around", "approximately"])


def find_dates(text: str, runs: list[tuple[int, int]]) -> Iterator[Value]:
    """Yield dates written in English or in numbers, bare years left out; ``runs`` says where digits stand."""
    for start, end in runs:
        if end - start > 4 or end - start == 3:
            continue
        for pattern, key_of in _AT_FOUR if end - start == 4 else _AT_TWO:
            match = pattern.match(text, start)
            if match and (key := key_of(match)):
                yield qualified(text, Value(match.start(), match.end(), DATE, key))
                break
    for pattern, key_of in _AT_WORDS:
        for match in pattern.finditer(text):
            start = match.start()
            if not (start and text[start - 1].isalnum() and text[start - 1].isascii()) and (key := key_of(match)):
                yield qualified(text, Value(start, match.end(), DATE, key))
    for match in _CENTURY.finditer(text):
        which = _WHICH.search(text, max(match.start() - 16, 0), match.start())
        if which and (key := _century(which, match["era"])):
            yield Value(which.start(), match.end(), DATE, key)


def qualified(text: str, value: Value) -> Value:
    """Take the word before a date into it that makes it less certain or leaves one end open."""
    if value.key[:4] == "XXXX" or "/" in value.key or value.key[:2] == "FY":
        return value
    word, start = word_before(text, value.start)
    match word.lower():
        case circa if circa in _CIRCA:
            key = f"{value.key}~"
        case "before":
            key = f"/{value.key}"
        case "after":
            key = f"{value.key}/"
        case _:
            return value
    return Value(start, value.end, value.type, key)


def signed(year: int, era: str | None) -> int:
    """Return the year, negative where the era says that it is before Christ."""
    return -year if era and era[0] == "B" else year


def _days(year: int | None, month: int, day: int, to: str | None) -> str | None:
    first = day_key(year, month, day)
    last = day_key(year, month, int(to)) if to else None
    return f"{first}/{last}" if first and last and day < int(to or 0) else first


def _day_first(match: re.Match[str]) -> str | None:
    year = signed(int(match["year"]), match["era"]) if match["year"] else None
    if year and 0 < year < 1000 and _COUNTED.match(match.string, match.end()):
        return None
    return _days(year, _MONTHS[match["month"]], int(match["day"]), match["to"])


def _month_first(match: re.Match[str]) -> str | None:
    month = _MONTHS[match["month"]]
    if match["day"]:
        year = signed(int(match["year"]), match["era"]) if match["year"] else None
        return _days(year, month, int(match["day"]), match["to"])
    if _COUNTED.match(match.string, match.end()) or (len(match["alone"]) < 4 and not match["mark"] and "," in match[0]):
        return None
    return day_key(signed(int(match["alone"]), match["mark"]), month)


def _numeric(match: re.Match[str]) -> str | None:
    if match["y"]:
        if not match["d"] and (match["s"] != "-" or len(match["m"]) < 2):
            return None
        return day_key(int(match["y"]), int(match["m"]), int(match["d"]) if match["d"] else None)
    first, second, year = int(match["a"]), int(match["b"]), int(match["z"])
    month_first = second > 12 or (match["t"] == "/" and first <= 12)
    return day_key(year, first, second) if month_first else day_key(year, second, first)


def _quarter(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    number = groups["n"] or groups["b"]
    kind = groups.get("kind") or match[0][0]
    year = full_year(groups["year"] or groups["short"])
    n = int(number) if number.isdigit() else _ORDINALS[number.lower()]
    half = kind[0] in "Hh"
    if half and n > 2:
        return None
    return f"{'FY' if groups.get('fiscal') else ''}{year}-{(39 if half else 32) + n}"


def _century(which: re.Match[str], era: str | None) -> str | None:
    number = int(which["n"]) if which["n"] else _CENTURIES[which["word"].lower()]
    return century_key(number, bool(era and era[0] == "B"))


def _fiscal(match: re.Match[str]) -> str:
    # "FY2022/23" is named by the year in which it ends.
    year, end = match["year"][:4], match["end"]
    return f"FY{full_year(end if end and len(end) == 4 else (year[:2] + end if end else year))}"


def full_year(written: str) -> str:
    """Return a year in four digits, one of two digits taken for one near the present."""
    return year_key(int(written)) if len(written) > 2 else f"{20 if int(written) < 70 else 19}{int(written):02}"


_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]
_AT_FOUR: tuple[_Rule, ...] = (
    (_NUMERIC, _numeric),
    (_DECADE, lambda match: decade_key(int(match["year"]))),
    (_QUARTER_OF_YEAR, _quarter),
    (_FISCAL_BEHIND, lambda match: f"FY{match['year']}"),
)
_AT_TWO: tuple[_Rule, ...] = ((_DAY_FIRST, _day_first), (_NUMERIC, _numeric), (_QUARTER_OF_YEAR, _quarter))
_AT_WORDS: tuple[_Rule, ...] = (
    (_MONTH_FIRST, _month_first),
    (_QUARTER, _quarter),
    (_PERIOD, _quarter),
    (_SEASON, lambda match: f"{match['year']}-{_SEASONS[match['season'].lower()]}"),
    (_FISCAL, _fiscal),
)
