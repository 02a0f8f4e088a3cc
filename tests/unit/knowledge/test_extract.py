"""Entities, mentions and typed relations of whole documents, by the pipelines and the rules."""

from __future__ import annotations

import pytest

from connectors import Section
from knowledge.chunk import chunk_document
from knowledge.errors import PipelineError
from knowledge.extract import SpacyExtractor
from knowledge.extract.columns import cells
from knowledge.glossary import Glossary, Term
from knowledge.language import sentences
from knowledge.records import ALIAS, Extraction
from knowledge.resolve import entity_key, without_parenthesis
from knowledge.testing import make_document


def extract(text: str, *, glossary: Glossary | None = None, **fields) -> Extraction:
    document = make_document("d", text, **({"title": ""} | fields))
    return SpacyExtractor(glossary=glossary).extract(document, chunk_document(document))


def said(text: str, **fields) -> set[tuple[str, str, str]]:
    return {(r.subject, r.predicate, r.object) for r in extract(text, **fields).relations}


def types(text: str, **fields) -> dict[str, str]:
    return {entity.key: entity.type for entity in extract(text, **fields).entities}


# Names


def test_longest_match_wins() -> None:
    """A one-word title inside a longer name is no hit."""
    found = extract("Lincoln City Council met Ann Lee. Lincoln is old.", title="Lincoln")
    assert [m.name for m in found.mentions] == ["Lincoln City Council", "Ann Lee", "Lincoln"]


def test_codes_mail_and_addresses() -> None:
    found = extract("Write to Ann.Lee@acme.example or see https://acme.example/x. The X-200 is sold.")
    kinds = {m.name: m.type for m in found.mentions}
    assert kinds["Ann.Lee@acme.example"] == "EMAIL"
    assert kinds["https://acme.example/x"] == "URL"
    assert "X-200" in kinds


def test_own_titles_and_headings() -> None:
    text = "Mercury is small.\n\nCare\n\nMercury needs Care."
    sections = (Section("Care", 1, text.index("Care"), len(text)),)
    found = extract(text, title="Mercury (planet)", sections=sections)
    assert [(m.name, m.entity) for m in found.mentions] == [
        ("Mercury", "mercury (planet)"),
        ("Care", "care"),
        ("Mercury", "mercury (planet)"),
        ("Care", "care"),
    ]
    (planet,) = (entity for entity in found.entities if entity.key == "mercury (planet)")
    assert planet.qualifier == "planet"


def test_sentence_starts_are_no_names() -> None:
    text = "Connect the cable. Responsible people know. After the start, wait.\n- Press the button\n1. Open the lid"
    assert extract(text).mentions == ()


def test_glossary_terms_are_entities_whatever_else_is_thought() -> None:
    glossary = Glossary((Term("tarn probe", "PRODUCT", ("TP-1",)),))
    found = extract("The tarn probe is cleaned in May by Acme Corp. A TP-1 floats.", glossary=glossary)
    assert {(m.name, m.entity, m.type) for m in found.mentions if m.type == "PRODUCT"} == {
        ("tarn probe", "tarn probe", "PRODUCT"),
        ("TP-1", "tarn probe", "PRODUCT"),
    }
    assert SpacyExtractor(glossary=glossary).name != SpacyExtractor().name


def test_types_follow_definitions() -> None:
    assert (
        types("Tough to Handle is a 1937 film directed by Ann Lee.", title="Tough to Handle")["tough to handle"]
        == "WORK"
    )
    assert types("Oakley is a village in Norway.", title="Oakley")["oakley"] == "PLACE"
    assert types("Tarn Works is a company in Oslo.", title="Tarn Works")["tarn works"] == "ORG"
    assert types("Lee Oslo (born 4 May 1950) is a film and television actor.", title="Lee Oslo")["lee oslo"] == "PERSON"


