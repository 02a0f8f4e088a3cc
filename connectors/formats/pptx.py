"""PowerPoint: each slide is a page, and a section under its title."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from connectors.formats.base import Parsed, TextBuilder, corrupt_file, sensible_title
from connectors.formats.table import table_lines
from connectors.formats.zips import check_zip

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def read(data: bytes, *, max_chars: int) -> Parsed:
    """Return the slides' text, tables and speaker notes; charts and drawings' labels are left out."""
    import pptx

    check_zip(data)
    builder = TextBuilder(max_chars=max_chars)
    with corrupt_file("PowerPoint"):
        presentation = pptx.Presentation(BytesIO(data))
        for number, slide in enumerate(presentation.slides, start=1):
            heading = slide.shapes.title
            title = heading.text_frame.text if heading is not None else ""
            with builder.page(number, title):
                builder.heading(title, 1)
                for shape in _shapes(slide.shapes):
                    if heading is None or shape.shape_id != heading.shape_id:
                        _shape(shape, builder)
                if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame):
                    builder.block(f"Notes: {notes.text}" if notes.text.strip() else "")
        title = sensible_title(presentation.core_properties.title)
    return builder.build(MEDIA_TYPE, title=title)


def _shapes(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):  # a group
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _shape(shape: Any, builder: TextBuilder) -> None:
    if getattr(shape, "has_table", False):
        builder.lines(table_lines([cell.text for cell in row.cells] for row in shape.table.rows))
    elif shape.has_text_frame:
        builder.block("\n".join(paragraph.text for paragraph in shape.text_frame.paragraphs))
