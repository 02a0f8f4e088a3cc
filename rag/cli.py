"""The command ``rag``: a thin layer over the SDK.

Exit status: 0 done, 1 a problem told in one line on stderr, 2 wrong usage. With ``--json`` one JSON object goes to
stdout, and nothing else does.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import rag
from rag.settings import load_settings

if TYPE_CHECKING:
    from rag.explore import Explorer

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


def _stacked(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_kb = click.option("--kb", type=click.Path(path_type=Path), help="Folder of the knowledge base.")
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_viewer = click.option("--viewer", metavar="ID[,GROUP…]", help="On whose behalf; default: what everyone may read.")
_llm = click.option("--llm", help="builtin, provider:model, hf:NAME or a GGUF file.")
_asking = _stacked(_kb, _viewer, _json)
_indexing = _stacked(
    _kb,
    click.option("--include", multiple=True, metavar="GLOB", help="Only these files (gitignore's syntax)."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Not these files (gitignore's syntax)."),
    click.option("--readers", metavar="READER[,…]", help="Who may read: user:ID, group:NAME, or *."),
    click.option("--recursive/--no-recursive", default=None, help="Whether to go into folders."),
    _json,
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wellspring")
def cli() -> None:
    """Answer questions from your own documents, and show where each answer came from."""


@cli.command()
@click.argument("paths", nargs=-1, required=True)
@_indexing
def index(paths: tuple[str, ...], **options: Any) -> None:
    """Index PATHS (folders, files, zip archives, URLs), or bring them up to date."""
    _sync(paths, **options)


@cli.command()
@click.argument("sources", nargs=-1)
@_indexing
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
    as_json: bool,
) -> None:
    with _opened(kb) as base, _progress() as progress:
        reports = base.sync(
            *sources,
            progress=progress,
            readers=None if readers is None else [reader.strip() for reader in readers.split(",")],
            include=list(include) or None,
            exclude=list(exclude) or None,
            recursive=recursive,
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
        _print_json({**counts, "seconds": seconds, "sources": [r.source for r in reports], "failures": listed})
    else:
        shown = ", ".join(f"{counts[key]} {key}" for key in ("added", "changed", "deleted", "unchanged", "failed"))
        click.echo(f"{shown} in {seconds:.1f} s")
    if failures and not counts["documents"]:
        raise rag.RagError("nothing could be indexed")


@cli.command()
@click.argument("question")
@_asking
@_llm
def ask(question: str, kb: Path | None, viewer: str | None, as_json: bool, llm: str | None) -> None:
    """Answer QUESTION from the documents, with citations."""
    with _opened(kb, llm=llm) as base:
        answer = base.ask(question, viewer=_who(viewer))
    if as_json:
        _print_json(answer.as_dict())
        return
    click.echo(answer.answer)
    if answer.citations:
        click.echo()
    for citation in answer.citations:
        page = f", page {citation.page}" if citation.page else ""
        click.echo(f"[{citation.number}] {citation.title}{page} ({citation.document})")
        click.echo(f"    “{' '.join(citation.quote.split())}”")
    if not answer.abstained:
        click.echo(f"\nconfidence {answer.confidence:.2f}, {answer.timings['total']:.1f} s", err=True)


@cli.command()
@click.argument("question")
@click.option("-k", default=10, show_default=True, type=click.IntRange(min=1), help="How many hits.")
@_asking
def search(question: str, k: int, kb: Path | None, viewer: str | None, as_json: bool) -> None:
    """List the passages that answer to QUESTION, best first."""
    with _opened(kb) as base:
        hits = base.search(question, k=k, viewer=_who(viewer))
    if as_json:
        _print_json({"hits": [hit.as_dict() for hit in hits]})
        return
    if not hits:
        click.echo("nothing found")
    for number, hit in enumerate(hits, 1):
        page = f", page {hit.page}" if hit.page else ""
        click.echo(f"{number:>2}. {hit.title}{page} ({hit.document})  {hit.score:.3f}")
        click.echo(f"    {' '.join(hit.text.split())[:200]}")
        click.echo(f"    why: {hit.why}")


@cli.command()
@_asking
def documents(kb: Path | None, viewer: str | None, as_json: bool) -> None:
    """List the documents."""
    with _opened(kb) as base:
        listed, failures = base.documents(viewer=_who(viewer)), base.failures()
    if as_json:
        rows = [{name: getattr(info, name) for name in info.__slots__} for info in listed]
        failed = [{"document": failure.document_id, "reason": failure.reason} for failure in failures]
        _print_json({"documents": rows, "failed": failed})
        return
    for info in listed:
        pages = f", {info.pages} pages" if info.pages else ""
        click.echo(f"{info.id}  {info.title} ({info.characters} characters{pages}, {info.language})")
    for failure in failures:
        click.echo(f"failed: {failure.document_id} {failure.reason}", err=True)


@cli.command()
@click.argument("document")
@_asking
def show(document: str, kb: Path | None, viewer: str | None, as_json: bool) -> None:
    """Print the text of DOCUMENT, as citations' offsets count it."""
    with _opened(kb) as base:
        found = base.document(document, viewer=_who(viewer))
    if found is None:
        raise rag.RagError(f"there is no document {document!r}; 'rag documents' lists them")
    if as_json:
        _print_json({"document": found.id, "title": found.title, "text": found.text})
    else:
        click.echo(found.text)


