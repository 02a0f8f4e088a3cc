"""Pictures are well-formed, the same on every run, and hold what they should."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import networkx as nx
import pytest
from helpers.rows import GivenExtractor, Said, rows_of
from lxml import etree

from knowledge.graph import KnowledgeGraph
from rag.explore import Explorer
from rag.picture import Picture, _columns, _label
from rag.picture_layout import places

ODD = "</script><b>&\x07\x00"
PEOPLE = [f"Person {chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(50)]
SVG = "{http://www.w3.org/2000/svg}"


def explorer_of(rows) -> Explorer:
    chunks = {chunk.id: chunk for chunk in rows[0]}
    return Explorer(KnowledgeGraph.build(*rows), chunks=lambda ids: [chunks[i] for i in ids])


def small_rows():
    texts = {
        "a": ("A & B", f"李明就职于星河公司。Ann Lee leads Acme <Corp> {ODD} in Oslo. Acme <Corp> owns 星河公司."),
        "b": ("B", "Solo Star met Ann Lee."),
    }
    kinds = {"李明": "PERSON", "星河公司": "ORG", "Ann Lee": "PERSON", "Acme <Corp>": "ORG", "Oslo": "PLACE"}
    said = [
        Said("A & B", "李明", "就职于", "星河公司", "李明就职于星河公司。"),
        Said("A & B", "Ann Lee", "lead", "Acme <Corp>", f"Ann Lee leads Acme <Corp> {ODD} in Oslo."),
        Said("A & B", "Acme <Corp>", "own", "星河公司", "Acme <Corp> owns 星河公司.", negated=True),
    ]
    return rows_of(texts, GivenExtractor({**kinds, "Solo Star": "PRODUCT"}, said))


def crowd_rows(*, seed: int = 0):
    chance = random.Random(1)
    pairs = [(a, chance.choice(PEOPLE[:n])) for n, a in enumerate(PEOPLE) if n]
    texts = {f"d{n}": (f"D{n}", f"{a} works with {b}.") for n, (a, b) in enumerate(pairs)}
    said = [Said(f"D{n}", a, "work with", b, f"{a} works with {b}.") for n, (a, b) in enumerate(pairs)]
    rows = rows_of(texts, GivenExtractor(dict.fromkeys(PEOPLE, "PERSON"), said))
    if seed:
        rows = tuple(random.Random(seed + n).sample(part, len(part)) for n, part in enumerate(rows))
    return rows


@pytest.fixture(scope="module")
def small():
    return Picture(explorer_of(small_rows()))


def root_of(text: str):
    return etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))


def words(root) -> list[str]:
    return [text.text for text in root.iter(f"{SVG}text")]


def test_svg(small) -> None:
    root = root_of(small.svg())
    assert root.tag == f"{SVG}svg"
    shown = words(root)
    assert {"Ann Lee", "李明", "Acme <Corp>", "就职于", "lead", "not own", "Person", "Organisation"} <= set(shown)
    titles = "\n".join(title.text for title in root.iter(f"{SVG}title"))
    assert "李明 — 就职于 — 星河公司\n“李明就职于星河公司。” (A & B)" in titles
    assert "</script><b>&\ufffd\ufffd" in titles
    assert len(root.findall(f".//{SVG}g[@class='node']")) == len(small.entities)
    edges = [group for group in root.iter(f"{SVG}g") if "edge" in group.get("class")]
    assert len(edges) == small.connections
    assert sum("together" in edge.get("class") for edge in edges) == small.connections - 3
    assert sum("doubtful" in edge.get("class") for edge in edges) == 1


def test_page(small) -> None:
    page = small.html()
    # The page is XML too, so that nothing in it can have been left open.
    root_of(page.partition("\n")[2])
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    nodes = json.loads(data[1])["nodes"]
    assert [node["name"] for node in nodes] == [entity.name for entity in small.entities]
    (ann,) = (node for node in nodes if node["name"] == "Ann Lee")
    assert ann["facts"][0]["quote"].startswith("Ann Lee leads Acme <Corp> </script><b>&")
    assert page.count("<script") == 2
    assert not re.search(r"\b(src|href)\s*=", page)
    assert "http" not in page.replace("http://www.w3.org/", "").replace("http-equiv", "")
    assert "default-src 'none'" in page


def test_the_same_on_every_run() -> None:
    pictures = [Picture(explorer_of(crowd_rows(seed=seed)), limit=30) for seed in (0, 1, 2)]
    assert len({picture.svg() for picture in pictures}) == 1
    assert len({picture.html() for picture in pictures}) == 1


def test_labels_do_not_lie_on_each_other() -> None:
    picture = Picture(explorer_of(crowd_rows()), limit=50)
    boxes = [picture._outline(n) for n in range(len(picture.entities))]
    assert len(boxes) == 50
    for n, one in enumerate(boxes):
        for other in boxes[:n]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    width, height = picture.size
    assert all(left >= 0 and right <= width and top >= 0 and bottom <= height for left, top, right, bottom in boxes)


def test_around_one(small) -> None:
    explorer = explorer_of(small_rows())
    ming = explorer.find("李明")
    near = {entity.name for entity in Picture(explorer, around=explorer.find("Solo Star")).entities}
    assert near == {"Solo Star", "Ann Lee"}
    assert "李明" in {e.name for e in Picture(explorer, around=explorer.find("Solo Star"), hops=2).entities}
    assert [entity.name for entity in Picture(explorer, around=ming, limit=1).entities] == ["李明"]
    root_of(Picture(explorer, around=ming, limit=1).svg())


def test_dense_graphs_are_thinned_but_stay_joined() -> None:
    names = PEOPLE[:12]
    pairs = [(a, b) for n, a in enumerate(names) for b in names[:n]]
    texts = {"a": ("A", " ".join(names))}
    rows = rows_of(texts, GivenExtractor(dict.fromkeys(names, "PERSON"), [Said("A", a, "meet", b) for a, b in pairs]))
    picture = Picture(explorer_of(rows))
    assert picture.connections == int(12 * 1.6)
    assert f"the {picture.connections} strongest of {len(pairs)} connections" in words(root_of(picture.svg()))
    graph = nx.Graph((edge.a, edge.b) for edge in picture._edges)
    assert len(graph) == 12
    assert nx.is_connected(graph)


def test_nothing_to_show(tmp_path: Path) -> None:
    picture = Picture(explorer_of(([], [], [], [])))
    assert "nothing to show" in words(root_of(picture.svg()))
    root_of(picture.html().partition("\n")[2])


def test_entities_that_nothing_joins() -> None:
    rows = rows_of(
        {"a": ("A", "Solo Star."), "b": ("B", "Oslo.")}, GivenExtractor({"Solo Star": "WORK", "Oslo": "PLACE"})
    )
    assert {"Solo Star", "Oslo"} <= set(words(root_of(Picture(explorer_of(rows)).svg())))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Ann Lee", ["Ann Lee"]),
        ("International Business Machines", ["International", "Business Machines"]),
        ("北京市星河信息技术有限责任公司", ["北京市星河信息技术", "有限责任公司"]),
        ("  a \n b ", ["a b"]),
        ("", [""]),
    ],
)
def test_labels(name, lines) -> None:
    assert _label(name) == lines


@pytest.mark.parametrize("name", ["x" * 500, "x " * 500, "长" * 500, "é\u0301" * 300])
def test_long_labels_are_cut(name) -> None:
    lines = _label(name)
    assert len(lines) <= 2
    assert all(_columns(line) <= 22 for line in lines)
    assert lines[-1].endswith("…")


def test_places_of_parts() -> None:
    graph = nx.Graph()
    graph.add_nodes_from(range(7))
    graph.add_edges_from([(0, 1), (1, 2), (4, 5)])
    spots, (width, height) = places(graph, dict.fromkeys(graph, (80.0, 40.0)))
    assert set(spots) == set(range(7))
    for n, (x, y) in spots.items():
        assert 40 <= x <= width - 40
        assert 20 <= y <= height - 20
        assert all(abs(x - a) >= 80 or abs(y - b) >= 40 for m, (a, b) in spots.items() if m != n)
