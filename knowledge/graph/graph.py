"""The knowledge graph, as a view of the rows.

Nodes are ``("chunk", id)``, ``("entity", key)`` and ``("document", id)``. Edges carry a ``kind``:

*   ``mentions``: chunk → entity, named there.
*   ``part_of``: chunk → document.
*   ``titled``: entity → document, whose title it is.
*   ``names``: chunk → another document, whose title stands in the chunk's text.
*   ``relation``: entity → entity, with what is said and the sentence that says so.

``KnowledgeGraph.graph`` lists their attributes.

An entity is what all documents together call by one or several names (``knowledge.resolve``), or a value: a date, an
amount. Values are nodes like the others, but lead nowhere: ``names``, ``entities_of`` and whatever else is followed
from chunk to chunk leave them out, since "2016" joins everything.

``names`` edges and entities are found here and not when a document is indexed: a new title changes what all older
documents name, and rows must not depend on the order in which documents came. For the same reason a graph that is
made from a part of the documents tells nothing of the others.

A search asks four questions of the graph, again and again, and opens it often: those are answered from tables of
numbers, which load fast. Whoever walks the graph gets it as a NetworkX graph, made on first use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import networkx as nx

from knowledge.graph.tables import Tables, by_form, tables_of, title_index
from knowledge.names import NameIndex
from knowledge.records import Chunk, DocumentEntity, Edit, Entity, Mention, Relation
from knowledge.resolve import entity_key, without_parenthesis
from knowledge.resolve.forms import normal
from knowledge.types import VALUES

Node = tuple[str, str | int]


class KnowledgeGraph:
    """Entities, chunks and documents and what connects them; see the module's docstring."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._document = {key: number for number, (key, _) in enumerate(tables.documents)}
        self._entity = {key: number for number, (key, _, _, _) in enumerate(tables.entities)}
        self._chunk = {key: number for number, (key, _) in enumerate(tables.chunks)}
        self._is_value = [kind in VALUES for _, _, kind, _ in tables.entities]
        self._bearers = Counter(title for _, title in tables.documents)
        self._places = tables.places

    @classmethod
    def build(
        cls,
        chunks: Sequence[Chunk],
        entities: Iterable[DocumentEntity],
        mentions: Iterable[Mention],
        relations: Iterable[Relation],
        edits: Iterable[Edit] = (),
    ) -> KnowledgeGraph:
        """Build from rows: those of a whole store, or of the documents that somebody may read.

        The order of the rows does not matter; that of ``edits`` is the order in which they were made.
        """
        return cls(tables_of(chunks, entities, mentions, relations, edits))

    @classmethod
    def load(cls, folder: Path) -> KnowledgeGraph:
        """Read what ``save`` wrote."""
        return cls(Tables.load(folder))

    def save(self, folder: Path) -> None:
        """Write into ``folder``."""
        self._tables.save(folder)

    @property
    def tables(self) -> Tables:
        """The graph in numbers, for whoever goes through much of it; not to be changed."""
        return self._tables

    def number_of(self, entity: str) -> int:
        """Return the place of an entity in the tables, by its key."""
        return self._entity[entity]

    def number_of_document(self, document_id: str) -> int:
        """Return the place of a document in the tables, by its id."""
        return self._document[document_id]

    @cached_property
    def titles(self) -> NameIndex:
        """Finds document ids by the titles in a text."""
        return title_index(self._tables)

    @cached_property
    def names(self) -> NameIndex:
        """Finds entity keys by the names and aliases in a text; values are not looked for."""
        rows = (row for row in self._tables.entities if row[2] not in VALUES)
        return NameIndex((form, key) for key, name, _, aliases in rows for form in (name, *aliases))

    @cached_property
    def graph(self) -> nx.MultiDiGraph:
        """The whole as a NetworkX graph.

        Every node and edge has a ``kind``. The other attributes:

        *   ``("document", id)``: ``title`` (str).
        *   ``("chunk", id)``: ``document`` (str, the document's id).
        *   ``("entity", key)``: ``name`` (str), ``type`` (str, see ``knowledge.types``), ``mentions`` (int, how many
            chunks name it), ``aliases`` (tuple of str).
        *   ``relation`` edges: ``predicate`` (str), ``document`` (str, the id of the document that says so), ``chunk``
            (int, the evidence's chunk), ``start`` and ``end`` (int, the sentence: half-open character offsets into
            ``Document.text``), ``confidence`` (float, 0 to 1), ``negated`` (bool), ``modality`` (str).

        ``part_of``, ``mentions``, ``titled`` and ``names`` edges have no others.
        """
        t = self._tables
        documents: list[Node] = [("document", key) for key, _ in t.documents]
        entities: list[Node] = [("entity", key) for key, _, _, _ in t.entities]
        chunks: list[Node] = [("chunk", key) for key, _ in t.chunks]
        graph = nx.MultiDiGraph()
        for node, (_, title) in zip(documents, t.documents, strict=True):
            graph.add_node(node, kind="document", title=title)
        counts = self._places.counts.tolist()
        for node, (_, name, kind, aliases), count in zip(entities, t.entities, counts, strict=True):
            graph.add_node(node, kind="entity", name=name, type=kind, mentions=count, aliases=tuple(aliases))
        for number, (chunk, (_, document), titles) in enumerate(zip(chunks, t.chunks, t.names, strict=True)):
            graph.add_node(chunk, kind="chunk", document=t.documents[document][0])
            graph.add_edge(chunk, documents[document], kind="part_of")
            graph.add_edges_from(((chunk, entities[e]) for e in self._places.named(number)), kind="mentions")
            graph.add_edges_from(((chunk, documents[other]) for other in titles), kind="names")
        for node, titled in zip(documents, t.titled, strict=True):
            graph.add_edges_from(((entities[entity], node) for entity in titled), kind="titled")
        for subject, predicate, target, place, start, end, confidence, negated, modality in t.relations:
            chunk_id, document = t.chunks[place]
            graph.add_edge(
                entities[subject],
                entities[target],
                kind="relation",
                predicate=predicate,
                document=t.documents[document][0],
                chunk=chunk_id,
                start=start,
                end=end,
                confidence=confidence,
                negated=bool(negated),
                modality=modality,
            )
        return graph

    def entities(self, *, type: str = "", contains: str = "") -> list[Entity]:
        """Return the entities, the most mentioned first.

        Parameters
        ----------
        type
            Only those of this type; empty: of any, values included.
        contains
            Only those whose name or one of whose aliases holds this; case is ignored.
        """
        wanted = contains.casefold()
        found = [
            self._at(number)
            for number, (_, name, kind, aliases) in enumerate(self._tables.entities)
            if (not type or kind == type) and any(wanted in form.casefold() for form in (name, *aliases))
        ]
        return sorted(found, key=_most_mentioned)

    def entity(self, key: str) -> Entity:
        """Return the entity with this key; ``KeyError`` where there is none."""
        return self._at(self._entity[key])

    def candidates(self, name: str) -> list[Entity]:
        """Return the entities that ``name`` may mean, the likeliest first.

        That is the one whose key it is; then those that are called so or have the alias, the most mentioned first.
        Only where there is none of these are a parenthesis at the end, punctuation, accents and legal forms left out of
        account.
        """
        for form in (name, without_parenthesis(name)):
            numbers = {*self._forms.get(entity_key(form), ()), *self._forms.get(form, ())}
            if numbers:
                exact = {form, entity_key(form)}
                return sorted(map(self._at, numbers), key=lambda e: (e.key not in exact, *_most_mentioned(e)))
        return sorted(map(self._at, self._forms.get(normal(name), ())), key=_most_mentioned)

    def find_entity(self, name: str) -> str | None:
        """Return the key of the entity that ``name`` most likely means, or None."""
        found = self.candidates(name)
        return found[0].key if found else None

    def is_value(self, entity: str) -> bool:
        """Tell whether a key is that of a value: a date, an amount."""
        return self._is_value[self._entity[entity]]

    def chunks_of(self, entity: str) -> Iterator[int]:
        """Yield the ids of the chunks that name an entity, in the store's order."""
        if entity in self._entity:
            chunks = self._places.chunks_of(self._entity[entity])
            yield from (self._tables.chunks[chunk][0] for chunk in chunks.tolist())

    def entities_of(self, chunk_id: int) -> Iterator[str]:
        """Yield the keys of the entities that a chunk names, values left out."""
        if chunk_id in self._chunk:
            named = self._places.named(self._chunk[chunk_id])
            yield from (self._tables.entities[entity][0] for entity in named if not self._is_value[entity])

    def chunks(self) -> Iterator[int]:
        """Yield the ids of all chunks, in the store's order."""
        yield from (chunk_id for chunk_id, _ in self._tables.chunks)

    def document_of(self, chunk_id: int) -> str:
        """Return the id of a chunk's document."""
        return self._tables.documents[self._tables.chunks[self._chunk[chunk_id]][1]][0]

    def documents_of(self, entity: str) -> list[str]:
        """Return the ids of the documents that name an entity, in order."""
        return list(dict.fromkeys(map(self.document_of, self.chunks_of(entity))))

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

    def relations(self) -> Iterator[Relation]:
        """Yield all relations, with keys of entities as subject and object, by chunk and place in it."""
        yield from map(self._relation, range(len(self._tables.relations)))

    def relations_of(self, entity: str) -> Iterator[Relation]:
        """Yield the relations in which an entity is the subject or the object."""
        yield from map(self._relation, self._relations_of.get(self._entity.get(entity, -1), ()))

    def name_of(self, entity: str) -> str:
        """Return how an entity is usually written."""
        return self._tables.entities[self._entity[entity]][1]

    def _at(self, number: int) -> Entity:
        key, name, kind, aliases = self._tables.entities[number]
        return Entity(key, name, kind, int(self._places.counts[number]), tuple(aliases))

    def _relation(self, place: int) -> Relation:
        t = self._tables
        subject, predicate, target, chunk, start, end, confidence, negated, modality = t.relations[place]
        keys = t.entities[subject][0], t.entities[target][0]
        said = bool(negated), modality
        return Relation(t.chunks[chunk][0], keys[0], predicate, keys[1], start, end, confidence, *said)

    @cached_property
    def _relations_of(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for place, relation in enumerate(self._tables.relations):
            for entity in {relation[0], relation[2]}:
                found.setdefault(entity, []).append(place)
        return found

    @cached_property
    def _forms(self) -> dict[str, list[int]]:
        return by_form(self._tables)


def _most_mentioned(entity: Entity) -> tuple[int, str]:
    return -entity.mentions, entity.key
