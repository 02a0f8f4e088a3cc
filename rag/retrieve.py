"""Ranked hits for a question: meaning, words, and one step along the graph.

Every chunk gets its cosine with the question plus its BM25 score (divided by the best one). To these the graph adds:
the best chunk of a document whose title stands in the question; the best chunk of a document whose title stands in
one of the top chunks; chunks that share a rare entity with a top chunk or with the question. What follows from a top
chunk counts in proportion to that chunk's own score, and a title that several documents bear counts for each a part.

The weights were chosen on the questions of 2wiki, hotpotqa, xquad_en and cmrc2018_zh whose split is ``tune`` (for the
latter two: every second article).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from connectors import Access, Viewer, may_read
from knowledge.caches import Caches
from knowledge.embed import Embedder
from knowledge.graph import KnowledgeGraph
from knowledge.language import detect_language, search_tokens
from knowledge.records import Chunk, Edit, Hit
from knowledge.store import Store

_CANDIDATES = 200
"""Chunks taken from each of dense and lexical search."""
_SEEDS = 5
"""Top chunks from which the graph is followed."""
_COMMON = 30
"""An entity that more chunks than this name leads nowhere in particular."""
_GRAPHS = 8
"""Graphs of parts of the documents that are kept, one for each set of viewers who may read the same."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal counts for."""

    dense: float
    lexical: float = 0.5
    title_in_question: float = 1.0
    title_in_hit: float = 0.9
    entity_in_hit: float = 0.3
    entity_in_question: float = 0.1


WEIGHTS = {
    "en": Weights(dense=1.0),
    # The built-in embedder hardly knows Chinese: words lead, and the graph's part shrinks with the dense scale.
    "zh": Weights(dense=0.3, title_in_hit=0.3, entity_in_hit=0.1),
}


@dataclass(frozen=True, slots=True)
class _Shared:
    """The reason that a chunk names an entity which the question, or another chunk, names too."""

    entity: str
    origin: int | None
    """The other chunk's position; None: the question."""


@dataclass(slots=True)
class _Scores:
    """Scores by signal for the positions that came up, and the reasons for a person."""

    parts: dict[int, dict[str, float]] = field(default_factory=dict)
    reasons: dict[int, dict[str, str | _Shared]] = field(default_factory=dict)

    def add(self, position: int, signal: str, score: float, reason: str | _Shared = "") -> None:
        """Keep the highest score of each signal."""
        parts = self.parts.setdefault(position, {})
        if score > parts.get(signal, 0.0):
            parts[signal] = score
            if reason:
                self.reasons.setdefault(position, {})[signal] = reason

    def total(self, position: int) -> float:
        return sum(self.parts[position].values())

    def origins(self, position: int) -> set[int]:
        """Return the positions of the chunks with which one shares an entity."""
        shared = (reason for reason in self.reasons[position].values() if isinstance(reason, _Shared))
        return {reason.origin for reason in shared if reason.origin is not None}

    def ranked(self) -> list[int]:
        """Positions, best first; ties in the store's order."""
        return sorted(self.parts, key=lambda position: (-self.total(position), position))


