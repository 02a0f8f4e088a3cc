"""Fits how a reader's spans are judged: ``python -m rag.evaluation.calibrate_candidates READING_SET [QUESTIONS]``.

Asked are questions on the last third of the set's ``tune`` articles, which the built-in readers were not taught, each
by two viewers: one may read everything, the other not the half of these articles' documents that holds the answer. Two
models come of it, as ``rag.confidence`` has them: ``RANK`` puts the spans of a question in order, and ``SURE`` says how
likely the first one is right.

These sets tell nothing of documents that agree, of spans that are not what is asked for, and of questions among the
passages. What such features count for is given.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from connectors import Viewer
from rag.build import open_knowledge_base
from rag.candidates import Candidate
from rag.confidence import FEATURES, RANK, SURE, candidate_features
from rag.evaluation.calibrate import cross_validated, fit_logistic
from rag.evaluation.datasets import CorpusConnector, Dataset, load_dataset
from rag.evaluation.metrics import f1

GIVEN = {
    "rank": {"fits": 1.2, "asks": -0.5, "missing": -0.1, "agree": 1.8, "others": -1.0, "chorus": 1.8},
    "sure": {"fits": 0.1, "asks": -0.3, "missing": -0.2, "agree": 1.2, "others": -1.5, "chorus": 1.6},
}
"""Weights by hand, in view of the tune entries of the robustness sets."""
PULL = 0.002
_RIGHT = 0.6
"""F1 from which a span counts as right."""
_HALVES = ("even", "odd")


@dataclass(frozen=True, slots=True)
class Asked:
    """What one viewer's question brought: spans, best first as they are judged now, and which are right."""

    found: tuple[Candidate, ...]
    right: tuple[bool, ...]
    answerable: bool


def collect(dataset: Dataset, *, questions: int) -> list[Asked]:
    """Ask up to ``questions`` held-out questions, each with and without its document."""
    asked = [question for question in dataset.questions if question.split == "tune"]
    articles = list(dict.fromkeys(_article(document) for question in asked for document in sorted(question.gold)))
    kept = set(articles[len(articles) * 2 // 3 :])
    held = [question for question in asked if any(_article(document) in kept for document in question.gold)]
    random.Random(1).shuffle(held)
    half = {
        document.id: _HALVES[place % 2]
        for place, document in enumerate(one for one in dataset.documents if _article(one.id) in kept)
    }
    divided = replace(
        dataset,
        documents=tuple(
            document._replace(readers=(f"group:{half[document.id]}",)) if document.id in half else document
            for document in dataset.documents
        ),
    )
    found = []
    with tempfile.TemporaryDirectory() as folder, open_knowledge_base(folder, llm="none") as base:
        base.sync_from(CorpusConnector(divided))
        for question in held[:questions]:
            halves = {half[document] for document in question.gold}
            for answerable in (True, False):
                groups = frozenset(_HALVES) if answerable else frozenset(_HALVES) - halves
                spans = base.weigh(question.text, viewer=Viewer("evaluation", groups)).found
                right = tuple(answerable and f1(one.short, question.answers) >= _RIGHT for one in spans)
                found.append(Asked(spans, right, answerable))
    return found


def fit(asked: list[Asked]) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return the weights of ``RANK`` and of ``SURE``, float64, (features,), and the intercept of the second."""
    spans = [(candidate_features(one), good) for a in asked for one, good in zip(a.found, a.right, strict=True)]
    rank, _ = _fitted(np.array([row for row, _ in spans]), np.array([good for _, good in spans]), GIVEN["rank"])
    rows, right = first_ones(asked, rank)
    sure, intercept = _fitted(rows, right, GIVEN["sure"])
    return rank, sure, intercept


def first_ones(asked: list[Asked], rank: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the features, float64, (questions, features), of the spans that weights put first, and which are right."""
    rows, right = [], []
    for one in asked:
        if one.found:
            features = np.array([candidate_features(span) for span in one.found])
            best = int(np.argmax(features @ rank))
            rows.append(features[best])
            right.append(one.right[best])
    return np.array(rows), np.array(right, dtype=np.bool_)


def _fitted(
    rows: NDArray[np.float64], right: NDArray[np.bool_], given: Mapping[str, float]
) -> tuple[NDArray[np.float64], float]:
    weights = np.array([given.get(name, np.nan) for name in FEATURES])
    free = np.isnan(weights)
    known = np.where(free, 0.0, weights)
    weights[free], intercept = fit_logistic(rows[:, free], right, pull=PULL, given=rows @ known)
    return weights, intercept


def _article(document: str) -> str:
    return document.rpartition("-")[0]


def report(asked: list[Asked], language: str) -> str:
    """Return the weights, those in use, and what comes of both at several thresholds."""
    rank, sure, intercept = fit(asked)
    lines = [f"RANK {_rounded(rank)}", f"now  {RANK[language]}", f"SURE {_rounded(sure)}, intercept {intercept:.2f}"]
    lines.append(f"now  {SURE[language]}")
    rows, right = first_ones(asked, rank)
    lines.append(f"log loss, cross-validated, all weights free: {cross_validated(rows, right, pull=PULL):.3f}")
    answerable = sum(one.answerable for one in asked)
    fitted = 1 / (1 + np.exp(-(rows @ sure + intercept)))
    now = np.array([one.found[0].sure for one in asked if one.found])
    good = np.array([one.right[0] for one in asked if one.found])
    lines.append("threshold  answered rightly, wrongly: fitted; in use")
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        counts = []
        for sure_of, is_right in ((fitted, right), (now, good)):
            given = sure_of >= threshold
            counts.append(f"{(is_right & given).sum() / answerable:.3f}, {(~is_right & given).sum() / len(asked):.3f}")
        lines.append(f"{threshold:>9}  {'; '.join(counts)}")
    return "\n".join(lines)


def _rounded(weights: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(weight), 2) for weight in weights)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    every = collect(load_dataset(path), questions=int(sys.argv[2]) if len(sys.argv) > 2 else 120)
    sys.stdout.write(report(every, "zh" if "_zh_" in path.name else "en") + "\n")
