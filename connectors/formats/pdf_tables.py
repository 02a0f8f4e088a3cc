"""Tables of a PDF whose cells are ruled: rows that stand on their own, in place of lines without column names."""

from __future__ import annotations

import ctypes
import io
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from connectors.formats.pdf_layout import Line
from connectors.formats.table import GENERIC, table_lines

if TYPE_CHECKING:
    from pdfplumber.page import Page
    from pypdfium2 import PdfObject, PdfPage, PdfTextPage

Span = tuple[int, int]
Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in PDF's own units from the lower left."""
_THIN = 2.5
"""Units: what is no wider rules, what is wider is a box or a shade."""
_SHORT, _NARROW = 6.0, 20.0
"""Units: an upright rule is at least so high, a level one so wide."""
_MOST_SHAPES = 3000
"""Shapes of a page: more is a drawing."""
_GRID = 8
"""Parts of a shape that may be a whole grid."""
_LONGEST_CELL = 400
"""Characters: more is a column of a layout."""
_FOOTER = 2
"""Lines below a table that goes on over the page's end, at most."""
_DIGITS = re.compile(r"\d+")
_FIGURE = re.compile(r"\d")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table's cells, each of them whole: no cell spans several."""

    box: Box
    rows: tuple[tuple[Box, ...], ...]
    """From the top, each from the left; all of one length."""

    @property
    def columns(self) -> tuple[int, ...]:
        """Where the columns begin: tables that go on over a page's end have the same."""
        return tuple(round(cell[0]) for cell in self.rows[0])


def is_ruled(page: PdfPage) -> bool:
    """Tell whether a page has rules that may be those of a table. Called with PDFium's lock held."""
    from pypdfium2 import raw

    upright = level = 0
    for shapes, shape in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=2)):
        left, bottom, right, top = shape.get_bounds()
        high, wide = top - bottom > _SHORT, right - left > _NARROW
        outlined = high and wide and _is_outlined(shape)
        upright += outlined or (high and right - left < _THIN)
        level += outlined or (wide and top - bottom < _THIN)
        if raw.FPDFPath_CountSegments(shape) > _GRID:
            upright, level = upright + 2, level + 2
        if shapes > _MOST_SHAPES:
            return False
    return upright >= 2 and level >= 2 and not page.get_rotation()


def _is_outlined(shape: PdfObject) -> bool:
    from pypdfium2 import raw

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    return bool(raw.FPDFPath_GetDrawMode(shape, fill, stroke) and stroke.value)


def grids(data: bytes, pages: Iterable[int]) -> dict[int, list[Grid]]:
    """Return the tables of some pages (from 0) whose cells are all ruled, from the top.

    Rules are put together by pdfplumber. A file that it cannot read has none: its text is PDFium's all the same.
    """
    import pdfplumber

    found: dict[int, list[Grid]] = {}
    try:
        with pdfplumber.open(io.BytesIO(data)) as file:
            for number in pages:
                page = file.pages[number]
                found[number] = sorted(_whole(page), key=lambda grid: -grid.box[3])
                page.close()
    except Exception as error:  # pdfminer raises whatever a damaged file leads to
        _log.info("tables of a PDF cannot be read: %s: %s", type(error).__name__, error)
    return found


def _whole(page: Page) -> Iterator[Grid]:
    def box(cell: Sequence[float]) -> Box:
        # pdfplumber counts from the upper edge.
        left, top, right, bottom = cell
        return left, page.height - bottom, right, page.height - top

    for table in page.find_tables():
        rows = [[box(cell) for cell in row.cells if cell] for row in table.rows]
        full = {len(row.cells) for row in table.rows} == {len(row) for row in rows} == {len(rows[0])}
        if full and len(rows) > 1 and len(rows[0]) > 1:
            yield Grid(box(table.bbox), tuple(map(tuple, rows)))


@dataclass(frozen=True, slots=True)
class Head:
    """The column names of a table, for the table that goes on from it on the next page."""

    columns: tuple[int, ...]
    names: tuple[str, ...]
    above: frozenset[str] = frozenset()
    """The lines above the first table of its page, but for their numbers: a running header stands on the next, too."""


