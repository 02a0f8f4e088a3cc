"""The store follows its sources: exactly, whatever happens in between."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.syncs import STEPS, TEXTS, Renamed, check_sync, fresh, run
from hypothesis import given, settings

from connectors import Access, AccessChanged, Checkpoint, Delete, Failed, SourceError, Upsert
from connectors.testing import MemoryConnector
from knowledge.extract import SpacyExtractor
from knowledge.index import Indexer
from knowledge.records import Chunk
from knowledge.sync import SyncReport
from knowledge.testing import HashEmbedder, contents, make_document


class CountingEmbedder(HashEmbedder):
    def __init__(self, dimension: int = 64) -> None:
        super().__init__(dimension)
        self.texts: list[str] = []

    def embed_passages(self, texts):
        self.texts += texts
        return super().embed_passages(texts)


class ListConnector:
    """Yields the changes that it is given, whatever the cursor, and keeps the cursors it was asked with."""

    id = "test"

    def __init__(self, *changes) -> None:
        self.given = changes
        self.cursors: list[str | None] = []

    def changes(self, cursor):
        self.cursors.append(cursor)
        yield from self.given


def counts(report: SyncReport) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.deleted, report.unchanged, report.failed


def cursor(store) -> str | None:
    return store.sources()[0].cursor


def test_counts(store, indexer) -> None:
    source = MemoryConnector(dict(TEXTS))
    assert counts(run(source, store, indexer)) == (3, 0, 0, 0, 0)
    source.texts |= {"a": "Another text.", "d": "A fourth."}
    del source.texts["b"]
    source.broken["c"] = "is damaged"
    report = run(source, store, indexer)
    assert counts(report) == (1, 1, 1, 0, 1)
    assert report.failures == [Failed("memory/c", "is damaged")] == store.failures()
    assert report.documents == len(store.documents()) == 3
    assert report.seconds >= 0
    assert counts(run(source, store, indexer)) == (0, 0, 0, 2, 1)


def test_unchanged_run_embeds_nothing(store) -> None:
    embedder = CountingEmbedder()
    indexer = Indexer(embedder, SpacyExtractor())
    source = MemoryConnector(dict(TEXTS))
    run(source, store, indexer)
    assert len(embedder.texts) == 3
    generation = store.generation()
    assert counts(run(source, store, indexer)) == (0, 0, 0, 3, 0)
    assert (len(embedder.texts), store.generation()) == (3, generation)


def test_only_new_text_is_embedded(store) -> None:
    embedder = CountingEmbedder()
    paragraphs = [f"Part {n}. " + "Words that fill a paragraph to its end. " * 16 for n in range(4)]
    source = MemoryConnector({"a": "\n\n".join(paragraphs)})
    run(source, store, Indexer(embedder, SpacyExtractor()))
    assert len(embedder.texts) == 4
    source.texts["a"] = "\n\n".join([paragraphs[0], "New. " + paragraphs[1], *paragraphs[2:]])
    report = run(source, store, Indexer(embedder, SpacyExtractor()))
    assert report.chunks_embedded == 1
    assert embedder.texts[4:] == [f"a\nNew. {paragraphs[1].strip()}"]


def test_failure_keeps_what_is_stored(store, indexer) -> None:
    source = MemoryConnector(dict(TEXTS))
    run(source, store, indexer)
    before = store.document("memory/a")
    source.broken["a"] = "is damaged"
    for _ in range(2):
        assert run(source, store, indexer).failed == 1
        assert store.document("memory/a") == before
    del source.broken["a"]
    assert run(source, store, indexer).failed == 0
    assert store.failures() == []
    source.broken["x"] = "is damaged"
    run(source, store, indexer)
    del source.broken["x"]
    run(source, store, indexer)
    assert contents(store) == fresh(TEXTS, indexer)


def test_failing_document_vanishes_after_a_new_start(store, indexer) -> None:
    source = MemoryConnector(dict(TEXTS))
    run(source, store, indexer)
    source.broken["a"] = "is damaged"
    newer = Indexer(indexer.embedder, Renamed())
    run(source, store, newer)
    assert store.document("memory/a") is not None
    del source.texts["a"], source.broken["a"]
    run(source, store, newer)
    assert contents(store) == fresh(source.texts, newer)
    assert cursor(store) is not None


def test_failed_place_keeps_what_lies_under_it(store, indexer) -> None:
    documents = [make_document(name, TEXTS[name[-1]]) for name in ("x/a", "x/b", "xc")]
    run(ListConnector(*map(Upsert, documents), Checkpoint("1")), store, indexer)
    newer = Indexer(indexer.embedder, Renamed())
    report = run(ListConnector(Failed("test/x", "no permission"), Checkpoint("2")), store, newer)
    assert counts(report) == (0, 0, 1, 2, 1)
    assert sorted(store.versions("test")) == ["test/x/a", "test/x/b"]
    # The cursor would not tell of what was kept.
    assert cursor(store) is None
    again = ListConnector(Upsert(documents[0]), Checkpoint("3"))
    run(again, store, newer)
    assert again.cursors == [None]
    assert sorted(store.versions("test")) == ["test/x/a"]
    assert (cursor(store), store.failures()) == ("3", [])


def test_access(store, indexer) -> None:
    source = MemoryConnector(dict(TEXTS))
    run(source, store, indexer)
    generation = store.generation()
    source.access = Access.of(["group:hr"])
    report = run(source, store, indexer)
    assert counts(report) == (0, 0, 0, 3, 0)
    assert report.chunks_embedded == 0
    assert store.generation() > generation
    assert contents(store) == fresh(TEXTS, indexer, access=source.access)


def test_access_changes_while_a_document_is_indexed_again(store, indexer) -> None:
    document = make_document("a", TEXTS["a"])
    access = Access.of(["ann"])
    run(ListConnector(Upsert(document), AccessChanged("test/a", access), Checkpoint("1")), store, indexer)
    assert store.access() == {"test/a": access}
    again = replace(document, access=Access())
    run(ListConnector(Upsert(again), Checkpoint("2")), store, indexer)
    assert store.access() == {"test/a": Access()}


def test_new_fingerprint_indexes_again(store) -> None:
    embedder = CountingEmbedder()
    source = MemoryConnector(dict(TEXTS))
    run(source, store, Indexer(embedder, SpacyExtractor()))
    del source.texts["b"]
    report = run(source, store, Indexer(embedder, Renamed()))
    assert counts(report) == (0, 0, 1, 2, 0)
    assert {made_by for made_by, _ in store.versions("memory").values()} == {Indexer(embedder, Renamed()).fingerprint}
    # Another extractor does not touch the vectors; another embedder makes them all anew.
    assert len(embedder.texts) == 3
    small = Indexer(CountingEmbedder(16), Renamed())
    assert run(source, store, small).chunks_embedded == 2
    assert store.vectors(16).shape == (2, 16)


def test_duplicate_delivery(store, indexer) -> None:
    old, new = make_document("a", TEXTS["a"]), make_document("a", TEXTS["b"])
    changes = [Upsert(old), Upsert(old), Upsert(new), Checkpoint("1"), Upsert(new), Checkpoint("2")]
    for batch in (1, 512):
        report = run(ListConnector(*changes), store, indexer, batch=batch)
        assert store.document("test/a").text == TEXTS["b"]
        assert (report.documents, cursor(store)) == (1, "2")


def test_last_change_wins(store, indexer) -> None:
    a, b, c = (make_document(name, TEXTS[name]) for name in "abc")
    changes = [
        *(Upsert(a), Delete("test/a")),
        *(Delete("test/b"), Upsert(b)),
        *(Failed("test/c", "locked"), Upsert(c)),
        *(Delete("test/never"), Checkpoint("1")),
    ]
    report = run(ListConnector(*changes), store, indexer)
    assert counts(report) == (2, 0, 0, 0, 0)
    assert (sorted(store.versions("test")), store.failures()) == (["test/b", "test/c"], [])


def test_cursor_is_given_back(store, indexer) -> None:
    source = ListConnector(Upsert(make_document("a", TEXTS["a"])), Checkpoint("one"))
    run(source, store, indexer)
    run(source, store, indexer)
    assert source.cursors == [None, "one"]


def test_cut_short_between_checkpoints(store, indexer) -> None:
    """What was stored and has no cursor is found out about: the next run starts over."""
    a, b, c = (make_document(name, TEXTS[name]) for name in "abc")
    run(ListConnector(Upsert(a), Checkpoint("1")), store, indexer)

    class Cut(ListConnector):
        def changes(self, cursor):
            yield from super().changes(cursor)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Cut(Upsert(b)), store, indexer, batch=1)
    assert (sorted(store.versions("test")), cursor(store)) == (["test/a", "test/b"], None)
    again = ListConnector(Upsert(a), Upsert(c), Checkpoint("2"))
    assert counts(run(again, store, indexer)) == (1, 0, 1, 1, 0)
    assert (again.cursors, sorted(store.versions("test"))) == ([None], ["test/a", "test/c"])
    assert cursor(store) == "2"


class Killing(HashEmbedder):
    def embed_passages(self, texts):
        if any("big" in text for text in texts):
            raise KeyboardInterrupt
        return super().embed_passages(texts)


def test_a_big_document_holds_up_none_before_it(store, indexer) -> None:
    """What came before it is written before it is begun."""
    big = make_document("b", "This paragraph of a big document fills a chunk almost. " * 200)
    changes = [Upsert(make_document("a", TEXTS["a"])), Upsert(big), Checkpoint("1")]
    with pytest.raises(KeyboardInterrupt):
        run(ListConnector(*changes), store, Indexer(Killing(), indexer.extractor), batch=8)
    assert (sorted(store.versions("test")), cursor(store)) == (["test/a"], None)
    assert counts(run(ListConnector(*changes), store, indexer)) == (1, 0, 0, 1, 0)


def test_what_is_gone_does_not_keep_what_lies_under_it(store, indexer) -> None:
    documents = [make_document(name, TEXTS[name[-1]]) for name in ("x/a", "b")]
    run(ListConnector(*map(Upsert, documents), Checkpoint("1")), store, indexer)
    newer = Indexer(indexer.embedder, Renamed())
    failed = Failed("test/x", "leads elsewhere", gone=True)
    assert counts(run(ListConnector(failed, Upsert(documents[1]), Checkpoint("2")), store, newer)) == (0, 0, 1, 1, 1)
    assert (sorted(store.versions("test")), store.failures(), cursor(store)) == (["test/b"], [failed], "2")
    run(ListConnector(Checkpoint("3")), store, newer)
    assert store.failures() == []


def test_source_that_is_lost(store, indexer) -> None:
    class Lost(ListConnector):
        def changes(self, cursor):
            raise SourceError("gone")
            yield

    run(ListConnector(Upsert(make_document("a", TEXTS["a"])), Checkpoint("1")), store, indexer)
    with pytest.raises(SourceError):
        run(Lost(), store, indexer)
    assert (len(store.documents()), cursor(store)) == (1, "1")


def test_two_sources_do_not_mix(store, indexer) -> None:
    run(MemoryConnector(dict(TEXTS), id="one"), store, indexer)
    other = MemoryConnector(dict(TEXTS), id="two")
    run(other, store, indexer)
    other.texts.clear()
    assert run(other, store, indexer).deleted == 3
    assert sorted(store.versions("one")) == ["one/a", "one/b", "one/c"]
    assert store.versions("two") == {}


def test_progress(store, indexer) -> None:
    told = []
    run(MemoryConnector(dict(TEXTS)), store, indexer, progress=lambda report, name: told.append((report.added, name)))
    assert told == [(1, "memory/a"), (2, "memory/b"), (3, "memory/c")]


def test_document_without_text(store, indexer) -> None:
    report = run(ListConnector(Upsert(make_document("a", " ")), Checkpoint("1")), store, indexer)
    assert (report.added, store.chunks(), len(store.documents())) == (1, [], 1)


def test_equal_texts_are_embedded_once(store) -> None:
    embedder = CountingEmbedder()
    documents = [Upsert(make_document(name, TEXTS["a"], title="T")) for name in "abc"]
    report = run(ListConnector(*documents, Checkpoint("1")), store, Indexer(embedder, SpacyExtractor()))
    assert (report.chunks_embedded, embedder.texts) == (1, [f"T\n{TEXTS['a']}"])
    assert isinstance(store.chunks()[0], Chunk)


@settings(max_examples=8, deadline=None)
@given(STEPS)
def test_any_sequence_equals_a_fresh_build(steps) -> None:
    """The full tier goes through many more."""
    check_sync(steps)
