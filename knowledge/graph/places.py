"""Where chunks name entities, as arrays: for each chunk which ones and at which characters, for each entity in which
chunks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = "places.npz"
Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Places:
    """All mentions, by chunk, then entity, then place. Chunks and entities are numbers."""

    starts: NDArray[np.int64]
    """int64, (n_chunks + 1,): where each chunk's stretch of the other arrays begins."""
    entities: Numbers
    """int32, (n_mentions,)."""
    begins: Numbers
    ends: Numbers
    """int32, (n_mentions,): half-open character offsets into the chunk's text."""
    entity_count: int

    @classmethod
    def build(cls, mentions: Iterable[tuple[int, int, int, int]], *, chunks: int, entities: int) -> Places:
        """Build from (chunk, entity, begin, end) in any order."""
        rows = np.array(sorted(mentions), dtype=np.int64).reshape(-1, 4)
        starts = np.searchsorted(rows[:, 0], np.arange(chunks + 1)).astype(np.int64)
        number, begin, end = rows[:, 1:].T.astype(np.int32)
        return cls(starts, number, begin, end, entities)

    @classmethod
    def load(cls, folder: Path) -> Places:
        """Read what ``save`` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in ("starts", "entities", "begins", "ends")}
            return cls(**found, entity_count=int(arrays["entity_count"]))

    def save(self, folder: Path) -> None:
        """Write into ``folder``."""
        count = np.array(self.entity_count)
        np.savez(
            folder / FILE,
            starts=self.starts,
            entities=self.entities,
            begins=self.begins,
            ends=self.ends,
            entity_count=count,
        )

    @property
    def chunk_count(self) -> int:
        """How many chunks there are, with and without mentions."""
        return len(self.starts) - 1

    def stretch(self, chunk: int) -> slice:
        """Return where a chunk's mentions lie in the arrays."""
        return slice(int(self.starts[chunk]), int(self.starts[chunk + 1]))

    def named(self, chunk: int) -> list[int]:
        """Return the entities that a chunk names, ascending."""
        return sorted(set(self.entities[self.stretch(chunk)].tolist()))

    def chunks_of(self, entity: int) -> Numbers:
        """Return the chunks that name an entity, int32, ascending."""
        starts, chunks = self.by_entity
        return chunks[starts[entity] : starts[entity + 1]]

    @cached_property
    def counts(self) -> Numbers:
        """How many chunks name each entity: int32, (n_entities,)."""
        return np.diff(self.by_entity[0]).astype(np.int32)

    @cached_property
    def by_entity(self) -> tuple[NDArray[np.int64], Numbers]:
        """Where each entity's stretch begins, int64, (n_entities + 1,), and the chunks that name it, ascending."""
        chunks = np.repeat(np.arange(self.chunk_count, dtype=np.int64), np.diff(self.starts))
        pairs = np.unique(self.entities.astype(np.int64) * max(self.chunk_count, 1) + chunks)
        entities, numbers = np.divmod(pairs, max(self.chunk_count, 1))
        starts = np.searchsorted(entities, np.arange(self.entity_count + 1)).astype(np.int64)
        return starts, numbers.astype(np.int32)
