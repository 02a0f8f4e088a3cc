"""Streams for asyncio: the work is done in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from contextvars import copy_context
from typing import TypeVar

from rag.records import Answer, Event, Final

T = TypeVar("T")


class _End:
    """What follows the last event."""


_END = _End()


async def in_thread(
    make: Callable[[], Iterator[T]], *, submit: Callable[[Callable[[], None]], asyncio.Future[None]] | None = None
) -> AsyncGenerator[T]:
    """Yield what an iterator yields that is made, and gone through, in one worker thread.

    When the loop over it is left, or its task cancelled, the iterator is closed after the event that it is at work on;
    one that still waits for a thread is never made.

    Parameters
    ----------
    submit
        Has a function run in a thread; cancelling what it returns takes the function back. None: asyncio's own threads.
    """
    # One thread for all of it: a step of LangChain's must end in the context in which it began.
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[T | _End] = asyncio.Queue()
    stopped = threading.Event()

    def work() -> None:
        if stopped.is_set():
            return
        events = make()
        try:
            for event in events:
                if stopped.is_set():
                    return
                loop.call_soon_threadsafe(queue.put_nowait, event)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()

    def ended(done: asyncio.Future[None]) -> None:
        if not done.cancelled():
            # Looked at, so that asyncio does not complain where nobody waits for it any more.
            done.exception()
        queue.put_nowait(_END)

    working = (submit or _in_context)(work)
    working.add_done_callback(ended)
    try:
        while not isinstance(event := await queue.get(), _End):
            yield event
        await working
    finally:
        stopped.set()
        # Where no thread was free yet, it is not begun for nobody.
        working.cancel()


def _in_context(work: Callable[[], None]) -> asyncio.Future[None]:
    return asyncio.get_running_loop().run_in_executor(None, copy_context().run, work)


async def last_answer(events: AsyncGenerator[Event]) -> Answer:
    """Return the answer that a stream ends with."""
    answer = None
    async with aclosing(events) as stream:
        async for event in stream:
            if isinstance(event, Final):
                answer = event.answer
    assert answer
    return answer
