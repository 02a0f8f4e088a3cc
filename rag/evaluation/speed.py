"""How long a search takes in a large knowledge base.

    python -m rag.evaluation.speed KB… --questions SET --chunks 200000 --out DIR

The knowledge bases' documents are put together in ``DIR``, and repeated until there are so many chunks: every
repetition has other names (of the same length), so that its graph is its own, and vectors a little off. Then every
question is searched for, and the milliseconds are counted without embedding it. A second run uses ``DIR`` again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np

from knowledge.caches import open_caches
from knowledge.records import ChangeSet, Chunk, DocumentEntity, Extraction, IndexedDocument, Mention, Relation, Vectors
from knowledge.store import SQLiteStore, Store
from knowledge.types import VALUES
from rag.build import open_embedder
from rag.evaluation.datasets import load_dataset
from rag.evaluation.run import TimedEmbedder
from rag.library import LOCAL
from rag.retrieve import Retriever
from rag.settings import load_settings

_BATCH = 1000
"""Documents a transaction."""
_NOISE = 0.01
"""Standard deviation of what is added to every number of a repeated unit vector."""
_SOURCE = "repeated"


def shifted(text: str, copy: int) -> str:
    """Return another word of the same length and case: letters moved on in the alphabet or among Chinese characters."""

    def move(c: str) -> str:
        for first, size in (("a", 26), ("A", 26), ("\u4e00", 20000)):
            if 0 <= ord(c) - ord(first) < size:
                return chr(ord(first) + (ord(c) - ord(first) + copy) % size)
        return c

    return "".join(map(move, text))


class Rows:
    """A store's rows by document."""

    def __init__(self, store: Store, dimension: int) -> None:
        self.store = store
        self.entities: dict[str, list[DocumentEntity]] = defaultdict(list)
        self.mentions: dict[int, list[Mention]] = defaultdict(list)
        self.relations: dict[int, list[Relation]] = defaultdict(list)
        self.chunks: dict[str, list[tuple[int, Chunk]]] = defaultdict(list)
        for entity in store.entities():
            self.entities[entity.document_id].append(entity)
        for mention in store.mentions():
            self.mentions[mention.chunk_id].append(mention)
        for relation in store.relations():
            self.relations[relation.chunk_id].append(relation)
        for place, chunk in enumerate(store.chunks()):
            self.chunks[chunk.document_id].append((place, chunk))
        self.vectors = store.vectors(dimension)

    def documents(self, copy: int) -> Iterator[IndexedDocument]:
        """Yield every document, with the names of its ``copy``-th repetition; those of the first are its own."""
        noise = np.random.default_rng(copy)
        for document_id, chunks in self.chunks.items():
            places, own = [place for place, _ in chunks], [chunk for _, chunk in chunks]
            vectors = self.vectors[places]
            if copy:
                vectors = vectors + np.float32(_NOISE) * noise.standard_normal(vectors.shape, np.float32)
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            yield self._document(document_id, own, vectors, copy)

    def _document(self, document_id: str, chunks: list[Chunk], vectors: Vectors, copy: int) -> IndexedDocument:
        document = self.store.document(document_id)
        assert document is not None
        new_id, values = f"{document_id}~{copy}", {e.key for e in self.entities[document_id] if e.type in VALUES}

        def name(text: str, key: str) -> str:
            return text if key in values else shifted(text, copy)

        named = [mention for chunk in chunks for mention in self.mentions[chunk.id]]
        letters = list(document.text)
        for start, end in {(m.start, m.end) for m in named if m.entity not in values}:
            letters[start:end] = shifted(document.text[start:end], copy)
        text = "".join(letters)
        # Ids are functions of the document's id; another sign is as good.
        ids = {chunk.id: hash((chunk.id, copy)) for chunk in chunks}
        title = shifted(document.title, copy)
        return IndexedDocument(
            document=replace(document, id=new_id, source=_SOURCE, title=title, text=text),
            language=chunks[0].language,
            chunks=tuple(
                replace(c, id=ids[c.id], document_id=new_id, title=title, text=text[c.start : c.end]) for c in chunks
            ),
            vectors=vectors,
            vector_keys=tuple(f"{chunk.id}~{copy}" for chunk in chunks),
            extraction=Extraction(
                tuple(
                    replace(e, document_id=new_id, key=name(e.key, e.key), name=name(e.name, e.key))
                    for e in self.entities[document_id]
                ),
                tuple(
                    replace(m, chunk_id=ids[m.chunk_id], entity=name(m.entity, m.entity), name=name(m.name, m.entity))
                    for m in named
                ),
                tuple(
                    replace(
                        r,
                        chunk_id=ids[r.chunk_id],
                        subject=name(r.subject, r.subject),
                        object=name(r.object, r.object),
                    )
                    for chunk in chunks
                    for r in self.relations[chunk.id]
                ),
            ),
        )


def enlarge(sources: Sequence[Store], store: Store, *, chunks: int, dimension: int) -> None:
    """Put the sources' documents into ``store``, again and again, until it holds at least ``chunks``."""
    rows = [Rows(source, dimension) for source in sources]
    store.add_source(_SOURCE, {})
    held, batch = len(store.chunk_refs()), []
    for copy in count():
        for one in rows:
            for document in one.documents(copy):
                batch.append(document)
                held += len(document.chunks)
                if len(batch) == _BATCH or held >= chunks:
                    store.commit(ChangeSet(_SOURCE, upserts=tuple(batch)))
                    batch = []
                if held >= chunks:
                    return


def main() -> None:
    """Build, search, and print the figures."""
    parser = argparse.ArgumentParser(description="How long a search takes in a large knowledge base.")
    parser.add_argument("bases", nargs="+", type=Path, metavar="KB")
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--chunks", type=int, default=200_000)
    parser.add_argument("--limit", type=int, default=300, help="questions")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    embedder = TimedEmbedder(open_embedder(load_settings()))
    given.out.mkdir(parents=True, exist_ok=True)
    store = SQLiteStore(given.out / "knowledge.sqlite")
    if not store.chunk_refs():
        sources = [SQLiteStore(base / "knowledge.sqlite") for base in given.bases]
        enlarge(sources, store, chunks=given.chunks, dimension=embedder.dimension)
    began = time.perf_counter()
    caches = open_caches(store, given.out / "caches", dimension=embedder.dimension)
    opened = time.perf_counter() - began
    retriever = Retriever(caches, store, embedder)
    took = []
    for question in load_dataset(given.questions).selected(limit=given.limit).questions:
        before, began = embedder.question_seconds, time.perf_counter()
        retriever.search(question.text, viewer=LOCAL)
        took.append(1000 * (time.perf_counter() - began - (embedder.question_seconds - before)))
    p50, p95 = np.percentile(took[1:], [50, 95])
    figures = {
        "chunks": len(caches.refs),
        "documents": len(caches.documents),
        "entities": len(caches.graph.tables.entities),
        "open_seconds": round(opened, 1),
        "first_ms": round(took[0], 1),
        "search_ms_p50": round(float(p50), 2),
        "search_ms_p95": round(float(p95), 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
