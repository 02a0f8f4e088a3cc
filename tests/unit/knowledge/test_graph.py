"""The graph says what the rows say."""

from __future__ import annotations

import random

import networkx as nx
import pytest
from helpers.rows import GivenExtractor, Said, rows_of

from knowledge.graph import KnowledgeGraph
from knowledge.records import ALIAS, DocumentEntity, Edit, Mention, Relation

TEXTS = {
    "a": ("Ann Lee", "The painter Ann Lee was born in Oslo in 1981. The school of Ann Lee is in Rome."),
    "b": ("Oslo", "The port of Oslo lies in Norway. It was built in 1981."),
    "c": ("Rome (film)", "A film that is set in Italy."),
    "d": ("Oslo", "Another text on the ferry from Oslo."),
    "e": ("Empty", "nothing here"),
    "f": ("IBM", "International Business Machines (IBM) does not make ferries."),
    "g": ("北京星河有限公司", "北京星河有限公司（简称星河）位于北京。"),
}
NAMES = {
    "Ann Lee": "PERSON",
    "Oslo": "PLACE",
    "Rome": "PLACE",
    "Norway": "PLACE",
    "Italy": "PLACE",
    "International Business Machines": "ORG",
    "IBM": "ORG",
    "1981": "DATE",
    "北京星河有限公司": "ORG",
    "位于北京": "PLACE",
}
SAID = [
    Said("Ann Lee", "Ann Lee", "born in", "Oslo", "The painter Ann Lee was born in Oslo in 1981."),
    Said("Ann Lee", "Ann Lee", "born in", "1981", "The painter Ann Lee was born in Oslo in 1981."),
    Said("IBM", "IBM", ALIAS, "International Business Machines", "International Business Machines (IBM)", 1.0),
    Said("IBM", "IBM", "make", "Rome", "does not make ferries", 0.5, negated=True, modality="may"),
    Said("北京星河有限公司", "北京星河有限公司", "位于", "位于北京", "位于北京"),
]


def rows():
    extractor = GivenExtractor(NAMES, SAID[:3] + SAID[4:])
    chunks, entities, mentions, relations = rows_of(TEXTS, extractor)
    place = next(chunk for chunk in chunks if chunk.document_id == "test/f")
    ferries = DocumentEntity("test/f", "ferries", "ferries", "PRODUCT")
    at = place.text.index("ferries")
    mentions.append(Mention(place.id, "ferries", "ferries", "PRODUCT", at, at + 7))
    relations.append(Relation(place.id, "ibm", "make", "ferries", 0, len(place.text), 0.5, True, "may"))
    return chunks, [*entities, ferries], mentions, relations


@pytest.fixture(scope="module")
def chunks():
    return {chunk.document_id: chunk.id for chunk in rows()[0]}


@pytest.fixture(scope="module", params=["built", "loaded"])
def graph(request, tmp_path_factory):
    built = KnowledgeGraph.build(*rows())
    if request.param == "built":
        return built
    folder = tmp_path_factory.mktemp("graph")
    built.save(folder)
    return KnowledgeGraph.load(folder)


def key(graph, name: str) -> str:
    found = graph.find_entity(name)
    assert found is not None
    return found


def test_entities(graph) -> None:
    oslo = graph.entity(key(graph, "Oslo"))
    assert (oslo.name, oslo.type, oslo.mentions) == ("Oslo", "PLACE", 3)
    assert graph.entity(key(graph, "Ann Lee")).mentions == 1
    counts = [entity.mentions for entity in graph.entities()]
    assert counts == sorted(counts, reverse=True)
    assert graph.name_of(key(graph, "ann lee")) == "Ann Lee"
    assert len({entity.key for entity in graph.entities()}) == len(graph.entities())


def test_filters(graph) -> None:
    assert {entity.name for entity in graph.entities(type="DATE")} == {"1981"}
    assert {entity.name for entity in graph.entities(contains="LEE")} == {"Ann Lee"}
    assert {entity.name for entity in graph.entities(type="ORG", contains="星河")} == {"北京星河有限公司"}
    # Aliases are looked at too.
    assert [entity.key for entity in graph.entities(contains="ibm")] == [key(graph, "IBM")]


