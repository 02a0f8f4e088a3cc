import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.sets import documents, write

from rag.evaluation import evaluate
from rag.evaluation.results import Result, read_results, write_results
from rag.evaluation.uncertainty import (
    Point,
    at_thresholds,
    aurc,
    brier,
    calibration_error,
    certainty,
    outcomes,
    overall,
    risk_coverage,
)


def result(confidence: float, right: bool, *, gold: bool = True, **others: Any) -> Result:
    kept = {"abstained": False, "confidence": confidence, "right": right, **others}
    return Result("q", "?", [], ["d"] if gold else [], [], **kept)


def withheld(confidence: float, right: bool, *, gold: bool = True, nothing: bool = False) -> Result:
    told = {"answer": "x", "short": "", "abstained": nothing, "confidence": confidence, "right": right}
    return result(confidence, False, gold=gold, abstained=True, withheld=told)


def curve(confidence: list[float], right: list[bool]) -> tuple[list[float], list[float]]:
    coverage, risk = risk_coverage(np.array(confidence), np.array(right))
    return coverage.tolist(), risk.tolist()


def test_risk_by_coverage() -> None:
    coverage, risk = curve([0.7, 0.9, 0.8], [True, True, False])
    assert coverage == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert risk == pytest.approx([0.0, 1 / 2, 1 / 3])
    assert aurc(np.array([0.7, 0.9, 0.8]), np.array([True, True, False])) == pytest.approx(5 / 18)


def test_the_order_of_equals_means_nothing() -> None:
    _, one = curve([0.9, 0.5, 0.5], [True, True, False])
    _, other = curve([0.5, 0.9, 0.5], [False, True, True])
    assert one == other == pytest.approx([0.0, 0.25, 1 / 3])


def test_the_best_and_the_worst_order() -> None:
    assert aurc(np.array([0.9, 0.1]), np.array([True, False])) == 0.25
    assert aurc(np.array([0.9, 0.1]), np.array([False, True])) == 0.75
    assert aurc(np.array([0.9, 0.1]), np.array([True, True])) == 0.0


def test_calibration_error() -> None:
    confidence, right = np.array([0.85, 0.81, 0.25, 1.0]), np.array([True, False, False, True])
    # Bins 8, 2 and 9: |1.66 - 1| + |0.25 - 0| + |1 - 1|, of four.
    assert calibration_error(confidence, right) == pytest.approx((0.66 + 0.25) / 4)
    assert calibration_error(np.array([0.3] * 10), np.arange(10) < 3) == pytest.approx(0.0)


def test_brier() -> None:
    assert brier(np.array([0.8, 0.5, 0.0]), np.array([True, False, False])) == pytest.approx((0.04 + 0.25) / 3)


def test_outcomes_are_known_for_all_or_not_told() -> None:
    every = [result(0.9, True), withheld(0.2, True), withheld(0.1, False, nothing=True), Result("s", "?", [], [], [])]
    confidence, right = outcomes(every) or ([], [])
    assert (list(confidence), list(right)) == ([0.9, 0.2, 0.0], [True, True, False])
    assert outcomes([*every, result(0.1, False, abstained=True)]) is None
    assert outcomes([]) is None
    assert certainty([]) == {}
    assert certainty(every) == {
        "aurc": round((0 + 0 + 1 / 3) / 3, 4),
        "ece": round((0.1 + 0.8 + 0) / 3, 4),
        "brier": round((0.01 + 0.64 + 0) / 3, 4),
    }


def test_a_withheld_answer_is_never_surer_than_when_it_was_withheld() -> None:
    one = withheld(0.2, True)
    one.withheld["confidence"] = 0.7
    assert one.outcome == (0.2, True)


def test_what_comes_of_thresholds() -> None:
    results = [
        result(0.9, True),
        result(0.45, False),
        withheld(0.35, True),
        withheld(0.05, False, gold=False),
        withheld(0.0, False, gold=False, nothing=True),
    ]
    points = {point.threshold: point for point in at_thresholds(results, 0.4)}
    assert points[0.0] == Point(0.0, 0.8, 0.5, 2 / 3, 0.5)
    assert points[0.3] == Point(0.3, 0.6, pytest.approx(2 / 3), pytest.approx(2 / 3), 1.0)
    assert points[0.4] == Point(0.4, 0.4, 0.5, pytest.approx(1 / 3), 1.0, in_use=True)
    assert points[0.9] == Point(0.9, 0.2, 1.0, pytest.approx(1 / 3), 1.0)
    assert at_thresholds([result(0.5, True)])[-1] == Point(0.9, 0.0, None, 0.0, None)
    assert at_thresholds([result(0.1, False, abstained=True)]) == []
    assert [point.threshold for point in at_thresholds(results, 0.25) if point.in_use] == [0.25]


