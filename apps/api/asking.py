"""From a request to answers: what asking has in common, whatever the route."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing

import rag
from apps.api.callers import Caller
from apps.api.errors import Problem
from apps.api.service import Service
from apps.api.work import Events

_RECALLED = 12
"""Turns of a history that are looked at; a conversation remembers fewer."""


async def events(
    service: Service,
    caller: Caller,
    question: str,
    *,
    history: Sequence[tuple[str, str]] = (),
    within: Sequence[str] | None = None,
    temperature: float | None = None,
) -> AsyncGenerator[rag.Event]:
    """Begin to answer, and return what yields what ``Wellspring.stream`` yields. Whoever closes it stops the work.

    Parameters
    ----------
    history
        Questions and answers that came before, the oldest first.
    within
        The documents and folders that are asked; None: all that the caller may read.

    Raises
    ------
    Problem
        Too many questions wait; it is raised here, so that a reply can still say so.
    rag.ScopeError
        There are no such documents; the same.
    """
    if within is not None:
        await service.work.look(lambda: service.kb.documents_within(within, viewer=caller.viewer))
    own = None if temperature == service.temperature else temperature

    def begin() -> Iterator[rag.Event]:
        talk = service.kb.conversation(viewer=caller.viewer, within=within)
        for asked, answer in history[-_RECALLED:]:
            talk.recall(asked, answer)
        return talk.stream(question, temperature=own)

    began = time.perf_counter()
    try:
        return _counted(service, service.work.events(begin), began)
    except Problem:
        service.metrics.unanswered("failed")
        raise


async def answer(events: AsyncGenerator[rag.Event]) -> rag.Answer:
    """Return the checked answer, with which events end."""
    async with aclosing(events) as found:
        async for event in found:
            if isinstance(event, rag.Final):
                return event.answer
    raise AssertionError("a stream ends with its answer")


async def _counted(service: Service, events: Events[rag.Event], began: float) -> AsyncGenerator[rag.Event]:
    answered = False
    try:
        async with aclosing(events) as found:
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
