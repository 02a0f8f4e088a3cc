"""Sequences of changes to a source, with damage and kills, and the check that a sync ends where a fresh one would."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from connectors import Access, Failed
from connectors.testing import MemoryConnector
from knowledge.extract import SpacyExtractor
from knowledge.index import Indexer
from knowledge.store import SQLiteStore
from knowledge.sync import SyncReport, sync
from knowledge.testing import HashEmbedder, contents

TEXTS = {
    "a": "Acme Corp builds pumps in Berlin.",
    "b": "Valves are cleaned in May by Bob Stone.",
    "c": "北京星河有限公司负责报销。",
}


class Renamed(SpacyExtractor):
    name = "renamed"


def run(connector, store, indexer, **options) -> SyncReport:
    if connector.id not in {source.id for source in store.sources()}:
        store.add_source(connector.id, {})
    return sync(connector, store, indexer, **options)


def fresh(texts, indexer, *, broken=(), access=None) -> dict[str, object]:
    """The contents of a new store that holds ``texts`` and the failures of ``broken``."""
    with TemporaryDirectory() as folder:
        store = SQLiteStore(Path(folder) / "kb.sqlite")
        run(MemoryConnector(dict(texts), access=access), store, indexer)
        held = contents(store)
        store.close()
    return held | {"failures": [Failed(f"memory/{name}", "broken") for name in sorted(broken)]}


class Killed(MemoryConnector):
    """Breaks off after some changes."""

    after = 10**9

    def changes(self, cursor):
        for number, change in enumerate(super().changes(cursor)):
            if number >= self.after:
                raise KeyboardInterrupt
            yield change


NAMES = st.sampled_from("abcd")
WRITTEN = st.sampled_from([*TEXTS.values(), "Ann Lee lives in Oslo. Oslo lies in Norway.", "Some words."])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), NAMES, WRITTEN),
        st.tuples(st.just("delete"), NAMES),
        st.tuples(st.just("damage"), NAMES),
        st.tuples(st.just("sync"), st.sampled_from([1, 2, 512])),
        st.tuples(st.just("kill"), st.integers(0, 4), st.sampled_from([1, 512])),
        st.tuples(st.just("access"), st.sampled_from(["*", "user:ann"])),
        st.tuples(st.just("extractor"), st.booleans()),
    ),
    max_size=16,
)


def check_sync(steps) -> None:
    """Assert that a store which went through the steps holds what a fresh one would."""
    source = Killed({})
    extractor: SpacyExtractor = SpacyExtractor()
    read: dict[str, str] = {}
    with TemporaryDirectory() as folder:
        store = SQLiteStore(Path(folder) / "kb.sqlite")
        for step in [*steps, ("sync", 512)]:
            match step:
                case ("put", name, text):
                    source.broken.pop(name, None)
                    source.texts[name] = text
                case ("delete", name):
                    source.broken.pop(name, None)
                    source.texts.pop(name, None)
                case ("damage", name):
                    source.broken[name] = "broken"
                case ("access", reader):
                    source.access = Access.of([reader])
                case ("extractor", other):
                    extractor = Renamed() if other else SpacyExtractor()
                case ("kill", after, batch):
                    source.after = after
                    with suppress(KeyboardInterrupt):
                        run(source, store, Indexer(HashEmbedder(), extractor), batch=batch)
                    source.after = 10**9
                    read = {id[7:]: store.document(id).text for id in store.versions("memory")}
                case ("sync", batch):
                    indexer = Indexer(HashEmbedder(), extractor)
                    run(source, store, indexer, batch=batch)
                    read = {
                        name: read[name] if name in source.broken else source.texts[name]
                        for name in {*source.texts, *source.broken}
                        if name in read or name not in source.broken
                    }
        expected = fresh(read, indexer, broken=source.broken, access=source.access)
        held = contents(store)
        # What fails is kept as it was last read: perhaps by another extractor, and for other readers.
        kept = {f"memory/{name}" for name in source.broken}
        store.close()
    if not kept & {f"memory/{name}" for name in read}:
        assert held == expected
    assert [info.id for info in held["documents"]] == [info.id for info in expected["documents"]]
    assert [text.text for text in held["texts"]] == [text.text for text in expected["texts"]]
    assert held["failures"] == expected["failures"]
    assert held["refs"] == expected["refs"]
    assert held["vectors"] == expected["vectors"]
