"""What a training run says before it trains, and the table at its end. No model is opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rag.cli_train import train
from rag.errors import DatasetError, RagError, TrainingError
from rag.training.run import table, train_reader


def questions(path: Path, count: int, *, texts: int = 10) -> Path:
    rows = []
    for number in range(count):
        context = f"Ada runs mill {number % texts}."
        rows.append(
            {"question": f"Who runs it? {number}", "context": context, "answers": [{"text": "Ada", "start": 0}]}
        )
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def trained(data: Path, out: Path, told: list[str], check: Path | None = None) -> None:
    train_reader(data, base=lambda: out / "no encoder", start=None, out=out, check=check, tell=told.append)


def test_too_few_questions_are_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"has 5 questions about 1 text; at least 20 .* 'rag train make-questions'"):
        trained(questions(tmp_path / "a.jsonl", 5, texts=1), tmp_path / "out", [])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("place", "reason"), [("file", "it is a file"), ("file/out", "Not a directory")])
def test_a_place_that_cannot_be_written_is_told_before_training(tmp_path: Path, place: str, reason: str) -> None:
    (tmp_path / "file").write_text("x")
    told: list[str] = []
    with pytest.raises(TrainingError, match=rf"{place}: {reason}; name another folder with --out"):
        trained(questions(tmp_path / "a.jsonl", 60), tmp_path / place, told)
    assert not any(line.startswith("model") for line in told)


def test_questions_to_validate_with_about_the_same_texts_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "out").write_text("x")
    data = questions(tmp_path / "a.jsonl", 60)
    with pytest.raises(TrainingError):
        trained(data, tmp_path / "out", told, questions(tmp_path / "b.jsonl", 9, texts=3))
    assert told[-1].endswith("9 to validate with, 9 of them about texts that are trained on, so the figures flatter")
    with pytest.raises(TrainingError):
        trained(data, tmp_path / "out", told)
    assert told[-1].endswith("about other texts")


def test_one_table_for_held_out_questions_and_an_evaluation_set() -> None:
    runs = [{"dataset": "mini", "em": 0.5, "kind": "x"}, {"dataset": "mini", "em": 0.75, "kind": "y"}]
    assert table([("held-out questions", [{"f1": 0.1}, {"f1": 0.2}]), ("mini", runs)], ["before", "after"]) == [
        f"{'':>22}    before     after",
        "held-out questions",
        f"{'f1':>22}     0.100     0.200",
        "",
        "mini",
        f"{'em':>22}     0.500     0.750",
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [(["{tmp}/nowhere.jsonl", "--eval", "{tmp}/nowhere"], DatasetError), (["{tmp}/a", "--from", "{tmp}"], RagError)],
)
def test_what_is_named_is_looked_at_before_training(tmp_path: Path, arguments: list[str], error: type) -> None:
    result = CliRunner().invoke(train, ["reader", *(argument.format(tmp=tmp_path) for argument in arguments)])
    assert isinstance(result.exception, error)
