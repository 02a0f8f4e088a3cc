"""What of a text is no matter of degree."""

from __future__ import annotations

import pytest

from rag.candidates import same
from rag.exact import Exact


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,480 euros, 3.5 weeks", {"1480", "3.5"}),
        ("from -5 to 12 degrees", {"-5", "12"}),
        ("5-10 days, A-4", {"5", "10", "4"}),
        ("twenty-five of thirty people", {"25", "30"}),
        ("one of them", set()),
        ("二十天，三百五十元，一个人", {"20", "350"}),
        ("十三天", {"13"}),
        ("两年", {"2"}),
        ("$20", {"20"}),
    ],
)
def test_numbers(text: str, numbers: set[str]) -> None:
    assert Exact.of(text).numbers == numbers


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("$5 million", {"$", "10^6"}),
        ("20 % of 3 euros", {"%", "€"}),
        ("20 percent", {"%"}),
        ("五百万元", {"10^6", "¥"}),
        ("3亿美元", {"10^8", "$"}),
        ("20 days", set()),
    ],
)
def test_units(text: str, units: set[str]) -> None:
    assert Exact.of(text).units == units


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("on 3 June 2024", {"Jun"}),
        ("It begins in May.", {"May"}),
        ("May I leave in September, or 4 Sept?", {"Sep"}),
        ("They march. March 3", {"Mar"}),
        ("Staff may stay", set()),
    ],
)
def test_months(text: str, months: set[str]) -> None:
    assert Exact.of(text).months == months


def test_names_stand_inside_a_sentence() -> None:
    assert Exact.of("Signed by Maria Lopez in June, not in C++").names == {"maria", "lopez", "c++"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1998", "3 May 1998"),
        ("27 days", "27 days of leave"),
        ("27", "27 days"),
        ("$20", "20"),
        ("5 million", "5 million euros"),
        ("twenty days", "20 twenty days"),
        ("二十天", "二十天"),
        ("3 hours", "3 hours 42 minutes"),
    ],
)
def test_answers_that_may_be_the_same(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("allowed", "not allowed"),
        ("三天", "十三天"),
        ("$20", "€20"),
        ("-5 °C", "5 °C"),
        ("10", "10 - 20"),
        ("2", "1/2"),
        ("C", "C++"),
        ("5 million", "5 billion"),
        ("3 May 1998", "3 June 1998"),
    ],
)
def test_answers_that_differ(one: str, other: str) -> None:
    assert not same(one, other)
    assert not same(other, one)
