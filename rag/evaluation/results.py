"""What a run over a set leaves: a result for each question, the figures over all, and both as files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import DatasetError
from rag.evaluation.datasets import is_answerable

FIGURES_FILE, RESULTS_FILE, SETTINGS_FILE = "figures.json", "results.jsonl", "settings.json"
TIMES = frozenset({"query_ms", "search_ms", "seconds_per_question"})
"""Lower is better; over all questions they are called ``query_ms_p50`` and so on."""
NEITHER = frozenset({"abstained"})
"""Not good or bad in itself."""
MAIN = (
    "accuracy",
    "em",
    "f1",
    "contains",
    "rejection",
    "conflict_detected",
    "conflict_preferred",
    "citation_precision",
    "citation_gold",
    "verbatim",
    "abstained",
)
"""Figures of answers, in the order in which they are shown."""
_FORM = frozenset({"em", "f1", "citation_precision", "verbatim"})


@dataclass(slots=True)
class Result:
    """What came of one question."""

    id: str
    question: str
    answers: list[str]
    gold: list[str]
    retrieved: list[str]
    """Document ids, best first, each once; at most 20."""
    type: str = ""
    split: str = ""
    pages: list[tuple[str, int]] = field(default_factory=list)
    """(document id, 1-based page) of the evidence, where the set tells."""
    figures: dict[str, float] = field(default_factory=dict)
    """By name; rates go from 0 to 1."""
    curve: list[float] = field(default_factory=list)
    """The recall at 1, 2, … 20: of gold documents, or pages where the set tells them; empty where none is counted."""
    hits: list[dict[str, Any]] = field(default_factory=list)
    """The first chunks: document, title, page, score, why, and where the text begins."""
    answer: str = ""
    abstained: bool | None = None
    """None: no answer was asked for; so with ``confidence``."""
    confidence: float | None = None
    right: bool = False
    """Whether the question was answered, and rightly."""
    short: str = ""
    origin: str = ""
    citations: list[dict[str, Any]] = field(default_factory=list)
    sides: list[dict[str, Any]] = field(default_factory=list)
    """What disagreeing sources say."""
    withheld: dict[str, Any] = field(default_factory=dict)
    """Of a question that was not answered: ``answer``, ``short``, ``abstained``, ``confidence`` and ``right`` of what
    it gets without a threshold; empty where that was not asked for."""
    hidden: bool = False
    """Whether the answer, with all that tells of it, is left out: it rests on what its viewer may not read now."""

    @property
    def rates(self) -> dict[str, float]:
        """The figures that tell how well the question went, 0 to 1, higher is better.

        Exact match and F1 are not among them, for they tell how terse an answer is rather than whether it is right, nor
        is what tells whether quotes bear out an answer, be it right or wrong.
        """
        others = TIMES | NEITHER | _FORM
        return {name: value for name, value in self.figures.items() if name not in others}

    @property
    def quality(self) -> float | None:
        """The mean of the rates; None where there are none."""
        return sum(self.rates.values()) / len(self.rates) if self.rates else None

    @property
    def answerable(self) -> bool:
        """Whether the documents hold an answer."""
        return is_answerable(self.gold, self.answers, self.type)

    @property
    def never_answered(self) -> bool:
        """Whether there is no answer even without a threshold."""
        return bool(self.withheld.get("abstained"))

    @property
    def outcome(self) -> tuple[float, bool] | None:
        """The confidence of the answer, given or withheld, and whether that is right; None where it is not known.

        Where there is no answer even without a threshold: (0.0, False).
        """
        if self.abstained is False:
            return self.confidence or 0.0, self.right
        if self.never_answered:
            return 0.0, False
        # Never above the confidence at which it was withheld, so that the point in use lies on the curve.
        told = self.withheld and (min(self.withheld["confidence"], self.confidence or 0.0), self.withheld["right"])
        return told or None


def summary(results: Sequence[Result]) -> dict[str, float]:
    """Return every figure over the questions that have it: the mean; of milliseconds the median and 95th percentile.

    Seconds have their mean and their median.
    """
    figures = {}
    for name in in_order(name for result in results for name in result.figures):
        values = [result.figures[name] for result in results if name in result.figures]
        if name.endswith("_ms"):
            figures[f"{name}_p50"], figures[f"{name}_p95"] = np.percentile(values, (50, 95)).round(2).tolist()
        else:
            figures[name] = round(float(np.mean(values)), 4)
            if name == "seconds_per_question":
                figures["seconds_p50"] = round(float(np.median(values)), 4)
    return figures


def in_order(names: Iterable[str]) -> list[str]:
    """Return the names of figures, each once: what was found, then ``MAIN``, then times."""

    def place(name: str) -> tuple[bool, int]:
        return name in TIMES, MAIN.index(name) if name in MAIN else -1

    return sorted(dict.fromkeys(names), key=place)


def write_results(
    out: Path, figures: Mapping[str, Any], results: Iterable[Result], settings: Mapping[str, Any]
) -> None:
    """Write figures.json, results.jsonl (a question a line) and settings.json into a folder."""
    for name, value in ((FIGURES_FILE, figures), (SETTINGS_FILE, settings)):
        (out / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = (json.dumps(asdict(result), ensure_ascii=False) + "\n" for result in results)
    (out / RESULTS_FILE).write_text("".join(lines), encoding="utf-8")


def read_results(out: Path) -> tuple[dict[str, Any], dict[str, Result]]:
    """Return the figures over all and the results by question, as ``write_results`` wrote them.

    Raises
    ------
    DatasetError
        They are not there, or are something else.
    """
    known = {field.name for field in fields(Result)}
    try:
        figures = json.loads((out / FIGURES_FILE).read_text(encoding="utf-8"))
        results = {}
        # Not splitlines: a question may hold other line ends than ours.
        for line in (out / RESULTS_FILE).read_text(encoding="utf-8").strip("\n").split("\n"):
            row = json.loads(line)
            if "right" not in row:
                # As older versions left it.
                row["right"] = row.get("abstained") is False and row["figures"].get("accuracy") == 1.0
            result = Result(**{key: value for key, value in row.items() if key in known})
            result.figures = {name: float(value) for name, value in result.figures.items()}
            results[result.id] = result
        figures["dataset"]
    except OSError as error:
        raise DatasetError(f"{out} holds no results of 'rag eval --out': {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DatasetError(f"{out} holds no results of 'rag eval --out' that can be read: {error!r}") from error
    return figures, results
