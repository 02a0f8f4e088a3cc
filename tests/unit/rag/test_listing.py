"""Questions for several rows of a table."""

from __future__ import annotations

import pytest
from helpers.bases import small_base

import rag
from rag.listing import Listing, read_listing

TEXTS = {
    "support tickets.csv": "ticket,opened,product,owner\nTK-1,2026-01-02,Kite 7,Ann Bell\n"
    "TK-2,2026-01-03,Kite 9,Bo Lund\nTK-3,2026-02-04,Kite 7,Bo Lund\n",
    "staff.csv": "employee_id,name,office,manager\nT1,Ann Bell,Oslo,Cy Dahl\nT2,Bo Lund,Turku,Ann Bell\n"
    "T3,Di Falk,Oslo,Ann Bell\n",
    "board.csv": "name,office,pay\nEve Moss,Oslo,900\n",
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> rag.Wellspring:
    base, _ = small_base(tmp_path_factory.mktemp("kb"), TEXTS, readers={"board.csv": ["group:board"]})
    return base


@pytest.mark.parametrize(
    ("question", "short", "told"),
    [
        ("How many tickets are about the Kite 7?", "2", "2 (TK-1 [1]; TK-3 [2])."),
        ("How many support tickets are there?", "3", "TK-2 [2]"),
        ("Which tickets does Bo Lund own?", "TK-2, TK-3", "TK-2 [1]; TK-3 [2]."),
        ("Who works in Oslo?", "Ann Bell, Di Falk", "Ann Bell [1]; Di Falk [2]."),
        ("Who reports to Ann Bell?", "Bo Lund, Di Falk", "Bo Lund [1]"),
    ],
)
def test_rows_are_listed_and_counted(kb, question, short, told) -> None:
    answer = kb.ask(question)
    assert (answer.origin, answer.short) == ("facts", short)
    assert told in answer.answer
    first = answer.citations[0]
    assert kb.document(first.document).text[first.start : first.end] == first.quote


@pytest.mark.parametrize(
    "question",
    [
        "How many tickets are about the Kite 8?",
        "How many overdue tickets are about the Kite 7?",
        "How many tickets are not about the Kite 7?",
        "Which tickets were opened after 2026-01-03?",
        "How many people work in Oslo?",
        "Which tickets did Eve Moss own?",
    ],
)
def test_what_no_row_tells_is_not_counted(kb, question) -> None:
    assert kb.ask(question).origin != "facts"


def test_only_rows_that_may_be_read_are_listed(kb) -> None:
    board = rag.Viewer("eve", frozenset({"board"}))
    assert "Eve Moss" not in kb.ask("Who works in Oslo?").short
    assert kb.ask("Who works in Oslo?", viewer=board).origin == "facts"


@pytest.mark.parametrize(
    ("question", "language", "wanted"),
    [
        ("Which suppliers are in Sweden?", "en", Listing(frozenset(["supplier"]), count=False)),
        ("List all the suppliers", "en", Listing(frozenset(["supplier"]), count=False)),
        ("有哪些供应商？", "zh", Listing(frozenset(["供应", "应商"]), count=False)),
        ("有多少个工单？", "zh", Listing(frozenset(["工单"]), count=True)),
        ("What is the price of the Kite?", "en", None),
        ("How do I reset it?", "en", None),
    ],
)
def test_questions_are_read(question, language, wanted) -> None:
    assert read_listing(question, language) == wanted
