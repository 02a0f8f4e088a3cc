"""Start the bot: ``python -m examples.support_bot --help``."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import httpx
import uvicorn

import rag

from .app import Poster, create_app
from .bot import Bot, Message
from .client import FakeChat
from .states import States

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _options(command: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option("--kb", type=click.Path(path_type=Path, exists=True), required=True, help="The knowledge base."),
        click.option("--groups", default="", help="Groups that every customer belongs to, with commas between."),
        click.option("--threshold", default=0.5, show_default=True, type=click.FloatRange(0, 1)),
        click.option("--patience", default=1, show_default=True, type=click.IntRange(1)),
    ):
        command = option(command)
    return command


@contextmanager
def _opened(kb: Path, groups: str, *, agents: str = "agents", **options: Any) -> Iterator[Bot]:
    named = frozenset(group.strip() for group in groups.split(",") if group.strip())
    with (
        rag.open(kb, tell=lambda line: click.echo(line, err=True)) as base,
        closing(States(base.folder / "support_bot.sqlite")) as states,
    ):
        yield Bot(base, states, groups=named, agents=agents, **options)


@click.group()
def cli() -> None:
    """Answer customers' messages from a knowledge base."""


@cli.command()
@_options
@click.option("--reply-to", required=True, help="Where messages are posted, such as Slack's chat.postMessage.")
@click.option("--agents", required=True, metavar="CHANNEL", help="The people's channel, as events name it: C024BE91L.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8710, show_default=True, type=click.IntRange(1, 65535))
def serve(kb: Path, reply_to: str, host: str, port: int, **options: Any) -> None:
    """Serve the webhook. SUPPORT_BOT_SECRET is the signing secret, SUPPORT_BOT_TOKEN the token for replies."""
    secret = os.environ.get("SUPPORT_BOT_SECRET", "")
    if not secret and host not in _LOOPBACK:
        raise click.ClickException("without SUPPORT_BOT_SECRET anybody could write: serve at 127.0.0.1 or set it")
    with _opened(kb, **options) as bot:
        send = Poster(reply_to, os.environ.get("SUPPORT_BOT_TOKEN", ""))
        app = create_app(bot, send, secret=secret, close=send.close)
        uvicorn.run(app, host=host, port=port, log_level="warning")


@cli.command()
@_options
@click.option("--user", default="customer", show_default=True, help="Which customer: the bot remembers each.")
def chat(kb: Path, user: str, **options: Any) -> None:
    """Talk to the bot in the terminal, through the same webhook; lines from a pipe are sent one by one."""
    logging.getLogger("httpx").setLevel(logging.WARNING)

    async def main(bot: Bot) -> None:
        chats: list[FakeChat] = []

        async def send(message: Message) -> None:
            await chats[0].deliver(message)

        app = create_app(bot, send, secret="local")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
            chats.append(FakeChat(client, secret="local", show=click.echo))
            await chats[0].converse(app.state.desk.rest, user=user)

    with _opened(kb, **options) as bot:
        asyncio.run(main(bot))


if __name__ == "__main__":
    cli()
