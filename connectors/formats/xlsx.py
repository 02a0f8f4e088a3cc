"""Excel: each sheet is a page and a section; every row stands on its own."""

from __future__ import annotations

from io import BytesIO

from connectors.formats.base import Parsed, TextBuilder, corrupt_file, sensible_title
from connectors.formats.table import cell_text, table_lines
from connectors.formats.zips import check_zip

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def read(data: bytes, *, max_chars: int) -> Parsed:
    """Return the sheets' stored values, hidden sheets too; a formula gives the value saved with it."""
    from openpyxl import load_workbook

    check_zip(data)
    builder = TextBuilder(max_chars=max_chars)
    with corrupt_file("Excel"):
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            for number, sheet in enumerate(book.worksheets, start=1):
                # The stated size may be the whole grid, which would pad each row with 16,384 cells.
                sheet.reset_dimensions()
                with builder.page(number, sheet.title):
                    builder.heading(sheet.title, 1)
                    rows = ([cell_text(cell.value, cell.number_format) for cell in row] for row in sheet.iter_rows())
                    builder.lines(table_lines(rows))
            title = sensible_title(book.properties.title)
        finally:
            book.close()
    return builder.build(MEDIA_TYPE, title=title, title_from_heading=False)
