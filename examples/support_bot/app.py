"""The webhook: events come in as Slack's Events API sends them, and are answered as its chat.postMessage wants it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from .bot import Bot, Message

Send = Callable[[Message], Awaitable[None]]
_LARGEST = 1_000_000
"""Bytes of a request."""
_OLDEST = 300
"""Seconds: an older request may be somebody else's, sent again."""
_REMEMBERED = 10_000
"""Events whose ids are kept: an event that comes twice is answered once."""
_WAITING = 200
"""Messages that may wait to be answered; more are refused, and the sender tries again later."""
_TRIES = 3
_log = logging.getLogger(__name__)


class Desk:
    """Takes messages on at once and answers them later, each customer's in the order in which they came."""

    def __init__(self, bot: Bot, send: Send) -> None:
        self._bot = bot
        self._send = send
        self._last: dict[str, asyncio.Task[None]] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._waiting = 0

    def take(self, event_id: str, user: str, channel: str, text: str) -> bool:
        """Return whether the message is taken; one that is known already is, but nothing more is done about it."""
        if event_id in self._seen:
            return True
        if self._waiting >= _WAITING:
            return False
        self._seen[event_id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        self._waiting += 1
        task = asyncio.create_task(self._answer(self._last.get(user), user, channel, text))
        self._last[user] = task
        task.add_done_callback(lambda done: self._done(user, done))
        return True

    async def rest(self) -> None:
        """Wait until everything is answered."""
        while self._last:
            await asyncio.wait(list(self._last.values()))
            await asyncio.sleep(0)

    async def _answer(self, before: asyncio.Task[None] | None, user: str, channel: str, text: str) -> None:
        if before is not None:
            await asyncio.wait([before])
        try:
            messages = await asyncio.to_thread(self._bot.hear, user, channel, text)
        except Exception:
            # One customer's trouble is not that of the others.
            _log.exception("a message could not be answered")
            return
        for message in messages:
            try:
                await self._send(message)
            except Exception:
                # The next may be for somebody else: the people must hear of a customer whom nothing reaches.
                _log.exception("a message to %s could not be delivered", message.channel)

    def _done(self, user: str, task: asyncio.Task[None]) -> None:
        self._waiting -= 1
        if self._last.get(user) is task:
            del self._last[user]


def create_app(
    bot: Bot, send: Send, *, secret: str = "", close: Callable[[], Awaitable[None]] | None = None
) -> FastAPI:
    """Return the web application.

    Parameters
    ----------
    send
        Delivers what the bot writes.
    secret
        The signing secret: a request that is not signed with it is refused. "": all are taken, so that nobody but this
        machine may reach the address.
    close
        Called at the end, when everything is delivered.
    """
    desk = Desk(bot, send)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await desk.rest()
        if close is not None:
            await close()

    app = FastAPI(title="Support bot", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk

    @app.post("/events")
    async def events(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _refused(413, "the request is too large")
        if secret and not _signed(secret, request, body):
            return _refused(401, "the signature is not right")
        try:
            given = json.loads(body)
            kind = given["type"]
            if kind == "url_verification":
                return JSONResponse({"challenge": str(given["challenge"])})
            event = given["event"] if kind == "event_callback" else {}
            if event.get("type") != "message" or event.get("bot_id") or event.get("subtype"):
                return JSONResponse({})
            message = [given["event_id"], event["user"], event["channel"], event["text"]]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return _refused(400, "that is no event")
        if not all(isinstance(part, str) and len(part) <= _LARGEST for part in message):
            return _refused(400, "that is no event")
        if not desk.take(*message):
            return Response(status_code=503, headers={"Retry-After": "30"})
        return JSONResponse({})

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


class Poster:
    """Delivers messages by posting them, as Slack's chat.postMessage takes them.

    Parameters
    ----------
    url
        Where to.
    token
        Who posts; "": nobody asks.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self._url = url
        self._client = httpx.AsyncClient(timeout=10, headers={"Authorization": f"Bearer {token}"} if token else {})

    async def __call__(self, message: Message) -> None:
        """Deliver a message, in three tries.

        Raises
        ------
        httpx.HTTPError
            It is not delivered.
        """
        for tried in range(1, _TRIES + 1):
            try:
                told = {"channel": message.channel, "text": message.text}
                _check(await self._client.post(self._url, json=told))
                return
            except httpx.HTTPError as error:
                if tried == _TRIES:
                    raise
                _log.warning("a message could not be delivered (%s), trying again", error)
                await asyncio.sleep(tried)

    async def close(self) -> None:
        """Release the connections."""
        await self._client.aclose()


def _check(response: httpx.Response) -> None:
    """Raise where a message was not taken: Slack says so with status 200."""
    response.raise_for_status()
    try:
        told = response.json()
    except ValueError:
        return
    if isinstance(told, dict) and told.get("ok") is False:
        raise httpx.HTTPError(f"the chat service says {told.get('error')!r}")


async def _body(request: Request) -> bytes | None:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST:
            return None
    return body


def _signed(secret: str, request: Request, body: bytes) -> bool:
    """Check the signature as https://api.slack.com/authentication/verifying-requests-from-slack describes it."""
    at = request.headers.get("X-Slack-Request-Timestamp", "")
    if not at.isascii() or not at.isdecimal() or abs(time.time() - int(at[:12])) > _OLDEST:
        return False
    right = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={right}".encode(), request.headers.get("X-Slack-Signature", "").encode())


def _refused(status: int, why: str) -> JSONResponse:
    return JSONResponse({"error": why}, status_code=status)