def test_aliases_make_one_entity(graph, chunks) -> None:
    assert key(graph, "IBM") == key(graph, "international business machines")
    one = graph.entity(key(graph, "IBM"))
    assert {one.name, *one.aliases} >= {"IBM", "International Business Machines"}
    assert one.mentions == 1
    assert {hit.key for hit in graph.names.find("Who runs IBM?")} == {one.key}
    assert {hit.key for hit in graph.names.find("who runs international business machines?")} == {one.key}
    assert all(relation.predicate != ALIAS for relation in graph.relations())
    assert [key for key in graph.entities_of(chunks["test/f"]) if key == one.key] == [one.key]


def test_mentions(graph, chunks) -> None:
    oslo = key(graph, "Oslo")
    assert list(graph.chunks_of(oslo)) == [chunks["test/a"], chunks["test/b"], chunks["test/d"]]
    assert graph.documents_of(oslo) == ["test/a", "test/b", "test/d"]
    assert set(graph.entities_of(chunks["test/a"])) == {key(graph, name) for name in ("Ann Lee", "Oslo", "Rome")}
    assert list(graph.chunks_of("nobody")) == []
    assert list(graph.entities_of(1)) == []


def test_values_lead_nowhere(graph, chunks) -> None:
    (year,) = graph.entities(type="DATE")
    assert (year.name, year.mentions, graph.is_value(year.key)) == ("1981", 2, True)
    assert not graph.is_value(key(graph, "Oslo"))
    assert list(graph.chunks_of(year.key)) == [chunks["test/a"], chunks["test/b"]]
    for document in ("test/a", "test/b"):
        assert year.key not in set(graph.entities_of(chunks[document]))
    assert graph.names.find("What happened in 1981?") == []
    assert year.key in {relation.object for relation in graph.relations_of(key(graph, "Ann Lee"))}


def test_documents_named(graph, chunks) -> None:
    named = {document: set(graph.documents_named(chunk)) for document, chunk in chunks.items()}
    assert named["test/a"] == {"test/b", "test/c", "test/d"}
    # A document does not name those that bear its own title.
    assert named["test/b"] == named["test/d"] == set()
    assert list(graph.documents_named(1)) == []


def test_titles(graph, chunks) -> None:
    assert graph.title_of("test/c") == "Rome (film)"
    assert graph.document_of(chunks["test/c"]) == "test/c"
    assert [graph.same_title(f"test/{name}") for name in "abd"] == [1, 2, 2]
    assert {hit.key for hit in graph.titles.find("who made the film rome?")} == {"test/c"}
    assert {hit.key for hit in graph.names.find("In Norway")} == {key(graph, "Norway")}


def test_relations(graph, chunks) -> None:
    (born,) = graph.relations_of(key(graph, "Oslo"))
    ann = key(graph, "Ann Lee")
    assert (born.subject, born.predicate, born.object) == (ann, "born in", key(graph, "Oslo"))
    assert born.chunk_id == chunks["test/a"]
    assert TEXTS["a"][1][born.start : born.end] == SAID[0].quote
    assert born in list(graph.relations_of(ann))
    (made,) = graph.relations_of(key(graph, "ferries"))
    assert (made.negated, made.modality, made.confidence) == (True, "may", 0.5)
    assert (born.negated, born.modality) == (False, "")
    assert {r for e in graph.entities() for r in graph.relations_of(e.key)} == set(graph.relations())
    assert len(list(graph.relations())) == 4
    assert list(graph.relations_of("nobody")) == []


def test_finding_entities(graph) -> None:
    assert graph.find_entity("the OSLO") == key(graph, "Oslo")
    assert graph.find_entity("Rome (film)") == key(graph, "Rome")
    assert graph.find_entity("北京星河有限公司") in {entity.key for entity in graph.entities(type="ORG")}
    assert graph.find_entity("Atlantis") is None
    assert graph.candidates("") == []
    for entity in graph.entities():
        assert graph.candidates(entity.key)[0] == entity
        assert entity in graph.candidates(entity.name)


