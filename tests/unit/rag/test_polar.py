"""Questions that ask for yes or no."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.bases import small_base

import rag
from rag.polar import is_polar

TEXTS = {
    "rules.md": "# Rules\n\nUSB sticks are forbidden. Visitors may park in the yard. Interns are not eligible for work "
    "from abroad. Alcohol is never reimbursed, except at dinners with customers. The lamp is approved in Norway, but "
    "not in Chile. Bicycles are repaired free of charge. "
    "Smoking is forbidden in the warehouse. Animals are prohibited; guide dogs are allowed. The firm was founded in "
    "1987 and sold its mill in 2011. Is the canteen open at night? Ask the desk about the canteen.\n",
    "zh.md": "# 规定\n\n雷雨天严禁安装水位计。\n",
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Wellspring]:
    base, _ = small_base(tmp_path_factory.mktemp("polar"), TEXTS)
    with base:
        yield base


@pytest.mark.parametrize(
    ("question", "short", "quote"),
    [
        ("Are USB sticks allowed?", "No", "USB sticks are forbidden."),
        ("Can interns work from abroad?", "No", "not eligible"),
        ("Are bicycles repaired free of charge?", "Yes", "Bicycles are repaired"),
        ("Is alcohol reimbursed?", "", "except at dinners"),
        ("Is the lamp approved in Norway?", "", "but not in Chile"),
        ("May visitors park in the yard?", "Yes", "may park"),
        ("Is smoking allowed in the office?", "", "forbidden in the warehouse"),
        ("Are guide dogs allowed?", "", "guide dogs are allowed"),
        ("Was the firm founded in 2011?", "", "sold its mill in 2011"),
        ("Is the canteen open at night?", "", "canteen"),
        ("Aren't USB sticks forbidden?", "", "USB sticks are forbidden."),
    ],
)
def test_yes_and_no_are_said_where_a_sentence_says_so(
    kb: rag.Wellspring, question: str, short: str, quote: str
) -> None:
    answer = kb.ask(question)
    assert answer.short == short
    assert quote in answer.citations[0].quote
    assert answer.answer.startswith(f"{short} [1]\n\n" if short else answer.answer[:1])
    assert answer.alternatives == ()


def test_which_questions_these_are() -> None:
    for question in ("Is it blue?", "Can I park there?", "And does it work?", "可以带狗吗？", "是否需要发票？"):
        assert is_polar(question, "zh" if question[0] > "z" else "en")
    for question in ("Who is it?", "Is it blue or green?", "What can I do?", "谁负责？", "这是什么？", "怎么办"):
        assert not is_polar(question, "zh" if question[0] > "z" else "en")
