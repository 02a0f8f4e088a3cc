"""Finds bare years: numbers of three or four digits that their surroundings make a year."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.types import DATE
from knowledge.values.calendar_keys import day_key, year_key
from knowledge.values.dates import qualified, signed
from knowledge.values.value import Value, any_of, word_before, words

_YEARS = words()["years"]
_STRONG = frozenset(_YEARS["strong"])
_WEAK = frozenset(_YEARS["weak"])
_DETERMINERS = frozenset(_YEARS["determiners"])
_LIFE = 60
"""Characters between a birth's date and the dash before the year of death, at most."""
_SIGNS = frozenset("([（〔【")
_CANDIDATE = re.compile(
    r"(?<![\w.,$£€¥₹/:#+])(?<![A-Za-z]-)(?:[1-9]\d{2,3})(?![\w%°$€£]|[.,/:]\d|-[A-Za-z])"
    r"|(?<![\w.,])(?:[1-9]\d{0,3})(?=\s?(?:B\.?C|A\.D|AD\b|C\.?E\b))"
    r"|(?:(?<=AD )|(?<=A\.D\. ))[1-9]\d{0,2}(?![\w/%-]|[.,:]\d)",
    re.A,
)
_ERA = re.compile(r"[^\S\n]?(B\.?C\b\.?(?:E\b\.?)?|A\.?D\b\.?|C\.?E\b\.?)", re.A)
_AD = re.compile(r"\b(?:A\.?D\.?)\s?\Z", re.A)
_SECOND = re.compile(r"[^\S\n]{0,2}[-–—~][^\S\n]{0,2}(\d{2,4})(?![\w%]|[.,/:]\d|-\d)", re.A)
_OPEN_END = re.compile(r"[^\S\n]{0,2}[-–—~][^\S\n]{0,2}(?:[)）\]]|[a-z0-9A-Z]|\Z)", re.A)
_CLOSED = re.compile(r"\s{0,2}[)）\],;]", re.A)
_PLACED = re.compile(r"\s(?:or|in|at|and|to)\s", re.A)
_LINKED = re.compile(r"[^\S\n]{0,2}(?:[-–—~/,，、]|,?[^\S\n](?:and|or|to|until|till|through)|,)[^\S\n]{0,2}", re.A)
_BESIDE = re.compile(r"[ \t|]{1,12}\$?", re.A)
_NEIGHBOUR = re.compile(r"(?:19|20)\d\d(?![\w.,%])", re.A)
_FOLLOWED = re.compile(rf"\s(?:{any_of(_YEARS['following'])})\b|\s{{0,2}}(?:[.;,:)）](?!\d)|\Z)", re.I | re.A)
_MEASURED = re.compile(rf"[\s-](?:{any_of(_YEARS['measured'])})\b", re.A)
_PLURAL = re.compile(r"\s(?:[a-z]{2,20}s|people|men|women|children)\b", re.A)
_NOUN = re.compile(r"\s?[\"“]?\s[\"“]?[A-Za-z]{2}", re.A)


def find_years(text: str, runs: list[tuple[int, int]], dates: list[Value]) -> Iterator[Value]:
    """Yield years and, of "1939–45", the second one as well; ``runs`` says where digits stand.

    ``dates`` are those that are found already: years go on from them, as in "31 December 2020 and 2019".
    """
    ends = {date.end: date for date in dates if date.key[:4] != "XXXX"}
    before: Value | None = None
    for start, end in runs:
        if end in ends:
            before = ends[end]
        if end - start > 4 or (before and start < before.end):
            continue
        match = _CANDIDATE.match(text, start)
        if match is None:
            continue
        found = _years(text, match, before)
        for value in found:
            before = value
            yield value


def year_follows(text: str, start: int) -> bool:
    """Tell whether the word before ``start`` makes an unseparated number of four digits a year, whatever it counts."""
    return word_before(text, start)[0].lower() in _STRONG


def _years(text: str, match: re.Match[str], before: Value | None) -> Sequence[Value]:
    start, end = match.span()
    era = _ERA.match(text, end)
    number = int(match.group())
    prefix = _AD.search(text, max(start - 6, 0), start)
    if era:
        end = era.end()
    elif not prefix and not _is_year(text, start, end, number, before):
        return ()
    if before and before.key[:2] == "FY" and _goes_on(text, start, number, before):
        return [Value(start, end, DATE, f"FY{number}")]
    year = signed(number, era[1] if era else None)
    value = qualified(text, Value(prefix.start() if prefix else start, end, DATE, year_key(year)))
    return [value, *_short_second(text, value, number)]


