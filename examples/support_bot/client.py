"""A chat service for trying the bot out on one machine: a terminal instead of Slack."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sys
import time
import uuid
from collections.abc import Awaitable, Callable

import httpx

from .bot import Message


def signed(secret: str, body: bytes, at: int) -> dict[str, str]:
    """Return the headers that a chat service sends along."""
    mark = hmac.new(secret.encode(), b"v0:" + str(at).encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={mark}"}


class FakeChat:
    """Sends what is typed to the bot, and shows what it writes.

    Parameters
    ----------
    client
        Speaks to the bot's web application.
    secret
        Requests are signed with it.
    show
        Called with each line for the person at the terminal.
    """

    def __init__(self, client: httpx.AsyncClient, *, secret: str = "", show: Callable[[str], None] = print) -> None:
        self._client = client
        self._secret = secret
        self._show = show
        self.messages: list[Message] = []
        """All that the bot wrote."""

    async def deliver(self, message: Message) -> None:
        """Take a message of the bot."""
        self.messages.append(message)
        text = message.text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        self._show(f"[{message.channel}] {text}")

    async def type(self, text: str, *, user: str = "customer", channel: str = "here", event_id: str = "") -> int:
        """Send a message as a customer, or, in the channel ``agents``, as a person; return the HTTP status."""
        event = {"type": "message", "user": user, "channel": channel, "text": text, "ts": str(time.time())}
        told = {"type": "event_callback", "event_id": event_id or uuid.uuid4().hex, "event": event}
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json"}
        if self._secret:
            headers |= signed(self._secret, body, int(time.time()))
        return (await self._client.post("/events", content=body, headers=headers)).status_code

    async def converse(self, rest: Callable[[], Awaitable[None]], *, user: str = "customer") -> None:
        """Send each line of standard input, and wait until ``rest``; a line ``agents: …`` is a person's."""
        while line := await asyncio.to_thread(sys.stdin.readline):
            text = line.strip()
            if not sys.stdin.isatty():
                self._show(f"> {text}")
            for_agents = text.startswith("agents:")
            channel = "agents" if for_agents else "here"
            await self.type(text.removeprefix("agents:").strip(), user=user, channel=channel)
            await rest()
