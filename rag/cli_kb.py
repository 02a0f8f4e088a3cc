"""``rag kb``: the knowledge base as a whole."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from rag.terminal import json_option, kb_option, opened, print_json


@click.group()
def kb() -> None:
    """Look at the knowledge base as a whole."""


@kb.command()
@kb_option
@json_option
def digest(kb: Path | None, as_json: bool) -> None:
    """Print a digest of all that is known: equal digests, equal knowledge.

    A base that went through any changes has the digest of a fresh one with the documents that are left.
    """
    with opened(kb) as base:
        found = asdict(base.digest())
    if as_json:
        print_json(found)
    else:
        click.echo(found.pop("digest"))
        click.echo(", ".join(f"{count} {name}" for name, count in found.items()))
