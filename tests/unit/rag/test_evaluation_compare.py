import json
from pathlib import Path

import numpy as np
import pytest

from rag.errors import DatasetError
from rag.evaluation.compare import bootstrap_interval, compare
from rag.evaluation.results import Result, read_results, summary, write_results


def result(number: int, **figures: float) -> Result:
    return Result(f"q{number}", f"What is {number}?", ["x"], ["d"], ["d"], figures=figures)


def run(folder: Path, results: list[Result], dataset: str = "mine") -> Path:
    folder.mkdir()
    write_results(folder, {"dataset": dataset, **summary(results)}, results, {})
    return folder


def test_the_interval_is_that_of_the_normal_approximation() -> None:
    differences = np.random.default_rng(1).normal(0.1, 0.5, 400)
    low, high = bootstrap_interval(differences)
    error = differences.std() / np.sqrt(400)
    assert low == pytest.approx(differences.mean() - 1.96 * error, abs=0.1 * error)
    assert high == pytest.approx(differences.mean() + 1.96 * error, abs=0.1 * error)
    assert bootstrap_interval(differences) == (low, high), "the seed is fixed"


def test_the_interval_of_what_never_differs() -> None:
    assert bootstrap_interval(np.full(20, 0.25)) == (0.25, 0.25)
    assert bootstrap_interval(np.array([0.5])) == (0.5, 0.5)


def test_two_runs(tmp_path: Path) -> None:
    a = run(tmp_path / "a", [result(n, **{"recall@5": 0.0, "query_ms": 10.0, "abstained": 0.0}) for n in range(10)])
    b = run(
        tmp_path / "b",
        [result(n, **{"recall@5": float(n < 4), "query_ms": 8.0, "abstained": 1.0, "em": 1.0}) for n in range(1, 12)],
    )
    comparison = compare(a, b)
    assert (comparison.dataset, comparison.questions) == ("mine", 9)
    recall, abstained, milliseconds = comparison.differences
    assert [one.figure for one in comparison.differences] == ["recall@5", "abstained", "query_ms"]
    assert (recall.a, recall.b, recall.diff) == (0.0, pytest.approx(3 / 9), pytest.approx(3 / 9))
    assert 0 <= recall.low < recall.diff < recall.high < 1
    assert (recall.better, recall.worse) == (3, 0)
    assert (milliseconds.diff, milliseconds.better, milliseconds.worse) == (-2.0, 9, 0), "lower is better"
    assert (abstained.diff, abstained.better, abstained.worse) == (1.0, 0, 0), "neither good nor bad"
    assert [(change.id, change.change) for change in comparison.changes] == [("q1", 1.0), ("q2", 1.0), ("q3", 1.0)]
    flat = comparison.as_dict()
    assert {f"recall@5_{name}" for name in ("a", "b", "diff", "low", "high", "better", "worse")} <= flat.keys()
    assert "abstained_better" not in flat
    assert all(isinstance(value, str | int | float) for value in flat.values())
    backwards = compare(b, a)
    assert [(change.id, change.change) for change in backwards.changes] == [("q1", -1.0), ("q2", -1.0), ("q3", -1.0)]


def test_the_most_changed_come_first(tmp_path: Path) -> None:
    a = run(tmp_path / "a", [result(1, f1=1.0, accuracy=0.5), result(2, accuracy=1.0), result(3, accuracy=1.0)])
    b = run(tmp_path / "b", [result(1, f1=0.0, accuracy=0.6), result(2, accuracy=0.0), result(3, accuracy=1.0)])
    assert [change.id for change in compare(a, b).changes] == ["q2", "q1"]


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    one = result(1, em=1.0)
    one.question = "Line\u2028ends\x85of\nall kinds?"
    figures, results = read_results(run(tmp_path / "a", [one]))
    assert (figures, results) == ({"dataset": "mine", "em": 1.0}, {"q1": one})


def answered(number: int, confidence: float, right: bool) -> Result:
    one = result(number, em=float(right))
    one.abstained, one.confidence, one.right = False, confidence, right
    return one


