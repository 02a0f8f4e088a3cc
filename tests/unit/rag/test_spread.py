"""One page does not take all the places."""

from __future__ import annotations

import pytest

from knowledge.records import Chunk
from rag.spread import spread


@pytest.mark.parametrize(
    ("pages", "k", "places"),
    [
        ([1, 1, 2, 1, 3], 3, [0, 2, 4]),
        ([1, 1, 2], 3, [0, 2, 1]),
        ([None, None, 2, 2], 3, [0, 1, 2]),
        ([], 3, []),
    ],
)
def test_spread(pages: list[int | None], k: int, places: list[int]) -> None:
    chunks = [Chunk(n, "d", n, n, n + 1, "x", "T", page=page) for n, page in enumerate(pages)]
    assert spread(chunks, k) == places


def test_pages_of_other_documents_are_other_pages() -> None:
    chunks = [Chunk(n, f"d{n}", 0, 0, 1, "x", "T", page=1) for n in range(3)]
    assert spread(chunks, 2) == [0, 1]
