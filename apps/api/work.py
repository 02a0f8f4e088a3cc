"""The synchronous core, run in threads: so many at a time, the others wait their turn."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, TypeVar

from fastapi import Request

from apps.api.errors import Problem

T = TypeVar("T")
ANSWERING = max(4, os.cpu_count() or 1)
"""Questions that are answered at the same time."""
_WAITING = 512
"""Requests that may wait for one kind of work; more are turned away."""
_LOOKING = 4
_CHANGING = 2
_STORING = 2
_CHECKING = 1
_END = object()


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class Work:
    """Pools, one a kind of work: none waits for what another does.

    Answers take seconds, changes wait for the job that runs, uploads for a disk; what is looked up takes moments, and
    whether the server lives is told whatever else goes on.

    Parameters
    ----------
    answering
        Questions that are answered at the same time.
    """

    def __init__(self, *, answering: int = ANSWERING) -> None:
        self._answering = _Pool("answering", answering)
        self._looking = _Pool("looking", _LOOKING)
        self._changing = _Pool("changing", _CHANGING)
        self._storing = _Pool("storing", _STORING)
        self._checking = _Pool("checking", _CHECKING)

    def close(self) -> None:
        """Begin nothing new; what waits is dropped."""
        for pool in (self._answering, self._looking, self._changing, self._storing, self._checking):
            pool.close()

    async def look(self, function: Callable[..., T], *values: Any) -> T:
        """Return what a function returns."""
        return await self._looking.run(function, *values)

    async def compute(self, function: Callable[..., T], *values: Any) -> T:
        """Return what a function returns that takes as much as an answer does."""
        return await self._answering.run(function, *values)

    async def change(self, function: Callable[..., T], *values: Any) -> T:
        """Return what a function returns that changes what is indexed: it waits for the job that runs."""
        return await self._changing.run(function, *values)

    async def store(self, function: Callable[..., T], *values: Any) -> T:
        """Return what a function returns that writes files."""
        return await self._storing.run(function, *values)

    async def check(self, function: Callable[..., T], *values: Any) -> T:
        """Return what a function returns that tells whether the server works."""
        return await self._checking.run(function, *values)

    def events(self, begin: Callable[[], Iterator[T]]) -> Events[T]:
        """Begin what yields what the iterator yields that ``begin`` returns.

        Raises
        ------
        Problem
            Too many wait; it is raised here, before anything is sent.
        """
        return Events(self._answering, begin)


class Events(Generic[T]):
    """What an iterator yields that runs in a thread.

    Whoever closes this, or lets go of it, stops the work: the iterator is closed at its next item, or never begun.
    """

    def __init__(self, pool: _Pool, begin: Callable[[], Iterator[T]]) -> None:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Any] = asyncio.Queue()
        gone = threading.Event()

        def tell(item: object) -> None:
            # The loop may be closed by now: nobody waits for it then.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(queue.put_nowait, item)

        # Holds nothing of this object, so that one that nobody ever iterates over goes away, and with it its work.
        def run() -> None:
            try:
                if not gone.is_set():
                    _drain(begin(), tell, gone)
            except BaseException as error:  # it belongs to whoever waits
                tell(_Failure(error))
            else:
                tell(_END)

        self._queue, self._gone = queue, gone
        self._future = pool.submit(run)

    def __aiter__(self) -> Events[T]:
        return self

    async def __anext__(self) -> T:
        if self._gone.is_set():
            raise StopAsyncIteration
        item = await self._queue.get()
        if item is _END or isinstance(item, _Failure):
            self._gone.set()
        if item is _END:
            raise StopAsyncIteration
        if isinstance(item, _Failure):
            raise item.error
        found: T = item
        return found

    async def aclose(self) -> None:
        """Stop the work."""
        self._give_up()

    def _give_up(self) -> None:
        self._gone.set()
        self._future.cancel()

    def __del__(self) -> None:
        # Without its work where too many wait.
        if hasattr(self, "_future"):
            self._give_up()


class _Pool:
    """Threads, and how many wait for them."""

    def __init__(self, name: str, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._waiting = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def run(self, function: Callable[..., T], *values: Any) -> T:
        return await asyncio.wrap_future(self.submit(lambda: function(*values)))

    def submit(self, run: Callable[[], T]) -> Future[T]:
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

        future = self._threads.submit(run)
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
