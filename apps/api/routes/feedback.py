"""``/api/feedback``: what people thought of answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

import rag
from apps.api.callers import Caller, needs
from apps.api.errors import Problem, missing
from apps.api.schemas import Answer, Strict
from apps.api.service import Served

router = APIRouter(prefix="/api", tags=["feedback"])
_LONGEST = 50_000
"""Characters of an answer, with its citations."""


class Rated(Answer):
    """An answer, as ``/api/ask`` gave it."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    @model_validator(mode="after")
    def _short_enough(self) -> Self:
        if len(self.model_dump_json()) > _LONGEST:
            raise ValueError("it is too long")
        return self


class NewFeedback(Strict):
    """What somebody thinks of an answer."""

    answer: Rated = Field(description="As /api/ask gave it.")
    helpful: bool
    comment: Annotated[str, Field(default="", max_length=4000, description="Of a wrong answer: what is right.")]


class FeedbackId(BaseModel):
    """Names feedback that is kept."""

    id: str


class Feedback(BaseModel):
    """Feedback that is kept."""

    id: str
    viewer: str
    question: str = Field(description="Empty where another viewer's answer is null.")
    answer: Answer | None = Field(
        description="Null where it rests on a document that the key's viewer may not read now."
    )
    helpful: bool
    comment: str = Field(description="Empty where another viewer's answer is null.")
    when: datetime


class FeedbackList(BaseModel):
    """Feedback, the newest first."""

    feedback: list[Feedback]


@router.post("/feedback", status_code=201, summary="Rate an answer")
async def rate(body: NewFeedback, service: Served, caller: Annotated[Caller, needs("ask")]) -> FeedbackId:
    """Keep what the key's viewer thinks of an answer, instead of what was thought before."""
    answer = rag.Answer.from_dict(body.answer.model_dump())

    def keep() -> str:
        journal = service.kb.journal
        return journal.rate(answer, helpful=body.helpful, viewer=caller.viewer, comment=body.comment)

    try:
        return FeedbackId(id=await service.work.look(keep))
    except rag.FullError as error:
        raise Problem(
            429, "So much feedback of this viewer is kept that no more is taken.", code="too_much_feedback"
        ) from error


@router.get("/feedback", summary="List feedback")
async def listed(
    service: Served,
    caller: Annotated[Caller, needs("feedback")],
    everyone: Annotated[bool, Query(description="All viewers' feedback; needs the scope admin.")] = False,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> FeedbackList:
    """List the feedback of the key's viewer, or everybody's as far as that viewer may read the answers."""
    if everyone:
        caller.require("admin")
    found = await service.work.look(
        lambda: service.kb.journal.feedback(viewer=caller.viewer, everyone=everyone, limit=limit, offset=offset)
    )
    return FeedbackList(feedback=[Feedback(**one.as_dict()) for one in found])


@router.delete("/feedback/{id}", summary="Withdraw feedback")
async def withdraw(id: str, service: Served, caller: Annotated[Caller, needs("feedback")]) -> FeedbackId:
    """Delete feedback of the key's viewer."""
    try:
        await service.work.look(lambda: service.kb.journal.withdraw(id, viewer=caller.viewer))
    except rag.NotKeptError as error:
        raise missing("feedback", id) from error
    return FeedbackId(id=id)
