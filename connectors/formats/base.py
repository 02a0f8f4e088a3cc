"""What a parser gives back, and the helpers that every parser uses: clean text, section ends, page marks."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from connectors.errors import FormatError
from connectors.records import Page, Section

DEFAULT_MAX_CHARS = 10_000_000
PARAGRAPH = "\n\n"

# Form feed, vertical tab and NEL end a line; every other control character but tab and newline goes.
_CONTROLS: dict[int, str | None] = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF))
_CONTROLS |= {0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x09: "\t", 0x0A: "\n"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_FILE_NAME = re.compile(r"\.(docx?|xlsx?|pptx?|pdf|indd|html?|rtf|txt|qxd|fm|tex|dvi)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(untitled|document|title|powerpoint presentation|presentation|slide|word document)[\s\d]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One file as plain text with marks; all offsets are half-open character offsets into ``text``."""

    text: str
    media_type: str
    title: str = ""
    """What the file itself calls itself; empty where it does not say."""
    sections: tuple[Section, ...] = ()
    """In order of ``start``; they nest."""
    pages: tuple[Page, ...] = ()
    """In order, without overlap; a blank line between two pages belongs to neither."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a section starts; its end follows from the headings after it."""

    start: int
    level: int
    title: str


class TextBuilder:
    """Collects paragraphs, headings and pages into one text, cleaned on the way in: offsets are final."""

    def __init__(self, *, max_chars: int) -> None:
        self.max_chars = max_chars
        self.headings: list[Heading] = []
        self._parts: list[str] = []
        self._length = 0
        self._pages: list[Page] = []
        self._page_start: int | None = None

    def block(self, text: str, *, gap: str = PARAGRAPH) -> int:
        """Append ``text`` after ``gap`` and return the offset where it starts; a blank text adds nothing."""
        text = clean(text).strip("\n")
        if not text.strip():
            return self._length
        if self._length:
            self._parts.append(gap)
            self._length += len(gap)
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        check_length(self._length, self.max_chars)
        if self._page_start is None:
            self._page_start = start
        return start

    def lines(self, lines: Iterator[str]) -> None:
        """Append one paragraph made of ``lines``, such as a table's rows."""
        gap = PARAGRAPH
        for line in lines:
            self.block(line, gap=gap)
            gap = "\n"

    def heading(self, title: str, level: int) -> None:
        """Append a heading on a line of its own; it opens a section."""
        title = " ".join(clean(title).split())
        if title:
            self.headings.append(Heading(self.block(title), level, title))

    @contextmanager
    def page(self, number: int, name: str = "") -> Iterator[None]:
        """Mark what is appended inside the ``with`` as one page."""
        self._page_start = None
        yield
        start = self._length if self._page_start is None else self._page_start
        self._pages.append(Page(number, start, self._length, " ".join(clean(name).split())))

    def embed(self, other: Parsed, *, deeper: int) -> None:
        """Append another file's text; its sections go ``deeper`` levels down and its pages are dropped."""
        lead = len(other.text) - len(other.text.lstrip("\n"))
        start = self.block(other.text) - lead
        self.headings += [
            Heading(start + section.start, section.level + deeper, section.title)
            for section in other.sections
            if section.start >= lead
        ]

    def build(self, media_type: str, *, title: str = "", title_from_heading: bool = True) -> Parsed:
        """Return the result; without a title, the first heading of level 1 gives it where that is allowed."""
        if not title and title_from_heading:
            title = next((heading.title for heading in self.headings if heading.level == 1), "")
        return Parsed(
            text="".join(self._parts),
            media_type=media_type,
            title=" ".join(clean(title).split()),
            sections=close_sections(self.headings, self._length),
            pages=tuple(self._pages),
        )


def clean(text: str) -> str:
    """Return ``text`` with ``\\n`` line ends, without control characters and lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("\ufffd", text.translate(_CONTROLS)).removeprefix("\ufeff")


def close_sections(headings: Sequence[Heading], end: int) -> tuple[Section, ...]:
    """Give each heading, in order of ``start``, its section: up to the next of the same or a higher level."""
    sections: list[Section] = []
    following: list[Heading] = []
    for heading in reversed(headings):
        while following and following[-1].level > heading.level:
            following.pop()
        stop = following[-1].start if following else end
        sections.append(Section(heading.title, heading.level, heading.start, stop))
        following.append(heading)
    return tuple(reversed(sections))


def check_length(length: int, max_chars: int) -> None:
    """Raise FormatError where a text of at least ``length`` characters is over the limit."""
    if length > max_chars:
        raise FormatError(
            f"is too long: at least {length:,} characters, and the limit is {max_chars:,}; "
            "split the file, or raise max_chars"
        )


def sensible_title(title: str | None) -> str:
    """Return a metadata title where a person seems to have written it, else ""."""
    # Programs fill in file names, numbers and placeholders.
    title = " ".join(clean(title or "").split())
    letters = sum(character.isalpha() for character in title)
    if not 2 <= len(title) <= 300 or letters * 2 < len(title.replace(" ", "")):
        return ""
    return "" if _FILE_NAME.search(title) or _PLACEHOLDER.fullmatch(title) else title


@contextmanager
def corrupt_file(kind: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn what a third-party parser raises on a damaged ``kind`` of file into FormatError; keep it quiet.

    Without ``errors`` every exception counts: python-docx, python-pptx, openpyxl, docutils and email raise
    whatever their code runs into (KeyError, AttributeError, struct.error, lxml's own …), so no list would be
    complete.
    """
    expected = errors or (Exception,)
    with warnings.catch_warnings():
        # Remarks about a file's odd but harmless features; an operator can do nothing about them.
        warnings.simplefilter("ignore")
        try:
            yield
        except (FormatError, MemoryError):
            raise
        except expected as error:
            raise FormatError(
                f"is damaged: it cannot be read as {kind} ({type(error).__name__}); "
                "open it in the program that made it and save it again"
            ) from error
