"""HTML: what a reader sees, block by block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from connectors.formats.base import Parsed, TextBuilder, corrupt_file
from connectors.formats.encoding import decode
from connectors.formats.table import table_lines

if TYPE_CHECKING:
    from bs4 import Tag

MAX_SPAN = 1000
"""Columns or rows: what HTML itself allows a cell to span."""
_DROPPED = frozenset(
    ["head", "script", "style", "nav", "template", "noscript", "svg", "iframe", "object", "select", "dialog"]
)
_BREAK = "\n\0"
"""Stands for <br>: no other line end in a page counts."""
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCK_NAMES = """
address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer
form head header hr html legend li main ol p pre section summary table tbody td tfoot th thead title tr ul
"""
_BLOCKS = _HEADINGS | frozenset(_BLOCK_NAMES.split())
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_HEAD = 4096
# What pages say and browsers know; Python has many more codecs, some of which are no character sets.
_LEGACY = re.compile(r"gb|big5|shift_jis|euc-|iso-8859-|iso-2022-|windows-|koi8-")
_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252"}


def read(data: bytes, *, max_chars: int) -> Parsed:
    """Return the visible text: headings are sections, tables are written row by row."""
    return read_markup(_decode(data), max_chars=max_chars)


def read_markup(markup: str, *, max_chars: int) -> Parsed:
    """Do the same for a decoded text."""
    from bs4 import BeautifulSoup

    builder = TextBuilder(max_chars=max_chars)
    with corrupt_file("HTML", ValueError, AssertionError, RecursionError):
        soup = BeautifulSoup(markup, "lxml")
        title = soup.title.get_text(" ", strip=True) if soup.title else ""
        for tag in soup.find_all(True):
            if tag.decomposed:
                continue
            if tag.name in _DROPPED or _is_hidden(tag):
                tag.decompose()
            elif tag.name == "br":
                tag.replace_with(_BREAK)
        _Walk(builder).children(soup)
    return builder.build("text/html", title=title)


class _Walk:
    """Goes through the tree in order; text between two block starts or ends is one paragraph."""

    def __init__(self, builder: TextBuilder) -> None:
        self.builder = builder
        self.inline: list[str] = []
        self.mark = ""
        self.lists: list[int | None] = []
        """The number of the next item of each list that is open, the innermost last; None where it has none."""

    def children(self, parent: Tag) -> None:
        from bs4 import Tag
        from bs4.element import PreformattedString

        for child in parent.children:
            if not isinstance(child, Tag):
                if not isinstance(child, PreformattedString):
                    self.inline.append(str(child))
            elif child.name in _BLOCKS:
                self.flush()
                self.block(child)
                self.flush()
            else:
                self.children(child)
        if parent.parent is None:
            self.flush()

    def block(self, tag: Tag) -> None:
        if tag.name in _HEADINGS:
            self.builder.heading(_words(tag), int(tag.name[1]))
        elif tag.name == "pre":
            self.builder.block(tag.get_text().replace("\0", ""))
        elif tag.name == "table" and not tag.find(["table", *_HEADINGS]):
            if caption := tag.caption:
                self.builder.block(_words(caption))
            self.builder.lines(table_lines(_rows(tag), header=_has_header(tag)))
        elif tag.name in ("ol", "ul"):
            self.lists.append(_first_number(tag))
            self.children(tag)
            self.flush()
            self.lists.pop()
        else:
            if tag.name == "li":
                self.mark = self.item(tag)
            self.children(tag)
            self.flush()
            self.mark = ""

    def item(self, tag: Tag) -> str:
        """Return what stands before an item of the innermost list."""
        number = self.lists[-1] if self.lists else None
        if number is None:
            return "- "
        number = _whole(tag.get("value"), number)
        self.lists[-1] = number + 1
        return f"{number}. "

    def flush(self) -> None:
        """Write the paragraph collected so far."""
        text = "".join(self.inline)
        self.inline.clear()
        lines = (" ".join(line.split()) for line in text.split(_BREAK))
        if text := "\n".join(filter(None, lines)):
            self.builder.block(self.mark + text, gap="\n" if self.mark else "\n\n")
            self.mark = ""


def _first_number(items: Tag) -> int | None:
    """Return the number of a list's first item; None where its items have no numbers, or are counted otherwise."""
    counted = items.name == "ol" and items.get("type", "1") == "1" and not items.has_attr("reversed")
    return _whole(items.get("start"), 1) if counted else None


def _whole(value: object, default: int) -> int:
    return int(str(value)) if _WHOLE.fullmatch(str(value)) else default


def _rows(table: Tag) -> Iterator[list[str]]:
    """Yield the cells as text; a spanned column is left empty, a spanned row repeats its value."""
    from bs4 import Tag

    carried: dict[int, tuple[int, str]] = {}
    for row in table("tr"):
        cells: list[str] = []
        below: dict[int, tuple[int, str]] = {}
        for cell in row.children:
            if not isinstance(cell, Tag) or cell.name not in ("td", "th"):
                continue
            while (column := len(cells)) in carried:
                cells.append(carried[column][1])
            text = _words(cell)
            if (rows := _span(cell, "rowspan")) > 1:
                below[column] = (rows - 1, text)
            cells += [text, *[""] * (_span(cell, "colspan") - 1)]
        while len(cells) in carried:
            cells.append(carried[len(cells)][1])
        carried = {column: (left - 1, text) for column, (left, text) in carried.items() if left > 1} | below
        yield cells


def _has_header(table: Tag) -> bool | None:
    """Tell whether the first row is marked as headers; None where nothing is, so that its words decide."""
    first = table.find("tr")
    if first is None:
        return False
    if first.find("th") and not first.find("td"):
        return True
    return None if table.find("th") is None else False


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(max(int(value), 1), MAX_SPAN) if value.isascii() and value.isdigit() else 1


def _words(tag: Tag) -> str:
    """Return the text on one line; blocks inside are words apart."""
    from bs4.element import NavigableString, PreformattedString, Tag

    parts = []
    for node in tag.descendants:
        block = node if isinstance(node, Tag) else node.previous_sibling
        if isinstance(block, Tag) and block.name in _BLOCKS:
            parts.append(" ")
        if isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            parts.append(node)
    return " ".join("".join(parts).replace("\0", "").split())


def _is_hidden(tag: Tag) -> bool:
    style = str(tag.get("style", "")).replace(" ", "").lower()
    return tag.has_attr("hidden") or tag.get("aria-hidden") == "true" or "display:none" in style


def _decode(data: bytes) -> str:
    """Decode by byte order mark or UTF-8, else by what the page declares, else by its bytes."""
    declared = _CHARSET.search(data[:_HEAD])
    name = declared[1].decode("ascii").lower() if declared else ""
    if _LEGACY.match(name):
        for encoding in ("utf-8-sig", _ALIASES.get(name, name)):
            try:
                return data.decode(encoding)
            except (UnicodeError, LookupError):
                continue  # the page is wrong about itself
    return decode(data)
