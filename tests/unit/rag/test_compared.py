"""Comparisons of amounts: how they are read, and how they are answered from sentences and rows."""

from __future__ import annotations

import pytest
from helpers.bases import small_base
from helpers.quick import at_most

import rag
from rag.compared import read_comparison
from rag.listing import read_listing

TEXTS = {
    "kite7.md": "# Kite 7\n\nThe Kite 7 has a range of 7 miles.\n\nWeight: 900 g\n",
    "firmware.csv": "Item,Firmware,Note\nKite 7,4.2.0,old\nKite 9,5.1.3,new\n",
    "kite9.md": "# Kite 9\n\nThe Kite 9 has a range of 9 miles.\n\nWeight: 1.2 kg\n",
    "prices 2025.csv": "Item,Price GBP,Delivery weeks\nKite 7,80,2\nKite 9,70,2\n",
    "prices 2026.csv": "Item,Price GBP,Delivery weeks,Remark\nKite 7,60,2,\nKite 9,90,3,\nString,5,9,for the Kite 9\n",
}


@pytest.mark.parametrize(
    ("question", "language", "wanted"),
    [
        ("Which is heavier, the Kite 7 or the Kite 9?", "en", (("Kite 7", "Kite 9"), True, "weight", False)),
        ("Which kite has the shorter range, Kite 7 or Kite 9?", "en", (("Kite 7", "Kite 9"), False, "range", False)),
        ("Is the Kite 9 cheaper than the Kite 7?", "en", (("Kite 9", "Kite 7"), False, "price", True)),
        ("Does the Kite 9 have more range than the Kite 7?", "en", (("Kite 9", "Kite 7"), True, "range", True)),
        ("Kite 7 和 Kite 9 哪个更重？", "zh", (("Kite 7", "Kite 9"), True, "重量", False)),
        ("哈尔滨和大连相比，哪个的人口更少？", "zh", (("哈尔滨", "大连"), False, "人口", False)),
        ("Kite 9 比 Kite 7 贵吗？", "zh", (("Kite 9", "Kite 7"), True, "价格", True)),
        ("Which is the heavier one?", "en", None),
        ("Who wrote more than ten books?", "en", None),
        ("Which is red, the Kite 7 or the Kite 9?", "en", None),
        ("Which is heavier, the Kite 7 or the Kite 7?", "en", None),
    ],
)
def test_questions_are_read(question, language, wanted) -> None:
    plan = read_comparison(question, language, lambda text: [])
    assert (plan and (plan.options, plan.most, plan.nouns[0], plan.pair)) == wanted


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> rag.Wellspring:
    base, _ = small_base(tmp_path_factory.mktemp("kb"), TEXTS)
    return base


@pytest.mark.parametrize(
    ("question", "short", "told"),
    [
        ("Which is heavier, the Kite 7 or the Kite 9?", "Kite 9", "weight 1.2 kg [2]"),
        ("Which is cheaper, the Kite 7 or the Kite 9?", "Kite 7", "Kite 9: Price GBP 90 [2]"),
        ("Is the Kite 9 lighter than the Kite 7?", "no", "No: "),
        ("Which has the longer range, the Kite 7 or the Kite 9?", "Kite 9", "9 miles"),
        ("Kite 7 和 Kite 9 哪个更重？", "Kite 9", "Kite 7：weight 900 g [1]"),
    ],
)
def test_both_amounts_are_told_with_their_places(kb, question, short, told) -> None:
    answer = kb.ask(question)
    assert (answer.origin, answer.short) == ("facts", short)
    assert told in answer.answer
    assert len(answer.citations) == 2


def test_what_only_one_document_tells_is_not_compared(kb) -> None:
    assert kb.ask("Which is faster, the Kite 7 or the Kite 9?").origin != "facts"


def test_versions_are_no_amounts(kb) -> None:
    assert kb.ask("Which has the higher firmware, the Kite 7 or the Kite 9?").origin != "facts"


def test_a_row_about_something_else_is_not_taken(kb) -> None:
    assert kb.ask("Which has the longer delivery weeks, the Kite 7 or the Kite 9?").short == "Kite 9"
    assert "9 [" not in kb.ask("Which has the longer delivery weeks, the Kite 7 or the Kite 9?").answer


def test_endless_questions_take_no_time() -> None:
    with at_most(seconds=1):
        for question in ("Is " + "a more " * 2000 + "than", "A" * 50 + "比" * 3000 + "吗", "how many " + "a " * 5000):
            for language in ("en", "zh"):
                assert read_comparison(question, language, lambda text: []) is None
                assert read_listing(question, language) is None
