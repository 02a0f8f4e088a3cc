"""Dates and amounts as what can be compared."""

from __future__ import annotations

import re

from knowledge.types import DATE
from knowledge.values import comparable, find_values

_KEY = re.compile(r"(-?)(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_YEAR = re.compile(r"(\d{1,4})\s?(BC)?")


def moment(written: str, language: str) -> tuple[float, ...]:
    """Return (year, month, day) of a date, as far as it tells; empty where it tells no year. Years BC are negative."""
    for value in find_values(written, language):
        if value.type == DATE and (match := _KEY.match(value.key)):
            year = -int(match[2]) if match[1] else int(match[2])
            month, day = match[3], match[4]
            if month and int(month) > 12:
                month = day = None
            return (year, *map(float, filter(None, (month, day))))
    match = _YEAR.search(written)
    return (-float(match[1]) if match[2] else float(match[1]),) if match else ()


def earlier(one: tuple[float, ...], other: tuple[float, ...]) -> bool | None:
    """Tell whether a moment lies before another one; None where they are the same as far as both tell."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            return a < b
    return None


def years_between(born: tuple[float, ...], died: tuple[float, ...]) -> float:
    """Return the years from one moment to another; unknown months and days count as the middle."""

    def number(moment: tuple[float, ...]) -> float:
        year, month, day = (*moment, *(6.5, 15.0)[len(moment) - 1 :])[:3]
        return year + (month - 1) / 12 + day / 365

    return number(died) - number(born)


def amounts(text: str, language: str) -> list[tuple[int, int, str, float]]:
    """Return the values in ``text`` that have an order: (start, end, dimension, number), dates among them."""
    found = []
    for value in find_values(text, language):
        try:
            order = comparable(value.key, value.type)
        except ValueError:
            continue
        if order is not None:
            found.append((value.start, value.end, *order))
    return found
