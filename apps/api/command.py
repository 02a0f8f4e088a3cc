"""The command ``rag serve``: the HTTP API."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import click

import rag
from apps.api.keys import Keys

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_GRACE_SECONDS = 5
_BACKLOG = 2048


class _Origin(click.ParamType[str]):
    """A web page's origin, as browsers send it."""

    name = "ORIGIN"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the origin, if it is one."""
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or value != f"{parts.scheme}://{parts.netloc}":
            self.fail(f"{value!r} is no origin: write it as https://www.example.org", param, ctx)
        return value.lower()


@click.command()
@click.option("--kb", type=click.Path(path_type=Path), help="Folder of the knowledge base.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option(
    "--cors",
    "origins",
    multiple=True,
    type=_Origin(),
    help="Let web pages of this origin call (without keys: ask only); repeatable.",
)
@click.option("--llm", help="builtin, provider:model, hf:NAME, a GGUF file, or none.")
@click.option("--answering", type=click.IntRange(1, 256), help="Questions answered at the same time.")
@click.option("--local", is_flag=True, help="Ask for no key although there are some; at this machine's address only.")
def serve(
    kb: Path | None,
    port: int,
    host: str,
    origins: tuple[str, ...],
    llm: str | None,
    answering: int | None,
    local: bool,
) -> None:
    """Serve the HTTP API: OpenAI's routes under /v1, all else under /api.

    Without keys it is for one person at this machine. As soon as 'rag keys create' has made one, every request needs a
    key, also in a server that runs already, and other addresses may be served.
    """
    settings = rag.load_settings({"kb": kb, "llm": llm})
    keys = Keys(settings.kb)
    asked = keys_needed(keys, host, local=local)
    listening = listen(host, port)
    if not settings.kb.is_dir():
        click.echo(f"there is no knowledge base in {settings.kb} yet: it is made, and empty", err=True)
    overrides = {} if llm is None else {"llm": llm}
    with rag.open(settings.kb, tell=lambda line: click.echo(line, err=True), **overrides) as base:
        from apps.api.app import create_app
        from apps.api.work import ANSWERING

        app = create_app(
            base,
            keys=None if local else keys,
            origins=origins,
            largest_upload=settings.max_file_bytes,
            temperature=settings.llm_temperature,
            answering=answering or ANSWERING,
        )
        at = listening.getsockname()[1]
        how = "keys are needed" if asked else "for you alone: no key is needed"
        with _ended_by_signals():
            click.echo(f"Wellspring's API is at http://{f'[{host}]' if ':' in host else host}:{at} ({how})")
            sys.stdout.flush()
            _run(app, listening)
    keys.close()


def keys_needed(keys: Keys, host: str, *, local: bool) -> bool:
    """Tell whether requests need a key.

    Raises
    ------
    click.ClickException
        Serving at ``host`` would let in everyone, or no one.
    """
    every = keys.all()
    now = datetime.now(UTC)
    if host in LOOPBACK:
        # Also where no key is valid any more: a server behind a proxy must not open itself when its last key expires.
        return bool(every) and not local
    if local:
        raise click.ClickException(f"--local is for this machine's own address, not {host}")
    if not any(key.state(now) == "valid" for key in every):
        raise click.ClickException(
            f"{host} can be reached by others, and there is no valid key: make one with 'rag keys create NAME', "
            "or serve at 127.0.0.1"
        )
    return True


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address.

    Raises
    ------
    click.ClickException
        The address cannot be had.
    """
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise click.ClickException(f"{host} is no address of this machine ({error.strerror})") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise click.ClickException(
            f"port {port} of {host} cannot be used ({error.strerror}): choose another with --port, or 0 for any"
        ) from error
    return listening


def _run(app: object, listening: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,
        server_header=False,
        # Whose address a request comes from is nobody's business here, and headers that tell it can be made up.
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        lifespan="on",
    )
    uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP end the command, with status 0.

    uvicorn ends on the signals itself and then raises them again, for whoever was there before.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), interrupt) for name in names}
    try:
        yield
    except KeyboardInterrupt:
        click.echo("", err=True)
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
