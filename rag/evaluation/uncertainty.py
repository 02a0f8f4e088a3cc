"""How well the confidence tells right answers from wrong ones.

Selective prediction (Geifman and El-Yaniv 2017): answers are given from the surest down to the least sure, and the
more are given, the more of them are wrong. The curve of that is drawn from what would have been answered without a
threshold, so that it does not end at the one in use.

Confidences are float64, (n,), 0 to 1; ``right`` is bool, (n,), in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.results import Result, summary

BINS = 10
THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_PLACES = 4


@dataclass(frozen=True, slots=True)
class Point:
    """What comes of a threshold."""

    threshold: float
    coverage: float
    """The part of all questions that is answered."""
    accuracy: float | None
    """The part of these answers that is right; None where none is given."""
    right: float | None
    """The part of the questions with an answer in the documents that is answered rightly; None without such."""
    refused: float | None
    """The part of the questions without one that is refused; None without such."""
    in_use: bool = False


def outcomes(results: Sequence[Result]) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    """Return the confidence of each answer, given or withheld, and whether it is right; None unless all are known.

    A question that gets no answer at any threshold counts as a wrong answer of confidence 0.
    """
    found = [result.outcome for result in results if result.abstained is not None]
    known = [outcome for outcome in found if outcome is not None]
    if not known or len(known) < len(found):
        return None
    confidence, right = zip(*known, strict=True)
    return np.array(confidence, dtype=np.float64), np.array(right, dtype=np.bool_)


def risk_coverage(
    confidence: NDArray[np.float64], right: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coverages 1/n, 2/n, … 1 and the risk at each: the part of the answers given so far that is wrong.

    Among answers of one confidence, whose order means nothing, errors are spread evenly.
    """
    _, group = np.unique(-confidence, return_inverse=True)
    sizes = np.bincount(group)
    errors = np.repeat(np.bincount(group, weights=~right) / sizes, sizes)
    given = np.arange(1, len(right) + 1)
    return given / len(right), np.cumsum(errors) / given


def aurc(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the area under the risk–coverage curve, 0 to 1: the mean risk over all coverages; lower is better."""
    return float(risk_coverage(confidence, right)[1].mean())


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error, 0 to 1, lower is better (Naeini et al. 2015; Guo et al. 2017).

    Over ten bins of equal width: how far the mean confidence is from the part that is right, by the bins' shares.
    """
    gaps = np.bincount(bins(confidence), weights=confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(right))


def brier(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the mean squared difference of confidence and outcome, 0 to 1, lower is better (Brier 1950)."""
    return float(np.mean((confidence - right) ** 2))


def bins(confidence: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number of each confidence's tenth, 0 to 9; 1.0 belongs to the last."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


WHOLE: dict[str, Callable[[NDArray[np.float64], NDArray[np.bool_]], float]] = {
    "aurc": aurc,
    "ece": calibration_error,
    "brier": brier,
}
"""Figures of all answers together, which are no means over questions; lower is better."""


def certainty(results: Sequence[Result]) -> dict[str, float]:
    """Return ``aurc``, ``ece`` and ``brier``; nothing unless every outcome is known."""
    known = outcomes(results)
    return {name: round(figure(*known), _PLACES) for name, figure in WHOLE.items()} if known else {}


def overall(results: Sequence[Result]) -> dict[str, float]:
    """Return all figures: means over questions, then those of ``certainty``, then times.

    Where the documents answer none of the questions, whatever the confidence, an answer is wrong: there is no
    ``certainty`` to tell.
    """
    figures = summary(results)
    times = {name: figures.pop(name) for name in list(figures) if name.startswith(("query_ms", "search_ms", "seconds"))}
    return {**figures, **(certainty(results) if any(result.answerable for result in results) else {}), **times}


def at_thresholds(results: Sequence[Result], in_use: float | None = None) -> list[Point]:
    """Return what comes of several thresholds, in order; nothing unless every outcome is known."""
    known = outcomes(results)
    if known is None:
        return []
    asked = [result for result in results if result.abstained is not None]
    answerable, never = np.array([[result.answerable, result.never_answered] for result in asked], dtype=np.bool_).T
    every = sorted({*THRESHOLDS, *([] if in_use is None else [in_use])})
    confidence, right = known
    return [
        _point(threshold, (confidence >= threshold) & ~never, right, answerable, threshold == in_use)
        for threshold in every
    ]


def _point(
    threshold: float, given: NDArray[np.bool_], right: NDArray[np.bool_], answerable: NDArray[np.bool_], in_use: bool
) -> Point:
    def part(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> float | None:
        return float(of[among].mean()) if among.any() else None

    return Point(
        threshold=threshold,
        coverage=float(given.mean()),
        accuracy=part(right, given),
        right=part(right & given, answerable),
        refused=part(~given, ~answerable),
        in_use=in_use,
    )
