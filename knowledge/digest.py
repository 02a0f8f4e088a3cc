"""One short text for everything that a store knows: equal digests, equal knowledge.

What is stored is a function of the documents and the operators' edits alone, so that a base that went through any
changes has the digest of a fresh one with what is left. Sources' cursors and times of indexing do not count, nor do
failures: these tell of the last run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.resolve.corpus import resolve_corpus
from knowledge.store import Store


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest, with the counts of what went into it."""

    digest: str
    """BLAKE2b, 16 bytes, hexadecimal."""
    documents: int
    chunks: int
    mentions: int
    relations: int
    entities: int
    """Across documents, as resolved."""
    edits: int


def digest(store: Store) -> Digest:
    """Return the digest of a store's present state."""
    total = hashlib.blake2b(digest_size=16)

    def add(records: Iterable[object]) -> int:
        count = 0
        for record in records:
            total.update(repr(record).encode("utf-8", "surrogatepass"))
            total.update(b"\0")
            count += 1
        total.update(b"\1")
        return count

    with store.frozen():
        infos = store.documents()
        access = store.access()
        documents = add(
            (i.id, i.source, i.title, i.language, i.media_type, i.characters, sorted(access[i.id].readers))
            for i in infos
        )
        add(version for source in store.sources() for version in sorted(store.versions(source.id).items()))
        chunks = store.chunks()
        add(chunks)
        mentions, relations = store.mentions(), store.relations()
        found, edits = store.entities(), list(store.edits().values())
        of_chunk = {chunk.id: chunk.document_id for chunk in chunks}
        resolution = resolve_corpus(found, mentions, of_chunk, relations, edits)
        add(found)
        add(resolution.entities)
        add(edits)
        return Digest(
            documents=documents,
            chunks=len(chunks),
            mentions=add(mentions),
            relations=add(relations),
            entities=len(resolution.entities),
            edits=len(edits),
            digest=total.hexdigest(),
        )
