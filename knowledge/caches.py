"""What searching needs in memory, built from the rows of one generation and kept on disk beside the database.

A cache folder holds the files of exactly one generation and is put in place by a rename: it is there whole or not
at all. Anything missing, stale or damaged is built again from the rows; a folder that cannot be written costs time
and nothing else.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from connectors import Access, Viewer, may_read
from knowledge.graph import KnowledgeGraph
from knowledge.language import search_tokens
from knowledge.lexical import LexicalIndex
from knowledge.measures import StatementIndex
from knowledge.store import Store
from knowledge.store.base import ChunkRef
from knowledge.vectors import VectorIndex

CACHES = "caches-9"
"""Changes when the files' form does."""
_CONTENTS = "contents.json"
_STALE_DRAFT = 3600.0
"""Seconds after which an unfinished folder belongs to nobody."""
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
    access: tuple[Access, ...]
    """The different accesses that occur."""
    access_of: NDArray[np.int64]
    """int64, (n_chunks,): the place of each position's access in ``access``."""
    vectors: VectorIndex
    lexical: LexicalIndex
    graph: KnowledgeGraph
    statements: StatementIndex

    def allowed(self, viewer: Viewer) -> NDArray[np.bool_]:
        """Return which positions ``viewer`` may read: bool, (n_chunks,)."""
        may = np.array([may_read(viewer, access) for access in self.access], dtype=np.bool_)
        return may[self.access_of]


def open_caches(store: Store, folder: Path, *, dimension: int) -> Caches:
    """Return the caches of the store's present generation, from ``folder`` where they are there, else built and saved.

    Parameters
    ----------
    dimension
        The length of the stored vectors.

    Raises
    ------
    StoreError
        The rows cannot be read, or hold vectors of another length.
    """
    with store.frozen():
        generation = store.generation()
        refs = tuple(store.chunk_refs())
        readers = store.access()
        place = folder / f"{CACHES}-{generation}"
        indexes = _load(place, len(refs), dimension)
        built = indexes is None
        if indexes is None:
            indexes = _build(store, dimension)
    if built:
        _save(indexes, place)
    vectors, lexical, graph, statements = indexes
    access = tuple(dict.fromkeys(readers.values()))
    number = {one: place for place, one in enumerate(access)}
    return Caches(
        generation=generation,
        refs=refs,
        positions={ref.id: position for position, ref in enumerate(refs)},
        documents=_ranges(refs),
        access=access,
        access_of=np.array([number[readers[ref.document_id]] for ref in refs], dtype=np.int64),
        vectors=vectors,
        lexical=lexical,
        graph=graph,
        statements=statements,
    )


_Indexes = tuple[VectorIndex, LexicalIndex, KnowledgeGraph, StatementIndex]


def _build(store: Store, dimension: int) -> _Indexes:
    chunks = store.chunks()
    return (
        VectorIndex.build(store.vectors(dimension)),
        LexicalIndex.build([search_tokens(chunk.passage) for chunk in chunks]),
        KnowledgeGraph.build(chunks, store.entities(), store.mentions(), store.relations(), store.edits().values()),
        StatementIndex.build(chunks),
    )


def _load(place: Path, size: int, dimension: int) -> _Indexes | None:
    """Read a cache folder; None where there is none, or none that can be used."""
    try:
        if json.loads((place / _CONTENTS).read_text(encoding="utf-8")) != _contents(place):
            raise ValueError("its files are not those that were written")
        vectors = VectorIndex.load(place)
        if (len(vectors), vectors.dimension) != (size, dimension):
            raise ValueError(f"it holds {len(vectors)} vectors of length {vectors.dimension}")
        statements = StatementIndex.load(place, size)
        return vectors, LexicalIndex.load(place, size), KnowledgeGraph.load(place), statements
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        _log.warning("the cache %s cannot be used and is built again: %s", place, error)
        shutil.rmtree(place, ignore_errors=True)
        return None


def _contents(place: Path) -> dict[str, int]:
    """Return the sizes in bytes of a cache folder's files."""
    files = (path for path in place.rglob("*") if path.is_file() and path.name != _CONTENTS)
    return {path.relative_to(place).as_posix(): path.stat().st_size for path in sorted(files)}


def _save(indexes: _Indexes, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=place.parent))
        for index in indexes:
            index.save(draft)
        (draft / _CONTENTS).write_text(json.dumps(_contents(draft)), encoding="utf-8")
        try:
            os.rename(draft, place)
        except OSError:
            # Another process has put the same generation in place meanwhile: its files serve as well.
            shutil.rmtree(draft)
        _sweep(place)
    except OSError as error:
        _log.warning("the cache %s cannot be kept, and will be built at every start: %s", place, error)


def _sweep(place: Path) -> None:
    """Remove older generations, other forms, and drafts that nobody works on any more."""
    form, _, generation = place.name.rpartition("-")
    for other in place.parent.iterdir():
        kind, _, number = other.name.rpartition("-")
        older = kind == form and number.isdecimal() and int(number) < int(generation)
        foreign = kind.startswith("caches-") and kind != form
        forsaken = kind == "draft" and time.time() - other.stat().st_mtime > _STALE_DRAFT
        if older or foreign or forsaken:
            shutil.rmtree(other, ignore_errors=True)


def _ranges(refs: tuple[ChunkRef, ...]) -> dict[str, range]:
    ranges: dict[str, range] = {}
    for position, ref in enumerate(refs):
        known = ranges.get(ref.document_id)
        ranges[ref.document_id] = range(known.start if known else position, position + 1)
    return ranges
