"""``/api/search``: the passages that answer to a question."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from apps.api.callers import Caller, needs
from apps.api.schemas import WHOLE, Question, Strict, Within
from apps.api.service import Served

router = APIRouter(prefix="/api", tags=["search"])


class Search(Strict):
    """What is looked for."""

    question: Question
    k: Annotated[int, Field(default=10, ge=1, le=100, description="How many hits, at most."), WHOLE]
    within: Within


class Hit(BaseModel):
    """A passage that was found."""

    document: str
    title: str
    page: int | None
    text: str
    start: int
    end: int
    score: float = Field(description="Higher is better; comparable within one reply.")
    why: str = Field(description="For a person: the ways by which it was found.")
    headings: list[str]
    signals: dict[str, float]


class Hits(BaseModel):
    """What was found, the best first."""

    hits: list[Hit]


@router.post("/search", summary="Find passages")
async def search(body: Search, service: Served, caller: Annotated[Caller, needs("search")]) -> Hits:
    """Find the passages that answer to a question among what the key's viewer may read."""
    found = await service.work.look(
        lambda: service.kb.search(body.question, k=body.k, viewer=caller.viewer, within=body.within)
    )
    return Hits(hits=[Hit(**{**hit.as_dict(), "headings": list(hit.headings)}) for hit in found])
