"""What tells the bearers of one name apart: occupations, lives, long forms, regions, years; and what must not."""

from __future__ import annotations

import re

import pytest
from helpers.quick import at_most

from knowledge.extract.candidate import Candidate
from knowledge.extract.english.names import widened
from knowledge.records import ALIAS, Mention, Relation
from knowledge.resolve.corpus import resolve_corpus
from knowledge.resolve.document import resolve_document
from knowledge.resolve.signs import long_form, person_sign
from knowledge.testing import make_document
from knowledge.types import DATE, NAME, ORG, PERSON, PLACE, PRODUCT, WORK

_MARKED = re.compile(r"\[([^\[\]|]+)\|([A-Z]+)\]")


def parse(marked: str) -> tuple[str, list[Candidate]]:
    text, at = "", 0
    found = []
    for match in _MARKED.finditer(marked):
        text += marked[at : match.start()]
        key = match[1] if match[2] == DATE else ""
        found.append(Candidate(len(text), len(text) + len(match[1]), match[2], "ner", key))
        text, at = text + match[1], match.end()
    return text + marked[at:], found


def types_of(marked: str) -> list[str]:
    """Return the types of the marked names of one document, one for each thing."""
    text, candidates = parse(marked)
    return sorted(entity.type for entity in resolve_document(make_document("d", text), candidates).entities)


def parts(*marked: str, says: tuple[int, str, str, str] | None = None) -> int:
    """Return how many entities have the name that is marked first in each document.

    ``says``: number of a document, and a relation in it.
    """
    entities, mentions, relations, firsts = [], [], [], []
    for number, written in enumerate(marked):
        text, candidates = parse(written)
        resolved = resolve_document(make_document(str(number), text), candidates)
        entities += resolved.entities
        firsts.append((resolved.entities[0].document_id, resolved.keys[0]))
        mentions += [
            Mention(number, key, text[c.start : c.end], c.type, c.start, c.end)
            for c, key in zip(candidates, resolved.keys, strict=True)
        ]
        relations += [Relation(number, a.key, ALIAS, a.other, a.start, a.end, 1.0) for a in resolved.aliases]
    if says:
        relations.append(Relation(*says, 0, 1, 0.9))
    chunks = {number: document for number, (document, _) in enumerate(firsts)}
    ways = []
    for rows in (entities, entities[::-1]):
        of = resolve_corpus(rows, mentions, chunks, relations).of
        ways.append([of[first] for first in firsts])
    assert ways[0] == ways[1]
    return len(set(ways[0]))


@pytest.mark.parametrize(
    ("marked", "sign"),
    [
        ("[Ann Velmor|PERSON], a nurse at the clinic, won.", "medicine"),
        ("[Ann Velmor|PERSON] is a senior lawyer in town.", "law"),
        ("[Ann Velmor|PERSON] worked as a welder.", "crafts"),
        ("Judge [Ann Velmor|PERSON] spoke.", "law"),
        ("[Judge Ann Velmor|PERSON] spoke.", "law"),
        ("[Ann Velmor|PERSON] (1850-1922) built it.", "1850-1922"),
        ("[Ann Velmor|PERSON] (3 May 1850 – 4 June 1922) was a lawyer.", "1850-1922"),
        ("The nurse [Ann Velmor|PERSON] (1850-1922) left.", "medicine, 1850-1922"),
        ("[Ann Velmor|PERSON] (2010-2015) chaired the board.", ""),
        ("[Ann Velmor|PERSON], a former nurse, chairs the board.", ""),
        ("[Ann Velmor|PERSON], a director, met [Bo Ek|PERSON], a nurse.", ""),
        ("[Ann Velmor|PERSON] met a nurse.", ""),
        ("[Ann Velmor|PERSON], a nurse, sat down. [Ann Velmor|PERSON] is a lawyer.", ""),
        ("[张维莫|PERSON]，江东木业会计，去年入职。", "accounting"),
        ("司机[张维莫|PERSON]到了。", "driving"),
        ("[张维莫|PERSON]女士在江东小学任教十年。", "teaching"),
        ("[张维莫|PERSON]，丈夫是医生，住在江东。", ""),
        ("[张维莫|PERSON]担任经理。", ""),
    ],
)
def test_what_is_said_of_somebody(marked: str, sign: str) -> None:
    text, candidates = parse(marked)
    name = text[candidates[0].start : candidates[0].end]
    assert person_sign(text, [(c.start, c.end) for c in candidates if text[c.start : c.end] == name]) == sign


