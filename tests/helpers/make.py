"""Builds small real files of every format at run time."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx

ENTITY_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


def pdf(
    pages: Sequence[str],
    *,
    title: str = "",
    outline: Sequence[tuple[str, int]] = (),
    encrypted: bool = False,
    tables: Mapping[int, Sequence[Sequence[str]]] | None = None,
    bold: bool = False,
) -> bytes:
    """Write PDF syntax; each page's lines are drawn in Helvetica. The outline is (title, page index).

    A table, by its page's index, is drawn below the lines with all of its cells ruled, its first row bold or not.
    """
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R" + (b" /Outlines %d 0 R" % (4 + 2 * len(pages)) if outline else b"") + b" >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    bold_font = "/F2 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>"
    for index, page in enumerate(pages):
        content = _drawn(page, 72, 720).encode("cp1252") if page else b""
        if tables and index in tables:
            content += _ruled(tables[index], 72, 700 - 14 * len(page.split("\n")), bold=bold).encode("cp1252")
        bodies.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R %s >> >> "
            b"/Contents %d 0 R >>" % (bold_font.encode(), 5 + 2 * index)
        )
        bodies.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    first = len(bodies) + 2
    if outline:
        bodies.append(b"<< /First %d 0 R /Last %d 0 R >>" % (first, first + len(outline) - 1))
        for number, (name, index) in enumerate(outline):
            after = f"/Next {first + number + 1} 0 R" if number + 1 < len(outline) else ""
            bodies.append(f"<< /Title ({name}) /Dest [{4 + 2 * index} 0 R /Fit] {after} >>".encode("cp1252"))
    trailer = b"/Root 1 0 R"
    if title:
        bodies.append(f"<< /Title ({title}) >>".encode("cp1252"))
        trailer += b" /Info %d 0 R" % len(bodies)
    if encrypted:
        key = b"<" + b"41" * 32 + b">"
        bodies.append(b"<< /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O %s /U %s >>" % (key, key))
        trailer += b" /Encrypt %d 0 R /ID [<41> <41>]" % len(bodies)
    out = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(bodies) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF"
        % (size, table, size, trailer, len(out))
    )


def _drawn(text: str, left: int, top: int, *, font: str = "F1") -> str:
    lines = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in text.split("\n")]
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    return f"BT /{font} 12 Tf 14 TL {left} {top} Td {shown} ET "


def _ruled(rows: Sequence[Sequence[str]], left: int, top: int, *, bold: bool) -> str:
    drawn, wide = "", 450 // len(rows[0])
    for number, row in enumerate(rows):
        high = 8 + 14 * max(cell.count("\n") + 1 for cell in row)
        for place, cell in enumerate(row):
            at = left + place * wide
            drawn += f"{at} {top - high} {wide} {high} re S "
            drawn += _drawn(cell, at + 4, top - 16, font="F2" if bold and number == 0 else "F1")
        top -= high
    return drawn


def word(*blocks: tuple[str, str] | list[list[str]], title: str = "") -> bytes:
    """A block is (style, text) or a table."""
    document = docx.Document()
    document.core_properties.title = title
    document.sections[0].header.paragraphs[0].text = "Running header"
    for block in blocks:
        if isinstance(block, tuple):
            document.add_paragraph(block[1], style=block[0])
        else:
            table = document.add_table(len(block), len(block[0]))
            for row, values in zip(table.rows, block, strict=True):
                for cell, value in zip(row.cells, values, strict=True):
                    cell.text = value
    return _saved(document)


def slides(*pages: tuple[str, str, str]) -> bytes:
    """A page is (title, body, notes); the first gets a table too."""
    deck = pptx.Presentation()
    for number, (title, body, notes) in enumerate(pages):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
        if number == 0:
            table = slide.shapes.add_table(2, 2, 0, 0, 1000000, 1000000).table
            for index, value in enumerate(("City", "People", "Oslo", "700000")):
                table.cell(index // 2, index % 2).text = value
    return _saved(deck)


def sheets(**rows: list[list[Any]]) -> bytes:
    """One sheet a keyword; a cell may be (value, number format)."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, values in rows.items():
        sheet = book.create_sheet(name)
        for row, cells in enumerate(values, start=1):
            for column, value in enumerate(cells, start=1):
                cell = sheet.cell(row, column)
                cell.value, style = value if isinstance(value, tuple) else (value, None)
                if style:
                    cell.number_format = style
    return _saved(book)


def mail(*, body: str, html: str = "", attachments: Sequence[tuple[str, bytes]] = ()) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Ann <ann@example.com>", "bob@example.com"
    message["Subject"], message["Date"] = "Liefertermin für März", "Mon, 04 Mar 2024 09:00:00 +0000"
    if body:
        message.set_content(body)
        if html:
            message.add_alternative(html, subtype="html")
    else:
        message.set_content(html, subtype="html")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def zipped(members: dict[str, bytes | str], *, into: Path | None = None) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    if into:
        into.write_bytes(buffer.getvalue())
    return buffer.getvalue()


def with_member(office: bytes, name: str, data: bytes) -> bytes:
    """Replace or add one member of an office file."""
    with zipfile.ZipFile(BytesIO(office)) as archive:
        members: dict[str, bytes | str] = {info.filename: archive.read(info) for info in archive.infolist()}
    return zipped(members | {name: data})


def _saved(document: Any) -> bytes:
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()
