"""Ranked hits for a question, from what one viewer may read.

Three steps: the question is read in the viewer's graph and signals are collected for the chunks that may matter
(``rag.searcher``); learnt trees judge the best of them (``rag.ranking``); what is returned says why it was found.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from connectors import Access, Viewer, may_read
from knowledge.about import NOTHING_SAID, AboutIndex
from knowledge.caches import Caches
from knowledge.embed import Embedder
from knowledge.graph import KnowledgeGraph
from knowledge.records import Chunk, Edit, Hit
from knowledge.store import Store
from rag.asked import Asked
from rag.ranking import rank
from rag.searcher import Searcher
from rag.signals import COLUMN, PARTS, Found
from rag.spread import spread
from rag.view import View

_SPREAD = 100
"""Chunks that are spread over pages, in long documents."""
_VIEWS = 8
"""Views that are kept, one for each set of viewers who may read the same, and each part of the documents."""
_NAMED = 2
"""Names of the question that are told of a hit."""
_WORTH_TELLING = 0.005
"""Parts of a score that round to nothing are left out."""
_Key = tuple[frozenset[Access], frozenset[str] | None]


class Retriever:
    """Searches one generation of a knowledge base.

    Parameters
    ----------
    caches
        The indexes.
    store
        Where the chunks' texts come from.
    embedder
        The one that the index was made with.
    scope
        The ids of the documents that are searched; None: all.
    views
        What has been made for viewers before, shared with those that search other parts of the same generation.
    """

    def __init__(
        self,
        caches: Caches,
        store: Store,
        embedder: Embedder,
        *,
        scope: frozenset[str] | None = None,
        views: _Views | None = None,
    ) -> None:
        self._caches = caches
        self._store = store
        self._embedder = embedder
        self._scope = scope
        self._views = views or _Views()

    def within(self, documents: frozenset[str]) -> Retriever:
        """Return what searches only these documents, by their ids: as if nothing else had ever been indexed."""
        return Retriever(self._caches, self._store, self._embedder, scope=documents, views=self._views)

    def search(self, question: str, *, viewer: Viewer, k: int = 10) -> list[Hit]:
        """Return at most ``k`` hits that ``viewer`` may read, best first; none for a question without content.

        In long documents the best of each page come before the second best of any. A viewer's hits are those of an
        index that never held what the viewer may not read.
        """
        collected = self.collect(question, viewer=viewer)
        if collected is None or k < 1:
            return []
        view, asked, found = collected
        ranked = rank(found)
        best = ranked.numbers[: max(k, _SPREAD) if found.long else k]
        refs = [self._caches.refs[position] for position in view.positions[best].tolist()]
        places = spread([(found.long and ref.page and (ref.document_id, ref.page)) or None for ref in refs], k)
        numbers, ids = ranked.numbers[places].tolist(), [refs[place].id for place in places]
        chunks = {chunk.id: chunk for chunk in self.read(ids, viewer)}
        words = view.lexical.shared(asked.words, view.positions[numbers])
        hits = []
        for place, number, chunk_id, shared in zip(places, numbers, ids, words, strict=True):
            # A chunk can vanish, or be hidden, between reading the caches and the rows.
            if chunk := chunks.get(chunk_id):
                parts = ranked.parts[place].tolist() if place < len(ranked.parts) else []
                told = {name: part for name, part in zip(PARTS, parts, strict=False) if abs(part) >= _WORTH_TELLING}
                why = _why(number, shared, view, asked, found, told)
                hits.append(Hit(chunk, round(float(ranked.scores[place]), 6), why, told))
        return hits

    def collect(
        self, question: str, *, viewer: Viewer, without: Collection[str] = ()
    ) -> tuple[View, Asked, Found] | None:
        """Return what speaks for which chunk, in what the viewer sees; None for a question without content.

        Signals that are named in ``without`` are left out, for measuring what they bring.
        """
        if not question.strip() or not self._allowed(viewer).any():
            return None
        view = self.view(viewer)
        asked = Asked.read(question, view)
        if not len(view) or not (asked.tokens or asked.entities or asked.documents):
            return None
        embed = self._embedder.embed_question
        rows = embed(asked.wanted.text) if asked.wanted.text else None
        return view, asked, Searcher(view, asked, embed(asked.text), rows, without=without).found()

    def view(self, viewer: Viewer) -> View:
        """Return the knowledge base as ``viewer`` sees it, made from what the viewer may read alone.

        For who may read everything it is at hand. For others, and for a part of the documents, it is built from the
        rows when first asked for, and kept for all who may read the same.
        """
        readable = frozenset(access for access in self._caches.access if may_read(viewer, access))
        key = readable, self._scope
        if found := self._views.kept(key):
            return found
        with self._views.building:
            # Another thread may have built it meanwhile.
            if found := self._views.kept(key):
                return found
            with self._store.frozen():
                current = self._store.generation() == self._caches.generation
                abouts = self._store.abouts()
                if self._scope is None and len(readable) == len(self._caches.access):
                    allowed, graph = None, self._caches.graph
                else:
                    graph = self.graph_with(self._store.edits().values(), viewer)
                    allowed = self._positions(graph)
            documents = (document for document, _ in graph.tables.documents)
            about = AboutIndex.build({d: abouts[d] for d in documents if abouts.get(d, NOTHING_SAID) != NOTHING_SAID})
            view = View(self._caches, allowed, graph, about)
            view.prepare()
            if current:
                self._views.keep(key, view)
        return view

    def _positions(self, graph: KnowledgeGraph) -> NDArray[np.bool_]:
        allowed = np.zeros(len(self._caches.refs), dtype=np.bool_)
        allowed[[self._caches.positions[chunk] for chunk in graph.chunks()]] = True
        return allowed

    def graph_for(self, viewer: Viewer) -> KnowledgeGraph:
        """Return the knowledge graph of what ``viewer`` may read, made from that alone."""
        return self.view(viewer).graph

    def graph_with(self, edits: Iterable[Edit], viewer: Viewer) -> KnowledgeGraph:
        """Build the graph of what ``viewer`` may read, as it would be with these edits."""
        with self._store.frozen():
            chunks = self.read(self.readable(viewer), viewer)
            ids, documents = {chunk.id for chunk in chunks}, {chunk.document_id for chunk in chunks}
            return KnowledgeGraph.build(
                chunks,
                [entity for entity in self._store.entities() if entity.document_id in documents],
                [mention for mention in self._store.mentions() if mention.chunk_id in ids],
                [relation for relation in self._store.relations() if relation.chunk_id in ids],
                edits,
            )

    def readable(self, viewer: Viewer) -> set[int]:
        """Return the ids of the chunks that ``viewer`` may read, and that are searched."""
        positions = np.flatnonzero(self._allowed(viewer)).tolist()
        return {self._caches.refs[position].id for position in positions}

    def read(self, ids: Iterable[int], viewer: Viewer) -> list[Chunk]:
        """Return those of the chunks that ``viewer`` may read, by the rows where these are newer than the caches."""
        chunks = self._store.chunks(ids)
        if self._store.generation() == self._caches.generation:
            allowed = self._allowed(viewer)
            return [chunk for chunk in chunks if allowed[self._caches.positions[chunk.id]]]
        access = self._store.access()
        if self._scope is not None:
            access = {document: access[document] for document in self._scope if document in access}
        return [c for c in chunks if c.document_id in access and may_read(viewer, access[c.document_id])]

    def _allowed(self, viewer: Viewer) -> NDArray[np.bool_]:
        """Return which positions are searched for ``viewer``: bool, (n_chunks,)."""
        allowed = self._caches.allowed(viewer)
        if self._scope is None:
            return allowed
        searched = np.zeros_like(allowed)
        for document in self._scope:
            places = self._caches.documents.get(document, range(0))
            searched[places.start : places.stop] = True
        return allowed & searched


class _Views:
    """The views of one generation that were asked for last, by who may read them and which documents are searched."""

    def __init__(self) -> None:
        self._views: OrderedDict[_Key, View] = OrderedDict()
        self._keeping = threading.Lock()
        self.building = threading.Lock()
        """Held while one is built."""

    def kept(self, key: _Key) -> View | None:
        with self._keeping:
            if key in self._views:
                self._views.move_to_end(key)
            return self._views.get(key)

    def keep(self, key: _Key, view: View) -> None:
        with self._keeping:
            self._views[key] = view
            while len(self._views) > _VIEWS:
                self._views.popitem(last=False)


def _why(number: int, shared: list[str], view: View, asked: Asked, found: Found, parts: dict[str, float]) -> str:
    """Say for a person how a chunk was found and what its score is made of."""
    tables = view.graph.tables
    why = [f"words: {', '.join(asked.words[token] for token in shared)}"] if shared else []
    why += [f"“{written}” read as “{name}”" for written, name in asked.mended]
    document = int(view.document_of[number])
    if document in asked.documents:
        why.append("its title is in the question")
    held = set(view.entities_in.gather(np.array([number]))[0].tolist()).intersection(asked.entities)
    why += [f"names “{tables.entities[entity][1]}”, as the question does" for entity in sorted(held)[:_NAMED]]
    if number in found.by_title:
        origin, _ = found.by_title[number]
        why.append(f"its title is in “{_title(origin, view)}”")
    if number in found.by_name:
        origin, entity = found.by_name[number]
        why.append(f"shares “{tables.entities[entity][1]}” with “{_title(origin, view)}”")
    place = np.searchsorted(found.numbers, number)
    why.append(f"meaning {found.rows[place, COLUMN['meaning']]:.2f}")
    # A part may also come from what the others have and this one lacks: no reason for a person.
    own = {name: part for name, part in parts.items() if any(found.rows[place, COLUMN[s]] for s in PARTS[name])}
    if own:
        why.append("score: " + ", ".join(f"{name} {part:+.2f}" for name, part in own.items()))
    return "; ".join(why)


def _title(number: int, view: View) -> str:
    return view.graph.tables.documents[int(view.document_of[number])][1]