def test_networkx(graph, chunks) -> None:
    view = graph.graph
    assert isinstance(view, nx.MultiDiGraph)
    assert {kind for _, kind in view.nodes(data="kind")} == {"chunk", "entity", "document"}
    kinds = {kind for _, _, kind in view.edges(data="kind")}
    assert kinds == {"mentions", "part_of", "titled", "names", "relation"}
    assert view.nodes["document", "test/a"] == {"kind": "document", "title": "Ann Lee"}
    assert view.nodes["chunk", chunks["test/a"]] == {"kind": "chunk", "document": "test/a"}
    oslo, ann = ("entity", key(graph, "Oslo")), ("entity", key(graph, "Ann Lee"))
    assert view.nodes[oslo]["name"] == "Oslo"
    assert (view.nodes[oslo]["type"], view.nodes[oslo]["mentions"]) == ("PLACE", 3)
    assert isinstance(view.nodes[oslo]["aliases"], tuple)
    (said,) = view.get_edge_data(ann, oslo).values()
    assert said == {
        "kind": "relation",
        "predicate": "born in",
        "document": "test/a",
        "chunk": chunks["test/a"],
        "start": 0,
        "end": len(SAID[0].quote),
        "confidence": 0.9,
        "negated": False,
        "modality": "",
    }
    assert view.number_of_edges(oslo, ("document", "test/b")) == 1
    assert view.has_edge(("chunk", chunks["test/a"]), ("document", "test/b"))
    titled = {a for a, b, kind in view.edges(data="kind") if kind == "titled" and b == ("document", "test/f")}
    assert titled == {("entity", key(graph, "IBM"))}


def test_same_graph_from_disk(tmp_path) -> None:
    built = KnowledgeGraph.build(*rows())
    built.save(tmp_path)
    loaded = KnowledgeGraph.load(tmp_path)
    assert nx.utils.graphs_equal(built.graph, loaded.graph)
    assert loaded.entities() == built.entities()
    assert list(loaded.relations()) == list(built.relations())


@pytest.mark.parametrize("seed", range(5))
def test_order_of_rows_does_not_matter(seed, tmp_path) -> None:
    KnowledgeGraph.build(*rows()).save(tmp_path)
    expected = (tmp_path / "graph.json").read_bytes()
    shuffled = [random.Random(seed + n).sample(part, len(part)) for n, part in enumerate(rows())]
    KnowledgeGraph.build(*shuffled).save(tmp_path)
    assert (tmp_path / "graph.json").read_bytes() == expected


def test_a_part_of_the_documents_tells_nothing_of_the_rest() -> None:
    chunks, entities, mentions, relations = rows()
    kept = {chunk.id for chunk in chunks if chunk.document_id != "test/f"}
    part = KnowledgeGraph.build(
        [chunk for chunk in chunks if chunk.id in kept],
        [entity for entity in entities if entity.document_id != "test/f"],
        [mention for mention in mentions if mention.chunk_id in kept],
        [relation for relation in relations if relation.chunk_id in kept],
        [Edit("merge", "Oslo", "International Business Machines"), Edit("pin", "IBM", "Big Blue")],
    )
    assert part.find_entity("IBM") is None
    assert part.find_entity("Big Blue") is None
    told = repr([part.entities(), list(part.relations()), list(part.graph.nodes(data=True))])
    assert "IBM" not in told
    assert "International" not in told


def test_edits_are_heard() -> None:
    merged = KnowledgeGraph.build(*rows(), [Edit("merge", "Oslo", "Norway")])
    assert key(merged, "Oslo") == key(merged, "Norway")
    assert merged.entity(key(merged, "Oslo")).mentions == 3
    pinned = KnowledgeGraph.build(*rows(), [Edit("pin", "Oslo", "Oslo, Norway", type="ORG")])
    one = pinned.entity(key(pinned, "Oslo"))
    assert (one.name, one.type) == ("Oslo, Norway", "ORG")
    apart = KnowledgeGraph.build(*rows(), [Edit("split", "IBM", "International Business Machines")])
    assert key(apart, "IBM") != key(apart, "International Business Machines")


def test_empty() -> None:
    graph = KnowledgeGraph.build([], [], [], [])
    assert (graph.entities(), graph.titles.find("x y"), len(graph.graph)) == ([], [], 0)
    assert graph.candidates("x") == []
