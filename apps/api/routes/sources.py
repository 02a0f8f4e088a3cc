"""``/api/sources``: the places that documents come from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from apps.api.callers import Caller, needs
from apps.api.errors import missing
from apps.api.routes.jobs import Job, begin
from apps.api.schemas import Strict
from apps.api.service import Served

router = APIRouter(prefix="/api", tags=["sources"])
_Patterns = list[Annotated[str, Field(min_length=1, max_length=1000)]]


class Source(BaseModel):
    """A place that documents come from."""

    location: str = Field(examples=["/srv/documents"])


class SourceList(BaseModel):
    """The sources that are remembered."""

    sources: list[Source]


class NewSource(Strict):
    """A place to take documents from."""

    location: Annotated[
        str,
        Field(
            min_length=1,
            max_length=4096,
            description="A path on the server, or a URL that it can reach.",
            examples=["/srv/documents"],
        ),
    ]
    readers: Annotated[
        _Patterns | None,
        Field(
            default=None,
            min_length=1,
            description="Who may read it: user:ID, group:NAME, *. Null: as remembered, at first everyone.",
            examples=[["group:hr"]],
        ),
    ]
    include: Annotated[_Patterns | None, Field(default=None, description="Only these files (gitignore's syntax).")]
    exclude: Annotated[_Patterns | None, Field(default=None, description="Not these files (gitignore's syntax).")]
    recursive: Annotated[bool | None, Field(default=None, description="Whether to go into folders.")]


class Forgotten(BaseModel):
    """A source that is none any more."""

    location: str
    forgotten: bool = True


@router.get("/sources", summary="List sources")
async def listed(service: Served, caller: Annotated[Caller, needs("admin")]) -> SourceList:
    """List the places that documents come from."""
    found = await service.work.look(service.kb.sources)
    return SourceList(sources=[Source(location=location) for location in found])


@router.post("/sources", status_code=202, summary="Add a source")
async def add(body: NewSource, service: Served, caller: Annotated[Caller, needs("admin")]) -> Job:
    """Begin a job that brings the documents of a place in; the place is remembered."""
    options = body.model_dump(exclude={"location"}, exclude_none=True)
    return Job.of(begin(service, caller, body.location, **options), caller)


@router.delete("/sources", summary="Forget a source")
async def forget(
    location: Annotated[str, Query(min_length=1, max_length=4096)],
    service: Served,
    caller: Annotated[Caller, needs("admin")],
) -> Forgotten:
    """Forget a source and delete what is stored of its documents; the originals are not touched."""
    if location not in await service.work.look(service.kb.sources):
        raise missing("source", location)
    await service.work.change(service.kb.forget, location)
    return Forgotten(location=location)
