"""The command as a user runs it, on files as they come."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.make import pdf, with_member, word

import rag.cli

ROOT = Path(rag.cli.__file__).parents[len(rag.cli.__name__.split(".")) - 1]
# The superuser reads everything: without these two capabilities it is a user like any other.
PLAIN_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
Rag = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def rag_command(tmp_path: Path) -> Rag:
    """Run the command in a process of its own, without weights."""
    settings = {
        "WELLSPRING_EMBEDDER": "hash",
        "WELLSPRING_LLM": "none",
        "WELLSPRING_KB": str(tmp_path / "kb"),
        "PYTHONPATH": str(ROOT),
    }

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PLAIN_USER, sys.executable, "-m", "rag.cli", *map(str, arguments)],
            env={**os.environ, **settings},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def as_json(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON object on stdout of a run that went well."""
    assert run.returncode == 0, run.stderr
    (line,) = run.stdout.splitlines()
    value: dict[str, Any] = json.loads(line)
    return value


def good_files(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "leave.md").write_text("# Leave\n\nEmployees in Dundee get 27 days of annual leave.\n", encoding="utf-8")
    (folder / "pump.pdf").write_bytes(pdf(["The pump weighs 14 kilograms when it is empty."], title="Pump"))
    (folder / "差旅.txt").write_text("一线城市住宿上限为550元。\n", encoding="utf-8")
    (folder / "latin.txt").write_bytes(
        "Die Prüfgröße heißt Öldurchfluss, und sie wird täglich geprüft.".encode("cp1252")
    )


def bad_files(folder: Path) -> set[str]:
    """Write files that cannot be read; returns their names."""
    folder.mkdir(exist_ok=True)
    bomb = b"<w:document><w:body>" + b" " * 300_000_000 + b"</w:body></w:document>"
    contents = {
        "corrupt.pdf": b"%PDF-1.7\n" + b"\x00\xffgarbage" * 200,
        "truncated.pdf": pdf(["Half of this is gone. " * 40])[:300],
        "encrypted.pdf": pdf(["Nobody reads this."], encrypted=True),
        "pageless.pdf": pdf([]),
        "picture.docx": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        "bomb.docx": with_member(word(("Normal", "Boom")), "word/document.xml", bomb),
        "rubbish.txt": bytes(range(256)) * 500,
        "locked.md": b"# Locked\n\nNobody may read this.\n",
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    (folder / "locked.md").chmod(0)
    return set(contents)


def test_all_bad_files_at_once(tmp_path: Path, rag_command: Rag) -> None:
    folder = tmp_path / "docs"
    good_files(folder)
    bad = bad_files(folder)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "large.txt").write_bytes(b"The valve is turned by hand once a week.\n" * (50_000_000 // 41))
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    with open(os.fsencode(folder) + b"/na\xefve.txt", "wb") as file:
        file.write(b"The file with the odd name speaks of zirconium.\n")

    run = rag_command("index", folder, "--json")
    counts = as_json(run)
    assert "Traceback" not in run.stderr
    # A run that takes long tells now and then how far it is.
    lines = [line for line in run.stderr.splitlines() if not line.startswith("indexing: ")]
    assert len(lines) == counts["failed"] == len(counts["failures"])
    assert all(line.startswith(f"failed: {folder}/") for line in lines), lines
    failed = {Path(failure["document"]).name: failure["reason"] for failure in counts["failures"]}
    assert bad <= failed.keys()
    assert (
        "too large" in failed["large.txt"] or "too much text" in failed["large.txt"] or "limit" in failed["large.txt"]
    )
    assert "permission" in failed["locked.md"]
    assert failed.keys() <= bad | {"large.txt", "empty.txt", "gone.md", "itself"}
    assert counts["added"] >= 5

    for question, held in [
        ("How many days of annual leave do employees in Dundee get?", "27 days"),
        ("How much does the pump weigh when it is empty?", "14 kilograms"),
        ("一线城市住宿上限是多少？", "550元"),
        ("Prüfgröße Öldurchfluss", "Öldurchfluss"),
        ("What does the file with the odd name speak of?", "zirconium"),
    ]:
        first = as_json(rag_command("search", question, "--json"))["hits"][0]
        assert held in first["text"]
    assert as_json(rag_command("documents", "--json"))["documents"]

    began = time.monotonic()
    again = as_json(rag_command("index", folder, "--json"))
    assert time.monotonic() - began < 30
    assert (again["added"], again["changed"], again["deleted"], again["chunks_embedded"]) == (0, 0, 0, 0)
    assert again["failed"] == counts["failed"]


def test_only_bad_files(tmp_path: Path, rag_command: Rag) -> None:
    bad = bad_files(tmp_path / "docs")
    run = rag_command("index", tmp_path / "docs")
    assert run.returncode == 1
    *failed, last = run.stderr.splitlines()
    assert len(failed) == len(bad)
    assert last == "rag: nothing could be indexed"


def test_a_path_that_does_not_exist(tmp_path: Path, rag_command: Rag) -> None:
    run = rag_command("index", tmp_path / "nowhere", "--json")
    assert (run.returncode, run.stdout) == (1, "")
    (line,) = run.stderr.splitlines()
    assert line.startswith(f"rag: {tmp_path}/nowhere does not exist")


def test_what_was_known_survives_a_damaged_file_and_goes_with_it(tmp_path: Path, rag_command: Rag) -> None:
    folder = tmp_path / "docs"
    good_files(folder)
    pump = folder / "pump.pdf"
    question = ("search", "How much does the pump weigh when it is empty?", "--json")
    as_json(rag_command("index", folder, "--json"))
    assert "14 kilograms" in as_json(rag_command(*question))["hits"][0]["text"]

    pump.write_bytes(b"%PDF-1.7 rubbish")
    damaged = as_json(rag_command("sync", "--json"))
    assert (damaged["failed"], damaged["deleted"], damaged["documents"]) == (1, 0, 4)
    assert "14 kilograms" in as_json(rag_command(*question))["hits"][0]["text"]
    assert "14 kilograms" in rag_command("ask", question[1]).stdout

    pump.unlink()
    gone = as_json(rag_command("sync", "--json"))
    assert (gone["failed"], gone["deleted"], gone["documents"]) == (0, 1, 3)
    for command in (question, ("documents", "--json"), ("graph", "entities", "--json"), ("ask", question[1], "--json")):
        told = rag_command(*command)
        assert told.returncode == 0
        assert "kilograms" not in told.stdout
        assert "pump.pdf" not in told.stdout
    assert rag_command("show", pump).returncode == 1
