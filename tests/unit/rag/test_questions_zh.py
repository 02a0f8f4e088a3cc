"""Questions proposed from Chinese texts."""

from __future__ import annotations

import pytest

from knowledge.extract.english.topic import Topic
from rag.training.questions_zh import ask_chinese


def asked(text: str, title: str = "") -> dict[str, str]:
    return {one.question: text[one.start : one.end] for one in ask_chinese(text, Topic(title))}


def test_questions_are_asked_in_place() -> None:
    found = asked("李明于1962年出生于上海。")
    assert found.get("李明于1962年出生于哪里？", found.get("李明于1962年出生于什么地方？")) == "上海"
    (date,) = [question for question, answer in found.items() if answer == "1962年"]
    assert date.removeprefix("李明于").removesuffix("出生于上海？") in ("哪一年", "哪年", "什么时候")


def test_amounts_keep_their_unit() -> None:
    assert asked("星河公司拥有300名员工。") == {"星河公司拥有多少名员工？": "300名员工"}


def test_a_dropped_subject_comes_from_the_clause_before() -> None:
    found = asked("李明出生于上海，1985年毕业于北京大学。")
    assert any(question.startswith("李明") and answer == "北京大学" for question, answer in found.items())


def test_pronouns_become_the_title() -> None:
    found = asked("李明是中国作家。他1962年出生于上海。", "李明")
    assert any(question.startswith("李明") and answer == "1962年" for question, answer in found.items())
    assert not any("他" in question for question in found)


@pytest.mark.parametrize(
    "text",
    [
        "他于1962年出生于上海。",
        "李明没有在1962年离开上海。",
        "李明1962年并未离开上海。",
        "李明于1962年出生于哪里？",
        "该公司位于上海。",
    ],
)
def test_what_does_not_stand_by_itself_is_not_asked(text: str) -> None:
    assert asked(text) == {}


def test_offsets() -> None:
    text = "李明于1962年出生于上海。小说《海边》由王伟创作。"
    found = list(ask_chinese(text, Topic("")))
    assert found
    for one in found:
        assert one.sentence[0] <= one.start < one.end <= one.sentence[1]
        assert text[one.start : one.end] not in one.question
        assert one.question.endswith("？")
