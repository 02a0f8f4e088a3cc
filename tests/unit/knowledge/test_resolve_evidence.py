"""What the words around a name, and the name's own last word, say of its kind; where a name begins and ends."""

from __future__ import annotations

import pytest
from helpers.quick import at_most

from knowledge.extract.candidate import Candidate
from knowledge.extract.english.names import widened
from knowledge.resolve.document import resolve_document
from knowledge.resolve.evidence import stated_kind
from knowledge.resolve.forms import evident_type, model_base, person, person_normal, work_base
from knowledge.testing import make_document
from knowledge.types import EVENT, NAME, ORG, PERSON, PLACE, PRODUCT, WORK


def entities(text: str, name: str, *kinds: str) -> list[tuple[str, str]]:
    """Return key and type of each place that has a name, for which a recognizer gives ``kinds``."""
    candidates, at = [], 0
    for kind in kinds:
        at = text.index(name, at)
        candidates.append(Candidate(at, at + len(name), kind, "ner"))
        at += len(name)
    resolved = resolve_document(make_document("d", text, title="Note"), candidates)
    types = {entity.key: entity.type for entity in resolved.entities}
    return [(key, types[key]) for key in resolved.keys]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[Velmor], the paper group, is hiring.", ORG),
        ("[Velmor], a small town in the north, is old.", PLACE),
        ("[Velmor] is a town on the coast.", PLACE),
        ("It lies by the village of [Velmor].", PLACE),
        ("The new lamp is also called [Velmor].", PRODUCT),
        ("She read the novel [Velmor].", WORK),
        ("公司的首款产品也叫[维莫]。", PRODUCT),
        ("[维莫]是一家小公司。", ORG),
        ("Jane Smith met [Velmor], the bank, and the union.", ""),
        ("In [Velmor], the company is planning a mill.", ""),
        ("[Velmor] said so.", ""),
        ("the mayor of [Velmor]", ""),
    ],
)
def test_a_noun_beside_a_name_says_of_which_kind_it_is(text: str, kind: str) -> None:
    start, end = text.index("["), text.index("]") - 1
    assert stated_kind(text.replace("[", "").replace("]", ""), start, end) == kind


def test_a_company_and_the_village_that_it_is_named_after_are_two() -> None:
    text = "Velmor, the paper group, cuts jobs. Its name is that of the village of Velmor, where it began."
    assert entities(text, "Velmor", ORG, ORG) == [("velmor", ORG), ("velmor (place)", PLACE)]


def test_a_founder_and_the_company_that_bears_the_name_are_two() -> None:
    text = "Anton Velmor built his first boat in 1911. Anton Velmor, the company, has nine yards."
    (one, first), (other, second) = entities(text, "Anton Velmor", PERSON, PERSON)
    assert (first, second) == (PERSON, ORG)
    assert one != other


@pytest.mark.parametrize("kinds", [(ORG, PLACE, ORG), (PERSON, ORG, ORG), (ORG, ORG, PLACE)])
def test_types_that_nothing_in_the_text_speaks_for_are_noise(kinds: tuple[str, ...]) -> None:
    text = "Velmor grows. The price of Velmor rose. Then Velmor fell."
    assert len(set(entities(text, "Velmor", *kinds))) == 1


def test_one_kind_that_the_text_tells_corrects_the_recognizer() -> None:
    assert entities("Velmor, the paper group, grows. So Velmor pays.", "Velmor", PLACE, PERSON) == [("velmor", ORG)] * 2


def test_what_one_has_shares_in_is_a_company() -> None:
    assert entities("Shares in Velmor rose.", "Velmor", PLACE) == [("velmor", ORG)]
    assert entities("A depot in Velmor burnt.", "Velmor", PLACE) == [("velmor", PLACE)]


