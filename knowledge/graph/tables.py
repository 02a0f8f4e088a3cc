"""The graph as lists of numbers and strings: made from the rows, and kept as JSON and arrays, which load fast."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.graph.places import Places
from knowledge.names import NameIndex
from knowledge.records import ALIAS, Chunk, DocumentEntity, Edit, Mention, Relation
from knowledge.resolve import entity_key, without_parenthesis
from knowledge.resolve.corpus import resolve_corpus
from knowledge.resolve.forms import legal, normal
from knowledge.types import ORG, VALUES

FILE = "graph.json"
EntityRow = tuple[str, str, str, list[str]]
"""(key, name, type, aliases)."""
RelationRow = tuple[int, str, int, int, int, int, float, int, str]
"""(subject's number, predicate, object's number, chunk's number, start, end, confidence, negated, modality)."""


@dataclass(slots=True)
class Tables:
    """A *number* is a place in ``documents``, ``entities`` or ``chunks``."""

    documents: list[tuple[str, str]] = field(default_factory=list)
    """(id, title), by id."""
    entities: list[EntityRow] = field(default_factory=list)
    """By key; only those that a chunk names."""
    chunks: list[tuple[int, int]] = field(default_factory=list)
    """(id, document's number), in the store's order."""
    names: list[list[int]] = field(default_factory=list)
    """The numbers of the other documents whose titles stand in each chunk, ascending."""
    titled: list[list[int]] = field(default_factory=list)
    """The numbers of the entities whose name is each document's title, ascending."""
    relations: list[RelationRow] = field(default_factory=list)
    """By chunk, start, end."""
    places: Places = field(default_factory=lambda: Places.build((), chunks=0, entities=0))
    """Which entities each chunk names, and where."""

    @classmethod
    def load(cls, folder: Path) -> Tables:
        """Read what ``save`` wrote."""
        lists = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(**lists, places=Places.load(folder))

    def save(self, folder: Path) -> None:
        """Write into ``folder``."""
        self.places.save(folder)
        tables = {name: getattr(self, name) for name in self.__slots__ if name != "places"}
        text = json.dumps(tables, ensure_ascii=False, separators=(",", ":"))
        (folder / FILE).write_text(text, encoding="utf-8")


def tables_of(
    chunks: Sequence[Chunk],
    entities: Iterable[DocumentEntity],
    mentions: Iterable[Mention],
    relations: Iterable[Relation],
    edits: Iterable[Edit],
) -> Tables:
    """Return the tables of these rows; the order of the rows does not matter, that of the edits does."""
    chunks = sorted(chunks, key=lambda chunk: (chunk.document_id, chunk.ordinal))
    number = {chunk.id: place for place, chunk in enumerate(chunks)}
    known = sorted(entities, key=lambda entity: (entity.document_id, entity.key))
    named = sorted(
        (mention for mention in mentions if mention.chunk_id in number),
        key=lambda m: (number[m.chunk_id], m.start, m.end, m.entity, m.name),
    )
    said = sorted(
        (relation for relation in relations if relation.chunk_id in number),
        key=lambda r: (number[r.chunk_id], r.start, r.end, r.subject, r.predicate, r.object, r.confidence),
    )
    of_chunk = {chunk.id: chunk.document_id for chunk in chunks}
    resolution = resolve_corpus(known, named, of_chunk, said, tuple(edits))
    of = resolution.of

    tables = Tables(documents=list({chunk.document_id: chunk.title for chunk in chunks}.items()))
    document = {key: place for place, (key, _) in enumerate(tables.documents)}
    tables.chunks = [(chunk.id, document[chunk.document_id]) for chunk in chunks]
    found = [(number[m.chunk_id], of.get((of_chunk[m.chunk_id], m.entity))) for m in named]
    titles = dict(tables.documents)
    # What a document is about is there even where its text never names it.
    about = {of[e.document_id, e.key] for e in known if titles.get(e.document_id, "").strip() == e.name}
    witnessed = {key for _, key in found} | about
    rows = sorted((entity for entity in resolution.entities if entity.key in witnessed), key=lambda e: e.key)
    tables.entities = [(e.key, e.name, e.type, list(e.aliases)) for e in rows]
    entity = {e.key: place for place, e in enumerate(rows)}
    begins = [chunk.start for chunk in chunks]
    tables.places = Places.build(
        (
            (place, entity[key], m.start - begins[place], m.end - begins[place])
            for m, (place, key) in zip(named, found, strict=True)
            if key in entity
        ),
        chunks=len(chunks),
        entities=len(rows),
    )
    for r in said:
        subject = entity.get(of.get((of_chunk[r.chunk_id], r.subject), ""))
        target = entity.get(of.get((of_chunk[r.chunk_id], r.object), ""))
        if subject is None or target is None or (subject == target and r.predicate == ALIAS):
            continue
        place = number[r.chunk_id]
        row = (subject, r.predicate, target, place, r.start, r.end, r.confidence, int(r.negated), r.modality)
        tables.relations.append(row)
    tables.names = _names(tables, chunks)
    tables.titled = _titled(tables)
    return tables


def title_index(tables: Tables) -> NameIndex:
    """Return what finds document ids by the titles in a text."""
    return NameIndex((form, key) for key, title in tables.documents for form in title_forms(title))


def title_forms(title: str) -> list[str]:
    """Return a title with and without a parenthesis at its end."""
    return sorted({title, without_parenthesis(title)})


def by_form(tables: Tables, *, values: bool = True) -> dict[str, list[int]]:
    """Return the numbers of the entities by what ``entity_key`` makes of their keys, names and aliases."""
    found: dict[str, list[int]] = {}
    for place, (key, name, kind, aliases) in enumerate(tables.entities):
        if values or kind not in VALUES:
            forms = {key, *map(entity_key, (name, *aliases))}
            # "Acme" asks for "Acme Ltd" too, "K7" for "K-7".
            forms |= {legal(form)[0] if kind == ORG else normal(form) for form in (name, *aliases)}
            for form in forms:
                found.setdefault(form, []).append(place)
    return found


def _names(tables: Tables, chunks: Sequence[Chunk]) -> list[list[int]]:
    titles = title_index(tables)
    document = {key: place for place, (key, _) in enumerate(tables.documents)}
    names = []
    for chunk in chunks:
        found = {document[hit.key] for hit in titles.find(chunk.text)}
        names.append(sorted(d for d in found if tables.documents[d][1] != chunk.title))
    return names


def _titled(tables: Tables) -> list[list[int]]:
    """Prefer the entities that the document itself names; of others only the one that nothing else is called like."""
    own: list[set[int]] = [set() for _ in tables.documents]
    for chunk, (_, document) in enumerate(tables.chunks):
        own[document].update(tables.places.named(chunk))
    forms = by_form(tables, values=False)
    titled = []
    for (_, title), mine in zip(tables.documents, own, strict=True):
        found: set[int] = set()
        for form in title_forms(title):
            bearers = forms.get(entity_key(form), [])
            found.update(mine.intersection(bearers) or (bearers if len(bearers) == 1 else ()))
        titled.append(sorted(found))
    return titled
