"""The command ``rag ui``: serves the pages from a child process, on this machine only."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import click

import rag
from apps.text import LANGUAGES

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""The only addresses that are served without sign-in: the page does not know who asks then."""

_APP = Path(__file__).with_name("app.py")
_STARTUP_SECONDS = 120
_GRACE_SECONDS = 5
_LOOK_SECONDS = 0.1

_THEME = {
    "theme.light.primaryColor": "#0f766e",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f3f6f6",
    "theme.light.textColor": "#1c2b2d",
    "theme.dark.primaryColor": "#2cb5a5",
    "theme.dark.backgroundColor": "#14191b",
    "theme.dark.secondaryBackgroundColor": "#1e2629",
    "theme.dark.textColor": "#e4ecec",
    "theme.paddingTop": "3.5rem",
    "theme.baseRadius": "0.5rem",
    "theme.headingFontSizes": '["1.9rem","1.45rem","1.15rem","1rem","1rem","1rem"]',
}


@click.command()
@click.option("--kb", type=click.Path(path_type=Path), help="Folder of the knowledge base.")
@click.option("--port", default=8501, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of this machine to serve at.")
@click.option("--viewer", metavar="ID[,GROUP…]", help="On whose behalf; default: what everyone may read.")
@click.option("--auth", is_flag=True, help="Have people sign in (OpenID Connect, set up in .streamlit/secrets.toml).")
@click.option("--groups-claim", default="groups", show_default=True, help="With --auth: the claim with their groups.")
@click.option("--editors", metavar="GROUP", help="With --auth: only this group adds and deletes documents.")
@click.option(
    "--language",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", *LANGUAGES]),
    help="Of the page; auto: the browser's.",
)
def ui(
    kb: Path | None,
    port: int,
    host: str,
    viewer: str | None,
    auth: bool,
    groups_claim: str,
    editors: str | None,
    language: str,
) -> None:
    """Serve the page where people ask and keep the library."""
    if host not in LOOPBACK and not auth:
        raise click.ClickException(
            f"{host} is not this machine's own address, and nobody would have to sign in: "
            "add --auth, or serve at 127.0.0.1 and put a proxy with sign-in, or an SSH tunnel, before it"
        )
    if auth and viewer:
        raise click.UsageError("--viewer and --auth exclude each other: with --auth the viewer is who has signed in")
    if auth and find_spec("authlib") is None:
        raise click.ClickException("--auth needs a library that is not installed: pip install 'wellspring[auth]'")
    settings = rag.load_settings({"kb": kb})
    port = free_port(host, port)
    if not settings.kb.is_dir():
        click.echo(f"there is no knowledge base in {settings.kb} yet: it is made, and empty", err=True)
    arguments = ["--kb", str(settings.kb.absolute()), "--language", language]
    if viewer:
        arguments += ["--viewer", viewer]
    if auth:
        arguments += ["--auth", "--groups-claim", groups_claim]
        arguments += ["--editors", editors] if editors else []
    flags = server_flags(host, port, max_upload_bytes=settings.max_file_bytes)
    serve([sys.executable, "-m", "streamlit", "run", str(_APP), *flags, "--", *arguments], host, port)


def free_port(host: str, port: int) -> int:
    """Return ``port``, or a free one for 0.

    Raises
    ------
    click.ClickException
        The port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the server does: a port whose last connections are only dying away counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"port {port} of {host} cannot be used ({error.strerror}): choose another with --port, or 0 for any"
            ) from error
        return int(probe.getsockname()[1])


def server_flags(host: str, port: int, *, max_upload_bytes: int) -> list[str]:
    """Return Streamlit's command line flags: they win over its configuration files."""
    flags: dict[str, str | int] = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "server.showEmailPrompt": "false",
        "server.fileWatcherType": "none",
        "server.maxUploadSize": max(1, max_upload_bytes // 2**20),
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "logger.level": "warning",
        **_THEME,
    }
    # Against pages elsewhere that give this machine's address a name of their own. With sign-in, which is all that is
    # served at other addresses, such a page gets no further than that.
    allowed = [f"--server.allowedHosts={name}" for name in LOOPBACK if host in LOOPBACK]
    return [*(f"--{name}={value}" for name, value in flags.items()), *allowed]


def serve(command: list[str], host: str, port: int) -> None:
    """Run the server until it ends or this process is told to.

    Raises
    ------
    click.ClickException
        The server ended by itself, or did not answer in time.
    """
    with _told_by_signals() as told:
        # A session of its own, so that Ctrl-C reaches only this process, which then ends the child.
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_until_ready(child, host, port, told)
            if not told:
                click.echo(f"Wellspring is at http://{f'[{host}]' if ':' in host else host}:{port}")
            while not told:
                if child.poll() is not None:
                    raise click.ClickException(f"the page's server ended by itself with status {child.returncode}")
                time.sleep(_LOOK_SECONDS)
            click.echo("", err=True)
        finally:
            _end(child)


def wait_until_ready(child: subprocess.Popen[bytes], host: str, port: int, told: Sequence[int] = ()) -> None:
    """Return once the page answers, or a signal is in ``told``.

    Raises
    ------
    click.ClickException
        The server ended first, or did not answer in time.
    """
    deadline = time.monotonic() + _STARTUP_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise click.ClickException(f"the page's server did not start: it ended with status {child.returncode}")
        if told or _healthy(host, port):
            return
        time.sleep(_LOOK_SECONDS)
    raise click.ClickException(f"the page did not answer within {_STARTUP_SECONDS} seconds")


def _healthy(host: str, port: int) -> bool:
    # http.client, not urllib: a proxy that the environment names must not be asked for this machine.
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def _told_by_signals() -> Iterator[list[int]]:
    """Yield a list that Ctrl-C, SIGTERM and SIGHUP are put in: an exception, coming anywhere, may get lost."""
    told: list[int] = []
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), lambda number, frame: told.append(number)) for name in names}
    try:
        yield told
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
