"""``rag graph``: looking around in the knowledge graph, drawing it, and correcting it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.terminal import asking, opened, print_json, tell, who

if TYPE_CHECKING:
    from knowledge.records import Edit, Entity
    from rag import Wellspring
    from rag.explore import Attribute, Explorer, Fact, Neighbour, Step

Emit = Callable[[dict[str, Any], list[str]], None]
_OTHERS = 5
"""So many other meanings of an ambiguous name are told."""

limit_option = click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1))


@click.group()
def graph() -> None:
    """Look around in the knowledge graph, draw it, and correct it.

    An entity is named by its name, an alias, or its key.
    """


@graph.command()
@click.option("--type", "kind", default="", help="Only of this type: PERSON, ORG, PLACE, …, DATE, MONEY, …")
@click.option("--contains", default="", help="Only those with a name that holds this.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1))
@asking
def entities(kind: str, contains: str, limit: int, **asked: Any) -> None:
    """List entities, the most mentioned first; dates and amounts only with --type."""
    with _explored(**asked) as (explorer, emit):
        found = explorer.entities(type=kind.upper(), contains=contains)[:limit]
        emit({"entities": [_plain(entity) for entity in found]}, [_line(entity) for entity in found])


@graph.command()
@click.argument("name")
@limit_option
@asking
def show(name: str, limit: int, **asked: Any) -> None:
    """Show the entity NAME: what it is called, where, what is said of it, and what it is joined to."""
    with _explored(**asked) as (explorer, emit):
        entity = _found(explorer, name)
        facts, near = explorer.facts(entity)[:limit], explorer.neighbours(entity)[:limit]
        documents = explorer.documents(entity)
        lines = [f"{entity.name} ({entity.type}), in {entity.mentions} passages  [{entity.key}]"]
        lines += [f"also: {', '.join(entity.aliases)}"] if entity.aliases else []
        lines += ["", *(f"in {title} ({key})" for key, title in documents[:limit])]
        said = [line for fact in facts for line in (_told(fact), f"    “{_flat(fact.quote)}”")]
        lines += ["", *said] if said else []
        lines += ["", *map(_near, near)] if near else []
        emit(
            {
                "entity": _plain(entity),
                "documents": [{"document": key, "title": title} for key, title in documents],
                "relations": [_fields(fact) for fact in facts],
                "attributes": [_valued(attribute) for attribute in explorer.attributes(entity)],
                "neighbours": [_joined(neighbour) for neighbour in near],
            },
            lines,
        )


@graph.command()
@click.argument("name")
@limit_option
@asking
def neighbours(name: str, limit: int, **asked: Any) -> None:
    """Show what is said of the entity NAME, and what it is joined to."""
    with _explored(**asked) as (explorer, emit):
        entity = _found(explorer, name)
        facts, near = explorer.facts(entity)[:limit], explorer.neighbours(entity)[:limit]
        emit(
            {
                "entity": entity.name,
                "relations": [_fields(fact) for fact in facts],
                "neighbours": [_joined(neighbour) for neighbour in near],
            },
            [*map(_told, facts), *map(_near, near)],
        )


@graph.command()
@click.argument("source")
@click.argument("target")
@click.option("--limit", default=3, show_default=True, type=click.IntRange(min=1), help="How many paths.")
@asking
def paths(source: str, target: str, limit: int, **asked: Any) -> None:
    """Show how two entities hang together, step by step, with the sentences that say so."""
    with _explored(**asked) as (explorer, emit):
        found = explorer.paths(_found(explorer, source), _found(explorer, target), limit=limit)
        plain = [[_fields(step) for step in steps] for steps in found]
        lines = [line for n, steps in enumerate(found, 1) for line in (f"{n}.", *map(_stepped, steps))]
        emit({"path": plain[0] if plain else [], "paths": plain}, lines or ["no path"])


@graph.command()
@click.option("--around", multiple=True, metavar="NAME", help="As seen from this entity; may be given several times.")
@limit_option
@asking
def rank(around: tuple[str, ...], limit: int, **asked: Any) -> None:
    """List entities by PageRank: those that much leads to come first."""
    with _explored(**asked) as (explorer, emit):
        found = explorer.ranks([_found(explorer, name) for name in around])[:limit]
        emit(
            {"entities": [{**_plain(entity), "rank": round(share, 6)} for entity, share in found]},
            [f"{share:.4f}  {entity.name} ({entity.type})" for entity, share in found],
        )


@graph.command()
@limit_option
@asking
def communities(limit: int, **asked: Any) -> None:
    """List groups of entities that hang together closely, the largest first."""
    with _explored(**asked) as (explorer, emit):
        found = explorer.communities()[:limit]
        emit(
            {"communities": [[_plain(entity) for entity in group] for group in found]},
            [f"{len(group):>5}  {', '.join(entity.name for entity in group[:10])}" for group in found],
        )


@graph.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@asking
def export(file: Path, **asked: Any) -> None:
    """Write entities and relations with their evidence to FILE: GraphML or JSON, by its ending."""
    from rag.graph_files import write_graphml, write_json

    write = {".graphml": write_graphml, ".json": write_json}.get(file.suffix.lower())
    if write is None:
        raise click.UsageError("FILE must end in .graphml or .json")
    with _explored(**asked) as (explorer, emit):
        found = explorer.export()
        write(found, file)
        size = {"entities": found.number_of_nodes(), "relations": found.number_of_edges()}
        emit(
            {"file": str(file), **size},
            [f"{size['entities']} entities, {size['relations']} relations → {file}"],
        )


@graph.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--around", metavar="NAME", help="Draw what is near this entity; default: what ranks highest.")
@click.option("--hops", default=1, show_default=True, type=click.IntRange(1, 5), help="How far from NAME.")
@click.option("--limit", default=40, show_default=True, type=click.IntRange(1, 200), help="How many entities.")
@asking
def picture(file: Path, around: str | None, hops: int, limit: int, **asked: Any) -> None:
    """Draw the graph into FILE: an .svg, or an .html page with search, zoom and the evidence."""
    from rag.picture import Picture

    kind = file.suffix.lower()
    if kind not in (".svg", ".html"):
        raise click.UsageError("FILE must end in .svg or .html")
    with _explored(**asked) as (explorer, emit):
        centre = None if around is None else _found(explorer, around)
        drawn = Picture(explorer, around=centre, hops=hops, limit=limit)
        file.write_text(drawn.svg() if kind == ".svg" else drawn.html(), encoding="utf-8")
        size = {"entities": len(drawn.entities), "connections": drawn.connections}
        emit(
            {"file": str(file), **size},
            [f"{size['entities']} entities, {size['connections']} connections → {file}"],
        )


@graph.command()
@click.argument("name")
@click.argument("other")
@asking
def merge(name: str, other: str, **asked: Any) -> None:
    """Make NAME and OTHER one entity, for everyone and for good (until undone)."""
    with _edited(**asked) as (base, viewer, done):
        _ambiguous(base.explore(viewer=viewer), name, other)
        done(base.merge(name, other, viewer=viewer))


@graph.command()
@click.argument("name")
@click.argument("other", required=False, default="")
@click.option("--document", default="", help="The document that means something else by NAME.")
@click.option("--as", "shown", default="", help="With --document: what NAME is called there.")
@asking
def split(name: str, other: str, document: str, shown: str, **asked: Any) -> None:
    """Make NAME and OTHER two entities; or NAME in one document another than elsewhere."""
    if bool(other) == bool(document):
        raise click.UsageError("give either OTHER or --document")
    if shown and not document:
        raise click.UsageError("--as goes with --document")
    with _edited(**asked) as (base, viewer, done):
        _ambiguous(base.explore(viewer=viewer), name)
        done(base.split(name, other, document=document, shown=shown, viewer=viewer))


@graph.command()
@click.argument("name")
@click.option("--name", "shown", default="", help="Always show it as this.")
@click.option("--type", "kind", default="", help="What it is: PERSON, ORG, PLACE, EVENT, WORK, PRODUCT or NAME.")
@asking
def pin(name: str, shown: str, kind: str, **asked: Any) -> None:
    """Fix how the entity NAME is shown, or of what type it is."""
    if not shown.strip() and not kind:
        raise click.UsageError("give --name or --type")
    with _edited(**asked) as (base, viewer, done):
        _ambiguous(base.explore(viewer=viewer), name)
        done(base.pin(name, shown=shown, type=kind.upper(), viewer=viewer))


@graph.command()
@asking
def edits(kb: Path | None, viewer: str | None, as_json: bool) -> None:
    """List what was merged, split and pinned; with --viewer only what that viewer may know of."""
    with opened(kb) as base:
        found = base.edits(viewer=None if viewer is None else who(viewer, base))
        _print(
            {"edits": [{"number": number, **_fields(edit)} for number, edit in found.items()]},
            [f"{number:>5}  {_edit(edit)}" for number, edit in found.items()],
            as_json,
        )


@graph.command()
@click.argument("number", type=int)
@asking
def undo(number: int, kb: Path | None, viewer: str | None, as_json: bool) -> None:
    """Forget the edit NUMBER; 'rag graph edits' lists them."""
    with opened(kb) as base:
        edit = base.undo(number, viewer=None if viewer is None else who(viewer, base))
        _print({"undone": {"number": number, **_fields(edit)}}, [f"undone: {_edit(edit)}"], as_json)


@contextmanager
def _explored(*, kb: Path | None, viewer: str | None, as_json: bool) -> Iterator[tuple[Explorer, Emit]]:
    """Open the graph for a viewer, and yield it with what prints a result in either form."""

    def emit(plain: dict[str, Any], lines: list[str]) -> None:
        _print(plain, lines, as_json)

    with opened(kb) as base:
        yield base.explore(viewer=who(viewer, base)), emit


@contextmanager
def _edited(
    *, kb: Path | None, viewer: str | None, as_json: bool
) -> Iterator[tuple[Wellspring, Any, Callable[[int], None]]]:
    """Open a knowledge base for an edit, and yield it with the viewer and what tells the edit's number."""
    with opened(kb) as base:

        def done(number: int) -> None:
            edit = base.edits()[number]
            _print({"number": number, **_fields(edit)}, [f"{number}: {_edit(edit)}"], as_json)

        yield base, who(viewer, base), done


