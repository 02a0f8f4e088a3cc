"""What the commands share: options, opening a knowledge base, progress on a terminal, printing."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import rag
from rag.errors import KnowledgeBaseError


def stacked(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Join options into one decorator."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


kb_option = click.option("--kb", type=click.Path(path_type=Path), help="Folder of the knowledge base.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
viewer_option = click.option(
    "--viewer", metavar="ID[,GROUP…]", help="On whose behalf; default: what everyone may read."
)
llm_option = click.option("--llm", help="builtin, provider:model, hf:NAME, a GGUF file, or none.")
within_option = click.option(
    "--within", multiple=True, metavar="PATH", help="Ask only this document or folder; can be given several times."
)
asking = stacked(kb_option, viewer_option, json_option)
indexing = stacked(
    kb_option,
    click.option("--include", multiple=True, metavar="GLOB", help="Only these files (gitignore's syntax)."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Not these files (gitignore's syntax)."),
    click.option("--readers", metavar="READER[,…]", help="Who may read: user:ID, group:NAME, or *."),
    click.option("--recursive/--no-recursive", default=None, help="Whether to go into folders."),
    click.option(
        "--follow-links/--no-follow-links", default=None, help="Whether to follow links that lead out of PATHS."
    ),
    json_option,
)


EVERY_SECONDS = 10.0
"""Between two lines that tell how far indexing is, where there is no terminal."""


@contextmanager
def opened(kb: Path | None, *, new: bool = False, **overrides: Any) -> Iterator[rag.Wellspring]:
    """Open the knowledge base that ``--kb`` or the settings name; only with ``new`` may it be missing."""
    from rag.build import DATABASE

    folder = rag.load_settings({"kb": kb}).kb
    if not new and not (folder / DATABASE).exists():
        raise KnowledgeBaseError(f"there is no knowledge base in {folder}: run 'rag index PATH' first")
    with rag.open(kb, tell=tell, **overrides) as base:
        yield base


@contextmanager
def progress(*, lines: bool = False) -> Iterator[Callable[[Any, str], None] | None]:
    """Show what indexing does, on a terminal; elsewhere nothing, or with ``lines`` a line on stderr now and then."""
    if not sys.stderr.isatty():
        if lines:
            with _now_and_then() as note:
                yield note
        else:
            yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def advance(report: Any, document: str) -> None:
            done = f"{report.added} added, {report.changed} changed, {report.deleted} deleted, {report.failed} failed"
            bar.update(task, description=f"{done}  {document[-40:]}")

        yield advance


@contextmanager
def _now_and_then() -> Iterator[Callable[[Any, str], None]]:
    """Print how far a run is, every few seconds, also while one document takes long."""
    latest = "looking for documents"
    before = 0
    ended = threading.Event()

    def speak() -> None:
        while not ended.wait(EVERY_SECONDS):
            tell(f"indexing: {latest}")

    def note(report: Any, document: str) -> None:
        nonlocal latest, before
        latest = f"{before} done, {report.failed} failed; in hand: {document}"
        before += 1

    thread = threading.Thread(target=speak, daemon=True)
    thread.start()
    try:
        yield note
    finally:
        ended.set()
        thread.join()


def who(viewer: str | None, base: rag.Wellspring) -> rag.Viewer:
    """Return whom ``--viewer`` names, or the one who reads what everyone may read.

    Whoever has the command is the operator, and may know of groups: one that no document is for is told, for ``HR`` is
    not ``hr``.
    """
    from rag.library import LOCAL

    if viewer is None:
        return LOCAL
    found = rag.Viewer.parse(viewer)
    if not found.id:
        raise click.UsageError("--viewer needs an id, as in --viewer ann,hr")
    if found.groups:
        readers = {reader for access in base.store.access().values() for reader in access.readers}
        known = sorted(reader.removeprefix("group:") for reader in readers if reader.startswith("group:"))
        for group in sorted(found.groups - set(known)):
            tell(f"no document is for the group {group!r}; there are: {', '.join(known) or 'none'}")
    return found


def print_answer(answer: rag.Answer) -> None:
    """Print an answer with its citations on stdout, and how sure it is on stderr."""
    click.echo(answer.as_text())
    if not answer.abstained:
        click.echo(f"\nconfidence {answer.confidence:.2f}, {answer.timings['total']:.1f} s", err=True)


def tell(line: str) -> None:
    """Print a line for a person on stderr."""
    click.echo(line, err=True)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False))
