"""How sure an answer is: a logistic regression on how well its best evidence fits the question.

The coefficients were fitted by ``rag.evaluation.calibrate`` on questions asked with and without the document that
answers them, but for that of ``fits``, which is given; docs/evaluation.md names the data and the figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rag.evidence import Chosen


@dataclass(frozen=True, slots=True)
class Coefficients:
    """One weight a feature, and the intercept."""

    cosine: float
    coverage: float
    fits: float
    missing: float
    intercept: float


COEFFICIENTS = {
    "en": Coefficients(cosine=3.1, coverage=4.1, fits=2.0, missing=-0.25, intercept=-6.2),
    "zh": Coefficients(cosine=0.0, coverage=4.9, fits=2.0, missing=-0.65, intercept=-5.6),
}


def features(chosen: Chosen) -> tuple[float, float, float, float]:
    """Return what the confidence is computed from, each about 0 to 1.

    The best cosine; the coverage; whether the last sentence holds what is asked for; the names that are missing.
    """
    cosine = max(item.cosine for item in chosen.evidence)
    return cosine, chosen.coverage, float(chosen.evidence[-1].fits), chosen.missing


def confidence(chosen: Chosen, language: str) -> float:
    """Return the probability, 0 to 1, that the chosen sentences answer a question in ``language``."""
    weight = COEFFICIENTS[language]
    weights = (weight.cosine, weight.coverage, weight.fits, weight.missing)
    logit = weight.intercept + sum(a * b for a, b in zip(weights, features(chosen), strict=True))
    return 1 / (1 + math.exp(-logit))
