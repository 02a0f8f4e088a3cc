"""Paths, ranks and groups: by what is said first, and the same on every run."""

from __future__ import annotations

import random

import pytest
from helpers.rows import GivenExtractor, Said, rows_of

from knowledge.graph import KnowledgeGraph, Web

TEXTS = {
    "a": ("A", "Ann Lee leads Acme Corp. Acme Corp owns Bolt Works."),
    "b": ("B", "Bolt Works sits in Oslo. It dates from 1981."),
    "c": ("C", "Ann Lee saw Oslo once, in 1981."),
    "d": ("D", "Cara Moon and Dan Reed met. Nobody else did, in 1981."),
    "e": ("E", "Dan Reed wrote to Elle Fisk."),
    "f": ("F", "Solo Star shines, as it did in 1981."),
    "g": ("G", "李明就职于星河公司。星河公司位于深圳。"),
    "h": ("H", "Acme Corp does not own Oslo."),
}
NAMES = dict.fromkeys(["Ann Lee", "Cara Moon", "Dan Reed", "Elle Fisk", "李明"], "PERSON")
NAMES |= dict.fromkeys(["Acme Corp", "Bolt Works", "星河公司"], "ORG")
NAMES |= {"Oslo": "PLACE", "深圳": "PLACE", "Solo Star": "PRODUCT", "1981": "DATE"}
SAID = [
    Said("A", "Ann Lee", "lead", "Acme Corp", "Ann Lee leads Acme Corp."),
    Said("A", "Ann Lee", "perhaps lead", "Acme Corp", "Ann Lee leads Acme Corp.", 0.95, modality="may"),
    Said("A", "Acme Corp", "own", "Bolt Works", "Acme Corp owns Bolt Works."),
    Said("B", "Bolt Works", "sit in", "Oslo", "Bolt Works sits in Oslo."),
    Said("B", "Bolt Works", "date from", "1981", "It dates from 1981."),
    Said("C", "Ann Lee", "see", "1981", "Ann Lee saw Oslo once, in 1981."),
    Said("G", "李明", "就职于", "星河公司", "李明就职于星河公司。"),
    Said("G", "星河公司", "位于", "深圳", "星河公司位于深圳。"),
]


def rows():
    return rows_of(TEXTS, GivenExtractor(NAMES, SAID))


@pytest.fixture(scope="module")
def graph():
    return KnowledgeGraph.build(*rows())


@pytest.fixture(scope="module")
def web(graph):
    return Web(graph)


def told(graph, links) -> list[tuple[str, str, str]]:
    return [
        (graph.name_of(link.source), link.relation.predicate if link.relation else "", graph.name_of(link.target))
        for link in links
    ]


def path(graph, source: str, target: str, limit: int = 3):
    ends = graph.find_entity(source), graph.find_entity(target)
    return [told(graph, links) for links in Web(graph).paths(*ends, limit=limit)]


def test_a_path_goes_over_what_is_said(graph) -> None:
    steps = [("Ann Lee", "lead", "Acme Corp"), ("Acme Corp", "own", "Bolt Works"), ("Bolt Works", "sit in", "Oslo")]
    # One chunk names both; what is said comes first all the same.
    assert path(graph, "Ann Lee", "Oslo") == [steps]
    assert path(graph, "Oslo", "Ann Lee")[0][0] == ("Oslo", "sit in", "Bolt Works")
    assert path(graph, "李明", "深圳") == [[("李明", "就职于", "星河公司"), ("星河公司", "位于", "深圳")]]


def test_the_plainest_relation_is_shown(graph) -> None:
    (links,) = Web(graph).paths(graph.find_entity("Ann Lee"), graph.find_entity("Acme Corp"))
    assert links[0].relation.predicate == "lead"


def test_else_over_shared_chunks(graph) -> None:
    assert path(graph, "Cara Moon", "Elle Fisk") == [[("Cara Moon", "", "Dan Reed"), ("Dan Reed", "", "Elle Fisk")]]
    links = Web(graph).paths(graph.find_entity("Dan Reed"), graph.find_entity("Elle Fisk"))[0]
    assert [graph.document_of(link.chunk_id) for link in links] == ["test/e"]


