"""What a viewer sees of the graph, and what operators change in it."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import pytest
from helpers.rows import GivenExtractor, Said, given_base

from connectors import Viewer
from knowledge.records import ALIAS, ChangeSet, Edit
from rag.errors import KnowledgeBaseError
from rag.graph_files import write_graphml, write_json, xml_text

TEXTS = {
    "acme.md": ("Acme", "Ann Lee leads Acme Corp. Acme Corp was founded on 24 December 1986."),
    "town.md": ("Oslo", "Acme Corp builds pumps in Oslo."),
    "secret.md": ("Project Falcon", "Project Falcon (Acme Corp) pays Mara Quist. Ann Lee knows."),
    "zh.md": ("星河", "李明就职于星河公司。"),
}
NAMES = {
    "Ann Lee": "PERSON",
    "Acme Corp": "ORG",
    "Oslo": "PLACE",
    "Project Falcon": "ORG",
    "Mara Quist": "PERSON",
    "李明": "PERSON",
    "星河公司": "ORG",
    "1986-12-24=24 December 1986": "DATE",
}
SAID = [
    Said("Acme", "Ann Lee", "lead", "Acme Corp", "Ann Lee leads Acme Corp."),
    Said("Acme", "Acme Corp", "found on", "1986-12-24", "Acme Corp was founded on 24 December 1986.", 0.8),
    Said("Oslo", "Acme Corp", "build in", "Oslo", "Acme Corp builds pumps in Oslo.", 0.7, True, "may"),
    Said("Project Falcon", "Project Falcon", ALIAS, "Acme Corp", "Project Falcon (Acme Corp)", 1.0),
    Said("Project Falcon", "Acme Corp", "pay", "Mara Quist", "Project Falcon (Acme Corp) pays Mara Quist."),
    Said("星河", "李明", "就职于", "星河公司", "李明就职于星河公司。"),
]
HR = Viewer("bob", frozenset({"hr"}))


@pytest.fixture
def base(tmp_path: Path):
    made = given_base(tmp_path, TEXTS, GivenExtractor(NAMES, SAID), readers={"secret.md": ["group:hr"]})
    yield made
    made.close()


def names(explorer) -> set[str]:
    return {form for entity in explorer.entities() for form in (entity.name, *entity.aliases)}


def test_a_hidden_document_does_not_merge(base) -> None:
    everyone, hr = base.explore(), base.explore(viewer=HR)
    assert "Project Falcon" not in names(everyone)
    assert "Mara Quist" not in names(everyone)
    assert everyone.candidates("Project Falcon") == []
    assert hr.find("Project Falcon") == hr.find("Acme Corp")
    assert (everyone.find("Acme Corp").mentions, hr.find("Acme Corp").mentions) == (2, 3)
    assert (everyone.find("Ann Lee").mentions, hr.find("Ann Lee").mentions) == (1, 2)
    assert [title for _, title in everyone.documents(everyone.find("Ann Lee"))] == ["Acme"]
    assert "pay" not in {fact.predicate for fact in everyone.facts(everyone.find("Acme Corp"))}
    told = repr([base.graph().entities(), list(base.graph().graph.nodes(data=True)), everyone.export().edges])
    assert "Falcon" not in told
    assert "Quist" not in told


def test_graphs_are_kept_by_what_may_be_read(base) -> None:
    assert base.graph() is base.graph(viewer=Viewer("somebody"))
    assert base.graph(viewer=HR) is base.graph(viewer=Viewer("other", frozenset({"hr"})))
    # Whoever reads everything gets the graph that lies in the cache.
    assert base.graph(viewer=HR) is base.retriever()._caches.graph
    assert base.graph() is not base.graph(viewer=HR)
    before = base.graph()
    base.store.commit(ChangeSet(base.sources()[0], deletes=(next(i.id for i in base.documents() if "zh" in i.id),)))
    assert base.graph() is not before
    assert base.graph().find_entity("李明") is None


def test_who_may_read_nothing_sees_nothing(tmp_path: Path) -> None:
    only = {"secret.md": TEXTS["secret.md"]}
    base = given_base(tmp_path, only, GivenExtractor(NAMES, SAID), readers={"secret.md": ["group:hr"]})
    explorer = base.explore()
    assert (explorer.entities(), explorer.communities(), explorer.ranks()) == ([], [], [])
    assert len(explorer.export()) == len(base.graph().graph) == 0
    with pytest.raises(KnowledgeBaseError):
        explorer.find("Acme Corp")
    base.close()


def test_a_search_tells_no_hidden_name(base) -> None:
    for question in ("What is Project Falcon?", "Who leads Acme Corp?"):
        assert not any("Falcon" in hit.why for hit in base.search(question) if "Falcon" not in hit.text)
        assert not any("names “Acme" in hit.why for hit in base.search("What is Project Falcon?"))
    assert any("“Acme Corp”" in hit.why for hit in base.search("Who leads Acme Corp?"))
    assert any("names “Acme Corp”" in hit.why for hit in base.search("What is Project Falcon?", viewer=HR))


def test_facts_have_their_quotes(base) -> None:
    explorer = base.explore(viewer=HR)
    facts = explorer.facts(explorer.find("Acme Corp"))
    assert [fact.predicate for fact in facts] == ["pay", "lead", "found on", "build in"]
    for fact in facts:
        document = base.document(fact.document, viewer=HR)
        assert document.text[fact.start : fact.end] == fact.quote != ""
        assert document.title == fact.title
    founded = next(fact for fact in facts if fact.predicate == "found on")
    assert (founded.object_key, founded.object_type) == ("1986-12-24", "DATE")
    built = next(fact for fact in facts if fact.predicate == "build in")
    assert (built.negated, built.modality) == (True, "may")


def test_attributes_can_be_compared(base) -> None:
    explorer = base.explore()
    (founded,) = explorer.attributes(explorer.find("Acme Corp"))
    assert (founded.predicate, founded.name, founded.value) == ("found on", "24 December 1986", "1986-12-24")
    assert (founded.type, founded.dimension) == ("DATE", "date")
    assert 1986.9 < founded.number < 1987
    assert founded.fact.quote == SAID[1].quote
    assert explorer.attributes(explorer.find("Ann Lee")) == []


def test_a_key_that_is_no_value_has_no_order(tmp_path: Path) -> None:
    given = GivenExtractor({"soon=soon": "TIME", "Acme Corp": "ORG"}, [Said("A", "Acme Corp", "open", "soon")])
    base = given_base(tmp_path, {"a.md": ("A", "Acme Corp opens soon.")}, given)
    (opens,) = base.explore().attributes(base.explore().find("Acme Corp"))
    assert (opens.value, opens.dimension, opens.number) == ("soon", "", None)
    base.close()


def test_neighbours_by_what_is_said_then_by_chunk(base) -> None:
    explorer = base.explore(viewer=HR)
    near = explorer.neighbours(explorer.find("Ann Lee"))
    assert [(n.entity.name, n.relations, n.chunks) for n in near][:1] == [("Acme Corp", 1, 2)]
    assert {n.entity.name for n in near if not n.relations} == {"Mara Quist"}
    assert all(n.entity.type != "DATE" for n in explorer.neighbours(explorer.find("Acme Corp")))
    year = explorer.entities(type="DATE")[0]
    assert [n.entity.name for n in explorer.neighbours(year)] == ["Acme Corp", "Ann Lee"]


def test_values_are_listed_on_request_only(base) -> None:
    explorer = base.explore()
    assert [entity.key for entity in explorer.entities(type="DATE")] == ["1986-12-24"]
    assert "DATE" not in {entity.type for entity in explorer.entities()}


def test_paths_show_their_evidence(base) -> None:
    explorer = base.explore()
    ((first, second),) = explorer.paths(explorer.find("Ann Lee"), explorer.find("Oslo"))
    assert (first.source, first.predicate, first.target, first.forward) == ("Ann Lee", "lead", "Acme Corp", True)
    assert (second.predicate, second.negated, second.title) == ("build in", True, "Oslo")
    for step in (first, second):
        assert base.document(step.document).text[step.start : step.end] == step.quote
    ((back, _),) = explorer.paths(explorer.find("Oslo"), explorer.find("Ann Lee"))
    assert (back.source, back.target, back.forward) == ("Oslo", "Acme Corp", False)
    hr = base.explore(viewer=HR)
    ((step, _),) = hr.paths(hr.find("Mara Quist"), hr.find("Ann Lee"), limit=1)
    assert step.predicate == "pay"
    assert explorer.paths(explorer.find("Ann Lee"), explorer.find("李明")) == []


def test_a_path_over_a_passage_quotes_the_sentences_between(tmp_path: Path) -> None:
    text = "Nothing here. Ann Lee came. So it was. Oslo is cold. Nothing there."
    base = given_base(tmp_path, {"a.md": ("A", text)}, GivenExtractor(NAMES))
    explorer = base.explore()
    ((step,),) = explorer.paths(explorer.find("Ann Lee"), explorer.find("Oslo"))
    assert (step.predicate, step.quote) == ("", "Ann Lee came. So it was. Oslo is cold.")
    base.close()


def test_evidence_that_is_gone(base) -> None:
    explorer = base.explore()
    ann, oslo = explorer.find("Ann Lee"), explorer.find("Oslo")
    for info in base.documents():
        base.store.commit(ChangeSet(info.source, deletes=(info.id,)))
    assert explorer.facts(ann) == []
    assert explorer.paths(ann, oslo) == []


def test_evidence_that_was_hidden_since(base) -> None:
    explorer = base.explore()
    base.sync(base.folder / "docs", readers=["group:hr"])
    assert explorer.facts(explorer.find("Ann Lee")) == []


def test_export(base, tmp_path: Path) -> None:
    found = base.explore().export()
    (said,) = found.get_edge_data(*(base.explore().find(name).key for name in ("Acme Corp", "Oslo"))).values()
    assert (said["predicate"], said["quote"], said["negated"]) == ("build in", "Acme Corp builds pumps in Oslo.", True)
    write_json(found, tmp_path / "g.json")
    plain = json.loads((tmp_path / "g.json").read_text(encoding="utf-8"))
    assert {node["name"] for node in plain["nodes"]} >= {"李明", "Acme Corp"}
    assert all(isinstance(node["aliases"], list) for node in plain["nodes"])
    assert nx.utils.graphs_equal(nx.node_link_graph(plain, edges="edges"), found)
    write_graphml(found, tmp_path / "g.graphml")
    read = nx.read_graphml(tmp_path / "g.graphml")
    assert set(read) == set(found)
    assert {quote for *_, quote in read.edges(data="quote")} == {quote for *_, quote in found.edges(data="quote")}


def test_graphml_with_odd_characters(tmp_path: Path) -> None:
    graph = nx.MultiDiGraph()
    odd = ["a\x00b", "a\x01b", "<&\"'>]]>", "\ud800", "李\u2028明\uffff", "🦉", ""]
    for key in odd:
        graph.add_node(key, name=key, type="NAME", mentions=1, aliases=[key, "b"])
    graph.add_edge(odd[0], odd[1], predicate="\x0b", page=None, quote="\x1f<x>", confidence=0.5, negated=False)
    write_graphml(graph, tmp_path / "g.graphml")
    read = nx.read_graphml(tmp_path / "g.graphml")
    assert read.number_of_nodes() == len(odd)
    ((_, _, attributes),) = read.edges(data=True)
    assert (attributes["quote"], "page" in attributes) == ("\ufffd<x>", False)
    assert xml_text("🦉\t<a>\n") == "🦉\t<a>\n"
    write_json(graph, tmp_path / "g.json")
    assert len(json.loads((tmp_path / "g.json").read_text(encoding="utf-8"))["nodes"]) == len(odd)


def test_edits_are_kept_and_undone(base) -> None:
    assert base.edits() == {}
    number = base.merge("Acme Corp", "星河公司")
    assert base.edits() == {number: Edit("merge", "Acme Corp", "星河公司")}
    assert base.explore().find("星河公司") == base.explore().find("Acme Corp")
    base.sync()
    assert base.explore().find("星河公司") == base.explore().find("Acme Corp")
    with pytest.raises(KnowledgeBaseError, match="one already"):
        base.merge("Acme Corp", "星河公司")
    other = base.split("Acme Corp", "星河公司")
    assert other > number
    assert base.explore().find("星河公司") != base.explore().find("Acme Corp")
    pinned = base.pin("Oslo", shown="Oslo, Norway", type="ORG")
    assert base.explore().find("Oslo").name == "Oslo, Norway"
    assert base.explore().find("Oslo").type == "ORG"
    assert list(base.edits()) == [number, other, pinned]
    assert base.undo(pinned).kind == "pin"
    assert base.explore().find("Oslo").name == "Oslo"
    with pytest.raises(KnowledgeBaseError, match="no edit"):
        base.undo(pinned)


def test_a_document_that_means_another(base) -> None:
    town = next(info.id for info in base.documents() if "town" in info.id)
    base.split("Acme Corp", document=town, shown="Acme Pumps")
    explorer = base.explore()
    assert explorer.documents(explorer.find("Acme Pumps")) == [(town, "Oslo")]
    assert town not in dict(explorer.documents(explorer.find("Acme Corp")))


@pytest.mark.parametrize(
    "edit",
    [
        lambda base: base.merge("Acme Corp", "Nobody"),
        lambda base: base.merge("Acme Corp", "1986-12-24"),
        # Named in a hidden document only.
        lambda base: base.merge("Acme Corp", "Mara Quist"),
        lambda base: base.split("Acme Corp", "Oslo"),
        lambda base: base.split("Acme Corp"),
        lambda base: base.split("Acme Corp", "acme corp"),
        lambda base: base.split("Acme Corp", document="nowhere"),
        lambda base: base.split("Acme Corp", document=str(base.folder / "docs-secret.md" / "secret.md")),
        lambda base: base.pin("Oslo"),
        lambda base: base.pin("Oslo", type="THING"),
        lambda base: base.pin("Oslo", type="DATE"),
        lambda base: base.pin("Oslo", type="PLACE"),
    ],
)
def test_edits_that_make_no_sense_are_not_kept(base, edit) -> None:
    with pytest.raises(KnowledgeBaseError):
        edit(base)
    assert base.edits() == {}


def test_edits_of_hidden_entities_are_hidden(base) -> None:
    hidden = base.merge("Mara Quist", "Oslo", viewer=HR)
    shown = base.pin("Oslo", type="ORG")
    assert list(base.edits()) == [hidden, shown]
    assert list(base.edits(viewer=HR)) == [hidden, shown]
    assert list(base.edits(viewer=Viewer("ann"))) == [shown]
    with pytest.raises(KnowledgeBaseError):
        base.undo(hidden, viewer=Viewer("ann"))
    assert names(base.explore()) & {"Mara Quist"} == set()


def test_an_ambiguous_name_means_the_most_mentioned(tmp_path: Path) -> None:
    texts = {
        "a.md": ("A", "Mercury rises. "),
        "b.md": ("B", "Mercury sets."),
        "c.md": ("C", "MERCURY pays well."),
    }
    base = given_base(tmp_path, texts, GivenExtractor({"Mercury": "PLACE", "MERCURY": "ORG"}))
    explorer = base.explore()
    found = explorer.candidates("mercury")
    assert [(entity.type, entity.mentions) for entity in found] == [("PLACE", 2), ("ORG", 1)]
    assert explorer.find("mercury") == found[0]
    assert explorer.find(found[1].key) == found[1]
    number = base.pin(found[1].key, shown="Mercury Bank")
    assert {entity.name for entity in base.explore().entities()} == {"Mercury", "Mercury Bank"}
    assert base.edits()[number].name == found[1].key
    base.close()
