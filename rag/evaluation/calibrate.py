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
from scipy.special import expit

from rag.build import open_knowledge_base
from rag.confidence import Coefficients, features
from rag.evaluation.datasets import SEED, CorpusConnector, Dataset, load_dataset
from rag.evaluation.metrics import contains
from rag.library import LOCAL

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
            chosen = base.weigh(question.text, viewer=LOCAL).chosen
            if chosen is not None:
                answerable = not question.gold & hidden
                held = any(contains(item.text, question.answers) for item in chosen.evidence)
                samples.append(Sample(features(chosen), answerable and held, answerable))
    return samples


def fit(samples: list[Sample]) -> Coefficients:
    """Return the most likely logistic model."""
    values = np.array([sample.features for sample in samples])
    right = np.array([sample.answered for sample in samples])
    free, intercept = fit_logistic(np.delete(values, 2, axis=1), right, pull=_PULL, given=_FITS * values[:, 2])
    cosine, coverage, fits, missing = np.insert(free, 2, _FITS).tolist()
    return Coefficients(cosine, coverage, fits, missing, intercept)


def fit_logistic(
    features: NDArray[np.float64],
    right: NDArray[np.bool_],
    *,
    pull: float,
    given: NDArray[np.float64] | float = 0.0,
) -> tuple[NDArray[np.float64], float]:
    """Return the weights, float64, (m,), and the intercept of a logistic regression (ridge; Hoerl and Kennard 1970).

    Parameters
    ----------
    features
        float64, (n, m). They should be of one scale, about 0 to 1: ``pull`` draws all weights alike.
    right
        bool, (n,): what came of each.
    pull
        What the sum of the squared weights costs beside the mean log loss; the intercept is free. More than 0: without
        it, weights grow for ever where the features tell all.
    given
        Logits that are added as they are, (n,).
    """
    sign = 2.0 * right - 1

    def loss(free: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = (features @ free[:-1] + free[-1] + given) * sign
        slope = -sign * expit(-margin) / len(sign)
        gradient = np.append(features.T @ slope + 2 * pull * free[:-1], slope.sum())
        return float(np.mean(np.logaddexp(0, -margin)) + pull * np.sum(free[:-1] ** 2)), gradient

    found = minimize(loss, np.zeros(features.shape[1] + 1), jac=True).x
    return found[:-1], float(found[-1])


def log_loss(
    features: NDArray[np.float64], right: NDArray[np.bool_], weights: NDArray[np.float64], intercept: float
) -> float:
    """Return the mean negative logarithm (natural) of the probability of what came; lower is better, ln 2 is chance."""
    return float(np.mean(np.logaddexp(0, -(features @ weights + intercept) * (2.0 * right - 1))))


def cross_validated(
    features: NDArray[np.float64], right: NDArray[np.bool_], *, pull: float, folds: int = 5, seed: int = SEED
) -> float:
    """Return the log loss of each row under a model fitted on the other folds, averaged; lower is better.

    Rows are dealt to the folds at random, right and wrong ones apart, so that every fold has its share of both.
    """
    random = np.random.default_rng(seed)
    fold = np.empty(len(right), dtype=np.int64)
    for outcome in (True, False):
        rows = np.flatnonzero(right == outcome)
        fold[random.permutation(rows)] = np.arange(len(rows)) % folds
    total = 0.0
    for number in np.unique(fold):
        held = fold == number
        weights, intercept = fit_logistic(features[~held], right[~held], pull=pull)
        total += log_loss(features[held], right[held], weights, intercept) * held.sum()
    return total / len(right)


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
