"""From a request to answers: what asking has in common, whatever the route."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing

import rag
from apps.api.callers import Caller
from apps.api.service import Service

_RECALLED = 12
"""Turns of a history that are looked at; a conversation remembers fewer."""


async def events(
    service: Service,
    caller: Caller,
    question: str,
    *,
    history: Sequence[tuple[str, str]] = (),
    temperature: float | None = None,
) -> AsyncGenerator[rag.Event]:
    """Yield what ``Wellspring.stream`` yields. Whoever stops iterating stops the work.

    Parameters
    ----------
    history
        Questions and answers that came before, the oldest first.
    """

    own = None if temperature == service.temperature else temperature

    def begin() -> Iterator[rag.Event]:
        talk = service.kb.conversation(viewer=caller.viewer)
        for asked, answer in history[-_RECALLED:]:
            talk.recall(asked, answer)
        return talk.stream(question, temperature=own)

    began = time.perf_counter()
    answered = False
    try:
        async with aclosing(service.work.events(begin)) as found:
            async for event in found:
                if isinstance(event, rag.Final):
                    answered = True
                    service.metrics.answer(event.answer, time.perf_counter() - began)
                yield event
    except Exception:
        service.metrics.unanswered("failed")
        raise
    except BaseException:
        if not answered:
            service.metrics.unanswered("cancelled")
        raise


async def answer(
    service: Service,
    caller: Caller,
    question: str,
    *,
    history: Sequence[tuple[str, str]] = (),
    temperature: float | None = None,
) -> rag.Answer:
    """Return the checked answer."""
    async with aclosing(events(service, caller, question, history=history, temperature=temperature)) as found:
        async for event in found:
            if isinstance(event, rag.Final):
                return event.answer
    raise AssertionError("a stream ends with its answer")
