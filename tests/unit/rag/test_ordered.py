"""Questions for the rows of a table that an amount tells from the others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.bases import small_base

import rag
from rag.ordered import read_order

TEXTS = {
    "prices.csv": "Article,Product,Price EUR,Price GBP,Battery months\n"
    "K7,Kite 7 lamp,86,75,12\nK9,Kite 9 lamp,1150,990,24\nF2,Finch 2 lamp,430,370,6\n",
    "accounts.csv": "Account,Balance EUR,Stock,Span\nA-1,-500,1.200,45 min\nA-2,1200,900,2 h\nA-3,30,85,3 days\n",
    "orders.csv": "Customer,Days\nAcme,5\nBorg,9\nAcme,20\n",
    "sites.csv": "Site,Days of leave,Staff\nOslo,25,14\nLund,30,9\nBergen,30,30\n",
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Wellspring]:
    base, _ = small_base(tmp_path_factory.mktemp("ordered"), TEXTS)
    with base:
        yield base


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("Which products cost more than 400 EUR?", "Kite 9 lamp, Finch 2 lamp"),
        ("Which products cost less than 80 pounds?", "Kite 7 lamp"),
        ("Which product is the most expensive?", "Kite 9 lamp"),
        ("What is the cheapest product?", "Kite 7 lamp"),
        ("Which products have a battery of at least 12 months?", "Kite 7 lamp, Kite 9 lamp"),
        ("Which products have a battery of more than 12 months?", "Kite 9 lamp"),
        ("Which site has the most staff?", "Bergen"),
        ("Which site has the most days of leave?", "Lund, Bergen"),
        ("Which site has the fewest days of leave?", "Oslo"),
        ("How many sites have more than 26 days of leave?", "2"),
        ("Which account has the lowest balance?", "A-1"),
        ("Which accounts have a balance of more than 20?", "A-2, A-3"),
        ("Which customer has the longest days?", "Acme"),
    ],
)
def test_rows_are_told_apart_by_an_amount(kb: rag.Wellspring, question: str, short: str) -> None:
    answer = kb.ask(question)
    assert (answer.origin, answer.short) == ("facts", short)
    assert answer.citations


@pytest.mark.parametrize(
    "question",
    [
        "Which product has the most colours?",
        "Which red products cost more than 400 EUR?",
        "Which products cost more than 4000 EUR?",
        "Which site in Norway has the most staff?",
        "What is the most common reason for a complaint?",
        "Which account has the highest stock?",
        "Which account has the longest span?",
        "Which products cost more than 1.000 EUR?",
        "Which products cost more than 1k EUR?",
    ],
)
def test_what_no_column_tells_is_not_put_in_order(kb: rag.Wellspring, question: str) -> None:
    assert kb.ask(question).origin != "facts"


def test_bounds_are_read() -> None:
    for text, least, greatest, open_ in (
        ("more than 1,200 EUR", 1200.0, None, True),
        ("at least 12 months", 12.0, None, False),
        ("under €80.50", None, 80.5, True),
        ("at most 3", None, 3.0, False),
    ):
        order = read_order(f"Which lamps cost {text}?")
        assert order is not None
        assert (order.least, order.greatest, order.open) == (least, greatest, open_)
    assert read_order("Which lamps are there?") is None
