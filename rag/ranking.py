"""How much a chunk's signals are worth together.

A weighted sum, the first score, chooses the best chunks. These are judged by gradient-boosted trees (Friedman 2001),
learnt from questions: by their signals and first scores, and by how these compare with those of the other chunks that
came up, for it matters less how near a chunk is than whether another one is nearer. ``rag.evaluation.learn`` fits the
trees and writes ``ranking.npz``; docs/retrieval.md tells from which questions, and what each signal brings. In long
documents the first score itself is the order: title, names and paths, by which the trees go, are the same all over
such a document.

A score falls apart into what each signal brought it (Saabas 2014): at every fork of a tree the expected value
changes, and the change is put down to the signal that was looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from rag.signals import PARTS, SIGNALS, Found
from rag.view import Floats, Numbers

POOL = 30
"""Best chunks that are judged in earnest; what comes after them keeps its rough order."""
_PART_OF_SIGNAL = np.array([[float(signal in members) for members in PARTS.values()] for signal in SIGNALS])
# The language tells how far meaning can be trusted.
_PART_OF_SIGNAL[SIGNALS.index("chinese"), list(PARTS).index("meaning")] = 1
_LEAST = 1e-9
"""So that there are shares where every signal is 0."""
FILE = "ranking.npz"


@dataclass(frozen=True, slots=True)
class Ranked:
    """Chunks in order."""

    numbers: Numbers
    """int64, (n,): graph numbers, best first."""
    scores: Floats
    """float32, (n,), 0 to 1, falling; comparable within one question only."""
    parts: Floats
    """float32, (n_judged, len(PARTS)): what each part brought the first ones, in log odds or in first scores."""


@dataclass(frozen=True, slots=True)
class Trees:
    """All trees' nodes, one after the other. A leaf has itself for both children."""

    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    """A row goes left where its feature is at most this."""
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]
    """Of a leaf what it adds to the log odds; of a fork the mean of its leaves."""
    depth: int
    """Forks on the longest way from a root to a leaf."""

    @classmethod
    def load(cls, path: str) -> Trees:
        """Read what ``rag.evaluation.learn`` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            if arrays["signals"].tolist() != list(SIGNALS):
                raise ValueError(f"{path} was learnt for other signals: run 'python -m rag.evaluation.learn'")
            names = ("roots", "feature", "threshold", "left", "right", "value")
            return cls(**{name: arrays[name] for name in names}, depth=int(arrays["depth"]))

    def weigh(self, features: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each row's log odds, and what every feature added to it.

        Parameters
        ----------
        features
            float32, (n, n_features).
        """
        width = features.shape[1]
        values, shift = features.ravel(), np.arange(len(features))[:, None] * width
        nodes = np.broadcast_to(self.roots, (len(features), len(self.roots)))
        worth = self.value[nodes]
        added = np.zeros(features.size)
        for _ in range(self.depth):
            place = self.feature[nodes] + shift
            nodes = np.where(values[place] <= self.threshold[nodes], self.left[nodes], self.right[nodes])
            below = self.value[nodes]
            added += np.bincount(place.ravel(), (below - worth).ravel(), features.size)
            worth = below
        return worth.sum(axis=1), added.reshape(features.shape)


def features(rows: Floats, first: Floats) -> Floats:
    """Return what the trees look at: float32, (n, 3 * (n_signals + 1)).

    The signals and the first score; how far each is below the highest among these chunks; how it differs from that of
    the first chunk.

    Parameters
    ----------
    rows
        float32, (n, n_signals), n > 0: the chunks that are judged together, best first score first.
    first
        float32, (n,): their first scores.
    """
    rows = np.concatenate([rows, first[:, None]], axis=1)
    return np.concatenate([rows, rows - rows.max(axis=0), rows - rows[0]], axis=1)


def judged(found: Found) -> tuple[Numbers, Numbers]:
    """Return the places in ``found`` of the chunks to be judged and of the others, both by falling first score."""
    order = np.lexsort((found.numbers, -found.first_scores()))
    return order[:POOL], order[POOL:]


def rank(found: Found) -> Ranked:
    """Put chunks in order."""
    best, others = judged(found)
    first = found.first_scores()
    if not len(best):
        return Ranked(found.numbers, np.zeros(0, np.float32), np.zeros((0, len(PARTS)), np.float32))
    added = found.rows[best] * found.weights
    if found.long:
        # The signals reach 1, but for how well a document fits.
        scores = np.clip(first[best] / found.weights.sum(), 0, 1).astype(np.float64)
        parts = added @ _PART_OF_SIGNAL
    else:
        odds, brought = _trees().weigh(features(found.rows[best], first[best]))
        order = np.lexsort((found.numbers[best], -np.round(odds, 6)))
        scores = 1 / (1 + np.exp(-odds[order]))
        # What the first score brought is its signals' merit, each for its share in it.
        by_signal, by_first = np.split(brought.reshape(len(best), 3, -1).sum(axis=1), [len(SIGNALS)], axis=1)
        sizes = np.abs(added) + _LEAST
        parts = (by_signal + by_first * sizes / sizes.sum(axis=1, keepdims=True))[order]
        parts, best = parts @ _PART_OF_SIGNAL, best[order]
    rough = np.maximum(first[others], 0)
    tail = scores[-1] * rough / (float(rough.max(initial=0)) or 1)
    return Ranked(
        np.concatenate([found.numbers[best], found.numbers[others]]),
        np.concatenate([scores, tail]).astype(np.float32),
        parts.astype(np.float32),
    )


@cache
def _trees() -> Trees:
    with as_file(files("rag") / FILE) as path:
        return Trees.load(str(path))