def test_figures_that_are_no_means_are_compared_too(tmp_path: Path) -> None:
    a = run(tmp_path / "a", [answered(n, 0.9 if n % 2 else 0.1, right=n < 10) for n in range(20)])
    b = run(tmp_path / "b", [answered(n, 0.9 if n < 10 else 0.1, right=n < 10) for n in range(20)])
    em, aurc, ece, brier = compare(a, b).differences
    assert [em.figure, aurc.figure, ece.figure, brier.figure] == ["em", "aurc", "ece", "brier"]
    # In A half of every group is wrong; in B the ten surest are right and the others wrong.
    assert (aurc.a, aurc.b) == (pytest.approx(0.5), pytest.approx(sum(n / (10 + n) for n in range(1, 11)) / 20))
    assert (ece.a, ece.b) == (pytest.approx(0.4), pytest.approx(0.1))
    assert (brier.a, brier.b) == (pytest.approx((0.81 + 0.01) / 2), pytest.approx(0.01))
    for one in (aurc, ece, brier):
        assert one.low < one.diff < one.high < 0
        assert (one.better, one.worse, one.counted) == (0, 0, False)
    flat = compare(a, b).as_dict()
    assert flat["brier_diff"] == pytest.approx(-0.4)
    assert "aurc_better" not in flat


def test_without_every_outcome_there_is_no_curve_to_compare(tmp_path: Path) -> None:
    a = run(tmp_path / "a", [answered(1, 0.9, right=True), answered(2, 0.8, right=True)])
    unknown = answered(2, 0.1, right=False)
    unknown.abstained = True
    b = run(tmp_path / "b", [answered(1, 0.9, right=True), unknown])
    assert [one.figure for one in compare(a, b).differences] == ["em"]


def test_a_table_in_markdown(tmp_path: Path) -> None:
    times = {"seconds_per_question": 1.0, "abstained": 0.0}
    a = run(tmp_path / "a", [result(n, f1=0.5, accuracy=0.0, **times) for n in range(4)])
    b = run(tmp_path / "b", [result(n, f1=0.5, accuracy=1.0, **times) for n in range(4)])
    assert compare(a, b).as_markdown().splitlines() == [
        "| figure | A | B | B - A | 95 % interval | better | worse |",
        "|---|---:|---:|---:|---|---:|---:|",
        "| accuracy | 0.000 | 1.000 | +1.000 | +1.000 … +1.000 | 4 | 0 |",
        "| f1 | 0.500 | 0.500 | +0.000 | +0.000 … +0.000 | 0 | 0 |",
        "| abstained | 0.000 | 0.000 | +0.000 | +0.000 … +0.000 |  |  |",
        "| seconds_per_question | 1.000 | 1.000 | +0.000 | +0.000 … +0.000 | 0 | 0 |",
    ]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "No such file"),
        ({"figures.json": "{}", "results.jsonl": ""}, "can be read"),
        ({"figures.json": "[]", "results.jsonl": "{}"}, "can be read"),
        ({"figures.json": '{"dataset": "mine"}', "results.jsonl": '{"id": 1}'}, "can be read"),
        ({"figures.json": '{"dataset": "mine"}', "results.jsonl": "[]"}, "can be read"),
        ({"figures.json": '{"dataset": "mine"', "results.jsonl": "{}"}, "can be read"),
    ],
)
def test_a_folder_without_results_is_told(tmp_path: Path, files: dict[str, str], words: str) -> None:
    good = run(tmp_path / "good", [result(1, em=1.0)])
    (tmp_path / "bad").mkdir()
    for name, text in files.items():
        (tmp_path / "bad" / name).write_text(text, encoding="utf-8")
    for pair in ((good, tmp_path / "bad"), (tmp_path / "bad", good)):
        with pytest.raises(DatasetError, match=f"bad holds no results of 'rag eval --out'.*{words}") as error:
            compare(*pair)
        assert len(str(error.value).splitlines()) == 1


def test_figures_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    folder = run(tmp_path / "a", [result(1, em=1.0)])
    row = json.loads((folder / "results.jsonl").read_text(encoding="utf-8"))
    (folder / "results.jsonl").write_text(json.dumps({**row, "figures": {"em": "good"}}), encoding="utf-8")
    with pytest.raises(DatasetError, match="could not convert"):
        compare(folder, folder)


def test_runs_that_cannot_be_compared_are_told(tmp_path: Path) -> None:
    mine = run(tmp_path / "a", [result(1, em=1.0)])
    with pytest.raises(DatasetError, match=r"a run over mine and .* one over other"):
        compare(mine, run(tmp_path / "b", [result(1, em=1.0)], dataset="other"))
    with pytest.raises(DatasetError, match="no question in common"):
        compare(mine, run(tmp_path / "c", [result(2, em=1.0)]))
