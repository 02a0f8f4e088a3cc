"""``rag graph``: looking around in the knowledge graph."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.terminal import asking, opened, print_json, who

if TYPE_CHECKING:
    from rag.explore import Explorer


@click.group()
def graph() -> None:
    """Look around in the knowledge graph."""


@graph.command()
@click.option("--contains", default="", help="Only names that hold this.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1))
@asking
def entities(contains: str, limit: int, **asked: Any) -> None:
    """List entities, the most mentioned first."""
    with _explored(**asked) as (explorer, emit):
        found = explorer.entities(contains=contains)[:limit]
        emit(
            {"entities": [{"name": e.name, "type": e.type, "mentions": e.mentions} for e in found]},
            [f"{e.mentions:>5}  {e.name} ({e.type})" for e in found],
        )


@graph.command()
@click.argument("name")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1))
@asking
def neighbours(name: str, limit: int, **asked: Any) -> None:
    """Show what is said of the entity NAME, and what is named together with it."""
    with _explored(**asked) as (explorer, emit):
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
@asking
def paths(source: str, target: str, **asked: Any) -> None:
    """Show how two entities hang together, passage by passage."""
    with _explored(**asked) as (explorer, emit):
        steps = explorer.path(explorer.find(source), explorer.find(target))
        emit(
            {"path": [{key: getattr(step, key) for key in step.__slots__} for step in steps]},
            [f"{s.source} → {s.target}  ({s.title})\n    {' '.join(s.text.split())[:200]}" for s in steps]
            or ["no path"],
        )


@graph.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@asking
def export(file: Path, **asked: Any) -> None:
    """Write entities and relations to FILE, as GraphML or JSON by its ending."""
    import networkx as nx

    with _explored(**asked) as (explorer, emit):
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


@contextmanager
def _explored(
    *, kb: Path | None, viewer: str | None, as_json: bool
) -> Iterator[tuple[Explorer, Callable[[dict[str, Any], list[str]], None]]]:
    """Open the graph for a viewer, and yield it with what prints a result in either form."""

    def emit(plain: dict[str, Any], lines: list[str]) -> None:
        if as_json:
            print_json(plain)
        else:
            click.echo("\n".join(lines))

    with opened(kb) as base:
        yield base.explore(viewer=who(viewer)), emit
