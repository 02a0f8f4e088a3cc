"""Puts values of one dimension in order."""

from __future__ import annotations

import re
from calendar import isleap

from knowledge.types import DATE, MONEY, PERCENT, QUANTITY, TIME
from knowledge.values.units import SCALES

_DATE = re.compile(r"(-?)(\d{2})(\d\d|\dX|XX)(?:-(\d\d)(?:-(\d\d))?)?")
_DAY = re.compile(r"XXXX-(\d\d)-(\d\d)")
_MONTH_STARTS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_PARTS = {21: 3, 22: 6, 23: 9, 24: 12, 33: 1, 34: 4, 35: 7, 36: 10, 40: 1, 41: 7}
"""The month in which a season, quarter or half of EDTF starts (seasons of the northern half of the earth)."""


def comparable(key: str, type: str) -> tuple[str, float] | None:
    """Return a dimension and a number by which values of this dimension are ordered; None for what has no order.

    Dates count in years (a fraction for the day) and stand at their begin: "199X" at 1990, "0938/" at 938. A date of
    which only the end is known ("/0938") has no place. Quantities count in the base unit of their dimension.
    """
    if type == DATE:
        return _date(key)
    if type == TIME:
        hour, minute, *second = map(int, key.split(":"))
        return "time of day", hour * 60 + minute + sum(second) / 60
    if type == MONEY:
        code, _, amount = key.partition(" ")
        return code, float(amount)
    if type in (PERCENT, QUANTITY):
        amount, _, unit = key.partition(" ")
        scale = SCALES.get(unit)
        return (scale.dimension, (float(amount) + scale.offset) * scale.factor) if scale else (unit, float(amount))
    return None


def _date(key: str) -> tuple[str, float] | None:
    if match := _DAY.match(key):
        return "day of the year", float(_MONTH_STARTS[int(match[1]) - 1] + int(match[2]))
    dimension = "fiscal year" if key.startswith("FY") else "date"
    match = _DATE.match(key.removeprefix("FY"))
    if match is None:
        return None
    low, high = (int(match[2] + match[3].replace("X", digit)) for digit in "09")
    year = -high if match[1] else low
    month = int(match[4] or 1)
    month = _PARTS.get(month, month)
    day = _MONTH_STARTS[month - 1] + int(match[5] or 1) - 1
    leap = year > 0 and isleap(year)
    return dimension, year + (day + (leap and month > 2)) / (366 if leap else 365)
