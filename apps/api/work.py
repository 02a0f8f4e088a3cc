"""The synchronous core, run in threads: so many at a time, the others wait their turn."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from fastapi import Request

from apps.api.errors import Problem

T = TypeVar("T")
ANSWERING = max(4, os.cpu_count() or 1)
"""Questions that are answered at the same time."""
_WAITING = 512
"""Requests that may wait; more are turned away."""
_LOOKING = 4
_CHANGING = 2
_END = object()


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class Work:
    """Three pools: answers take seconds, changes wait for the job that runs, and what is looked up waits for neither.

    Parameters
    ----------
    answering
        Questions that are answered at the same time.
    """

    def __init__(self, *, answering: int = ANSWERING) -> None:
        self._answering = ThreadPoolExecutor(answering, thread_name_prefix="answering")
        self._looking = ThreadPoolExecutor(_LOOKING, thread_name_prefix="looking")
        self._changing = ThreadPoolExecutor(_CHANGING, thread_name_prefix="changing")
        self._waiting = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Begin nothing new; what waits is dropped."""
        for pool in (self._answering, self._looking, self._changing):
            pool.shutdown(wait=False, cancel_futures=True)

    async def look(self, function: Callable[..., T], *values: Any) -> T:
        """Return what a function returns."""
        return await asyncio.wrap_future(self._submit(self._looking, lambda: function(*values)))

    async def change(self, function: Callable[..., T], *values: Any) -> T:
        """Return what a function returns that changes the knowledge base."""
        return await asyncio.wrap_future(self._submit(self._changing, lambda: function(*values)))

    async def events(self, begin: Callable[[], Iterator[T]]) -> AsyncGenerator[T]:
        """Yield what the iterator yields that ``begin`` returns.

        Whoever stops iterating stops the work: the iterator is closed at its next item, or never begun.
        """
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Any] = asyncio.Queue()
        gone = threading.Event()

        def tell(item: object) -> None:
            # The loop may be closed by now: nobody waits for it then.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(queue.put_nowait, item)

        def run() -> None:
            try:
                if not gone.is_set():
                    _drain(begin(), tell, gone)
            except BaseException as error:  # it belongs to whoever waits
                tell(_Failure(error))
            else:
                tell(_END)

        future = self._submit(self._answering, run)
        try:
            while (item := await queue.get()) is not _END:
                if isinstance(item, _Failure):
                    raise item.error
                yield item
        finally:
            gone.set()
            future.cancel()

    def _submit(self, pool: ThreadPoolExecutor, run: Callable[[], T]) -> Future[T]:
        with self._lock:
            if self._waiting >= _WAITING:
                raise Problem(
                    503,
                    "Too many requests are waiting; try again in a while.",
                    code="overloaded",
                    headers={"Retry-After": "5"},
                )
            self._waiting += 1

        def done(_: Future[T]) -> None:
            with self._lock:
                self._waiting -= 1

        future = pool.submit(run)
        future.add_done_callback(done)
        return future


def _drain(iterator: Iterator[Any], tell: Callable[[object], None], gone: threading.Event) -> None:
    try:
        for item in iterator:
            if gone.is_set():
                return
            tell(item)
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """Return what ``work`` returns; it is cancelled when the client hangs up.

    Raises
    ------
    Problem
        The client has hung up; nobody will read this.
    """

    async def hung_up() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(hung_up())
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Problem(499, "The client hung up.", code="client_closed_request")
        return working.result()
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)