def test_figures_come_in_order_and_certainty_needs_answers() -> None:
    one = result(0.9, True)
    one.figures = {"query_ms": 4.0, "seconds_per_question": 1.0, "abstained": 0.0, "recall@5": 1.0, "accuracy": 1.0}
    figures = overall([one])
    rates = ["recall@5", "accuracy", "abstained", "aurc", "ece", "brier"]
    assert list(figures) == [*rates, "query_ms_p50", "query_ms_p95", "seconds_per_question", "seconds_p50"]
    assert overall([withheld(0.2, False, gold=False)]) == {}


@pytest.fixture
def weightless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLSPRING_EMBEDDER", "hash")


def timeless(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if "_ms" not in name and "seconds" not in name}


def asking(folder: Path) -> Path:
    """Answerable and unanswerable questions of all degrees of confidence."""
    documents(folder)
    questions = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    more = [
        ("q3", "Who makes the Skerry 40 gauge?", ["Acme"], ["documents/skerry.md"]),
        ("q4", "What is made by Acme in Norway for trawlers?", ["radar gauge"], ["documents/skerry.md"]),
        ("q5", "How many days of sick leave do employees in Perth get?", [], []),
    ]
    questions += [{"id": i, "question": q, "answers": a, "gold": g} for i, q, a, g in more]
    write(folder / "questions.json", questions)
    return folder


@pytest.mark.usefixtures("weightless")
def test_the_curve_tells_what_runs_with_other_thresholds_give(tmp_path: Path) -> None:
    path = asking(tmp_path / "mine")
    plain = evaluate(path, llm="none", kb=tmp_path / "kb", curve=False, answer_threshold=0.5)
    full = evaluate(path, llm="none", kb=tmp_path / "kb", answer_threshold=0.5, out=tmp_path / "out")
    assert {"aurc", "ece", "brier"} & plain.keys() == set()
    assert timeless(full) == {**timeless(plain), **{name: full[name] for name in ("aurc", "ece", "brier")}}
    _, results = read_results(tmp_path / "out")
    assert {bool(one.withheld) for one in results.values() if one.abstained} == {True}
    assert {bool(one.withheld) for one in results.values() if not one.abstained} == {False}
    points = {point.threshold: point for point in at_thresholds(list(results.values()), 0.5)}
    assert points[0.5].in_use
    assert len({point.coverage for point in points.values()}) > 2, "there is something to tell apart"
    for threshold in (0.0, 0.3, 0.5, 0.7):
        ran = evaluate(path, llm="none", kb=tmp_path / "kb", curve=False, answer_threshold=threshold)
        assert 1 - points[threshold].coverage == pytest.approx(ran["abstained"])
        assert points[threshold].refused == ran["rejection"]
        assert points[threshold].right == pytest.approx(ran["accuracy"], abs=1e-4)


@pytest.mark.usefixtures("weightless")
def test_the_curve_is_drawn_where_no_chat_model_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("rag.evaluation.run.Bench.ask_all", lambda *_, **__: [])
    monkeypatch.setattr("rag.evaluation.run.Bench.ask_withheld", lambda self, *_: asked.append(self.settings.llm))
    path = documents(tmp_path / "mine")
    for llm, curve, answers in (
        ("none", None, None),
        ("fake:a", None, None),
        ("fake:b", True, None),
        ("none", False, None),
        ("none", True, False),
    ):
        evaluate(path, llm=llm, kb=tmp_path / "kb", curve=curve, answers=answers)
    assert asked == ["none", "fake:b"]


def test_results_of_older_versions_tell_what_is_right(tmp_path: Path) -> None:
    one = result(0.9, False)
    one.figures = {"accuracy": 1.0}
    write_results(tmp_path, {"dataset": "x"}, [one], {})
    row = json.loads((tmp_path / "results.jsonl").read_text(encoding="utf-8"))
    del row["right"]
    (tmp_path / "results.jsonl").write_text(json.dumps(row), encoding="utf-8")
    assert read_results(tmp_path)[1]["q"].right
