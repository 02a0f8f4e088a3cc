from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from rag.build import model_cache, open_readers
from rag.cli_train import train
from rag.errors import ModelError, RagError, SettingsError, TrainingError
from rag.reader import BUILTIN_READER, CARD, WEIGHTS, read_card
from rag.readers.chinese import BUILTIN_CHINESE_READER, ChineseReader, new_network, numbered_alphabet
from rag.settings import load_settings
from rag.training.chinese import HiddenCharacters
from rag.training.data import Row
from rag.training.loop import Plan, fit
from rag.training.run import Trained, train_reader
from rag.training.spans_zh import ChineseSpanTask

ALPHABET = "上海北京办事处有十二五个员工多少？。"
TINY = {
    "shape": {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "max_position_embeddings": 512,
    },
    "alphabet": ALPHABET,
}
TEXTS = ["上海办事处有十二个员工。", "北京办事处有五个员工。"]
ROWS = [
    Row("1", "上海办事处有多少个员工？", TEXTS[0], ((6, 8),), "zh"),
    Row("2", "北京办事处有多少个员工？", TEXTS[1], ((6, 7),), "zh"),
]


def test_spans_are_learnt(tmp_path: Path) -> None:
    task = ChineseSpanTask(new_network(TINY), ROWS, ROWS, numbered_alphabet(ALPHABET))
    history = fit(task, Plan(epochs=60, tokens=400, learning_rate=5e-3, check_every=20, patience=9), tmp_path)
    assert history.losses[-1][1] < history.losses[0][1]
    assert task.validate() == {"em": 1.0, "f1": 1.0}


def test_other_questions_to_check_with_are_another_run() -> None:
    network, alphabet = new_network(TINY), numbered_alphabet(ALPHABET)
    checks = [ROWS, ROWS[:1], [replace(ROWS[0], question="上海？"), ROWS[1]], [replace(ROWS[0], answers=()), ROWS[1]]]
    assert len({ChineseSpanTask(network, ROWS, check, alphabet).fingerprint() for check in checks}) == len(checks)


def test_hidden_characters_are_learnt(tmp_path: Path) -> None:
    task = HiddenCharacters(new_network(TINY), TEXTS * 300, numbered_alphabet(ALPHABET))
    before = task.validate()["negative_loss"]
    fit(task, Plan(epochs=2, tokens=2560, learning_rate=3e-3, check_every=5), tmp_path)
    assert task.validate()["negative_loss"] > before


def small_reader(folder: Path, **card: Any) -> Path:
    folder.mkdir()
    torch.manual_seed(3)
    save_file(new_network(TINY).half().state_dict(), folder / WEIGHTS)
    (folder / CARD).write_text(json.dumps({**TINY, "base": "tiny", "language": "zh", **card}), "utf-8")
    return folder


def questions(path: Path, count: int = 40, *, english: int = 0) -> Path:
    numbers = "一二三四五六七八九十"
    rows: list[Mapping[str, Any]] = []
    for number in range(count):
        context = f"{numbers[number % 10]}号办事处在上海，有十二个员工。"
        answer = {"text": "上海", "start": context.index("上海")}
        rows.append({"question": f"第{number}个办事处在哪？", "context": context, "answers": [answer]})
    rows += [{"question": f"Who runs mill {n}?", "context": "Ada does.", "answers": []} for n in range(english)]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def no_encoder() -> Path:
    raise AssertionError("the Chinese reader has a body of its own")


def trained(data: Path, start: Path | None, out: Path, told: list[str], **options: Any) -> Trained:
    plan = Plan(**{"epochs": 8, "tokens": 400, "learning_rate": 1e-2, "check_every": 10} | options)
    return train_reader(data, base=no_encoder, start=start, out=out, language="zh", plan=plan, tell=told.append)


def test_a_trained_reader_is_a_reader(tmp_path: Path) -> None:
    start, out, told = small_reader(tmp_path / "start"), tmp_path / "out", list[str]()
    result = trained(questions(tmp_path / "a.jsonl", english=3), start, out, told)
    assert result.after["f1"] > result.before["f1"]
    assert any(line.startswith("data: 3 rows left out: not in Chinese (lines 41, 42, 43)") for line in told)
    assert any("characters are not in the reader's alphabet" in line and "号" in line for line in told)
    card = read_card(out)
    assert (card["language"], card["alphabet"], card["base"], card["start"]) == ("zh", ALPHABET, "tiny", "start")
    assert card["after"] == result.after
    assert {"README.md", "curves.json"} <= {path.name for path in out.iterdir()}
    old, new = load_file(start / WEIGHTS), load_file(out / WEIGHTS)
    same = {name for name in old if torch.equal(old[name], new[name])}
    assert same == {"bert.embeddings.word_embeddings.weight"}
    settings = load_settings({"reader": str(out), "embedder": "builtin"}, environment={}, folder=tmp_path)
    readers = open_readers(settings, model_cache(settings))
    assert isinstance(readers["zh"], ChineseReader)
    from tests.unit.rag.test_chinese_reader import passage

    assert readers["zh"].read("第9个办事处在哪？", [passage("九号办事处在上海，有十二个员工。")])[0].text == "上海"


