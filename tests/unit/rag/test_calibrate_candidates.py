"""How the judging of a reader's spans is fitted."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.testing import HashEmbedder
from rag.candidates import Candidate
from rag.confidence import FEATURES
from rag.evaluation.calibrate_candidates import GIVEN, Asked, first_ones, fit, report
from rag.evidence import Evidence, rank_evidence
from rag.question import AskedQuestion
from rag.records import Passage


@pytest.fixture(scope="module")
def sentence() -> Evidence:
    text = "Employees in Dundee get 27 days of leave."
    passage = Passage(1, "leave", "Leave", None, (), text, 0, len(text), "en", 1.0, "")
    asked = AskedQuestion.read("How many days?", idf=lambda token: 1.0)
    return rank_evidence(asked, [passage], embedder=HashEmbedder())[0]


def asked(sentence: Evidence, *scores: float, right: int | None) -> Asked:
    spans = tuple(Candidate(str(place), sentence, 0, 1, score) for place, score in enumerate(scores))
    return Asked(spans, tuple(place == right for place in range(len(spans))), right is not None)


def test_what_scores_high_is_right_and_what_is_given_stays(sentence: Evidence) -> None:
    random = np.random.default_rng(5)
    found = [asked(sentence, 6 + random.normal(), -6 + random.normal(), right=0) for _ in range(30)]
    found += [asked(sentence, -5 + random.normal(), -7 + random.normal(), right=None) for _ in range(30)]
    rank, sure, intercept = fit(found)
    for weights, given in ((rank, GIVEN["rank"]), (sure, GIVEN["sure"])):
        assert {name: weights[FEATURES.index(name)] for name in given} == given
    assert rank[FEATURES.index("score")] > 0
    rows, right = first_ones(found, rank)
    assert right.sum() == 30
    chance = 1 / (1 + np.exp(-(rows @ sure + intercept)))
    assert chance[right].min() > 0.5 > chance[~right].max()
    assert "SURE" in report(found, "en")


def test_questions_without_a_span_are_left_out(sentence: Evidence) -> None:
    rows, right = first_ones([asked(sentence, right=None), asked(sentence, 1.0, right=0)], np.zeros(len(FEATURES)))
    assert (len(rows), right.tolist()) == (1, [True])
