"""One page does not take all the places."""

from __future__ import annotations

import pytest

from rag.spread import spread


@pytest.mark.parametrize(
    ("pages", "k", "places"),
    [
        ([1, 1, 2, 1, 3], 3, [0, 2, 4]),
        ([1, 1, 2], 3, [0, 2, 1]),
        ([None, None, 2, 2], 3, [0, 1, 2]),
        ([("a", 1), ("b", 1)], 2, [0, 1]),
        ([], 3, []),
    ],
)
def test_spread(pages: list[object], k: int, places: list[int]) -> None:
    assert spread(pages, k) == places
