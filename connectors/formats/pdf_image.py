"""A page of a PDF as a picture, with what is quoted from it marked."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.errors import FormatError
from connectors.formats.base import corrupt_file
from connectors.formats.pdf import LOCK
from connectors.formats.table import SEPARATOR

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

_MOST_PIXELS = 4_000_000
_LEAST_PIECE = 4
"""Characters: a shorter piece of a quote, such as a cell of a table, stands in too many places of a page."""
_MARKER = (255, 214, 64)
_COLOURS = 48
_AROUND = 0.0015
"""By which marks are larger than the letters, as a part of the page's height."""

Mark = tuple[float, float, float, float]
"""Left, top, right, bottom; parts of the page's width and height, 0 to 1, from the upper left."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as a picture."""

    png: bytes
    width: int
    height: int
    """Pixels."""
    marks: tuple[Mark, ...]
    """Where the quote stands, in the order of the text; empty where it was not found on the page."""
    number: int
    """Counted from 1."""
    pages: int
    """How many pages there are."""


def draw_page(data: bytes, number: int, *, quote: str = "", width: int = 1000) -> PageImage:
    """Return page ``number`` of a PDF, counted from 1, with ``quote`` marked where it is found.

    Parameters
    ----------
    data
        The file.
    quote
        Text as ``connectors.formats`` reads it from the page; how it is broken into lines does not matter. Where the
        whole is not found, its lines and cells are.
    width
        Pixels; long pages are drawn smaller.

    Raises
    ------
    FormatError
        The file cannot be opened, or has no such page.
    """
    import pypdfium2

    with LOCK, corrupt_file("PDF", pypdfium2.PdfiumError, ValueError), closing(pypdfium2.PdfDocument(data)) as document:
        pages = len(document)
        if not 1 <= number <= pages:
            raise FormatError(f"has {pages} pages, and no page {number}")
        with closing(document[number - 1]) as page:
            wide, high = page.get_size()
            with closing(page.get_textpage()) as text_page:
                marks = tuple(_marks(text_page, quote, page.get_bbox())) if quote.strip() else ()
            scale = min(width / wide, (_MOST_PIXELS / (wide * high)) ** 0.5)
            with closing(page.render(scale=scale)) as bitmap:
                picture = bitmap.to_pil().convert("RGB")
    from PIL import Image, ImageChops, ImageDraw

    layer = Image.new("RGB", picture.size, "white")
    pen = ImageDraw.Draw(layer)
    for left, top, right, bottom in marks:
        pen.rectangle(
            (left * picture.width, top * picture.height, right * picture.width, bottom * picture.height), fill=_MARKER
        )
    # As a highlighter does: the letters stay as dark as they are.
    picture = ImageChops.multiply(picture, layer)
    file = io.BytesIO()
    picture.quantize(_COLOURS).save(file, "PNG", optimize=True)
    return PageImage(file.getvalue(), picture.width, picture.height, marks, number, pages)


def _marks(page: PdfTextPage, quote: str, box: tuple[float, float, float, float]) -> Iterator[Mark]:
    left, bottom, right, top = box
    wide, high = max(right - left, 1.0), max(top - bottom, 1.0)
    for start, end in _stretches(page, quote):
        for index in range(page.count_rects(start, end - start)):
            x0, y0, x1, y1 = page.get_rect(index)
            if x1 > x0 and y1 > y0:
                yield (
                    max((x0 - left) / wide - _AROUND, 0.0),
                    max((top - y1) / high - _AROUND, 0.0),
                    min((x1 - left) / wide + _AROUND, 1.0),
                    min((top - y0) / high + _AROUND, 1.0),
                )


def _stretches(page: PdfTextPage, quote: str) -> list[tuple[int, int]]:
    """Return half-open ranges of PDFium's characters that hold a quote: the whole, else its pieces that are there."""
    text, places = _squeezed_page(page)
    whole = _found(text, places, _squeezed(quote))
    if whole:
        return [whole]
    return [found for line in quote.splitlines() for found in _line_stretches(text, places, line)]


def _line_stretches(text: str, places: list[int], line: str) -> Iterator[tuple[int, int]]:
    """Yield where a line stands: as it is, as a table's row without its column names, else its cells one by one."""
    cells = line.split(SEPARATOR)
    values = [cell.partition(": ")[2] or cell for cell in cells]
    for row in (line, "".join(values), line.replace(": ", "")):
        if len(wanted := _squeezed(row)) >= _LEAST_PIECE and (found := _found(text, places, wanted)):
            yield found
            return
    for value in map(_squeezed, values):
        if len(value) >= _LEAST_PIECE and (found := _found(text, places, value)):
            yield found


def _found(text: str, places: list[int], wanted: str) -> tuple[int, int] | None:
    at = text.find(wanted) if wanted else -1
    return None if at < 0 else (places[at], places[at + len(wanted) - 1] + 1)


def _squeezed_page(page: PdfTextPage) -> tuple[str, list[int]]:
    """Return a page's text as ``_squeezed`` does, and of each character PDFium's number."""
    import pypdfium2

    kept: list[str] = []
    places: list[int] = []
    for index in range(page.count_chars()):
        code = int(pypdfium2.raw.FPDFText_GetUnicode(page, index))
        for character in _squeezed(chr(code)) if 0 < code < 0x110000 else "":
            kept.append(character)
            places.append(index)
    return "".join(kept), places


def _squeezed(text: str) -> str:
    """Return what is compared: neither spaces and line breaks nor hyphens, which may have been added or dropped."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if not c.isspace() and c.isprintable() and c not in "-\u00ad\u2010\ufffe")