def _print(plain: dict[str, Any], lines: list[str], as_json: bool) -> None:
    if as_json:
        print_json(plain)
    else:
        click.echo("\n".join(lines))


def _found(explorer: Explorer, name: str) -> Entity:
    """Return the entity that a name means; where it may mean others, these are told."""
    entity = explorer.find(name)
    _ambiguous(explorer, name)
    return entity


def _ambiguous(explorer: Explorer, *names: str) -> None:
    """Tell which entity each name is taken to mean, where it may mean several."""
    for name in names:
        found = explorer.candidates(name)
        if len(found) > 1:
            taken, *others = (f"{one.name} ({one.type}) [{one.key}]" for one in found)
            more = f" and {len(others) - _OTHERS} more" if len(others) > _OTHERS else ""
            tell(f"{name!r} is taken to mean {taken}; also called so: {', '.join(others[:_OTHERS])}{more}")


def _plain(entity: Entity) -> dict[str, Any]:
    return {
        "name": entity.name,
        "type": entity.type,
        "mentions": entity.mentions,
        "key": entity.key,
        "aliases": list(entity.aliases),
    }


def _valued(attribute: Attribute) -> dict[str, Any]:
    keys = ("predicate", "name", "value", "type", "dimension", "number")
    return {key: getattr(attribute, key) for key in keys}


