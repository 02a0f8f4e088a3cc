"""Whatever is typed gives a ranking or nothing, never an error, and the same again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.bases import TEXTS, small_base

from connectors import Viewer
from rag.sdk import Wellspring

HR = Viewer("bob", frozenset({"hr"}))
NOTHING = {
    "empty": "",
    "blanks": " \t\r\n\u00a0\u3000",
    "function words": "who is it that they were with",
    "function characters": "的了是在和",
    "punctuation": "?!… -- ()",
    "emoji": "😀🎉👨‍👩‍👧",
    "controls": "\0\x01\x07\x1b\x7f",
    "lone surrogates": "\ud800\udfff",
}
SOMETHING = {
    "long": "How many days of annual leave in Dundee? " * 250,
    "without spaces": "x" * 10_000,
    "without spaces, Chinese": "住宿上限" * 2_500,
    "punctuation alone": "?" * 10_000,
    "brackets": "(" * 5_000 + ")" * 5_000,
    "capitals": "Aino Rautala " * 800,
    "combining marks": "e" + "\u0301" * 9_999,
    "SQL": "'; DROP TABLE chunks; -- \" OR 1=1 %_ * NEAR(",
    "HTML": "<script>alert('leave')</script> &lt;b&gt; {{ leave }} {0} %s",
    "controls in words": "le\0ave \x1b[31mDundee\x7f \u202eeednuD",
    "surrogates in words": "annual \ud83d leave \udc00",
    "zero width": "lea\u200bve\ufeff Dundee",
    "Arabic": "كم عدد أيام الإجازة السنوية في دندي؟",
    "Thai": "มีวันลาพักร้อนกี่วัน",
    "Russian": "Сколько дней отпуска в Данди?",
    "Japanese": "ダンディーの年次休暇は何日ですか。",
    "Korean": "던디의 연차 휴가는 며칠입니까?",
    "Turkish": "İSTANBUL'da izin kaç gün? ıİ",
    "ligatures": "ﬁle ﬀ ß ſ ℡ ㎏ ½",
    "digits": "5127",
    "many digits": "1234567890" * 1_000,
    "numbers": "1,000,000.00 -5 1e9 ٣ ५ ²",
    "mixed": "Aino Rautala 的分机号是多少 extension?",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wellspring]:
    made, _ = small_base(tmp_path_factory.mktemp("base"), readers={"leave.md": ["group:hr"]})
    yield made
    made.close()


@pytest.mark.parametrize("question", NOTHING.values(), ids=NOTHING)
def test_without_content_nothing_is_found(base: Wellspring, question: str) -> None:
    assert base.search(question) == []
    assert not base.ask(question).citations


@pytest.mark.parametrize("question", SOMETHING.values(), ids=SOMETHING)
@pytest.mark.parametrize("viewer", [Viewer("ann"), HR], ids=["some", "all"])
def test_odd_questions_are_answered_alike_twice(base: Wellspring, question: str, viewer: Viewer) -> None:
    hits = base.search(question, viewer=viewer)
    assert hits == base.search(question, viewer=viewer)
    assert len(hits) <= 2 * len(TEXTS)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert base.ask(question, viewer=viewer).answer


@pytest.mark.parametrize("question", ["5127", "Сколько дней leave", "'; DROP TABLE chunks; -- leave"])
def test_words_count_in_odd_company(base: Wellspring, question: str) -> None:
    assert "words:" in base.search(question, viewer=HR)[0].why


def test_an_empty_base_finds_nothing(tmp_path: Path) -> None:
    made, _ = small_base(tmp_path, {})
    assert made.search("How many days of annual leave in Dundee?") == []
    made.close()
