"""What is compared of a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.resolve import entity_key
from knowledge.resolve.forms import (
    abbreviates,
    display,
    folded,
    group_base,
    is_acronym,
    legal,
    middle_classes,
    normal,
    person,
    person_normal,
    spelled_out,
    split_qualifier,
    title_parts,
    within,
)


@pytest.mark.parametrize(
    "names",
    [
        ["J.P. Morgan & Co.", "JP Morgan and Co", "The JPMorgan & Co’s"],
        ["Café", "CAFE", "cafe\u0301"],
        ["Łódź", "Lodz"],
        ["Ａｃｍｅ　Ｌｔｄ", "Acme Ltd"],
        ["臺灣積體電路", "台湾积体电路"],
        ["X-200", "X200™", "x 200", "“X200”"],
        ["史蒂夫·乔布斯", "史蒂夫•乔布斯", "史蒂夫乔布斯"],
    ],
)
def test_normal(names) -> None:
    assert len({normal(name) for name in names}) == 1


@pytest.mark.parametrize(
    "names",
    [
        ["C", "C++", "C#"],
        ["11-2", "1-12", "112"],
        ["й", "и"],
        ["กา", "กี"],
        ["Google", "Google+"],
        ["王伟", "王伟明"],
        ["!", "?"],
    ],
)
def test_normal_keeps_apart(names) -> None:
    assert len({normal(name) for name in names}) == len(names)


@given(st.text(max_size=30))
def test_normal_of_anything(text) -> None:
    for made in (normal(text), folded(text), person_normal(text), legal(text)[0], display(text)):
        assert isinstance(made, str)
    assert normal(entity_key(text)) == normal(text) or not text.isascii() or "'" in text or "the" in text.casefold()


def test_umlauts_in_two_letters() -> None:
    assert normal(spelled_out("Müller")) == normal("Mueller")
    assert spelled_out("Muller") == spelled_out("Café") == ""


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Acme Pump Co., Ltd.", ("acmepump", "ltd")),
        ("Acme Limited", ("acme", "ltd")),
        ("Acme L.L.C.", ("acme", "llc")),
        ("Acme S.p.A.", ("acme", "spa")),
        ("Acme S.A.", ("acme", "sa")),
        ("Acme Sp. z o.o.", ("acme", "sp z oo")),
        ("Acme GmbH & Co. KG", ("acme", "gmbh co kg")),
        ("Acme A/S", ("acme", "as")),
        ("Acme PLC", ("acme", "plc")),
        ("Acme", ("acme", "")),
        ("Limited", ("limited", "")),
        ("北京星河有限责任公司", ("北京星河", "有限公司")),
        ("北京星河股份公司", ("北京星河", "股份有限公司")),
        ("北京星河公司", ("北京星河", "公司")),
        ("有限公司", ("有限公司", "")),
        ("ACME有限公司", ("acme", "有限公司")),
    ],
)
def test_legal(name, parts) -> None:
    assert legal(name) == parts


def test_sure_legal_forms() -> None:
    assert legal("iPhone SE", True) == ("iphonese", "")
    assert legal("Acme GmbH", True) == ("acme", "gmbh")


def test_groups() -> None:
    assert group_base("星河集团") == "星河"
    assert group_base("集团") == group_base("星河") == group_base("acme") == ""


@pytest.mark.parametrize(
    ("name", "given_name", "middles", "last", "generation", "gender"),
    [
        ("Dr. Jane Q. Smith Jr.", "jane", ("q",), "smith", "jr", ""),
        ("Mrs Jane Smith, Ph.D.", "jane", (), "smith", "", "f"),
        ("Smith, Jane", "jane", (), "smith", "", ""),
        ("Smith, Jr.", "", (), "smith", "jr", ""),
        ("J.Q. Public", "j", ("q",), "public", "", ""),
        ("Ludwig van Beethoven", "ludwig", (), "vanbeethoven", "", ""),
        ("van Gogh", "", (), "vangogh", "", ""),
        ("Elizabeth II", "", (), "elizabeth", "ii", ""),
        ("Mr. Smith", "", (), "smith", "", "m"),
        ("王伟先生", "伟", (), "王", "", "m"),
        ("王先生", "", (), "王", "", "m"),
        ("欧阳修", "修", (), "欧阳", "", ""),
        ("张偉教授", "伟", (), "张", "", ""),
        ("史蒂夫·乔布斯", "史蒂夫", (), "乔布斯", "", ""),
        ("Doctor", "", (), "doctor", "", ""),
    ],
)
def test_person(name, given_name, middles, last, generation, gender) -> None:
    found = person(name)
    assert (found.given, found.middles, found.last, found.generation) == (given_name, middles, last, generation)
    assert found.gender == gender
    assert found.bare == (not given_name)


def test_middle_names() -> None:
    none, q, quinn, r = (), ("q",), ("quinn",), ("r",)
    same = middle_classes({none, q})
    assert same[none] == same[q]
    same = middle_classes({none, q, quinn})
    assert same[q] == same[quinn] != same[none]
    assert len(set(middle_classes({none, q, r}).values())) == 3
    assert len(set(middle_classes({none, quinn}).values())) == 2


def test_display() -> None:
    assert display(" the Acme\n Ltd.’s ") == "Acme Ltd."
    assert display("“Acme”,") == "Acme"
    assert display("Dr. Jane Smith", True) == display("Smith, Jane", True) == "Jane Smith"
    assert display("王伟先生", True) == "王伟"
    assert display("Mercury (planet)") == "Mercury (planet)"
    assert display("“”") == "“”"


def test_acronyms() -> None:
    assert all(map(is_acronym, ["WHO", "R&D", "IoT", "3M2X"]))
    assert not any(map(is_acronym, ["Acme", "A", "W H O", "who", "世卫"]))
    assert abbreviates("WHO", "World Health Organization")
    assert abbreviates("BoA", "Bank of America")
    assert abbreviates("APG", "Acme Pump GmbH")
    assert abbreviates("AP", "Acme Pump GmbH")
    assert not abbreviates("WHO", "World Bank")
    assert not abbreviates("A", "Acme")
    assert within("北大", "北京大学")
    assert not within("北大", "北大")


def test_qualifiers() -> None:
    assert split_qualifier("Mercury (Planet)") == ("Mercury", "planet")
    assert split_qualifier("水星（行星）") == ("水星", "行星")
    assert split_qualifier("(x)") == ("(x)", "")
    assert title_parts("World Health Organization (WHO)") == ("World Health Organization", "")
    assert title_parts("阿里巴巴 (Alibaba)") == ("阿里巴巴", "")
    assert title_parts("Handbook (2023)") == ("Handbook", "2023")


def test_keys_keep_programming_languages_apart() -> None:
    assert [entity_key(name) for name in ("C", "C++", "C#", "'", "The")] == ["c", "c++", "c#", "'", "the"]
