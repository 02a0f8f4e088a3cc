"""How entities hang together: paths, weight and groups.

Two entities are joined by what a sentence says of them, and by the chunks that name both. The chunks stand in the
web as nodes of their own: joining the hundred names of a table each with each would take five thousand edges, and a
walk through the chunk comes to the same. Values take no part, since "2016" would join everything.

All results are functions of the graph alone: nodes and edges are added in a fixed order, and what is random is seeded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import networkx as nx

from knowledge.graph.graph import KnowledgeGraph, Node
from knowledge.records import Entity, Relation

_SEED = 7
_SAID = 2.0
"""What a sure relation weighs against being named in one chunk."""
_DETOUR = 2
"""Edges by which a path may be longer than the shortest."""
_TRIES = 5
"""Paths looked at for each one that is wanted: many differ in nothing but the chunk between two entities."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a path: two entities' keys, and what joins them."""

    source: str
    target: str
    chunk_id: int
    """The chunk that says so, or that names both."""
    relation: Relation | None
    """None where they are only named together. Its subject may be either of the two."""


class Web:
    """The entities of a graph as a net to walk on.

    Parameters
    ----------
    graph
        Must not change; one web serves many questions.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph

    def ranks(self, around: Iterable[str] = ()) -> list[tuple[Entity, float]]:
        """Return the entities with their PageRank, the highest first; ranks add up to 1.

        Parameters
        ----------
        around
            Keys of entities from which the walk starts again and again: those near them rank high. None: from all.
        """
        starts = {("entity", key): 1.0 for key in sorted(set(around)) if ("entity", key) in self._whole}
        if not len(self._whole):
            return []
        begin = starts or None
        # NetworkX multiplies the tolerance by the number of nodes.
        found = nx.pagerank(self._whole, personalization=begin, nstart=begin, weight="weight", tol=1e-9, max_iter=500)
        shares = {key: share for (kind, key), share in found.items() if kind == "entity"}
        total = sum(shares.values())
        ranked = [(self._graph.entity(key), share / total) for key, share in shares.items()]
        # Rounding makes ties of what only the order of adding tells apart.
        return sorted(ranked, key=lambda item: (-round(item[1], 9), item[0].key))

    def communities(self) -> list[list[Entity]]:
        """Return groups of entities that hang together more closely than with others (Louvain), the largest first.

        Within a group the most mentioned come first. Entities that nothing joins to another are in none.
        """
        if not self._whole.number_of_edges():
            return []
        groups = nx.community.louvain_communities(self._whole, weight="weight", seed=_SEED)
        found = [
            sorted(
                (self._graph.entity(key) for kind, key in group if kind == "entity"), key=lambda e: (-e.mentions, e.key)
            )
            for group in groups
        ]
        return sorted((group for group in found if len(group) > 1), key=lambda group: (-len(group), group[0].key))

    def paths(self, source: str, target: str, *, limit: int = 3) -> list[list[Link]]:
        """Return at most ``limit`` simple paths between two entities, the shortest first.

        Over relations alone where these join the two; else also over chunks that name both ends of a step. Empty
        where nothing joins them, or where they are one.
        """
        if source == target:
            return []
        ends = frozenset(key for key in (source, target) if self._graph.is_value(key))
        for web in (self._relations(ends), self._with_chunks(ends)):
            found: dict[tuple[str, ...], list[Link]] = {}
            for nodes in islice(_shortest(web, ("entity", source), ("entity", target)), limit * _TRIES):
                links = list(self._links(nodes))
                found.setdefault((source, *(link.target for link in links)), links)
            if found:
                return list(found.values())[:limit]
        return []

    @cached_property
    def _said(self) -> nx.Graph:
        return self._over_relations(frozenset())

    @cached_property
    def _whole(self) -> nx.Graph:
        return self._over_chunks(self._said, frozenset())

    def _relations(self, ends: frozenset[str]) -> nx.Graph:
        return self._over_relations(ends) if ends else self._said

    def _with_chunks(self, ends: frozenset[str]) -> nx.Graph:
        return self._over_chunks(self._relations(ends), ends) if ends else self._whole

    def _over_relations(self, ends: frozenset[str]) -> nx.Graph:
        """Join entities by relations; ``ends`` are the values that take part."""
        web = nx.Graph()
        takes_part = {e.key for e in self._graph.entities() if e.key in ends or not self._graph.is_value(e.key)}
        web.add_nodes_from(("entity", key) for key in sorted(takes_part))
        for relation in self._graph.relations():
            a, b = sorted((relation.subject, relation.object))
            if a != b and a in takes_part and b in takes_part:
                left, right = ("entity", a), ("entity", b)
                weight = web.edges[left, right]["weight"] if web.has_edge(left, right) else 0.0
                web.add_edge(left, right, weight=weight + _SAID * relation.confidence)
        return web

    def _over_chunks(self, said: nx.Graph, ends: frozenset[str]) -> nx.Graph:
        web = said.copy()
        values = {key: set(self._graph.chunks_of(key)) for key in sorted(ends)}
        for chunk_id in self._graph.chunks():
            keys = [*self._graph.entities_of(chunk_id), *(key for key in values if chunk_id in values[key])]
            if len(keys) > 1:
                web.add_edges_from(((("chunk", chunk_id), ("entity", key)) for key in sorted(keys)), weight=1.0)
        return web

    def _links(self, nodes: list[Node]) -> Iterator[Link]:
        source = str(nodes[0][1])
        chunk: int | None = None
        for kind, key in nodes[1:]:
            if kind == "chunk":
                chunk = int(key)
                continue
            target = str(key)
            if chunk is None:
                relation = self._surest(source, target)
                yield Link(source, target, relation.chunk_id, relation)
            else:
                yield Link(source, target, chunk, None)
            source, chunk = target, None

    def _surest(self, one: str, other: str) -> Relation:
        """Return the relation between two entities that is told most plainly as a fact."""
        between = [r for r in self._graph.relations_of(one) if {r.subject, r.object} == {one, other}]
        return min(between, key=lambda r: (r.negated, bool(r.modality), -r.confidence))


def _shortest(web: nx.Graph, source: Node, target: Node) -> Iterator[list[Node]]:
    """Yield simple paths, the shortest first, until they become detours."""
    shortest = 0
    try:
        for nodes in nx.shortest_simple_paths(web, source, target):
            shortest = shortest or len(nodes)
            if len(nodes) > shortest + _DETOUR:
                return
            yield nodes
    except (nx.NetworkXNoPath, nx.NodeNotFound):
        return
