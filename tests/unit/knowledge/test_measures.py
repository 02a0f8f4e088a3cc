"""Measures lead to the rows and statements that they are worked out from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.measures import StatementIndex, wanted
from knowledge.records import Chunk

ROWS = "Revenue 46,298 51,761 47,262\nGross profit 9,912 11,640 10,573"


def chunk(text: str, *headings: str, lead: str = "") -> Chunk:
    return Chunk(1, "d", 0, 0, len(text), text, "Report", headings, lead=lead)


@pytest.mark.parametrize(
    ("question", "rows", "statements"),
    [
        ("Is the operating margin improving?", {"operating income", "net sales"}, {"income statement"}),
        ("EBITDA less capex?", {"depreciation and amortization"}, {"income statement", "cash flow statement"}),
        ("Use the balance sheet.", set(), {"balance sheet"}),
        ("2022年的毛利率是多少？", {"毛利", "营业收入"}, {"利润表"}),
        ("Who founded the firm?", set(), set()),
    ],
)
def test_wanted(question: str, rows: set[str], statements: set[str]) -> None:
    found = wanted(question)
    assert rows <= set(found.rows)
    assert statements == set(found.statements)


def test_other_names() -> None:
    found = wanted("What were net sales?")
    assert "revenue" in found.names
    assert "net sales" not in found.names
    assert found.text == "income statement"
    assert wanted("").text == wanted("").words == ""


def test_the_longest_term_counts() -> None:
    assert wanted("free cash flow").rows == wanted("FCF").rows


def test_statements(tmp_path: Path) -> None:
    index = StatementIndex.build([
        chunk(ROWS, "Item 8", "Consolidated Statements of Earnings"),
        chunk("The statements of earnings are explained here in words.", "Consolidated Statements of Earnings"),
        chunk(ROWS, "Other"),
        chunk("货币资金 5,000 4,000\n存货 300 200", lead="合并利润表 单位：元"),
        chunk(ROWS, lead="Consolidated Balance Sheets (in millions)"),
    ])  # fmt: skip
    assert index.scores("gross margin?").tolist() == [1, 0, 0, 1, 0]
    assert index.scores("毛利率？").tolist() == [1, 0, 0, 1, 0]
    assert index.scores("balance sheet").tolist() == [0, 0, 0, 0, 1]
    assert not index.scores("Who?").any()
    index.save(tmp_path)
    assert np.array_equal(StatementIndex.load(tmp_path, 5).scores("P&L"), index.scores("P&L"))
