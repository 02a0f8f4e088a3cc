"""What a document is about, and which documents a question is for."""

from __future__ import annotations

import pytest
from helpers.quick import at_most

from connectors import Page
from knowledge.about import About, AboutIndex, about, periods_in
from knowledge.testing import make_document


def paged(name: str, text: str = "Text.", title: str = "") -> About:
    return about(make_document("d", text, id=name, title=title or name, pages=(Page(1, 0, len(text)),)))


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("in FY2022 and FY21", ["2022", "2021"]),
        ("2023Q2", ["2023Q2"]),
        ("Q2 of FY2023", ["2023Q2"]),
        ("Q2'2023 and Q22023", ["2023Q2", "2023Q2"]),
        ("4Q 2023, 3Q23", ["2023Q4", "2023Q3"]),
        ("second quarter of 2021", ["2021Q2"]),
        ("fiscal year 2022", ["2022"]),
        ("截至2022年12月31日", ["2022"]),
        ("2023年第三季度", ["2023Q3"]),
        ("2,022 units, 2022% and 20221", []),
    ],
)
def test_periods(text: str, periods: list[str]) -> None:
    assert list(periods_in(text)) == periods


@pytest.mark.parametrize(
    ("name", "first", "period", "kind"),
    [
        ("/x/3M_2022_10K.pdf", "3M", "2022", "10-K"),
        ("AMCOR_2023Q4_EARNINGS.pdf", "AMCOR", "2023Q4", "earnings release"),
        ("JOHNSON_JOHNSON_2023_8K_dated-2023-08-30.pdf", "JOHNSON JOHNSON", "2023", "8-K"),
        ("Annual-Report-2021-Acme.pdf", "Acme", "2021", "annual report"),
        ("https://example.com/files/acme_fy21_annual_report.pdf?x=1", "acme", "2021", "annual report"),
        ("贵州茅台2022年年度报告.pdf", "贵州茅台", "2022", "annual report"),
    ],
)
def test_file_names(name: str, first: str, period: str, kind: str) -> None:
    found = paged(name)
    assert (found.names[0], found.periods[0], found.kind) == (first, period, kind)


def test_first_page() -> None:
    text = "FORM 10-K\nFor the fiscal year ended December 31, 2022\nAmcor plc\n(Exact name)\n(NYSE: AMCR)\nwords"
    found = paged("file.pdf", text)
    assert found == About(("Amcor plc", "AMCR"), ("2022",), "10-K")
    found = paged("a.pdf", "河北星河股份有限公司\n证券简称：星河股份\n2022年年度报告\n截至2022年12月31日")
    assert found == About(("河北星河股份有限公司", "星河股份"), ("2022",), "annual report")


def test_short_texts_and_texts_that_do_not_say() -> None:
    assert about(make_document("2022_note", "Acme Inc.\nA note of 2022.")) == About()
    assert paged("manual.pdf", "How to clean a pump") == About()


def test_beside_a_title() -> None:
    found = About(("Amcor plc",), ("2022",), "10-K")
    assert found.beside("AMCOR 2022 10K") == ""
    assert found.beside("Form 10-K") == "Amcor 2022 10-K"
    assert About().beside("Form") == ""


FACTS = {
    "a22": About(("Best Buy Co., Inc.", "BBY", "BESTBUY"), ("2022",), "10-K"),
    "a23": About(("Best Buy Co., Inc.", "BBY", "BESTBUY"), ("2023",), "10-K"),
    "q23": About(("Best Buy Co., Inc.", "BBY"), ("2023Q2",), "10-Q"),
    "j": About(("JNJ", "JOHNSON JOHNSON"), ("2023",), "8-K"),
    "b": About(("BLOCK",), ("2020",), "10-K"),
    "z": About(("河北星河股份有限公司", "星河股份"), ("2022",), "annual report"),
}


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("What was Best Buy's revenue in FY2022?", "a22"),
        ("BESTBUY revenue 2023", "a23"),
        ("How did BBY do in Q2 of FY2023?", "q23"),
        ("What did J&J sell in 2023?", "j"),
        ("What did Johnson & Johnson sell?", "j"),
        ("What did JnJ sell?", "j"),
        ("What is Block's margin?", "b"),
        ("星河股份2022年的营业收入是多少？", "z"),
        ("河北星河的毛利率是多少", "z"),
    ],
)
def test_matches(question: str, best: str) -> None:
    found = AboutIndex.build(FACTS).matches(question)
    assert max(found, key=lambda document: found[document]) == best
    assert all(0 < score <= 2.2 for score in found.values())


def test_a_preference_and_no_filter() -> None:
    found = AboutIndex.build(FACTS).matches("Best Buy revenue in 2022")
    assert found["a22"] > found["a23"] > 1
    assert "j" not in found


def test_words_are_no_names() -> None:
    index = AboutIndex.build(FACTS)
    assert index.matches("Which block of flats is it?") == {}
    assert index.matches("") == {}
    assert set(index.matches("What happened in 2020?")) == {"b"}


def test_what_is_not_there_says_nothing() -> None:
    mine = AboutIndex.build({"b": FACTS["b"]})
    assert mine.matches("Best Buy revenue in 2022") == {}


def test_first_words() -> None:
    ulta = {"u": About(("Ulta Beauty, Inc.",), ("2022",))}
    assert set(AboutIndex.build(ulta).matches("What did Ulta earn?")) == {"u"}
    two = {**ulta, "v": About(("Ulta Systems, Inc.",), ("2022",))}
    assert AboutIndex.build(two).matches("What did Ulta earn?") == {}


def test_many_documents() -> None:
    facts = {f"d{n}": About((f"Company{n} Holdings Ltd",), (str(2000 + n % 24),)) for n in range(10_000)}
    index = AboutIndex.build(facts)
    with at_most(seconds=2):
        for n in range(100):
            assert f"d{n}" in index.matches(f"What was the revenue of Company{n} in fiscal year {2000 + n % 24}?")


def test_function_words_are_nobody_s_initials() -> None:
    index = AboutIndex.build({"its": About(names=("International Trade Systems, Inc.",))})
    assert not index.matches("what did its systems do?")
    assert index.matches("What did International Trade Systems do?")
