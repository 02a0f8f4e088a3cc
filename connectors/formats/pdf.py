"""PDF, through PDFium."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

from connectors.errors import FormatError
from connectors.formats.base import Heading, Parsed, TextBuilder, check_length, corrupt_file, sensible_title
from connectors.formats.pdf_layout import Line, headings, running_lines
from connectors.formats.pdf_tables import Grid, Head, Span, character, grids, is_ruled, with_tables

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

MAX_BOOKMARKS = 10_000
MAX_HEADING_CHARS = 300
_FONT_NAME = 200
"""Bytes."""
_BOLD = re.compile(rb"bold|black|heavy|demi", re.IGNORECASE)
# PDFium drops the line break after a dash, and so joins two rows of a table where the first ends with an empty cell.
_CELL_END = re.compile(
    r"(?<=[\d)%$] [—–-]) {2,}(?=[^\W\d_])|(?<=[—–-] [—–-]) {2,}(?=[^\W\d_])|(?<=— {2}—) {2,}(?=[^\W\d_])"
)

# PDFium allows one call at a time in a process; whoever calls it holds this.
LOCK = Lock()

# PDFium writes U+FFFE for a hyphen at a line's end and drops the line break after it.
_HYPHEN = "\ufffe"
_BROKEN = re.compile(rf"(\w*){_HYPHEN}(\w*)")
_WORD = re.compile(r"\w+")
_COMPOUND = re.compile(r"\w+-\w+")


def read(data: bytes, *, max_chars: int) -> Parsed:
    """Return the text layer, line by line, with page marks; sections come from the outline and from what is set as a
    heading. Running headers, footers and page numbers are left out.

    Raises
    ------
    FormatError
        The file is encrypted, damaged, without pages, or a scan without text.
    """
    with _opened(data) as document:
        if not len(document):
            raise FormatError("has no pages; remove it, or export it again")
        ruled = [number for number, page in enumerate(_each(document)) if is_ruled(page)]
    tables = grids(data, ruled) if ruled else {}
    with _opened(data) as document:
        pages = list(_pages(document, tables))
        marks = list(islice(_bookmarks(document), MAX_BOOKMARKS))
        title = sensible_title(document.get_metadata_value("Title"))
    if not any(line.text for page in pages for line in page):
        raise FormatError("has no text layer (a scan?); run OCR first")
    check_length(sum(len(line.text) + 1 for page in pages for line in page), max_chars)
    running = running_lines(pages)
    pages = [[line for n, line in enumerate(page) if n not in drop] for page, drop in zip(pages, running, strict=True)]
    builder = TextBuilder(max_chars=max_chars)
    texts = ["\n".join(line.text for line in page) for page in pages]
    for number, text in enumerate(_joined(texts), start=1):
        with builder.page(number):
            builder.block(_CELL_END.sub("\n", text))
    plain = builder.build("application/pdf")
    printed = [(heading.page, heading.level, heading.title) for heading in headings(pages)]
    builder.headings = _merged(_found(marks, plain), _found(printed, plain))
    return builder.build("application/pdf", title=title, title_from_heading=False)


@contextmanager
def _opened(data: bytes) -> Iterator[PdfDocument]:
    """Open a file; PDFium is this thread's meanwhile."""
    import pypdfium2

    with LOCK, corrupt_file("PDF", pypdfium2.PdfiumError, ValueError):
        # PDFium's own loader, as PdfDocument(data) cannot tell a file without pages from a damaged one.
        handle = pypdfium2.raw.FPDF_LoadMemDocument64(data, len(data), None)
        if not handle:
            if pypdfium2.raw.FPDF_GetLastError() == pypdfium2.raw.FPDF_ERR_PASSWORD:
                raise FormatError("is encrypted; save a copy without a password")
            raise pypdfium2.PdfiumError("it cannot be loaded")
        with closing(pypdfium2.PdfDocument(handle)) as document:
            yield document


def _each(document: PdfDocument) -> Iterator[PdfPage]:
    for index in range(len(document)):
        with closing(document[index]) as page:
            yield page


def _pages(document: PdfDocument, tables: Mapping[int, Sequence[Grid]]) -> Iterator[list[Line]]:
    """Yield the lines of each page, with the rows of tables in place of theirs."""
    head: Head | None = None
    for number, page in enumerate(_each(document)):
        with closing(page.get_textpage()) as text_page:
            lines, spans = _lines(text_page)
            lines, head = with_tables(text_page, lines, spans, tables.get(number, ()), head)
        yield lines