def test_values_join_nothing_but_may_be_ends(graph) -> None:
    assert path(graph, "Ann Lee", "Cara Moon") == []
    assert path(graph, "Solo Star", "Oslo") == []
    assert path(graph, "1981", "Bolt Works")[0] == [("1981", "date from", "Bolt Works")]
    assert path(graph, "Solo Star", "1981") == [[("Solo Star", "", "1981")]]


def test_several_paths_the_shortest_first() -> None:
    texts = {"a": ("A", "Aa Bb Cc Dd Ee Ff Gg.")}
    names = dict.fromkeys(["Aa", "Bb", "Cc", "Dd", "Ee", "Ff", "Gg"], "NAME")
    ways = ["Aa Bb", "Bb Cc", "Aa Dd", "Dd Cc", "Aa Cc", "Aa Ee", "Ee Ff", "Ff Gg", "Gg Cc"]
    said = [Said("A", one, "to", other) for one, other in (way.split() for way in ways)]
    graph = KnowledgeGraph.build(*rows_of(texts, GivenExtractor(names, said)))
    found = path(graph, "Aa", "Cc", limit=9)
    # The way round by Ee is a detour.
    assert [len(steps) for steps in found] == [1, 2, 2]
    assert len({tuple(steps) for steps in found}) == 3
    assert len(path(graph, "Aa", "Cc", limit=2)) == 2


def test_no_path_to_itself(graph) -> None:
    assert path(graph, "Oslo", "Oslo") == []


def test_ranks(graph, web) -> None:
    ranked = web.ranks()
    assert abs(sum(share for _, share in ranked) - 1) < 1e-9
    assert [share for _, share in ranked] == sorted((share for _, share in ranked), reverse=True)
    names = [entity.name for entity, _ in ranked]
    assert names[0] == "Acme Corp"
    assert "1981" not in names
    assert len(names) == len(NAMES) - 1


def test_ranks_around(graph, web) -> None:
    ming, oslo = graph.find_entity("李明"), graph.find_entity("Oslo")
    near = {entity.name: share for entity, share in web.ranks([ming])}
    assert set(list(near)[:3]) == {"李明", "星河公司", "深圳"}
    assert near["Oslo"] == 0
    assert [entity for entity, _ in web.ranks([ming, oslo])] == [entity for entity, _ in web.ranks([oslo, ming])]
    assert web.ranks(["nobody"]) == web.ranks()


def test_communities(web) -> None:
    groups = [{entity.name for entity in group} for group in web.communities()]
    assert {"李明", "星河公司", "深圳"} in groups
    assert {"Cara Moon", "Dan Reed", "Elle Fisk"} in groups
    assert all("Solo Star" not in group and "1981" not in group for group in groups)
    assert [len(group) for group in groups] == sorted(map(len, groups), reverse=True)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_for_any_order_of_rows(seed, web) -> None:
    shuffled = [random.Random(seed + n).sample(part, len(part)) for n, part in enumerate(rows())]
    other = Web(KnowledgeGraph.build(*shuffled))
    assert other.ranks() == web.ranks()
    assert other.communities() == web.communities()
    ends = [other._graph.find_entity(name) for name in ("Ann Lee", "Oslo")]
    assert other.paths(*ends) == web.paths(*ends)


def test_nothing_there() -> None:
    web = Web(KnowledgeGraph.build([], [], [], []))
    assert (web.ranks(), web.communities()) == ([], [])
    alone = rows_of({"a": ("A", "Solo Star.")}, GivenExtractor({"Solo Star": "NAME"}))
    web = Web(KnowledgeGraph.build(*alone))
    assert [(entity.name, share) for entity, share in web.ranks()] == [("Solo Star", 1.0)]
    assert web.communities() == []


def test_a_crowded_chunk_takes_no_quadratic_space() -> None:
    names = [f"Name{n:04}x" for n in range(1500)]
    rows = rows_of({"a": ("A", " ".join(names[:150]))}, GivenExtractor(dict.fromkeys(names, "NAME")))
    web = Web(KnowledgeGraph.build(*rows))
    assert web._whole.number_of_edges() <= 150
