"""The graph says what the rows say."""

from __future__ import annotations

import networkx as nx
import pytest

from knowledge.chunk import chunk_document
from knowledge.extract import SpacyExtractor
from knowledge.graph import KnowledgeGraph
from knowledge.records import Entity
from knowledge.testing import make_document

TEXTS = {
    "a": ("Ann Lee", "The painter Ann Lee was born in Oslo. The school of Ann Lee is in Rome."),
    "b": ("Oslo", "The port of Oslo lies in Norway."),
    "c": ("Rome (film)", "A film that is set in Italy."),
    "d": ("Oslo", "Another text on the ferry from Oslo."),
    "e": ("Empty", "nothing here"),
}


def rows():
    chunks, mentions, relations = [], [], []
    for name, (title, text) in TEXTS.items():
        document = make_document(name, text, title=title)
        mine = chunk_document(document)
        found = SpacyExtractor().extract(document, mine)
        chunks += mine
        mentions += found.mentions
        relations += found.relations
    return chunks, mentions, relations


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


def test_entities(graph) -> None:
    entities = {entity.key: entity for entity in graph.entities()}
    assert entities["oslo"] == Entity("oslo", "Oslo", "TOPIC", 3)
    assert entities["ann lee"].mentions == 1
    counts = [entity.mentions for entity in graph.entities()]
    assert counts == sorted(counts, reverse=True)
    assert graph.name_of("ann lee") == "Ann Lee"


def test_mentions(graph, chunks) -> None:
    assert list(graph.chunks_of("oslo")) == [chunks["test/a"], chunks["test/b"], chunks["test/d"]]
    assert set(graph.entities_of(chunks["test/a"])) == {"ann lee", "oslo", "rome"}
    assert list(graph.chunks_of("nobody")) == []
    assert list(graph.entities_of(1)) == []


def test_documents_named(graph, chunks) -> None:
    named = {document: set(graph.documents_named(chunk)) for document, chunk in chunks.items()}
    assert named["test/a"] == {"test/b", "test/c", "test/d"}
    # A document does not name those that bear its own title.
    assert named["test/b"] == named["test/d"] == set()
    assert list(graph.documents_named(1)) == []


def test_titles(graph) -> None:
    assert graph.title_of("test/c") == "Rome (film)"
    assert [graph.same_title(f"test/{name}") for name in "abd"] == [1, 2, 2]
    assert {hit.key for hit in graph.titles.find("who made the film rome?")} == {"test/c"}
    assert {hit.key for hit in graph.names.find("In Norway")} == {"norway"}


def test_relations(graph, chunks) -> None:
    (born,) = (r for r in graph.relations_of("oslo") if r.chunk_id == chunks["test/a"])
    assert (born.subject, born.predicate, born.object) == ("ann lee", "was born in", "oslo")
    assert born in list(graph.relations_of("ann lee"))
    assert set(rows()[2]) == {r for entity in graph.entities() for r in graph.relations_of(entity.key)}
    assert list(graph.relations_of("nobody")) == []


def test_find_entity(graph) -> None:
    assert graph.find_entity("the OSLO") == "oslo"
    assert graph.find_entity("Rome (film)") in {"rome (film)", "rome"}
    assert graph.find_entity("Atlantis") is None


def test_networkx(graph, chunks) -> None:
    view = graph.graph
    assert isinstance(view, nx.MultiDiGraph)
    kinds = {kind for _, _, kind in view.edges(data="kind")}
    assert kinds == {"mentions", "part_of", "titled", "names", "relation"}
    assert view.nodes["document", "test/a"] == {"title": "Ann Lee"}
    assert view.nodes["entity", "oslo"] == {"name": "Oslo", "type": "TOPIC"}
    assert view.number_of_edges(("entity", "oslo"), ("document", "test/b")) == 1
    assert view.has_edge(("chunk", chunks["test/a"]), ("document", "test/b"))
    path = nx.shortest_path(view.to_undirected(as_view=True), ("entity", "ann lee"), ("entity", "norway"))
    assert ("entity", "oslo") in path or ("document", "test/b") in path


def test_same_graph_from_disk(tmp_path) -> None:
    built = KnowledgeGraph.build(*rows())
    built.save(tmp_path)
    loaded = KnowledgeGraph.load(tmp_path)
    assert nx.utils.graphs_equal(built.graph, loaded.graph)
    loaded.save(tmp_path / ".")
    assert KnowledgeGraph.load(tmp_path).entities() == built.entities()


def test_order_of_rows_does_not_matter() -> None:
    chunks, mentions, relations = rows()
    other = KnowledgeGraph.build(chunks, mentions[::-1], relations[::-1])
    assert other.entities() == KnowledgeGraph.build(chunks, mentions, relations).entities()


def test_empty() -> None:
    graph = KnowledgeGraph.build([], [], [])
    assert (graph.entities(), graph.titles.find("x y"), len(graph.graph)) == ([], [], 0)
