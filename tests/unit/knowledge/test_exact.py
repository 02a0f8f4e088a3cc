"""After any sequence of changes the knowledge equals a fresh build of what is left, resolution and edits included.

The full tier goes through hundreds of sequences; a few are enough to find what is plainly wrong.
"""

from __future__ import annotations

from helpers.exact import EDITS, STEPS, TEXTS, built, check
from hypothesis import given, settings

from connectors import Access
from connectors.testing import MemoryConnector
from knowledge.extract import SpacyExtractor
from knowledge.graph import KnowledgeGraph
from knowledge.index import Indexer
from knowledge.records import Edit
from knowledge.store import SQLiteStore
from knowledge.sync import sync
from knowledge.testing import HashEmbedder


@settings(max_examples=8, deadline=None)
@given(STEPS)
def test_sequences_of_changes(steps) -> None:
    check(steps)


def test_the_digest_sees_every_part(tmp_path) -> None:
    texts = {"a": TEXTS[0], "b": TEXTS[3]}
    whole = built(texts, (), Access(), tmp_path / "1")
    assert whole == built(dict(reversed(texts.items())), (), Access(), tmp_path / "2")
    others = [
        built({"a": TEXTS[0]}, (), Access(), tmp_path / "3"),
        built({**texts, "b": TEXTS[3] + " He sings."}, (), Access(), tmp_path / "4"),
        built({"a": TEXTS[0], "c": TEXTS[3]}, (), Access(), tmp_path / "5"),
        built(texts, EDITS[:1], Access(), tmp_path / "6"),
        built(texts, (), Access.of(["ann"]), tmp_path / "7"),
    ]
    assert len({whole.digest, *(other.digest for other in others)}) == len(others) + 1


def test_edits_outlive_indexing(tmp_path) -> None:
    """An operator's merge holds for documents that come later, and after everything was indexed again."""
    store = SQLiteStore(tmp_path / "kb")
    connector = MemoryConnector({"a": TEXTS[5]})
    store.add_source(connector.id, {})
    store.add_edit(Edit("merge", "Acme Corp", "Acme Ltd"))
    indexer = Indexer(HashEmbedder(8), SpacyExtractor())
    sync(connector, store, indexer)
    connector.texts["b"] = TEXTS[3]
    sync(connector, store, indexer)

    def key(name: str) -> str | None:
        edits = list(store.edits().values())
        graph = KnowledgeGraph.build(store.chunks(), store.entities(), store.mentions(), store.relations(), edits)
        return graph.find_entity(name)

    assert key("Acme Corp") == key("Acme Ltd") is not None
    del connector.texts["a"]
    sync(connector, store, indexer)
    connector.texts["a"] = TEXTS[5]
    sync(connector, store, indexer)
    assert key("Acme Corp") == key("Acme Ltd")
    store.remove_edit(1)
    assert key("Acme Corp") != key("Acme Ltd")
    store.close()
