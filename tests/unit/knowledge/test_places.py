"""Which chunks name which entities, as arrays."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.graph.places import Places

MENTIONS = [(2, 1, 4, 9), (0, 3, 0, 2), (2, 1, 0, 3), (0, 1, 5, 7), (2, 0, 8, 9)]
"""Chunk, entity, begin, end; nobody names entity 2, and chunks 1 and 3 name nobody."""


@pytest.fixture
def places():
    return Places.build(MENTIONS, chunks=4, entities=4)


def test_both_ways(places) -> None:
    assert [places.named(chunk) for chunk in range(4)] == [[1, 3], [], [0, 1], []]
    assert [places.chunks_of(entity).tolist() for entity in range(4)] == [[2], [0, 2], [], [0]]
    assert places.counts.tolist() == [1, 2, 0, 1]
    assert places.chunk_count == 4


def test_every_mention_is_kept_in_order(places) -> None:
    rows = [
        (chunk, *row)
        for chunk in range(4)
        for row in zip(*(array[places.stretch(chunk)].tolist() for array in _arrays(places)), strict=True)
    ]
    assert rows == sorted(MENTIONS)


def _arrays(places: Places) -> tuple[np.ndarray, ...]:
    return places.entities, places.begins, places.ends


def test_the_order_of_mentions_does_not_matter(places, tmp_path) -> None:
    other = Places.build(reversed(MENTIONS), chunks=4, entities=4)
    assert all(np.array_equal(a, b) for a, b in zip(_arrays(places), _arrays(other), strict=True))


@pytest.mark.parametrize("mentions", [MENTIONS, []])
def test_saved_and_loaded(mentions, tmp_path) -> None:
    built = Places.build(mentions, chunks=4, entities=4)
    built.save(tmp_path)
    loaded = Places.load(tmp_path)
    assert loaded.entity_count == 4
    assert loaded.starts.tolist() == built.starts.tolist()
    for one, other in zip(_arrays(built), _arrays(loaded), strict=True):
        assert one.tolist() == other.tolist()
        assert one.dtype == other.dtype


def test_nothing_at_all() -> None:
    places = Places.build([], chunks=0, entities=0)
    assert (places.chunk_count, places.counts.tolist()) == (0, [])
