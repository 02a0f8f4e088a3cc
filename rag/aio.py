"""Streams for asyncio: the work is done in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

from rag.records import Answer, Event, Final


async def in_thread(make: Callable[[], Iterator[Event]]) -> AsyncIterator[Event]:
    """Yield what an iterator yields that is made, and gone through, in one worker thread.

    When the loop over it is left, or its task cancelled, the iterator is closed after the event that it is at work on.
    """
    # One thread for all of it: a step of LangChain's must end in the context in which it began.
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    stopped = threading.Event()

    def work() -> None:
        events: Any = make()
        try:
            for event in events:
                if stopped.is_set():
                    return
                loop.call_soon_threadsafe(queue.put_nowait, event)
        finally:
            events.close()

    def ended(done: asyncio.Future[None]) -> None:
        if not done.cancelled():
            # Looked at, so that asyncio does not complain where nobody waits for it any more.
            done.exception()
        queue.put_nowait(None)

    working = asyncio.ensure_future(asyncio.to_thread(work))
    working.add_done_callback(ended)
    try:
        while (event := await queue.get()) is not None:
            yield event
        await working
    finally:
        stopped.set()


async def last_answer(events: AsyncIterator[Event]) -> Answer:
    """Return the answer that a stream ends with."""
    answer = None
    async with aclosing(events) as stream:  # type: ignore[type-var]
        async for event in stream:
            if isinstance(event, Final):
                answer = event.answer
    assert answer
    return answer
