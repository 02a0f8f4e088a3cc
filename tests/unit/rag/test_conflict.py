from pathlib import Path

import pytest
from helpers.bases import small_base

from rag.conflict import date_key, document_date
from rag.records import Answer

OLD = "# Travel policy 2021\n\nThe daily meal allowance in Dundee is 32 pounds.\n"
NEW = "# Travel policy 2023\n\nThe daily meal allowance in Dundee is 38 pounds.\n"
QUESTION = "How high is the daily meal allowance in Dundee?"


def asked(folder: Path, texts: dict[str, str], **spans: float) -> Answer:
    base, _ = small_base(folder, texts, spans={key.replace("_", " "): value for key, value in spans.items()})
    return base.ask(QUESTION)


def test_disagreeing_sources_are_both_told_the_newer_first(tmp_path: Path) -> None:
    answer = asked(tmp_path, {"a.md": OLD, "b.md": NEW}, **{"32_pounds": 9.0, "38_pounds": 8.0})
    assert [(side.short, side.date) for side in answer.sides] == [("38 pounds", "2023"), ("32 pounds", "2021")]
    assert answer.short == "38 pounds"
    assert "disagree" in answer.answer
    for side in answer.sides:
        quote = next(c.quote for c in answer.citations if c.number == side.citation)
        assert side.short in quote


def test_the_same_value_twice_is_no_disagreement(tmp_path: Path) -> None:
    answer = asked(tmp_path, {"a.md": OLD, "b.md": NEW.replace("38", "32")}, **{"32_pounds": 9.0})
    assert answer.sides == ()
    assert answer.short == "32 pounds"


def test_rows_about_other_things_do_not_disagree(tmp_path: Path) -> None:
    dundee = "# Dundee\n\nPlace: Dundee | Daily meal allowance: 38 pounds\n"
    tampere = "# Tampere\n\nPlace: Tampere | Daily meal allowance: 45 euros\n"
    answer = asked(tmp_path, {"a.md": dundee, "b.md": tampere}, **{"38_pounds": 9.0, "45_euros": 8.5})
    assert answer.sides == ()


@pytest.mark.parametrize(
    ("title", "opening", "expected"),
    [
        ("Travel policy 2023", "Date: 1 May 2021", "2023"),
        ("Travel policy", "Valid from 1 February 2026. Made in 2020.", "1 February 2026"),
        ("Notice", "2026-03-09 notice", "2026-03-09"),
        ("通知", "2025年3月1日起执行", "2025年3月1日"),
        ("Part 20255", "nothing", ""),
    ],
)
def test_a_documents_date_is_what_it_says(title: str, opening: str, expected: str) -> None:
    assert document_date(title, opening) == expected


def test_dates_are_ordered() -> None:
    dates = ["2020", "March 2021", "2021-11-02", "3 Dec 2021", "2022年1月5日", "2022-01-06"]
    assert sorted(dates, key=date_key) == dates
