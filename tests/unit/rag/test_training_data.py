import json
from pathlib import Path

import pytest

from rag.errors import TrainingError
from rag.training.data import Row, held_out, main_language, read_rows, write_rows

GOOD = {"question": "Who runs it?", "context": "Ada runs the mill.", "answers": [{"text": "Ada", "start": 0}]}


def written(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_good_rows_are_read_with_their_offsets(tmp_path: Path) -> None:
    (row,) = read_rows(written(tmp_path / "a.jsonl", GOOD)).rows
    assert (row.question, row.answers, row.texts, row.language) == ("Who runs it?", ((0, 3),), ("Ada",), "en")


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ({**GOOD, "question": ""}, "no question"),
        ({key: value for key, value in GOOD.items() if key != "context"}, "no context"),
        ({key: value for key, value in GOOD.items() if key != "answers"}, "no answers"),
        ({**GOOD, "answers": [{"text": "Bob", "start": 0}]}, "an answer that is not in its context"),
        ({**GOOD, "answers": ["Ada"]}, "an answer that is not in its context"),
    ],
)
def test_a_bad_row_is_counted_with_its_line_and_the_others_are_used(tmp_path: Path, bad: object, problem: str) -> None:
    checked = read_rows(written(tmp_path / "a.jsonl", GOOD, bad, GOOD))
    assert len(checked.rows) == 2
    assert dict(checked.problems) == {problem: [2]}
    assert any("(line 2)" in line for line in checked.lines())


def test_an_id_counts_once(tmp_path: Path) -> None:
    checked = read_rows(written(tmp_path / "a.jsonl", {**GOOD, "id": "x"}, {**GOOD, "id": "x"}))
    assert len(checked.rows) == 1
    assert dict(checked.problems) == {"an id that came before": [2]}


def test_a_wrong_offset_is_mended(tmp_path: Path) -> None:
    moved = {**GOOD, "answers": [{"text": " mill ", "start": 3}, {"text": "the", "start": -4}]}
    checked = read_rows(written(tmp_path / "a.jsonl", moved))
    assert checked.rows[0].texts == ("mill", "the")
    assert checked.moved == 2


@pytest.mark.parametrize(
    ("context", "text", "start", "place"),
    [
        ("Order 15 was split. Line 5 failed.", "5", 24, 25),
        ("Order 15 was split. Line 5 failed.", "5", None, 25),
        ("It took 1,500 steps of 2.5 m, then 500 of 5 m.", "500", 8, 35),
        ("It took 1,500 steps of 2.5 m, then 500 of 5 m.", "5", 24, 42),
        ("Line 5 failed, then line 5 ran.", "5", 24, 25),
        ("Anna met Ann.", "Ann", 1, 9),
        ("第15行和第5行失败。", "5", 5, 6),
        ("小明和小明的父亲。", "小明", 4, 3),
        ("In 1886s", "1886", 0, 3),
        ("Was it (5)?", "(5)", 5, 7),
        ("Was it (5)?", "it ", True, 4),
    ],
)
def test_a_wrong_offset_goes_to_the_nearest_whole_words(
    tmp_path: Path, context: str, text: str, start: object, place: int
) -> None:
    row = {"question": "Which?", "context": context, "answers": [{"text": text, "start": start}]}
    checked = read_rows(written(tmp_path / "a.jsonl", row))
    assert checked.rows[0].answers == ((place, place + len(text.strip())),)
    assert checked.moved == 1


@pytest.mark.parametrize("odd", [None, ""])
def test_a_row_without_an_id_is_known_by_its_line(tmp_path: Path, odd: object) -> None:
    rows = read_rows(written(tmp_path / "a.jsonl", {**GOOD, "id": odd}, {**GOOD, "id": odd})).rows
    assert [row.id for row in rows] == ["line 1", "line 2"]


@pytest.mark.parametrize("language", [5, "English", ["en"], "", None])
def test_an_odd_language_is_detected_anew(tmp_path: Path, language: object) -> None:
    assert read_rows(written(tmp_path / "a.jsonl", {**GOOD, "language": language})).rows[0].language == "en"


