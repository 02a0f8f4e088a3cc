"""The command ``rag mcp``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

import rag

_PACKAGES = frozenset({"mcp", "mcp_types"})


@click.command()
@click.option("--kb", type=click.Path(path_type=Path), help="Folder of the knowledge base.")
@click.option("--viewer", metavar="ID[,GROUP…]", help="On whose behalf; default: what everyone may read.")
@click.option("--within", multiple=True, metavar="PATH", help="Only this document or folder; several are possible.")
def mcp(kb: Path | None, viewer: str | None, within: tuple[str, ...]) -> None:
    """Serve the knowledge base to an assistant, by the Model Context Protocol on standard input and output.

    The assistant starts this command itself; it reads what the viewer may read.
    """
    try:
        from apps.mcp.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PACKAGES:
            raise
        raise click.ClickException("rag mcp needs the package 'mcp': pip install 'wellspring[mcp]'") from error
    who = rag.LOCAL if viewer is None else rag.Viewer.parse(viewer)
    if not who.id:
        raise click.UsageError("--viewer needs an id, as in --viewer ann,hr")
    folder = rag.load_settings({"kb": kb}).kb
    if not folder.is_dir():
        raise click.ClickException(f"there is no knowledge base in {folder}: run 'rag index PATH' first")
    with rag.open(folder, tell=lambda line: click.echo(line, err=True)) as base:
        asyncio.run(serve(base, who, within=within or None))