# Relations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme Corp acquired Beta Ltd in 2019.", ("acme corp", "acquire", "beta ltd")),
        ("Beta Ltd was acquired by Acme Corp.", ("acme corp", "acquire", "beta ltd")),
        ("Acme Corp acquired Beta Ltd in 2019.", ("acme corp", "acquire in", "2019")),
        ("Jane Smith is the director of Acme Corp.", ("jane smith", "director of", "acme corp")),
        ("Jane Smith, the director of Acme Corp, works in Oslo.", ("jane smith", "director of", "acme corp")),
        ("Jane Smith, who leads Acme Corp, was born in Oslo.", ("jane smith", "born in", "oslo")),
        ("Acme Corp's director Jane Smith works in Oslo.", ("jane smith", "director of", "acme corp")),
        ("The acquisition of Beta Ltd by Acme Corp was slow.", ("acme corp", "acquire", "beta ltd")),
        ("Jane Smith, who founded Acme Corp, lives in Oslo.", ("jane smith", "found", "acme corp")),
        ("Ann Lee and Jane Smith founded Acme Corp.", ("jane smith", "found", "acme corp")),
        ("Acme Corp has offices in Oslo and Bergen.", ("acme corp", "have office in", "bergen")),
        ("Jane Smith was born on 4 May 1970 in Oslo.", ("jane smith", "born on", "1970-05-04")),
        ("Acme Corp employs 2,000 people.", ("acme corp", "employ", "2000 people")),
        ("The price of the X200 is $300.", ("x200", "price", "USD 300")),
    ],
)
def test_what_sentences_say(text, expected) -> None:
    assert expected in said(text)


def test_negation_and_modality() -> None:
    (denied,) = extract("Acme Corp did not acquire Beta Ltd.").relations
    assert (denied.predicate, denied.negated) == ("acquire", True)
    (planned,) = extract("Acme Corp may acquire Beta Ltd.").relations
    assert (planned.predicate, planned.negated, planned.modality) == ("acquire", False, "may")
    (told,) = extract("Acme Corp acquired Beta Ltd.").relations
    assert (told.negated, told.modality) == (False, "")


def test_evidence_is_the_sentence() -> None:
    text = "Intro words. Acme Corp was founded in Berlin. Nobody knows Ann Lee."
    (relation,) = extract(text).relations
    assert text[relation.start : relation.end] == "Acme Corp was founded in Berlin."
    assert (relation.start, relation.end) in sentences(text, "en")
    assert 0 < relation.confidence <= 1


def test_the_topic_stands_in_for_pronouns() -> None:
    text = "Jane Smith is an engineer. She was born in Oslo. Her father met Bob Stone. He was born in Rome."
    found = said(text, title="Jane Smith")
    assert ("jane smith", "born in", "oslo") in found
    assert not any(subject == "jane smith" and target == "rome" for subject, _, target in found)


def test_the_topic_stands_in_for_its_kind() -> None:
    text = "Heat is a 1995 film. The film was released in Norway. The company closed in 1999."
    found = said(text, title="Heat (film)")
    assert ("heat (film)", "released in", "norway") in found
    assert not any(target == "1999" for _, _, target in found)


def test_no_topic_no_stand_in() -> None:
    assert not said("He was born in Oslo. It was founded in 1961.", title="Leave policy")


def test_the_company_that_speaks() -> None:
    text = 'Acme Pump Works GmbH (the "Company") makes pumps. We acquired Beta Ltd. The Company employs 300 people.'
    found = said(text)
    assert ("acme pump works gmbh", "acquire", "beta ltd") in found
    assert ("acme pump works gmbh", "employ", "300 people") in found


def test_aliases_are_relations() -> None:
    found = extract("International Pump Works (IPW) is big. IPW sells.")
    assert ("international pump works", ALIAS, "ipw") in {(r.subject, r.predicate, r.object) for r in found.relations}


def test_brackets_do_not_lead_astray() -> None:
    text = "Jane Smith (born Jane Jones; 4 May 1950 in Oslo – 1999) was a painter of the Tarn School."
    found = said(text, title="Jane Smith")
    assert {("jane smith", "born", "1950-05-04"), ("jane smith", "died", "1999")} <= found
    assert ("jane smith", "painter of", "tarn school") in found


def test_rows_say_what_their_cells_hold() -> None:
    text = (
        "product: Marl X200 | price: 300 EUR | owner: Ann Lee | note: works well with many others\nno: row | of names"
    )
    found = extract(text)
    assert {(r.subject, r.predicate, r.object) for r in found.relations} == {
        ("marl x200", "price", "EUR 300"),
        ("marl x200", "owner", "ann lee"),
    }
    assert {text[r.start : r.end] for r in found.relations} == {text.partition("\n")[0]}