def _lines(page: PdfTextPage) -> tuple[list[Line], list[Span | None]]:
    """Return a page's lines with how their first and last characters are set, and where they stand in its text."""
    lines: list[Line] = []
    spans: list[Span | None] = []
    start = 0
    for raw in page.get_text_range().split("\n"):
        text = raw.strip()
        begin = start + raw.index(text)
        spans.append((begin, begin + len(text)) if text else None)
        if 0 < len(text) <= MAX_HEADING_CHARS:
            first, last = (character(page, place) for place in (begin, begin + len(text) - 1))
            lines.append(Line(text, _size(page, first), _is_bold(page, first) and _is_bold(page, last)))
        else:
            lines.append(Line(text))
        start += len(raw) + 1
    return lines, spans


def _size(page: PdfTextPage, index: int) -> float:
    import pypdfium2

    return float(pypdfium2.raw.FPDFText_GetFontSize(page, index))


def _is_bold(page: PdfTextPage, index: int) -> bool:
    """Tell whether a character is set in a bold font: what its name says, as few files state a usable weight."""
    import pypdfium2

    name = ctypes.create_string_buffer(_FONT_NAME)
    flags = ctypes.c_int()
    length = pypdfium2.raw.FPDFText_GetFontInfo(page, index, name, _FONT_NAME, flags)
    return 0 < length <= _FONT_NAME and bool(_BOLD.search(name.value))


def _bookmarks(document: PdfDocument) -> Iterator[tuple[int, int, str]]:
    """Yield (page index, level from 1, title) for the outline's entries that lead to a page."""
    for bookmark in document.get_toc():
        target = bookmark.get_dest()
        title = " ".join(bookmark.get_title().split())
        if target and (index := target.get_index()) is not None and 0 < len(title) <= MAX_HEADING_CHARS:
            yield index, bookmark.level + 1, title


def _found(marks: Iterable[tuple[int, int, str]], parsed: Parsed) -> list[Heading]:
    """Look each title up on its page; one that is not printed there makes no section."""
    found: dict[int, Heading] = {}
    for index, level, title in marks:
        if index >= len(parsed.pages):
            continue
        words = r"\s+".join(map(re.escape, title.split()))
        page = parsed.pages[index]
        # A line of its own first, then a line's start: the words may also stand in a sentence above.
        for pattern in (rf"^[ \t]*({words})[ \t]*$", rf"^[ \t]*({words})", f"({words})"):
            places = re.compile(pattern, re.I | re.M).finditer(parsed.text, page.start, page.end)
            place = next((match.start(1) for match in places if match.start(1) not in found), None)
            if place is not None:
                found[place] = Heading(place, level, title)
                break
    return sorted(found.values(), key=lambda heading: heading.start)


def _merged(outline: Sequence[Heading], printed: Sequence[Heading]) -> list[Heading]:
    """Put the headings that only their looks tell below those of the outline."""
    taken = {heading.start for heading in outline}
    deepest = max((heading.level for heading in outline), default=0)
    below = [Heading(h.start, h.level + deepest, h.title) for h in printed if h.start not in taken]
    return sorted([*outline, *below], key=lambda heading: heading.start)


def _joined(texts: Sequence[str]) -> Iterator[str]:
    """Undo the hyphens at line ends: "exam-ple" becomes one word, "long-term" keeps its hyphen.

    What the rest of the document writes decides: the form that it uses more, else a hyphen where both halves
    are words of their own.
    """
    whole = [_BROKEN.sub(" ", text).lower() for text in texts]
    words = Counter(word for text in whole for word in _WORD.findall(text))
    compounds = Counter(word for text in whole for word in _COMPOUND.findall(text))

    def mend(broken: re.Match[str]) -> str:
        left, right = broken.groups()
        compound = f"{left}-{right}"
        with_hyphen, without = compounds[compound.lower()], words[(left + right).lower()]
        if with_hyphen == without:
            halves = words[left.lower()] and words[right.lower()]
            keep = bool(halves) or not (left.isalpha() and right.isalpha() and right.islower())
        else:
            keep = with_hyphen > without
        return compound if keep else left + right

    for text in texts:
        yield _BROKEN.sub(mend, text)
