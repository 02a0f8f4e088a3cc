"""The English reader's training data, with an encoder of a few random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rag.training.data import Row
from rag.training.spans import SpanTask

WORDS = ["who", "runs", "the", "mill", "ada", "bob", "does", ".", "?"]
ROWS = [Row("1", "Who runs the mill?", "Ada does.", ((0, 3),), "en")]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]), "utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    shape = {"hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1}
    BertModel(BertConfig(vocab_size=len(WORDS) + 5, **shape)).save_pretrained(folder)
    return folder


def test_other_questions_to_check_with_are_another_run(encoder: Path) -> None:
    (row,) = ROWS
    checks = [[row], [replace(row, question="Who?")], [replace(row, answers=())], [replace(row, context="Bob does.")]]
    digests = {SpanTask(encoder, ROWS, check).fingerprint() for check in [*checks, [replace(row, id="2")]]}
    assert len(digests) == len(checks)


def test_answers_too_long_for_a_window_are_not_taught_as_none(encoder: Path) -> None:
    long = Row("2", "Who?", "Bob does. " * 200, ((0, 1900),), "en", line=7)
    task = SpanTask(encoder, [*ROWS, long, replace(ROWS[0], answers=())], ROWS)
    assert task.too_long == [long]
    assert len(task.lengths()) == 2
    late = replace(long, answers=((1900, 1903),))
    task = SpanTask(encoder, [late], ROWS)
    assert task.too_long == []
    assert len(task.lengths()) == 2  # the window with the answer, and one without
