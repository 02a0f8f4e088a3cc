"""The command ``rag``: a thin layer over the SDK.

Exit status: 0 done, 1 a problem told in one line on stderr, 2 wrong usage. With ``--json`` one JSON object goes to
stdout, and nothing else does.
"""

from __future__ import annotations

import logging
import sys
import warnings
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click

import rag
from rag.cli_chat import chat
from rag.cli_eval import evaluate
from rag.cli_graph import graph
from rag.cli_kb import kb
from rag.cli_train import train
from rag.scope import document_ending
from rag.settings import load_settings
from rag.terminal import (
    asking,
    indexing,
    json_option,
    kb_option,
    llm_option,
    opened,
    print_answer,
    print_json,
    progress,
    tell,
    who,
    within_option,
)

COMMANDS = "wellspring.commands"
"""The entry point group through which other packages add commands."""


class _Commands(click.Group):
    """Our commands, and those that entry points bring; the latter load when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(point.name for point in entry_points(group=COMMANDS))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for point in entry_points(group=COMMANDS, name=cmd_name):
            command: click.Command = point.load()
            return command
        return None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wellspring")
def cli() -> None:
    """Answer questions from your own documents, and show where each answer came from."""


cli.add_command(chat)
cli.add_command(evaluate)
cli.add_command(graph)
cli.add_command(kb)
cli.add_command(train)


@cli.command()
@click.argument("paths", nargs=-1, required=True)
@indexing
def index(paths: tuple[str, ...], **options: Any) -> None:
    """Index PATHS (folders, files, zip archives, URLs), or bring them up to date."""
    _sync(paths, **options)


@cli.command()
@click.argument("sources", nargs=-1)
@indexing
def sync(sources: tuple[str, ...], **options: Any) -> None:
    """Bring SOURCES, or all that were indexed before, up to date."""
    _sync(sources, **options)


def _sync(
    sources: tuple[str, ...],
    *,
    kb: Path | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    readers: str | None,
    recursive: bool | None,
    follow_links: bool | None,
    as_json: bool,
) -> None:
    if readers is not None and not all(reader.strip() for reader in readers.split(",")):
        raise click.UsageError("--readers needs names, as in --readers user:ann,group:hr, or * for everyone")
    with opened(kb, new=True) as base, progress(lines=True) as shown:
        reports = base.sync(
            *sources,
            progress=shown,
            readers=None if readers is None else [reader.strip() for reader in readers.split(",")],
            include=list(include) or None,
            exclude=list(exclude) or None,
            recursive=recursive,
            follow_links=follow_links,
        )
    counts = {
        key: sum(getattr(report, key) for report in reports)
        for key in ("added", "changed", "deleted", "unchanged", "failed", "chunks_embedded", "documents")
    }
    failures = [failure for report in reports for failure in report.failures]
    for failure in failures:
        click.echo(f"failed: {failure.document_id} {failure.reason}", err=True)
    seconds = round(sum(report.seconds for report in reports), 3)
    if as_json:
        listed = [{"document": failure.document_id, "reason": failure.reason} for failure in failures]
        print_json({**counts, "seconds": seconds, "sources": [r.source for r in reports], "failures": listed})
    else:
        line = ", ".join(f"{counts[key]} {key}" for key in ("added", "changed", "deleted", "unchanged", "failed"))
        where = "; what could not be read is named, with the reason, in the lines 'failed: …' on stderr"
        click.echo(f"{line} in {seconds:.1f} s{where if failures else ''}")
    if failures and not counts["documents"]:
        raise rag.RagError("nothing could be indexed")


@cli.command()
@click.argument("source")
@kb_option
def forget(source: str, kb: Path | None) -> None:
    """Forget SOURCE, and delete what is stored of its documents. The originals stay."""
    with opened(kb) as base:
        base.forget(source)
    click.echo(f"forgot {source}")


@cli.command()
@click.argument("question")
@asking
@within_option
@llm_option
def ask(
    question: str, kb: Path | None, viewer: str | None, as_json: bool, within: tuple[str, ...], llm: str | None
) -> None:
    """Answer QUESTION from the documents, with citations."""
    with opened(kb, llm=llm) as base:
        answer = base.ask(question, viewer=who(viewer, base), within=within or None)
    if as_json:
        print_json(answer.as_dict())
        return
    print_answer(answer)


@cli.command()
@click.argument("question")
@click.option("-k", default=10, show_default=True, type=click.IntRange(min=1), help="How many hits.")
@asking
@within_option
def search(question: str, k: int, kb: Path | None, viewer: str | None, as_json: bool, within: tuple[str, ...]) -> None:
    """List the passages that answer to QUESTION, best first."""
    with opened(kb) as base:
        hits = base.search(question, k=k, viewer=who(viewer, base), within=within or None)
    if as_json:
        print_json({"hits": [hit.as_dict() for hit in hits]})
        return
    if not hits:
        click.echo("nothing found: the question has no words to look for, or there is nothing that you may read")
    for number, hit in enumerate(hits, 1):
        page = f", page {hit.page}" if hit.page else ""
        click.echo(f"{number:>2}. {hit.title}{page} ({hit.document})  {hit.score:.3f}")
        click.echo(f"    {' '.join(hit.text.split())[:200]}")
        click.echo(f"    why: {hit.why}")


@cli.command()
@asking
def documents(kb: Path | None, viewer: str | None, as_json: bool) -> None:
    """List the documents."""
    with opened(kb) as base:
        asking = who(viewer, base)
        listed, failures = base.documents(viewer=asking), base.failures(viewer=asking)
    if as_json:
        rows = [{name: getattr(info, name) for name in info.__slots__} for info in listed]
        failed = [{"document": failure.document_id, "reason": failure.reason} for failure in failures]
        print_json({"documents": rows, "failed": failed})
        return
    for info in listed:
        pages = f", {info.pages} pages" if info.pages else ""
        click.echo(f"{info.id}  {info.title} ({info.characters} characters{pages}, {info.language})")
    for failure in failures:
        click.echo(f"failed: {failure.document_id} {failure.reason}", err=True)


@cli.command()
@click.argument("document")
@asking
def show(document: str, kb: Path | None, viewer: str | None, as_json: bool) -> None:
    """Print the text of DOCUMENT, as citations' offsets count it. DOCUMENT is an id, or the end of a path."""
    with opened(kb) as base:
        asking = who(viewer, base)
        # An id that is given whole needs no list of all documents.
        found = base.document(document, viewer=asking)
        if found is None:
            ended = document_ending(document, base.documents(viewer=asking))
            found = base.document(ended, viewer=asking)
    if found is None:
        raise rag.RagError(f"{ended} has just gone; 'rag documents' lists what is there")
    if as_json:
        print_json({"document": found.id, "title": found.title, "text": found.text})
    else:
        click.echo(found.text)


