"""Which words are currencies, units and magnitudes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from knowledge.types import MONEY, PERCENT, QUANTITY
from knowledge.values.value import any_of, words


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number is a number of."""

    type: str
    symbol: str
    """As in keys: an ISO currency code, ``%``, ``km``."""
    factor: Decimal = Decimal(1)
    """A number of what was written, times this, is one of ``symbol``: 0.01 for cents."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How the numbers of a unit compare with those of others of its dimension."""

    dimension: str
    factor: float
    offset: float = 0.0
    """Added before the factor is applied."""


def _units() -> tuple[dict[str, Unit], dict[str, Scale]]:
    named: dict[str, Unit] = {}
    scales: dict[str, Scale] = {}
    for dimension, members in words()["units"].items():
        for symbol, entry in members.items():
            scales[symbol] = Scale(dimension, entry["factor"], entry.get("offset", 0.0))
            for name in (symbol, *entry["names"]):
                named[name] = Unit(QUANTITY, symbol)
    for name, factor in words()["percent"].items():
        named[name] = Unit(PERCENT, "%", Decimal(str(factor)))
    for code, entry in words()["currencies"].items():
        for name in entry["after"]:
            named[name] = Unit(MONEY, code)
    named |= {"cents": Unit(MONEY, "USD", Decimal("0.01")), "pence": Unit(MONEY, "GBP", Decimal("0.01"))}
    return named, scales


UNITS, SCALES = _units()
"""Units by every spelling that may stand behind a number; scales of quantities by symbol."""
BEFORE = {sign: Unit(MONEY, code) for code, entry in words()["currencies"].items() for sign in entry["before"]}
"""Currencies by the signs that stand before a number."""

_MAGNITUDES = {
    name: Decimal(value)
    for table in ("magnitudes", "magnitudes_short", "magnitudes_zh")
    for name, value in words()[table].items()
}
_CLASSIFIERS: list[str] = words()["nouns_zh"]["classifiers"]
_NOUNS: list[str] = words()["nouns_zh"]["nouns"]
_GAP = r"[^\S\n]{0,2}\n?[^\S\n]{0,2}"
_HAN_MAGNITUDE = rf"[多余]?(?P<han>{any_of(words()['magnitudes_zh'])})"
_LONG = rf"{_GAP}-?(?P<long>(?i:{any_of(words()['magnitudes'])}))(?![A-Za-z])"
_SHORT = rf"\s?(?P<short>(?i:{any_of(words()['magnitudes_short'])}))(?![A-Za-z0-9])"
MAGNITUDE = re.compile(rf"{_LONG}|\s?{_HAN_MAGNITUDE}")
MAGNITUDE_OF_MONEY = re.compile(rf"{_LONG}|{_SHORT}|\s?{_HAN_MAGNITUDE}")
_PHRASES = [name for name in UNITS if " " in name or "." in name]
_SIGNS = [name for name in UNITS if not name[0].isalpha()]
_HAN_UNITS = [name for name in UNITS if name[0] >= "\u3400"]
UNIT = re.compile(
    rf"(?P<gap>{_GAP})-?(?:(?P<phrase>(?i:{any_of(_PHRASES)}))(?![\w])|(?P<sign>{any_of(_SIGNS)})(?![\w])"
    r"|(?P<word>[A-Za-zµμΩ][A-Za-z0-9µμΩ²³^/-]{0,20})(?![\w²³])"
    rf"|[多余来]?(?P<han>{any_of(_HAN_UNITS)}))",
    re.A,
)
CLASSIFIER = re.compile(
    rf"\s?[多余]?(?:(?P<classifier>{any_of(_CLASSIFIERS)})(?P<noun>{any_of(_NOUNS)})?|(?P<bare>{any_of(_NOUNS)}))"
)
HAN_BEHIND = frozenset(name[0] for name in (*_HAN_UNITS, *_CLASSIFIERS, *_NOUNS)) | frozenset("多余来至到 ~–-—")
"""What may come behind a number in Chinese characters that is one of something."""


def magnitude(match: re.Match[str] | None) -> Decimal:
    """Return the factor that a match of ``MAGNITUDE`` stands for."""
    if match is None:
        return Decimal(1)
    return _MAGNITUDES[(match.group("han") or match.group(match.lastgroup or 0)).lower()]


def unit_of(match: re.Match[str]) -> tuple[Unit, int] | None:
    """Return the unit that a match of ``UNIT`` names and where its name ends."""
    name = match["phrase"] or match["sign"] or match["han"]
    if name:
        unit = UNITS.get(name) or UNITS.get(_folded_phrase(name))
        return (unit, match.end()) if unit else None
    name = match["word"]
    if "\n" in match["gap"] and len(name) < 3:
        return None  # the next line begins with a letter
    for word in (name, name.partition("-")[0]):
        unit = UNITS.get(word) or (UNITS.get(word.lower()) if len(word) > 3 else None)
        if unit:
            return unit, match.start("word") + len(word)
    return None


_FOLDED = {name.lower(): name for name in _PHRASES}


def _folded_phrase(name: str) -> str:
    return _FOLDED.get(name.lower(), "")
