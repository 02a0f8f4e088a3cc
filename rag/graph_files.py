"""The graph as files that other programs read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import networkx as nx

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return ``text`` with a replacement character for each that XML cannot hold, not even escaped.

    >>> xml_text("a" + chr(0) + "b")
    'a\ufffdb'
    """
    return _NOT_XML.sub("\ufffd", text)


def write_graphml(graph: nx.MultiDiGraph, file: Path) -> None:
    """Write what ``Explorer.export`` returns as GraphML; aliases are joined by `` | ``."""
    plain = nx.MultiDiGraph()
    ids: dict[str, str] = {}
    for key, attributes in graph.nodes(data=True):
        ids[key] = xml_text(key)
        while ids[key] in plain:
            ids[key] += "'"
        plain.add_node(ids[key], **_flat(attributes))
    for subject, target, attributes in graph.edges(data=True):
        plain.add_edge(ids[subject], ids[target], **_flat(attributes))
    nx.write_graphml(plain, file)


def write_json(graph: nx.MultiDiGraph, file: Path) -> None:
    """Write what ``Explorer.export`` returns as NetworkX's node-link JSON, with ``edges``."""
    text = json.dumps(nx.node_link_data(graph, edges="edges"), ensure_ascii=False)
    file.write_text(text, encoding="utf-8", errors="replace")


def _flat(attributes: dict[str, Any]) -> dict[str, str | int | float | bool]:
    flat: dict[str, str | int | float | bool] = {}
    for name, value in attributes.items():
        if isinstance(value, list):
            value = " | ".join(value)
        if value is not None:
            flat[name] = xml_text(value) if isinstance(value, str) else value
    return flat
