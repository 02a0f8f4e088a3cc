"""The conformance suite for stores, for our tests and for those of plug-in authors."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from connectors import Access, Failed, Page, Section
from knowledge.about import About
from knowledge.errors import StoreError
from knowledge.extract import SpacyExtractor
from knowledge.index import Indexer
from knowledge.records import ChangeSet, Edit, IndexedDocument
from knowledge.store import Store
from knowledge.testing import HashEmbedder, contents, make_document


class StoreContract(ABC):
    """Checks what ``knowledge.store.base`` says of a store. Inherit it in a class named ``Test…``."""

    TEXTS: Mapping[str, str] = {
        "a": "Acme Corp builds pumps in Berlin. Ann Lee leads Acme Corp.",
        "b": "Valves are cleaned in May by Bob Stone.\n\n" + "They last long. " * 80,
        "c": "北京星河有限公司负责报销。",
    }
    DIMENSION = 8

    @abstractmethod
    def open_store(self, place: Path) -> Store:
        """Open the store that lies at ``place``, an empty folder at first. It is closed by the suite."""

    def indexed(self, name: str, text: str | None = None, **fields: object) -> IndexedDocument:
        """Return a document of ``TEXTS``, or of another text, with everything derived from it."""
        document = make_document(name, self.TEXTS[name] if text is None else text, **fields)
        indexer = Indexer(HashEmbedder(self.DIMENSION), SpacyExtractor())
        (item,), _ = indexer.finish([(document, indexer.cut(document))], {})
        return item

    def changes(self, *names: str, **fields: object) -> ChangeSet:
        """Return the upsert of documents of ``TEXTS``; ``fields`` are those of the change set."""
        items = tuple(self.indexed(name) for name in names)
        return replace(ChangeSet("test", upserts=items, fingerprint="f"), **fields)  # type: ignore[arg-type]

    def filled(self, place: Path) -> Store:
        """Return a store that holds ``TEXTS``."""
        store = self.open_store(place)
        store.add_source("test", {})
        store.commit(self.changes(*self.TEXTS))
        return store

    def test_empty(self, tmp_path: Path) -> None:
        """A new store holds nothing and can be asked anything."""
        store = self.open_store(tmp_path)
        assert contents(store, dimension=self.DIMENSION)["vectors"] == []
        assert (store.documents(), store.chunks(), store.chunks([1]), store.sources()) == ([], [], [], [])
        assert store.document("test/a") is None
        store.close()

    def test_everything_comes_back(self, tmp_path: Path) -> None:
        """Documents, chunks, vectors, mentions and relations, as they were; also from a store opened anew."""
        pages = (Page(1, 0, 10), Page(2, 10, 20, "Two"))
        item = self.indexed("a", pages=pages, sections=(Section("S", 1, 0, 20),), access=Access.of(["ann"]))
        store = self.open_store(tmp_path)
        store.add_source("test", {"deep": True})
        store.commit(ChangeSet("test", upserts=(item,), fingerprint="f"))
        store.close()
        store = self.open_store(tmp_path)
        assert store.document("test/a") == replace(item.document, language=item.language)
        assert tuple(store.chunks()) == item.chunks
        assert np.array_equal(store.vectors(self.DIMENSION), item.vectors)
        assert tuple(store.entities()) == item.extraction.entities
        assert set(store.mentions()) == set(item.extraction.mentions)
        assert set(store.relations()) == set(item.extraction.relations)
        assert store.versions("test") == {"test/a": ("f", item.document.version)}
        assert store.access() == {"test/a": Access.of(["ann"])}
        (source,) = store.sources()
        assert (source.id, dict(source.options), source.cursor) == ("test", {"deep": True}, None)
        (info,) = store.documents()
        assert (info.pages, info.chunks, info.readers) == (2, len(item.chunks), ("user:ann",))
        store.close()

    def test_one_order(self, tmp_path: Path) -> None:
        """Chunks and vectors come by document id and ordinal, whatever the order of writing."""
        store = self.open_store(tmp_path)
        store.add_source("test", {})
        for name in ("c", "a", "b"):
            store.commit(self.changes(name))
        chunks = store.chunks()
        assert chunks == sorted(chunks, key=lambda chunk: (chunk.document_id, chunk.ordinal))
        assert [ref.id for ref in store.chunk_refs()] == [chunk.id for chunk in chunks]
        assert np.array_equal(
            store.vectors(self.DIMENSION),
            HashEmbedder(self.DIMENSION).embed_passages([chunk.passage for chunk in chunks]),
        )
        assert store.chunks([chunks[-1].id, chunks[0].id, chunks[0].id, 12345]) == [chunks[0], chunks[-1]]
        store.close()

    def test_reading_around(self, tmp_path: Path) -> None:
        """Neighbours are of the same document; a stretch of text is exact; what a document is about comes back."""
        store = self.open_store(tmp_path)
        store.add_source("test", {})
        text = "Acme Corp Ltd\nReport for the year ended May 31, 2021\n\n" + "They last long. " * 300 + "年报"
        item = self.indexed("a", text, pages=(Page(1, 0, len(text)),))
        store.commit(ChangeSet("test", upserts=(item, self.indexed("c")), fingerprint="f"))
        ids = [chunk.id for chunk in item.chunks]
        assert store.near([ids[0]], reach=1) == sorted(ids[:2])
        assert store.near([ids[1], ids[2]], reach=1) == sorted(ids[:4])
        assert store.near([ids[-1], 12345], reach=0) == [ids[-1]]
        assert store.near([], reach=1) == []
        assert store.text("test/a", 5, 17) == text[5:17]
        assert store.text("test/a", len(text) - 2, len(text)) == "年报"
        assert store.text("test/unknown", 0, 5) is None
        assert store.abouts() == {"test/a": item.chunks[0].about, "test/c": About()}
        assert item.chunks[0].about.periods == ("2021",)
        store.close()

    def test_upsert_replaces_and_delete_is_exact(self, tmp_path: Path) -> None:
        """What is stored is a function of the surviving documents."""
        store = self.filled(tmp_path / "one")
        store.commit(ChangeSet("test", upserts=(self.indexed("a", "Nothing of old."),), fingerprint="f"))
        store.commit(ChangeSet("test", deletes=("test/b", "test/unknown")))
        store.commit(self.changes("a"))
        fresh = self.open_store(tmp_path / "two")
        fresh.add_source("test", {})
        fresh.commit(self.changes("a", "c"))
        assert contents(store, dimension=self.DIMENSION) == contents(fresh, dimension=self.DIMENSION)
        store.remove_source("test")
        assert (store.documents(), store.entities(), store.mentions(), store.relations()) == ([], [], [], [])
        assert store.sources() == []
        store.close()
        fresh.close()

    def test_all_or_nothing(self, tmp_path: Path) -> None:
        """A change set that cannot be written whole leaves everything as it was."""
        store = self.filled(tmp_path)
        before = contents(store, dimension=self.DIMENSION), store.generation(), store.sources()
        twice = self.indexed("b", "One new text.")
        faulty = replace(twice, chunks=twice.chunks * 2, vectors=np.repeat(twice.vectors, 2, axis=0))
        faulty = replace(faulty, vector_keys=twice.vector_keys * 2)
        told = None
        try:
            store.commit(ChangeSet("test", upserts=(faulty,), deletes=("test/a",), cursor="7", fingerprint="f"))
        except StoreError as error:
            told = str(error)
        assert told
        assert told.isprintable()
        assert (contents(store, dimension=self.DIMENSION), store.generation(), store.sources()) == before
        store.close()

    def test_generation(self, tmp_path: Path) -> None:
        """It grows with what a search can see, and stays for the rest."""
        store = self.filled(tmp_path)
        same = [
            ChangeSet("test"),
            ChangeSet("test", cursor="1", fingerprint="f"),
            ChangeSet("test", forget_cursor=True),
            ChangeSet("test", failures=(Failed("test/x", "broken"),)),
            ChangeSet("test", recovered=("test/x",)),
            ChangeSet("test", deletes=("test/unknown",)),
            ChangeSet("test", access=(("test/a", Access()), ("test/unknown", Access.of(["bob"])))),
        ]
        for changes in same:
            generation = store.generation()
            store.commit(changes)
            assert store.generation() == generation, changes
        seen = [
            ChangeSet("test", access=(("test/a", Access.of(["bob"])),)),
            self.changes("a"),
            ChangeSet("test", deletes=("test/a",)),
        ]
        for changes in seen:
            generation = store.generation()
            store.commit(changes)
            assert store.generation() > generation, changes
        store.close()

    def test_cursor(self, tmp_path: Path) -> None:
        """It is kept with its fingerprint, left alone by default, and can be forgotten."""
        store = self.filled(tmp_path)
        store.commit(ChangeSet("test", cursor="7", fingerprint="f"))
        store.commit(ChangeSet("test", deletes=("test/a",), fingerprint="other"))
        (source,) = store.sources()
        assert (source.cursor, source.fingerprint) == ("7", "f")
        store.add_source("test", {"new": 1})
        (source,) = store.sources()
        assert (source.cursor, dict(source.options)) == ("7", {"new": 1})
        store.commit(ChangeSet("test", forget_cursor=True))
        (source,) = store.sources()
        assert source.cursor is None
        store.close()

    def test_edits(self, tmp_path: Path) -> None:
        """Kept in order under numbers that are never given twice, whatever becomes of documents; seen by searches."""
        store = self.filled(tmp_path)
        generation = store.generation()
        merge, pin = Edit("merge", "Acme", "Acme Corp"), Edit("pin", "Acme", "ACME", "ORG")
        first, second = store.add_edit(merge), store.add_edit(pin)
        assert store.generation() > generation
        assert list(store.edits().items()) == [(first, merge), (second, pin)]
        assert store.remove_edit(second)
        assert not store.remove_edit(second)
        split = Edit("split", "Acme", document="test/a")
        assert store.add_edit(split) > second > first
        store.remove_source("test")
        store.close()
        store = self.open_store(tmp_path)
        assert list(store.edits().values()) == [merge, split]
        store.close()

    def test_failures(self, tmp_path: Path) -> None:
        """Kept beside the document; gone with an upsert, a delete, a recovery, or the source."""
        store = self.filled(tmp_path)
        store.add_source("other", {})
        for reason in ("broken", "broken still"):
            failures = tuple(Failed(f"test/{name}", reason) for name in "cabx")
            store.commit(ChangeSet("test", failures=failures))
        store.commit(ChangeSet("other", failures=(Failed("other/y", "broken"),)))
        assert [failure.document_id for failure in store.failures("test")] == [f"test/{x}" for x in "abcx"]
        assert {failure.reason for failure in store.failures("test")} == {"broken still"}
        assert len(store.documents()) == len(self.TEXTS)
        store.commit(self.changes("a", deletes=("test/b",), recovered=("test/x",)))
        assert [failure.document_id for failure in store.failures()] == ["other/y", "test/c"]
        store.remove_source("test")
        assert [failure.document_id for failure in store.failures()] == ["other/y"]
        store.close()

    def test_a_document_has_one_source(self, tmp_path: Path) -> None:
        """Others cannot delete it or change its readers; who adopts or upserts it has it, and its old cursor goes."""
        store = self.filled(tmp_path)
        store.add_source("other", {})
        store.commit(ChangeSet("test", failures=(Failed("test/a", "broken"),), cursor="7", fingerprint="f"))
        before = contents(store, dimension=self.DIMENSION), store.generation()
        hr = Access.of(["group:hr"])
        store.commit(ChangeSet("other", deletes=("test/a",), access=(("test/b", hr),), cursor="1", fingerprint="f"))
        assert (contents(store, dimension=self.DIMENSION), store.generation()) == before
        store.commit(ChangeSet("other", adopted=("test/a", "test/unknown"), access=(("test/a", hr),)))
        assert store.generation() > before[1]
        assert sorted(store.versions("other")) == ["test/a"]
        assert [failure.document_id for failure in store.failures("other")] == ["test/a"]
        assert store.access()["test/a"] == hr
        assert {source.id: source.cursor for source in store.sources()} == {"other": "1", "test": None}
        store.commit(ChangeSet("test", cursor="8", fingerprint="f"))
        item = self.indexed("b", source="other", access=hr)
        store.commit(ChangeSet("other", upserts=(item,), fingerprint="f"))
        assert sorted(store.versions("test")) == ["test/c"]
        assert {source.id: source.cursor for source in store.sources()} == {"other": "1", "test": None}
        store.remove_source("other")
        assert [info.id for info in store.documents()] == ["test/c"]
        store.close()

    def test_vectors_by_key(self, tmp_path: Path) -> None:
        """Known keys give their vectors; a dimension that is not the stored one is an error."""
        store = self.filled(tmp_path)
        item = self.indexed("b")
        found = store.vectors_by_key([*item.vector_keys, "unknown"])
        assert set(found) == set(item.vector_keys)
        for key, vector in zip(item.vector_keys, item.vectors, strict=True):
            assert np.array_equal(found[key], vector)
        told = None
        try:
            store.vectors(self.DIMENSION + 1)
        except StoreError as error:
            told = str(error)
        assert told
        store.close()

    def test_frozen(self, tmp_path: Path) -> None:
        """A reader sees one state, however much is written meanwhile; afterwards it sees the new one."""
        store = self.filled(tmp_path)
        with store.frozen():
            before = contents(store, dimension=self.DIMENSION), store.generation()
            writer = threading.Thread(target=store.commit, args=(ChangeSet("test", deletes=("test/a",)),))
            writer.start()
            writer.join()
            assert (contents(store, dimension=self.DIMENSION), store.generation()) == before
        assert store.document("test/a") is None
        assert store.generation() > before[1]
        store.close()

    def test_threads(self, tmp_path: Path) -> None:
        """Readers among writers never see half a change set: ``a`` and ``c`` come and go together."""
        store = self.filled(tmp_path)
        both, none = self.changes("a", "c"), ChangeSet("test", deletes=("test/a", "test/c"))
        seen: set[tuple[str, ...]] = set()
        problems: list[BaseException] = []

        def read() -> None:
            try:
                for _ in range(30):
                    seen.add(tuple(sorted({ref.document_id for ref in store.chunk_refs()} - {"test/b"})))
            except StoreError as error:
                problems.append(error)

        def write() -> None:
            try:
                for changes in (none, both) * 5:
                    store.commit(changes)
            except StoreError as error:
                problems.append(error)

        threads = [threading.Thread(target=target) for target in (read, write, read, write, read)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert seen <= {(), ("test/a", "test/c")}
        store.close()
