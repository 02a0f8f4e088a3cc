"""Fetches the passages of documents that bear a name, as one viewer may read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from connectors import Viewer
from knowledge.records import Hit
from knowledge.store import Store
from rag.facts.pages import Find
from rag.reading import read_hits
from rag.records import Passage
from rag.retrieve import Retriever

_CHUNKS = 3
"""Chunks from a document's beginning that are read."""
_DOCUMENTS = 6
"""Documents of one name that are read."""


def title_search(retriever: Retriever, store: Store, viewer: Viewer) -> Find:
    """Return what fetches the beginnings of the documents whose title is a name or another name of the same thing."""
    graph = retriever.graph_for(viewer)
    view = retriever.view(viewer)

    def find(name: str) -> Sequence[Passage]:
        titled = [hit.key for hit in graph.titles.find(name) if hit.end - hit.start > len(name) * 0.6]
        numbers = [graph.number_of_document(document) for document in titled]
        for entity in graph.candidates(name)[:3]:
            number = graph.number_of(entity.key)
            numbers += view.documents_titled.gather(np.array([number], dtype=np.int64))[0].tolist()
        hits = []
        for number in list(dict.fromkeys(numbers))[:_DOCUMENTS]:
            start, end = view.chunks_of_document[number : number + 2].tolist()
            ids = [graph.tables.chunks[place][0] for place in range(start, min(end, start + _CHUNKS))]
            hits += [Hit(chunk, 0.0, "its title is in the question") for chunk in retriever.read(ids, viewer)]
        return read_hits(hits, store=store, retriever=retriever, viewer=viewer)

    return find