@cli.group()
def graph() -> None:
    """Look around in the knowledge graph."""


@graph.command()
@click.option("--contains", default="", help="Only names that hold this.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1))
@_asking
def entities(contains: str, limit: int, **asking: Any) -> None:
    """List entities, the most mentioned first."""
    with _explored(**asking) as (explorer, emit):
        found = explorer.entities(contains=contains)[:limit]
        emit(
            {"entities": [{"name": e.name, "type": e.type, "mentions": e.mentions} for e in found]},
            [f"{e.mentions:>5}  {e.name} ({e.type})" for e in found],
        )


@graph.command()
@click.argument("name")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1))
@_asking
def neighbours(name: str, limit: int, **asking: Any) -> None:
    """Show what is said of the entity NAME, and what is named together with it."""
    with _explored(**asking) as (explorer, emit):
        entity = explorer.find(name)
        facts, near = explorer.facts(entity)[:limit], explorer.neighbours(entity)[:limit]
        emit(
            {
                "entity": entity.name,
                "relations": [{key: getattr(fact, key) for key in fact.__slots__} for fact in facts],
                "neighbours": [{"name": n.entity.name, "type": n.entity.type, "chunks": n.chunks} for n in near],
            },
            [f"{f.subject} — {f.predicate} — {f.object}  ({f.title})" for f in facts]
            + [f"{n.chunks:>5}  {n.entity.name} ({n.entity.type})" for n in near],
        )


@graph.command()
@click.argument("source")
@click.argument("target")
@_asking
def paths(source: str, target: str, **asking: Any) -> None:
    """Show how two entities hang together, passage by passage."""
    with _explored(**asking) as (explorer, emit):
        steps = explorer.path(explorer.find(source), explorer.find(target))
        emit(
            {"path": [{key: getattr(step, key) for key in step.__slots__} for step in steps]},
            [f"{s.source} → {s.target}  ({s.title})\n    {' '.join(s.text.split())[:200]}" for s in steps]
            or ["no path"],
        )


@graph.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_asking
def export(file: Path, **asking: Any) -> None:
    """Write entities and relations to FILE, as GraphML or JSON by its ending."""
    import networkx as nx

    with _explored(**asking) as (explorer, emit):
        found = explorer.export()
        if file.suffix == ".graphml":
            nx.write_graphml(found, file)
        elif file.suffix == ".json":
            file.write_text(json.dumps(nx.node_link_data(found, edges="edges"), ensure_ascii=False), encoding="utf-8")
        else:
            raise click.UsageError("FILE must end in .graphml or .json")
        size = {"entities": found.number_of_nodes(), "relations": found.number_of_edges()}
        emit(
            {"file": str(file), **size},
            [f"{size['entities']} entities, {size['relations']} relations → {file}"],
        )


