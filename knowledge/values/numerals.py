"""Numbers as English and Chinese write them."""

from __future__ import annotations

import re
from decimal import Decimal

from knowledge.values.value import any_of, words

HAN_DIGITS = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2, "兩": 2}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000}
_HAN_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_GROUPED_BY_DOTS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:\.\d{3})+,\d+")
_GROUPED_BY_BLANKS = re.compile(r"\d{1,3}(?:\xa0\d{3})+(?:[.,]\d+)?")
_GROUPED_BY_MYRIADS = re.compile(r"\d{1,4}(?:,\d{4})+")
_COMMA_DECIMAL = re.compile(r"\d+,\d{1,2}")
_PLAIN = re.compile(r"\d+(?:\.\d+)?")

_UNITS: dict[str, int] = words()["numbers"]
_SCALES = {name: words()["magnitudes"][name] for name in ("hundred", "thousand", "million", "billion", "trillion")}
_WORD = any_of([*_UNITS, *_SCALES])

DIGITS = r"(?<!\d)\d{1,18}(?:[.,\xa0]\d{1,18}){0,6}"
"""Digits with the signs between them; not every match is a number."""
_FIRST = any_of(form for name in _UNITS for form in (name, name.capitalize()))
WORDS = rf"\b(?:{_FIRST}|[Aa](?=[ ](?:hundred|thousand|million|billion)\b))(?:[ -](?:and[ ])?(?:{_WORD})){{0,8}}\b"
"""A number in English words."""
_HAN = "".join([*HAN_DIGITS, *_HAN_TENS, *_HAN_MYRIADS])
HAN = f"[{_HAN}](?<![{_HAN}][{_HAN}])[{_HAN}]{{0,15}}"
"""A number in Chinese characters; not every match is one."""


def from_digits(written: str) -> Decimal | None:
    """Read ``1,234.5``, ``1.234,5`` or ``12,50``; None for a version, an address and the like."""
    if _PLAIN.fullmatch(written):
        return Decimal(written)
    if _GROUPED.fullmatch(written) or _GROUPED_BY_MYRIADS.fullmatch(written):
        return Decimal(written.replace(",", ""))
    if _GROUPED_BY_DOTS.fullmatch(written):
        return Decimal(written.replace(".", "").replace(",", "."))
    if _GROUPED_BY_BLANKS.fullmatch(written):
        return Decimal(written.replace("\xa0", "").replace(",", "."))
    if _COMMA_DECIMAL.fullmatch(written):
        return Decimal(written.replace(",", "."))
    return None


def from_words(written: str) -> Decimal | None:
    """Read ``two hundred and five million``; None where the words make no number ("five six")."""
    total = part = 0
    last = 10**15
    for word in re.split(r"[ -]", written.lower()):
        if word == "and":
            continue
        if word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                part, last = (part or 1) * 100, 100
            else:
                total, part, last = total + (part or 1) * scale, 0, scale
        elif word == "a":
            part, last = 1, 1
        else:
            unit = _UNITS[word]
            if last < 20 or (last < 100 and unit >= 10):
                return None
            part, last = part + unit, unit
    return Decimal(total + part)


def from_han(written: str) -> Decimal | None:
    """Read ``三百二十``, ``二〇二三`` or ``十亿``; None where the characters make no number."""
    if len(written) > 1 and all(c in HAN_DIGITS for c in written):
        return Decimal("".join(str(HAN_DIGITS[c]) for c in written))
    total = section = digit = 0
    last = 10_000
    for c in written:
        if c in HAN_DIGITS:
            if digit:
                return None
            digit = HAN_DIGITS[c]
        elif c in _HAN_TENS:
            if _HAN_TENS[c] >= last:
                return None
            last = _HAN_TENS[c]
            section, digit = section + (digit or 1) * last, 0
        else:
            scale = _HAN_MYRIADS[c]
            section = section + digit
            total = (total + section) * scale if scale > 10**4 else total + (section or 1) * scale
            if not total:
                total = scale
            section, digit, last = 0, 0, 10_000
    return Decimal(total + section + digit)


def plain(number: Decimal) -> str:
    """Write a number without exponent, separators and trailing zeros."""
    written = format(number, "f")
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return (
        "0"
        if written in ("", "-0")
        else written.lstrip("0")
        if written[0] == "0" and written[1:2].isdigit()
        else written
    )
