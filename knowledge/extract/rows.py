"""Rows of tables: "product: X200 | price: 300 EUR | owner: Ann Lee" says three things about X200."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from knowledge.extract.candidate import Candidate, Statement
from knowledge.types import VALUES

ROW = re.compile(r"^[^\n|]{1,60}[:：][^\n]*\|[^\n]*$", re.MULTILINE)
CELL = re.compile(r"\s*([^|:：\n]{1,40})[:：]\s*([^|\n]*[^|\s])")
_SURE = 0.8
_SHARE = 0.6
"""Of a cell, that a name or a value must fill to be what it holds."""


def row_statements(text: str, candidates: Sequence[Candidate]) -> Iterator[Statement]:
    """Yield for each row what its cells say about the first that is a name.

    ``candidates`` are in order, without overlap; the evidence of a statement is the row.
    """
    starts = [c.start for c in candidates]
    for row in ROW.finditer(text):
        subject: Candidate | None = None
        for cell in CELL.finditer(text, row.start(), row.end()):
            held = _held(candidates, starts, *cell.span(2))
            if held is None:
                continue
            if subject is None and held.type not in VALUES:
                subject = held
            elif subject is not None:
                yield Statement(subject, " ".join(cell[1].split()).lower(), held, row.start(), row.end(), _SURE)


def _held(candidates: Sequence[Candidate], starts: Sequence[int], start: int, end: int) -> Candidate | None:
    """Return the candidate that fills a cell, or None."""
    inside = [c for c in candidates[bisect_left(starts, start) : bisect_left(starts, end)] if c.end <= end]
    longest = max(inside, key=lambda c: c.end - c.start, default=None)
    return longest if longest and longest.end - longest.start >= _SHARE * (end - start) else None
