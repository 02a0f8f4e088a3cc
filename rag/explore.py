"""Looking around in the knowledge graph, as one viewer sees it.

Whatever rests on a chunk that the viewer may not read is left out: its mentions, its relations, and every path
through it. An entity that only hidden chunks name does not exist for the viewer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import networkx as nx

from knowledge.graph import KnowledgeGraph
from knowledge.records import Chunk, Entity, Relation
from rag.errors import KnowledgeBaseError


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity named together with another."""

    entity: Entity
    chunks: int
    """How many readable chunks name both."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A relation with the sentence that says so."""

    subject: str
    predicate: str
    object: str
    """Names, as usually written."""
    document: str
    title: str
    page: int | None
    quote: str
    start: int
    end: int
    """Half-open character offsets into ``Document.text``."""
    confidence: float


@dataclass(frozen=True, slots=True)
class Step:
    """One link of a path: two entities and the passage that names both."""

    source: str
    target: str
    document: str
    title: str
    page: int | None
    text: str


class Explorer:
    """A viewer's window on the graph.

    Parameters
    ----------
    graph
        The whole graph.
    readable
        Tells whether the viewer may read a chunk, by id.
    chunks
        Returns chunks by their ids.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        *,
        readable: Callable[[int], bool],
        chunks: Callable[[Iterable[int]], list[Chunk]],
    ) -> None:
        self._graph = graph
        self._readable = readable
        self._chunks = chunks

    def entities(self, *, contains: str = "") -> list[Entity]:
        """Return the entities whose name holds ``contains`` (case ignored), the most mentioned first."""
        wanted = contains.casefold()
        seen = (self._seen(entity) for entity in self._graph.entities() if wanted in entity.name.casefold())
        return sorted(filter(None, seen), key=lambda entity: (-entity.mentions, entity.key))

    def find(self, name: str) -> Entity:
        """Return the entity that ``name`` means.

        Raises
        ------
        KnowledgeBaseError
            There is none that the viewer may know of.
        """
        key = self._graph.find_entity(name)
        for entity in self._graph.entities() if key else ():
            if entity.key == key and (seen := self._seen(entity)):
                return seen
        raise KnowledgeBaseError(f"no entity is named {name!r}; try 'rag graph entities --contains PART'")

    def neighbours(self, entity: Entity) -> list[Neighbour]:
        """Return the entities named in the same chunks, the most frequent first."""
        together: Counter[str] = Counter()
        for chunk_id in filter(self._readable, self._graph.chunks_of(entity.key)):
            together.update(key for key in self._graph.entities_of(chunk_id) if key != entity.key)
        known = {other.key: other for other in map(self._seen, self._graph.entities()) if other}
        ordered = sorted(together.items(), key=lambda item: (-item[1], item[0]))
        return [Neighbour(known[key], count) for key, count in ordered if key in known]

    def facts(self, entity: Entity) -> list[Fact]:
        """Return the relations of an entity, the surest first."""
        relations = [r for r in self._graph.relations_of(entity.key) if self._readable(r.chunk_id)]
        chunks = {chunk.id: chunk for chunk in self._chunks({relation.chunk_id for relation in relations})}
        # What was deleted since the graph was opened has no evidence any more.
        facts = [
            self._fact(relation, chunks[relation.chunk_id]) for relation in relations if relation.chunk_id in chunks
        ]
        return sorted(facts, key=lambda fact: (-fact.confidence, fact.document, fact.start))

    def path(self, source: Entity, target: Entity) -> list[Step]:
        """Return a shortest chain of passages from one entity to another; empty when there is none."""
        view = self.view().to_undirected(as_view=True)
        try:
            nodes = nx.shortest_path(view, ("entity", source.key), ("entity", target.key))
        except (nx.NetworkXNoPath, nx.NodeNotFound):
            return []
        steps = []
        for left, middle, right in zip(nodes[::2], nodes[1::2], nodes[2::2], strict=False):
            found = self._chunks([middle[1]])
            if not found:
                return []
            chunk = found[0]
            names = self._graph.name_of(left[1]), self._graph.name_of(right[1])
            steps.append(Step(*names, chunk.document_id, chunk.title, chunk.page, chunk.text))
        return steps

    def view(self) -> Any:
        """Return the readable part of the graph that joins entities and chunks, as a NetworkX view."""

        def keep(node: tuple[str, Any]) -> bool:
            return node[0] == "entity" or (node[0] == "chunk" and self._readable(node[1]))

        def joins(a: Any, b: Any, key: int) -> bool:
            return bool(self._graph.graph.edges[a, b, key]["kind"] == "mentions")

        return nx.subgraph_view(self._graph.graph, filter_node=keep, filter_edge=joins)

    def export(self) -> nx.MultiDiGraph:
        """Return entities and their readable relations as a plain graph, for writing to a file."""
        graph = nx.MultiDiGraph()
        for entity in self.entities():
            graph.add_node(entity.key, name=entity.name, type=entity.type, mentions=entity.mentions)
        for key in list(graph):
            for relation in self._graph.relations_of(key):
                if relation.subject == key and relation.object in graph and self._readable(relation.chunk_id):
                    graph.add_edge(key, relation.object, predicate=relation.predicate, confidence=relation.confidence)
        return graph

    def _seen(self, entity: Entity) -> Entity | None:
        """Return an entity as the viewer may know it, or None."""
        count = sum(1 for chunk_id in self._graph.chunks_of(entity.key) if self._readable(chunk_id))
        return Entity(entity.key, entity.name, entity.type, count) if count else None

    def _fact(self, relation: Relation, chunk: Chunk) -> Fact:
        return Fact(
            subject=self._graph.name_of(relation.subject),
            predicate=relation.predicate,
            object=self._graph.name_of(relation.object),
            document=chunk.document_id,
            title=chunk.title,
            page=chunk.page,
            quote=chunk.text[relation.start - chunk.start : relation.end - chunk.start],
            start=relation.start,
            end=relation.end,
            confidence=relation.confidence,
        )
