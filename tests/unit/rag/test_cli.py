import io
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from helpers.bases import TEXTS

from knowledge.testing import HashEmbedder
from rag import terminal
from rag.cli import main

LEAVE = "How many days of annual leave do employees in Dundee get?"


@dataclass(frozen=True)
class Run:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        (line,) = self.out.splitlines()
        value = json.loads(line)
        assert isinstance(value, dict)
        return value


Rag = Callable[..., Run]


@pytest.fixture
def rag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Rag:
    """The command in this process, without weights, on documents of its own."""
    settings = {"EMBEDDER": "hash", "LLM": "none", "ANSWER_THRESHOLD": "0.3", "KB": tmp_path / "kb"}
    for name, value in settings.items():
        monkeypatch.setenv(f"WELLSPRING_{name}", str(value))
    monkeypatch.setenv("WELLSPRING_MODELS", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    for name, text in TEXTS.items():
        place = tmp_path / "docs" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def run(*arguments: str | Path) -> Run:
        monkeypatch.setattr(sys, "argv", ["rag", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return Run(int(end.value.code or 0), told.out, told.err)

    return run


def test_index_then_sync(rag: Rag, tmp_path: Path) -> None:
    first = rag("index", "docs", "--json")
    assert (first.status, first.err) == (0, "")
    expected = {"added": 4, "changed": 0, "deleted": 0, "unchanged": 0, "failed": 0, "documents": 4, "failures": []}
    assert expected.items() <= first.json.items()
    (tmp_path / "docs" / "leave.md").write_text("# Leave policy\n\nOne day.\n", encoding="utf-8")
    (tmp_path / "docs" / "staff.md").unlink()
    second = rag("sync", "--json").json
    assert [second[key] for key in ("added", "changed", "deleted", "unchanged")] == [0, 1, 1, 2]
    shown = rag("sync")
    assert shown.out.startswith("0 added, 0 changed, 0 deleted, 3 unchanged, 0 failed in ")


def test_options_of_a_source(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "docs" / "deep").mkdir()
    (tmp_path / "docs" / "deep" / "more.md").write_text("# More\n\nMore text.\n", encoding="utf-8")
    assert rag("index", "docs", "--include", "*.md", "--exclude", "staff.md", "--json").json["added"] == 4
    assert rag("index", "docs", "--no-recursive", "--kb", "other", "--json").json["added"] == 4
    assert rag("sync", "--kb", "other", "--json").json["unchanged"] == 4


def test_a_failing_file_is_told_and_the_rest_goes_on(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "docs" / "bad.pdf").write_bytes(b"%PDF-1.4 rubbish")
    run = rag("index", "docs", "--json")
    assert (run.status, run.json["failed"], run.json["added"]) == (0, 1, 4)
    (line,) = run.err.splitlines()
    assert line.startswith(f"failed: {tmp_path}/docs/bad.pdf ")
    (failure,) = run.json["failures"]
    assert failure["document"] == f"{tmp_path}/docs/bad.pdf"
    listed = rag("documents")
    assert listed.err.splitlines() == [line]
    assert [row["document"] for row in rag("documents", "--json").json["failed"]] == [failure["document"]]


def test_ask_keeps_the_contract(rag: Rag, tmp_path: Path) -> None:
    rag("index", "docs")
    run = rag("ask", LEAVE, "--json")
    assert run.status == 0
    answer = run.json
    assert {"answer", "abstained", "confidence", "citations", "timings"} <= answer.keys()
    assert answer["abstained"] is False
    assert "27 days" in answer["answer"]
    assert 0 <= answer["confidence"] <= 1
    (citation, *_) = answer["citations"]
    assert {"document", "title", "page", "quote", "start", "end"} <= citation.keys()
    assert citation["document"] == f"{tmp_path}/docs/leave.md"
    text = rag("show", citation["document"], "--json").json["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert all(seconds >= 0 for seconds in answer["timings"].values())


def test_ask_for_people(rag: Rag) -> None:
    rag("index", "docs")
    run = rag("ask", LEAVE)
    assert "27 days" in run.out
    assert "[1] Leave policy (" in run.out
    assert "confidence" in run.err
    unknown = rag("ask", "Who invented the zeppelin?", "--json")
    assert (unknown.status, unknown.json["abstained"], unknown.json["citations"]) == (0, True, [])
    assert "550元" in rag("ask", "一线城市住宿上限是多少？").out


def test_search_keeps_the_contract(rag: Rag) -> None:
    rag("index", "docs")
    hits = rag("search", "Skerry 40 engineer", "-k", "2", "--json").json["hits"]
    assert len(hits) == 2
    assert {"document", "title", "page", "text", "score", "why"} <= hits[0].keys()
    assert hits[0]["title"] == "Skerry 40"
    assert hits[0]["score"] >= hits[1]["score"]
    shown = rag("search", "Skerry 40 engineer", "-k", "1")
    assert shown.out.startswith(" 1. Skerry 40 (")
    assert "why: " in shown.out


@pytest.mark.parametrize(
    "command", [("search", "x"), ("documents",), ("ask", "x"), ("graph", "entities"), ("show", "x")]
)
def test_a_missing_knowledge_base_is_told_and_not_made(rag: Rag, tmp_path: Path, command: tuple[str, ...]) -> None:
    run = rag(*command)
    assert run.status == 1
    assert run.err.startswith("rag: there is no knowledge base in ")
    assert run.out == ""
    assert not (tmp_path / "kb").exists()


def test_a_knowledge_base_without_documents(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    assert rag("index", "nothing").status == 0
    assert rag("search", "anything", "--json").json == {"hits": []}
    assert rag("search", "anything").out.startswith("nothing found: ")
    assert rag("documents", "--json").json == {"documents": [], "failed": []}
    assert rag("ask", "anything", "--json").json["abstained"] is True
    assert rag("graph", "entities", "--json").json == {"entities": []}


def test_readers_and_viewers_need_names(rag: Rag) -> None:
    assert rag("index", "docs", "--readers", "").status == 2
    rag("index", "docs")
    assert rag("search", "x", "--viewer", "").status == 2


def test_some_documents_are_asked_alone(rag: Rag) -> None:
    rag("index", "docs")
    assert "27 days" in rag("ask", LEAVE, "--within", "leave.md", "--json").json["answer"]
    elsewhere = rag("ask", LEAVE, "--within", "skerry.md", "--within", "staff.md", "--json").json
    assert "27 days" not in elsewhere["answer"]
    assert elsewhere["within"] == ["skerry.md", "staff.md"]
    assert {hit["title"] for hit in rag("search", LEAVE, "--within", "staff.md", "--json").json["hits"]} == {"Staff"}
    refused = rag("ask", LEAVE, "--within", "nowhere")
    assert refused.status == 1
    assert (
        refused.err
        == "rag: there is no document or folder 'nowhere' to ask: give whole steps of a path, as in 'hr/leave.pdf'\n"
    )


def test_documents_and_show(rag: Rag, tmp_path: Path) -> None:
    rag("index", "docs")
    listed = rag("documents", "--json").json["documents"]
    assert [row["id"] for row in listed] == [f"{tmp_path}/docs/{name}" for name in sorted(TEXTS)]
    assert {"title", "language", "characters", "readers"} <= listed[0].keys()
    assert len(rag("documents").out.splitlines()) == 4
    shown = rag("show", listed[0]["id"])
    assert "27 days of annual leave" in shown.out


def test_show_takes_the_end_of_a_path(rag: Rag, tmp_path: Path) -> None:
    for folder in ("hr", "it"):
        (tmp_path / "docs" / folder).mkdir()
        (tmp_path / "docs" / folder / "rules.md").write_text(f"# Rules of {folder}\n\nText.\n", encoding="utf-8")
    rag("index", "docs")
    rag("index", "docs/it", "--readers", "group:it")
    assert "Rules of hr" in rag("show", "rules.md").out
    assert "Rules of hr" in rag("show", "docs/hr/rules.md/").out
    assert "Rules of it" in rag("show", "it/rules.md", "--viewer", "ann,it").out
    several = rag("show", "rules.md", "--viewer", "ann,it")
    assert (several.status, several.out) == (1, "")
    places = [f"{tmp_path}/docs/{folder}/rules.md" for folder in ("hr", "it")]
    assert several.err == f"rag: 'rules.md' may be {places[0]}, {places[1]}: give more of the path\n"
    for name in ("ules.md", "docs", "it/rules.md", "/"):
        lost = rag("show", name)
        assert (lost.status, lost.out) == (1, "")
        assert lost.err == (
            f"rag: there is no document {name!r}: give its id or whole steps of the end of its path, as in "
            "'hr/leave.md'; 'rag documents' lists them\n"
        )
    forgotten = rag("forget", "hr")
    assert forgotten.status == 1
    assert forgotten.err == (
        f"rag: there is no source 'hr': give it as it was indexed; there are: {tmp_path}/docs, {tmp_path}/docs/it\n"
    )


def test_a_group_that_no_document_is_for_is_told(rag: Rag) -> None:
    rag("index", "docs")
    assert rag("documents", "--viewer", "ann,hr").err == "no document is for the group 'hr'; there are: none\n"
    rag("index", "docs", "--readers", "group:hr,group:board")
    told = "no document is for the group 'HR'; there are: board, hr\n"
    for command in (("documents",), ("search", "leave"), ("graph", "entities")):
        run = rag(*command, "--viewer", "ann,HR,board", "--json")
        assert (run.status, run.err) == (0, told)
    assert rag("documents", "--viewer", "ann,hr").err == rag("documents", "--viewer", "HR").err == ""


def test_what_failed_is_told_in_the_closing_line(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "docs" / "bad.pdf").write_bytes(b"%PDF-1.4 rubbish")
    (line,) = rag("index", "docs").out.splitlines()
    assert "1 failed in " in line
    assert "the lines 'failed: …' on stderr" in line


def test_links_that_lead_out(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "far.md").write_text("# Far\n\nText.\n", encoding="utf-8")
    (tmp_path / "docs" / "link").symlink_to(tmp_path / "else")
    run = rag("index", "docs", "--json")
    assert (run.json["added"], run.json["failed"]) == (4, 1)
    assert run.err.startswith(f"failed: {tmp_path}/docs/link is a link that leads out of the source, ")
    assert "--follow-links" in run.err
    assert rag("index", "docs", "--follow-links", "--json").json["added"] == 1
    # Remembered with the source.
    again = rag("sync", "--json")
    assert (again.json["unchanged"], again.err) == (5, "")
    assert rag("sync", "--no-follow-links", "--json").json["deleted"] == 1


def test_long_runs_tell_how_far_they_are(rag: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal; the tests' standard error is none."""
    monkeypatch.setattr(terminal, "EVERY_SECONDS", 0.01)
    embed = HashEmbedder.embed_passages

    def slowly(self: HashEmbedder, texts: list[str]) -> Any:
        time.sleep(0.2)
        return embed(self, texts)

    monkeypatch.setattr(HashEmbedder, "embed_passages", slowly)
    run = rag("index", "docs", "--json")
    assert run.json["added"] == 4
    lines = run.err.splitlines()
    assert all(line.startswith("indexing: ") for line in lines)
    assert re.fullmatch(r"indexing: 3 done, 0 failed; in hand: .*/docs/travel\.md", lines[-1])


def test_viewers(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "pay.md").write_text("# Pay\n\nMara Quist earns 9000 euros a month.\n", encoding="utf-8")
    rag("index", "docs")
    rag("index", "secret", "--readers", "user:ann, group:hr")
    question = "How much does Mara Quist earn a month?"
    hidden = f"{tmp_path}/secret/pay.md"
    for viewer in ([], ["--viewer", "bob"], ["--viewer", "hr"], ["--viewer", "bob,staff"]):
        assert "9000" not in rag("ask", question, *viewer, "--json").out
        assert hidden not in rag("search", question, *viewer, "--json").out
        assert hidden not in rag("documents", *viewer, "--json").out
        assert "Quist" not in rag("graph", "entities", *viewer, "--json").out
        refused = rag("show", hidden, *viewer)
        assert (refused.status, refused.out) == (1, "")
        assert "9000" not in refused.err
    for viewer in (["--viewer", "ann"], ["--viewer", "bob,staff,hr"]):
        assert "9000" in rag("ask", question, *viewer, "--json").json["answer"]
        assert "9000" in rag("show", hidden, *viewer).out
    rag("index", "secret", "--readers", "*")
    assert "9000" in rag("ask", question).out


def test_the_graph(rag: Rag, tmp_path: Path) -> None:
    rag("index", "docs")
    found = rag("graph", "entities", "--contains", "rautala", "--json").json["entities"]
    assert [(entity["name"], entity["mentions"]) for entity in found] == [("Aino Rautala", 2)]
    assert "Aino Rautala (" in rag("graph", "entities").out
    assert len(rag("graph", "entities", "--limit", "1", "--json").json["entities"]) == 1
    near = rag("graph", "neighbours", "Aino Rautala", "--json").json
    assert near["entity"] == "Aino Rautala"
    assert "Tom Birch" in [neighbour["name"] for neighbour in near["neighbours"]]
    steps = rag("graph", "paths", "Aino Rautala", "Tom Birch", "--json").json["path"]
    assert [(step["source"], step["target"]) for step in steps] == [("Aino Rautala", "Tom Birch")]
    assert {"document", "title", "page", "quote", "predicate"} <= steps[0].keys()
    lost = rag("graph", "neighbours", "Nobody Atall")
    assert (lost.status, lost.out) == (1, "")
    assert lost.err.startswith("rag: no entity is named 'Nobody Atall'")
    written = rag("graph", "export", "graph.json", "--json").json
    plain = json.loads((tmp_path / "graph.json").read_text(encoding="utf-8"))
    assert written["entities"] == len(plain["nodes"]) > 0
    assert rag("graph", "export", "graph.graphml").status == 0
    assert nx.read_graphml(tmp_path / "graph.graphml").number_of_nodes() == written["entities"]
    assert rag("graph", "export", "graph.txt").status == 2


def test_eval(rag: Rag, tmp_path: Path) -> None:
    questions = [{"id": 1, "question": LEAVE, "answers": ["27 days"], "gold": ["documents/leave.md"]}]
    (tmp_path / "docs").rename(tmp_path / "documents")
    (tmp_path / "questions.json").write_text(json.dumps(questions), encoding="utf-8")
    run = rag("eval", ".", "--out", "out", "--json")
    assert (run.status, run.err) == (0, "")
    assert run.json["recall@1"] == run.json["accuracy"] == 1.0
    assert all(isinstance(value, str | int | float) for value in run.json.values())
    assert (tmp_path / "out" / "results.jsonl").exists()
    assert (tmp_path / "out" / "report.html").exists()
    assert "recall@1  1.0" in rag("eval", ".", "--no-answers").out
    assert not (tmp_path / "kb").exists()
    same = rag("eval", "--compare", "out", "out", "--json")
    assert (same.status, same.err) == (0, "")
    assert same.json["recall@1_a"] == same.json["recall@1_b"] == 1.0
    assert same.json["recall@1_low"] == same.json["recall@1_high"] == 0.0
    assert "recall@1" in rag("eval", "--compare", "out", "out").out
    assert rag("eval", "--compare", "out").status == 2
    table = rag("eval", "--compare", "out", "out", "--markdown").out
    assert all(f"| {name} | " in table for name in ("em", "f1", "contains", "accuracy", "aurc", "ece"))
    assert not {"aurc", "ece"} & rag("eval", ".", "--no-curve", "--threshold", "1", "--json").json.keys()
    assert rag("eval", ".", "--threshold", "1", "--json").json["abstained"] == 1.0


def test_models_and_doctor(rag: Rag, tmp_path: Path) -> None:
    rows = rag("models", "list", "--json").json["models"]
    assert [(row["role"], row["state"]) for row in rows] == [("embedder", "missing"), ("llm", "missing")]
    assert len(rag("models", "list").out.splitlines()) == 2
    report = rag("doctor", "--json")
    assert (report.status, report.json["ok"]) == (0, False)
    assert {"what", "state", "ok", "advice"} <= report.json["findings"][0].keys()
    assert "run 'rag models pull'" in rag("doctor").out
    assert not (tmp_path / "kb").exists()
    rag("index", "docs")
    assert "4 documents, 0 failed" in rag("doctor").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("index", "nowhere"),
        ("index", "bogus://x"),
        ("sync",),
        ("show", "nothing"),
        ("eval", "nowhere"),
        ("eval", "docs"),
        ("eval", "--compare", "docs", "docs"),
        ("eval", "--compare", "nowhere", "docs"),
        ("graph", "paths", "a", "b"),
        ("graph", "neighbours", "a"),
    ],
)
def test_a_problem_is_one_line_and_status_1(rag: Rag, arguments: tuple[str, ...]) -> None:
    run = rag(*arguments)
    assert (run.status, run.out) == (1, "")
    (line,) = run.err.splitlines()
    assert line.startswith("rag: ")


def test_a_wrong_setting_is_one_line(rag: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    rag("index", "docs")
    model = rag("ask", LEAVE, "--llm", "gpt")
    assert (model.status, len(model.err.splitlines())) == (1, 1)
    monkeypatch.setenv("WELLSPRING_PASSAGES", "many")
    setting = rag("documents")
    assert (setting.status, setting.out) == (1, "")
    assert setting.err.startswith("rag: the environment: the setting 'passages' must be of the kind int")


def test_another_embedder_is_told(rag: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    rag("index", "docs")
    monkeypatch.setenv("WELLSPRING_EMBEDDER", "builtin")
    run = rag("search", "leave")
    assert run.status == 1
    assert "was indexed with the embedder hash-64" in run.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("index",),
        ("ask",),
        ("nonsense",),
        ("search", "x", "-k", "0"),
        ("search", "x", "-k", "many"),
        ("documents", "--nonsense"),
        ("graph", "nonsense"),
        ("eval",),
        ("eval", "docs", "--compare", "docs", "docs"),
        ("eval", "--compare", "docs", "docs", "--limit", "3"),
        ("eval", "docs", "--limit", "0"),
        ("eval", "docs", "--threshold", "2"),
        ("eval", "docs", "--markdown"),
        ("eval", "--compare", "docs", "docs", "--curve"),
    ],
)
def test_wrong_usage_is_status_2(rag: Rag, arguments: tuple[str, ...]) -> None:
    run = rag(*arguments)
    assert (run.status, run.out) == (2, "")
    assert "Usage: " in run.err


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("ask", "--help"), ("graph", "paths", "-h")])
def test_help(rag: Rag, arguments: tuple[str, ...]) -> None:
    run = rag(*arguments)
    assert (run.status, run.err) == (0, "")
    assert run.out.startswith("Usage: ")


def test_commands_of_other_packages_are_listed(rag: Rag) -> None:
    assert "ui" in rag("--help").out
    assert rag("--version").status == 0


def test_chat(rag: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    rag("index", "docs")
    lines = [LEAVE, "", "and in Tampere?", "/new", "and in Tampere?"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
    told = rag("chat", "--llm", "none")
    assert told.status == 0
    assert "27 days of annual leave" in told.out
    assert "[1] Leave policy" in told.out
    understood = [line for line in told.out.splitlines() if line.startswith("understood as: ")]
    assert understood == ["understood as: How many days of annual leave do employees in Tampere get?"]
    assert "new conversation" in told.err
