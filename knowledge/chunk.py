"""Documents cut into chunks: pieces small enough to embed, that end where the document pauses.

A chunk never crosses a page or a heading, except that headings with next to nothing under them stay with what
follows. Within these bounds it takes whole paragraphs while they fit, then whole sentences, then whole words.

Beside its text a chunk carries what it cannot be understood without: the headings above it, what a long document is
about, and, inside a table of figures, the table's caption, units and column heads.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from connectors import Document
from knowledge.about import about
from knowledge.language import HAN, detect_language, sentences, split
from knowledge.records import Chunk
from knowledge.tables import Table, tables

CHUNKER = "chunker-4"
"""Changes when the same document would be cut differently: stored documents are then indexed again."""
MAX_PIECES = 200
"""With title and headings this stays under the 256 word pieces that the built-in embedder reads."""
_SMALL = 40
# ASCII letters apart from others, so that a text never counts more than the parts that it is cut into.
_PIECE = re.compile(f"[{HAN}]|[A-Za-z]+|[^\\W\\dA-Za-z_{HAN}]+|\\d+|[^\\w\\s]|_")
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_WORD = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a document on one page under one heading path."""

    start: int
    end: int
    pieces: int
    headings: tuple[str, ...]
    page: int | None


def count_pieces(text: str) -> int:
    """Estimate, on the safe side, into how many word pieces a BERT vocabulary cuts ``text``."""
    total = 0
    for match in _PIECE.finditer(text):
        token = match.group()
        if token.isascii() and token.isalpha():
            total += 1 + (len(token) - 1) // 7
        elif token.isdigit():
            total += 1 + (len(token) - 1) // 2
        else:
            total += 1 + len(token) // 3
    return total


def chunk_document(document: Document, *, max_pieces: int = MAX_PIECES) -> tuple[Chunk, ...]:
    """Cut ``document`` into chunks that together hold all of its text but white space, in order, without overlap."""
    text = document.text
    lead = _Leads(tables(document))
    subject = about(document)
    return tuple(
        Chunk(
            id=chunk_id(document.id, part.start, part.end),
            document_id=document.id,
            ordinal=ordinal,
            start=part.start,
            end=part.end,
            text=text[part.start : part.end],
            title=document.title,
            headings=part.headings,
            page=part.page,
            language=detect_language(text[part.start : part.end]),
            lead=lead.at(part.start),
            about=subject,
        )
        for ordinal, part in enumerate(_joined(_parts(document, max_pieces), max_pieces))
    )


class _Leads:
    """Finds the lead for chunks that are asked for in order."""

    def __init__(self, found: Iterable[Table]) -> None:
        self._tables = list(reversed(list(found)))

    def at(self, start: int) -> str:
        """Return the lead of the table inside which a chunk starts; one that starts before it holds its head."""
        while self._tables and self._tables[-1].end <= start:
            self._tables.pop()
        return self._tables[-1].lead if self._tables and self._tables[-1].start <= start else ""


def chunk_id(document_id: str, start: int, end: int) -> int:
    """Return the same signed 64-bit number for the same place everywhere."""
    digest = hashlib.blake2b(f"{document_id}\0{start}\0{end}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _parts(document: Document, max_pieces: int) -> Iterator[_Part]:
    """Cut at pages and headings, then into pieces that fit."""
    text = document.text
    starts = [section.start for section in document.sections] + [page.start for page in document.pages]
    edges = sorted({0, len(text), *starts})
    path: list[tuple[int, str]] = []
    sections = list(reversed(document.sections))
    pages = list(reversed(document.pages))
    page = None
    for start, end in pairwise(edges):
        while sections and sections[-1].start <= start:
            section = sections.pop()
            path = [item for item in path if item[0] < section.level]
            path.append((section.level, section.title))
        while pages and pages[-1].start <= start:
            page = pages.pop().number
        headings = tuple(title for _, title in path)
        for a, b, pieces in _packed(_units(text, start, end, max_pieces), max_pieces):
            yield _Part(a, b, pieces, headings, page)


def _units(text: str, start: int, end: int, max_pieces: int, level: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, pieces) of paragraphs; of what is too long the lines, sentences, words, characters."""
    part = text[start:end]
    spans: Iterable[tuple[int, int]]
    if level == 0:
        spans = split(part, _PARAGRAPH)
    elif level == 1:
        spans = sentences(part, detect_language(part))
    elif level == 2:
        spans = split(part, _WORD)
    else:
        spans = ((a, min(a + max_pieces, len(part))) for a in range(0, len(part), max_pieces))
    for a, b in spans:
        unit = part[a:b]
        a += start + len(unit) - len(unit.lstrip())
        b = a + len(unit.strip())
        if a == b:
            continue
        pieces = count_pieces(text[a:b])
        if pieces > max_pieces and level < 3:
            yield from _units(text, a, b, max_pieces, level + 1)
        else:
            yield a, b, pieces


def _packed(units: Iterable[tuple[int, int, int]], max_pieces: int) -> Iterator[tuple[int, int, int]]:
    """Join neighbours while they fit."""
    pending: tuple[int, int, int] | None = None
    for start, end, pieces in units:
        if pending and pending[2] + pieces <= max_pieces:
            pending = (pending[0], end, pending[2] + pieces)
            continue
        if pending:
            yield pending
        pending = (start, end, pieces)
    if pending:
        yield pending


def _joined(parts: Iterable[_Part], max_pieces: int) -> Iterator[_Part]:
    """Join a part that is next to nothing (a heading, a line) with the part that follows it on the same page."""
    pending: _Part | None = None
    for part in parts:
        if pending is None:
            pending = part
            continue
        fits = pending.page == part.page and pending.pieces + part.pieces <= max_pieces
        if fits and min(pending.pieces, part.pieces) < _SMALL:
            pieces = pending.pieces + part.pieces
            pending = _Part(pending.start, part.end, pieces, _common(pending, part), part.page)
            continue
        yield pending
        pending = part
    if pending:
        yield pending


def _common(one: _Part, other: _Part) -> tuple[str, ...]:
    """Return the heading path that two parts share."""
    same = 0
    for a, b in zip(one.headings, other.headings, strict=False):
        if a != b:
            break
        same += 1
    return one.headings[:same]
