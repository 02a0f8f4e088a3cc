"""Rows among the sentences: what answers, in which words, and what is no answer."""

from __future__ import annotations

import pytest
from helpers.bases import small_base

import rag

TEXTS = {
    "review.txt": "Review\n\n| Region | Revenue | Staff |\n|---|---|---|\n| Nordic countries | 920 | 12 |\n"
    "| China | 650 | 9 |\n",
    "costs.md": "# Costs\n\n| Region | Freight |\n|---|---|\n| Baltic countries | 310 |\n| Iberia | 270 |\n",
    "welcome.md": "# Welcome\n\nDundee, with 84 people, is the head office.\n",
    "staff.csv": "id,name,role,office,extension\nT1,Ada Berg,Head of People,Dundee,4120\n",
    "tickets.csv": "ticket,product,subject,resolution,owner\nTK-7,Kite 7,Wet. Very wet.,Dried. Closed.,Bo Lund\n",
    "terms.md": "# Terms\n\nDead band\n\nThe zone below a gauge in which it cannot measure.\n\n"
    "## Cause\n\nA fuse blew.\n",
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> rag.Wellspring:
    base, _ = small_base(tmp_path_factory.mktemp("kb"), TEXTS)
    return base


def test_the_head_of_a_table_says_what_its_rows_are(kb) -> None:
    answer = kb.ask("What was the revenue in the Nordic countries?")
    assert answer.short == "920"
    assert answer.citations[0].quote == "| Nordic countries | 920 | 12 |"


def test_a_table_of_markdown_is_read_by_rows(kb) -> None:
    answer = kb.ask("What was the freight in the Baltic countries?")
    assert "310" in answer.short
    assert answer.citations[0].quote == "Region: Baltic countries | Freight: 310"


def test_people_are_not_counted_by_their_extensions(kb) -> None:
    assert "84" in kb.ask("How many people work in Dundee?").answer


def test_a_row_is_quoted_whole(kb) -> None:
    quotes = [citation.quote for citation in kb.ask("What is the resolution of ticket TK-7?").citations]
    assert quotes == [
        "ticket: TK-7 | product: Kite 7 | subject: Wet. Very wet. | resolution: Dried. Closed. | owner: Bo Lund"
    ]


@pytest.mark.parametrize("question", ["What is the dead band?", "What was the cause?"])
def test_a_heading_is_no_answer(kb, question) -> None:
    assert not any(quote.quote.lstrip("# ").lower() in ("dead band", "cause") for quote in kb.ask(question).citations)


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("hello", "Hello!"),
        ("Hi there!", "Hello!"),
        ("What can you do?", "Hello!"),
        ("thanks a lot", "You are welcome."),
        ("bye", "Goodbye!"),
        ("你好", "您好！"),
        ("谢谢", "不客气。"),
    ],
)
def test_small_talk_is_answered_as_such(kb, said, reply) -> None:
    answer = kb.ask(said)
    assert answer.answer.startswith(reply)
    assert answer.abstained
    assert not answer.citations


def test_nothing_refers_to_small_talk(kb) -> None:
    talk = kb.conversation()
    talk.ask("How many people work in Dundee?")
    assert talk.ask("thanks").answer == "You are welcome."
    assert len(talk.turns) == 1
