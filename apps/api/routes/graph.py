"""``/api/graph``: the knowledge graph, as the key's viewer may see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

import rag
from apps.api.callers import Caller, needs
from apps.api.errors import missing
from apps.api.service import Served, Service

router = APIRouter(prefix="/api/graph", tags=["graph"])
T = TypeVar("T")
Name = Annotated[str, Query(min_length=1, max_length=1000, description="A name, an alias or a key.")]
Limit = Annotated[int, Query(ge=1, le=1000)]


class Entity(BaseModel):
    """A thing that documents name."""

    key: str
    name: str
    type: str = Field(examples=["ORG"])
    mentions: int = Field(description="How many passages name it.")
    aliases: list[str]

    @classmethod
    def of(cls, entity: rag.Entity) -> Entity:
        """Return an entity as it is sent."""
        return cls(
            key=entity.key,
            name=entity.name,
            type=entity.type,
            mentions=entity.mentions,
            aliases=list(entity.aliases),
        )


class Evidence(BaseModel):
    """The sentence that something rests on."""

    document: str
    title: str
    page: int | None
    quote: str
    start: int
    end: int


class Relation(Evidence):
    """What a sentence says of two things."""

    subject: str
    predicate: str
    object: str
    confidence: float
    negated: bool
    modality: str
    subject_key: str
    object_key: str
    object_type: str


class Step(Evidence):
    """One link of a path."""

    source: str
    target: str
    predicate: str = Field(description="Empty where the two are only named together.")
    forward: bool = Field(description="Whether the source is the subject.")
    negated: bool


class Neighbour(BaseModel):
    """An entity that is joined to another."""

    entity: Entity
    relations: int = Field(description="How many sentences say something of the two.")
    chunks: int = Field(description="How many passages name both.")


class Entities(BaseModel):
    """Entities, the most mentioned first."""

    entities: list[Entity]


class Neighbourhood(BaseModel):
    """An entity, what is said of it, and what it is joined to."""

    entity: Entity
    documents: list[dict[str, str]] = Field(description="Those that name it: document and title.")
    relations: list[Relation]
    neighbours: list[Neighbour]


class Paths(BaseModel):
    """How two entities hang together, the shortest way first."""

    source: Entity
    target: Entity
    paths: list[list[Step]]


@router.get("/entities", summary="Search entities")
async def entities(
    service: Served,
    caller: Annotated[Caller, needs("graph")],
    contains: Annotated[str, Query(max_length=1000, description="Only where a name holds this.")] = "",
    type: Annotated[
        str, Query(max_length=50, description="Only of this type: PERSON, ORG, PLACE, …; dates and amounts by type.")
    ] = "",
    limit: Limit = 50,
) -> Entities:
    """Find entities, the most mentioned first."""

    def find(explorer: Any) -> Entities:
        found = explorer.entities(type=type.upper(), contains=contains)[:limit]
        return Entities(entities=[Entity.of(entity) for entity in found])

    return await _explore(service, caller, find)


@router.get("/neighbours", summary="See what an entity is joined to")
async def neighbours(
    name: Name, service: Served, caller: Annotated[Caller, needs("graph")], limit: Limit = 50
) -> Neighbourhood:
    """Return an entity with what is said of it, the sentences that say so, and what it is joined to."""

    def look(explorer: Any) -> Neighbourhood:
        entity = _found(explorer, name)
        return Neighbourhood(
            entity=Entity.of(entity),
            documents=[{"document": id, "title": title} for id, title in explorer.documents(entity)[:limit]],
            relations=[Relation(**_plain(fact)) for fact in explorer.facts(entity)[:limit]],
            neighbours=[
                Neighbour(entity=Entity.of(one.entity), relations=one.relations, chunks=one.chunks)
                for one in explorer.neighbours(entity)[:limit]
            ],
        )

    return await _explore(service, caller, look)


@router.get("/paths", summary="See how two entities hang together")
async def paths(
    source: Name,
    target: Name,
    service: Served,
    caller: Annotated[Caller, needs("graph")],
    limit: Annotated[int, Query(ge=1, le=20)] = 3,
) -> Paths:
    """Return the shortest paths between two entities, each step with the sentence that joins them."""

    def look(explorer: Any) -> Paths:
        one, other = _found(explorer, source), _found(explorer, target)
        found = explorer.paths(one, other, limit=limit)
        return Paths(
            source=Entity.of(one),
            target=Entity.of(other),
            paths=[[Step(**_plain(step)) for step in steps] for steps in found],
        )

    return await _explore(service, caller, look)


async def _explore(service: Service, caller: Caller, look: Callable[[Any], T]) -> T:
    return await service.work.look(lambda: look(service.kb.explore(viewer=caller.viewer)))


def _found(explorer: Any, name: str) -> rag.Entity:
    candidates: list[rag.Entity] = explorer.candidates(name)
    if not candidates:
        raise missing("entity", name)
    return candidates[0]


def _plain(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}
