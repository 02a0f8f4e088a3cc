"""Hits to passages for reading: what is cut small to be found is put together again to be understood.

Hits that are neighbours become one passage, and a hit that is a fragment (of a paragraph, a list, a table) takes its
neighbours along while they are of the same section and page. A passage is always one stretch of the document's text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from connectors import Viewer
from knowledge.chunk import MAX_PIECES, count_pieces
from knowledge.records import Chunk, Hit
from knowledge.store import Store
from rag.records import Passage
from rag.retrieve import Retriever

MOST_PIECES = 2 * MAX_PIECES
"""Word pieces up to which neighbours are joined; a passage that is to be read by a small model must stay small."""
_REACH = 1
"""Neighbours on each side that a fragment takes along."""


def read_hits(hits: Sequence[Hit], *, store: Store, retriever: Retriever, viewer: Viewer) -> list[Passage]:
    """Return ``hits``, best first, as passages in the order of their best hits, with their neighbours.

    Neighbours come through the retriever, which gives only what ``viewer`` may read.
    """
    if not hits:
        return []
    with store.frozen():
        near = store.near((hit.chunk.id for hit in hits), reach=_REACH)
        return join_hits(hits, retriever.read(near, viewer), store.text)


def join_hits(
    hits: Sequence[Hit], chunks: Iterable[Chunk], text_of: Callable[[str, int, int], str | None]
) -> list[Passage]:
    """Put hits and their neighbours together.

    Parameters
    ----------
    hits
        Best first.
    chunks
        Chunks around them; those that are no neighbours do no harm.
    text_of
        Returns ``Document.text[start:end]`` for document, start and end; None where there is no such document.
    """
    known = {(chunk.document_id, chunk.ordinal): chunk for chunk in (*chunks, *(hit.chunk for hit in hits))}
    found = {(hit.chunk.document_id, hit.chunk.ordinal) for hit in hits}
    passages: list[Passage] = []
    taken: set[tuple[str, int]] = set()
    for hit in hits:
        place = (hit.chunk.document_id, hit.chunk.ordinal)
        if place in taken:
            continue
        run = _run(hit.chunk, known, found, taken, text_of)
        text = text_of(hit.chunk.document_id, run[0].start, run[-1].end) if len(run) > 1 else hit.chunk.text
        if text is None or not all(text[c.start - run[0].start : c.end - run[0].start] == c.text for c in run):
            run, text = [hit.chunk], hit.chunk.text  # the document has changed since it was searched
        taken.update((chunk.document_id, chunk.ordinal) for chunk in run)
        passages.append(_passage(hit, run, text, len(passages) + 1))
    return passages


def _run(
    chunk: Chunk,
    known: Mapping[tuple[str, int], Chunk],
    found: set[tuple[str, int]],
    taken: set[tuple[str, int]],
    text_of: Callable[[str, int, int], str | None],
) -> list[Chunk]:
    """Return a hit's chunk with its neighbours: first those that are hits too, then what it is a fragment with."""
    run = [chunk]
    room = MOST_PIECES - count_pieces(chunk.text)
    for among_hits in (True, False):
        for step in (-1, 1):
            reach = len(known) if among_hits else _REACH
            while reach:
                edge = run[0] if step < 0 else run[-1]
                place = (chunk.document_id, edge.ordinal + step)
                near = known.get(place)
                if near is None or place in taken or near.page != chunk.page or (among_hits and place not in found):
                    break
                pieces = count_pieces(near.text)
                pair = (near, edge) if step < 0 else (edge, near)
                if pieces > room or not (among_hits or _belong(*pair, text_of)):
                    break
                run.insert(0 if step < 0 else len(run), near)
                room -= pieces
                reach -= 1
    return run


def _belong(first: Chunk, second: Chunk, text_of: Callable[[str, int, int], str | None]) -> bool:
    """Tell whether the cut between two chunks went through a section's paragraph, list or table."""
    if first.headings != second.headings:
        return False
    between = text_of(first.document_id, first.end, second.start)
    return between is not None and between.count("\n") < 2 and not between.strip()


def _passage(hit: Hit, run: Sequence[Chunk], text: str, number: int) -> Passage:
    chunk = hit.chunk
    return Passage(
        number=number,
        document=chunk.document_id,
        title=chunk.title,
        page=chunk.page,
        headings=chunk.headings,
        text=text,
        start=run[0].start,
        end=run[-1].end,
        language=chunk.language,
        score=hit.score,
        why=hit.why,
    )
