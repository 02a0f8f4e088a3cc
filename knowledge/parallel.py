"""One function over many things, by several processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_PARTS = 4
"""Parts for each process: enough that none waits long for the last one."""


def map_in_parts(
    function: Callable[[Sequence[T]], list[R]], things: Sequence[T], *, sizes: Sequence[int], workers: int, least: int
) -> list[R]:
    """Return what ``function`` gives for stretches of ``things``, put together in order.

    Processes are started at need and stay for the next call; ``function`` must be importable.

    Parameters
    ----------
    sizes
        How much work each thing is.
    workers
        Processes; 0: as many as there are cores.
    least
        The work a process from which on starting it pays; for less everything is done here.
    """
    count = min(workers or os.cpu_count() or 1, sum(sizes) // least, len(things))
    if count < 2:
        return function(things)
    from joblib import Parallel, delayed

    stretches = _stretches(sizes, count * _PARTS)
    found = Parallel(n_jobs=count)(delayed(function)(things[first:last]) for first, last in stretches)
    return [one for part in found for one in part]


def _stretches(sizes: Sequence[int], count: int) -> list[tuple[int, int]]:
    """Cut a list into at most ``count`` stretches of about the same total size."""
    share, found, first, total = sum(sizes) / count, [], 0, 0
    for place, size in enumerate(sizes, start=1):
        total += size
        if total >= share or place == len(sizes):
            found.append((first, place))
            first, total = place, 0
    return found
