"""Hits spread over pages: one page of a long document does not take all the places."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def spread(pages: Sequence[Hashable | None], k: int) -> list[int]:
    """Return the places in ``pages``, best first, of the ``k`` hits to show: each page's best, then what is left.

    Hits without a page (None) are each on a page of their own. Of the page ``rag.reading`` takes neighbours along.
    """
    seen: set[Hashable] = set()
    first: list[int] = []
    rest: list[int] = []
    for place, page in enumerate(pages):
        (rest if page in seen else first).append(place)
        if page is not None:
            seen.add(page)
    return (first + rest)[:k]
