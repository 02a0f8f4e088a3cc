"""What searching needs in memory, built from the rows of one generation and kept on disk beside the database.

A cache folder holds the files of exactly one generation and is put in place by a rename: it is there whole or not at
all. Anything missing, stale or damaged is built again from the rows.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from connectors import Access, Viewer, may_read
from knowledge.graph import KnowledgeGraph
from knowledge.language import search_tokens
from knowledge.lexical import LexicalIndex
from knowledge.store import Store
from knowledge.store.base import ChunkRef
from knowledge.vectors import VectorIndex

CACHES = "caches-2"
"""Changes when the files' form does."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caches:
    """The indexes of one generation. A *position* is a chunk's number in the store's order, in all of them."""

    generation: int
    refs: tuple[ChunkRef, ...]
    positions: dict[int, int]
    """Position by chunk id."""
    documents: dict[str, range]
    """Positions by document id."""
    access: dict[str, Access]
    vectors: VectorIndex
    lexical: LexicalIndex
    graph: KnowledgeGraph

    def allowed(self, viewer: Viewer) -> NDArray[np.bool_]:
        """Return which positions ``viewer`` may read: bool, (n_chunks,)."""
        mask = np.zeros(len(self.refs), dtype=np.bool_)
        for document_id, positions in self.documents.items():
            mask[positions.start : positions.stop] = may_read(viewer, self.access[document_id])
        return mask


def open_caches(store: Store, folder: Path, *, dimension: int) -> Caches:
    """Return the caches of the store's present generation, from ``folder`` where they are there, else built and saved.

    Parameters
    ----------
    dimension
        The length of the stored vectors.
    """
    generation = store.generation()
    place = folder / f"{CACHES}-{generation}"
    refs = tuple(store.chunk_refs())
    loaded = _load(place, len(refs))
    if loaded is None:
        loaded = _build(store, dimension)
        _save(loaded, place, len(refs))
    vectors, lexical, graph = loaded
    return Caches(
        generation=generation,
        refs=refs,
        positions={ref.id: position for position, ref in enumerate(refs)},
        documents=_ranges(refs),
        access=store.access(),
        vectors=vectors,
        lexical=lexical,
        graph=graph,
    )


_Indexes = tuple[VectorIndex, LexicalIndex, KnowledgeGraph]


def _build(store: Store, dimension: int) -> _Indexes:
    chunks = store.chunks()
    return (
        VectorIndex.build(store.vectors(dimension)),
        LexicalIndex.build([search_tokens(f"{chunk.context}\n{chunk.text}") for chunk in chunks]),
        KnowledgeGraph.build(chunks, store.mentions(), store.relations()),
    )


def _load(place: Path, size: int) -> _Indexes | None:
    try:
        if json.loads((place / "size.json").read_text()) != size:
            return None
        return VectorIndex.load(place), LexicalIndex.load(place, size), KnowledgeGraph.load(place)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        _log.warning("the cache %s is damaged and is built again: %s", place, error)
        shutil.rmtree(place, ignore_errors=True)
        return None


def _save(indexes: _Indexes, place: Path, size: int) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=place.parent))
    for index in indexes:
        index.save(draft)
    (draft / "size.json").write_text(str(size))
    try:
        os.rename(draft, place)
    except OSError:
        # Another process has put the same generation in place meanwhile: its files serve as well.
        shutil.rmtree(draft)
    for other in place.parent.iterdir():
        if other != place and other.name.startswith(("caches-", "draft-")):
            shutil.rmtree(other, ignore_errors=True)


def _ranges(refs: tuple[ChunkRef, ...]) -> dict[str, range]:
    ranges: dict[str, range] = {}
    for position, ref in enumerate(refs):
        known = ranges.get(ref.document_id)
        ranges[ref.document_id] = range(known.start if known else position, position + 1)
    return ranges
