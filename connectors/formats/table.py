"""Tables as lines that stand on their own: each row repeats the headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import zip_longest

SEPARATOR = " | "
_PAIR = 2
GENERIC = frozenset(
    ["value", "values", "specification", "specifications", "data", "details", "值", "数值", "参数值", "规格", "内容"]
)
"""Names of a second column that say nothing of what is in it: the first column's cells name that."""
_NUMBER = re.compile(r"[-+(]?[\s$€£¥]*\d[\d\s.,'/:%()-]*[%€$£¥]?\)?")
_PERCENT = re.compile(r"0(?:\.(0+))?%")


def table_lines(rows: Iterable[Sequence[str]], *, header: bool | None = None) -> Iterator[str]:
    """Yield one line a row: ``"Header: value | Header: value"``, or ``"value | value"`` without a header.

    Of a table of properties and values each row is ``"property: value"``.

    Parameters
    ----------
    rows
        Cells as text, "" where empty. Rows may differ in length; a blank row yields nothing.
    header
        Whether the first row that is not blank holds the headers; None decides from the rows: the first row
        of two or more cells that holds words only, has no gaps and no repeats, and is followed by a row no
        wider.
    """
    headers: Sequence[str] | None = None
    seeking = header is not False
    pairs = False
    waiting: list[str] | None = None
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if waiting is not None:
            if len(waiting) == _PAIR and waiting[1].casefold() in GENERIC:
                headers, seeking, pairs = None, False, True
            elif header or len(cells) <= len(waiting):
                headers, seeking = waiting, False
            else:
                yield SEPARATOR.join(filter(None, waiting))
            waiting = None
        if seeking and (header or _heads(cells)):
            waiting = cells
        elif pairs and len(cells) == _PAIR:
            yield ": ".join(filter(None, cells))
        else:
            yield _line(cells, headers)
    if waiting is not None:
        yield SEPARATOR.join(filter(None, waiting))


def cell_text(value: object, number_format: str = "General") -> str:
    """Return a spreadsheet's value as a reader would write it.

    Whole floats lose ``.0``, dates are ISO 8601, and a simple percent format is applied; None is "".
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int) and (percent := _PERCENT.fullmatch(number_format)):
        return f"{value:.{len(percent[1] or '')}%}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _heads(cells: Sequence[str]) -> bool:
    """Tell whether a row looks like headers: two or more different words, no gaps, no numbers."""
    return (
        len(cells) > 1
        and all(cells)
        and len(set(cells)) == len(cells)
        and not any(_NUMBER.fullmatch(cell) for cell in cells[1:])
    )


def _line(cells: Sequence[str], headers: Sequence[str] | None) -> str:
    named = zip_longest(headers or (), cells, fillvalue="")
    return SEPARATOR.join(f"{name}: {cell}" if name else cell for name, cell in named if cell)
