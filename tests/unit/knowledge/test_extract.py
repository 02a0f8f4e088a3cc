"""Names, topics and relations found by rules."""

from __future__ import annotations

from connectors import Section
from knowledge.chunk import chunk_document
from knowledge.extract import NAME, TOPIC, SpacyExtractor
from knowledge.language import sentences
from knowledge.resolve import entity_key, without_parenthesis
from knowledge.testing import make_document


def extract(text: str, **fields):
    document = make_document("d", text, **({"title": ""} | fields))
    return SpacyExtractor().extract(document, chunk_document(document))


def names(text: str, **fields) -> list[str]:
    return [mention.name for mention in extract(text, **fields).mentions]


def test_names() -> None:
    text = "In May the engineer Ann Lee sold pump X-200 to Bob and Eve at the Bank of England in New York."
    assert names(text) == ["May", "Ann Lee", "X-200", "Bob", "Eve", "Bank of England", "New York"]


def test_sentence_starts_are_no_names() -> None:
    text = (
        "Connect the cable. Responsible people know. After the start, wait.\n- Press the button\n"
        "1. Open the lid\n\nHow many days? During Easter nobody works."
    )
    assert names(text) == ["Easter"]


def test_sentence_start_that_is_a_name_elsewhere() -> None:
    text = "Pumpex makes pumps. We like Pumpex.\n\n" + "Words fill the rest of the page. " * 60 + "\n\nPumpex is big."
    assert names(text) == ["Pumpex", "Pumpex", "Pumpex"]


def test_acronyms_and_long_names_may_start_a_sentence() -> None:
    assert names("NASA pays. Ann Lee works. X200 leaks.") == ["NASA", "Ann Lee", "X200"]


def test_own_titles() -> None:
    text = "the mercury rises\n\nCare\n\nMercury needs care."
    sections = (Section("Care", 1, text.index("Care"), len(text)),)
    found = extract(text, title="Mercury (planet)", sections=sections).mentions
    assert [(m.name, m.type, m.entity) for m in found] == [
        ("mercury", TOPIC, "mercury"),
        ("Care", TOPIC, "care"),
        ("Mercury", TOPIC, "mercury"),
        ("care", TOPIC, "care"),
    ]


def test_headings_that_are_sentences_are_no_topics() -> None:
    text = "How do I apply?\n\nask"
    assert names(text, sections=(Section("How do I apply?", 1, 0, len(text)),)) == []


def test_relations_stay_in_their_sentence() -> None:
    text = "Intro words. The plant of Acme Corp builds pumps in Berlin. Nobody knows Ann Lee."
    found = extract(text)
    (relation,) = found.relations
    assert (relation.subject, relation.predicate, relation.object) == ("acme corp", "builds pumps in", "berlin")
    evidence = text[relation.start : relation.end]
    assert evidence == "The plant of Acme Corp builds pumps in Berlin."
    assert (relation.start, relation.end) in sentences(text, "en")
    assert 0 < relation.confidence < 1


def test_no_relation_over_lines_and_brackets() -> None:
    assert extract("City: the Oslo | capital of: the Norway").relations == ()
    assert extract("a man from Oslo\nwho likes Rome").relations == ()


def test_chinese() -> None:
    text = "差旅费由北京星河有限公司报销。《员工手册》规定使用 SAP Concur 系统。"
    found = extract(text, title="差旅费")
    by_name = {mention.name: mention.type for mention in found.mentions}
    assert by_name["差旅费"] == TOPIC
    assert by_name["员工手册"] == NAME
    assert by_name["北京星河有限公司"] == NAME
    assert by_name["SAP Concur"] == NAME


def test_no_titles_no_warning() -> None:
    # The run turns warnings into errors.
    assert names("he met Ann Lee", title="") == ["Ann Lee"]


def test_keys() -> None:
    assert {entity_key(x) for x in ("The Smith’s", "SMITH", " Smith ", "“Smith”")} == {"smith"}
    assert entity_key("...") == "..."
    assert entity_key("Mercury (planet)") == "mercury (planet)"
    assert without_parenthesis("Mercury (planet)") == "Mercury"
    assert without_parenthesis("水星（行星）") == "水星"
    assert without_parenthesis("(x)") == "(x)"
