"""Which cell of a row answers; how well with the built-in embedder is in ``tests/full/test_cells.py``."""

from __future__ import annotations

import pytest

from knowledge.language import search_tokens
from knowledge.testing import HashEmbedder
from rag.cells import answering_cell, cells
from rag.question import AskedQuestion

ROW = "Item code: K7 | Item: Kite 7 lamp | Price GBP: 86 | Price EUR: 101 | Delivery weeks: 2 | Remark: blue"


def answered(question: str, row: str = ROW, told: str = "", about: str = "") -> str:
    asked = AskedQuestion.read(question, idf=lambda token: 1.0)
    cell = answering_cell(asked, row, HashEmbedder(), told=search_tokens(told), about=search_tokens(about))
    return row[cell.start : cell.end] if cell else ""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What does the Kite 7 lamp cost in euros?", "Price EUR: 101"),
        ("How much is the Kite 7 lamp in pounds?", "Price GBP: 86"),
        ("How many weeks does the delivery of a Kite 7 take?", "Delivery weeks: 2"),
        ("What is the remark on the Kite 7 lamp?", "blue"),
        ("What is the item code of the Kite 7 lamp?", "K7"),
    ],
)
def test_the_cell_is_that_whose_label_is_asked_for(question, answer) -> None:
    assert answered(question) == answer


def test_no_cell_is_told_where_several_may_answer_or_none_can() -> None:
    assert answered("What is the price of the Kite 7 lamp?") == ""
    assert answered("Is the Kite 7 lamp blue?") == ""
    assert answered("What is the remark?", "Remark: blue") == "blue"
    assert answered("What is the price?", "Remark: blue") == ""
    assert answered("Is there a remark?", "Remark: blue") == ""
    assert answered("How many are there?", "Note: see below") == ""
    assert cells("no labels | in this row") == []
    assert cells("One: sentence, with a colon.") == []


def test_the_words_that_led_to_a_row_do_not_ask_for_its_cell() -> None:
    row = "id: T9 | name: Ada Berg | engineer: yes | extension: 5127"
    question = "What is the extension of the engineer of the Kite 7?"
    assert answered(question, row, told="Engineer of the Kite 7: Ada Berg") == "extension: 5127"


def test_what_stands_above_a_table_asks_for_no_column() -> None:
    row = "Office: Dundee | Annual leave from first year: 27 days | After five years: 30 days"
    question = "How many days of annual leave do people in Dundee have after five years?"
    assert answered(question, row, about="3.1 Annual leave") == "30 days"
    assert (
        answered("How many days of annual leave do people in Dundee get?", row, about="3.1 Annual leave") == "27 days"
    )


def test_what_something_weighs_is_its_weight() -> None:
    for question in ("What does it weigh?", "How heavy is it?", "What is its weight?"):
        assert answered(question, "Weight: 2.3 kg") == "2.3 kg"
    assert answered("How much does it cost?", "Weight: 2.3 kg") == ""


def test_a_date_comes_before_a_day_of_the_week() -> None:
    assert (
        answered("On which date is the Kite day?", "Weekday: Friday | Date: 2026-06-19 | Event: Kite day")
        == "2026-06-19"
    )


def test_chinese_labels() -> None:
    row = "型号: P9 | 价格(元): 3200 | 保修期: 两年"
    assert answered("P9 的保修期是多久？", row) == "两年"
    assert answered("P9 多少钱？价格是多少？", row) == "价格(元): 3200"


def test_rows_under_a_head_are_labelled_by_it() -> None:
    head, row = "| Region | Revenue Q1 (GBP thousand) | Staff |", "| Nordic countries | 920 | 12 |"
    asked = AskedQuestion.read("What was the revenue in the Nordic countries?", idf=lambda token: 1.0)
    cell = answering_cell(asked, row, HashEmbedder(), head=head)
    assert cell is not None
    assert row[cell.start : cell.end] == "920"
    assert cells("| one | two |", head) == []


def test_an_address_is_told_although_it_says_the_name() -> None:
    row = "name: Ada Berg | role: Lead | email: ada.berg@kite.example"
    assert answered("What is the e-mail address of Ada Berg?", row) == "ada.berg@kite.example"
