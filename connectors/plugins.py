"""Finds connectors through the entry point group ``wellspring.sources``; ours come in by the same door."""

from __future__ import annotations

from typing import Any

from connectors.base import Connector
from connectors.errors import SourceError

GROUP = "wellspring.sources"


def source_kinds() -> list[str]:
    """Return the names of the installed connectors."""
    from importlib.metadata import entry_points

    return sorted({point.name for point in entry_points(group=GROUP)})


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
    # Half of this package's import time, and needed only here.
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP, name=kind):
        factory = point.load()
        connector: Connector = factory(location, **options)
        return connector
    raise SourceError(f"no connector named {kind!r} is installed; there are: {', '.join(source_kinds())}")