@cli.command("eval")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--answers/--no-answers", default=None, help="Also answer; default: by the kind of set.")
@click.option("--split", help="Only this part: tune or test.")
@click.option("--limit", type=click.IntRange(min=1), help="A seeded sample of so many questions.")
@click.option("--out", type=click.Path(path_type=Path), help="Write figures and every question's result there.")
@_kb
@_llm
@_json
def evaluate(
    dataset: Path,
    answers: bool | None,
    split: str | None,
    limit: int | None,
    out: Path | None,
    kb: Path | None,
    llm: str | None,
    as_json: bool,
) -> None:
    """Measure retrieval and answers on DATASET; its kind is told by its shape.

    Without --kb the set is indexed into a knowledge base of its own, which is thrown away.
    """
    from rag.evaluation import evaluate as run

    with _progress() as progress:
        figures = run(
            dataset,
            kb=kb,
            answers=answers,
            split=split,
            limit=limit,
            out=out,
            llm=llm,
            progress=progress,
            tell=_tell,
        )
    if as_json:
        _print_json(figures)
        return
    for key, value in figures.items():
        click.echo(f"{key:>22}  {value}")


@cli.group()
def models() -> None:
    """The built-in models' weights."""


@models.command("list")
@_json
def list_models(as_json: bool) -> None:
    """Tell which weights are there."""
    rows = _model_rows()
    if as_json:
        _print_json({"models": rows})
    for row in rows if not as_json else ():
        click.echo(f"{row['role']:<9} {row['name']:<24} {row['state']:<8} {row['path']}")


@models.command()
def pull() -> None:
    """Fetch the weights that are missing, and verify all."""
    from rag.build import model_cache
    from rag.models import BUILTIN

    cache = model_cache(load_settings(), tell=_tell)
    for model in BUILTIN:
        click.echo(f"{model.name}: ready in {cache.ensure(model)}")


@cli.command()
@_kb
@_json
def doctor(kb: Path | None, as_json: bool) -> None:
    """Tell what is installed, what is missing, and what to do about it."""
    from rag.doctor import examine

    findings = examine(load_settings({"kb": kb}))
    if as_json:
        _print_json({"ok": all(f.ok for f in findings), "findings": [f.as_dict() for f in findings]})
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


def _quieten() -> None:
    """Libraries' warnings and chatter are for developers; what a user must know comes as an error of ours."""
    warnings.simplefilter("ignore")
    for name in ("transformers", "sentence_transformers", "huggingface_hub", "py.warnings"):
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def _opened(kb: Path | None, **overrides: Any) -> Iterator[rag.Wellspring]:
    with rag.open(kb, tell=_tell, **overrides) as base:
        yield base


@contextmanager
def _explored(
    *, kb: Path | None, viewer: str | None, as_json: bool
) -> Iterator[tuple[Explorer, Callable[[dict[str, Any], list[str]], None]]]:
    """Open the graph for a viewer, and yield it with what prints a result in either form."""

    def emit(plain: dict[str, Any], lines: list[str]) -> None:
        if as_json:
            _print_json(plain)
        else:
            click.echo("\n".join(lines))

    with _opened(kb) as base:
        yield base.explore(viewer=_who(viewer)), emit


@contextmanager
def _progress() -> Iterator[Callable[[Any, str], None] | None]:
    """Show what indexing does, on a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
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


def _who(viewer: str | None) -> rag.Viewer:
    from rag.sdk import LOCAL

    return rag.Viewer.parse(viewer) if viewer else LOCAL


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


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
