"""The plots of a report, drawn by matplotlib as SVG. Importing this module needs matplotlib."""

from __future__ import annotations

import io
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.stats import binomtest

from rag.evaluation.results import Result
from rag.evaluation.uncertainty import BINS, bins, outcomes, risk_coverage

_SIZE = (5.6, 3.6)
"""Inches."""
_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e9ecef",
    "axes.edgecolor": "#868e96",
    "legend.frameon": False,
    "legend.fontsize": 9,
    # Letters stay letters, so that the browser's fonts draw those that matplotlib's have not.
    "svg.fonttype": "none",
    # The same results give the same file.
    "svg.hashsalt": "wellspring",
    "axes.prop_cycle": cycler(color=["#1c7ed6", "#f08c00", "#0ca678", "#e64980", "#7048e8", "#868e96"]),
}
_BARS = 30
_MOST_CURVES = 8


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture of a report."""

    name: str
    """Of its file, without the ending."""
    title: str
    caption: str
    svg: str


def draw(results: Sequence[Result], *, threshold: float | None = None) -> list[Plot]:
    """Return the plots that the results have data for; ``threshold`` is the confidence below which none was given."""
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        return [*_recall(results), *_coverage(results), *_reliability(results, threshold), *_latency(results)]


def _recall(results: Sequence[Result]) -> Iterator[Plot]:
    curves: dict[str, list[list[float]]] = defaultdict(list)
    for result in results:
        if result.curve:
            curves["all"].append(result.curve)
            curves[result.type].append(result.curve)
    if not curves:
        return
    figure, axes = _axes("k", "recall@k")
    types = sorted(curves.keys() - {"all", ""}, key=lambda name: -len(curves[name]))
    for name in types[:_MOST_CURVES] if len(types) > 1 else ():
        mean = np.mean(curves[name], axis=0)
        axes.plot(range(1, len(mean) + 1), mean, linewidth=1.2, label=f"{name} ({len(curves[name])})")
    mean = np.mean(curves["all"], axis=0)
    axes.plot(range(1, len(mean) + 1), mean, color="#212529", linewidth=2.2, label=f"all ({len(curves['all'])})")
    axes.set(ylim=(0, 1.02), xlim=(1, len(mean)), xticks=[1, 2, 5, 10, 15, 20])
    axes.legend(loc="lower right")
    what = "evidence pages" if any(result.pages for result in results) else "gold documents"
    yield _plot(figure, "recall", "Recall at k", f"The part of the {what} among the first k, averaged over questions.")


def _coverage(results: Sequence[Result]) -> Iterator[Plot]:
    asked = [result for result in results if result.abstained is not None]
    given = [result for result in asked if not result.abstained]
    known = outcomes(asked)
    drawn = known or outcomes(given)
    if drawn is None:
        return
    figure, axes = _axes("coverage: part of the questions answered", "accuracy of these")
    coverage, risk = risk_coverage(*drawn)
    axes.plot(coverage * len(drawn[1]) / len(asked), 1 - risk, linewidth=1.8)
    if given:
        accuracy = np.mean([result.right for result in given])
        axes.plot(len(given) / len(asked), accuracy, "o", color="#212529", label="at the threshold in use")
        axes.legend(loc="lower left")
    axes.set(ylim=(0, 1.02), xlim=(0, 1.02))
    caption = (
        "If only the surest answers were given: the more are given, the further right. An answer counts as right when "
        "it holds a reference, and as wrong where the documents have no answer."
    )
    if known:
        caption += " Right of the dot are the answers that the threshold kept back."
    yield _plot(figure, "coverage", "Accuracy by coverage", caption)


def _reliability(results: Sequence[Result], threshold: float | None) -> Iterator[Plot]:
    known = outcomes(results)
    drawn = known or outcomes([result for result in results if result.abstained is False])
    if drawn is None:
        return
    confidence, right = drawn
    place = bins(confidence)
    figure, axes = _axes("confidence", "part that is right")
    axes.plot([0, 1], [0, 1], color="#adb5bd", linestyle="--", linewidth=1)
    if known and threshold is not None:
        axes.axvline(threshold, color="#868e96", linestyle=":", linewidth=1.2, label="threshold in use")
        axes.legend(loc="upper left")
    for number in np.unique(place):
        chosen = place == number
        hits, size = int(right[chosen].sum()), int(chosen.sum())
        x, y = confidence[chosen].mean(), hits / size
        span = binomtest(hits, size).proportion_ci(method="wilson")
        axes.errorbar(x, y, yerr=[[y - min(span.low, y)], [max(span.high, y) - y]], fmt="o", color="#1c7ed6", capsize=2)
        axes.annotate(str(size), (x, y), xytext=(6, 4), textcoords="offset points", fontsize=8, color="#495057")
    axes.set(ylim=(-0.02, 1.06), xlim=(-0.02, 1.02))
    caption = (
        f"{'All answers, withheld ones too,' if known else 'Given answers'} by confidence, in {BINS} bins, with their "
        "number and a 95 % Wilson interval. On the dashed line the confidence is the probability of being right."
    )
    yield _plot(figure, "reliability", "Reliability of the confidence", caption)


def _latency(results: Sequence[Result]) -> Iterator[Plot]:
    searches = {"whole search": "query_ms", "without the question's embedding": "search_ms"}
    caption = "Time of one search. The last bar also holds what took longer."
    yield from _histogram(results, searches, "milliseconds", "latency", "Latency of search", caption)
    caption = "Time of one whole answer, retrieval and check included. The last bar also holds what took longer."
    answers = {"": "seconds_per_question"}
    yield from _histogram(results, answers, "seconds", "seconds", "Latency of answers", caption)


def _histogram(
    results: Sequence[Result], figures: Mapping[str, str], unit: str, name: str, title: str, caption: str
) -> Iterator[Plot]:
    """Draw figures by label, the largest first, as overlaid histograms."""
    values = {
        label: np.array([result.figures[figure] for result in results if figure in result.figures])
        for label, figure in figures.items()
    }
    largest = next(iter(values.values()))
    if not largest.size:
        return
    figure, axes = _axes(unit, "questions")
    bins = np.linspace(0, max(np.percentile(largest, 99), 1e-3), _BARS + 1)
    for label, times in values.items():
        axes.hist(np.clip(times, 0, bins[-1]), bins=bins.tolist(), alpha=0.7, label=label)
    axes.set_xlim(left=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    if len(values) > 1:
        axes.legend(loc="upper right")
    yield _plot(figure, name, title, caption)


def _axes(x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=x, ylabel=y)
    return figure, axes


def _plot(figure: Figure, name: str, title: str, caption: str) -> Plot:
    target = io.StringIO()
    figure.savefig(target, format="svg", metadata={"Date": None})
    return Plot(name, title, caption, target.getvalue())
