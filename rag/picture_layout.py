"""Where the nodes of a picture go: near what they are joined to, and never one label upon another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Size = tuple[float, float]
_SEED = 7
_EDGE = 140.0
"""Pixels: how long an edge should be, so that what it says has room."""
_STRETCH = 1.6
"""How strongly nodes push each other away, in the layout by springs."""
_GAP = 8.0
"""Pixels between two nodes' boxes."""
_ROUNDS = 400
_WIDE = 1.2
"""Labels are wider than they are high, and so is a page."""
_PACKED = 2.6
"""The page is about as wide as the root of so many times the area that is covered."""
_CELL = 16.0
"""Pixels: the step in which parts that nothing joins are moved on the page."""


def places(graph: nx.Graph, sizes: Mapping[Any, Size]) -> tuple[dict[Any, Point], Size]:
    """Return the middle of each node's box and the size of the whole, in pixels; the same on every run.

    Parameters
    ----------
    graph
        Its order of nodes counts: give it sorted.
    sizes
        Width and height of each node's box.
    """
    parts = []
    for nodes in sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part))):
        part = nx.Graph()
        # A subgraph hands its nodes out in a set's order.
        part.add_nodes_from(node for node in graph if node in nodes)
        part.add_edges_from(sorted(tuple(sorted(edge)) for edge in graph.edges(nodes)))
        boxes = np.array([sizes[node] for node in part], dtype=np.float64)
        parts.append(_Part(list(part), _spread(_sprung(part), boxes), boxes, _ends(part)))
    return _packed(parts)


@dataclass(slots=True)
class _Part:
    """Nodes that hang together."""

    nodes: list[Any]
    at: NDArray[np.float64]
    """(n, 2): the boxes' middles."""
    boxes: NDArray[np.float64]
    """(n, 2): their widths and heights."""
    ends: NDArray[np.int64]
    """(m, 2): the edges, as places in ``nodes``."""


def _ends(part: nx.Graph) -> NDArray[np.int64]:
    number = {node: place for place, node in enumerate(part)}
    return np.array([(number[a], number[b]) for a, b in part.edges], dtype=np.int64).reshape(-1, 2)


def _sprung(part: nx.Graph) -> NDArray[np.float64]:
    """Lay a part out so that distances tell how many steps two nodes are apart, and turn it to be wider than high."""
    if len(part) == 1:
        return np.zeros((1, 2))
    # Springs untangle the whole; what follows (Kamada and Kawai 1989) makes edges equally long, but needs a good start.
    spot = nx.spring_layout(part, seed=_SEED, k=_STRETCH / np.sqrt(len(part)), iterations=300, weight=None)
    spot = nx.kamada_kawai_layout(part, pos=spot)
    at = np.array([spot[node] for node in part])
    at -= at.mean(axis=0)
    axes = np.linalg.svd(at, full_matrices=False)[2]
    # The signs of axes are arbitrary: the first node is to lie at the upper left.
    turned = at @ axes.T
    turned *= np.where(turned[0] > 0, -1.0, 1.0)
    ends = _ends(part)
    lengths = np.linalg.norm(turned[ends[:, 0]] - turned[ends[:, 1]], axis=1)
    scaled: NDArray[np.float64] = turned * (_EDGE / max(float(np.median(lengths)), 1e-6)) * (_WIDE, 1.0)
    return scaled


def _spread(at: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Push boxes apart until none lies on another, each pair along the way that is shorter."""
    needed = (sizes[:, None, :] + sizes[None, :, :]) / 2 + _GAP
    order = np.arange(len(at))
    ahead = np.where(order[:, None] > order[None, :], 1.0, -1.0)
    for _ in range(_ROUNDS):
        apart = at[:, None, :] - at[None, :, :]
        lacking = needed - np.abs(apart)
        touching = (lacking > 0.01).all(axis=2) & (order[:, None] != order[None, :])
        if not touching.any():
            break
        away = np.where(apart == 0, ahead[:, :, None], np.sign(apart))
        sideways = lacking[:, :, 0] < lacking[:, :, 1]
        push = np.zeros_like(apart)
        push[:, :, 0] = np.where(touching & sideways, away[:, :, 0] * lacking[:, :, 0], 0)
        push[:, :, 1] = np.where(touching & ~sideways, away[:, :, 1] * lacking[:, :, 1], 0)
        at = at + push.sum(axis=1) * 0.5
    return at


def _packed(parts: list[_Part]) -> tuple[dict[Any, Point], Size]:
    """Put the parts on a page, the largest first, each as high up and as far left as there is room."""
    shapes = [_shape(part) for part in parts]
    cells = sum(shape.sum() for shape in shapes)
    width = max(int(np.sqrt(cells * _PACKED)), *(shape.shape[1] for shape in shapes))
    page = np.zeros((sum(shape.shape[0] for shape in shapes), width), dtype=np.bool_)
    spots: dict[Any, Point] = {}
    for part, shape in zip(parts, shapes, strict=True):
        row, column = _room(page, shape)
        page[row : row + shape.shape[0], column : column + shape.shape[1]] |= shape
        corner = _corner(part) - _GAP
        for node, (x, y) in zip(part.nodes, part.at - corner + np.array([column, row]) * _CELL, strict=True):
            spots[node] = (round(float(x), 1), round(float(y), 1))
    used = np.argwhere(page).max(axis=0) + 1
    return spots, (float(used[1] * _CELL), float(used[0] * _CELL))


def _corner(part: _Part) -> NDArray[np.float64]:
    corner: NDArray[np.float64] = (part.at - part.boxes / 2).min(axis=0)
    return corner


def _shape(part: _Part) -> NDArray[np.bool_]:
    """Return the cells that a part covers with its boxes and edges: bool, (rows, columns)."""
    at = part.at - _corner(part) + _GAP
    low = np.floor((at - part.boxes / 2 - _GAP) / _CELL).astype(int)
    high = np.ceil((at + part.boxes / 2 + _GAP) / _CELL).astype(int)
    columns, rows = high.max(axis=0)
    shape = np.zeros((rows, columns), dtype=np.bool_)
    for (left, top), (right, bottom) in zip(low, high, strict=True):
        shape[max(top, 0) : bottom, max(left, 0) : right] = True
    for a, b in part.ends:
        steps = max(int(np.linalg.norm(at[a] - at[b]) / _CELL * 2), 2)
        for x, y in np.linspace(at[a], at[b], steps):
            row, column = int(y / _CELL), int(x / _CELL)
            shape[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = True
    return shape


def _room(page: NDArray[np.bool_], shape: NDArray[np.bool_]) -> tuple[int, int]:
    rows, columns = shape.shape
    for row in range(page.shape[0] - rows + 1):
        for column in range(page.shape[1] - columns + 1):
            if not (page[row : row + rows, column : column + columns] & shape).any():
                return row, column
    return page.shape[0] - rows, 0
