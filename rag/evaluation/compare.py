"""Two runs over one set, compared question by question.

What differs between the runs is told for each figure as the mean difference over the questions that have the figure in
both, with an interval from a paired bootstrap (Efron and Tibshirani 1993, chapter 13): questions are drawn with
replacement, each with its own difference, so that hard and easy questions cancel out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import DatasetError
from rag.evaluation.datasets import SEED
from rag.evaluation.results import LOWER_IS_BETTER, NEITHER, Result, read_results

RESAMPLES = 5000
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
    """Questions of which B's figure is the better or the worse; both 0 for figures that are not directed."""

    @property
    def directed(self) -> bool:
        """Whether more or less of it is better."""
        return self.figure not in NEITHER

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
            if one.directed:
                flat |= {f"{one.figure}_better": one.better, f"{one.figure}_worse": one.worse}
        return flat


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
    names = dict.fromkeys(name for one, other in pairs for name in one.figures if name in other.figures)
    return Comparison(
        dataset=figures_a["dataset"],
        questions=len(pairs),
        differences=tuple(_difference(name, pairs) for name in sorted(names, key=LOWER_IS_BETTER.__contains__)),
        changes=_changes(pairs),
    )


def bootstrap_interval(differences: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean of ``differences``, float64, (n,); always the same one."""
    random = np.random.default_rng(SEED)
    means = [random.choice(differences, len(differences)).mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, _TAILS).tolist()
    return low, high


def _difference(name: str, pairs: list[tuple[Result, Result]]) -> Difference:
    both = [(x.figures[name], y.figures[name]) for x, y in pairs if name in x.figures and name in y.figures]
    values = np.array(both, dtype=np.float64)
    differences = values[:, 1] - values[:, 0]
    sign = 0 if name in NEITHER else -1 if name in LOWER_IS_BETTER else 1
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
