"""The report of a run: one page of HTML that needs nothing beside it, and the same as Markdown.

The plots need matplotlib (the extra ``report``); without it everything else is written, and the report says so.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from rag.evaluation.compare import bootstrap_interval, resampled_interval
from rag.evaluation.results import MAIN, Result
from rag.evaluation.uncertainty import WHOLE, at_thresholds, outcomes, overall

if TYPE_CHECKING:
    from rag.evaluation.plots import Plot

NO_PLOTS = "the report has no plots: matplotlib is not installed (pip install 'wellspring[report]')"
_WORST = 15
_HITS = 5
_LONGEST = 400
"""Characters of an answer."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")

MEANINGS = {
    "recall@k": "the part of the gold documents among the first k different documents",
    "document_recall@k": "the gold document is among the first k hits",
    "page_recall@k": "a page of the evidence is among the first k hits",
    "em": "the short answer equals a reference (SQuAD's measure)",
    "f1": "words shared with the best reference (SQuAD's measure; characters in Chinese)",
    "accuracy": "the answer holds a reference",
    "contains": "the answer or one of its quotes holds a reference",
    "abstained": "the part of the questions answered with “I don't know”",
    "rejection": "the part of the questions without an answer in the documents that were answered with “I don't know”",
    "conflict_detected": "where documents contradict each other, both sides are told and cited",
    "conflict_preferred": "where documents contradict each other and the short answer takes a side, it is the true one",
    "citation_precision": "the part of the citations whose quote bears out what it is cited for",
    "citation_gold": "the part of the citations that point into a gold document",
    "verbatim": "the part of the quotes that stand in their document exactly so",
    "aurc": "area under the risk–coverage curve: the mean part of wrong answers over all coverages; lower is better",
    "ece": "expected calibration error: how far the confidence is from the part that is right; lower is better",
    "brier": "mean squared difference of confidence and outcome; lower is better",
    "index_seconds": "indexing and building all caches",
    "query_ms": "one search, median and 95th percentile",
    "search_ms": "one search without the question's embedding, median and 95th percentile",
    "seconds_per_question": "one whole answer, mean",
    "seconds": "one whole answer, median",
}
"""By figure; ``@k`` and percentiles are told once."""


def write_report(
    out: Path,
    figures: Mapping[str, Any],
    results: Sequence[Result],
    settings: Mapping[str, Any],
    *,
    titles: Mapping[str, str],
    tell: Callable[[str], None] | None = None,
) -> None:
    """Write report.html, and report.md with its plots in ``plots/``.

    Parameters
    ----------
    titles
        The title of each document that may be gold, by id; a document without one is called by its id.
    tell
        Called with a line for a person when the plots are left out.
    """
    threshold = settings.get("answer_threshold")
    plots = _plots(results, threshold)
    if plots is None and tell:
        tell(NO_PLOTS)
    found = {hit["document"]: hit["title"] for result in results for hit in result.hits}
    values = {
        "figures": figures,
        "rows": [(name, value, meaning(name)) for name, value in figures.items() if isinstance(value, float)],
        "intervals": intervals(results),
        "points": at_thresholds(results, threshold),
        "types": _by_type(results),
        "plots": plots or [],
        "no_plots": NO_PLOTS if plots is None else "",
        "worst": [_told(result, {**found, **titles}) for result in _worst(results)],
        "settings": {name: value for name, value in settings.items() if value is not None},
    }
    environment = Environment(
        loader=PackageLoader("rag"),
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "plain": _plain, "data": _data}
    for name in ("report.html", "report.md"):
        (out / name).write_text(environment.get_template(name).render(values), encoding="utf-8")
    for plot in plots or ():
        (out / "plots").mkdir(exist_ok=True)
        (out / "plots" / f"{plot.name}.svg").write_text(plot.svg, encoding="utf-8")


def meaning(figure: str) -> str:
    """Return what a figure says, in a few words."""
    name, at, k = figure.removesuffix("_p50").removesuffix("_p95").partition("@")
    return MEANINGS.get(f"{name}@k" if at else name, "").replace("first k", f"first {k}")


def intervals(results: Sequence[Result]) -> dict[str, tuple[float, float]]:
    """Return 95 % intervals of the main figures from a bootstrap over questions, by name."""
    found = {}
    for name in MAIN:
        values = np.array([result.figures[name] for result in results if name in result.figures])
        if values.size:
            found[name] = bootstrap_interval(values)
    known = outcomes(results)
    if known:
        confidence, right = known
        for name, figure in WHOLE.items():

            def drawn(at: NDArray[np.int64], figure: Callable[..., float] = figure) -> float:
                return figure(confidence[at], right[at])

            found[name] = resampled_interval(drawn, len(right))
    return found


def _plots(results: Sequence[Result], threshold: float | None) -> list[Plot] | None:
    """Draw the plots; None where there is nothing to draw them with."""
    try:
        from rag.evaluation.plots import draw
    except ImportError:
        return None
    return draw(results, threshold=threshold)


def _by_type(results: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """Return the figures of each type of question; nothing where there is one type alone."""
    types = sorted({result.type for result in results})
    if len(types) < 2:
        return {}
    of = {name: [result for result in results if result.type == name] for name in types}
    return {name or "other": {"questions": len(of[name]), **overall(of[name])} for name in types}


def _worst(results: Sequence[Result]) -> list[Result]:
    """Return the questions of the least quality; right ones are not among them."""
    told = [(result.quality, place, result) for place, result in enumerate(results)]
    wrong = sorted((quality, place) for quality, place, _ in told if quality is not None and quality < 1)
    return [results[place] for _, place in wrong[:_WORST]]


def _told(result: Result, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return a question as the templates show it."""

    def name(document: str) -> str:
        return titles.get(document) or "/".join(document.split("/")[-2:])

    def right(hit: Mapping[str, Any]) -> bool:
        return (hit["document"], hit["page"]) in result.pages if result.pages else hit["document"] in result.gold

    def cut(text: str) -> str:
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

    gold = [f"{name(document)}, page {page}" for document, page in result.pages] or list(map(name, result.gold))
    return {
        "result": result,
        "quality": result.quality,
        "answer": cut(result.answer),
        "withheld": "" if result.never_answered else cut(result.withheld.get("answer", "")),
        "gold": gold,
        "hits": [{**hit, "name": name(hit["document"]), "right": right(hit)} for hit in result.hits[:_HITS]],
    }


def _number(value: Any) -> str:
    """Show rates with three places, larger numbers with fewer."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if value < 10 else f"{value:,.1f}"


def _plain(text: Any) -> str:
    """Return a text as one line of Markdown that means nothing but itself."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def _data(svg: str) -> str:
    """Return a picture as a URL that holds it."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
