"""Caches are kept for one generation, and can always be built again."""

from __future__ import annotations

import json
import os
import threading
import time

import numpy as np
import pytest

from connectors import Access, Viewer
from connectors.testing import MemoryConnector
from knowledge import caches as module
from knowledge.caches import Caches, open_caches
from knowledge.errors import StoreError
from knowledge.records import ChangeSet, Edit
from knowledge.sync import sync

TEXTS = {
    "Pumps": "The pump of Acme Corp in Berlin is cleaned in May.",
    "Berlin": "Many people live in Berlin.\n\n" + "Berlin is a city with many parks and lakes. " * 50,
    "Leave": "Ann Lee grants leave.",
}


@pytest.fixture
def filled(store, indexer):
    store.add_source("memory", {})
    sync(MemoryConnector(dict(TEXTS)), store, indexer)
    return store


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "caches"


def seen(caches: Caches) -> tuple[object, ...]:
    question = np.eye(1, 64, dtype=np.float32)[0]
    return (
        caches.generation,
        caches.refs,
        caches.positions,
        caches.documents,
        caches.access,
        caches.vectors.search(question, 9, allowed=None)[1].tolist(),
        caches.lexical.within(None).scores(["berlin"]).tolist(),
        caches.graph.entities(),
        caches.statements.scores("What is the operating margin?").tolist(),
    )


def same(one: Caches, other: Caches) -> bool:
    return seen(one) == seen(other)


def never_built(monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("built")

    monkeypatch.setattr(module, "_build", fail)


def test_built_then_loaded(filled, folder, monkeypatch) -> None:
    built = open_caches(filled, folder, dimension=64)
    assert len(built.refs) == len(built.vectors) == len(filled.chunks())
    never_built(monkeypatch)
    assert same(built, open_caches(filled, folder, dimension=64))


def test_positions(filled, folder) -> None:
    caches = open_caches(filled, folder, dimension=64)
    assert [caches.positions[ref.id] for ref in caches.refs] == list(range(len(caches.refs)))
    assert sorted(p for span in caches.documents.values() for p in span) == list(range(len(caches.refs)))
    for document_id, span in caches.documents.items():
        assert {caches.refs[position].document_id for position in span} == {document_id}


def test_stale_after_commit(filled, folder) -> None:
    before = open_caches(filled, folder, dimension=64)
    filled.commit(ChangeSet("memory", deletes=("memory/Berlin",)))
    after = open_caches(filled, folder, dimension=64)
    assert after.generation > before.generation
    assert set(after.documents) == {"memory/Pumps", "memory/Leave"}
    assert [path.name for path in folder.iterdir()] == [f"{module.CACHES}-{after.generation}"]


def test_stale_after_an_edit(filled, folder) -> None:
    before = open_caches(filled, folder, dimension=64)
    number = filled.add_edit(Edit("pin", "Berlin", "Berlin (Germany)"))
    pinned = open_caches(filled, folder, dimension=64)
    assert pinned.generation > before.generation
    assert "Berlin (Germany)" in {entity.name for entity in pinned.graph.entities()}
    filled.remove_edit(number)
    assert open_caches(filled, folder, dimension=64).graph.entities() == before.graph.entities()


@pytest.mark.parametrize(
    "name",
    [
        "vectors.faiss",
        "vectors.npy",
        "graph.json",
        "places.npz",
        "statements.npy",
        "contents.json",
        "lexical/counts.npy",
        "lexical/vocabulary.json",
    ],
)
@pytest.mark.parametrize("harm", ["cut", "emptied", "rubbish", "removed"])
def test_damaged_files_are_built_again(filled, folder, name, harm) -> None:
    whole = open_caches(filled, folder, dimension=64)
    (place,) = folder.iterdir()
    path = place / name
    data = path.read_bytes()
    match harm:
        case "cut":
            path.write_bytes(data[: len(data) // 2])
        case "emptied":
            path.write_bytes(b"")
        case "rubbish":
            path.write_bytes(b"\0" * len(data))
        case "removed":
            path.unlink()
    assert same(whole, open_caches(filled, folder, dimension=64))


def test_wrong_tables_are_built_again(filled, folder) -> None:
    whole = open_caches(filled, folder, dimension=64)
    (place,) = folder.iterdir()
    tables = json.loads((place / "graph.json").read_text())
    renamed = json.dumps(tables | {"chunkz": tables.pop("chunks")}, separators=(",", ":"), ensure_ascii=False)
    (place / "graph.json").write_text(renamed)
    assert same(whole, open_caches(filled, folder, dimension=64))


def test_another_dimension(filled, folder) -> None:
    open_caches(filled, folder, dimension=64)
    with pytest.raises(StoreError, match="another embedder"):
        open_caches(filled, folder, dimension=32)


def test_several_at_once(filled, folder) -> None:
    opened: list[Caches] = []
    threads = [
        threading.Thread(target=lambda: opened.append(open_caches(filled, folder, dimension=64))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    assert all(same(opened[0], other) for other in opened)
    assert len(list(folder.iterdir())) == 1


def test_commit_while_building(filled, folder, monkeypatch) -> None:
    build = module._build

    def interrupted(*arguments):
        writer = threading.Thread(target=filled.commit, args=(ChangeSet("memory", deletes=("memory/Berlin",)),))
        writer.start()
        writer.join()
        return build(*arguments)

    monkeypatch.setattr(module, "_build", interrupted)
    caches = open_caches(filled, folder, dimension=64)
    assert len(caches.refs) == len(caches.vectors) > len(filled.chunks())
    assert caches.generation < filled.generation()


def test_folder_that_cannot_be_written(filled, folder) -> None:
    folder.write_text("a file in the way")
    assert len(open_caches(filled, folder, dimension=64).refs) == len(filled.chunks())


def test_sweeping(filled, folder) -> None:
    old, newer, foreign = (folder / name for name in (f"{module.CACHES}-0", f"{module.CACHES}-999", "caches-1-5"))
    forsaken, draft, other = folder / "draft-old", folder / "draft-new", folder / "notes"
    for path in (old, newer, foreign, forsaken, draft, other):
        path.mkdir(parents=True)
    os.utime(forsaken, (time.time() - 9999,) * 2)
    open_caches(filled, folder, dimension=64)
    left = {path.name for path in folder.iterdir()}
    assert {newer.name, draft.name, other.name} <= left
    assert not {old.name, foreign.name, forsaken.name} & left


def test_viewers(filled, folder) -> None:
    filled.commit(
        ChangeSet("memory", access=(("memory/Leave", Access.of(["group:hr"])), ("memory/Pumps", Access(frozenset()))))
    )
    caches = open_caches(filled, folder, dimension=64)

    def readable(viewer: Viewer) -> set[str]:
        allowed = caches.allowed(viewer)
        assert allowed.shape == (len(caches.refs),)
        return {ref.document_id for ref, may in zip(caches.refs, allowed, strict=True) if may}

    assert readable(Viewer("ann")) == {"memory/Berlin"}
    assert readable(Viewer("ann", frozenset({"hr"}))) == {"memory/Berlin", "memory/Leave"}


def test_empty(store, folder) -> None:
    for _ in range(2):
        caches = open_caches(store, folder, dimension=64)
        assert caches.refs == ()
        assert caches.allowed(Viewer("ann")).shape == (0,)
        assert caches.vectors.search(np.ones(64, dtype=np.float32), 5, allowed=None)[0].tolist() == []
        assert caches.lexical.within(None).scores(["x"]).shape == (0,)
