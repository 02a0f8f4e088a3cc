"""A run that is killed at any point leaves a sound database, and the next run ends where an unbroken one would.

Run as a program, this file is the parent of the runs that are killed: it imports everything once, then forks one
run for every "go" on its standard input. A run prints its process id, then a line a document.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from connectors import open_source
from connectors.sources import filesystem
from knowledge.caches import open_caches
from knowledge.extract import SpacyExtractor
from knowledge.index import Indexer
from knowledge.store import SQLiteStore
from knowledge.sync import SyncReport, sync
from knowledge.testing import HashEmbedder, contents

KILLS = 12
DAMAGE = b"\0\1\2\xff" * 50
WORDS = (
    *("pump", "valve", "cable", "Acme Corp", "Berlin", "Ann Lee", "cleans", "sells", "清洗", "水泵", "May"),
    *("policy", "leave", "travel.", "Oslo", "works!"),
)


def index(documents: Path, place: Path) -> SyncReport:
    """Index a folder with small change sets, and open the caches."""
    store = SQLiteStore(place / "kb.sqlite")
    connector = open_source(str(documents))
    store.add_source(connector.id, {})
    indexer = Indexer(HashEmbedder(), SpacyExtractor())
    report = sync(connector, store, indexer, progress=lambda _, name: print(name, flush=True), batch=6)
    open_caches(store, place / "caches", dimension=64)
    store.close()
    return report


def write(path: Path, random: random.Random) -> None:
    paragraphs = (" ".join(random.choices(WORDS, k=random.randint(5, 90))) for _ in range(random.randint(1, 4)))
    path.write_text(f"# {random.choice(WORDS)} {path.stem}\n\n" + "\n\n".join(paragraphs), encoding="utf-8")


def change(documents: Path, random: random.Random) -> None:
    """Edit, delete and add some files, and damage one more."""
    files = sorted(documents.glob("*.md"))
    for path in random.sample(files, 12):
        write(path, random)
    for path in random.sample(files, 3):
        path.unlink()
    for _ in range(3):
        write(documents / f"new{random.randrange(1000)}.md", random)
    random.choice(sorted(documents.glob("*.md"))).write_bytes(DAMAGE)


def killed(runs: subprocess.Popen[str], random: random.Random) -> bool:
    """Start a run and kill it some documents later; tell whether it was still at work."""
    assert runs.stdin is not None
    assert runs.stdout is not None
    lines, delay = random.randint(0, 14), random.choice([0, 0, 0.01, 0.03, 0.1])
    print("go", file=runs.stdin, flush=True)
    run = int(runs.stdout.readline())
    for _ in range(lines):
        if runs.stdout.readline() == "done\n":
            break
    time.sleep(delay)
    # It is not reaped before the next line, so that its number cannot be another process's.
    os.kill(run, signal.SIGKILL)
    print("reap", file=runs.stdin, flush=True)
    while not (line := runs.stdout.readline()).startswith("status "):
        assert line
    status = int(line.removeprefix("status "))
    assert status in (0, signal.SIGKILL)
    return status != 0


def serve(documents: Path, place: Path) -> None:
    """Fork a run for every "go"; wait for it after the line that follows."""
    # In this process only, which ends with the test: checkpoints come often enough to be killed between.
    filesystem.MIN_CHECKPOINT = 9
    for _ in sys.stdin:
        run = os.fork()
        if run == 0:
            print(os.getpid(), flush=True)
            index(documents, place)
            print("done", flush=True)
            os._exit(0)
        sys.stdin.readline()
        print("status", os.waitpid(run, 0)[1], flush=True)


def check(place: Path) -> None:
    """Assert that what a killed run left is sound and can be searched."""
    with closing(sqlite3.connect(place / "kb.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    store = SQLiteStore(place / "kb.sqlite")
    chunks: dict[str, int] = {}
    for ref in store.chunk_refs():
        chunks[ref.document_id] = chunks.get(ref.document_id, 0) + 1
    assert chunks == {info.id: info.chunks for info in store.documents() if info.chunks}
    caches = open_caches(store, place / "caches", dimension=64)
    assert len(caches.refs) == len(caches.vectors) == sum(chunks.values())
    store.close()


def held(place: Path) -> dict[str, object]:
    store = SQLiteStore(place / "kb.sqlite")
    found = contents(store)
    store.close()
    return found


def test_killed_at_any_point(tmp_path, capsys) -> None:
    dice = random.Random(11)
    documents, place = tmp_path / "documents", tmp_path / "kb"
    documents.mkdir()
    for number in range(60):
        write(documents / f"{number:02}.md", dice)
    (documents / "never.txt").write_bytes(DAMAGE)
    kills = 0
    command = [sys.executable, __file__, str(documents), str(place)]
    root = Path(filesystem.__file__).parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as runs:
        for _ in range(2 * KILLS):
            kills += killed(runs, dice)
            if (place / "kb.sqlite").exists():
                check(place)
            if kills == KILLS:
                break
            if dice.random() < 0.6:
                change(documents, dice)
    assert kills >= 10
    # Of a damaged file the last sound text stays: only the one that never was sound is left as it is.
    for path in sorted(documents.glob("*.md")):
        if path.read_bytes() == DAMAGE:
            write(path, dice)
    index(documents, place)
    check(place)
    capsys.readouterr()
    index(documents, tmp_path / "unbroken")
    capsys.readouterr()
    broken, unbroken = held(place), held(tmp_path / "unbroken")
    for key in unbroken:
        assert broken[key] == unbroken[key], key
    assert len(unbroken["failures"]) == 1
    assert index(documents, place).unchanged == len(unbroken["documents"]) == len(list(documents.glob("*.md")))


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]))