@cli.group()
def models() -> None:
    """The built-in models' weights."""


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """Tell which weights are there."""
    rows = _model_rows()
    if as_json:
        print_json({"models": rows})
    for row in rows if not as_json else ():
        click.echo(f"{row['role']:<9} {row['name']:<24} {row['state']:<8} {row['path']}")


@models.command()
def pull() -> None:
    """Fetch the weights that are missing, and verify all."""
    from rag.build import model_cache
    from rag.models import BUILTIN

    cache = model_cache(load_settings(), tell=tell)
    for model in BUILTIN:
        click.echo(f"{model.name}: ready in {cache.ensure(model)}")


@cli.command()
@kb_option
@json_option
def doctor(kb: Path | None, as_json: bool) -> None:
    """Tell what is installed, what is missing, and what to do about it."""
    from rag.doctor import examine

    findings = examine(load_settings({"kb": kb}))
    if as_json:
        print_json({"ok": all(f.ok for f in findings), "findings": [f.as_dict() for f in findings]})
        return
    for finding in findings:
        click.echo(f"{'ok  ' if finding.ok else 'note'}  {finding.what}: {finding.state}")
        if finding.advice:
            click.echo(f"      → {finding.advice}")


def main() -> None:
    """Run the command; problems told in one line, without a traceback."""
    _quieten()
    try:
        status = cli.main(standalone_mode=False)
        # Without standalone mode click hands an exit status back instead of ending.
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (rag.RagError, rag.KnowledgeError, rag.ConnectorError) as error:
        click.echo(f"rag: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        # Files that the user named for output: what is wrong with them is the system's to say.
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"rag: {where}{error.strerror or error}", err=True)
        sys.exit(1)


def _quieten() -> None:
    """Libraries' warnings and chatter are for developers; what a user must know comes as an error of ours."""
    warnings.simplefilter("ignore")
    for name in ("transformers", "sentence_transformers", "huggingface_hub", "py.warnings"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _model_rows() -> list[dict[str, str]]:
    from rag.build import model_cache
    from rag.models import BUILTIN

    cache = model_cache(load_settings())
    return [
        {
            "name": m.name,
            "role": m.role,
            "state": cache.status(m),
            "path": str(cache.path(m)),
            "license": m.license,
        }
        for m in BUILTIN
    ]


if __name__ == "__main__":
    main()
