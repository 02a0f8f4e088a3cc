"""Looking around in the knowledge graph, as one viewer sees it.

The graph is made from the documents that the viewer may read, so that nothing here needs to be left out: an entity
that only hidden documents name does not exist in it, nor does what only they say of another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import networkx as nx

from knowledge.graph import KnowledgeGraph, Link, Web
from knowledge.language import sentences
from knowledge.records import Chunk, Entity, Relation
from knowledge.types import VALUES
from knowledge.values import comparable
from rag.errors import KnowledgeBaseError


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity that is joined to another."""

    entity: Entity
    relations: int
    """How many sentences say something of the two."""
    chunks: int
    """How many chunks name both."""


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
    """Half-open character offsets of the quote into ``Document.text``."""
    confidence: float
    negated: bool
    """The sentence denies it."""
    modality: str
    """The word that makes it less than a fact ("may", "plan to"), or empty."""
    subject_key: str
    object_key: str
    """Keys of entities; that of a value is its normal form ("1886-12-24", "USD 5000000")."""
    object_type: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """A value that a fact gives to an entity, in a form that can be compared."""

    predicate: str
    name: str
    """As usually written."""
    value: str
    """Its normal form."""
    type: str
    dimension: str
    """Only values of one dimension can be compared (``date``, ``length``, ``USD``); empty: there is no order."""
    number: float | None
    """What orders values of the dimension; see ``knowledge.values.comparable``."""
    fact: Fact


@dataclass(frozen=True, slots=True)
class Step:
    """One link of a path: two entities, and the sentence or passage that joins them."""

    source: str
    target: str
    """Names, as usually written."""
    predicate: str
    """What is said of the two; empty where they are only named together."""
    forward: bool
    """The source is the subject of what is said."""
    negated: bool
    document: str
    title: str
    page: int | None
    quote: str
    start: int
    end: int
    """Half-open character offsets of the quote into ``Document.text``."""


