"""Two runs over one set, compared question by question.

What differs between the runs is told for each figure as the mean difference over the questions that have the figure in
both, with an interval from a paired bootstrap (Efron and Tibshirani 1993, chapter 13): questions are drawn with
replacement, each with its own difference, so that hard and easy questions cancel out. Figures that are no means
(``aurc``, ``ece``) are computed anew from the questions that were drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import DatasetError
from rag.evaluation.datasets import SEED
from rag.evaluation.results import NEITHER, TIMES, Result, in_order, read_results
from rag.evaluation.uncertainty import WHOLE, outcomes

RESAMPLES = 5000
_AT_ONCE = 250
_FEWER = 1000
"""Resamples for figures that take longer than a mean."""
_TAILS = (2.5, 97.5)
"""Percent: what lies outside of the interval begins and ends here."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two runs, over the questions that have it in both."""

    figure: str
    a: float
    b: float
    """The means."""
    low: float
    high: float
    """The 95 % interval of ``b - a``."""
    better: int
    worse: int
    """Questions of which B's figure is the better or the worse; both 0 for figures that are not counted."""

    @property
    def counted(self) -> bool:
        """Whether each question has the figure, and more or less of it is better."""
        return self.figure not in NEITHER and self.figure not in WHOLE

    @property
    def diff(self) -> float:
        """How much larger the figure is in B."""
        return self.b - self.a


@dataclass(frozen=True, slots=True)
class Change:
    """A question that came out otherwise."""

    id: str
    question: str
    change: float
    """The mean difference of the rates that it has in both, -1 to 1: positive where B is better."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs."""

    dataset: str
    questions: int
    """Those that both asked."""
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    """The most changed first."""

    def as_dict(self) -> dict[str, Any]:
        """Return one flat mapping: for each figure its means, their difference with its interval, and the counts."""
        flat: dict[str, Any] = {"dataset": self.dataset, "questions": self.questions}
        for one in self.differences:
            for name in ("a", "b", "diff", "low", "high"):
                flat[f"{one.figure}_{name}"] = round(getattr(one, name), 4)
            if one.counted:
                flat |= {f"{one.figure}_better": one.better, f"{one.figure}_worse": one.worse}
        return flat

    def as_markdown(self) -> str:
        """Return the figures as a table in Markdown, a line each."""
        lines = ["| figure | A | B | B - A | 95 % interval | better | worse |", "|---|---:|---:|---:|---|---:|---:|"]
        for one in self.differences:
            counts = f"{one.better} | {one.worse}" if one.counted else " | "
            interval = f"{one.low:+.3f} … {one.high:+.3f}"
            lines.append(f"| {one.figure} | {one.a:.3f} | {one.b:.3f} | {one.diff:+.3f} | {interval} | {counts} |")
        return "\n".join(lines)


def compare(a: Path, b: Path) -> Comparison:
    """Compare the runs whose results lie in two folders.

    Raises
    ------
    DatasetError
        A folder holds no results, or the runs have no question in common.
    """
    figures_a, results_a = read_results(a)
    figures_b, results_b = read_results(b)
    if figures_a["dataset"] != figures_b["dataset"]:
        raise DatasetError(
            f"{a} is a run over {figures_a['dataset']} and {b} one over {figures_b['dataset']}: "
            "only runs over one set can be compared"
        )
    pairs = [(results_a[key], results_b[key]) for key in results_a if key in results_b]
    if not pairs:
        raise DatasetError(f"{a} and {b} have no question in common: were they run on different splits or samples?")
    names = in_order(name for one, other in pairs for name in one.figures if name in other.figures)
    means = [_difference(name, pairs) for name in names]
    times = [one for one in means if one.figure in TIMES]
    return Comparison(
        dataset=figures_a["dataset"],
        questions=len(pairs),
        differences=(*means[: len(means) - len(times)], *_of_all(pairs), *times),
        changes=_changes(pairs),
    )


def bootstrap_interval(differences: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean of ``differences``, float64, (n,); always the same one."""
    random = np.random.default_rng(SEED)
    size = len(differences)
    # All at once would take too much memory for many questions.
    means = [differences[random.integers(0, size, (_AT_ONCE, size))].mean(axis=1) for _ in range(RESAMPLES // _AT_ONCE)]
    low, high = np.percentile(np.concatenate(means), _TAILS).tolist()
    return low, high


def resampled_interval(figure: Callable[[NDArray[np.int64]], float], questions: int) -> tuple[float, float]:
    """Return the 95 % percentile interval of a figure of ``questions`` questions; always the same one.

    ``figure`` is computed from positions, int64, (questions,), drawn with replacement.
    """
    random = np.random.default_rng(SEED)
    drawn = [figure(random.integers(0, questions, questions)) for _ in range(_FEWER)]
    low, high = np.percentile(drawn, _TAILS).tolist()
    return low, high


def _of_all(pairs: Sequence[tuple[Result, Result]]) -> list[Difference]:
    """Return the figures that are no means over questions, where every outcome is known in both runs."""
    both = [(one, other) for one, other in pairs if one.abstained is not None and other.abstained is not None]
    a, b = (outcomes(side) for side in zip(*both, strict=True)) if both else (None, None)
    if a is None or b is None:
        return []
    found = []
    for name, figure in WHOLE.items():

        def change(at: NDArray[np.int64], figure: Callable[..., float] = figure) -> float:
            return figure(*(values[at] for values in b)) - figure(*(values[at] for values in a))

        low, high = resampled_interval(change, len(both))
        found.append(Difference(name, figure(*a), figure(*b), low, high, better=0, worse=0))
    return found


def _difference(name: str, pairs: list[tuple[Result, Result]]) -> Difference:
    both = [(x.figures[name], y.figures[name]) for x, y in pairs if name in x.figures and name in y.figures]
    values = np.array(both, dtype=np.float64)
    differences = values[:, 1] - values[:, 0]
    sign = 0 if name in NEITHER else -1 if name in TIMES else 1
    low, high = bootstrap_interval(differences)
    a, b = values.mean(axis=0).tolist()
    better, worse = int((sign * differences > 0).sum()), int((sign * differences < 0).sum())
    return Difference(name, a, b, low, high, better, worse)


def _changes(pairs: list[tuple[Result, Result]]) -> tuple[Change, ...]:
    """Return the questions whose rates differ, those that lost or won most first."""
    changes = []
    for one, other in pairs:
        both = one.rates.keys() & other.rates.keys()
        change = sum(other.rates[name] - one.rates[name] for name in both) / max(1, len(both))
        if change:
            changes.append(Change(one.id, one.question, change))
    return tuple(sorted(changes, key=lambda change: -abs(change.change)))
