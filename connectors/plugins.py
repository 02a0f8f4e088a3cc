"""Finds connectors through the entry point group ``wellspring.sources``; ours come in by the same door."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from connectors.base import Connector
from connectors.errors import SourceError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "wellspring.sources"


def source_kinds() -> list[str]:
    """Return the names of the installed connectors."""
    return sorted(_installed())


def open_source(location: str, *, kind: str = "filesystem", **options: Any) -> Connector:
    """Build the connector ``kind`` for ``location``.

    Parameters
    ----------
    location
        What the connector understands: for ``filesystem`` a path or an fsspec URL.
    kind
        The entry point's name.
    options
        Passed on as keyword arguments.

    Raises
    ------
    SourceError
        No such kind is installed, or the connector refuses the location.
    """
    if kind not in _installed():
        raise SourceError(f"no connector named {kind!r} is installed; there are: {', '.join(source_kinds())}")
    factory = _installed()[kind].load()
    connector: Connector = factory(location, **options)
    return connector


@cache
def _installed() -> dict[str, EntryPoint]:
    """Return the entry points by name; they are looked up once, for that reads a file of every installed package."""
    # Half of this package's import time, and needed only here.
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, point)
    return found
