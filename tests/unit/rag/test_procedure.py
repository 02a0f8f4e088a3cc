"""Questions for how something is done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.bases import small_base

import rag
from rag.procedure import procedure
from rag.question import AskedQuestion

STEPS = "1. Open the portal.\n2. Enter the address vpn.kite.example\n   and your name.\n3. Touch the key."
TEXTS = {
    "vpn.md": f"# How to set up the VPN\n\nIt takes ten minutes.\n\n{STEPS}\n\nCall the desk if that fails.\n",
    "faq.md": "# Support FAQ\n\n## How do I return a device?\n\nAsk for a number. Write it on the parcel.\n\n"
    "## How long is the warranty?\n\n24 months.\n",
    "lamp.md": "# Kite 7 manual\n\n## Battery\n\nUse four cells.\n\n## Factory reset\n\nHold the red button for ten "
    "seconds. All data are deleted.\n",
    "expenses.md": "# Travel expenses\n\nOwner: Ada Berg.\n\nReport lost luggage to the airline.\n",
    "zh.md": "# 操作手册\n\n## 更换电池\n\n1. 打开后盖。\n2. 取出旧电池。\n3. 放入新电池。\n",
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Wellspring]:
    base, _ = small_base(tmp_path_factory.mktemp("procedure"), TEXTS)
    with base:
        yield base


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("How do I set up the VPN?", STEPS),
        ("How can I return a broken device?", "Ask for a number. Write it on the parcel."),
        ("How do I do a factory reset of the Kite 7?", "Hold the red button for ten seconds. All data are deleted."),
        ("如何更换电池？", "1. 打开后盖。\n2. 取出旧电池。\n3. 放入新电池。"),
    ],
)
def test_what_stands_under_its_heading_is_the_answer(kb: rag.Wellspring, question: str, quote: str) -> None:
    answer = kb.ask(question)
    assert [citation.quote for citation in answer.citations] == [quote]
    assert f"{quote} [1]" in answer.answer
    assert (answer.short, answer.alternatives) == ("", ())


@pytest.mark.parametrize(
    "question", ["How do I claim travel expenses?", "How long is the warranty?", "What is the factory reset?"]
)
def test_other_questions_and_other_headings_are_not(kb: rag.Wellspring, question: str) -> None:
    asked = AskedQuestion.read(question, idf=lambda token: 1.0)
    assert procedure(asked, kb.weigh(question).passages) is None


def test_a_few_words_are_no_answer_to_how(kb: rag.Wellspring) -> None:
    assert kb.ask("How do I report lost luggage?").short == ""