class Explorer:
    """A viewer's window on the graph.

    Parameters
    ----------
    graph
        The viewer's graph.
    chunks
        Returns chunks by their ids, those that the viewer may (still) read.
    """

    def __init__(self, graph: KnowledgeGraph, *, chunks: Callable[[Iterable[int]], list[Chunk]]) -> None:
        self._graph = graph
        self._chunks = chunks

    @property
    def graph(self) -> KnowledgeGraph:
        """The viewer's graph."""
        return self._graph

    def entities(self, *, type: str = "", contains: str = "") -> list[Entity]:
        """Return entities, the most mentioned first.

        Parameters
        ----------
        type
            Only those of this type. Empty: of any, but no values (dates, amounts).
        contains
            Only those whose name or one of whose aliases holds this; case is ignored.
        """
        found = self._graph.entities(type=type, contains=contains)
        return found if type else [entity for entity in found if entity.type not in VALUES]

    def candidates(self, name: str) -> list[Entity]:
        """Return the entities that ``name`` may mean, the likeliest first."""
        return self._graph.candidates(name)

    def find(self, name: str) -> Entity:
        """Return the entity that ``name`` most likely means: see ``candidates`` for the others.

        Raises
        ------
        KnowledgeBaseError
            There is none that the viewer may know of.
        """
        found = self.candidates(name)
        if not found:
            raise KnowledgeBaseError(f"no entity is named {name!r}; try 'rag graph entities --contains PART'")
        return found[0]

    def documents(self, entity: Entity) -> list[tuple[str, str]]:
        """Return (id, title) of the documents that name an entity, by id."""
        return [(key, self._graph.title_of(key)) for key in self._graph.documents_of(entity.key)]

    def neighbours(self, entity: Entity) -> list[Neighbour]:
        """Return the entities that an entity is joined to: those of which something is said first, values left out."""
        said: Counter[str] = Counter()
        for relation in self._graph.relations_of(entity.key):
            said.update({relation.subject, relation.object} - {entity.key})
        together: Counter[str] = Counter()
        for chunk_id in self._graph.chunks_of(entity.key):
            together.update(key for key in self._graph.entities_of(chunk_id) if key != entity.key)
        keys = {key for key in (*said, *together) if not self._graph.is_value(key)}
        ordered = sorted(keys, key=lambda key: (-said[key], -together[key], key))
        return [Neighbour(self._graph.entity(key), said[key], together[key]) for key in ordered]

    def facts(self, entity: Entity) -> list[Fact]:
        """Return what is said of an entity, the surest first."""
        facts = list(self._with_evidence(self._graph.relations_of(entity.key)))
        return sorted(facts, key=lambda fact: (-fact.confidence, fact.document, fact.start))

    def attributes(self, entity: Entity) -> list[Attribute]:
        """Return the values that facts give to an entity, the surest first; what is denied is left out."""
        return [
            _attribute(fact)
            for fact in self.facts(entity)
            if fact.subject_key == entity.key and fact.object_type in VALUES and not fact.negated
        ]

    def all_facts(self) -> list[Fact]:
        """Return everything that is said of anything, in the order of the documents."""
        return list(self._with_evidence(self._graph.relations()))

    def facts_among(self, keys: Container[str]) -> list[Fact]:
        """Return what is said of two different entities whose keys are both among ``keys``, the surest first."""
        relations = (r for r in self._graph.relations() if r.subject != r.object)
        facts = list(self._with_evidence(r for r in relations if r.subject in keys and r.object in keys))
        return sorted(facts, key=lambda fact: (-fact.confidence, fact.document, fact.start))

    def related(self) -> set[str]:
        """Return the keys of the entities of which something is said that joins them to another, values left out."""
        value = self._graph.is_value
        joins = (r for r in self._graph.relations() if r.subject != r.object)
        return {key for r in joins if not value(r.subject) and not value(r.object) for key in (r.subject, r.object)}

    def paths(self, source: Entity, target: Entity, *, limit: int = 3) -> list[list[Step]]:
        """Return at most ``limit`` paths from one entity to another, the shortest first; none where nothing joins them.

        Over relations where these join the two; else also over passages that name both ends of a step.
        """
        found = self._web.paths(source.key, target.key, limit=limit)
        chunks = {chunk.id: chunk for chunk in self._chunks({link.chunk_id for links in found for link in links})}
        # What was deleted since the graph was opened has no evidence any more.
        kept = (links for links in found if all(link.chunk_id in chunks for link in links))
        return [[self._step(link, chunks[link.chunk_id]) for link in links] for links in kept]

    def ranks(self, around: Iterable[Entity] = ()) -> list[tuple[Entity, float]]:
        """Return entities with their PageRank, the highest first; with ``around`` as seen from these."""
        return self._web.ranks(entity.key for entity in around)

    def communities(self) -> list[list[Entity]]:
        """Return groups of entities that hang together closely, the largest first."""
        return self._web.communities()

    def export(self) -> nx.MultiDiGraph:
        """Return entities and what is said of them as a plain graph, for writing to a file.

        Nodes are keys, with ``name``, ``type``, ``mentions`` and ``aliases`` (a list). Edges have ``predicate``,
        ``confidence``, ``negated``, ``modality``, and as evidence ``document``, ``title``, ``page``, ``quote``,
        ``start`` and ``end``, as in ``Fact``.
        """
        graph = nx.MultiDiGraph()
        for entity in sorted(self._graph.entities(), key=lambda entity: entity.key):
            about = {"type": entity.type, "mentions": entity.mentions, "aliases": list(entity.aliases)}
            graph.add_node(entity.key, name=entity.name, **about)
        said = ("predicate", "confidence", "negated", "modality")
        evidence = ("document", "title", "page", "quote", "start", "end")
        for fact in self.all_facts():
            attributes = {name: getattr(fact, name) for name in (*said, *evidence)}
            graph.add_edge(fact.subject_key, fact.object_key, **attributes)
        return graph

    @cached_property
    def _web(self) -> Web:
        return Web(self._graph)

    def _with_evidence(self, relations: Iterable[Relation]) -> Iterator[Fact]:
        relations = list(relations)
        chunks = {chunk.id: chunk for chunk in self._chunks({relation.chunk_id for relation in relations})}
        # What was deleted since the graph was opened has no evidence any more.
        yield from (self._fact(r, chunks[r.chunk_id]) for r in relations if r.chunk_id in chunks)

    def _fact(self, relation: Relation, chunk: Chunk) -> Fact:
        start, end = _within(relation, chunk)
        return Fact(
            subject=self._graph.name_of(relation.subject),
            predicate=relation.predicate,
            object=self._graph.name_of(relation.object),
            document=chunk.document_id,
            title=chunk.title,
            page=chunk.page,
            quote=chunk.text[start - chunk.start : end - chunk.start],
            start=start,
            end=end,
            confidence=relation.confidence,
            negated=relation.negated,
            modality=relation.modality,
            subject_key=relation.subject,
            object_key=relation.object,
            object_type=self._graph.entity(relation.object).type,
        )

    def _step(self, link: Link, chunk: Chunk) -> Step:
        said = link.relation
        start, end = _within(said, chunk) if said else self._naming_both(link, chunk)
        return Step(
            source=self._graph.name_of(link.source),
            target=self._graph.name_of(link.target),
            predicate=said.predicate if said else "",
            forward=said is None or said.subject == link.source,
            negated=bool(said and said.negated),
            document=chunk.document_id,
            title=chunk.title,
            page=chunk.page,
            quote=chunk.text[start - chunk.start : end - chunk.start],
            start=start,
            end=end,
        )

    def _naming_both(self, link: Link, chunk: Chunk) -> tuple[int, int]:
        """Return the fewest sentences in a row that hold both names, else the whole chunk."""
        spans = sentences(chunk.text, chunk.language)
        folded = [chunk.text[start:end].casefold() for start, end in spans]
        held = []
        for key in (link.source, link.target):
            entity = self._graph.entity(key)
            forms = [form.casefold() for form in (entity.name, *entity.aliases)]
            held.append([place for place, text in enumerate(folded) if any(form in text for form in forms)])
        pair = _nearest(*held)
        if pair is None:
            return chunk.start, chunk.end
        return chunk.start + spans[pair[0]][0], chunk.start + spans[pair[1]][1]


def _attribute(fact: Fact) -> Attribute:
    order = None
    # Keys that no finder of ours made may be anything.
    with suppress(ValueError):
        order = comparable(fact.object_key, fact.object_type)
    dimension, number = order or ("", None)
    return Attribute(fact.predicate, fact.object, fact.object_key, fact.object_type, dimension, number, fact)


def _within(relation: Relation, chunk: Chunk) -> tuple[int, int]:
    return max(relation.start, chunk.start), min(relation.end, chunk.end)


def _nearest(some: list[int], others: list[int]) -> tuple[int, int] | None:
    """Return the closest pair of one number from each ascending list, the smaller number first."""
    best: tuple[int, int] | None = None
    i = j = 0
    while i < len(some) and j < len(others):
        low, high = sorted((some[i], others[j]))
        if best is None or high - low < best[1] - best[0]:
            best = low, high
        if some[i] <= others[j]:
            i += 1
        else:
            j += 1
    return best
