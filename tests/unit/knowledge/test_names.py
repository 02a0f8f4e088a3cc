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
