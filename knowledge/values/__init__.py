"""Finds values in text: dates, times, money, percentages, quantities, mail and web addresses, in English and Chinese.

The same value has the same key, however it is written:

*   DATE: EDTF (Extended Date/Time Format, Library of Congress): ``1886-12-24``, ``1886-12``, ``1886``; decades ``199X``
    and centuries ``18XX``; seasons ``2023-21`` (spring) to ``-24``, quarters ``2023-33`` to ``-36``, halves ``2023-40``
    and ``-41``; ``1150~`` for "c. 1150"; ``/0938`` and ``0938/`` for before and after; days or months that are written
    as one ``2023-05-01/2023-05-03``; a day of no year ``XXXX-05-05``. Two things are not EDTF: years before Christ
    count as people do (``-0044`` is 44 BC), and ``FY2023`` is a fiscal year (``FY2023-34`` its second quarter). Other
    ranges give two values, as each end may be said of something else: "(2 June 1904 – 10 June 1989)".
*   TIME: ``21:15``, with seconds where they are written.
*   MONEY: ISO code and number, ``USD 5000000``. A plain "$" is USD; "¥" is CNY in Chinese text and JPY elsewhere.
*   PERCENT: ``12.5 %``.
*   QUANTITY: number and unit, ``120 km``, ``12 months``. The unit stays as written (``comparable`` converts); counted
    things keep their noun: ``2000 employees``, ``3 人``.
*   EMAIL and URL: the address; what does not depend on case is in lower case.

Numbers are plain: no separators, no exponent, no trailing zeros.
"""

from __future__ import annotations

import re

from knowledge.types import DATE
from knowledge.values.amounts import find_amounts
from knowledge.values.chinese import find_chinese_dates
from knowledge.values.clock import find_times
from knowledge.values.contacts import find_emails, find_urls
from knowledge.values.dates import CONTINUED, find_dates
from knowledge.values.order import comparable
from knowledge.values.value import Value, digit_runs
from knowledge.values.years import find_years

__all__ = ["Value", "comparable", "find_values"]

_FOLDED = {chr(0xFF01 + n): chr(0x21 + n) for n in range(94) if chr(0xFF01 + n) not in "，；！？"} | dict(
    zip("—−‐‑〜﹣\u202f\u2009\u3000", "–--–~-\xa0\xa0 ", strict=True)
)
"""Wide forms and variants of signs, and the usual ones: one character each, so that offsets stay."""
_WIDE = re.compile("[" + "".join(map(re.escape, _FOLDED)) + "]")
_HAN = re.compile(r"[\u3007\u3400-\u9fff]")


def find_values(text: str, language: str) -> list[Value]:
    """Return the values in ``text``, in order, without overlap: the longest where they overlap.

    ``language`` ("en" or "zh") settles what is written alike in both; text that mixes them is read in both.
    """
    plain = text if text.isascii() else _WIDE.sub(lambda wide: _FOLDED[wide[0]], text)
    runs = digit_runs(plain)
    dates = list(find_dates(plain, runs))
    years = find_years(plain, runs, dates)
    found = [*find_amounts(plain, language), *dates, *years, *find_times(plain, runs)]
    if "@" in text:
        found += find_emails(text)
    found += find_urls(text)
    if _HAN.search(text):
        found += find_chinese_dates(plain)
    return _with_years(text, _apart(found, len(text)))


def _apart(values: list[Value], length: int) -> list[Value]:
    """Leave out what overlaps something longer; of two as long, dates go first."""
    values.sort(key=lambda value: (value.start - value.end, value.start, value.type != DATE, value.key))
    taken = bytearray(length)
    kept = []
    for value in values:
        if 1 not in taken[value.start : value.end]:
            taken[value.start : value.end] = b"\1" * (value.end - value.start)
            kept.append(value)
    return sorted(kept, key=lambda value: value.start)


def _with_years(text: str, values: list[Value]) -> list[Value]:
    """Give "2 June" of "2 June – 10 July 1990" the year that is written once."""
    for n in range(len(values) - 2, -1, -1):
        day, following = values[n], values[n + 1]
        if day.type != DATE or following.type != DATE or not day.key.startswith("XXXX-") or "/" in day.key:
            continue
        year = re.match(r"(\d{4})(-\d\d-\d\d)\Z", following.key)
        if year and CONTINUED.fullmatch(text, day.end, following.start) and day.key[4:] < year[2]:
            values[n] = Value(day.start, day.end, DATE, year[1] + day.key[4:])
    return values