def _joined(neighbour: Neighbour) -> dict[str, Any]:
    entity = neighbour.entity
    counts = {"relations": neighbour.relations, "chunks": neighbour.chunks}
    return {"name": entity.name, "type": entity.type, "key": entity.key, **counts}


def _fields(record: Fact | Step | Edit) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _line(entity: Entity) -> str:
    also = f"  also: {', '.join(entity.aliases[:3])}" if entity.aliases else ""
    return f"{entity.mentions:>5}  {entity.name} ({entity.type}){also}"


def _near(neighbour: Neighbour) -> str:
    said = f", {neighbour.relations} said" if neighbour.relations else ""
    return f"{neighbour.chunks:>5}  {neighbour.entity.name} ({neighbour.entity.type}){said}"


def _told(fact: Fact) -> str:
    said = " ".join(filter(None, ("not" if fact.negated else "", fact.modality, fact.predicate)))
    return f"{fact.subject} — {said} — {fact.object}  ({_place(fact)})"


def _stepped(step: Step) -> str:
    said = f"{'not ' if step.negated else ''}{step.predicate}"
    way = f" —[{said}]→ " if step.forward else f" ←[{said}]— "
    joint = way if step.predicate else " … "
    return f"   {step.source}{joint}{step.target}  ({_place(step)})\n       “{_flat(step.quote)[:300]}”"


def _place(evidence: Fact | Step) -> str:
    return f"{evidence.title}, page {evidence.page}" if evidence.page else evidence.title


def _edit(edit: Edit) -> str:
    match edit.kind:
        case "merge":
            return f"merge {edit.name!r} and {edit.other!r}"
        case "split" if edit.document:
            return f"split {edit.name!r} in {edit.document}" + (f" as {edit.other!r}" if edit.other else "")
        case "split":
            return f"split {edit.name!r} and {edit.other!r}"
        case _:
            shown = f" shown as {edit.other!r}" if edit.other else ""
            return f"pin {edit.name!r}{shown}" + (f" of type {edit.type}" if edit.type else "")


def _flat(text: str) -> str:
    return " ".join(text.split())