@pytest.mark.parametrize(
    ("documents", "number"),
    [
        (["[Ann Velmor|PERSON], a nurse, won.", "Judge [Ann Velmor|PERSON] sat."], 2),
        (["[Ann Velmor|PERSON], a nurse, won.", "[Ann Velmor|PERSON], a midwife, won.", "[Ann Velmor|PERSON] sat."], 1),
        (["[Ann Velmor|PERSON], a director, won.", "[Ann Velmor|PERSON], an engineer, sat."], 1),
        (["[Ann Velmor|PERSON], a nurse, won.", "[Ann Velmor|PERSON] sat."], 1),
        # Whom the third document means, nobody can tell.
        (["[Ann Velmor|PERSON], a nurse, won.", "Judge [Ann Velmor|PERSON] sat.", "[Ann Velmor|PERSON] ran."], 3),
        (["[张维莫|PERSON]，江东木业会计，去年入职。", "[张维莫|PERSON]，江西医院主治医师，去年入职。"], 2),
        (["[张维莫|PERSON]，江东医院护士，去年入职。", "[张维莫|PERSON]，江东医院医生，去年入职。"], 1),
        (["[Ann Velmor|PERSON] (1850-1922) built it.", "[Ann Velmor|PERSON] (1950-2011) sang."], 2),
        (["[Ann Velmor|PERSON] (1850-1922) built it.", "[Ann Velmor|PERSON] (1851-1922) sang."], 1),
    ],
)
def test_namesakes_of_other_occupations_or_times_are_two(documents: list[str], number: int) -> None:
    assert parts(*documents) == number


def test_one_employer_outweighs_two_occupations() -> None:
    nurse = "[Ann Velmor|PERSON] of [Acme Clinic|ORG] won. [Ann Velmor|PERSON] is a nurse."
    driver = "[Ann Velmor|PERSON] of [Acme Clinic|ORG] won. [Ann Velmor|PERSON] is a driver."
    assert parts(nurse, driver) == 1
    assert parts(nurse, driver.replace("Acme", "Bolt")) == 2


@pytest.mark.parametrize(
    ("predicate", "year", "number"), [("join in", "2020", 2), ("join in", "1890", 1), ("honour in", "2020", 1)]
)
def test_the_dead_join_nothing(predicate: str, year: str, number: int) -> None:
    dead, later = "[Ann Velmor|PERSON] (1850-1922) built it.", f"[Ann Velmor|PERSON] joined in [{year}|DATE]."
    assert parts(dead, later, says=(1, "ann velmor", predicate, year)) == number


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("昨天江东稻米协会（简称“江东协”）开会。", "江东协", "江东稻米协会"),
        ("昨天江东稻米协会开会，江东协说。", "江东协", ""),
        ("Yesterday the Velmor Institute of Trees (VIT) met.", "VIT", "Velmor Institute of Trees"),
        ("The town (VIT) met.", "VIT", ""),
    ],
)
def test_long_forms_that_no_finder_saw(text: str, short: str, long: str) -> None:
    start = text.index(short)
    assert long_form(text, start, start + len(short)) == long


@pytest.mark.parametrize(
    ("documents", "number"),
    [
        (["江东稻米协会（简称“[江东协|ORG]”）开会。", "江东大学校友协会（简称“[江东协|ORG]”）开会。"], 2),
        (["江东稻米协会（简称“[江东协|ORG]”）开会。", "今年江东稻米协会（简称“[江东协|ORG]”）开会。"], 1),
        (["江东稻米协会（简称“[江东协|ORG]”）开会。", "[江东协|ORG]开会。"], 1),
        (["江东稻米协会（简称“[江东协|ORG]”）开会。", "[江东稻米协会|ORG]开会。"], 1),
        (["江东稻米协会（简称“[江东协|ORG]”）开会。", "[江东稻米协会|ORG]（简称“[江东协|ORG]”）开会。"], 1),
        (["江东稻米协会（简称“[江东协|ORG]”）开会。", "[江东大学校友协会|ORG]（简称“[江东协|ORG]”）开会。"], 2),
        (["The Velmor Institute of Trees ([VIT|ORG]) met.", "The Vale Ice Team ([VIT|ORG]) met."], 2),
    ],
)
def test_short_forms_of_several_long_forms_are_several(documents: list[str], number: int) -> None:
    assert parts(*documents) == number


