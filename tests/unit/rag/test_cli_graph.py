"""``rag graph`` on a knowledge base whose names and relations are given."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import networkx as nx
import pytest
from helpers.rows import GivenExtractor, Said, given_base

from rag.cli import main

TEXTS = {
    "acme.md": ("Acme", "Ann Lee leads Acme Corp since 1986. Acme Corp owns Bolt Works."),
    "bolt.md": ("Bolt", "Bolt Works sits in Oslo."),
    "pay.md": ("Pay", "Mara Quist pays Ann Lee."),
    "zh.md": ("星河", "李明就职于星河公司。"),
}
NAMES = dict.fromkeys(["Ann Lee", "Mara Quist", "李明"], "PERSON")
NAMES |= {"Acme Corp": "ORG", "Bolt Works": "ORG", "星河公司": "ORG", "Oslo": "PLACE", "1986": "DATE"}
SAID = [
    Said("Acme", "Ann Lee", "lead", "Acme Corp", "Ann Lee leads Acme Corp since 1986."),
    Said("Acme", "Ann Lee", "lead since", "1986", "Ann Lee leads Acme Corp since 1986."),
    Said("Acme", "Acme Corp", "own", "Bolt Works", "Acme Corp owns Bolt Works."),
    Said("Bolt", "Bolt Works", "sit in", "Oslo", "Bolt Works sits in Oslo."),
    Said("Pay", "Mara Quist", "pay", "Ann Lee", "Mara Quist pays Ann Lee."),
    Said("星河", "李明", "就职于", "星河公司", "李明就职于星河公司。"),
]


class Rag:
    """The command in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str | Path) -> int:
        self.monkeypatch.setattr(sys, "argv", ["rag", "graph", *map(str, arguments)])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        self.out, self.err = self.capsys.readouterr()
        assert "Traceback" not in self.err
        return int(end.value.code or 0)

    def json(self, *arguments: str | Path):
        assert self(*arguments, "--json") == 0, self.err
        (line,) = self.out.splitlines()
        return json.loads(line)


@pytest.fixture
def rag(tmp_path, monkeypatch, capsys) -> Rag:
    given_base(tmp_path / "kb", TEXTS, GivenExtractor(NAMES, SAID), readers={"pay.md": ["group:hr"]}).close()
    settings = {"EMBEDDER": "hash", "LLM": "none", "KB": tmp_path / "kb", "MODELS": tmp_path / "models"}
    for name, value in settings.items():
        monkeypatch.setenv(f"WELLSPRING_{name}", str(value))
    monkeypatch.chdir(tmp_path)
    return Rag(monkeypatch, capsys)


def named(listed) -> list[str]:
    return [entity["name"] for entity in listed]


def test_entities(rag) -> None:
    assert set(named(rag.json("entities")["entities"])) == set(NAMES) - {"1986", "Mara Quist"}
    assert "Mara Quist" in named(rag.json("entities", "--viewer", "bob,hr")["entities"])
    assert named(rag.json("entities", "--type", "date")["entities"]) == ["1986"]
    assert named(rag.json("entities", "--contains", "星")["entities"]) == ["星河公司"]
    assert len(rag.json("entities", "--limit", "2")["entities"]) == 2
    (one,) = rag.json("entities", "--contains", "acme")["entities"]
    assert {"name", "type", "mentions", "key", "aliases"} == one.keys()
    assert rag("entities") == 0
    assert "李明 (PERSON)" in rag.out


def test_show(rag) -> None:
    shown = rag.json("show", "acme corp")
    assert (shown["entity"]["name"], shown["entity"]["type"]) == ("Acme Corp", "ORG")
    assert [document["title"] for document in shown["documents"]] == ["Acme"]
    assert {fact["quote"] for fact in shown["relations"]} == {SAID[0].quote, SAID[2].quote}
    assert {neighbour["name"] for neighbour in shown["neighbours"]} == {"Ann Lee", "Bolt Works"}
    (since,) = rag.json("show", "Ann Lee")["attributes"]
    assert since == {
        "predicate": "lead since",
        "name": "1986",
        "value": "1986",
        "type": "DATE",
        "dimension": "date",
        "number": 1986.0,
    }
    assert rag("show", "李明") == 0
    assert "李明 — 就职于 — 星河公司  (星河)" in rag.out
    assert "“李明就职于星河公司。”" in rag.out


def test_neighbours(rag) -> None:
    near = rag.json("neighbours", "Ann Lee")
    assert near["entity"] == "Ann Lee"
    first = near["neighbours"][0]
    assert (first["name"], first["relations"], first["chunks"]) == ("Acme Corp", 1, 1)
    assert "Mara Quist" not in json.dumps(near)
    assert "Mara Quist" in json.dumps(rag.json("neighbours", "Ann Lee", "--viewer", "bob,hr"))


def test_paths(rag) -> None:
    found = rag.json("paths", "Ann Lee", "Oslo")
    assert found["path"] == found["paths"][0]
    assert [step["predicate"] for step in found["path"]] == ["lead", "own", "sit in"]
    assert {"source", "target", "document", "title", "page", "quote"} <= found["path"][0].keys()
    assert rag("paths", "Oslo", "Ann Lee") == 0
    assert "Oslo ←[sit in]— Bolt Works  (Bolt)" in rag.out
    assert rag.json("paths", "Ann Lee", "李明") == {"path": [], "paths": []}
    assert rag("paths", "Ann Lee", "李明") == 0
    assert rag.out == "no path\n"


