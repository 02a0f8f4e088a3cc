"""A picture of the knowledge graph: an SVG, or a page of one file with search, zoom and the evidence beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

import networkx as nx

from knowledge.records import Entity
from knowledge.types import EVENT, NAME, ORG, PERSON, PLACE, PRODUCT, WORK
from rag.explore import Explorer, Fact
from rag.graph_files import xml_text
from rag.picture_layout import Point, Size, places

TYPES = {
    PERSON: ("Person", "#4c6ef5"),
    ORG: ("Organisation", "#0ca678"),
    PLACE: ("Place", "#f08c00"),
    EVENT: ("Event", "#e64980"),
    WORK: ("Work", "#9c36b5"),
    PRODUCT: ("Product", "#1098ad"),
    NAME: ("Name", "#868e96"),
}
"""What each type is called, and its colour."""
ENTITY_TYPES = tuple(TYPES)
"""The types of entities that are things, no values."""
_FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_LABEL, _SMALL = 12.0, 10.0
"""Pixels: the size of names, and of what edges say."""
_COLUMNS = 18
"""A line of a label is at most so wide; a Chinese character takes two columns."""
_LINES = 2
_MARGIN, _HEAD = 24.0, 46.0
"""Pixels around the whole; above it, for the legend."""
_TOLD = 12
"""Facts that are listed for a node or an edge."""
_DENSITY = 1.6
"""At most so many edges a node are drawn: those of which most is said, and what keeps the nodes joined."""
_ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
"""Where on an edge its label is tried."""
_STYLE = f"""
text {{ font-family: {_FONT}; }}
.name {{ font-size: {_LABEL:g}px; fill: #212529; text-anchor: middle; paint-order: stroke; stroke: #fff;
  stroke-width: 3px; stroke-linejoin: round; }}
.said {{ font-size: {_SMALL:g}px; fill: #5c636a; text-anchor: middle; paint-order: stroke; stroke: #fff;
  stroke-width: 3px; stroke-linejoin: round; }}
