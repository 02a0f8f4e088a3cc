"""How sure an answer is: a logistic regression on how well its best evidence fits the question.

The coefficients were fitted by ``benchmarks/calibrate.py`` on questions asked with and without the document that
answers them; that file names the data and prints the figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rag.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Coefficients:
    """One weight a feature, and the intercept."""

    cosine: float
    coverage: float
    fits: float
    intercept: float


COEFFICIENTS = {
    "en": Coefficients(cosine=5.0, coverage=5.0, fits=0.5, intercept=-5.5),
    "zh": Coefficients(cosine=1.0, coverage=8.0, fits=0.5, intercept=-5.0),
}


def features(evidence: list[Evidence], coverage: float) -> tuple[float, float, float]:
    """Return what the confidence is computed from: cosine, coverage (both at most 1), fits (0 or 1)."""
    best = max(evidence, key=lambda item: item.score)
    return best.cosine, coverage, float(any(item.fits for item in evidence))


def confidence(evidence: list[Evidence], coverage: float, language: str) -> float:
    """Return the probability, 0 to 1, that the evidence answers the question.

    Parameters
    ----------
    evidence
        The sentences that the answer rests on.
    coverage
        0 to 1: the part of the question's words that they hold together.
    language
        The question's.
    """
    if not evidence:
        return 0.0
    weight = COEFFICIENTS[language]
    cosine, covered, fits = features(evidence, coverage)
    logit = weight.intercept + weight.cosine * cosine + weight.coverage * covered + weight.fits * fits
    return 1 / (1 + math.exp(-logit))
