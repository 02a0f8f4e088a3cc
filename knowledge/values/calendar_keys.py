"""Writes dates in the form of EDTF (the Extended Date/Time Format of the Library of Congress, level 1)."""

from __future__ import annotations

from calendar import monthrange


def day_key(year: int | None, month: int | None = None, day: int | None = None) -> str | None:
    """Return ``1886-12-24``, ``1886-12``, ``1886`` or ``XXXX-12-24``; None for a day that no calendar has.

    A negative year is one before Christ as historians count: -44 is 44 BC (ISO 8601 and EDTF have a year 0).
    """
    if year == 0 or (month is not None and not 1 <= month <= 12):
        return None
    if day is not None and not 1 <= day <= monthrange(year if year and year > 0 else 2000, month or 1)[1]:
        return None
    parts = ["XXXX" if year is None else year_key(year)]
    parts += [f"{part:02}" for part in (month, day) if part is not None]
    return "-".join(parts)


def year_key(year: int) -> str:
    """Return a year of four digits, with a minus for one before Christ."""
    return f"{'-' if year < 0 else ''}{abs(year):04}"


def century_key(century: int, before_christ: bool = False) -> str | None:
    """Return ``18XX`` for the nineteenth century; None for one that does not exist or is yet to come."""
    if not 1 <= century <= (99 if before_christ else 30):
        return None
    return f"{'-' if before_christ else ''}{century - 1:02}XX"


def decade_key(year: int) -> str:
    """Return ``199X`` for 1990; a full hundred up to 1900 is the century: ``18XX`` for "the 1800s"."""
    return f"{year // 100:02}XX" if year % 100 == 0 and year < 2000 else f"{year // 10:03}X"
