"""PDF, through PDFium."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

from connectors.errors import FormatError
from connectors.formats.base import Heading, Parsed, TextBuilder, corrupt_file, sensible_title
from connectors.records import Page

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

MAX_BOOKMARKS = 10_000
MAX_HEADING_CHARS = 300

# PDFium allows one call at a time in a process.
_LOCK = Lock()

# PDFium writes U+FFFE for a hyphen at a line's end and drops the line break after it.
_HYPHEN = "\ufffe"
_BROKEN = re.compile(rf"(\w*){_HYPHEN}(\w*)")
_WORD = re.compile(r"\w+")
_COMPOUND = re.compile(r"\w+-\w+")


def read(data: bytes, *, max_chars: int) -> Parsed:
    """Return the text layer, line by line, with page marks; the outline gives the sections.

    Raises
    ------
    FormatError
        The file is encrypted, damaged, without pages, or a scan without text.
    """
    import pypdfium2

    with _LOCK, corrupt_file("PDF", pypdfium2.PdfiumError, ValueError):
        # PDFium's own loader, as PdfDocument(data) cannot tell a file without pages from a damaged one.
        handle = pypdfium2.raw.FPDF_LoadMemDocument64(data, len(data), None)
        if not handle:
            if pypdfium2.raw.FPDF_GetLastError() == pypdfium2.raw.FPDF_ERR_PASSWORD:
                raise FormatError("is encrypted; save a copy without a password")
            raise pypdfium2.PdfiumError("it cannot be loaded")
        with closing(pypdfium2.PdfDocument(handle)) as document:
            if not len(document):
                raise FormatError("has no pages; remove it, or export it again")
            texts = list(_page_texts(document))
            marks = list(islice(_bookmarks(document), MAX_BOOKMARKS))
            title = sensible_title(document.get_metadata_value("Title"))
    if not any(text.strip() for text in texts):
        raise FormatError("has no text layer (a scan?); run OCR first")
    builder = TextBuilder(max_chars=max_chars)
    for number, text in enumerate(_joined(texts), start=1):
        with builder.page(number):
            builder.block(text)
    plain = builder.build("application/pdf")
    builder.headings = _found(marks, plain.text, plain.pages)
    return builder.build("application/pdf", title=title, title_from_heading=False)


def _page_texts(document: PdfDocument) -> Iterator[str]:
    for index in range(len(document)):
        with closing(document[index]) as page, closing(page.get_textpage()) as text_page:
            yield text_page.get_text_range()


def _bookmarks(document: PdfDocument) -> Iterator[tuple[int, int, str]]:
    """Yield (page index, level from 1, title) for the outline's entries that lead to a page."""
    for bookmark in document.get_toc():
        target = bookmark.get_dest()
        title = " ".join(bookmark.get_title().split())
        if target and (index := target.get_index()) is not None and 0 < len(title) <= MAX_HEADING_CHARS:
            yield index, bookmark.level + 1, title


def _found(marks: Sequence[tuple[int, int, str]], text: str, pages: Sequence[Page]) -> list[Heading]:
    """Look each entry's title up on its page; an entry whose title is not printed there makes no section."""
    headings = []
    for index, level, title in marks:
        if index >= len(pages):
            continue
        words = r"\s+".join(map(re.escape, title.split()))
        page = pages[index]
        # At the start of a line first: the words may also stand in a sentence above.
        for pattern in (rf"^[ \t]*({words})", f"({words})"):
            if found := re.compile(pattern, re.I | re.M).search(text, page.start, page.end):
                headings.append(Heading(found.start(1), level, title))
                break
    return sorted(headings, key=lambda heading: (heading.start, heading.level))


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
