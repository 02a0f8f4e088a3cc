from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.reader import CARD, WEIGHTS
from rag.readers.chinese import (
    LONGEST,
    MATCHES,
    OVERLAP,
    SPECIAL,
    ChineseReader,
    new_network,
    numbered_alphabet,
    shared,
    simplified,
    trimmed,
    windows,
)
from rag.records import Passage

ALPHABET = "年假天数是二十五员工办事处上海库存"
SHAPE = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_attention_heads": 2,
    "num_hidden_layers": 1,
    "max_position_embeddings": 512,
}


def passage(text: str, number: int = 1) -> Passage:
    return Passage(
        number=number,
        document=f"d{number}",
        title="",
        page=None,
        headings=(),
        text=text,
        start=0,
        end=len(text),
        language="zh",
        score=1.0,
        why="",
    )


@pytest.fixture
def reader(tmp_path: Path) -> ChineseReader:
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(2)
    card = {"shape": SHAPE, "alphabet": ALPHABET}
    (tmp_path / CARD).write_text(json.dumps(card), "utf-8")
    save_file(new_network(card).state_dict(), tmp_path / WEIGHTS)
    return ChineseReader(tmp_path)


@pytest.mark.parametrize(
    "text", ["上海办事处的员工每年有二十五天年假。", "x", "，。", "😀上海A1", "库" * 2000, "上海\n" * 300]
)
def test_spans_are_of_the_text(reader: ChineseReader, text: str) -> None:
    spans = reader.read("员工有多少天年假？", [passage(text), passage(text[::-1], 2)])
    for span in spans:
        assert (text, text[::-1])[span.passage][span.start : span.end] == span.text
    assert [span.score for span in spans] == sorted((span.score for span in spans), reverse=True)
    for number in (0, 1):
        mine = sorted((span.start, span.end) for span in spans if span.passage == number)
        assert len(mine) <= 3
        assert all(one[1] <= other[0] for one, other in pairwise(mine))


def test_nothing_to_read(reader: ChineseReader) -> None:
    assert reader.read(" ", [passage("上海")]) == []
    assert reader.read("上海？", []) == []


def test_other_weights_are_told(reader: ChineseReader, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not the pinned 00"):
        ChineseReader(tmp_path, sha256="00").read("上海？", [passage("上海")])


def test_windows_cover_the_text() -> None:
    text = "".join(ALPHABET[place % len(ALPHABET)] for place in range(1000))
    found = windows("年假是多少天", text, numbered_alphabet(ALPHABET))
    assert all(len(window.ids) <= LONGEST for window in found)
    assert found[0].offset == 0
    for before, after in pairwise(found):
        end = before.offset + len(before.ids) - before.first - 1
        assert end - after.offset == OVERLAP
    assert found[-1].offset + len(found[-1].ids) - found[-1].first - 1 == len(text)
    window = found[0]
    assert len(window.ids) == len(window.kinds) == len(window.matches)
    assert window.ids[window.first] == SPECIAL
    assert all(match >= MATCHES for match in window.matches[window.first : -1])


def test_shared_stretches() -> None:
    assert shared("年假天数", "天数和年假") == [2, 2, 2, 2]
    assert shared("的，", "的，") == [2, 2]
    assert shared("的", "的") == [0]
    assert shared("", "年") == []


def test_traditional_characters_keep_their_places() -> None:
    text = "臺灣的辦事處 ABC İ"
    assert len(simplified(text)) == len(text)
    assert simplified("辦事處") == "办事处"


@pytest.mark.parametrize(
    ("text", "span", "kept"),
    [
        ("，《年假》。", (0, 6), "《年假》"),
        ("《年假办法", (0, 5), "年假办法"),
        ("（上海）", (1, 4), "上海"),
        ("买了SD61台", (3, 5), "SD61"),
        ("。，", (0, 2), ""),
        ("涨了3.5倍", (4, 6), "3.5倍"),
        ("涨了3.5倍", (2, 3), "3.5"),
        ("共1,234,567元", (3, 6), "1,234,567"),
        ("约2,500.75吨", (6, 8), "2,500.75"),
        ("达95%以上", (1, 3), "95%"),
        ("达9.5％以上", (3, 5), "9.5％"),
        ("于9:30开门", (3, 5), "9:30"),
        ("第1,2,3条", (1, 2), "1"),
        ("有5，6个", (1, 2), "5"),
        ("是3.", (1, 3), "3"),
        ("见《年假办法》规定", (1, 6), "《年假办法》"),
        ("见《年假办法》规定", (2, 7), "《年假办法》"),
        ("见《年假办法》规定", (2, 6), "年假办法"),
        ("见《甲》和《乙》。", (2, 7), "《甲》和《乙》"),
        ("由“年假”办", (1, 4), "年假"),
        ("上海》", (0, 0), ""),
    ],
)
def test_trimming(text: str, span: tuple[int, int], kept: str) -> None:
    start, end = trimmed(text, *span)
    assert text[start:end] == kept


def test_damaged_weights_are_told(reader: ChineseReader, tmp_path: Path) -> None:
    card = json.loads((tmp_path / CARD).read_text("utf-8"))
    (tmp_path / CARD).write_text(json.dumps(card | {"alphabet": "上海"}), "utf-8")
    with pytest.raises(ModelError, match="do not belong together"):
        ChineseReader(tmp_path).read("上海？", [passage("上海")])
    (tmp_path / WEIGHTS).write_bytes(b"\xff" * 100)
    with pytest.raises(ModelError, match="cannot be read"):
        ChineseReader(tmp_path).read("上海？", [passage("上海")])
