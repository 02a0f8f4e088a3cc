"""Word: paragraphs and tables in document order, heading styles as sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from connectors.formats.base import Parsed, TextBuilder, corrupt_file, sensible_title
from connectors.formats.docx_lists import Numbering
from connectors.formats.table import table_lines
from connectors.formats.zips import check_zip

if TYPE_CHECKING:
    from docx.document import Document

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# What may stand around paragraphs, rows and cells without being seen: content controls, insertions, custom
# XML.
_WRAPPERS = frozenset(f"{_W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))
_BREAKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)


def read(data: bytes, *, max_chars: int) -> Parsed:
    """Return the body; headers and footers, footnotes, text boxes and deleted text are left out."""
    import docx

    check_zip(data)
    builder = TextBuilder(max_chars=max_chars)
    # The element tree is read directly: python-docx's paragraphs skip content controls and accepted
    # insertions.
    with corrupt_file("Word"):
        document = docx.Document(BytesIO(data))
        levels = _levels(document)
        numbering = Numbering(document)
        for block in _children(document.element.body):
            if block.tag == f"{_W}tbl":
                rows = list(_rows(block))
                marked = next(block.iter(f"{_W}tblHeader"), None) is not None
                builder.lines(table_lines(rows, header=marked or None))
            elif block.tag == f"{_W}p":
                # What has no text counts too.
                mark = numbering.mark(block)
                text = _text(block)
                if not text.strip():
                    continue
                if level := _level(block, levels):
                    builder.heading(text, level)
                else:
                    builder.block(mark + text, gap="\n" if mark else "\n\n")
        title = sensible_title(document.core_properties.title)
    return builder.build(MEDIA_TYPE, title=title)


def _children(parent: Any) -> Iterator[Any]:
    for child in parent:
        if child.tag in _WRAPPERS:
            yield from _children(child)
        else:
            yield child


def _text(element: Any) -> str:
    """Return the text of a paragraph's runs, hyperlinks and fields."""
    parts = []
    for child in _children(element):
        if child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag in _BREAKS:
            parts.append(_BREAKS[child.tag])
        elif child.tag in (f"{_W}r", f"{_W}hyperlink", f"{_W}fldSimple"):
            parts.append(_text(child))
    return "".join(parts)


def _rows(table: Any) -> Iterator[list[str]]:
    """Yield the cells by grid column; merged downwards they repeat the value, sideways they leave gaps."""
    above: list[str] = []
    for row in _children(table):
        if row.tag != f"{_W}tr":
            continue
        cells: list[str] = []
        for cell in _children(row):
            if cell.tag != f"{_W}tc":
                continue
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            text = " ".join(_text(paragraph) for paragraph in cell.iter(f"{_W}p"))
            if merge is not None and merge.get(f"{_W}val") != "restart" and len(cells) < len(above):
                text = above[len(cells)]
            width = int(span.get(f"{_W}val", 1)) if span is not None else 1
            cells += [text, *[""] * (min(width, 64) - 1)]
        above = cells
        yield cells


def _levels(document: Document) -> dict[str, int]:
    """Map style ids to heading levels; a style based on a heading is one too, and Title counts as level 1."""
    levels = {}
    for style in document.styles:
        ancestor, seen = style, set()
        while ancestor is not None and ancestor.style_id not in seen:
            seen.add(ancestor.style_id)
            name = ancestor.name or ""
            if found := _HEADING.fullmatch(name):
                levels[style.style_id] = int(found[1])
            elif name == "Title":
                levels[style.style_id] = 1
            if style.style_id in levels:
                break
            ancestor = getattr(ancestor, "base_style", None)
    return levels


def _level(paragraph: Any, levels: dict[str, int]) -> int:
    """Return the heading level, 0 for a paragraph that is none; an outline level set by hand counts."""
    outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
    if outline is not None and (value := int(outline.get(f"{_W}val", 9))) < 9:
        return value + 1
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return levels.get(style.get(f"{_W}val"), 0) if style is not None else 0