def _is_year(text: str, start: int, end: int, number: int, before: Value | None) -> bool:
    if number > 2100:
        return False
    if before and _goes_on(text, start, number, before):
        return True
    word, at = word_before(text, start)
    word = word.lower()
    if number < 1000:
        return _short_year(text, start, end, number, word)
    if word in _STRONG or (word in _WEAK and not _counts(text, end, number)):
        return True
    if word in _SIGNS and (_CLOSED.match(text, end) or _OPEN_END.match(text, end) or _PLACED.match(text, end)):
        return True
    if word == "to" and number % 50:
        return not _MEASURED.match(text, end)  # "from 1922 (…) to 1959"; "rises to 2000" may be anything
    if word in ("-", "–", "—") and before and start - before.end < _LIFE and "(" not in text[before.end : start]:
        # "(2 June 1904 in Oslo – 1989 in Bergen)"
        return bool(_CLOSED.match(text, end) or _PLACED.match(text, end))
    if word in ("-", "–") and text[max(at - 3, 0) : at].lower() in ("mid", "ate", "rly"):
        return True
    if word in _DETERMINERS and number >= 1400:
        return (
            bool(_NOUN.match(text, end))
            and not _MEASURED.match(text, end)
            and (number >= 1900 or not _PLURAL.match(text, end))
        )
    second = _SECOND.match(text, end)
    if second and _ends_range(number, second):
        return not _MEASURED.match(text, second.end()) and not _labelled(word)
    return number >= 1900 and _beside_year(text, start, end)


def _ends_range(number: int, second: re.Match[str]) -> bool:
    """Tell whether the number behind the dash is a later year, in full or by its last two digits."""
    if len(second[1]) == 2:
        month = "-" in second[0] and int(second[1]) <= 12
        return number >= 1000 and int(second[1]) > number % 100 and not month
    return number < int(second[1]) <= min(number + 200, 2100)


def _counts(text: str, end: int, number: int) -> bool:
    """Tell whether what follows is measured or counted by the number; rarely so by one like 1987."""
    rare = number >= 1900 and number % 50
    return bool(_MEASURED.match(text, end)) or (not rare and bool(_PLURAL.match(text, end)))


def _labelled(word: str) -> bool:
    return word in words()["nouns"]["labels"]


def _short_year(text: str, start: int, end: int, number: int, word: str) -> bool:
    """Tell of a number of three digits: it needs more than a preposition, as "in 500 cities" has one too."""
    second = _SECOND.match(text, end)
    if word in _SIGNS or word in ("c.", "ca.", "b.", "d.", "r.", "born", "died", "circa", "reigned"):
        if second:
            return len(second[1]) > 2 and number < int(second[1]) <= number + 200
        return bool(_OPEN_END.match(text, end)) or (word not in _SIGNS and bool(_FOLLOWED.match(text, end)))
    return (word in _STRONG or word in ("after", "before", "between", "from", "of", "by")) and bool(
        _FOLLOWED.match(text, end)
    )


def _goes_on(text: str, start: int, number: int, before: Value) -> bool:
    """Tell whether the number goes on from a year: "928 or 929", "1990, 1995 and 2000", "1160 –1230"."""
    if start - before.end > 8:
        return False
    link = _LINKED.fullmatch(text, before.end, start)
    digits = re.search(r"\d+", before.key)
    earlier = int(digits.group()) if digits else 0
    if not link or not 0 < abs(number - earlier) <= 200 or (number < 1000) != (earlier < 1000):
        return False
    return number > earlier or number >= 1900


def _beside_year(text: str, start: int, end: int) -> bool:
    """Tell whether another year stands beside, as in the head of a table: "2023 2022 2021"."""
    right = _BESIDE.match(text, end)
    if right and _NEIGHBOUR.match(text, right.end()):
        return True
    head = text[max(start - 16, 0) : start]
    bare = head.rstrip(" \t|")
    return bare != head and bool(_NEIGHBOUR.fullmatch(bare[-4:])) and not bare[-5:-4].isalnum()


def _short_second(text: str, value: Value, number: int) -> Iterator[Value]:
    """Yield the second year of "1939–45"."""
    second = _SECOND.match(text, value.end)
    if not second or len(second[1]) != 2 or not _ends_range(number, second):
        return
    key = day_key(number - number % 100 + int(second[1]))
    if key:
        yield Value(second.start(1), second.end(1), DATE, key)