@pytest.mark.parametrize(
    ("documents", "number"),
    [
        (["[Velmor|PLACE], in the old county of Lorn, is wet.", "[Velmor|PLACE], in the province of Dale, is dry."], 2),
        (["[Velmor|PERSON], in the old county of Lorn, is wet.", "[Velmor|PERSON], in the county of Lorn, is dry."], 1),
        (["[Velmor|PLACE], in the old county of Lorn, is wet.", "[Velmor|PLACE] is dry."], 1),
    ],
)
def test_towns_in_two_regions_are_two(documents: list[str], number: int) -> None:
    assert parts(*documents) == number


@pytest.mark.parametrize(
    ("marked", "kinds"),
    [
        ("[Velmor|ORG], the bicycle maker, is glad. The [Velmor|ORG] weighs nine kilograms.", [ORG, PRODUCT]),
        ("[Velmor|ORG], the bicycle maker, is glad. The [Velmor|ORG] board met.", [ORG]),
        ("[Ann Velmor|PERSON] gave money. The [Ann Velmor|PERSON] was launched in May.", [PERSON, PRODUCT]),
        ("[Ann Velmor|PERSON] gave money. The [Ann Velmor|PERSON] was a success.", [PERSON]),
        ("[张维莫|PERSON]生前住在江东。书名是《[张维莫|PERSON]》。", [PERSON, WORK]),
        ("[江东日报|ORG]报道。《[江东日报|ORG]》说。", [ORG]),
    ],
)
def test_things_that_bear_the_name_of_another(marked: str, kinds: list[str]) -> None:
    assert types_of(marked) == kinds


def test_what_others_call_somebody_is_another_name() -> None:
    named = "[Ann Velmor Roe|PERSON], whom most friends call [AVR|NAME], came."
    assert parts("[AVR|NAME] came. " + named, "The [Alpine Vole Register|ORG] ([AVR|ORG]) grew.") == 2
    text, candidates = parse(named)
    (alias,) = resolve_document(make_document("d", text), candidates).aliases
    assert (alias.key, alias.other) == ("ann velmor roe", "avr")


@pytest.mark.parametrize(
    ("text", "name", "whole"),
    [
        ("under the FY2021 Harbour Plan we", "Harbour Plan", "FY2021 Harbour Plan"),
        ("under the FY 2021/22 Harbour Budget we", "Harbour Budget", "FY 2021/22 Harbour Budget"),
        ("in FY2021 Harbour Mills grew", "Harbour Mills", "Harbour Mills"),
    ],
)
def test_a_fiscal_year_is_part_of_the_name_of_a_plan(text: str, name: str, whole: str) -> None:
    start = text.index(name)
    begin, end = widened(text, start, start + len(name), NAME)
    assert text[begin:end] == whole


def test_parentheses_are_no_signs() -> None:
    text, candidates = parse("[Ann Velmor (nurse)|PERSON] won. [Ann Velmor (nurse)|PERSON] is a lawyer.")
    (entity,) = resolve_document(make_document("d", text), candidates).entities
    assert (entity.key, entity.qualifier) == ("ann velmor (nurse)", "nurse")


@pytest.mark.parametrize(
    "unit",
    [
        "[Ann Velmor|PERSON] (1850 – ",
        "[Velmor|PLACE], in the a a a of A A ",
        "稻米协会（简称[江东|ORG]",
        "[VIT|ORG] (A a (",
    ],
)
def test_time_is_in_proportion(unit: str) -> None:
    text, candidates = parse(unit * 5000)
    with at_most(seconds=6):
        resolve_document(make_document("d", text), candidates)


def test_places_of_one_document_keep_one_key() -> None:
    text, candidates = parse("[Velmor|PLACE], in the county of Lorn, is wet. [Velmor|PLACE] is big.")
    resolved = resolve_document(make_document("d", text), candidates)
    assert [entity.key for entity in resolved.entities] == ["velmor (lorn)"]
    assert resolved.entities[0].type == PLACE
