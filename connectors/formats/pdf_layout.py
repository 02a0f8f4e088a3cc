"""What the lines of a PDF are: running headers and footers, headings, or text. Lines in, marks out; no PDFium here."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

MAX_HEADING_CHARS = 200
_EDGE = 2
"""Lines at the top and at the bottom of a page that may be running headers and footers."""
_REPEATED = 4
"""Pages on which a running header stands at least."""
_SHARE = 0.05
"""The part of all pages on which it stands at least."""
_HEADING_LINES = 3
"""Lines that a heading may take: more is a paragraph in bold."""
_HEADING_WIDTH = 120
"""Characters in a line of a heading."""
_LEVELS = 5
_INTEGER = re.compile(r"\d{1,5}(?![\d.,]\d)")
_NUMBER = re.compile(r"\d[\d.,]*")
_NUMBERED = re.compile(
    r"(?:(?:part|item|note|chapter|section|article|appendix|annex|exhibit|schedule)\s+[\dIVXA-Z]{1,5}\w?\b[.:\s—–-]"
    r"|\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+[A-Z]"
    r"|第[一二三四五六七八九十百\d]{1,4}[章节節条條部篇]"
    r"|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）])",
    re.IGNORECASE,
)
_CHINESE_NUMBERED = re.compile(
    r"第[^\s]{1,4}[章节節部篇]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[)）]"
)
_UNITS = re.compile(r"[(（\[【].*[)）\]】]")
_LETTER = re.compile(r"[^\W\d_]")
_TABLE_ROW = re.compile(r"[\d)%—–-]\s+[$€£¥(]*\d[\d,.]*[)%]*\s*$")
_FIGURES = re.compile(r"\S\s+[$€£¥(]{0,3}(?!(?:19|20)\d\d\s*$)\d[\d,.]*[)%]{0,2}\s*$|\s[—–-]\s*$")
"""The end of a row of figures; a year alone heads a column."""
_RUNS_ON = tuple(",;，；、")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page as PDFium gives it."""

    text: str
    """Without white space around it; may be empty."""
    size: float = 0.0
    """Of its letters, in the page's own units; 0: not known."""
    bold: bool = False
    """The first and the last character are set in a bold font."""


@dataclass(frozen=True, slots=True)
class Found:
    """A heading: lines ``first`` up to ``last``, exclusive, of a page."""

    page: int
    """0-based."""
    first: int
    last: int
    level: int
    """1 is the highest."""
    title: str


def running_lines(pages: Sequence[Sequence[Line]]) -> list[set[int]]:
    """Return for each page the numbers of the lines that are running headers, footers or page numbers.

    A line at a page's edge counts as such when it stands there on several pages, the same but for a number that grows
    with the pages. Its first appearance is kept where it says something: it may be the heading of what follows.
    """
    enough = max(_REPEATED, _SHARE * len(pages))
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for index, lines in enumerate(pages):
        for number in _edges(lines):
            for key in _running_keys(lines[number].text, index):
                places[key].append((index, number))
    dropped: list[set[int]] = [set() for _ in pages]
    for key, found in places.items():
        if len({index for index, _ in found}) < enough:
            continue
        keep_first = "\0" not in key
        for index, number in found[keep_first:]:
            dropped[index].add(number)
    return dropped


def headings(pages: Sequence[Sequence[Line]]) -> list[Found]:
    """Return the headings in order: short lines that are set larger or bolder than the text, in capitals, or numbered.

    Levels follow from how they are set: larger before smaller, capitals before bold. What is set as nothing else in the
    document is (a title page, a slogan) comes last, so that it holds nothing but what follows it directly.
    """
    body = _body_size(chain.from_iterable(pages))
    found: list[tuple[int, int, int, _Style, str]] = []
    for index, lines in enumerate(pages):
        number = 0
        while number < len(lines):
            style = _style(lines[number], body)
            last = number + 1
            while style and last < len(lines) and _goes_on(lines[last], style, body):
                last += 1
            if style and last - number <= _HEADING_LINES and not _labels_rows(lines, number, last):
                title = " ".join(line.text for line in lines[number:last])
                if len(title) <= MAX_HEADING_CHARS:
                    found.append((index, number, last, style, title))
            number = last
    uses = Counter(style for _, _, _, style, _ in found)
    ranked = sorted(style for style, count in uses.items() if count > 1)
    level = {style: min(rank, _LEVELS) for rank, style in enumerate(ranked, start=1)}
    return [Found(page, a, b, level.get(style, _LEVELS + 1), title) for page, a, b, style, title in found]


_Style = tuple[float, bool, bool]
"""Size (negative: the largest comes first), not in capitals, not bold."""


def _style(line: Line, body: float) -> _Style | None:
    """Return how a line that looks like a heading is set; None for other lines."""
    text = line.text
    letters = len(_LETTER.findall(text))
    if not text or len(text) > _HEADING_WIDTH or letters < 2 or letters * 2 < len(text.replace(" ", "")):
        return None
    if _UNITS.fullmatch(text) or text.endswith(_RUNS_ON) or _TABLE_ROW.search(text) or line.size < body * 0.97:
        return None
    # Prose starts with a capital too, but what ends like a sentence is one, unless it is numbered or short and bold.
    numbered = bool(_NUMBERED.match(text))
    if len(_NUMBER.findall(text)) > 1 and not numbered:
        return None  # a date, or a table's columns
    if text[0].islower() or (text.endswith((".", "。")) and not (numbered or (line.bold and len(text) < 60))):
        return None
    capitals = text.upper() == text != text.lower() and len(text.split()) > 1
    large = line.size > body * 1.12
    if not (large or line.bold or capitals or _CHINESE_NUMBERED.match(text)):
        return None
    return (-round(line.size / body, 1) if body else 0.0, not capitals, not line.bold)


def _goes_on(line: Line, style: _Style, body: float) -> bool:
    return not _NUMBERED.match(line.text) and _style(line, body) == style


def _labels_rows(lines: Sequence[Line], first: int, last: int) -> bool:
    """Tell whether lines stand inside a table and name the rows below them ("Current assets")."""
    above = [line.text for line in lines[:first] if line.text][-1:]
    below = [line.text for line in lines[last:] if line.text][:2]
    if not above or not below or not (_FIGURES.search(above[0]) or _TABLE_ROW.search(above[0])):
        return False
    return bool(_FIGURES.search(below[0])) or (below[0].endswith((":", "：")) and any(map(_FIGURES.search, below[1:])))


def _body_size(lines: Iterable[Line]) -> float:
    """Return the size that most characters have."""
    sizes: Counter[float] = Counter()
    for line in lines:
        if line.size > 0:
            sizes[round(line.size, 1)] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], size)) if sizes else 0.0


def _edges(lines: Sequence[Line]) -> list[int]:
    """Return the numbers of the first and last lines that are not empty."""
    filled = [number for number, line in enumerate(lines) if line.text]
    return sorted({*filled[:_EDGE], *filled[-_EDGE:]})


def _running_keys(text: str, index: int) -> Iterable[str]:
    """Yield what a running line has in common with the same line of other pages."""
    if len(text) <= _HEADING_WIDTH and not _UNITS.fullmatch(text):
        if _LETTER.search(text) and len(_NUMBER.findall(text)) < 2:
            yield text
        for match in _INTEGER.finditer(text):
            yield f"{text[: match.start()]}\0{int(match.group()) - index}\0{text[match.end() :]}"
