"""Tables of a PDF."""

from __future__ import annotations

import pytest
from helpers import make

from connectors.formats import parse
from connectors.formats.pdf_image import draw_page

LEAVE = [
    ["Office", "From first year", "After five years"],
    ["Dundee", "27 days", "30 days"],
    ["Tampere", "28 days", "32 days"],
]
ROWS = [
    "Office: Dundee | From first year: 27 days | After five years: 30 days",
    "Office: Tampere | From first year: 28 days | After five years: 32 days",
]


def text_of(*pages: str, bold: bool = False, **tables: list[list[str]]) -> str:
    placed = {int(name.removeprefix("page")): rows for name, rows in tables.items()}
    return parse(make.pdf(pages, tables=placed, bold=bold), "a.pdf").text


@pytest.mark.parametrize("bold", [False, True])
def test_rows_repeat_the_column_names(bold: bool) -> None:
    assert text_of("Leave\nEvery office has its own.", page0=LEAVE, bold=bold) == "\n".join(
        ["Leave", "Every office has its own.", "", *ROWS]
    )


def test_cells_of_several_lines_stay_together() -> None:
    rows = [["Product", "Purpose"], ["Skerry 40", "Level of rivers\nand of tanks"], ["Marl 8", "Data\nlogger, small"]]
    told = text_of("Products", page0=rows, bold=True)
    assert "Product: Skerry 40 | Purpose: Level of rivers and of tanks" in told
    assert "Product: Marl 8 | Purpose: Data logger, small" in told


@pytest.mark.parametrize("bold", [False, True])
def test_a_table_goes_on_over_the_page(bold: bool) -> None:
    more = [["Shanghai", "14 days", "18 days"], ["Lund", "26 days", "27 days"]]
    told = text_of("Acme handbook 1", "Acme handbook 2", page0=LEAVE, page1=more)
    assert told.endswith(
        "Acme handbook 2\n\nOffice: Shanghai | From first year: 14 days | After five years: 18 days\n"
        "Office: Lund | From first year: 26 days | After five years: 27 days"
    )
    again = text_of("One", "Two", page0=LEAVE, page1=LEAVE, bold=bold)
    assert again.count(ROWS[0]) == 2
    assert "Office: Office" not in again


def test_another_table_does_not_take_its_column_names() -> None:
    told = text_of("Leave", "Opening hours", page0=LEAVE, page1=[["Monday", "8", "17"], ["Friday", "8", "13"]])
    assert "Office: Monday" not in told
    assert "Monday" in told


def test_two_columns_without_names_are_names_and_values() -> None:
    told = text_of("Data", page0=[["Weight", "2.3 kg"], ["Supply", "9 to 30 V DC"], ["Remarks", ""]])
    assert told == "Data\n\nWeight: 2.3 kg\nSupply: 9 to 30 V DC\nRemarks"
    told = text_of("Data", page0=[["Property", "Value"], ["Weight", "2.3 kg"], ["Supply", "9 to 30 V DC"]])
    assert told == "Data\n\nWeight: 2.3 kg\nSupply: 9 to 30 V DC"
    told = text_of("Data", page0=[["Country", "Offices"], ["Finland", "2"], ["China", "3"]])
    assert told == "Data\n\nCountry: Offices\nFinland: 2\nChina: 3"
    told = text_of("Data", page0=[["Country", "Offices"], ["Finland", "2"], ["China", "3"]], bold=True)
    assert told == "Data\n\nCountry: Finland | Offices: 2\nCountry: China | Offices: 3"


def test_columns_without_names_stay_lines() -> None:
    told = text_of("Sales", page0=[["North", "12", "15"], ["South", "9", "11"]])
    assert told.split() == ["Sales", "North", "12", "15", "South", "9", "11"]


def test_boxes_around_paragraphs_are_no_table() -> None:
    long = "\n".join(["A paragraph that is set in a box of its own, as"] * 12)
    told = text_of("Layout", page0=[["Left", "Right"], [long, long]], bold=True)
    assert " | " not in told
    assert told.count("A paragraph") == 24


def test_a_row_is_marked_on_its_page() -> None:
    data = make.pdf(["Leave"], tables={0: LEAVE}, bold=True)
    (mark,) = _rows(draw_page(data, 1, quote=ROWS[0]).marks)
    (other,) = _rows(draw_page(data, 1, quote=ROWS[1]).marks)
    assert mark[1] < other[1], "each in its own row"
    data = make.pdf(["Data"], tables={0: [["Weight", "2.3 kg"], ["Supply", "9 to 30 V DC"]]})
    assert draw_page(data, 1, quote="Supply: 9 to 30 V DC").marks


def _rows(marks: tuple[tuple[float, float, float, float], ...]) -> set[tuple[float, float]]:
    """Return the heights at which there are marks."""
    return {(0.0, round(top, 2)) for _, top, _, _ in marks}
