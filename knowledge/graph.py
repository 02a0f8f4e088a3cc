"""The knowledge graph, as a view of the rows.

Nodes are ``("chunk", id)``, ``("entity", key)`` and ``("document", id)``. Edges carry a ``kind``:

*   ``mentions``: chunk → entity, named there.
*   ``part_of``: chunk → document.
*   ``titled``: entity → document, whose title it is.
*   ``names``: chunk → another document, whose title stands in the chunk's text.
*   ``relation``: entity → entity, with ``predicate``, ``chunk`` (the evidence's id), ``start``, ``end``,
    ``confidence``.

``names`` edges are found here and not when a document is indexed: a new title changes what all older documents name,
and rows must not depend on the order in which documents came.

A search asks four questions of the graph, again and again, and opens it often: those are answered from tables of
numbers, which load fast. Whoever walks the graph gets it as a NetworkX graph, made on first use.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import networkx as nx

from knowledge.names import NameIndex
from knowledge.records import Chunk, Entity, Mention, Relation
from knowledge.resolve import entity_key, without_parenthesis

Node = tuple[str, str | int]
_FILE = "graph.json"


@dataclass(slots=True)
class _Tables:
    """The graph as lists; a *number* is a place in ``documents``, ``entities`` or ``chunks``."""

    documents: list[tuple[str, str]] = field(default_factory=list)
    """(id, title)."""
    entities: list[tuple[str, str, str]] = field(default_factory=list)
    """(key, name, type)."""
    chunks: list[tuple[int, int]] = field(default_factory=list)
    """(id, document's number), in the store's order."""
    mentions: list[list[int]] = field(default_factory=list)
    """The numbers of the entities that each chunk names."""
    names: list[list[int]] = field(default_factory=list)
    """The numbers of the other documents whose titles stand in each chunk."""
    relations: list[tuple[int, str, int, int, int, int, float]] = field(default_factory=list)
    """(subject's number, predicate, object's number, chunk's number, start, end, confidence)."""


class KnowledgeGraph:
    """Entities, chunks and documents and what connects them; see the module's docstring."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables
        self._document = {key: number for number, (key, _) in enumerate(tables.documents)}
        self._entity = {key: number for number, (key, _, _) in enumerate(tables.entities)}
        self._chunk = {key: number for number, (key, _) in enumerate(tables.chunks)}
        self._bearers = Counter(title for _, title in tables.documents)
        self._named_in: list[list[int]] = [[] for _ in tables.entities]
        for chunk, entities in enumerate(tables.mentions):
            for entity in entities:
                self._named_in[entity].append(chunk)

    @classmethod
    def build(
        cls, chunks: Sequence[Chunk], mentions: Iterable[Mention], relations: Iterable[Relation]
    ) -> KnowledgeGraph:
        """Build from the rows of a store, in its order."""
        tables = _Tables(documents=list({chunk.document_id: chunk.title for chunk in chunks}.items()))
        document = {key: number for number, (key, _) in enumerate(tables.documents)}
        tables.chunks = [(chunk.id, document[chunk.document_id]) for chunk in chunks]
        number = {chunk.id: place for place, chunk in enumerate(chunks)}
        named: list[dict[str, None]] = [{} for _ in chunks]
        forms: dict[str, Counter[tuple[str, str]]] = {}
        for mention in mentions:
            named[number[mention.chunk_id]][mention.entity] = None
            forms.setdefault(mention.entity, Counter())[(mention.name, mention.type)] += 1
        tables.entities = [(key, *_usual(forms[key])) for key in sorted(forms)]
        entity = {key: place for place, (key, _, _) in enumerate(tables.entities)}
        tables.mentions = [[entity[key] for key in keys] for keys in named]
        tables.relations = [
            (entity[r.subject], r.predicate, entity[r.object], number[r.chunk_id], r.start, r.end, r.confidence)
            for r in relations
            if r.subject in entity and r.object in entity
        ]
        built = cls(tables)
        for chunk in chunks:
            found = {built._document[hit.key] for hit in built.titles.find(chunk.text)}
            tables.names.append(sorted(d for d in found if tables.documents[d][1] != chunk.title))
        return built

    @classmethod
    def load(cls, folder: Path) -> KnowledgeGraph:
        """Read what ``save`` wrote."""
        return cls(_Tables(**json.loads((folder / _FILE).read_text(encoding="utf-8"))))

    def save(self, folder: Path) -> None:
        """Write into ``folder``."""
        tables = {name: getattr(self._tables, name) for name in self._tables.__slots__}
        text = json.dumps(tables, ensure_ascii=False, separators=(",", ":"))
        (folder / _FILE).write_text(text, encoding="utf-8")

    @cached_property
    def titles(self) -> NameIndex:
        """Finds document ids by the titles in a text."""
        return NameIndex((form, key) for key, title in self._tables.documents for form in _title_forms(title))

    @cached_property
    def names(self) -> NameIndex:
        """Finds entity keys by the names in a text."""
        return NameIndex((name, key) for key, name, _ in self._tables.entities)

    @cached_property
    def graph(self) -> nx.MultiDiGraph:
        """The whole as a NetworkX graph; see the module's docstring for nodes and edges."""
        t = self._tables
        documents: list[Node] = [("document", key) for key, _ in t.documents]
        entities: list[Node] = [("entity", key) for key, _, _ in t.entities]
        chunks: list[Node] = [("chunk", key) for key, _ in t.chunks]
        graph = nx.MultiDiGraph()
        for node, (_, title) in zip(documents, t.documents, strict=True):
            graph.add_node(node, title=title)
        for node, (_, name, kind) in zip(entities, t.entities, strict=True):
            graph.add_node(node, name=name, type=kind)
        for chunk, (_, document), named, titles in zip(chunks, t.chunks, t.mentions, t.names, strict=True):
            graph.add_edge(chunk, documents[document], kind="part_of")
            graph.add_edges_from(((chunk, entities[entity]) for entity in named), kind="mentions")
            graph.add_edges_from(((chunk, documents[other]) for other in titles), kind="names")
        for node, (_, title) in zip(documents, t.documents, strict=True):
            for key in sorted({entity_key(form) for form in _title_forms(title)} & self._entity.keys()):
                graph.add_edge(("entity", key), node, kind="titled")
        for subject, predicate, target, evidence, start, end, confidence in t.relations:
            graph.add_edge(
                entities[subject],
                entities[target],
                kind="relation",
                predicate=predicate,
                chunk=t.chunks[evidence][0],
                start=start,
                end=end,
                confidence=confidence,
            )
        return graph

    def entities(self) -> list[Entity]:
        """Return all entities, the most mentioned first."""
        found = [
            Entity(key, name, kind, len(self._named_in[number]))
            for number, (key, name, kind) in enumerate(self._tables.entities)
        ]
        return sorted(found, key=lambda entity: (-entity.mentions, entity.key))

    def chunks_of(self, entity: str) -> Iterator[int]:
        """Yield the ids of the chunks that name an entity, in the store's order."""
        if entity in self._entity:
            yield from (self._tables.chunks[chunk][0] for chunk in self._named_in[self._entity[entity]])

    def entities_of(self, chunk_id: int) -> Iterator[str]:
        """Yield the keys of the entities that a chunk names."""
        if chunk_id in self._chunk:
            named = self._tables.mentions[self._chunk[chunk_id]]
            yield from (self._tables.entities[entity][0] for entity in named)

    def documents_named(self, chunk_id: int) -> Iterator[str]:
        """Yield the ids of the other documents whose titles stand in a chunk."""
        if chunk_id in self._chunk:
            named = self._tables.names[self._chunk[chunk_id]]
            yield from (self._tables.documents[document][0] for document in named)

    def title_of(self, document_id: str) -> str:
        """Return a document's title."""
        return self._tables.documents[self._document[document_id]][1]

    def same_title(self, document_id: str) -> int:
        """Return how many documents bear the title of this one, itself included."""
        return self._bearers[self.title_of(document_id)]

    def relations_of(self, entity: str) -> Iterator[Relation]:
        """Yield the relations in which an entity is the subject or the object."""
        t = self._tables
        for place in self._relations_of.get(self._entity.get(entity, -1), ()):
            subject, predicate, target, chunk, start, end, confidence = t.relations[place]
            keys = t.entities[subject][0], t.entities[target][0]
            yield Relation(t.chunks[chunk][0], keys[0], predicate, keys[1], start, end, confidence)

    @cached_property
    def _relations_of(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for place, relation in enumerate(self._tables.relations):
            for entity in {relation[0], relation[2]}:
                found.setdefault(entity, []).append(place)
        return found

    def find_entity(self, name: str) -> str | None:
        """Return the key of the entity that ``name`` means, or None."""
        keys = (entity_key(name), entity_key(without_parenthesis(name)))
        return next((key for key in keys if key in self._entity), None)

    def name_of(self, entity: str) -> str:
        """Return how an entity is usually written."""
        return self._tables.entities[self._entity[entity]][1]


def _usual(forms: Counter[tuple[str, str]]) -> tuple[str, str]:
    """Return the most frequent (name, type); ties go to the first in code point order."""
    return min(forms.items(), key=lambda form: (-form[1], form[0]))[0]


def _title_forms(title: str) -> list[str]:
    return sorted({title, without_parenthesis(title)})
