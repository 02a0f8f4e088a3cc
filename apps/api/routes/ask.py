"""``/api/ask``: a question and its checked answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

import rag
from apps.api import asking, sse
from apps.api.callers import Caller, needs
from apps.api.schemas import EVENTS, Answer, Passage, Question, Strict, Within
from apps.api.service import Served
from apps.api.work import while_connected

router = APIRouter(prefix="/api", tags=["ask"])


class Turn(Strict):
    """A question that was asked before, and its answer."""

    question: Question
    answer: Annotated[str, Field(max_length=100_000)]


class Ask(Strict):
    """A question."""

    question: Question
    history: Annotated[
        list[Turn],
        Field(default=[], max_length=1000, description="What came before, the oldest first, for follow-up questions."),
    ]
    within: Within
    temperature: Annotated[
        float | None, Field(default=None, ge=0, le=2, description="The chat model's; null: as set up.")
    ]
    stream: Annotated[bool, Field(default=False, description="Send server-sent events: found, (draft), final.")]
    drafts: Annotated[
        bool,
        Field(
            default=False, description="With stream: also send what the chat model writes before anything is checked."
        ),
    ]


_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; with stream, the events found, draft and final.",
        "content": EVENTS,
    }
}


@router.post("/ask", response_model=Answer, responses=_EVENTS, summary="Answer a question")
async def ask(
    body: Ask, request: Request, service: Served, caller: Annotated[Caller, needs("ask")]
) -> Answer | Response:
    """Answer a question from what the key's viewer may read, with citations, or say that the documents do not tell."""
    history = [(turn.question, turn.answer) for turn in body.history]
    found = await asking.events(
        service, caller, body.question, history=history, within=body.within, temperature=body.temperature
    )
    if body.stream:
        return sse.stream(_lines(found, drafts=body.drafts), operator=caller.may("admin"))
    answer = await while_connected(request, asking.answer(found))
    return Answer(**answer.as_dict())


async def _lines(events: AsyncGenerator[rag.Event], *, drafts: bool) -> AsyncGenerator[str]:
    async with aclosing(events) as found:
        async for event in found:
            match event:
                case rag.Found(passages):
                    sent = [Passage.of(passage).model_dump() for passage in passages]
                    yield sse.event({"passages": sent}, "found")
                case rag.Draft(text) if drafts:
                    yield sse.event({"text": text}, "draft")
                case rag.Final(answer):
                    yield sse.event(answer.as_dict(), "final")
