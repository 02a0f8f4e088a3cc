"""Known names in text."""

from __future__ import annotations

import pytest

from knowledge.names import NameIndex

INDEX = NameIndex(
    [
        ("Lincoln", "lincoln"),
        ("New York", "ny"),
        ("New York City", "nyc"),
        ("pump", "pump"),
        ("差旅制度", "travel"),
        ("制度", "rules"),
        ("The", "the"),
        ("X", "x"),
        ("ÖBB", "oebb"),
        ("3M", "3m"),
    ]
)


def found(text: str) -> list[str]:
    hits = INDEX.find(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
    return [hit.key for hit in hits]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("He saw Lincoln in New York.", ["lincoln", "ny"]),
        ("in New York City", ["nyc"]),
        ("the newyorker, Newark and Lincolnshire", []),
        ("pumps are no pump", ["pump"]),
        ("PUMP", ["pump"]),
        ("He joined Lincoln City Council", []),
        ("He joined Abraham Lincoln there", []),
        ("The Lincoln speech. Lincoln spoke.", ["lincoln", "lincoln"]),
        ("when was lincoln in new york?", ["lincoln", "ny"]),
        ("He saw a lincoln", []),
        ("公司差旅制度是什么", ["travel"]),
        ("这个制度的", ["rules"]),
        ("The X", []),
        ("ÖBB and 3M", ["oebb", "3m"]),
        ("", []),
    ],
)
def test_find(text, keys) -> None:
    assert found(text) == keys


def test_one_name_of_several() -> None:
    index = NameIndex([("Mercury", "planet"), ("Mercury", "element"), ("Mercury", "planet")])
    assert [hit.key for hit in index.find("on Mercury")] == ["planet", "element"]


def test_offsets_where_lower_case_is_longer() -> None:
    text = "İİİ in New York"
    (hit,) = INDEX.find(text)
    assert text[hit.start : hit.end] == "New York"


def test_no_names() -> None:
    assert NameIndex([]).find("anything") == []
    assert NameIndex([(" ", "a"), ("", "b")]).find("anything") == []


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("Who runs Norvik Optik?", ["Norrvik Optik"]),
        ("Is Norrvik Opitk a supplier of Tessavine Instruments?", ["Norrvik Optik"]),
        ("Who runs Norrvik Optik?", []),
        ("Who runs Norrvik Optiks?", []),  # an ending
        ("Who runs Dorrvik Optik?", []),  # the first letter
        ("Is Release 2026 out?", []),  # a digit
        ("Where is Ana Bergman?", ["Anna Bergman"]),
        ("Where is Anna Bargmen?", []),  # as near to two
        ("what does norvik optik sell?", []),  # no capitals, no name
        ("诺维克的光学模块多少钱？", []),
    ],
)
def test_a_name_is_recognised_in_spite_of_an_error(question: str, meant: list[str]) -> None:
    names = ["Norrvik Optik", "Tessavine Instruments", "Release 2025", "Anna Bergman", "Anna Bargman", "Anna Bergmen"]
    found = NameIndex((name, name) for name in names).misspelt(question)
    assert [name for _, _, name in found] == meant
    assert all(question[start:end] != name for start, end, name in found)
