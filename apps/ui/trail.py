"""The way to an answer, drawn from left to right as a picture in the page's own colours."""

from __future__ import annotations

import base64
import textwrap
from itertools import groupby
from unicodedata import east_asian_width

import rag
from apps.text import Text
from apps.ui.markup import escape

_WIDE, _GAP, _BETWEEN = 130, 28, 14
"""Pixels: a node's width, between two levels, and between two nodes of a level."""
_LINE, _PAD, _HEAD = 16, 9, 15
"""Pixels: a line of text, around a node's text, and what kind of node it is."""
_COLUMNS, _LINES = 19, 3
"""Of a node's text; a Chinese character takes two columns."""


_STYLE = """text{{font:12px "Source Sans 3","Segoe UI","Noto Sans","Noto Sans CJK SC",sans-serif;fill:{ink}}}
.kind{{font-size:10px;font-weight:600;opacity:.7}}
rect{{fill:{ink};fill-opacity:.05;stroke:{ink};stroke-opacity:.25}} .name rect{{stroke-dasharray:4 3}}
.source rect,.answer rect{{fill:#14a394;fill-opacity:.14;stroke:#14a394;stroke-opacity:1}}
.edge{{fill:none;stroke:{ink};stroke-opacity:.45;stroke-width:1.4}} .tip{{fill:{ink};fill-opacity:.45}}"""
_INK = {"light": "#1c2b2d", "dark": "#e4ecec"}


def trail_html(trail: rag.Trail, text: Text, *, theme: str | None = None) -> str:
    """Return the drawing, in a box that can be scrolled where there is no room for it.

    As an image: Streamlit drops SVG from HTML. Nothing within it can act, whatever a document's title holds.

    Parameters
    ----------
    theme
        ``light`` or ``dark``; None: not known, taken for light.
    """
    drawn = _svg(trail, text, _INK.get(theme or "light", _INK["light"]))
    told = escape(" → ".join(node.text for node in trail.nodes if node.text))
    data = base64.b64encode(drawn.encode("utf-8", "replace")).decode()
    return f'<div class="ws-trail" tabindex="0"><img alt="{told}" src="data:image/svg+xml;base64,{data}"></div>'


def _svg(trail: rag.Trail, text: Text, ink: str) -> str:
    nodes = trail.nodes
    lines = [_lines(node.text or text("trail.no_words")) for node in nodes]
    high = [_HEAD + len(each) * _LINE + 2 * _PAD for each in lines]
    order = sorted(range(len(nodes)), key=lambda n: (nodes[n].level, n))
    levels = [list(group) for _, group in groupby(order, key=lambda n: nodes[n].level)]
    height = max(sum(high[n] for n in level) + _BETWEEN * (len(level) - 1) for level in levels)
    width = len(levels) * (_WIDE + _GAP) - _GAP
    spot: dict[int, tuple[float, float]] = {}
    for column, level in enumerate(levels):
        y = (height - sum(high[n] for n in level) - _BETWEEN * (len(level) - 1)) / 2
        for n in level:
            spot[n] = column * (_WIDE + _GAP), y
            y += high[n] + _BETWEEN
    drawn = []
    for start, end in trail.edges:
        (x0, y0), (x1, y1) = spot[start], spot[end]
        x0, y0, y1 = x0 + _WIDE, y0 + high[start] / 2, y1 + high[end] / 2
        middle = (x0 + x1) / 2
        drawn.append(
            f'<path class="edge" d="M{x0:.0f},{y0:.0f} C{middle:.0f},{y0:.0f} {middle:.0f},{y1:.0f} '
            f'{x1 - 6:.0f},{y1:.0f}"/>'
            f'<path class="tip" d="M{x1 - 8:.0f},{y1 - 4:.0f} L{x1:.0f},{y1:.0f} L{x1 - 8:.0f},{y1 + 4:.0f} z"/>'
        )
    for n, node in enumerate(nodes):
        x, y = spot[n]
        kind = text(_KINDS[node.kind])
        if node.citation is not None:
            page = f", {text('card.page', page=node.page)}" if node.page else ""
            kind = f"{kind} {node.citation}{page}"
        rows = "".join(
            f'<text x="{x + _PAD:.0f}" y="{y + _PAD + _HEAD + _LINE * row + 11:.0f}">{escape(_xml(line))}</text>'
            for row, line in enumerate(lines[n])
        )
        drawn.append(
            f'<g class="{node.kind}">'
            f'<rect x="{x + 0.5:.1f}" y="{y + 0.5:.1f}" width="{_WIDE - 1}" height="{high[n] - 1}" rx="8"/>'
            f'<text class="kind" x="{x + _PAD:.0f}" y="{y + _PAD + 9:.0f}">{escape(_xml(kind))}</text>{rows}</g>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<style>{_STYLE.format(ink=ink)}</style>{''.join(drawn)}</svg>"
    )


_KINDS = {"question": "trail.question", "name": "trail.name", "source": "trail.source", "answer": "trail.answer"}


def _lines(words: str) -> list[str]:
    """Break a text into lines; what is left over is cut off."""
    flat = " ".join(words.split())
    wide = sum(east_asian_width(c) in "WF" for c in flat) * 2 > len(flat)
    columns = _COLUMNS // 2 if wide else _COLUMNS
    lines = textwrap.wrap(flat, columns) or [""]
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], lines[_LINES - 1][: columns - 1].rstrip() + "…"]
    return lines


def _xml(text: str) -> str:
    """Return ``text`` without the control characters that XML cannot hold."""
    return "".join(c if c.isprintable() else " " for c in text)