.legend {{ font-size: {_LABEL:g}px; fill: #495057; }}
.line {{ stroke: #adb5bd; stroke-width: 1.4; fill: none; }}
.together .line {{ stroke: #ced4da; stroke-dasharray: 2 4; }}
.doubtful .line {{ stroke-dasharray: 6 4; }}
.wide {{ stroke: transparent; stroke-width: 12; fill: none; }}
.node circle {{ stroke: #fff; stroke-width: 2; }}
"""

_DARK = """
.name { fill: #e9ecef; stroke: #14191b; } .said { fill: #adb5bd; stroke: #14191b; } .legend { fill: #ced4da; }
.line { stroke: #6c757d; } .together .line { stroke: #495057; } .node circle { stroke: #14191b; }
"""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class _Edge:
    """What joins two nodes, whose numbers are ascending."""

    a: int
    b: int
    facts: tuple[Fact, ...]
    chunks: int
    """How many chunks name both."""


class Picture:
    """Some entities of a viewer's graph and what joins them, laid out for drawing.

    Parameters
    ----------
    explorer
        The viewer's window on the graph.
    around
        Draw what lies within ``hops`` steps of this entity; None: the entities with the highest PageRank.
    hops
        Steps along relations and shared chunks.
    limit
        Draw at most so many entities.
    """

    def __init__(self, explorer: Explorer, *, around: Entity | None = None, hops: int = 1, limit: int = 40) -> None:
        self._explorer = explorer
        self.entities, edges = _chosen(explorer, around, hops, limit)
        self._edges = _thinned(edges, len(self.entities))
        self._left_out = len(edges) - len(self._edges)
        self._centre = around.key if around else ""
        top = max((entity.mentions for entity in self.entities), default=1)
        self._radius = [round(7 + 11 * (entity.mentions / top) ** 0.5, 1) for entity in self.entities]
        if around:
            self._radius[self.entities.index(around)] = 18.0
        self._labels = [_label(entity.name) for entity in self.entities]
        sizes = {n: self._box(n) for n in range(len(self.entities))}
        graph = nx.Graph()
        graph.add_nodes_from(range(len(self.entities)))
        graph.add_edges_from((edge.a, edge.b) for edge in self._edges)
        self._middle, size = places(graph, sizes) if self.entities else ({}, (320.0, 40.0))
        legend = 110.0 * len({entity.type for entity in self.entities}) + 200
        self.size: Size = (max(size[0], legend, 320.0) + 2 * _MARGIN, size[1] + _HEAD + _MARGIN)
        """Width and height in pixels."""

    @property
    def connections(self) -> int:
        """How many edges are drawn."""
        return len(self._edges)

    @property
    def left_out(self) -> int:
        """How many edges between what is drawn are not."""
        return self._left_out

    def svg(self, *, dark: bool = False, names: Mapping[str, str] | None = None) -> str:
        """Return the picture as an SVG document.

        Parameters
        ----------
        dark
            Whether it stands on a dark ground, which is not painted then.
        names
            What each type is called in the legend; None: in English, with how many connections were left out.
        """
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{self._svg(dark=dark, names=names)}\n'

    def html(self) -> str:
        """Return a page that needs nothing else: no network, no other file."""
        template = files("rag").joinpath("templates", "picture.html").read_text(encoding="utf-8")
        data = json.dumps({"nodes": [self._told(n) for n in range(len(self.entities))]}, ensure_ascii=False)
        for character in "<>&\u2028\u2029":
            data = data.replace(character, f"\\u{ord(character):04x}")
        parts = {"svg": self._svg(), "data": xml_text(data)}
        return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)

    def _svg(self, *, dark: bool = False, names: Mapping[str, str] | None = None) -> str:
        width, height = self.size
        paper = "none" if dark else "#fff"
        drawn = [*self._legend(names), *self._draw_edges(), *(self._draw_node(n) for n in range(len(self.entities)))]
        if not self.entities:
            drawn.append(f'<text class="legend" x="{_MARGIN:g}" y="{_HEAD + 16:g}">nothing to show</text>')
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
                f'height="{height:g}" role="img" aria-label="Knowledge graph">',
                f"<style>{_STYLE}{_DARK if dark else ''}</style>",
                '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
                'orient="auto-start-reverse"><path d="M0,0.8 L7.5,4 L0,7.2 z" fill="#adb5bd" stroke="none"/>'
                "</marker></defs>",
                f'<rect class="paper" width="{width:g}" height="{height:g}" fill="{paper}"/>',
                *drawn,
                "</svg>",
            ]
        )

    def _legend(self, names: Mapping[str, str] | None) -> Iterator[str]:
        x = _MARGIN
        for kind in (kind for kind in TYPES if any(e.type == kind for e in self.entities)):
            name, colour = TYPES[kind]
            name = _text((names or {}).get(kind, name))
            yield f'<circle cx="{x + 6:g}" cy="22" r="6" fill="{colour}"/>'
            yield f'<text class="legend" x="{x + 17:g}" y="26">{name}</text>'
            x += 17 + _pixels(name, _LABEL) + 22
        if self._left_out and names is None:
            told = f"the {len(self._edges)} strongest of {len(self._edges) + self._left_out} connections"
            yield f'<text class="said" style="text-anchor:start" x="{x:g}" y="26">{told}</text>'

    def _draw_node(self, n: int) -> str:
        entity, radius, (x, y) = self.entities[n], self._radius[n], self._circle(n)
        colour = TYPES.get(entity.type, TYPES[NAME])[1]
        about = [f"{entity.name} ({entity.type.lower()}), in {entity.mentions} passages"]
        if entity.aliases:
            about.append("also: " + ", ".join(entity.aliases[:_TOLD]))
        ring = f'<circle cx="{x:g}" cy="{y:g}" r="{radius + 4:g}" fill="{colour}" opacity="0.25"/>'
        lines = "".join(
            f'<text class="name" x="{x:g}" y="{y + radius + 14 + row * (_LABEL + 2):g}">{_text(line)}</text>'
            for row, line in enumerate(self._labels[n])
        )
        return (
            f'<g class="node" data-n="{n}"><title>{_text(chr(10).join(about))}</title>'
            f"{ring if entity.key == self._centre else ''}"
            f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{colour}"/>{lines}</g>'
        )

    def _draw_edges(self) -> Iterator[str]:
        taken = [self._outline(n) for n in range(len(self.entities))]
        for edge in sorted(self._edges, key=lambda edge: (-len(edge.facts), edge.a, edge.b)):
            start, end = self._circle(edge.a), self._circle(edge.b)
            line, arrows = _line(start, end, self._radius[edge.a] + 2, self._radius[edge.b] + 3), self._arrows(edge)
            said = _said(edge.facts)
            label = ""
            if said and (spot := _free(start, end, said, taken)):
                taken.append(_around(spot, said))
                label = f'<text class="said" x="{spot[0]:g}" y="{spot[1] + 3.5:g}">{_text(said)}</text>'
            kind = "edge" if edge.facts else "edge together"
            if edge.facts and all(fact.negated or fact.modality for fact in edge.facts):
                kind += " doubtful"
            yield (
                f'<g class="{kind}" data-a="{edge.a}" data-b="{edge.b}"><title>{_text(self._evidence(edge))}</title>'
                f'<path class="line" d="{line}"{arrows}/><path class="wide" d="{line}"/>{label}</g>'
            )

    def _arrows(self, edge: _Edge) -> str:
        key = self.entities[edge.a].key
        told = {"marker-start": any(f.object_key == key for f in edge.facts)}
        told["marker-end"] = any(f.subject_key == key for f in edge.facts)
        return "".join(f' {name}="url(#arrow)"' for name, there in told.items() if there)

    def _evidence(self, edge: _Edge) -> str:
        if not edge.facts:
            names = f"{self.entities[edge.a].name} and {self.entities[edge.b].name}"
            return f"{names}: named together in {edge.chunks} passages"
        told = [f"{_sentence(fact)}\n“{_flat(fact.quote)}” ({_where(fact)})" for fact in edge.facts[:_TOLD]]
        return "\n\n".join(told)

    def _told(self, n: int) -> dict[str, object]:
        """Return what the page shows of a node."""
        entity = self.entities[n]
        facts = self._explorer.facts(entity)[:_TOLD]
        return {
            "name": entity.name,
            "type": TYPES.get(entity.type, TYPES[NAME])[0],
            "aliases": list(entity.aliases),
            "mentions": entity.mentions,
            "facts": [{"said": _sentence(f), "quote": _flat(f.quote), "where": _where(f)} for f in facts],
        }

    def _box(self, n: int) -> Size:
        """Return the room that a node and its label take."""
        wide = max(_pixels(line, _LABEL) for line in self._labels[n])
        return max(wide, 2 * self._radius[n]), 2 * self._radius[n] + 6 + len(self._labels[n]) * (_LABEL + 2)

    def _circle(self, n: int) -> Point:
        x, y = self._middle[n]
        return x + _MARGIN, round(y + _HEAD - self._box(n)[1] / 2 + self._radius[n], 1)

    def _outline(self, n: int) -> Box:
        (x, y), (wide, high) = self._middle[n], self._box(n)
        return x + _MARGIN - wide / 2, y + _HEAD - high / 2, x + _MARGIN + wide / 2, y + _HEAD + high / 2


def _chosen(explorer: Explorer, around: Entity | None, hops: int, limit: int) -> tuple[list[Entity], list[_Edge]]:
    """Return what to draw: entities by key, and edges between them."""
    ranked = [entity for entity, _ in explorer.ranks([around] if around else ())]
    if around:
        near = _within(explorer, around, hops)
        kept = [around, *(entity for entity in ranked if entity.key in near and entity.key != around.key)][:limit]
    else:
        said = explorer.related()
        kept = [entity for entity in ranked if entity.key in said][:limit]
        kept += [entity for entity in ranked if entity.key not in said][: limit - len(kept)]
    entities = sorted(kept, key=lambda entity: entity.key)
    edges = list(_edges(explorer, entities))
    joined = {n for edge in edges for n in (edge.a, edge.b)}
    if around or not joined:
        return entities, edges
    number = {old: new for new, old in enumerate(sorted(joined))}
    edges = [_Edge(number[edge.a], number[edge.b], edge.facts, edge.chunks) for edge in edges]
    return [entities[n] for n in sorted(joined)], edges


def _thinned(edges: list[_Edge], nodes: int) -> list[_Edge]:
    """Return the edges that matter most, and for every two nodes that all edges join some way between them."""
    ordered = sorted(edges, key=lambda edge: (-sum(fact.confidence for fact in edge.facts), edge.a, edge.b))
    parts = nx.utils.UnionFind(range(nodes))
    spanning: list[_Edge] = []
    rest: list[_Edge] = []
    for edge in ordered:
        (rest if parts[edge.a] == parts[edge.b] else spanning).append(edge)
        parts.union(edge.a, edge.b)
    kept = spanning + rest[: max(0, int(nodes * _DENSITY) - len(spanning))]
    return sorted(kept, key=lambda edge: (edge.a, edge.b))


def _within(explorer: Explorer, around: Entity, hops: int) -> set[str]:
    seen, edge = {around.key}, [around]
    for _ in range(hops):
        found = {n.entity.key: n.entity for entity in edge for n in explorer.neighbours(entity)}
        edge = [entity for key, entity in found.items() if key not in seen]
        seen.update(found)
    return seen


def _edges(explorer: Explorer, entities: list[Entity]) -> Iterator[_Edge]:
    """Yield what is said between entities; to those of which nothing is said, what they are most often named with."""
    number = {entity.key: n for n, entity in enumerate(entities)}
    facts: dict[tuple[int, int], list[Fact]] = {}
    for fact in explorer.facts_among(number):
        a, b = sorted((number[fact.subject_key], number[fact.object_key]))
        facts.setdefault((a, b), []).append(fact)
    together: dict[tuple[int, int], int] = {}
    joined = {n for pair in facts for n in pair}
    for n in range(len(entities)):
        if n not in joined:
            near = [one for one in explorer.neighbours(entities[n]) if one.entity.key in number]
            for one in near[:1]:
                other = number[one.entity.key]
                together[min(n, other), max(n, other)] = one.chunks
    for pair in sorted({*facts, *together}):
        yield _Edge(*pair, tuple(facts.get(pair, ())), together.get(pair, 0))


def _label(name: str) -> list[str]:
    """Break a name into lines, at spaces where it has some; what is left over is cut off."""
    lines = [""]
    for word in re.findall(r"\s*[^\s\u2e80-\uffff]+|\s*[\u2e80-\uffff]", _flat(name)[:200]):
        if lines[-1] and _columns(lines[-1] + word) > _COLUMNS:
            lines.append("")
        lines[-1] += word if lines[-1] else word.strip()
    shown = [_cut(line, _COLUMNS + 4) for line in lines[:_LINES]]
    if len(lines) > _LINES:
        shown[-1] = _cut(shown[-1] + "…", _COLUMNS + 4)
    return shown


def _said(facts: Iterable[Fact]) -> str:
    """Return what an edge says, in few words."""
    ways = list(dict.fromkeys(f"not {fact.predicate}" if fact.negated else fact.predicate for fact in facts))
    more = f" +{len(ways) - 1}" if len(ways) > 1 else ""
    return _cut(_flat(ways[0]), 26) + more if ways else ""


def _sentence(fact: Fact) -> str:
    said = " ".join(filter(None, ("not" if fact.negated else "", fact.modality, fact.predicate)))
    return f"{fact.subject} — {said} — {fact.object}"


def _where(fact: Fact) -> str:
    return f"{fact.title}, page {fact.page}" if fact.page else fact.title


def _line(start: Point, end: Point, before: float, after: float) -> str:
    """Return a straight path that stops short of both ends."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-6)
    x, y = dx / length, dy / length
    ends = (start[0] + x * before, start[1] + y * before, end[0] - x * after, end[1] - y * after)
    return "M{:.1f},{:.1f} L{:.1f},{:.1f}".format(*ends)


def _free(start: Point, end: Point, text: str, taken: list[Box]) -> Point | None:
    """Return a place on a line where a label covers nothing, or None."""
    for share in _ALONG:
        spot = (
            round(start[0] + (end[0] - start[0]) * share, 1),
            round(start[1] + (end[1] - start[1]) * share, 1),
        )
        box = _around(spot, text)
        if not any(box[0] < t[2] and t[0] < box[2] and box[1] < t[3] and t[1] < box[3] for t in taken):
            return spot
    return None


def _around(spot: Point, text: str) -> Box:
    half = _pixels(text, _SMALL) / 2 + 2
    return spot[0] - half, spot[1] - _SMALL / 2 - 1, spot[0] + half, spot[1] + _SMALL / 2 + 1


def _pixels(text: str, size: float) -> float:
    """Return about how wide a text is drawn."""
    return _columns(text) * size * 0.56


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _cut(text: str, columns: int) -> str:
    if _columns(text) <= columns:
        return text
    kept = ""
    for character in text:
        if _columns(kept + character) >= columns:
            break
        kept += character
    return kept.rstrip() + "…"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _text(text: str) -> str:
    return escape(xml_text(text))
