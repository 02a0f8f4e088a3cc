"""Languages, sentences and search tokens."""

from __future__ import annotations

import pytest
from helpers.quick import at_most
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.language import detect_language, search_tokens, sentences


def cut(text: str, language: str | None = None) -> list[str]:
    return [text[a:b] for a, b in sentences(text, language or detect_language(text))]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "en"),
        ("12 %", "en"),
        ("How many days of leave?", "en"),
        ("差旅费怎么报销？", "zh"),
        ("RAG 系统使用 FAISS 和 NetworkX", "zh"),
        ("The Chinese word 中 means middle, and this is an English sentence.", "en"),
    ],
)
def test_detection(text, language) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Smith met Mr. J. R. Jones of Acme Inc. in the U.S. on Monday.",
        "It costs 3.5 million, i.e. 4 percent, e.g. in May.",
        "See fig. 3 and Fig. 4, pp. 5 and 6.",
        "价格为3.5元，增长12.5%。",
    ],
)
def test_one_sentence(text) -> None:
    assert cut(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pumps leak. Do they? Yes!", ["Pumps leak.", "Do they?", "Yes!"]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("他说：“停。”然后走了！真的吗？是的", ["他说：“停。”", "然后走了！", "真的吗？", "是的"]),
        ("使用 RAG. 然后", ["使用 RAG.", "然后"]),
        ('He left. (She "stayed.") "Why?" [1]', ["He left.", '(She "stayed.")', '"Why?"', "[1]"]),
        ("A heading\n\nIts text.", ["A heading", "Its text."]),
    ],
)
def test_ends(text, expected) -> None:
    assert cut(text) == expected


def test_wrapped_lines_are_one_sentence() -> None:
    text = (
        "The employee is entitled to thirty days of paid leave in\n"
        "each calendar year, which must be taken before the end of\n"
        "March. Unused days lapse."
    )
    assert cut(text) == [text[: text.index(" Unused")], "Unused days lapse."]


def test_lines_that_the_writer_ended() -> None:
    assert cut("Monday\nTuesday\nWednesday") == ["Monday", "Tuesday", "Wednesday"]


def test_lists() -> None:
    text = (
        "You need:\n- a pump with a valve that is long enough to reach the line's end\n"
        "- an oil can\n1. Connect the cable to the port at the back of the main machine\n2) Press start\n（一）开始"
    )
    assert cut(text, "en") == text.split("\n")


def test_wrapped_list_item() -> None:
    text = (
        "- The pump is cleaned by the supplier in the month of May of\n"
        "  each year\n- The valve is not cleaned at all by anyone in the company"
    )
    assert cut(text) == [text[: text.index("\n- The valve")], text[text.index("- The valve") :]]


def test_key_value_lines() -> None:
    text = "Responsible: Ann Lee of the purchasing department in Berlin\nDue date: 1 May\n负责人：李四"
    assert cut(text, "en") == text.split("\n")


def test_table_rows() -> None:
    text = "City: Oslo | People: 700000 | Country: Norway | Language: Norwegian\nCity: Rome | People: 2.8 million"
    assert cut(text) == text.split("\n")


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet=st.sampled_from("aB .\n|-:。？1")), st.sampled_from(["en", "zh"]))
def test_sentences_are_the_text(text, language) -> None:
    spans = sentences(text, language)
    ends = [0, *(end for _, end in spans)]
    assert all(end <= start < stop for end, (start, stop) in zip(ends, spans, strict=False))
    kept = "".join(character for a, b in spans for character in text[a:b] if not character.isspace())
    assert kept == "".join(text.split())


def test_many_short_lines_are_quick() -> None:
    with at_most(seconds=3):
        assert len(sentences("value | 1\n" * 20_000, "zh")) == 20_000


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The pumps were cleaned", ["pump", "clean"]),
        ("Café ÜBER 1,000.50 X-200 ﬁne", ["cafe", "uber", "1000.50", "x", "200", "fine"]),
        ("差旅费", ["差旅", "旅费"]),
        ("的", ["的"]),
        ("我们的泵X200", ["的泵", "x200"]),
        ("How is it?", []),
        ("", []),
    ],
)
def test_search_tokens(text, tokens) -> None:
    assert search_tokens(text) == tokens


@pytest.mark.parametrize("run", ["_", "-=", "x1", "("])
def test_long_runs_are_quick(run) -> None:
    with at_most(seconds=3):
        sentences(run * 20_000 + " One. Two.", "en")


def test_question_and_text_meet() -> None:
    assert set(search_tokens("cleaning the PUMP")) == set(search_tokens("Pumps cleaned"))
