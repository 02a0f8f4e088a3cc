"""Fits the coefficients of ``rag.confidence``: ``python -m rag.evaluation.calibrate READING_SET [QUESTIONS]``.

Every second paragraph of the set's ``tune`` articles is left out of the index. Questions on what is left out have no
answer there, though its neighbours, which are about the same things, are; the others have one. A question counts as
answered when the chosen sentences hold a reference. Whether they hold what is asked for (``fits``) is nearly always so
in these sets, so its weight is given and not fitted.
"""

from __future__ import annotations

import random
import sys
import tempfile
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from rag.build import open_knowledge_base
from rag.confidence import Coefficients, features
from rag.evaluation.datasets import CorpusConnector, Dataset, load_dataset
from rag.evaluation.metrics import contains
from rag.sdk import LOCAL

_FITS = 2.0
_PULL = 0.002
"""How strongly the weights are drawn to zero."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One question's features, and what came of it."""

    features: tuple[float, ...]
    answered: bool
    answerable: bool


def collect(dataset: Dataset, *, questions: int) -> list[Sample]:
    """Ask ``questions`` of the set's tune part, with every second paragraph left out."""
    asked = [question for question in dataset.questions if question.split == "tune"]
    hidden = set(sorted({document for question in asked for document in question.gold})[1::2])
    random.Random(1).shuffle(asked)
    shown = replace(dataset, documents=tuple(d for d in dataset.documents if d.id not in hidden))
    samples = []
    with tempfile.TemporaryDirectory() as folder, open_knowledge_base(folder, llm="none") as base:
        base.sync_from(CorpusConnector(shown))
        for question in asked[:questions]:
            chosen = base.weigh(question.text, viewer=LOCAL)
            if chosen is not None:
                answerable = not question.gold & hidden
                held = any(contains(item.text, question.answers) for item in chosen.evidence)
                samples.append(Sample(features(chosen), answerable and held, answerable))
    return samples


def fit(samples: list[Sample]) -> Coefficients:
    """Return the most likely logistic model."""
    values = np.array([sample.features for sample in samples])
    sign = 2.0 * np.array([sample.answered for sample in samples]) - 1

    def loss(free: NDArray[np.float64]) -> float:
        logit = values @ _with_fits(free[:-1]) + free[-1]
        return float(np.mean(np.logaddexp(0, -logit * sign)) + _PULL * np.sum(free[:-1] ** 2))

    *weights, intercept = minimize(loss, np.zeros(values.shape[1])).x.tolist()
    cosine, coverage, fits, missing = _with_fits(np.array(weights)).tolist()
    return Coefficients(cosine, coverage, fits, missing, intercept)


def _with_fits(free: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put the given weight among the fitted ones."""
    return np.insert(free, 2, _FITS)


def report(samples: list[Sample], coefficients: Coefficients) -> str:
    """Return a table: at each threshold, how many answerable questions are answered, and how many others refused."""
    *weights, intercept = astuple(coefficients)
    sure = 1 / (1 + np.exp(-(np.array([sample.features for sample in samples]) @ np.array(weights) + intercept)))
    answered = np.array([sample.answered for sample in samples])
    answerable = np.array([sample.answerable for sample in samples])
    lines = [str(coefficients), "threshold  answered rightly  refused rightly"]
    for threshold in (0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6):
        right = (answered & (sure >= threshold)).sum() / answerable.sum()
        refused = (sure < threshold)[~answerable].mean()
        lines.append(f"{threshold:>9}  {right:>16.3f}  {refused:>15.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    found = collect(load_dataset(Path(sys.argv[1])), questions=int(sys.argv[2]) if len(sys.argv) > 2 else 300)
    sys.stdout.write(report(found, fit(found)) + "\n")