def test_rank_and_communities(rag) -> None:
    ranked = rag.json("rank")["entities"]
    assert [entity["rank"] for entity in ranked] == sorted((entity["rank"] for entity in ranked), reverse=True)
    assert set(named(rag.json("rank", "--around", "李明")["entities"])[:2]) == {"李明", "星河公司"}
    groups = [set(named(group)) for group in rag.json("communities")["communities"]]
    assert {"李明", "星河公司"} in groups
    assert rag("rank") == rag("communities") == 0
    assert "李明" in rag.out


def test_export(rag, tmp_path) -> None:
    written = rag.json("export", "g.json")
    plain = json.loads((tmp_path / "g.json").read_text(encoding="utf-8"))
    assert written["entities"] == len(plain["nodes"]) > 0
    assert SAID[2].quote in {edge["quote"] for edge in plain["edges"]}
    assert rag("export", "g.graphml") == 0
    assert nx.read_graphml(tmp_path / "g.graphml").number_of_edges() == written["relations"]
    assert "Mara" not in (tmp_path / "g.graphml").read_text(encoding="utf-8")
    assert rag("export", "g.txt") == 2


def test_picture(rag, tmp_path) -> None:
    drawn = rag.json("picture", "g.svg")
    assert drawn["entities"] == 6
    assert (tmp_path / "g.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert rag("picture", "g.html", "--around", "李明", "--hops", "2", "--limit", "5") == 0
    assert "星河公司" in (tmp_path / "g.html").read_text(encoding="utf-8")
    assert rag("picture", "g.png") == 2
    assert rag("picture", "missing/g.svg") == 1


def test_edits(rag) -> None:
    assert rag.json("edits") == {"edits": []}
    merged = rag.json("merge", "Acme Corp", "星河公司")
    assert (merged["kind"], merged["name"], merged["other"]) == ("merge", "Acme Corp", "星河公司")
    assert "星河公司" in json.dumps(rag.json("show", "Acme Corp"), ensure_ascii=False)
    assert rag.json("split", "Acme Corp", "星河公司")["kind"] == "split"
    assert rag.json("show", "Acme Corp")["entity"]["key"] != rag.json("show", "星河公司")["entity"]["key"]
    pinned = rag.json("pin", "Oslo", "--name", "Oslo, Norway", "--type", "org")
    assert rag.json("show", "Oslo")["entity"]["type"] == "ORG"
    assert [edit["kind"] for edit in rag.json("edits")["edits"]] == ["merge", "split", "pin"]
    assert rag("edits") == 0
    assert "merge 'Acme Corp' and '星河公司'" in rag.out
    assert "pin 'Oslo' shown as 'Oslo, Norway' of type ORG" in rag.out
    assert rag("undo", str(pinned["number"])) == 0
    assert rag.json("show", "Oslo")["entity"]["type"] == "PLACE"
    assert rag("undo", str(pinned["number"])) == 1


def test_split_by_document(rag, tmp_path) -> None:
    document = str(tmp_path / "kb" / "docs" / "bolt.md")
    assert rag("split", "Bolt Works", "--document", document, "--as", "Bolt Norway") == 0
    assert f"split 'Bolt Works' in {document} as 'Bolt Norway'" in rag.out
    assert [d["document"] for d in rag.json("show", "Bolt Norway")["documents"]] == [document]


def test_an_ambiguous_name_is_told(tmp_path, rag) -> None:
    texts = {"a.md": ("A", "Mercury rises."), "b.md": ("B", "Mercury sets."), "c.md": ("C", "MERCURY pays.")}
    given_base(tmp_path / "two", texts, GivenExtractor({"Mercury": "PLACE", "MERCURY": "ORG"})).close()
    assert rag("show", "mercury", "--kb", "two", "--json") == 0
    assert json.loads(rag.out)["entity"]["type"] == "PLACE"
    (line,) = rag.err.splitlines()
    assert line.startswith("'mercury' is taken to mean Mercury (PLACE)")
    assert "also called so: MERCURY (ORG)" in line


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "Nobody\nAtall"),
        ("neighbours", "Mara Quist"),
        ("paths", "Ann Lee", "Nobody"),
        ("rank", "--around", "Nobody"),
        ("picture", "g.svg", "--around", "Nobody"),
        ("merge", "Ann Lee", "Nobody"),
        ("merge", "Ann Lee", "ann lee"),
        ("split", "Ann Lee", "Oslo"),
        ("split", "Ann Lee", "--document", "nowhere"),
        ("pin", "Nobody", "--type", "ORG"),
        ("pin", "Oslo", "--type", "THING"),
        ("undo", "7"),
    ],
)
def test_a_problem_is_one_line_and_status_1(rag, arguments) -> None:
    assert rag(*arguments) == 1
    assert rag.out == ""
    (line,) = rag.err.splitlines()
    assert line.startswith("rag: ")


@pytest.mark.parametrize("arguments", [("split", "a"), ("split", "a", "b", "--as", "c"), ("pin", "a"), ("undo", "x")])
def test_wrong_usage(rag, arguments) -> None:
    assert rag(*arguments) == 2
