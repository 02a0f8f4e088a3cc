"""What one document names, whatever it calls it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from helpers.quick import at_most
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.extract.candidate import Candidate
from knowledge.resolve.document import Resolved, defined_terms, resolve_document
from knowledge.testing import make_document
from knowledge.types import MONEY, NAME, ORG, PERSON, PLACE, PRODUCT

_MARKED = re.compile(r"\[([^\[\]|]+)\|([A-Z]+)(?:\|([^\]]+))?\]")


def parse(marked: str) -> tuple[str, list[Candidate]]:
    """Read ``[Jane Smith|PERSON]`` and ``[it|NAME|key]``: a text with its candidates."""
    text, at = "", 0
    candidates = []
    for match in _MARKED.finditer(marked):
        text += marked[at : match.start()]
        origin = "topic" if match[3] else "ner"
        candidates.append(Candidate(len(text), len(text) + len(match[1]), match[2], origin, match[3] or ""))
        text, at = text + match[1], match.end()
    return text + marked[at:], candidates


def resolve(marked: str, title: str = "") -> tuple[Resolved, list[tuple[str, str]]]:
    text, candidates = parse(marked)
    candidates = sorted([*candidates, *defined_terms(text, candidates)], key=lambda c: c.start)
    assert all(a.end <= b.start for a, b in pairwise(candidates))
    resolved = resolve_document(make_document("d", text, title=title), candidates)
    entities = {entity.key for entity in resolved.entities}
    assert [entity.key for entity in resolved.entities] == sorted(entities)
    assert set(resolved.keys) <= entities
    assert {key for alias in resolved.aliases for key in (alias.key, alias.other)} <= entities
    return resolved, [(text[c.start : c.end], key) for c, key in zip(candidates, resolved.keys, strict=True)]


def keys(marked: str, title: str = "") -> list[str]:
    return [key for _, key in resolve(marked, title)[1]]


def aliases(marked: str) -> list[tuple[str, str]]:
    return [(alias.key, alias.other) for alias in resolve(marked)[0].aliases]


@pytest.mark.parametrize(
    "marked",
    [
        "[Dr. Jane Smith|PERSON] came. [Smith|NAME] and [Jane|PERSON] and [Dr. Smith|PERSON] and [Smith’s|PERSON]",
        "[Jane Smith|PERSON] [Jane Q. Smith|PERSON] [J. Smith|PERSON] [JANE SMITH|NAME] [Smith, Jane|PERSON]",
        "[José Núñez|PERSON] [Jose Nunez|PERSON] [Núñez|PERSON]",
        "[Ludwig van Beethoven|PERSON] [Beethoven|NAME] [van Beethoven|PERSON]",
        "[Mrs. Jane Smith|PERSON] [Mr. John Smith|PERSON|jane smith] [Mrs. Smith|PERSON]",
        "[张伟|PERSON] [张先生|PERSON] [張偉教授|PERSON]",
        "[史蒂夫·乔布斯|PERSON] [乔布斯|PERSON] [史蒂夫乔布斯|PERSON]",
        "[Acme Corp.|ORG] [Acme|ORG] [ACME Corporation|ORG] [the Acme Corp’s|ORG] [acme|NAME]",
        "[Acme Pump GmbH|ORG] began. [Acme|ORG] grew.",
        "[Siemens Aktiengesellschaft|ORG] [Siemens AG|ORG] [Siemens|NAME]",
        "[Coca-Cola|ORG] [Coca Cola|ORG] [The Coca–Cola|ORG]",
        "[AT&T|ORG] [AT & T|ORG] [AT and T|ORG]",
        "[X-200|PRODUCT] [X200|PRODUCT] [x 200|NAME] [Ｘ２００|PRODUCT]",
        "[北京星澜科技有限公司|ORG] [星澜|ORG] [北京星澜科技|ORG] [北京星瀾科技有限公司|ORG]",
        "[World Food Fund|ORG] [WFF|ORG]",
        "[Springfield, Illinois|PLACE] [Springfield|PLACE]",
        "[Springfield|PLACE], Illinois [Springfield|PLACE], IL [Springfield|NAME].",
        "[Charleston|PLACE], West Virginia. [Charleston|PLACE], West Virginia",
        "[Jane Smith|NAME] [Mrs. Jane Smith|NAME] [Mrs. Smith|NAME]",
        '[Acme Corp|ORG] (the "Company") sells. The Company grows. “[Company|ORG]” the Company\'s',
        "[Acme Corp|ORG], hereinafter referred to as the “Supplier”, sells. The Supplier grows.",
        "[北京星澜科技有限公司|ORG]（以下简称“星澜”）成立。星澜增长，据星澜报道。",
        "[北京星澜科技有限公司|ORG]（下称“公司”）成立。公司增长，由公司承担。",
        "[Mercury|NAME] [Mercury (planet)|NAME] [Mercury|PLACE]",
    ],
)
def test_one(marked) -> None:
    found = keys(marked)
    assert len(found) > 1
    assert len(set(found)) == 1, found


@pytest.mark.parametrize(
    "marked",
    [
        "[Jane Smith|PERSON] [John Smith|PERSON] [Smith|PERSON]",
        "[John Smith Jr.|PERSON] [John Smith Sr.|PERSON] [John Smith|PERSON] [John Smith III|PERSON]",
        "[Mr. Smith|PERSON] [Mrs. Smith|PERSON]",
        "[Ms. Jane Smith|PERSON] [Mr. Smith|PERSON]",
        "[Jane Q. Smith|PERSON] [Jane R. Smith|PERSON] [Jane Smith|PERSON]",
        "[John Adams|PERSON] [John Quincy Adams|PERSON]",
        "[王伟|PERSON] [王伟明|PERSON] [王先生|PERSON]",
        "[张伟|PERSON] [李先生|PERSON] [李女士|PERSON]",
        "[Acme Ltd|ORG] [Acme GmbH|ORG] [Acme|ORG]",
        "[Orlen Energy|ORG] [Orlen Energy Services|ORG] [Orlen|ORG]",
        "[Orlen Energy Ltd|ORG] is a subsidiary of [Orlen|ORG]",
        "[Acme Pump GmbH|ORG] [Acme Foods Ltd|ORG] [Acme|ORG]",
        "[北京星河有限公司|ORG] [上海星河有限公司|ORG] [星河|ORG]",
        "[星河有限公司|ORG] [星河股份有限公司|ORG]",
        "[X200|PRODUCT] [X200 Pro|PRODUCT] [X200+|PRODUCT]",
        "[C|NAME] [C++|NAME] [C#|NAME]",
        "[Policy 2023|WORK] [Policy 2024|WORK]",
        "[Mercury (planet)|NAME] [Mercury (element)|NAME] [Mercury|NAME]",
        "[737-800|PRODUCT] [737800|PRODUCT]",
        "[Springfield, Illinois|PLACE] [Springfield, Ohio|PLACE] [Springfield|PLACE]",
        "[iPhone|NAME] [iPhone SE|NAME]",
        "[Springfield|PLACE], Illinois, [Springfield|PLACE], OH, and [Springfield|PLACE]",
    ],
)
def test_apart(marked) -> None:
    found = keys(marked)
    assert len(set(found)) == len(found), found


def test_one_key_has_one_type() -> None:
    resolved, _ = resolve("[Acme|ORG] [Acme|NAME] [Acme|ORG] [Acme|PERSON] [acme|NAME] [ACME|NAME] [Berlin|PLACE]")
    assert [(e.key, e.name, e.type) for e in resolved.entities] == [("acme", "Acme", ORG), ("berlin", "Berlin", PLACE)]


def test_names_that_show_their_type() -> None:
    resolved, _ = resolve(
        "[Acme GmbH|NAME] [Mr. Smith|NAME] [王先生|NAME] [Dr. Jane Ho|NAME] [Dr. Pepper|NAME] [SE|NAME]"
    )
    assert {e.name: e.type for e in resolved.entities} == {
        "Acme GmbH": ORG,
        "Mr. Smith": PERSON,
        "王先生": PERSON,
        "Jane Ho": PERSON,
        "Dr. Pepper": NAME,
        "SE": NAME,
    }


def test_lists_of_places() -> None:
    assert keys("[London|PLACE], [Paris|PLACE], [Texas|PLACE], [Ohio|PLACE] and [Rome|PLACE], Italy") == [
        "london",
        "paris (texas)",
        "texas",
        "ohio",
        "rome",
    ]


def test_fullest_name() -> None:
    (entity,) = resolve("[Smith|PERSON] [Dr. Jane Smith’s|PERSON] [Smith|PERSON] [Smith|PERSON]")[0].entities
    assert (entity.key, entity.name, entity.type, entity.qualifier) == ("jane smith", "Jane Smith", PERSON, "")
    (entity,) = resolve("[Acme|ORG] [the Acme Ltd.|ORG] [Acme|ORG]")[0].entities
    assert (entity.key, entity.name) == ("acme ltd", "Acme Ltd.")


def test_unknown_mr_keeps_his_title() -> None:
    assert keys("[Mr. Smith|PERSON] [王先生|PERSON]") == ["mr. smith", "王先生"]


def test_given_keys_are_kept() -> None:
    marked = "[5 million|MONEY|USD 5000000] [the pump|NAME|x200] [X-200|PRODUCT] [2023|NAME]"
    resolved, pairs = resolve(marked, "X200")
    assert [key for _, key in pairs] == ["USD 5000000", "x200", "x200", "2023"]
    assert {e.key: e.type for e in resolved.entities} == {"USD 5000000": MONEY, "x200": PRODUCT, "2023": NAME}


def test_title_with_parenthesis() -> None:
    marked = "[Mercury|NAME] is hot. [It|NAME|mercury (planet)] is not [Mercury (element)|NAME]."
    resolved, pairs = resolve(marked, "Mercury (planet)")
    assert [key for _, key in pairs] == ["mercury (planet)", "mercury (planet)", "mercury (element)"]
    assert {(e.key, e.name, e.qualifier) for e in resolved.entities} == {
        ("mercury (planet)", "Mercury", "planet"),
        ("mercury (element)", "Mercury", "element"),
    }
    assert keys("[水星|NAME]", "水星（行星）") == [*{e.key for e in resolve("[水星|NAME]", "水星（行星）")[0].entities}]
    assert resolve("[水星|NAME]", "水星（行星）")[0].entities[0].qualifier == "行星"


def test_topic_named_by_pronouns_alone() -> None:
    (entity,) = resolve("[It|NAME|acme (company)] grows.", "Acme (company)")[0].entities
    assert (entity.key, entity.name, entity.qualifier) == ("acme (company)", "Acme", "company")


def test_parenthesis_after_the_candidate() -> None:
    assert keys("[Mercury|NAME] (planet) and [Mercury|NAME] (element) and [Acme|ORG] (2019)") == [
        "mercury (planet)",
        "mercury (element)",
        "acme",
    ]


@pytest.mark.parametrize(
    ("marked", "pairs"),
    [
        ("[World Health Organization|ORG] (WHO) says. WHO says.", [("world health organization", "who")]),
        ("[WHO|ORG] (World Health Organization) says", [("who", "world health organization")]),
        ("[World Health Organization (WHO)|ORG] says", [("world health organization", "who")]),
        ("[Acme Pump GmbH|ORG] (“APG”) sells", [("acme pump gmbh", "apg")]),
        ("[Meta|ORG] (formerly [Facebook|ORG])", [("meta", "facebook")]),
        ("[Meta|ORG], formerly known as [Facebook|NAME],", [("meta", "facebook")]),
        ("[Cassius Clay|PERSON], also known as [Muhammad Ali|PERSON],", [("cassius clay", "muhammad ali")]),
        ("[Acme|ORG] (a.k.a. Apex Works)", [("acme", "apex works")]),
        ("[IBM|ORG] stands for [International Business Machines|ORG].", [("ibm", "international business machines")]),
        ("[阿里巴巴|ORG] (Alibaba) 很大。Alibaba 增长。", [("阿里巴巴", "alibaba")]),
        ("[Alibaba|ORG]（[阿里巴巴|ORG]）", [("alibaba", "阿里巴巴")]),
        ("[世界卫生组织|ORG]（WHO）说", [("世界卫生组织", "who")]),
        ("[北京大学|ORG]（简称北大）", [("北京大学", "北大")]),
        ("[北京大学|ORG]，简称“北大”，", [("北京大学", "北大")]),
        ("[上海证券交易所|ORG]（上交所）", [("上海证券交易所", "上交所")]),
        ("[鲁迅|PERSON]，原名[周树人|PERSON]，", [("鲁迅", "周树人")]),
        ("[北京星澜科技有限公司|ORG]（以下简称“BSX”）", [("北京星澜科技有限公司", "bsx")]),
    ],
)
def test_aliases(marked, pairs) -> None:
    assert aliases(marked) == pairs


@pytest.mark.parametrize(
    "marked",
    [
        '[Acme Corp|ORG] (the "Company") sells. The Company grows.',
        "[Mercury|NAME] (planet)",
        "[Jane Smith|PERSON] (CEO) and [张伟|PERSON]（CEO）",
        "[Jane Smith|PERSON] ([Globex|ORG])",
        "[Jane Smith|PERSON], formerly [CEO|NAME] of [Globex|ORG]",
        "[Acme|ORG] (1990) and [Acme|ORG] (see below)",
        "[Acme|ORG] and [Globex|ORG] (collectively, the “Parties”)",
        "[甲|ORG]和[乙公司|ORG]（合称“双方”）",
        "[Smith|PERSON] ([Acme|ORG]), also known as [Globex|ORG]",
        "[Jane Smith|PERSON], also known as [Acme|ORG]",
        "()（）(((“”)))",
    ],
)
def test_no_aliases(marked) -> None:
    assert aliases(marked) == []


def test_place_of_an_alias() -> None:
    marked = "See [World Health Organization|ORG] (WHO) here"
    (alias,) = resolve(marked)[0].aliases
    assert parse(marked)[0][alias.start : alias.end] == "World Health Organization (WHO)"


def test_type_of_a_declared_acronym_is_that_of_the_long_form() -> None:
    resolved, _ = resolve("[World Health Organization|ORG] (WHO) says. [WHO|PRODUCT] says.")
    assert {e.key: e.type for e in resolved.entities} == {"world health organization": ORG, "who": ORG}


def test_roles_go_with_the_last_declaration() -> None:
    marked = (
        '[Acme|ORG] (the "Company"). The Company. [Globex|ORG] (the "Company"). The Company. Company policy, a company.'
    )
    _, pairs = resolve(marked)
    assert [key for _, key in pairs] == ["acme"] * 3 + ["globex"] * 3
    assert [name for name, _ in pairs if "he" in name] == ["The Company", "The Company"]


def test_several_terms_in_one_place() -> None:
    marked = (
        "[Beta Ltd|ORG] (the “Seller”) and [Acme Inc.|ORG] (the “Buyer” or “Acme”). The Buyer and Acme pay the Seller."
    )
    assert [key for _, key in resolve(marked)[1]] == ["beta ltd"] * 2 + ["acme inc"] * 5 + ["beta ltd"]


def test_chinese_roles() -> None:
    marked = "[北京星河有限公司|ORG]（以下简称“甲方”）与[上海星河有限公司|ORG]（以下简称“乙方”）。甲方付款给乙方。"
    one, other = "北京星河有限公司", "上海星河有限公司"
    assert keys(marked) == [one, one, other, other, one, other]


def test_terms_lie_apart_from_candidates() -> None:
    text, candidates = parse('[Acme Corp|ORG] (the "[Company|ORG]"). [The Company|ORG] and the Company. APG, SAPG')
    (found,) = defined_terms(text, candidates)
    assert (text[found.start : found.end], found.type, found.origin, found.key) == ("the Company", ORG, "rule", "")
    assert defined_terms("nothing here", []) == []


def test_nothing() -> None:
    assert resolve_document(make_document("d", ""), []) == Resolved((), (), ())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Acme", "Acme Ltd", "ACME GmbH", "Jane Smith", "Smith", "Mr. Smith", "WHO", "王伟", "王先生"]
            ),
            st.sampled_from([ORG, PERSON, NAME, PRODUCT]),
            st.sampled_from([" and ", " (", "), also known as ", "（以下简称“", "” ", ' (the "Company") the Company ']),
        ),
        max_size=12,
    )
)
def test_any_text(parts) -> None:
    first = resolve("".join(f"[{name}|{kind}]{rest}" for name, kind, rest in parts), "Acme (company)")
    assert first == resolve("".join(f"[{name}|{kind}]{rest}" for name, kind, rest in parts), "Acme (company)")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.data())
def test_any_characters(text, data) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    kinds = st.sampled_from([ORG, PERSON, NAME, PLACE])
    candidates = [Candidate(a, b, data.draw(kinds), "ner") for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    found = resolve_document(make_document("d", text), candidates)
    assert len(found.keys) == len(candidates)
    assert all(found.keys)


@pytest.mark.parametrize(
    "unit",
    [
        '[Acme Ltd|ORG] (the "Company") ',
        "[Jane Smith|PERSON], also known as [Smith|PERSON] ",
        "[A|ORG](((((",
        "((",
        "。“（",
    ],
)
def test_time_is_in_proportion(unit) -> None:
    with at_most(seconds=6):
        resolve(unit * 5000)


@pytest.mark.parametrize(
    ("marked", "number"),
    [
        ("The [Velmor X7 Garden Pump|PRODUCT] leaks. The [Velmor X7|PRODUCT] is loud. The [Velmor X-7|NAME] too.", 1),
        ("The [Velmor X7 Garden Pump|PRODUCT], the [Velmor X7 Pool Pump|PRODUCT] and the [Velmor X7|PRODUCT].", 3),
        ("[The Long Road: A Life|WORK] sold. [The Long Road|PLACE] is short.", 1),
        ('[Robert "Bob" Velmor|PERSON] came. [Bob Velmor|PERSON] sat. [Robert Velmor|PERSON] left.', 1),
        ("[St. Ann's School|ORG], [Eastby|PLACE] beat [St. Ann's School|ORG], [Westby|PLACE].", 4),
        ("[St. Ann's School|ORG], [Eastby|PLACE] won. [St. Ann's School|ORG] sang.", 2),
        ("Pupils of [St. Ann's School|ORG], [Eastby|PLACE] and [Westby|PLACE]. [St. Ann's School|ORG] sang.", 3),
        ("[Mr. Velmor|PERSON] knows [Ms. Velmor|PERSON].", 2),
        ("[Mayor Ann Velmor|PERSON] spoke. [Mayor Velmor|PERSON] left.", 1),
    ],
)
def test_short_and_full_names(marked: str, number: int) -> None:
    assert len(set(keys(marked))) == number
