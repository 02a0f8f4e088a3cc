"""Finds money, percentages, measures and counted things: every number with what it is a number of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from knowledge.types import MONEY, PERCENT, QUANTITY
from knowledge.values import numerals
from knowledge.values.chinese import reign_before
from knowledge.values.dates import CONTINUED
from knowledge.values.units import (
    BEFORE,
    CLASSIFIER,
    HAN_BEHIND,
    MAGNITUDE,
    MAGNITUDE_OF_MONEY,
    UNIT,
    UNITS,
    Unit,
    magnitude,
    unit_of,
)
from knowledge.values.value import Value, any_of, word_before, words
from knowledge.values.years import year_follows

_NUMBER = re.compile(f"(?P<digits>{numerals.DIGITS})|(?P<words>{numerals.WORDS})|(?P<han>{numerals.HAN})", re.A)
_NOUNS = words()["nouns"]
_STOP = frozenset(_NOUNS["stop"])
_LABELS = frozenset(_NOUNS["labels"])
_OPENERS = frozenset(_NOUNS["openers"])
_NOUN = re.compile(rf"[^\S\n](?P<noun>{any_of(_NOUNS['irregular'])}|[a-z]{{2,20}}s)(?![\w'’]|-\w)", re.A)
_SHARES = {"百分之": Decimal(1), "千分之": Decimal("0.1")}
_LONGEST_SIGN = max(map(len, BEFORE))
_SIGNS_BEFORE = frozenset([sign[-1] for sign in BEFORE] + ["¥", "之", *"~–-—"])
_DASHES = frozenset("~–-—")
_SIGNS_BEHIND = frozenset([name[0] for name in UNITS if not name[0].isalpha()]) | _DASHES
_VAGUE = ("第", "数", "几", "幾", "数", "近几")
_ROUND = frozenset("十百千万萬亿億")


@dataclass(slots=True)
class _Number:
    """A number and what stands around it."""

    start: int
    end: int
    amount: Decimal
    scale: Decimal = Decimal(1)
    unit: Unit | None = None

    def value(self) -> Value | None:
        """Return the value, if the number is one of something."""
        if self.unit is None:
            return None
        number = numerals.plain(self.amount * self.scale * self.unit.factor)
        key = f"{self.unit.symbol} {number}" if self.unit.type == MONEY else f"{number} {self.unit.symbol}"
        return Value(self.start, self.end, self.unit.type, key)


def find_amounts(text: str, language: str) -> Iterator[Value]:
    """Yield amounts of money, percentages and quantities; both ends of "5–10 km" have the unit."""
    earlier: _Number | None = None
    for match in _NUMBER.finditer(text):
        number = _read(text, match, language)
        if number is None:
            continue
        if earlier:
            near = number.start - earlier.end < 9 and (number.unit or earlier.unit)
            if near and CONTINUED.fullmatch(text, earlier.end, _without_sign(text, number)):
                _share(earlier, number)
            if value := earlier.value():
                yield value
        earlier = number
    if earlier and (value := earlier.value()):
        yield value


def _without_sign(text: str, number: _Number) -> int:
    """Return where a number starts, less a minus that is the dash of a range."""
    return number.start + (text[number.start] == "-")


def _share(first: _Number, second: _Number) -> None:
    """Give both ends of a range the unit and magnitude that is written once."""
    if first.unit is None and second.unit is not None:
        first.unit = second.unit
        if first.scale == 1 and first.amount < second.amount:
            first.scale = second.scale
    elif first.unit is not None and first.unit.type == MONEY and second.unit in (None, first.unit):
        second.unit = first.unit
        if first.scale == 1 and first.amount < second.amount:
            first.scale = second.scale


def _read(text: str, match: re.Match[str], language: str) -> _Number | None:
    kind = match.lastgroup
    start, end = match.span()
    if not _promising(text, start, end, kind):
        return None
    written = match.group()
    if kind == "digits":
        amount = numerals.from_digits(written)
    else:
        amount = numerals.from_words(written) if kind == "words" else numerals.from_han(written)
    if amount is None or (kind == "han" and start and text[start - 1].isdigit()):
        return None
    number = _Number(start, end, amount)
    if not _sign_before(text, number, language) and not _free(text, number, kind == "han"):
        return None
    before = number.unit
    scaled = None if kind == "words" else (MAGNITUDE_OF_MONEY if before else MAGNITUDE).match(text, end)
    if scaled and (kind != "han" or len(scaled.group()) == 0):
        number.scale, number.end = magnitude(scaled), scaled.end()
    if before is None or before.type == MONEY:
        _unit_behind(text, number, kind or "")
    return number


def _promising(text: str, start: int, end: int, kind: str | None) -> bool:
    """Tell whether there may be a unit at all; most numbers of a table have none, nor has most 一."""
    if kind == "words":
        return True
    if kind == "han":
        return text[end : end + 1] in HAN_BEHIND or text[start - 1 : start] == "之"
    right = text[end : end + 6].lstrip()
    if right and (right[0] in _SIGNS_BEHIND or right[0].isalpha()):
        return True
    left = text[max(start - 2, 0) : start].rstrip()
    return left != "" and (left[-1] in _SIGNS_BEFORE or left[-1] in _DASHES)


def _sign_before(text: str, number: _Number, language: str) -> bool:
    """Take a currency sign before the number, or 百分之, into it."""
    at = number.start
    head = text[max(at - _LONGEST_SIGN - 1, 0) : at]
    bare = head.rstrip(" \xa0")
    if not bare or bare[-1] not in _SIGNS_BEFORE:
        return False
    for sign, factor in _SHARES.items():
        if head.endswith(sign):
            number.start, number.unit = at - len(sign), Unit(PERCENT, "%", factor)
            return True
    for length in range(min(_LONGEST_SIGN, len(bare)), 0, -1):
        sign = bare[-length:]
        unit = BEFORE.get(sign) or (Unit(MONEY, "CNY" if language == "zh" else "JPY") if sign == "¥" else None)
        start = at - len(head) + len(bare) - length
        if unit and not (sign[0].isalpha() and start and text[start - 1].isalnum() and text[start - 1].isascii()):
            number.start, number.unit = start, unit
            return True
    return False


def _free(text: str, number: _Number, han: bool) -> bool:
    """Tell whether a number stands for itself, not within a word or code; take a minus before it into it."""
    start = number.start
    if not start:
        return True
    left = text[start - 1]
    if left in "-−":
        further = text[start - 2 : start - 1] if start > 1 else ""
        if not further or further.isspace() or further in "(（:：为至到":
            number.start, number.amount = start - 1, -number.amount
            return True
        return further.isdigit() or further == "%"
    if han:
        return not text[max(start - 1, 0) : start].endswith(_VAGUE)
    return not (left in "_.,/#&^@\\" or (left.isalnum() and left.isascii())) and text[start - 1 : start] != "第"


def _unit_behind(text: str, number: _Number, kind: str) -> None:
    match = UNIT.match(text, number.end)
    found = unit_of(match) if match else None
    if found and (number.unit is None or found[0] == number.unit) and _fits(text, number, found[0], kind):
        if found[0].symbol == "lb" and number.scale > 1000:
            found = (Unit(MONEY, "GBP"), found[1])  # millions of pounds are no weight
        number.unit, number.end = found
    elif number.unit is None:
        _noun_behind(text, number, kind)


def _fits(text: str, number: _Number, unit: Unit, kind: str) -> bool:
    """Tell whether the unit goes with how the number is written."""
    if unit.type != QUANTITY:
        return kind != "han" or unit.type == MONEY
    if unit.symbol == "years" and text.startswith("年", number.end):
        return not reign_before(text, number.start) and (number.end - number.start != 4 or kind != "digits")
    if kind == "words":
        return True
    if kind == "han":
        return text[number.start : number.end] != "一" and text[number.end : number.end + 1] > "\u3400"
    return True


def _noun_behind(text: str, number: _Number, kind: str) -> None:
    """Take what the number counts: a plural, or a Chinese classifier."""
    if number.amount != number.amount.to_integral_value() and number.scale == 1:
        return
    if kind != "words" and (match := CLASSIFIER.match(text, number.end)):
        written = text[number.start : number.end]
        if kind == "han" and (written == "一" or set(written) <= _ROUND):
            return
        if (match["classifier"] in ("个", "層") and not match["noun"]) or (match["bare"] and kind == "han"):
            return
        noun = match["noun"] or match["bare"] or match["classifier"]
        number.unit, number.end = Unit(QUANTITY, noun), match.end()
        return
    match = _NOUN.match(text, number.end)
    if match is None or kind == "han" or number.amount < 1:
        return
    noun = match["noun"]
    if noun in _STOP or noun.endswith(("ss", "ous")) or _labels(text, number, kind):
        return
    number.unit, number.end = Unit(QUANTITY, noun), match.end()


def _labels(text: str, number: _Number, kind: str) -> bool:
    """Tell whether the number is a name or a year rather than a count: "Section 5 applies", "the 2010 elections"."""
    word, start = word_before(text, number.start)
    if kind == "digits" and number.end - number.start == 4 and 1000 <= number.amount <= 2100:
        if year_follows(text, number.start):
            return True
        if 1900 <= number.amount < 2100 and (word.lower() == "the" or number.amount % 50):
            return True
    if word.lower() in _LABELS:
        return True
    named = word != word.lower() and word.rstrip(".").isalpha() and word.lower() not in _OPENERS
    return (
        named
        and not text[max(start - 2, 0) : start].strip().endswith((".", "!", "?"))
        and "\n" not in text[start : number.start]
    )