def test_a_surname_is_no_place_unless_one_goes_there() -> None:
    text = "Bo Velmor came. Then Velmor left."
    candidates = [Candidate(0, 9, PERSON, "ner"), Candidate(21, 27, PLACE, "ner")]
    assert len(set(resolve_document(make_document("d", text), candidates).keys)) == 1
    text = "Bo Velmor came from Velmor."
    candidates = [Candidate(0, 9, PERSON, "ner"), Candidate(20, 26, PLACE, "ner")]
    assert len(set(resolve_document(make_document("d", text), candidates).keys)) == 2


@pytest.mark.parametrize(
    ("name", "kind", "evident"),
    [
        ("Velmor Timber", PLACE, ORG),
        ("St. Ann's School", PERSON, ORG),
        ("Larch Quay", PERSON, PLACE),
        ("Café Velmor", PLACE, ORG),
        ("Velmor X7", PERSON, PRODUCT),
        ("Samuel Hill", PERSON, PERSON),
        ("Mr. Timber", PERSON, PERSON),
        ("Velmor Timber", WORK, WORK),
        ("Louis 14", PERSON, PERSON),
    ],
)
def test_the_last_word_of_a_name_corrects_the_recognizer(name: str, kind: str, evident: str) -> None:
    assert evident_type(kind, name) == evident


def test_short_names_of_products_and_works() -> None:
    assert model_base("Velmor X7 Garden Pump") == "Velmor X7"
    assert model_base("Velmor X7 Battery") == model_base("Velmor Pump") == model_base("Velmor X7") == ""
    assert work_base("The Long Road: A Life") == "The Long Road"
    assert work_base("The Long Road: Part Two") == work_base("The Long Road") == ""


def test_a_nickname_is_no_part_of_the_name() -> None:
    assert person('Robert "Bob" Velmor').nickname == "bob"
    assert person_normal('Robert "Bob" Velmor') == person_normal("Robert Velmor")


@pytest.mark.parametrize(
    ("text", "name", "kind", "whole"),
    [
        ("So Mr. Velmor said.", "Velmor", PERSON, "Mr. Velmor"),
        ("So Prof. Dr. Ann Velmor said.", "Ann Velmor", PERSON, "Prof. Dr. Ann Velmor"),
        ("So director Ann Velmor said.", "Ann Velmor", PERSON, "Ann Velmor"),
        ("So Captain Ann Velmor said.", "Ann Velmor", PERSON, "Ann Velmor"),
        ("Ann Velmor, Jr. said.", "Ann Velmor", PERSON, "Ann Velmor, Jr."),
        ("Ann Velmor III said.", "Ann Velmor", PERSON, "Ann Velmor III"),
        ("The Velmor Music Festival 2019 was wet.", "Velmor Music Festival", EVENT, "Velmor Music Festival 2019"),
        ("The Travel Policy 2023 holds.", "Travel Policy", NAME, "Travel Policy 2023"),
        ("Velmor Foods 2019 was wet.", "Velmor Foods", ORG, "Velmor Foods"),
        ("The Velmor Festival 2019-20 was wet.", "Velmor Festival", EVENT, "Velmor Festival"),
    ],
)
def test_a_name_takes_in_what_tells_its_bearer_from_others(text: str, name: str, kind: str, whole: str) -> None:
    start = text.index(name)
    begin, end = widened(text, start, start + len(name), kind)
    assert text[begin:end] == whole


@pytest.mark.parametrize("one", ["Velmor, the group, ", "the village of Velmor ", "Velmor Velmor ", "Velmor, Velmor, "])
def test_many_places_of_one_name_take_no_quadratic_time(one: str) -> None:
    text = one * 10_000
    candidates, at = [], text.find("Velmor")
    while at >= 0:
        candidates.append(Candidate(at, at + 6, ORG, "ner"))
        at = text.find("Velmor", at + 6)
    with at_most(seconds=10):
        assert set(resolve_document(make_document("d", text), candidates).keys) <= {"velmor", "velmor (place)"}