@pytest.mark.parametrize(("tag", "language"), [("en-GB", "en"), ("EN", "en"), ("zh_Hans_CN", "zh")])
def test_a_language_is_known_with_its_country(tmp_path: Path, tag: str, language: str) -> None:
    assert read_rows(written(tmp_path / "a.jsonl", {**GOOD, "language": tag})).rows[0].language == language


@pytest.mark.parametrize("wanted", [None, "en"])
def test_a_language_that_cannot_be_taught_is_left_out(tmp_path: Path, wanted: str | None) -> None:
    others = [{**GOOD, "language": language} for language in ("fr", "xx", "fr-CA")]
    checked = read_rows(written(tmp_path / "a.jsonl", *others, GOOD), language=wanted)
    assert [row.id for row in checked.rows] == ["line 4"]
    assert dict(checked.problems) == {
        "in 'fr', which cannot be taught": [1, 3],
        "in 'xx', which cannot be taught": [2],
    }
    with pytest.raises(TrainingError, match="2 rows left out: in 'fr', which cannot be taught"):
        read_rows(written(tmp_path / "b.jsonl", *others), language=wanted)


def test_odd_characters_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("\ufeff" + json.dumps(GOOD) + "\n" + "[" * 5000, encoding="utf-8")
    checked = read_rows(tmp_path / "a.jsonl")
    assert (len(checked.rows), dict(checked.problems)) == (1, {"not JSON": [2]})


@pytest.mark.parametrize("key", ["question", "context", "title", "source", "id"])
def test_half_a_character_is_told(tmp_path: Path, key: str) -> None:
    half = read_rows(written(tmp_path / "b.jsonl", GOOD, {**GOOD, key: "Ada runs \ud800?"}))
    assert (len(half.rows), [*half.problems.values()]) == (1, [[2]])


@pytest.mark.parametrize("none", [None, False, []])
def test_no_source_and_no_title_are_empty(tmp_path: Path, none: object) -> None:
    (row,) = read_rows(written(tmp_path / "a.jsonl", {**GOOD, "source": none, "title": none})).rows
    assert (row.source, row.title) == ("", "")


def test_other_languages_are_left_out_when_one_is_wanted(tmp_path: Path) -> None:
    chinese = {"question": "谁管理？", "context": "小明管理工厂。", "answers": [{"text": "小明", "start": 0}]}
    path = written(tmp_path / "a.jsonl", GOOD, chinese)
    assert len(read_rows(path).rows) == 2
    checked = read_rows(path, language="en")
    assert [row.language for row in checked.rows] == ["en"]
    assert dict(checked.problems) == {"not in English": [2]}
    (left_out, elsewhere, _) = read_rows(path, language="zh").lines()
    assert left_out == "1 row left out: not in Chinese (line 1)"
    assert elsewhere.startswith("each reader is taught its own language, these with --language en")
    with pytest.raises(TrainingError, match=r"with --language zh; 'rag train llm' learns from both"):
        read_rows(written(tmp_path / "b.jsonl", chinese), language="en")


def test_the_language_of_most_questions(tmp_path: Path) -> None:
    chinese = {**GOOD, "language": "zh"}
    assert main_language(written(tmp_path / "a.jsonl", chinese, GOOD, chinese)) == "zh"
    assert main_language(written(tmp_path / "b.jsonl", chinese, GOOD)) == "en"


@pytest.mark.parametrize("text", ["", "\n\n", "{}", "nonsense"])
def test_nothing_to_train_on_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(TrainingError, match="no question to train on"):
        read_rows(written(tmp_path / "a.jsonl", text))


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TrainingError, match="not UTF-8"):
        read_rows(path)
    with pytest.raises(TrainingError, match="No such file"):
        read_rows(tmp_path / "none.jsonl")


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    rows = [Row("1", "Who?", "Ada ran.", ((0, 3),), "en", "mine", "Mill"), Row("2", "When?", "It ran.", (), "en")]
    write_rows(tmp_path / "a.jsonl", rows)
    assert read_rows(tmp_path / "a.jsonl").rows == rows


def test_a_context_is_on_one_side_only() -> None:
    rows = [Row(str(n), "Who?", f"context {n // 4}", (), "en") for n in range(200)]
    train, check = held_out(rows)
    assert not {row.context for row in train} & {row.context for row in check}
    assert len(train) + len(check) == 200
    assert 20 <= len(check) <= 24
