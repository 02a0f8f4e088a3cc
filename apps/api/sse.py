"""Server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

from fastapi.responses import StreamingResponse

from apps.api.errors import told

_QUIET_SECONDS = 15.0
"""After so long without an event a comment is sent: proxies end connections that say nothing."""


def stream(lines: AsyncGenerator[str], *, operator: bool) -> StreamingResponse:
    """Return the reply that sends events; what goes wrong on the way is sent as the last one."""
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(_sent(lines, operator), media_type="text/event-stream", headers=headers)


def event(data: Any, name: str = "") -> str:
    """Write one event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n" if name else f"data: {text}\n\n"


async def _sent(lines: AsyncGenerator[str], operator: bool) -> AsyncGenerator[str]:
    async with aclosing(_kept_alive(lines)) as alive:
        try:
            async for line in alive:
                yield line
        except Exception as error:
            yield event(told(error, operator=operator).body())


async def _kept_alive(lines: AsyncGenerator[str]) -> AsyncGenerator[str]:
    coming: asyncio.Future[str] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(lines))
            done, _ = await asyncio.wait({coming}, timeout=_QUIET_SECONDS)
            if not done:
                yield ": still at work\n\n"
                continue
            try:
                line = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield line
    finally:
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(coming, return_exceptions=True)
        # One that is being cancelled closes itself, and may not be closed from here meanwhile.
        if coming is None or coming.done():
            await lines.aclose()