def with_tables(
    page: PdfTextPage, lines: Sequence[Line], spans: Sequence[Span | None], grids: Sequence[Grid], before: Head | None
) -> tuple[list[Line], Head | None]:
    """Return a page's lines with a table's rows in place of the lines that it was read as.

    A row repeats the column names; where there are none, two cells are a name and what is said of it. A table is taken
    only where its cells hold the characters of these lines, all of them and no others, so that nothing is lost or said
    twice. Called with PDFium's lock held.

    Parameters
    ----------
    spans
        For each line half-open offsets into the page's text; None for empty ones.
    before
        The last table of the page before.
    """
    rows_at: dict[int, list[Line]] = {}
    gone: set[int] = set()
    head = None
    for number, grid in enumerate(grids):
        inside = _inside(page, spans, grid.box)
        if not gone.isdisjoint(inside) or any(_contains(grid.box, other.box) for other in grids if other is not grid):
            # Drawn twice, or one in the other: nothing is said twice.
            continue
        cells = [[page.get_text_bounded(*cell) for cell in row] for row in grid.rows]
        if not inside or _letters(chain.from_iterable(cells)) != _letters(lines[n].text for n in inside):
            continue
        if any(len(cell) > _LONGEST_CELL for cell in chain.from_iterable(cells)):
            continue
        bold = [lines[n].bold for n in inside]
        named = (bold[0] and not all(bold) and all(map(str.strip, cells[0][1:]))) or _heads(cells)
        above = frozenset(_DIGITS.sub("", line.text) for line in lines[: inside[0]] if line.text)
        if (
            not named
            and number == 0
            and before is not None
            and before.columns == grid.columns
            and above <= before.above
        ):
            cells, named = [list(before.names), *cells], True
        if not named and len(grid.columns) > 2:
            # The names stand above the rules, or take several rows: apart from them the cells would say less.
            continue
        below = sum(bool(line.text) for line in lines[inside[-1] + 1 :])
        head = Head(grid.columns, tuple(cells[0]), above) if named and below <= _FOOTER else None
        gone.update(inside)
        if not named:
            cells = [[": ".join(filter(None, map(str.strip, row)))] for row in cells]
        rows_at[inside[0]] = [Line(""), *map(Line, table_lines(cells, header=named)), Line("")]
        before = None
    return [
        kept for n, line in enumerate(lines) for kept in rows_at.get(n, [line]) if n in rows_at or n not in gone
    ], head


def _heads(cells: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row names the columns: words alone, over two columns that hold figures for the most part.

    Of two columns the first row may as well be a name and what is said of it.
    """
    first, *others = ([" ".join(cell.split()) for cell in row] for row in cells)
    if not all(first) or len(set(first)) < len(first) or any(map(_FIGURE.search, first)):
        return False
    if len(first) == 2:
        return first[1].casefold() in GENERIC
    figures = [sum(bool(_FIGURE.search(row[column])) for row in others) for column in range(len(first))]
    return sum(count * 2 >= len(others) for count in figures) >= 2


def _contains(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def _inside(page: PdfTextPage, spans: Sequence[Span | None], box: Box) -> list[int]:
    """Return the numbers of the lines within a box; none where a line goes on beside it."""
    found = []
    for number, span in enumerate(spans):
        if span is None:
            continue
        ends = [_holds(box, page.get_charbox(character(page, place))) for place in (span[0], span[1] - 1)]
        if all(ends):
            found.append(number)
        elif any(ends):
            return []
    return found


def _holds(box: Box, letter: Box) -> bool:
    across, up = (letter[0] + letter[2]) / 2, (letter[1] + letter[3]) / 2
    return box[0] <= across <= box[2] and box[1] <= up <= box[3]


def _letters(texts: Iterable[str]) -> Counter[str]:
    return Counter(letter for text in texts for letter in text if not letter.isspace())


def character(page: PdfTextPage, place: int) -> int:
    """Return PDFium's number of the character at an offset of the page's text."""
    from pypdfium2 import raw

    return int(raw.FPDFText_GetCharIndexFromTextIndex(page, place))