@dataclass(frozen=True, slots=True)
class _Names:
    """Says by which name two texts are joined."""

    graph: KnowledgeGraph
    question: str
    chunks: dict[int, Chunk]
    """By position."""
    whole: bool
    """The viewer may read everything."""

    def reason(self, shared: _Shared, chunk: Chunk) -> str:
        """Return why a chunk was found, or nothing where only what the viewer may not read could say so.

        That two names mean one thing, and how it is usually written, may rest on hidden documents: unless the viewer
        may read everything, a name is told only where it stands in both texts.
        """
        origin = None if shared.origin is None else self.chunks.get(shared.origin)
        if origin is None and shared.origin is not None:
            return ""
        entity = self.graph.entity(shared.entity)
        texts = chunk.text.casefold(), (origin.text if origin else self.question).casefold()
        forms = sorted((entity.name, *entity.aliases), key=lambda form: (-len(form), form))
        common = (form for form in forms if all(form.casefold() in text for text in texts))
        name = entity.name if self.whole else next(common, "")
        if not name:
            return ""
        return f"shares “{name}” with “{origin.title}”" if origin else f"names “{name}”, as the question does"


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
    """

    def __init__(self, caches: Caches, store: Store, embedder: Embedder) -> None:
        self._caches = caches
        self._store = store
        self._embedder = embedder
        self._graphs: OrderedDict[frozenset[Access], KnowledgeGraph] = OrderedDict()
        self._keeping = threading.Lock()

    def search(self, question: str, *, viewer: Viewer, k: int = 10) -> list[Hit]:
        """Return at most ``k`` hits that ``viewer`` may read, best first; none for a question without content."""
        if not self._caches.refs or not question.strip():
            return []
        allowed = self._caches.allowed(viewer)
        if not allowed.any():
            return []
        weights = WEIGHTS[detect_language(question)]
        scores = _Scores()
        self._match(question, allowed, weights, scores)
        self._follow_question(question, allowed, weights, scores)
        for position in scores.ranked()[:_SEEDS]:
            self._follow_hit(position, allowed, weights, scores)
        chosen = scores.ranked()[:k]
        needed = {*chosen, *(o for p in chosen if p in scores.reasons for o in scores.origins(p))}
        chunks = {
            self._caches.positions[chunk.id]: chunk
            for chunk in self.read((self._caches.refs[position].id for position in needed), viewer)
        }
        tokens = set(search_tokens(question))
        names = _Names(self._caches.graph, question, chunks, whole=bool(allowed.all()))
        # A chunk can vanish, or be hidden, between reading the caches and the rows.
        return [self._hit(chunks[p], p, scores, tokens, names) for p in chosen if p in chunks]

    def graph_for(self, viewer: Viewer) -> KnowledgeGraph:
        """Return the knowledge graph of what ``viewer`` may read, made from that alone.

        Who may read everything gets the one that is at hand. For others it is built from the rows when first asked
        for, and kept for all who may read the same.
        """
        readable = frozenset(access for access in self._caches.access if may_read(viewer, access))
        if len(readable) == len(self._caches.access):
            return self._caches.graph
        with self._keeping:
            if readable in self._graphs:
                self._graphs.move_to_end(readable)
                return self._graphs[readable]
        with self._store.frozen():
            graph = self.graph_with(self._store.edits().values(), viewer)
            current = self._store.generation() == self._caches.generation
        if current:
            with self._keeping:
                self._graphs[readable] = graph
                while len(self._graphs) > _GRAPHS:
                    self._graphs.popitem(last=False)
        return graph

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

    def idf(self, token: str) -> float:
        """Return how rare a search token is in this generation; higher is rarer."""
        return self._caches.lexical.idf(token)

    def readable(self, viewer: Viewer) -> set[int]:
        """Return the ids of the chunks that ``viewer`` may read."""
        positions = np.flatnonzero(self._caches.allowed(viewer)).tolist()
        return {self._caches.refs[position].id for position in positions}

    def read(self, ids: Iterable[int], viewer: Viewer) -> list[Chunk]:
        """Return chunks from the rows; where these are newer than the caches, only what ``viewer`` may read by now."""
        chunks = self._store.chunks(ids)
        if self._store.generation() == self._caches.generation:
            return chunks
        access = self._store.access()
        return [c for c in chunks if c.document_id in access and may_read(viewer, access[c.document_id])]

    def _match(self, question: str, allowed: NDArray[np.bool_], weights: Weights, scores: _Scores) -> None:
        """Score by meaning and by words."""
        vector = self._embedder.embed_question(question)
        lexical = np.where(allowed, self._caches.lexical.scores(search_tokens(question)), 0.0)
        top = float(lexical.max())
        by_words = np.argsort(-lexical, kind="stable")[:_CANDIDATES] if top > 0 else np.zeros(0, dtype=np.int64)
        mask = None if allowed.all() else allowed
        by_meaning, _ = self._caches.vectors.search(vector, _CANDIDATES, allowed=mask)
        positions = np.union1d(by_words[lexical[by_words] > 0], by_meaning).astype(np.int64)
        cosines = self._caches.vectors.scores(vector, positions)
        for position, cosine in zip(positions.tolist(), cosines.tolist(), strict=True):
            scores.parts[position] = {"meaning": weights.dense * cosine}
            if lexical[position] > 0:
                scores.parts[position]["words"] = weights.lexical * float(lexical[position]) / top

    def _follow_question(self, question: str, allowed: NDArray[np.bool_], weights: Weights, scores: _Scores) -> None:
        graph = self._caches.graph
        for document_id in sorted({hit.key for hit in graph.titles.find(question)}):
            score = weights.title_in_question / graph.same_title(document_id)
            self._add_document(document_id, allowed, "title in question", score, scores, "its title is in the question")
        for entity in sorted({hit.key for hit in graph.names.find(question)}):
            self._add_chunks(entity, allowed, "entity in question", weights.entity_in_question, scores)

    def _follow_hit(self, position: int, allowed: NDArray[np.bool_], weights: Weights, scores: _Scores) -> None:
        graph = self._caches.graph
        ref = self._caches.refs[position]
        best = scores.total(scores.ranked()[0])
        share = max(0.0, scores.total(position) / best) if best > 0 else 0.0
        origin = graph.title_of(ref.document_id)
        for document_id in sorted(graph.documents_named(ref.id)):
            score = weights.title_in_hit * share / graph.same_title(document_id)
            self._add_document(document_id, allowed, "title in hit", score, scores, f"its title is in “{origin}”")
        for entity in sorted(graph.entities_of(ref.id)):
            score = weights.entity_in_hit * share
            self._add_chunks(entity, allowed, "entity in hit", score, scores, origin=position)

    def _add_document(
        self,
        document_id: str,
        allowed: NDArray[np.bool_],
        signal: str,
        score: float,
        scores: _Scores,
        reason: str,
    ) -> None:
        """Credit a document's best chunk."""
        positions = self._caches.documents[document_id]
        if allowed[positions.start]:
            known = [position for position in positions if position in scores.parts]
            best = max(known, key=lambda position: (scores.total(position), -position)) if known else positions.start
            scores.add(best, signal, score, reason)

    def _add_chunks(
        self,
        entity: str,
        allowed: NDArray[np.bool_],
        signal: str,
        score: float,
        scores: _Scores,
        *,
        origin: int | None = None,
    ) -> None:
        """Credit the chunks that name an entity: the fewer, the more."""
        positions = [self._caches.positions[chunk_id] for chunk_id in self._caches.graph.chunks_of(entity)]
        readable = [position for position in positions if allowed[position]]
        if len(readable) > _COMMON:
            return
        for position in readable:
            if position != origin:
                share = score / (1 + float(np.log(len(readable))))
                scores.add(position, signal, share, _Shared(entity, origin))

    def _hit(self, chunk: Chunk, position: int, scores: _Scores, tokens: set[str], names: _Names) -> Hit:
        shared = _shared_words(tokens, chunk)
        parts = scores.parts[position]
        why = [f"words: {', '.join(shared)}"] if shared else []
        reasons = scores.reasons.get(position, {}).values()
        why += filter(None, (r if isinstance(r, str) else names.reason(r, chunk) for r in reasons))
        why.append(f"meaning {parts.get('meaning', 0.0):.2f}")
        return Hit(chunk, round(scores.total(position), 6), "; ".join(why), dict(parts))


def _shared_words(tokens: set[str], chunk: Chunk) -> list[str]:
    """Return the question's search tokens that a chunk holds, in the chunk's order."""
    held: Iterable[str] = search_tokens(f"{chunk.context}\n{chunk.text}")
    return list(dict.fromkeys(token for token in held if token in tokens))
