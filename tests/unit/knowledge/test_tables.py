"""A table's head goes with its rows."""

from __future__ import annotations

from connectors import Page
from knowledge.chunk import chunk_document
from knowledge.tables import MAX_LEAD, tables
from knowledge.testing import make_document

HEAD = "Consolidated Statement of Income\n(in millions, except per share)\n2022 2021\n"
ROWS = "\n".join(f"Line item number {n} $ {n},{n:03} ({n},1{n % 10}0)" for n in range(10, 60))


def test_rows_keep_header_and_units() -> None:
    text = f"Some words before the table, which are a sentence that ends with a full stop.\n{HEAD}{ROWS}"
    chunks = chunk_document(make_document("d", text))
    assert len(chunks) > 2
    assert chunks[0].lead == ""
    for chunk in chunks[1:]:
        assert chunk.lead == "Consolidated Statement of Income (in millions, except per share) 2022 2021"
        assert chunk.lead in chunk.passage
        assert chunk.text == text[chunk.start : chunk.end]


def test_chinese() -> None:
    rows = "\n".join(f"项目{n} {n},000.00 {n},500.00" for n in range(10, 16))
    (table,) = tables(make_document("d", f"合并利润表\n单位：元\n项目 2022年度 2021年度\n{rows}"))
    assert table.lead == "合并利润表 单位：元 项目 2022年度 2021年度"


def test_a_table_over_two_pages() -> None:
    first, second = HEAD + ROWS, ROWS
    text = f"{first}\n\n{second}"
    pages = (Page(1, 0, len(first)), Page(2, len(first) + 2, len(text)))
    one, other = tables(make_document("d", text, pages=pages))
    assert one.lead == other.lead != ""


def test_prose_is_no_table() -> None:
    assert tables(make_document("d", "In 2022 we sold 5\nand in 2021 we sold 4\nof them.\n" * 3)) == []
    assert tables(make_document("d", "Year: 2022 | Sum: 4\n" * 9)) == []
    assert tables(make_document("d", "")) == []


def test_leads_are_short() -> None:
    head = "\n".join(f"Column head {n}" for n in range(60))
    (table,) = tables(make_document("d", f"{head}\n{ROWS}"))
    assert 0 < len(table.lead) <= MAX_LEAD
