"""Hits spread over pages: one page of a long document does not take all the places."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.records import Chunk


def spread(chunks: Sequence[Chunk], k: int) -> list[int]:
    """Return the places in ``chunks``, best first, of the ``k`` to show: each page's best, then what is left.

    Chunks without a page are each on a page of their own. A page that is among the hits is read as a whole where it
    matters: ``rag.reading`` takes neighbours along.
    """
    seen: set[tuple[str, int]] = set()
    first: list[int] = []
    rest: list[int] = []
    for place, chunk in enumerate(chunks):
        page = None if chunk.page is None else (chunk.document_id, chunk.page)
        if page in seen:
            rest.append(place)
        else:
            first.append(place)
            if page:
                seen.add(page)
    return (first + rest)[:k]
