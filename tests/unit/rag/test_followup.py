"""Follow-up questions and what they mean; the dialogues are in tests/data/dialogues.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from helpers.quick import at_most

from knowledge.names import NameIndex
from rag.followup import Name, Past, rewrite
from rag.followup.model import is_of_dialogue, rewrite_by_model
from rag.testing import ScriptedLLM

DATA = tomllib.loads((Path(__file__).parents[2] / "data" / "dialogues.toml").read_text(encoding="utf-8"))
INDEX = NameIndex([(name, type_) for type_, listed in DATA["names"].items() for name in listed])
BT3 = Past("How much does the BT3 cost?", "£1,850", "BT3: Brindle T3 turbidity probe, 1850 GBP. [1]")


def names(text: str) -> list[Name]:
    spans: dict[tuple[int, int], set[str]] = {}
    for hit in INDEX.find(text):
        spans.setdefault((hit.start, hit.end), set()).add(hit.key)
    return [Name(start, end, frozenset(types)) for (start, end), types in sorted(spans.items())]


def holds_word(text: str, word: str) -> bool:
    word = word.strip()
    edge = r"\b" if word.isascii() else ""
    return re.search(f"{edge}{re.escape(word)}{edge}", text, re.IGNORECASE) is not None


def is_right(turn: dict[str, Any], got: str) -> bool:
    wanted = turn.get("asked", [] if "holds" in turn else [turn["question"]])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and got not in wanted:
        return False
    held = all(part.lower() in got.lower() for part in turn.get("holds", ()))
    return held and not any(holds_word(got, word) for word in turn.get("lacks", ()))


@pytest.mark.parametrize("dialogue", DATA["dialogue"], ids=lambda dialogue: dialogue["id"])
def test_dialogue(dialogue) -> None:
    past: list[Past] = []
    for turn in dialogue["turn"]:
        got = rewrite(turn["question"], past, names=names)
        assert is_right(turn, got), f"{turn['question']!r} was understood as {got!r}"
        past.append(Past(got, turn.get("short", ""), turn.get("answer", "")))


def test_the_table_is_large_enough() -> None:
    follow_ups = [turn for dialogue in DATA["dialogue"] for turn in dialogue["turn"][1:]]
    assert len(follow_ups) >= 80
    assert sum(dialogue["set"] == "held-out" for dialogue in DATA["dialogue"]) == 20


@pytest.mark.parametrize(
    "question",
    [
        "",
        " \n\t",
        "?",
        "？！",
        "\0",
        "And\0 the SD6?",
        "it\x1b[2J?",
        "\u202eit?",
        "…",
        "🙂",
        "呢？",
        "And?",
        "what about",
    ],
)
def test_what_says_nothing_stays(question) -> None:
    assert rewrite(question, [BT3], names=names) == question


def test_only_pronouns() -> None:
    for question in ("it", "It?", "they them it?", "它？", "他她它", "there", "that that that?"):
        got = rewrite(question, [BT3], names=names)
        assert len(got) < 200
        assert got == question or "BT3" in got


@pytest.mark.parametrize("piece", ["it ", "and ", "它", "呢", "the SD6 ", "?", "takes to "])
def test_what_is_long_stays_and_takes_no_time(piece) -> None:
    question = piece * (100_000 // len(piece))
    with at_most(seconds=2):
        assert rewrite(question, [BT3], names=names) == question


def test_long_turns_before_take_no_time() -> None:
    past = [Past("What is it? " * 10_000, "x" * 100_000, "it is so " * 10_000), BT3]
    with at_most(seconds=4):
        assert rewrite("And the SD6?", past, names=names) == "How much does the SD6 cost?"


def test_questions_do_not_grow_without_end() -> None:
    past = [BT3]
    for number in range(200):
        question = f"and with colour number {number} of the list?"
        past.append(Past(rewrite(question, past[-6:], names=names)))
        assert len(past[-1].asked) <= 600


def test_everything_comes_from_the_dialogue() -> None:
    """The knowledge base knows these names, but nobody has said them."""
    for dialogue in DATA["dialogue"]:
        past: list[Past] = []
        for turn in dialogue["turn"]:
            got = rewrite(turn["question"], past, names=names)
            said = " ".join([turn["question"], *(f"{one.asked} {one.short} {one.answer}" for one in past)]).lower()
            for name in names(got):
                assert got[name.start : name.end].lower() in said
            past.append(Past(got, turn.get("short", ""), turn.get("answer", "")))


def test_a_model_may_complete_what_was_said() -> None:
    model = ScriptedLLM(replies=["What is the price of the BT3 in Germany?"])
    assert rewrite_by_model(model, "and in Germany?", [BT3]) == "What is the price of the BT3 in Germany?"
    (messages,) = model.prompts
    assert "How much does the BT3 cost?" in str(messages[1].content)


@pytest.mark.parametrize(
    "reply",
    [
        "What does the SD6 cost in Germany?",
        "How much does the BT3 cost in Germany in 2025?",
        "Ask Eve Mallory about the BT3.",
        "",
        "x" * 400,
        "BT3\x1b[2J",
    ],
)
def test_a_model_may_bring_in_nothing(reply) -> None:
    assert rewrite_by_model(ScriptedLLM(replies=[reply]), "and in Germany?", [BT3], names=names) is None


def test_a_model_in_chinese() -> None:
    past = [Past("BT3多少钱？", "21800元")]
    assert rewrite_by_model(ScriptedLLM(replies=["BT3的保修期是多久？"]), "保修期呢？", past) == "BT3的保修期是多久？"
    assert rewrite_by_model(ScriptedLLM(replies=["王芳的保修期是多久？"]), "保修期呢？", past) is None
    assert is_of_dialogue("BT3多少钱", "BT3多少钱？")


def test_a_model_that_fails_is_passed_over() -> None:
    assert rewrite_by_model(ScriptedLLM(replies=[]), "and in Germany?", [BT3]) is None
