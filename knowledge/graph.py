"""The knowledge graph, as a NetworkX view of the rows.

Nodes are ``("chunk", id)``, ``("entity", key)`` and ``("document", id)``. Edges carry a ``kind``:

*   ``mentions``: chunk → entity, named there.
*   ``part_of``: chunk → document.
*   ``titled``: entity → document, whose title it is.
*   ``names``: chunk → another document, whose title stands in the chunk's text.
*   ``relation``: entity → entity, with ``predicate``, ``chunk`` (the evidence's id), ``start``, ``end``, ``confidence``.

``names`` edges are found here and not when a document is indexed: a new title changes what all older documents name,
and rows must not depend on the order in which documents came.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import networkx as nx

from knowledge.names import NameIndex
from knowledge.records import Chunk, Entity, Mention, Relation
from knowledge.resolve import entity_key, without_parenthesis

Node = tuple[str, str | int]
_FORMAT = 1


class KnowledgeGraph:
    """Entities, chunks and documents and what connects them; see the module's docstring."""

    def __init__(self, graph: nx.MultiDiGraph) -> None:
        self.graph = graph
        self._title = {
            str(node[1]): str(data["title"]) for node, data in graph.nodes(data=True) if node[0] == "document"
        }
        self._bearers = Counter(self._title.values())
        self.titles = NameIndex(
            (form, key) for key, title in self._title.items() for form in _title_forms(title)
        )
        """Finds document ids by the titles in a text."""
        self.names = NameIndex(
            (data["name"], str(node[1])) for node, data in graph.nodes(data=True) if node[0] == "entity"
        )
        """Finds entity keys by the names in a text."""

    @classmethod
    def build(
        cls, chunks: Sequence[Chunk], mentions: Iterable[Mention], relations: Iterable[Relation]
    ) -> KnowledgeGraph:
        """Build from the rows of a store."""
        graph = nx.MultiDiGraph()
        for chunk in chunks:
            document: Node = ("document", chunk.document_id)
            if document not in graph:
                graph.add_node(document, title=chunk.title)
            graph.add_edge(("chunk", chunk.id), document, kind="part_of")
        for key, forms in sorted(_forms(mentions, graph).items()):
            (name, kind), _ = min(forms.items(), key=lambda form: (-form[1], form[0]))
            graph.add_node(("entity", key), name=name, type=kind)
        for node, data in list(graph.nodes(data=True)):
            if node[0] == "document":
                for form in _title_forms(data["title"]):
                    if ("entity", entity_key(form)) in graph:
                        graph.add_edge(("entity", entity_key(form)), node, kind="titled")
        for relation in relations:
            graph.add_edge(
                ("entity", relation.subject),
                ("entity", relation.object),
                kind="relation",
                predicate=relation.predicate,
                chunk=relation.chunk_id,
                start=relation.start,
                end=relation.end,
                confidence=relation.confidence,
            )
        built = cls(graph)
        for chunk in chunks:
            for key in sorted({hit.key for hit in built.titles.find(chunk.text)}):
                if built._title[key] != chunk.title:
                    graph.add_edge(("chunk", chunk.id), ("document", key), kind="names")
        return built

    @classmethod
    def load(cls, folder: Path) -> KnowledgeGraph:
        """Read what ``save`` wrote."""
        data = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
        graph = nx.MultiDiGraph()
        nodes: list[Node] = [(kind, key) for kind, key, _ in data["nodes"]]
        graph.add_nodes_from((node, row[2]) for node, row in zip(nodes, data["nodes"], strict=True))
        graph.add_edges_from((nodes[a], nodes[b], attributes) for a, b, attributes in data["edges"])
        return cls(graph)

    def save(self, folder: Path) -> None:
        """Write into ``folder``."""
        number = {node: i for i, node in enumerate(self.graph)}
        data = {
            "format": _FORMAT,
            "nodes": [[kind, key, data] for (kind, key), data in self.graph.nodes(data=True)],
            "edges": [[number[a], number[b], data] for a, b, data in self.graph.edges(data=True)],
        }
        (folder / "graph.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")

    def entities(self) -> list[Entity]:
        """Return all entities, the most mentioned first."""
        found = [
            Entity(str(node[1]), data["name"], data["type"], sum(1 for _ in self.chunks_of(str(node[1]))))
            for node, data in self.graph.nodes(data=True)
            if node[0] == "entity"
        ]
        return sorted(found, key=lambda entity: (-entity.mentions, entity.key))

    def chunks_of(self, entity: str) -> Iterator[int]:
        """Yield the ids of the chunks that name an entity."""
        node: Node = ("entity", entity)
        if node in self.graph:
            yield from (a[1] for a in self.graph.pred[node] if a[0] == "chunk")

    def entities_of(self, chunk_id: int) -> Iterator[str]:
        """Yield the keys of the entities that a chunk names."""
        yield from (key for kind, key in self._after(("chunk", chunk_id)) if kind == "entity")

    def documents_named(self, chunk_id: int) -> Iterator[str]:
        """Yield the ids of the documents whose titles stand in a chunk."""
        node: Node = ("chunk", chunk_id)
        if node in self.graph:
            for target, edges in self.graph.succ[node].items():
                if any(data["kind"] == "names" for data in edges.values()):
                    yield target[1]

    def title_of(self, document_id: str) -> str:
        """Return a document's title."""
        return self._title[document_id]

    def same_title(self, document_id: str) -> int:
        """Return how many documents bear the title of this one, itself included."""
        return self._bearers[self._title[document_id]]

    def relations_of(self, entity: str) -> Iterator[Relation]:
        """Yield the relations in which an entity is the subject or the object."""
        node: Node = ("entity", entity)
        if node not in self.graph:
            return
        edges = [*self.graph.out_edges(node, data=True), *self.graph.in_edges(node, data=True)]
        for a, b, data in edges:
            if data["kind"] == "relation":
                yield Relation(
                    data["chunk"],
                    a[1],
                    data["predicate"],
                    b[1],
                    data["start"],
                    data["end"],
                    data["confidence"],
                )

    def find_entity(self, name: str) -> str | None:
        """Return the key of the entity that ``name`` means, or None."""
        for key in (entity_key(name), entity_key(without_parenthesis(name))):
            if ("entity", key) in self.graph:
                return key
        return None

    def name_of(self, entity: str) -> str:
        """Return how an entity is usually written."""
        return str(self.graph.nodes[("entity", entity)]["name"])

    def _after(self, node: Node) -> Iterator[Node]:
        if node in self.graph:
            yield from self.graph.succ[node]


def _title_forms(title: str) -> list[str]:
    return sorted({title, without_parenthesis(title)})


def _forms(mentions: Iterable[Mention], graph: nx.MultiDiGraph) -> dict[str, Counter[tuple[str, str]]]:
    """Add the mention edges, and count the ways in which each entity is written."""
    forms: dict[str, Counter[tuple[str, str]]] = {}
    for mention in mentions:
        forms.setdefault(mention.entity, Counter())[(mention.name, mention.type)] += 1
        edge = (("chunk", mention.chunk_id), ("entity", mention.entity))
        if not graph.has_edge(*edge):
            graph.add_edge(*edge, kind="mentions")
    return forms
