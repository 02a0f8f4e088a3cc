"""Spans that are about something else than the question."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.bases import small_base

TEXT = (
    "# Outage of the Kite portal\n\nThe outage of the Kite portal lasted 3 hours. Alarms are sent when the Kite portal "
    "does not answer for 20 minutes. The margin of Kite was 11 percent in 2025.\n"
)


@pytest.mark.parametrize(
    ("question", "span", "rival"),
    [
        ("For how long was the Kite portal down?", "20 minutes", True),
        ("For how long was the Kite portal down?", "3 hours", False),
        ("After how many minutes are alarms sent?", "20 minutes", False),
        ("What was the margin of Kite in 2024?", "11 percent", True),
        ("What was the margin of Kite in 2025?", "11 percent", False),
        ("What was the margin of Kite?", "11 percent", False),
    ],
)
def test_conditions_and_other_years_answer_something_else(
    tmp_path: Path, question: str, span: str, rival: bool
) -> None:
    base, _ = small_base(tmp_path, {"kite.md": TEXT}, spans={span: 9.0})
    with base:
        (found,) = base.weigh(question).found
    assert (found.short, found.rival) == (span, rival)


@pytest.mark.parametrize(
    ("question", "silent"),
    [
        ("What is the salary of Ann Bell?", True),
        ("What is the extension of Ann Bell?", False),
        ("Which extension do I dial for Ann Bell?", False),
        ("Is Ann Bell in Oslo?", False),
    ],
)
def test_a_row_without_a_column_for_what_is_asked_is_silent(tmp_path: Path, question: str, silent: bool) -> None:
    base, _ = small_base(tmp_path, {"staff.csv": "Name,Office,Extension\nAnn Bell,Oslo,5127\nBo Lund,Lund,5200\n"})
    with base:
        assert base.weigh(question).silent == silent
