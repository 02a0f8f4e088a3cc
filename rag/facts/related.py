"""Facts from the graph's relations."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.graph import KnowledgeGraph
from knowledge.records import Relation
from knowledge.types import DATE
from knowledge.values import find_values
from rag.facts.dates import moment
from rag.facts.pages import Page, plain
from rag.facts.patterns import Property
from rag.facts.places import countries_in, country_words
from rag.facts.records import Fact
from rag.records import Passage

_MOST = 200
"""Relations of one entity that are looked through."""


def from_graph(graph: KnowledgeGraph | None, page: Page, wanted: Property) -> Iterator[Fact]:
    """Yield what the graph's relations say of a page's own thing, where a passage holds the sentence."""
    if graph is None or not (wanted.out or wanted.into):
        return
    for key in _titled(graph, page):
        for number, relation in enumerate(graph.relations_of(key)):
            if number >= _MOST:
                break
            outward = relation.subject == key
            predicates = wanted.out if outward else wanted.into
            if relation.negated or relation.modality or relation.predicate not in predicates:
                continue
            other = relation.object if outward else relation.subject
            if other != key and (fact := _fact(graph, page, wanted, relation, other)):
                yield fact


def _titled(graph: KnowledgeGraph, page: Page) -> list[str]:
    try:
        number = graph.number_of_document(page.document)
    except KeyError:
        return []
    return [graph.tables.entities[entity][0] for entity in graph.tables.titled[number]]


def _fact(graph: KnowledgeGraph, page: Page, wanted: Property, relation: Relation, other: str) -> Fact | None:
    document = graph.document_of(relation.chunk_id)
    place = next(
        (p for p in page.passages if p.document == document and p.start <= relation.start and relation.end <= p.end),
        None,
    )
    if place is None:
        return None
    start, end = relation.start - place.start, relation.end - place.start
    sentence = place.text[start:end]
    sure = 0.8 * relation.confidence / 0.9
    if wanted.value == "date":
        for value in find_values(sentence, place.language):
            if value.type == DATE and value.key == other:
                written = sentence[value.start : value.end]
                return Fact(page.title, wanted.key, written, moment(written, place.language), place, start, end, sure)
        return None
    entity = graph.entity(other)
    if graph.is_value(other):
        return None
    if wanted.value == "country":
        for first, last, country in countries_in(sentence):
            if country_words().get(entity.name) == country:
                return Fact(page.title, wanted.key, sentence[first:last], frozenset([country]), place, start, end, sure)
        return None
    kinds = {"person": ("PERSON",), "place": ("PLACE", "GPE", "LOC", "LOCATION"), "org": ("ORG",)}.get(wanted.value, ())
    if kinds and entity.type not in kinds:
        return None
    return _named(sentence, (entity.name, *entity.aliases), page, wanted, place, start, end, sure)


def _named(
    sentence: str,
    forms: tuple[str, ...],
    page: Page,
    wanted: Property,
    place: Passage,
    start: int,
    end: int,
    sure: float,
) -> Fact | None:
    for form in sorted(forms, key=len, reverse=True):
        at = sentence.find(form)
        if at >= 0:
            return Fact(page.title, wanted.key, form, frozenset([plain(form)]), place, start, end, sure)
    return None
