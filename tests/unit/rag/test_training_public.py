"""What the built-in models learn from: public sets of a few rows, and what is varied and left out."""

import random
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.public import rows, write_sets

from rag.training.data import Row, read_rows, write_rows
from rag.training.mixture import main, varied
from rag.training.public import passages, xquad


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_sets(tmp_path)


def test_of_xquad_the_test_part_and_the_last_tune_articles_are_left_out(data: Path) -> None:
    asked = xquad(data)
    assert {row.title for row in asked} == {"Article 1", "Article 3", "Article 5"}
    for row in asked:
        assert row.answers[0][0] == row.context.rindex(row.texts[0])
    texts = passages(data)
    assert {one.title for one in texts if one.source == "xquad"} == {"Article 1", "Article 3", "Article 5"}


def test_passages_that_answer_test_questions_are_not_written_about(data: Path) -> None:
    assert [one.title for one in passages(data) if one.source == "2wiki"] == [f"2wiki {n}" for n in range(4)]


def test_a_mixture_holds_what_is_asked_for(data: Path, tmp_path: Path) -> None:
    written = [Row(f"w{n}", r.question, r.context, r.answers, "en", "written", r.title) for n, r in enumerate(rows())]
    write_rows(tmp_path / "written.jsonl", [*written, *rows(5)])
    options = ["--xquad", "2", "--synthetic", str(tmp_path / "written.jsonl"), "--negatives", "1", "--exchanged", "0"]
    result = CliRunner().invoke(main, [str(data), str(tmp_path / "out"), *options])
    assert result.exit_code == 0, result.output
    train = read_rows(tmp_path / "out" / "train.jsonl")
    assert not train.problems
    counts = Counter((row.source, bool(row.answers)) for row in train.rows)
    assert counts["xquad", True] == counts["xquad", False] == 18
    assert counts["written", False] == 40
    assert counts["proposed", True] == 5
    for row in train.rows:
        assert row.answers or row.source != "xquad" or row.id.endswith("-none")


def test_written_questions_without_an_answer_have_none_in_their_passage() -> None:
    asked = {row.id: row for row in rows()}
    found = list(varied(list(asked.values()), random.Random(1), negatives=0.4, exchanged=0.4))
    kinds = Counter(row.id.partition("-")[2] for row in found)
    assert min(kinds["none"], kinds["other"], kinds[""]) > 3
    for row in found:
        old = asked[row.id.partition("-")[0]]
        if row.id.endswith("-none"):
            assert not row.answers
            assert row.question == old.question
            assert old.texts[0] not in row.context
        elif row.id.endswith("-other"):
            assert not row.answers
            assert row.context == old.context
            new = set(row.question.split()) - set(old.question.split())
            assert len(new) == 1
            assert new.pop().rstrip("?") not in row.context
        else:
            assert row.texts == old.texts
            assert old.context in row.context


def test_where_nothing_is_like_a_passage_its_question_stays_as_it_is() -> None:
    (row,) = varied(rows(1), random.Random(1), negatives=1, exchanged=0)
    assert row.texts == rows(1)[0].texts
