"""The way to an answer, drawn as a picture in the page's own colours: from left to right, on a phone downwards."""

from __future__ import annotations

import base64
import re
from itertools import groupby
from unicodedata import east_asian_width

import rag
from apps.text import Text
from apps.ui.markup import escape

_WIDE, _GAP, _BETWEEN = 126, 28, 14
"""Pixels: a node's width, between two levels, and between two nodes of a level. Two nodes are as wide as a phone."""
_LINE, _PAD, _HEAD = 16, 9, 15
"""Pixels: a line of text, around a node's text, and what kind of node it is."""
_LINES = 3
"""Of a node's text."""
_CHARACTERS = ((12.0, "mwMW@%&—…"), (4.6, "fijlrtI.,:;'|!()[]/- "))
"""Pixels of characters that are wider or narrower than others; as in the widest of the usual fonts."""
_CAPITAL, _SQUARE, _OTHER = 8.8, 12.0, 7.6
"""Pixels of a capital, of a Chinese character, and of all else."""
_SQUARES = r"\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6"
_PIECE = re.compile(rf" |[{_SQUARES}][、。，！？；：）》」』]*|[^ {_SQUARES}]+")
"""What stays on one line: a word, or a Chinese character with the marks after it."""


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
    told = escape(" → ".join(node.text for node in trail.nodes if node.text))
    images = []
    # The page does not know how wide the window is; its style shows one of the two.
    for name, down in (("ws-across", False), ("ws-down", True)):
        drawn = _svg(trail, text, _INK.get(theme or "light", _INK["light"]), down=down)
        data = base64.b64encode(drawn.encode("utf-8", "replace")).decode()
        images.append(f'<img class="{name}" alt="{told}" src="data:image/svg+xml;base64,{data}">')
    return f'<div class="ws-trail" tabindex="0">{"".join(images)}</div>'


def _svg(trail: rag.Trail, text: Text, ink: str, *, down: bool) -> str:
    nodes = trail.nodes
    order = sorted(range(len(nodes)), key=lambda n: (nodes[n].level, n))
    levels = [list(group) for _, group in groupby(order, key=lambda n: nodes[n].level)]
    # Where no two stand side by side, each has the room of two.
    wide = 2 * _WIDE + _BETWEEN if down and max(map(len, levels)) == 1 else _WIDE
    lines = [_lines(node.text or text("trail.no_words"), wide - 2 * _PAD) for node in nodes]
    high = [_HEAD + len(each) * _LINE + 2 * _PAD for each in lines]
    spot, width, height = (_downwards if down else _across)(levels, wide, high)
    drawn = []
    for start, end in trail.edges:
        (x0, y0), (x1, y1) = spot[start], spot[end]
        drawn.append(
            _arrow(x0 + wide / 2, y0 + high[start], x1 + wide / 2, y1, down=True)
            if down
            else _arrow(x0 + wide, y0 + high[start] / 2, x1, y1 + high[end] / 2, down=False)
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
            f'<rect x="{x + 0.5:.1f}" y="{y + 0.5:.1f}" width="{wide - 1}" height="{high[n] - 1}" rx="8"/>'
            f'<text class="kind" x="{x + _PAD:.0f}" y="{y + _PAD + 9:.0f}">{escape(_xml(kind))}</text>{rows}</g>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<style>{_STYLE.format(ink=ink)}</style>{''.join(drawn)}</svg>"
    )


_Spots = dict[int, tuple[float, float]]
"""Where the upper left corner of each node is."""


def _across(levels: list[list[int]], wide: int, high: list[int]) -> tuple[_Spots, int, int]:
    """Put levels beside one another; return where each node is, and the size of it all."""
    tall = [sum(high[n] for n in level) + _BETWEEN * (len(level) - 1) for level in levels]
    spot: _Spots = {}
    for column, level in enumerate(levels):
        y = (max(tall) - tall[column]) / 2
        for n in level:
            spot[n] = column * (wide + _GAP), y
            y += high[n] + _BETWEEN
    return spot, len(levels) * (wide + _GAP) - _GAP, max(tall)


def _downwards(levels: list[list[int]], wide: int, high: list[int]) -> tuple[_Spots, int, int]:
    """Put levels below one another; return as ``_across`` does."""
    width = max(map(len, levels)) * (wide + _BETWEEN) - _BETWEEN
    spot: _Spots = {}
    y = 0
    for level in levels:
        x = (width - len(level) * (wide + _BETWEEN) + _BETWEEN) / 2
        for place, n in enumerate(level):
            spot[n] = x + place * (wide + _BETWEEN), y
        y += max(high[n] for n in level) + _GAP
    return spot, width, y - _GAP


def _arrow(x0: float, y0: float, x1: float, y1: float, *, down: bool) -> str:
    if down:
        middle = (y0 + y1) / 2
        curve = f"{x0:.0f},{middle:.0f} {x1:.0f},{middle:.0f} {x1:.0f},{y1 - 6:.0f}"
        tip = f"M{x1 - 4:.0f},{y1 - 8:.0f} L{x1:.0f},{y1:.0f} L{x1 + 4:.0f},{y1 - 8:.0f} z"
    else:
        middle = (x0 + x1) / 2
        curve = f"{middle:.0f},{y0:.0f} {middle:.0f},{y1:.0f} {x1 - 6:.0f},{y1:.0f}"
        tip = f"M{x1 - 8:.0f},{y1 - 4:.0f} L{x1:.0f},{y1:.0f} L{x1 - 8:.0f},{y1 + 4:.0f} z"
    return f'<path class="edge" d="M{x0:.0f},{y0:.0f} C{curve}"/><path class="tip" d="{tip}"/>'


_KINDS = {"question": "trail.question", "name": "trail.name", "source": "trail.source", "answer": "trail.answer"}


def _lines(words: str, room: int) -> list[str]:
    """Break a text into lines of ``room`` pixels; what is left over is cut off."""
    lines = [""]
    for piece in _PIECE.findall(" ".join(words.split())):
        if lines[-1] and _pixels(lines[-1] + piece) > room:
            lines.append("")
        # A name without spaces may be longer than a line.
        for character in piece if lines[-1] or piece != " " else "":
            if lines[-1] and _pixels(lines[-1] + character) > room:
                lines.append("")
            lines[-1] += character
    if len(lines) > _LINES:
        del lines[_LINES:]
        while _pixels(lines[-1] + "…") > room:
            lines[-1] = lines[-1][:-1]
        lines[-1] = lines[-1].rstrip() + "…"
    return [line.rstrip() for line in lines]


def _pixels(line: str) -> float:
    """Return about how wide a line is; a little more rather than less. A space at its end takes no room."""
    return sum(map(_wide, line.rstrip()))


def _wide(character: str) -> float:
    for pixels, characters in _CHARACTERS:
        if character in characters:
            return pixels
    if east_asian_width(character) in "WF":
        return _SQUARE
    return _CAPITAL if character.isupper() else _OTHER


def _xml(text: str) -> str:
    """Return ``text`` without the control characters that XML cannot hold."""
    return "".join(c if c.isprintable() else " " for c in text)
