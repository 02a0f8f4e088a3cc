"""``/v1/chat/completions``: questions and answers in OpenAI's shape."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

import rag
from apps.api import asking, sse
from apps.api.callers import Caller, needs
from apps.api.chat import Chat, Choice, Completion, Extension, Reply, Usage, check, dialogue
from apps.api.routes import models
from apps.api.schemas import EVENTS
from apps.api.service import MODEL, Served
from apps.api.words import count, cut, pieces
from apps.api.work import while_connected

router = APIRouter(prefix="/v1", tags=["openai"])
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; with stream, chunks of it.",
        "content": EVENTS,
    }
}


@router.post("/chat/completions", response_model=Completion, responses=_EVENTS, summary="Answer a conversation")
async def complete(
    body: Chat, request: Request, service: Served, caller: Annotated[Caller, needs("ask")]
) -> Completion | Response:
    """Answer the last message from what the key's viewer may read; messages before it are what it may refer to.

    Citations, confidence and sources that disagree are in the field `wellspring`. A stream sends the checked answer in
    pieces, not what a model writes before anything is checked; its last chunk has the field.
    """
    models.check(body.model, MODEL)
    check(body, usual_temperature=service.temperature)
    question, history, notes = dialogue(body.messages)
    found = await asking.events(
        service, caller, question, history=history, within=body.within, temperature=body.temperature
    )

    def completed(answer: rag.Answer) -> Completion:
        return _completion(body, answer, question, history, notes)

    if body.stream:
        usage = body.stream_options is not None and body.stream_options.include_usage
        return sse.stream(_chunks(found, completed, usage=usage), operator=caller.may("admin"))
    return completed(await while_connected(request, asking.answer(found)))


def _completion(
    body: Chat, answer: rag.Answer, question: str, history: list[tuple[str, str]], notes: list[str]
) -> Completion:
    text, reason = cut(answer.answer, most=body.most, stops=body.stops)
    read = sum(map(count, (question, *(said for turn in history for said in turn))))
    written = count(text)
    told = answer.as_dict()
    return Completion(
        id=_id(),
        created=int(time.time()),
        model=MODEL,
        choices=[Choice(message=Reply(content=text), finish_reason=reason)],  # type: ignore[arg-type]
        usage=Usage(prompt_tokens=read, completion_tokens=written, total_tokens=read + written),
        wellspring=Extension(**{name: told[name] for name in Extension.model_fields if name in told}, notes=notes),
    )


async def _chunks(
    events: AsyncGenerator[rag.Event], completed: Callable[[rag.Answer], Completion], *, usage: bool
) -> AsyncGenerator[str]:
    head = {"id": _id(), "object": "chat.completion.chunk", "created": int(time.time()), "model": MODEL}

    def chunk(delta: dict[str, Any], *, reason: str | None = None, **more: Any) -> str:
        choices = [{"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}]
        return sse.event({**head, "choices": choices, **({"usage": None} if usage else {}), **more})

    async with aclosing(events):
        yield chunk({"role": "assistant", "content": ""})
        done = completed(await asking.answer(events))
    (choice,) = done.choices
    for piece in pieces(choice.message.content):
        yield chunk({"content": piece})
    yield chunk({}, reason=choice.finish_reason, wellspring=done.wellspring.model_dump())
    if usage:
        yield sse.event({**head, "choices": [], "usage": done.usage.model_dump()})
    yield sse.event("[DONE]")


def _id() -> str:
    return f"chatcmpl-{secrets.token_hex(12)}"