def test_answers_too_long_for_a_window_are_told_and_not_taught_as_none(tmp_path: Path) -> None:
    start, data = small_reader(tmp_path / "start"), tmp_path / "a.jsonl"
    context = "上海办事处有十二个员工。" * 40
    row = {"question": "办事处？", "context": context, "answers": [{"text": context[:400], "start": 0}]}
    questions(data)
    with data.open("a", encoding="utf-8") as file:
        file.writelines("\n" + json.dumps({**row, "question": f"{row['question']}{number}"}) for number in range(2))
    told: list[str] = []
    trained(data, start, tmp_path / "out", told, epochs=0.2)
    assert "data: 2 answers too long for a window (lines 41, 42)" in told
    data.write_text("\n".join(json.dumps({**row, "context": f"{context}{n}"}) for n in range(30)), "utf-8")
    with pytest.raises(TrainingError, match=r"no question to train on: 2\d answers too long for a window \(lines "):
        trained(data, start, tmp_path / "none", told)


def test_a_run_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    start, data = small_reader(tmp_path / "start"), questions(tmp_path / "a.jsonl")
    trained(data, start, tmp_path / "whole", [], dropout=0.1)

    class Killed(Exception):
        pass

    def kill(step: int, total: int, line: str) -> None:
        if step == 15:
            raise Killed

    plan = Plan(epochs=8, tokens=400, learning_rate=1e-2, check_every=10, dropout=0.1)
    with pytest.raises(Killed):
        train_reader(data, base=no_encoder, start=start, out=tmp_path / "cut", language="zh", plan=plan, progress=kill)
    told: list[str] = []
    trained(data, start, tmp_path / "cut", told, dropout=0.1)
    assert any(line.startswith("training: going on from step 10") for line in told)
    whole, cut = load_file(tmp_path / "whole" / WEIGHTS), load_file(tmp_path / "cut" / WEIGHTS)
    assert all(torch.equal(whole[name], cut[name]) for name in whole)
    other = small_reader(tmp_path / "other")
    weights = load_file(other / WEIGHTS)
    save_file({name: weight * 2 for name, weight in weights.items()}, other / WEIGHTS)
    with pytest.raises(TrainingError, match="a checkpoint of another run"):
        trained(data, other, tmp_path / "cut", [], dropout=0.1)


def test_what_is_no_better_is_not_kept(tmp_path: Path) -> None:
    start = small_reader(tmp_path / "start")
    result = trained(questions(tmp_path / "a.jsonl"), start, tmp_path / "out", [], epochs=1, learning_rate=1e-9)
    assert result.after == result.before
    old, new = load_file(start / WEIGHTS), load_file(tmp_path / "out" / WEIGHTS)
    assert all(torch.equal(old[name], new[name]) for name in old)


def test_where_the_chinese_reader_cannot_start_from(tmp_path: Path) -> None:
    data = questions(tmp_path / "a.jsonl")
    with pytest.raises(TrainingError, match="the Chinese reader needs more than questions to begin with"):
        trained(data, None, tmp_path / "out", [])
    with pytest.raises(TrainingError, match="is for 'en', not for 'zh' as the questions are"):
        trained(data, BUILTIN_READER, tmp_path / "out", [])
    with pytest.raises(ModelError, match="do not belong together"):
        trained(data, small_reader(tmp_path / "odd", shape={}), tmp_path / "out", [])


def test_the_language_of_most_questions_decides(tmp_path: Path) -> None:
    start, data = small_reader(tmp_path / "start"), questions(tmp_path / "a.jsonl", english=12)
    call = ["reader", str(data), "--epochs", "0.2", "--json", "--out", str(tmp_path / "out"), "--from"]
    result = CliRunner().invoke(train, [*call, str(start)], catch_exceptions=False)
    assert json.loads(result.stdout)["before"].keys() == {"em", "f1"}
    assert read_card(tmp_path / "out")["language"] == "zh"
    failed = CliRunner().invoke(train, [*call, "none"])
    assert isinstance(failed.exception, TrainingError)
    failed = CliRunner().invoke(train, [*call, str(start), "--language", "en"])
    assert isinstance(failed.exception, TrainingError)
    assert "is for 'zh', not for 'en'" in str(failed.exception)


def test_a_folder_replaces_the_reader_of_its_language(tmp_path: Path) -> None:
    def opened(reader: Path | str) -> dict[str, Any]:
        values = {"reader": str(reader), "embedder": "builtin"}
        settings = load_settings(values, environment={}, folder=tmp_path)
        return {language: one.card for language, one in open_readers(settings, model_cache(settings)).items()}

    builtin = {"en": read_card(BUILTIN_READER), "zh": read_card(BUILTIN_CHINESE_READER)}
    assert opened("builtin") == builtin
    assert opened("none") == {}
    chinese, english = small_reader(tmp_path / "zh"), small_reader(tmp_path / "en", language="en")
    assert opened(chinese) == {**builtin, "zh": read_card(chinese)}
    assert opened(english) == {**builtin, "en": read_card(english)}
    with pytest.raises(SettingsError, match="is for 'fr'; readers are for en and zh"):
        opened(small_reader(tmp_path / "fr", language="fr"))
    (english / CARD).write_text("[", "utf-8")
    with pytest.raises(RagError, match=r"card .*reader.json cannot be read"):
        opened(english)
