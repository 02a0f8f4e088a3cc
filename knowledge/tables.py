"""Tables in running text, as PDFs have them: rows of figures under lines that name columns and units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from connectors import Document

MAX_LEAD = 240
"""Characters of a table's head that go with its chunks."""
_LEAST_ROWS = 3
_LABELS = 3
"""Lines without figures that may stand between two rows."""
_HEAD_LINES = 24
"""Lines above the first row that may be its head: some tables print one word a line."""
_HEAD_WIDTH = 90
_FIGURE = r"(?:[$€£¥(]{0,2}\s?[-+−]?\d[\d,.]*[)%]{0,2}|[—–-])"
_ROW = re.compile(
    rf"\S.*?\s(?:{_FIGURE}\s+{_FIGURE}|[$€£¥(]{{1,2}}\s?\d[\d,.]*[)%]{{0,2}}|[-+−]?\d+(?:[.,]\d+)+[)%]{{0,2}}|\d+[)%]{{1,2}})\s*$"
)
"""A line that ends with two figures, or with one that is written like an amount: "5" alone may end a sentence."""
_YEARS = re.compile(r"(?:[A-Za-z]*\.?\s*\d{0,2},?\s*)?(?:(?:19|20)\d\d[\s年]*)+$")
_SEPARATED = " | "
"""Between the cells of tables whose rows repeat their headers: these need no lead."""


@dataclass(frozen=True, slots=True)
class Table:
    """Half-open character offsets into ``Document.text``, and what stands above the rows."""

    start: int
    """Of the first row of figures."""
    end: int
    lead: str
    """Caption, units and column heads on one line; empty where there are none."""


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str


def tables(document: Document) -> list[Table]:
    """Return the tables of a document in order; one that runs over a page's end takes its head along."""
    found: list[Table] = []
    previous: Table | None = None
    edges = sorted({0, len(document.text), *(page.start for page in document.pages)})
    for start, end in pairwise(edges):
        lines = list(_lines(document.text, start, end))
        previous = _carried(previous, lines)
        for number, table in enumerate(_on_page(lines)):
            if number == 0 and previous and not table.lead:
                table = Table(table.start, table.end, previous.lead)
            found.append(table)
            previous = table
    return found


def _carried(table: Table | None, lines: list[_Line]) -> Table | None:
    """Return the table that the page before ended with, where this page begins with rows."""
    if table is None or not lines or not any(_is_row(line.text) for line in lines[:_LABELS]):
        return None
    return table


def _on_page(lines: list[_Line]) -> Iterator[Table]:
    """Yield the runs of rows, each with its head."""
    rows = [number for number, line in enumerate(lines) if _is_row(line.text)]
    begin = 0
    for place in range(1, len(rows) + 1):
        if place < len(rows) and rows[place] - rows[place - 1] <= _LABELS + 1:
            continue
        run = rows[begin:place]
        if len(run) >= _LEAST_ROWS:
            above = rows[begin - 1] + 1 if begin else 0
            yield Table(lines[run[0]].start, lines[run[-1]].end, _head(lines[above : run[0]]))
        begin = place


def _head(above: list[_Line]) -> str:
    """Return the last lines above a table that are short and no sentences, on one line."""
    taken: list[str] = []
    room = MAX_LEAD
    for line in reversed(above[-_HEAD_LINES:]):
        ends = line.text.endswith((".", ";", "。", "；")) and len(line.text) > _HEAD_WIDTH // 2
        if len(line.text) > _HEAD_WIDTH or ends or len(line.text) >= room:
            break
        taken.append(line.text)
        room -= len(line.text) + 1
    return " ".join(reversed(taken))


def _is_row(text: str) -> bool:
    """Tell whether a line ends with a figure that is no year and no date."""
    return _SEPARATED not in text and bool(_ROW.match(text)) and not _YEARS.search(text)


def _lines(text: str, start: int, end: int) -> Iterator[_Line]:
    for match in re.compile(r"[^\n]+").finditer(text, start, end):
        if line := match.group().strip():
            yield _Line(match.start(), match.end(), line)
