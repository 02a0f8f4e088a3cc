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
