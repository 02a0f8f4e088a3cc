"""Finds times of day."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.types import TIME
from knowledge.values.numerals import from_han
from knowledge.values.value import Value, word_before

_HALF = r"(?P<half>[ap])\.?[ ]?m\b\.?"
_COLON = re.compile(
    rf"(?:(?<![\w:.,/])|(?<=\dT))(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?![\d:])[^\S\n]?(?:{_HALF})?",
    re.I | re.A,
)
_HOUR = re.compile(rf"(?<![\w:.,])(?P<h>1[0-2]|[1-9])[^\S\n]?{_HALF}", re.I | re.A)
_BEFORE_SINGLE_DIGIT = frozenset(
    ["at", "by", "from", "to", "until", "till", "around", "about", "before", "after", "and"]
)
_PART = r"(?:(?P<part>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|夜里|深夜|午后)\s?)?"
_HAN_HOUR = r"(?P<h>\d{1,2}|[一二两三四五六七八九十]{1,3})"
_SIGN = re.compile(r"[点點时時](?!间|代|候|期)")
_BEFORE = re.compile(rf"{_PART}(?<![\d第.]){_HAN_HOUR}\s?\Z")
_BEHIND = re.compile(
    r"\s?(?:(?P<m>\d{1,2}|[一二三四五六七八九十〇零]{1,3})(?P<minutes>分?)(?![钟之])|(?P<rest>半|[一三]刻|[钟整]))"
)
_HAN_COLON = re.compile(rf"{_PART.removesuffix('?')}\Z")
_LATER = frozenset(["下午", "傍晚", "晚上", "晚间", "夜里", "深夜", "午后", "中午"])


def find_times(text: str, runs: list[tuple[int, int]]) -> Iterator[Value]:
    """Yield times of day; ``runs`` says where digits stand."""
    for start, end in runs:
        if end - start > 2:
            continue
        if text[end : end + 1] == ":":
            if (match := _COLON.match(text, start)) and (value := _colon(text, match)):
                yield value
        elif match := _HOUR.match(text, start):
            yield _time(text, *match.span(), _hour(int(match["h"]), match["half"]), 0)
    for match in _SIGN.finditer(text):
        hour = _BEFORE.search(text, max(match.start() - 6, 0), match.start())
        if hour and (value := _chinese(text, hour, match.end())):
            yield value


def _colon(text: str, match: re.Match[str]) -> Value | None:
    hour, half, start = int(match["h"]), match["half"], match.start()
    part = _HAN_COLON.search(text, max(start - 3, 0), start)
    if half and hour > 12:
        return None
    if part:
        hour, start = _later(hour, part["part"]), part.start()
    elif len(match["h"]) == 1 and not half and word_before(text, start)[0].lower() not in _BEFORE_SINGLE_DIGIT:
        return None  # "3:16" is as likely a verse or a score
    hour = _hour(hour, half)
    seconds = int(match["s"]) if match["s"] else None
    return _time(text, start, match.end(), hour, int(match["m"]), seconds) if hour < 24 or match["m"] == "00" else None


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    return hour % 12 + (12 if half in "pP" else 0)


def _later(hour: int, part: str | None) -> int:
    """Count the hours of the afternoon on from noon."""
    return hour + 12 if part in _LATER and (hour < 11 or (hour == 11 and part != "中午")) else hour


def _time(text: str, start: int, end: int, hour: int, minute: int, second: int | None = None) -> Value:
    key = f"{hour:02}:{minute:02}" + (f":{second:02}" if second is not None else "")
    while text[end - 1].isspace():
        end -= 1
    return Value(start, end, TIME, key)


def _chinese(text: str, before: re.Match[str], end: int) -> Value | None:
    """Read "下午3点半"; a bare hour needs minutes or a day before it ("3点15分", not "3点建议")."""
    behind = _BEHIND.match(text, end)
    part = before["part"]
    whole = behind and (behind["rest"] or behind["minutes"])
    if not part and not whole and text[max(before.start() - 1, 0) : before.start()] not in ("日", "号"):
        return None
    hour, minute = _later(_number(before["h"]), part), 0
    if behind:
        end = behind.end()
        minute = _number(behind["m"]) if behind["m"] else {"半": 30, "一刻": 15, "三刻": 45}.get(behind["rest"], 0)
    return _time(text, before.start(), end, hour, minute) if 0 <= hour <= 24 and 0 <= minute < 60 else None


def _number(written: str) -> int:
    number = int(written) if written.isdigit() else from_han(written)
    return -1 if number is None else int(number)
