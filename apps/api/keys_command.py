"""The command ``rag keys``: who may call the API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

import rag
from apps.api.keys import DEFAULT_RATE, DEFAULT_SCOPES, SCOPES, Key, Keys

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

kb_option = click.option("--kb", type=click.Path(path_type=Path), help="Folder of the knowledge base.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


class _Lifetime(click.ParamType[timedelta]):
    """A stretch of time, as ``90d``."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return what a text means."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d{1,5})([mhdw])", value)
        if match is None or not int(match[1]):
            self.fail(f"{value!r} is no time: write it as 30m, 12h, 90d or 52w", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


@click.group()
def keys() -> None:
    """Make, list and revoke the keys with which programs call 'rag serve'.

    Scopes: ask, search, documents:read, documents:write, graph, feedback, metrics,
    admin (everything).
    """


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(SCOPES)),
    help=f"What it opens; may be given several times. Default: {', '.join(DEFAULT_SCOPES)}.",
)
@click.option("--viewer", metavar="ID[,GROUP…]", help="On whose behalf it asks; default: what everyone may read.")
@click.option("--expires", type=_Lifetime(), help="How long it is valid: 12h, 90d, 52w; default: until it is revoked.")
@click.option("--rate", default=DEFAULT_RATE, show_default=True, metavar="N/TIME", help="Requests: 5/second, 1000/day.")
@kb_option
@json_option
def create(
    name: str,
    scopes: tuple[str, ...],
    viewer: str | None,
    expires: timedelta | None,
    rate: str,
    kb: Path | None,
    as_json: bool,
) -> None:
    """Make a key and print it: it is shown this once. NAME tells people what it is for."""
    who = rag.LOCAL if viewer is None else rag.Viewer.parse(viewer)
    if not who.id:
        raise click.UsageError("--viewer needs an id, as in --viewer ann,hr")
    folder = rag.load_settings({"kb": kb}).kb
    if not folder.is_dir():
        raise click.ClickException(f"there is no knowledge base in {folder}: 'rag index PATH' makes one")
    with _opened(kb) as found:
        key, secret = found.create(name, scopes=scopes or DEFAULT_SCOPES, viewer=who, rate=rate, lifetime=expires)
    if as_json:
        click.echo(json.dumps({"key": secret, **_plain(key)}, ensure_ascii=False))
        return
    click.echo(secret)
    click.echo(f"key {key.id} for {_line(key)}; keep it now, it is not shown again", err=True)


@keys.command("list")
@kb_option
@json_option
def list_keys(kb: Path | None, as_json: bool) -> None:
    """List the keys, without their secrets."""
    with _opened(kb) as found:
        every = found.all()
    if as_json:
        click.echo(json.dumps({"keys": [_plain(key) for key in every]}, ensure_ascii=False))
        return
    for key in every:
        click.echo(f"{key.id}  {key.state(datetime.now(UTC)):<8} {_line(key)}")
    if not every:
        click.echo("no keys yet: 'rag keys create NAME' makes one")


@keys.command()
@click.argument("id")
@kb_option
def revoke(id: str, kb: Path | None) -> None:
    """Make the key ID worthless at once. 'rag keys list' tells ids."""
    with _opened(kb) as found:
        key = found.revoke(id)
    click.echo(f"revoked {key.id} ({key.name})")


@contextmanager
def _opened(kb: Path | None) -> Iterator[Keys]:
    found = Keys(rag.load_settings({"kb": kb}).kb)
    try:
        yield found
    finally:
        found.close()


def _plain(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "state": key.state(datetime.now(UTC)),
        "scopes": sorted(key.scopes),
        "viewer": key.viewer.id,
        "groups": sorted(key.viewer.groups),
        "rate": key.rate,
        "created": key.created.isoformat(),
        "expires": key.expires and key.expires.isoformat(),
        "revoked": key.revoked and key.revoked.isoformat(),
    }


def _line(key: Key) -> str:
    viewer = ",".join([key.viewer.id, *sorted(key.viewer.groups)])
    until = f", until {key.expires:%Y-%m-%d %H:%M} UTC" if key.expires else ""
    return f"{key.name}: viewer {viewer}, {' '.join(sorted(key.scopes))}, {key.rate}{until}"
