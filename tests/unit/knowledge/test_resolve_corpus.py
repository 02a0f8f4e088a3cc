"""What documents name together: the same whatever the order, and never two things as one."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from helpers.quick import at_most
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.records import ALIAS, DocumentEntity, Edit, Mention, Relation
from knowledge.resolve.corpus import Resolution, resolve_corpus
from knowledge.types import DATE, NAME, ORG, PERSON, PLACE, PRODUCT, WORK


class Corpus:
    """Rows of documents, told in short."""

    def __init__(self) -> None:
        self.entities: list[DocumentEntity] = []
        self.mentions: list[Mention] = []
        self.relations: list[Relation] = []
        self.chunks: dict[int, str] = {}

    def add(self, document: str, key: str, kind: str = NAME, *names: str, qualifier: str = "") -> Corpus:
        """Let a document name ``key``, once in each way of ``names`` (nothing given: its key in title case)."""
        chunk = self.chunk(document)
        written = names or (key.title(),)
        self.entities.append(DocumentEntity(document, key, written[0], kind, qualifier))
        self.mentions += [Mention(chunk, key, name, kind, 0, len(name)) for name in written]
        return self

    def says(self, document: str, subject: str, predicate: str, other: str, negated: bool = False) -> Corpus:
        self.relations.append(Relation(self.chunk(document), subject, predicate, other, 0, 1, 0.9, negated))
        return self

    def chunk(self, document: str) -> int:
        known = {name: number for number, name in self.chunks.items()}
        number = known.get(document, len(known) + 1)
        self.chunks[number] = document
        return number

    def resolve(self, *edits: Edit) -> Resolution:
        found = resolve_corpus(self.entities, self.mentions, self.chunks, self.relations, edits)
        keys = [entity.key for entity in found.entities]
        assert keys == sorted(set(keys))
        assert set(found.of.values()) == set(keys)
        assert set(found.of) == {(e.document_id, e.key) for e in self.entities}
        return found

    def parts(self, *edits: Edit) -> list[str]:
        """Return the sets of document entities that are one, as "1.acme 2.acme ltd"."""
        sets = defaultdict(list)
        for (document, key), entity in self.resolve(*edits).of.items():
            sets[entity].append(f"{document}.{key}")
        return sorted(" ".join(sorted(members)) for members in sets.values())


def corpus(*rows: tuple[str, str, str]) -> Corpus:
    """Make a corpus of (document, key, type); a parenthesis in the key is its qualifier."""
    made = Corpus()
    for document, key, kind in rows:
        qualifier = key.partition("(")[2].rstrip(")")
        made.add(document, key, kind, key.partition(" (")[0], qualifier=qualifier)
    return made


@pytest.mark.parametrize(
    "names",
    [
        [("acme", ORG), ("acme ltd", ORG), ("acme limited", ORG)],
        [("acme", NAME), ("acme co., ltd", ORG)],
        [("müller gmbh", ORG), ("muller", ORG), ("mueller gmbh", NAME)],
        [("société générale s.a", ORG), ("societe generale", ORG)],
        [("coca-cola", ORG), ("coca cola", NAME), ("coca–cola", ORG)],
        [("at&t", ORG), ("at and t", ORG)],
        [("j.p. morgan", ORG), ("jpmorgan", ORG), ("jp morgan", ORG)],
        [("x-200", PRODUCT), ("x200", NAME), ("x 200", PRODUCT)],
        [("jane smith", PERSON), ("jane q. smith", PERSON), ("jane smith", NAME)],
        [("jane quinn smith", PERSON), ("jane q. smith", PERSON)],
        [("john smith jr", PERSON), ("john smith, junior", PERSON)],
        [("王伟", PERSON), ("王偉", PERSON), ("王伟", NAME)],
        [("北京星河有限公司", ORG), ("北京星河", ORG), ("北京星河公司", ORG), ("北京星河有限责任公司", ORG)],
        [("星河集团", ORG), ("星河", ORG), ("星河集团股份有限公司", ORG)],
        [("阿里巴巴", ORG), ("阿里巴巴集团", ORG), ("阿里巴巴集团控股有限公司", ORG)],
        [("臺灣積體電路", ORG), ("台湾积体电路", ORG)],
        [("mercury (planet)", NAME), ("mercury", NAME)],
        [("mercury (planet)", PLACE), ("mercury", PLACE), ("mercury (planet)", NAME)],
        [("plato", PERSON), ("plato", PERSON)],
    ],
)
def test_one(names) -> None:
    made = corpus(*((str(number), *row) for number, row in enumerate(names)))
    assert len(made.resolve().entities) == 1, made.parts()


@pytest.mark.parametrize(
    "names",
    [
        [("mercury (planet)", NAME), ("mercury (element)", NAME), ("mercury", NAME)],
        [("mercury (planet)", PLACE), ("mercury", PRODUCT)],
        [("acme", ORG), ("acme", PRODUCT), ("acme", PLACE), ("acme", NAME)],
        [("acme ltd", ORG), ("acme gmbh", ORG), ("acme", ORG)],
        [("星河有限公司", ORG), ("星河股份有限公司", ORG), ("星河", ORG)],
        [("北京星河有限公司", ORG), ("上海星河有限公司", ORG)],
        [("星河集团", ORG), ("星河有限公司", ORG)],
        [("星河集团有限公司", ORG), ("星河控股集团有限公司", ORG), ("星河", ORG)],
        [("orlen energy", ORG), ("orlen energy services", ORG), ("orlen", ORG)],
        [("x200", PRODUCT), ("x200 pro", PRODUCT), ("x200+", PRODUCT)],
        [("c", NAME), ("c++", NAME), ("c#", NAME)],
        [("iphone", NAME), ("iphone se", NAME)],
        [("policy 2023", NAME), ("policy 2024", NAME)],
        [("springfield, a", PLACE), ("springfield, b", PLACE), ("springfield", PLACE)],
        [("john smith jr", PERSON), ("john smith sr", PERSON), ("john smith", PERSON), ("john smith iii", PERSON)],
        [("jane q. smith", PERSON), ("jane r. smith", PERSON), ("jane smith", PERSON)],
        [("john adams", PERSON), ("john quincy adams", PERSON)],
        [("jane smith", PERSON), ("smith", PERSON), ("smith", PERSON)],
        [("mr. smith", PERSON), ("mr. smith", PERSON)],
        [("j. smith", PERSON), ("jane smith", PERSON)],
        [("王伟", PERSON), ("王伟明", PERSON), ("王先生", PERSON), ("王先生", PERSON)],
        [("company", ORG), ("company", ORG)],
        [("737-800", PRODUCT), ("737800", PRODUCT)],
    ],
)
def test_apart(names) -> None:
    made = corpus(*((str(number), *row) for number, row in enumerate(names)))
    assert len(made.resolve().entities) == len(names), made.parts()


def test_untyped_joins_the_sense_of_the_document_called_so() -> None:
    rows = [("a.md", "mercury (planet)", NAME), ("x/mercury.md", "mercury (element)", NAME), ("c", "mercury", NAME)]
    assert corpus(*rows).parts() == ["a.md.mercury (planet)", "c.mercury x/mercury.md.mercury (element)"]


def people() -> Corpus:
    made = Corpus()
    for document, company in (("1", "globex"), ("2", "acme ltd"), ("3", "acme"), ("4", "")):
        made.add(document, "john smith", PERSON, "John Smith")
        if company:
            made.add(document, company, ORG)
            made.says(document, "john smith", "work for", company)
    return made


def test_people_of_different_companies() -> None:
    made = people()
    parts = ["1.globex", "1.john smith", "2.acme ltd 3.acme", "2.john smith 3.john smith", "4.john smith"]
    assert made.parts() == parts
    assert [e.key for e in made.resolve().entities if e.type == PERSON] == [
        "john smith (4)",
        "john smith (acme ltd)",
        "john smith (globex)",
    ]


def test_one_company_is_enough() -> None:
    made = Corpus().add("1", "john smith", PERSON).add("1", "globex", ORG).says("1", "globex", "hire", "john smith")
    made.add("2", "john smith", PERSON).add("3", "john smith", PERSON).add("4", "john smith", NAME)
    assert made.parts() == ["1.globex", "1.john smith 2.john smith 3.john smith 4.john smith"]


def test_denied_relations_tell_no_company() -> None:
    made = people().says("4", "john smith", "work for", "acme", negated=True).add("4", "acme", ORG)
    assert "4.john smith" in made.parts()


def test_linked_people() -> None:
    made = people()
    made.add("1", "jack smith", PERSON).says("1", "john smith", ALIAS, "jack smith")
    made.add("2", "jack smith", PERSON).says("2", "john smith", ALIAS, "jack smith")
    assert "1.jack smith 1.john smith 2.jack smith 2.john smith 3.john smith" in made.parts()


def test_aliases_join() -> None:
    made = Corpus().add("1", "meta", ORG).add("1", "facebook", ORG).says("1", "meta", ALIAS, "facebook")
    made.add("2", "facebook", ORG, "Facebook", "Facebook").add("3", "meta", NAME)
    made.add("4", "阿里巴巴", ORG, "阿里巴巴").add("4", "alibaba", ORG).says("4", "阿里巴巴", ALIAS, "alibaba")
    made.add("5", "alibaba", ORG).add("6", "alibaba", PRODUCT)
    assert made.parts() == [
        "1.facebook 1.meta 2.facebook 3.meta",
        "4.alibaba 4.阿里巴巴 5.alibaba",
        "6.alibaba",
    ]
    facebook = next(e for e in made.resolve().entities if e.key == "facebook")
    assert (facebook.name, facebook.aliases, facebook.mentions) == ("Facebook", ("Meta",), 3)


def test_aliases_never_join_types_or_qualifiers() -> None:
    made = Corpus().add("1", "meta", ORG).add("1", "facebook", PRODUCT).says("1", "meta", ALIAS, "facebook")
    made.add("2", "mercury (planet)", NAME, "Mercury", qualifier="planet")
    made.add("2", "mercury (god)", NAME, "Mercury", qualifier="god").says(
        "2", "mercury (planet)", ALIAS, "mercury (god)"
    )
    assert len(made.resolve().entities) == 4


def acronyms() -> Corpus:
    made = Corpus()
    for document, long in (("1", "american broadcasting company"), ("2", "australian broadcasting corp")):
        made.add(document, long, ORG).add(document, "abc", ORG, "ABC").says(document, long, ALIAS, "abc")
    return made.add("3", "abc", ORG, "ABC").add("4", "abc", ORG, "ABC")


def test_acronym_of_two() -> None:
    assert acronyms().parts() == [
        "1.abc 1.american broadcasting company",
        "2.abc 2.australian broadcasting corp",
        "3.abc 4.abc",
    ]


def test_acronym_of_one() -> None:
    made = (
        Corpus().add("1", "world food fund", ORG).add("1", "wff", ORG, "WFF").says("1", "world food fund", ALIAS, "wff")
    )
    made.add("2", "wff", NAME, "WFF", "WFF").add("3", "world food fund", NAME).add("4", "wff", ORG, "WFF")
    assert made.parts() == ["1.wff 1.world food fund 2.wff 3.world food fund 4.wff"]
    entity = next(e for e in made.resolve().entities if e.type == ORG)
    assert (entity.key, entity.name, entity.aliases) == ("world food fund", "World Food Fund", ("WFF",))
    made.add("5", "wff", PRODUCT, "WFF")
    assert made.parts() == ["1.wff 1.world food fund 3.world food fund 4.wff", "2.wff", "5.wff"]


def test_acronym_of_a_person() -> None:
    made = Corpus()
    for document in "12":
        made.add(document, "john f. kennedy", PERSON, "John F. Kennedy").add(document, "jfk", PERSON, "JFK")
        made.says(document, "john f. kennedy", ALIAS, "jfk")
    assert made.parts() == ["1.jfk 1.john f. kennedy 2.jfk 2.john f. kennedy"]
    made.add("3", "jfk", NAME, "JFK")
    assert made.parts() == ["1.jfk 1.john f. kennedy 2.jfk 2.john f. kennedy 3.jfk"]


def test_values_go_by_key() -> None:
    made = Corpus().add("1", "1886-12-24", DATE, "24 December 1886").add("2", "1886-12-24", DATE, "Dec 24, 1886")
    made.add("3", "1886 12 24", DATE, "1886 12 24").add("3", "1886-12-24", NAME, "1886-12-24")
    assert [(e.key, e.type, e.mentions) for e in made.resolve().entities] == [
        ("1886 12 24", DATE, 1),
        ("1886-12-24", DATE, 2),
        ("1886-12-24 (name)", NAME, 1),
    ]


def test_names_and_aliases() -> None:
    made = Corpus().add(
        "1", "jane smith", PERSON, "Jane Smith", "Smith", "she", "Smith", "Dr. Jane Smith", "Jane Smith’s"
    )
    made.add("2", "jane q. smith", PERSON, "Jane Q. Smith").add("3", "acme ltd", ORG, "Acme Ltd", "the Company", "Acme")
    made.add("3", "x200 (pump)", PRODUCT, "X200", "X-200", "X-200", "it", qualifier="pump")
    assert [(e.key, e.name, e.aliases, e.mentions) for e in made.resolve().entities] == [
        ("acme ltd", "Acme Ltd", ("Acme",), 1),
        ("jane smith", "Jane Smith", ("Jane Q. Smith",), 2),
        ("x200 (pump)", "X200", ("X-200",), 1),
    ]


def test_entity_without_mentions() -> None:
    made = Corpus()
    made.entities.append(DocumentEntity("1", "acme (company)", "Acme", ORG, "company"))
    assert [(e.key, e.name, e.mentions) for e in made.resolve().entities] == [("acme (company)", "Acme", 0)]


def test_keys_tell_types_apart() -> None:
    made = corpus(("1", "acme", ORG), ("2", "acme", PRODUCT), ("3", "acme (product)", NAME))
    assert {"acme (org)", "acme (product)"} < {entity.key for entity in made.resolve().entities}


def test_merge() -> None:
    made = corpus(("1", "acme", ORG), ("2", "acme pump works", ORG), ("3", "acme", PRODUCT), ("4", "globex", ORG))
    together = "1.acme 2.acme pump works 3.acme"
    assert made.parts(Edit("merge", "Acme", "Acme Pump Works")) == [together, "4.globex"]
    assert made.parts(Edit("merge", "acme (product)", "Globex"))[-1] == "3.acme 4.globex"
    assert len(made.parts(Edit("merge", "Nobody", "Globex"))) == 4


def test_merge_by_the_key_of_a_person() -> None:
    made = people()
    assert "1.john smith 4.john smith" in made.parts(Edit("merge", "john smith (globex)", "john smith (4)"))
    assert "1.john smith 2.john smith 3.john smith 4.john smith" in made.parts(
        Edit("merge", "John Smith", "john smith")
    )


def test_split() -> None:
    made = Corpus().add("1", "meta", ORG).add("1", "facebook", ORG).says("1", "meta", ALIAS, "facebook")
    made.add("2", "facebook", ORG)
    assert made.parts() == ["1.facebook 1.meta 2.facebook"]
    split = Edit("split", "Meta", "Facebook")
    assert made.parts(split) == ["1.facebook 2.facebook", "1.meta"]
    assert made.parts(split, Edit("merge", "Meta", "Facebook")) == ["1.facebook 1.meta 2.facebook"]
    assert made.parts(Edit("merge", "Meta", "Facebook"), split) == ["1.facebook 2.facebook", "1.meta"]


def test_split_of_a_document() -> None:
    made = corpus(("docs/1.md", "acme", ORG), ("docs/2.md", "acme", ORG), ("docs/3.md", "acme", ORG))
    split = Edit("split", "Acme", document="docs/2.md")
    assert made.resolve(split).of == {
        ("docs/1.md", "acme"): "acme",
        ("docs/2.md", "acme"): "acme (2)",
        ("docs/3.md", "acme"): "acme",
    }
    named = Edit("split", "Acme", "Acme Foods", document="docs/2.md")
    found = made.resolve(named, Edit("pin", "Acme", "ACME", PRODUCT), Edit("pin", "Acme Foods", type=PLACE))
    assert [(e.key, e.name, e.type) for e in found.entities] == [
        ("acme", "ACME", PRODUCT),
        ("acme foods", "Acme Foods", PLACE),
    ]
    assert len(made.parts(named, Edit("merge", "Acme Foods", "Acme"))) == 1
    assert len(made.parts(Edit("split", "Acme", document="elsewhere"))) == 1


def test_pin() -> None:
    made = corpus(("1", "acme", ORG))
    (entity,) = made.resolve(Edit("pin", "ACME", "Acme Works"), Edit("pin", "acme", "", PLACE)).entities
    assert (entity.key, entity.name, entity.type, entity.aliases) == ("acme", "Acme Works", PLACE, ("acme",))
    assert made.resolve(Edit("pin", "Other", "X"), Edit("?", "acme", "X")).entities[0].name == "acme"


NAMES = [
    *("acme", "acme ltd", "acme gmbh", "acme (product)", "jane smith", "jane q. smith", "jane r. smith", "smith"),
    *("who", "world health organization", "women help ohio", "mercury (planet)", "mercury (element)", "mercury"),
    *("星河", "星河有限公司", "星河集团", "王伟", "王偉", "müller", "mueller", "muller", "globex"),
]
DOCUMENTS = ["a/mercury.md", "a/1.md", "b/2.md", "b/3.md"]


@st.composite
def corpora(draw) -> Corpus:
    made = Corpus()
    kinds = st.sampled_from([ORG, PERSON, NAME, PRODUCT])
    for document in DOCUMENTS:
        made.chunk(document)
        here = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=8))
        for key in here:
            shown = key.upper() if key == "who" else key.title()
            qualifier = key.partition("(")[2].rstrip(")")
            made.add(document, key, draw(kinds), shown.partition(" (")[0], qualifier=qualifier)
        if here:
            pairs = draw(
                st.lists(st.tuples(*[st.sampled_from(here)] * 2, st.sampled_from([ALIAS, "joined"])), max_size=4)
            )
            for one, other, predicate in pairs:
                made.says(document, one, predicate, other)
    return made


EDITS = st.lists(
    st.builds(
        Edit,
        st.sampled_from(["merge", "split", "pin"]),
        st.sampled_from(NAMES),
        st.sampled_from([*NAMES, ""]),
        st.sampled_from(["", PLACE]),
        st.sampled_from(["", *DOCUMENTS]),
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(corpora(), EDITS, st.randoms(use_true_random=False))
def test_order_does_not_matter(made, edits, order: random.Random) -> None:
    found = made.resolve(*edits)
    for rows in (made.entities, made.mentions, made.relations):
        order.shuffle(rows)
    made.chunks = dict(sorted(made.chunks.items(), key=lambda _: order.random()))
    again = made.resolve(*edits)
    assert again == found
    assert sum(e.mentions for e in found.entities) <= len(made.mentions)


@settings(max_examples=150, deadline=None)
@given(corpora())
def test_types_and_qualifiers_stay_apart(made) -> None:
    found = made.resolve()
    kinds, qualifiers = defaultdict(set), defaultdict(set)
    for entity in made.entities:
        key = found.of[(entity.document_id, entity.key)]
        kinds[key] |= {entity.type} - {NAME}
        qualifiers[key] |= {entity.qualifier} - {""}
    assert all(len(found) <= 1 for found in (*kinds.values(), *qualifiers.values()))


def test_time_is_in_proportion() -> None:
    made = Corpus()
    for number in range(300):
        made.chunks[number] = f"doc {number}"
    for number in range(9000):
        document, key = f"doc {number % 300}", f"john smith {number % 1500 // 7}"
        made.entities.append(DocumentEntity(document, key, key.title(), (PERSON, ORG, NAME)[number % 3]))
        made.mentions.append(Mention(number % 300, key, key.title(), PERSON, 0, 1))
        made.relations.append(
            Relation(number % 300, key, ALIAS if number % 50 == 0 else "knows", "john smith 3", 0, 1, 1)
        )
    with at_most(seconds=6):
        made.resolve()


def test_people_who_are_addressed_as_a_man_and_as_a_woman_are_two() -> None:
    corpus = Corpus().add("1", "lee velmor", PERSON, "Mr. Lee Velmor").add("2", "lee velmor", PERSON, "Ms. Lee Velmor")
    assert corpus.parts() == ["1.lee velmor", "2.lee velmor"]
    corpus = Corpus().add("1", "lee velmor", PERSON, "Mr. Lee Velmor").add("2", "lee velmor", PERSON, "Lee Velmor")
    assert corpus.parts() == ["1.lee velmor 2.lee velmor"]


def test_organisations_named_right_beside_a_person_tell_namesakes_apart() -> None:
    corpus = Corpus()
    for document, company in (("1", "acme"), ("2", "beta")):
        corpus.add(document, company, ORG).add(document, "lee velmor", PERSON)
        chunk = corpus.chunk(document)
        corpus.mentions = [m for m in corpus.mentions if m.chunk_id != chunk]
        corpus.mentions += [
            Mention(chunk, "lee velmor", "Lee Velmor", PERSON, 0, 10),
            Mention(chunk, company, company.title(), ORG, 14, 18),  # "Lee Velmor of Acme"
        ]
    assert corpus.parts() == ["1.acme", "1.lee velmor", "2.beta", "2.lee velmor"]


def test_two_initials_are_those_of_the_one_whom_they_fit() -> None:
    corpus = Corpus().add("1", "h. r. velmor", PERSON).add("2", "hugo r. velmor", PERSON)
    assert corpus.parts() == ["1.h. r. velmor 2.hugo r. velmor"]
    corpus.add("3", "henry r. velmor", PERSON)
    assert len(corpus.parts()) == 3
    assert len(Corpus().add("1", "h. velmor", PERSON).add("2", "hugo velmor", PERSON).parts()) == 2


def test_a_product_without_brand_or_without_what_it_is() -> None:
    corpus = Corpus().add("1", "velmor x7 pump", PRODUCT).add("2", "velmor x-7", PRODUCT)
    assert corpus.parts() == ["1.velmor x7 pump 2.velmor x-7"]
    corpus = Corpus().add("1", "acme", ORG).add("1", "acme velmor x7", PRODUCT).add("2", "velmor x7", PRODUCT)
    assert corpus.parts() == ["1.acme", "1.acme velmor x7 2.velmor x7"]
    corpus.add("3", "beta", ORG).add("3", "beta velmor x7", PRODUCT)
    assert len(corpus.parts()) == 5


def test_a_work_with_and_without_subtitle() -> None:
    corpus = Corpus().add("1", "long road: a life", WORK).add("2", "long road", WORK)
    assert corpus.parts() == ["1.long road: a life 2.long road"]
    assert len(corpus.add("3", "long road: a war", WORK).parts()) == 3


def types_of(found: Resolution) -> dict[str, str]:
    return {entity.key: entity.type for entity in found.entities}


def test_a_column_of_one_document_tells_a_place_of_another() -> None:
    rows = Corpus().add("a", "ann lee", PERSON).add("a", "varde", PLACE).says("a", "ann lee", "site", "varde")
    assert types_of(rows.add("b", "varde", PERSON).add("c", "varde", ORG).resolve())["varde"] == "PLACE"
    # Without the column nothing is told, nor of what is a part of a person's name.
    assert len(corpus(("a", "varde", PLACE), ("b", "varde", PERSON)).resolve().entities) == 2
    named = types_of(rows.add("d", "bo varde", PERSON).resolve())
    assert "PERSON" in {kind for key, kind in named.items() if key.startswith("varde")}


def test_models_and_papers_tell_products() -> None:
    found = corpus(("a", "Skarv 16", PRODUCT), ("b", "skarv", PERSON), ("c", "skarv", PLACE)).resolve()
    assert types_of(found) == {"Skarv 16": "PRODUCT", "skarv": "PRODUCT"}
    # Models are often called after their maker.
    assert types_of(corpus(("a", "Skarv 16", PRODUCT), ("b", "skarv", ORG)).resolve())["skarv"] == "ORG"
    found = corpus(("a", "skarv release notes", NAME), ("b", "skarv", ORG)).resolve()
    assert types_of(found)["skarv"] == "PRODUCT"


def test_rows_about_a_person_tell_one_elsewhere() -> None:
    rows = Corpus().add("a", "ann lee", PERSON).add("a", "buyer").says("a", "ann lee", "title", "buyer")
    assert types_of(rows.add("b", "ann lee", ORG).resolve()) == {"ann lee": "PERSON", "buyer": "NAME"}