def test_chinese() -> None:
    text = "北京星河有限公司（以下简称“星河”）成立于2003年。星河由王伟创立。《员工手册》规定使用 SAP Concur 系统。"
    found = extract(text, title="北京星河有限公司")
    kinds = {entity.key: entity.type for entity in found.entities}
    assert (kinds["北京星河有限公司"], kinds["王伟"], kinds["员工手册"]) == ("ORG", "PERSON", "WORK")
    assert "sap concur" in kinds
    assert {(r.subject, r.predicate, r.object) for r in found.relations} >= {
        ("北京星河有限公司", "成立于", "2003"),
        ("王伟", "创立", "北京星河有限公司"),
    }


def test_keys() -> None:
    assert {entity_key(x) for x in ("The Smith’s", "SMITH", " Smith ", "“Smith”")} == {"smith"}
    assert entity_key("...") == "..."
    assert entity_key("Mercury (planet)") == "mercury (planet)"
    assert without_parenthesis("Mercury (planet)") == "Mercury"
    assert without_parenthesis("水星（行星）") == "水星"
    assert without_parenthesis("(x)") == "(x)"


def test_unknown_pipelines_are_told() -> None:
    document = make_document("d", "Acme sells.")
    with pytest.raises(PipelineError, match="'no_such_pipeline' is not installed"):
        SpacyExtractor(pipeline="no_such_pipeline").extract(document, chunk_document(document))


# What a document tells of its names


def test_columns_tell_what_their_values_are() -> None:
    text = (
        "Everyone in Ulvik travels.\n\n"
        "Site: Ulvik | Days: 26 | Contact: Grut Halm (head) | Class: B | Customer: Delta Waterschap\n"
        "Name: Bren Oskil | Title: Chief Financial Officer | Department: Finance | Site: Varde | Reports to: Odd Lund\n"
        "Article: Skarv 40 radar gauge | List price EUR: 420 | Weekday: Friday\n"
        "Article: Wiper blade, set of five | List price EUR: 42 | Weekday: Monday\n"
    )
    found = types(text)
    assert {key: found[key] for key in found if key in {"ulvik", "varde"}} == {"ulvik": "PLACE", "varde": "PLACE"}
    assert [found[key] for key in ("grut halm", "bren oskil", "odd lund")] == ["PERSON"] * 3
    assert (found["delta waterschap"], found["skarv 40"]) == ("ORG", "PRODUCT")
    assert found.get("chief financial officer", "NAME") == "NAME"
    labels = {"site", "department", "class", "list price eur", "eur", "weekday", "title", "name", "article", "customer"}
    assert not found.keys() & (labels | {"b", "friday", "monday", "wiper", "department: finance"})


def test_columns_of_chinese_tables() -> None:
    found = types(
        "姓名: 林若溪 | 城市: 泰萨文 | 型号: SD6 | 供应商: 澄涟电子\n"
        "姓名: 顾明哲 | 城市: 深圳 | 型号: SK40 | 供应商: 无\n"
    )
    assert [found.get(key) for key in ("林若溪", "泰萨文", "澄涟电子")] == ["PERSON", "PLACE", "ORG"]
    assert "无" not in found


def test_a_column_name_holds_people_beside_what_people_have_alone() -> None:
    assert [cell.kind for cell in cells("Name: Bren Oskil | E-mail: b@x.example\n")] == ["PERSON", ""]
    assert [cell.kind for cell in cells("Name: Aluminium Pole | Weight: 3 kg\n")] == ["", ""]


def test_data_sheets_and_manuals_are_of_products() -> None:
    text = "Skarv user manual\n\nThe Skarv stores values. Skarv 16 and Skarv 8 use Bluetooth. Skarv was mended by CK-3."
    found = types(text, title="Skarv user manual")
    assert found["skarv"] == "PRODUCT"
    assert "PERSON" not in found.values()


def test_a_page_number_is_no_part_of_a_name() -> None:
    assert not any("page" in key for key in types("It floats.\n\nSkarv 40 Radar Gauge Page 1\n"))


def test_what_is_written_small_further_on_is_no_name() -> None:
    found = types("Wiper stops halfway. The wiper was changed.\n\nAccuracy: 2 mm\nSupply voltage: 12 V\n")
    assert not found.keys() & {"wiper", "accuracy", "supply"}


def test_letters_currencies_days_and_clocks_are_no_names() -> None:
    found = types("Insert four D cells on Friday. The EUR fell in July. See [12/May/2026:10:00:00 +0100] for B and C.")
    assert not found.keys() & {"d", "b", "c", "eur", "friday", "july", "may/2026:10:00:00"}
