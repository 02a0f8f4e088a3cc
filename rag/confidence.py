"""How sure an answer is: a logistic regression on how well its best evidence fits the question.

The coefficients were fitted by ``rag.evaluation.calibrate``, those of spans by ``calibrate_candidates`` beside it, on
questions asked with and without the document that answers them, but for those that are given; docs/evaluation.md names
these, the data and the figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.candidates import MOST_AGREE, Candidate
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
    return _expit(_dot(weights, features(chosen)) + weight.intercept)


FEATURES = (
    "score",
    "margin",
    "coverage",
    "held",
    "cosine",
    "fits",
    "asks",
    "missing",
    "place",
    "agree",
    "others",
    "chorus",
    "chosen",
    "echo",
)
"""What a candidate is judged by (see ``candidate_features``)."""
RANK = {
    "en": (0.78, 0.97, 0.03, -0.01, 0.15, 1.2, -0.5, -0.1, 0.14, 1.8, -1.0, 1.8, 0.37, -0.24),
    "zh": (0.5, 0.8, 0.37, 0.36, 0.0, 1.2, -0.5, -0.1, 0.2, 1.8, -1.0, 1.8, 0.44, 0.09),
}
"""Weights of what puts the candidates of a question in order."""
SURE = {
    "en": (0.84, 0.93, -0.26, -0.41, 0.35, 0.1, -0.3, -0.2, 0.03, 1.2, -1.5, 1.6, 1.15, -0.51),
    "zh": (0.65, 0.53, 1.15, 1.79, 0.0, 0.1, -0.3, -0.2, 0.33, 1.2, -1.5, 1.6, 0.71, -0.8),
}
"""Weights of the probability that the first of them is right …"""
INTERCEPT = {"en": -2.78 + 0.55, "zh": -4.9}
"""… and what is added to it (log odds); English answers were right more often than the fit said."""
REPLY = {"same": 0.8, "other": -0.4, "none": -0.8, "": 0.0}
"""What is added to the log odds for what a chat model says …"""
_SAME = 1.0
"""… and, in the order of candidates, for those that it says."""
_UNFIT = 0.5
"""What is left of the probability where a span is not of the kind that is asked for: seldom the case in the data."""
_RIVAL = 0.25
"""What is left of it where the sentence is about another thing: such spans were never right on held-out questions."""
_ABOUT_ANOTHER = 2.0
"""How much it costs in the order of candidates."""
_AGREED = 0.5
"""How much of the doubt is left when a chat model says the same as the reader."""


def candidate_features(one: Candidate) -> tuple[float, ...]:
    """Return ``FEATURES`` of a candidate, each about -1 to 1."""
    return (
        max(-10.0, min(15.0, one.score)) / 5,
        max(-5.0, min(5.0, one.margin)) / 5,
        one.coverage,
        one.held,
        one.evidence.cosine,
        float(one.fits),
        float(one.asks),
        one.missing,
        1 / one.evidence.passage.number,
        one.agree / MOST_AGREE,
        one.others / MOST_AGREE,
        one.agree * one.others / MOST_AGREE**2,
        float(one.chosen),
        one.echo,
    )


def judged(found: Sequence[Candidate], language: str) -> list[Candidate]:
    """Return candidates for a question in ``language``, the best first, each with how sure it is.

    The probability is that of the first one's being right; what comes after it is taken to be as likely as it would be
    in its place.
    """
    features = [candidate_features(one) for one in found]

    def rank(place: int) -> float:
        one = found[place]
        return _dot(RANK[language], features[place]) + _SAME * (one.reply == "same") - _ABOUT_ANOTHER * one.rival

    def sure(place: int) -> float:
        one = found[place]
        # A small model is misled by what misled the reader: a sentence without a single name of the question.
        heard = 0.0 if one.reply == "same" and one.missing == 1 else REPLY[one.reply]
        logit = _dot(SURE[language], features[place]) + INTERCEPT[language] + heard
        return _expit(logit) * (1.0 if one.fits else _UNFIT) * (_RIVAL if one.rival else 1.0)

    return [replace(found[place], sure=sure(place)) for place in sorted(range(len(found)), key=lambda at: -rank(at))]


def agreed(sure: float) -> float:
    """Return the probability when reader and chat model agree."""
    return round(1 - _AGREED * (1 - sure), 4)


def _dot(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(weights, values, strict=True))


def _expit(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
