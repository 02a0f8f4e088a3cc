"""Dates and places in brackets after names."""

from __future__ import annotations

import pytest

from knowledge.extract.brackets import bracketed
from knowledge.extract.candidate import Candidate
from knowledge.types import NAME, ORG, PERSON, PLACE, WORK
from knowledge.values import find_values


def candidates(text: str, names: dict[str, str]) -> list[Candidate]:
    named = [Candidate(text.index(name), text.index(name) + len(name), kind, "ner") for name, kind in names.items()]
    values = [Candidate(v.start, v.end, v.type, "value", v.key) for v in find_values(text, "en")]
    return sorted([*named, *values], key=lambda c: c.start)


def said(text: str, **names: str) -> list[tuple[str, str, str]]:
    found = candidates(text, {name.replace("_", " "): kind for name, kind in names.items()})
    statements = bracketed(
        text, found, [(0, len(text))], born="born", died="died", released="released in", dated="dated"
    )
    return [
        (text[s.subject.start : s.subject.end], s.predicate, text[s.object.start : s.object.end]) for s in statements
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Ann Lee (2 June 1904 – 10 June 1989) sang.",
        "Ann Lee( born 2 June 1904, died 10 June 1989) sang.",
        "Ann Lee (2 June 1904 - 10 June 1989) sang.",
    ],
)
def test_lives(text) -> None:
    assert said(text, Ann_Lee=PERSON) == [("Ann Lee", "born", "2 June 1904"), ("Ann Lee", "died", "10 June 1989")]


def test_one_end_of_a_life() -> None:
    assert said("Ann Lee( died 875) ruled.", Ann_Lee=PERSON) == [("Ann Lee", "died", "875")]
    assert said("Ann Lee (born 1904) sings.", Ann_Lee=NAME) == [("Ann Lee", "born", "1904")]


def test_places_of_a_life() -> None:
    found = said("Ann Lee (2 June 1904 in Oslo – 1989 in Bergen) sang.", Ann_Lee=PERSON, Oslo=PLACE, Bergen=PLACE)
    assert found == [
        ("Ann Lee", "born", "2 June 1904"),
        ("Ann Lee", "born in", "Oslo"),
        ("Ann Lee", "died", "1989"),
        ("Ann Lee", "died in", "Bergen"),
    ]


def test_other_things_have_a_date() -> None:
    assert said('He directed "Heat" (1995) there.', Heat=WORK) == [("Heat", "released in", "1995")]
    assert said("Ann Lee (1995) told them so.", Ann_Lee=PERSON) == []
    assert said("Oslo (born 1995) is a place.", Oslo=PLACE) == []


def test_no_bracket_and_no_end() -> None:
    assert said("Acme was founded in 1961 (so they say).", Acme=ORG) == []
    assert said("Acme (founded in 1961 " + "and so on " * 60 + ")", Acme=ORG) == []
