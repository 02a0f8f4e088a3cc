"""Sequences of changes, and the check that they leave what a fresh build of the rest would."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from connectors import Access, Document
from connectors.testing import MemoryConnector
from knowledge.digest import Digest, digest
from knowledge.extract import SpacyExtractor
from knowledge.index import Indexer
from knowledge.records import Edit, Extraction
from knowledge.store import SQLiteStore
from knowledge.sync import sync
from knowledge.testing import HashEmbedder

# Each of them changes what others mean: aliases, namesakes, short forms, senses, legal forms.
TEXTS = (
    "International Pump Works (IPW) was founded by Ann Lee in 1961. IPW is based in Oslo.",
    "IPW sold 300 pumps to Acme Corp. Lee was born in Bergen.",
    "Industrial Paint Workshop (IPW) works in Berlin. John Smith is the director of Industrial Paint Workshop.",
    "John Smith works for Acme Corp. Smith was born on 4 May 1970.",
    "John Smith lives in Oslo.",
    "Acme Ltd acquired Acme GmbH in 2019. ACME makes pumps.",
    "Mercury (planet) is near the Sun. Mercury is small.",
    "Mercury is a metal. Mercury (element) was known to Acme.",
    "北京星河有限公司（以下简称“星河”）位于北京。星河由王伟创立。",
    "王伟出生于上海。星河 (Galaxy) 是一家公司。",
    "Galaxy is a company in Beijing. It was founded by Wang Wei.",
    "Nothing is named here.",
)
EDITS = (
    Edit("merge", "Acme Ltd", "Acme Corp"),
    Edit("split", "IPW", "International Pump Works"),
    Edit("split", "John Smith", "John Smith the pilot", document="memory/c"),
    Edit("pin", "Acme", "Acme Group", type="ORG"),
    Edit("merge", "Galaxy", "Oslo"),
)
NAMES = st.sampled_from("abcde")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), NAMES, st.sampled_from(TEXTS)),
        st.tuples(st.just("put"), NAMES, st.sampled_from(TEXTS)),
        st.tuples(st.just("move"), NAMES, NAMES),
        st.tuples(st.just("delete"), NAMES),
        st.tuples(st.just("sync"), st.sampled_from([1, 512])),
        st.tuples(st.just("edit"), st.sampled_from(EDITS)),
        st.tuples(st.just("undo")),
        st.tuples(st.just("access"), st.sampled_from(["*", "user:ann"])),
    ),
    min_size=3,
    max_size=14,
)


class Remembering:
    """Extraction is a function of the document: hundreds of sequences need not repeat it."""

    name = "remembering"

    def extract(self, document, chunks) -> Extraction:
        return _extracted(document)


@cache
def _extracted(document: Document) -> Extraction:
    return SpacyExtractor().extract(document, Indexer(HashEmbedder(8), SpacyExtractor()).cut(document))


def built(texts, edits, access, place: Path) -> Digest:
    """Return the digest of a fresh base."""
    store = SQLiteStore(place)
    connector = MemoryConnector(dict(texts), access=access)
    store.add_source(connector.id, {})
    sync(connector, store, Indexer(HashEmbedder(8), Remembering()))
    for edit in edits:
        store.add_edit(edit)
    found = digest(store)
    store.close()
    return found


def check(steps) -> None:
    """Go through ``steps``, and compare with a fresh base of what is left."""
    connector = MemoryConnector({})
    indexer = Indexer(HashEmbedder(8), Remembering())
    with TemporaryDirectory() as folder:
        store = SQLiteStore(Path(folder) / "kb.sqlite")
        store.add_source(connector.id, {})
        for step in [*steps, ("sync", 512)]:
            match step:
                case ("put", name, text):
                    connector.texts[name] = text
                case ("move", name, to):
                    if name in connector.texts:
                        connector.texts[to] = connector.texts.pop(name)
                case ("delete", name):
                    connector.texts.pop(name, None)
                case ("sync", batch):
                    sync(connector, store, indexer, batch=batch)
                case ("edit", edit):
                    store.add_edit(edit)
                case ("undo",):
                    for number in list(store.edits())[-1:]:
                        store.remove_edit(number)
                case ("access", reader):
                    connector.access = Access.of([reader])
        found, edits = digest(store), list(store.edits().values())
        store.close()
        assert found == built(connector.texts, edits, connector.access, Path(folder) / "fresh.sqlite")
