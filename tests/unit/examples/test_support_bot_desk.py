"""The support bot's desk: messages come in by webhook, in order and once, and what is said in reply is delivered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from helpers.bases import small_base

from examples.support_bot.__main__ import cli
from examples.support_bot.app import Desk, Poster, create_app
from examples.support_bot.bot import Bot, Message
from examples.support_bot.client import FakeChat, signed


def run(bot: Bot, does: Callable[[FakeChat, Desk], Awaitable[None]], *, secret: str = "s3cret") -> FakeChat:
    async def main() -> FakeChat:
        chats: list[FakeChat] = []

        async def send(message: Message) -> None:
            await chats[0].deliver(message)

        app = create_app(bot, send, secret=secret)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
            chats.append(FakeChat(client, secret=secret, show=lambda line: None))
            await does(chats[0], app.state.desk)
            await app.state.desk.rest()
        return chats[0]

    return asyncio.run(main())


def test_messages_are_answered_in_order_and_once(bot) -> None:
    async def does(chat: FakeChat, desk: Desk) -> None:
        for n, question in enumerate(("How much does the BT3 cost?", "And the SD6?", "How much does it weigh?")):
            assert await chat.type(question, user="a", channel="a", event_id=f"a{n}") == 200
            assert await chat.type(question, user="a", channel="a", event_id=f"a{n}") == 200
            assert await chat.type("hello", user=f"b{n}", channel="b") == 200

    chat = run(bot, does)
    told = [message.text for message in chat.messages if message.channel == "a"]
    assert [number in text for number, text in zip(("1850", "3990", "6 kilograms"), told, strict=True)] == [True] * 3
    assert len([message for message in chat.messages if message.channel == "b"]) == 3


def test_many_customers_at_once(bot) -> None:
    async def does(chat: FakeChat, desk: Desk) -> None:
        for n in range(10):
            question = "How much does the BT3 cost?" if n % 2 else "How much does the SD6 cost?"
            await chat.type(question, user=f"u{n}", channel=f"c{n}")

    chat = run(bot, does)
    assert len(chat.messages) == 10
    for message in chat.messages:
        assert ("1850" if int(message.channel[1:]) % 2 else "3990") in message.text


def test_requests_that_are_refused(bot) -> None:
    async def does(chat: FakeChat, desk: Desk) -> None:
        async def post(body: bytes, *, secret: str = "s3cret", at: int | None = None, **headers: str) -> int:
            mark = signed(secret, body, int(time.time()) if at is None else at)
            return (await chat._client.post("/events", content=body, headers={**mark, **headers})).status_code

        fine = json.dumps({"type": "url_verification", "challenge": "c"}).encode()
        assert await post(fine) == 200
        assert await post(fine, secret="wrong") == 401
        assert await post(fine, at=int(time.time()) - 1000) == 401
        assert await post(fine, **{"X-Slack-Request-Timestamp": "x"}) == 401
        assert (await chat._client.post("/events", content=fine)).status_code == 401
        for bad in (b"", b"{", b"[]", b"null", b'{"type":"event_callback"}', b"[" * 50_000, b'{"type":[]}'):
            assert await post(bad) in (200, 400)
        event = {"type": "message", "user": "u", "channel": "c", "text": ["a"]}
        assert await post(json.dumps({"type": "event_callback", "event_id": "1", "event": event}).encode()) == 400
        assert await post(b" " * 1_000_001) == 413
        own = {**event, "text": "hello", "bot_id": "B1"}
        assert await post(json.dumps({"type": "event_callback", "event_id": "2", "event": own}).encode()) == 200

    assert run(bot, does).messages == []


def test_too_many_waiting_messages_are_put_off(bot, monkeypatch) -> None:
    monkeypatch.setattr("examples.support_bot.app._WAITING", 2)

    async def does(chat: FakeChat, desk: Desk) -> None:
        status = [await chat.type("hello", user="u", event_id=str(n)) for n in range(3)]
        assert status == [200, 200, 503]
        await desk.rest()
        assert await chat.type("hello", user="u", event_id="2") == 200

    assert len(run(bot, does).messages) == 3


def test_trouble_with_one_message_does_not_stop_the_next(bot, caplog) -> None:
    class Broken(Bot):
        def hear(self, user: str, channel: str, text: str) -> list[Message]:
            if text == "break":
                raise OSError("broken")
            return [Message(channel, text)]

    async def does(chat: FakeChat, desk: Desk) -> None:
        await chat.type("break")
        await chat.type("fine")

    bot.__class__ = Broken
    assert [message.text for message in run(bot, does).messages] == ["fine"]
    assert "could not be answered" in caplog.text


def chat_service(answer: Callable[[dict[str, str]], httpx.Response], monkeypatch) -> httpx.AsyncClient:
    """Return the client that the next poster has: ``answer`` takes what it posts."""
    transport = httpx.MockTransport(lambda request: answer(json.loads(request.content)))
    client, kind = httpx.AsyncClient(transport=transport), httpx.AsyncClient

    def make(**options: Any) -> httpx.AsyncClient:
        if "headers" not in options:
            return kind(**options)
        client.headers.update(options["headers"])
        return client

    monkeypatch.setattr("examples.support_bot.app.httpx.AsyncClient", make)
    return client


@pytest.mark.parametrize("refusal", [httpx.Response(500), httpx.Response(200, json={"ok": False, "error": "no"})])
def test_a_delivery_is_tried_again(monkeypatch, refusal) -> None:
    got: list[dict[str, str]] = []

    def answer(told: dict[str, str]) -> httpx.Response:
        got.append(told)
        return refusal if len(got) < 2 else httpx.Response(200, text="ok")

    client = chat_service(answer, monkeypatch)
    asyncio.run(Poster("http://chat/post", "t")(Message("c", "hi")))
    assert got == [{"channel": "c", "text": "hi"}] * 2
    assert client.headers["Authorization"] == "Bearer t"


def test_a_message_that_is_never_taken_is_no_delivery(monkeypatch) -> None:
    monkeypatch.setattr("examples.support_bot.app._TRIES", 1)
    chat_service(lambda told: httpx.Response(200, json={"ok": False, "error": "channel_not_found"}), monkeypatch)
    with pytest.raises(httpx.HTTPError, match="channel_not_found"):
        asyncio.run(Poster("http://chat/post")(Message("c", "hi")))


def test_the_people_hear_of_a_customer_whom_nothing_reaches(bot, caplog) -> None:
    got: list[str] = []

    async def send(message: Message) -> None:
        if message.channel != "agents":
            raise OSError("broken")
        got.append(message.text)

    async def main() -> None:
        desk = Desk(bot, send)
        desk.take("1", "unreached", "here", "I want to talk to a person")
        await desk.rest()

    asyncio.run(main())
    assert "unreached needs a person" in got[0]
    assert "a message to here could not be delivered" in caplog.text


def test_the_channel_of_the_people_is_named(tmp_path, monkeypatch) -> None:
    small_base(tmp_path, {"bt3.md": "# BT3\n\nThe BT3 costs 1850 pounds.\n"})[0].close()
    for name, value in {"EMBEDDER": "hash", "LLM": "none", "READER": "none"}.items():
        monkeypatch.setenv(f"WELLSPRING_{name}", value)
    posted: list[dict[str, str]] = []
    client = chat_service(lambda told: posted.append(told) or httpx.Response(200, json={"ok": True}), monkeypatch)

    async def talk(app: FastAPI) -> None:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as customers,
        ):
            for text, channel in (("human", "C7"), ("done customer", "C024BE91L")):
                assert await FakeChat(customers).type(text, channel=channel) == 200
                await app.state.desk.rest()

    monkeypatch.setattr("uvicorn.run", lambda app, **options: asyncio.run(talk(app)))
    monkeypatch.delenv("SUPPORT_BOT_SECRET", raising=False)
    command = ["serve", "--kb", str(tmp_path), "--reply-to", "http://x", "--agents", "C024BE91L"]
    run = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert run.exit_code == 0, run.output
    assert [one["channel"] for one in posted] == ["C7", "C024BE91L", "C7"]
    assert "I am back" in posted[-1]["text"]
    assert client.is_closed
