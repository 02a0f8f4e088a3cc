from typing import Any

import pytest
import torch

from rag.llms.spans import SpanRule, span_processor

SOURCE = (
    "[1] Leave\nEvery employee has 20 days of leave, plus (since 2021) one day at Christmas.\n\n员工每年有二十天年假。"
)
RULE = SpanRule(SOURCE, fixed=["NO ANSWER"])


@pytest.mark.parametrize(
    "text",
    [
        "20 days",
        "20 days of leave [1]",
        "20 days of leave. [1]",
        "It is 20 days [1].",
        "Leave is 20 days",
        "one day at Christmas [1]",
        "since 2021",
        "NO ANSWER",
        "二十天 [1]",
        "年假是二十天。",
    ],
)
def test_every_beginning_of_a_right_reply_is_allowed(text: str) -> None:
    assert all(RULE.allows(text[:end]) for end in range(len(text) + 1))
    assert RULE.allows(text, ended=True)


@pytest.mark.parametrize(
    "text", ["30", "20 weeks", "days 20", "Every day", "employers", "twenty", "NO PAY", "20 days [1] per", "三"]
)
def test_other_words_and_other_orders_are_ruled_out(text: str) -> None:
    assert not RULE.allows(text)


@pytest.mark.parametrize("text", ["", "20 da", "NO", "20 days ["])
def test_a_reply_does_not_end_inside_a_word(text: str) -> None:
    assert RULE.allows(text)
    assert not RULE.allows(text, ended=True)


class Words:
    """A tokenizer of whole words; 0 ends."""

    eos_token_id = 0
    words = ("", "30", " days", "20", " weeks")

    def decode(self, tokens: Any, **_: Any) -> str:
        return "".join(self.words[int(token)] for token in tokens)


def chosen(said: list[int], scores: list[float]) -> list[int]:
    process = span_processor(Words(), RULE, begin=1)
    kept = process(torch.tensor([[9, *said]]), torch.tensor([scores]))
    return [place for place, value in enumerate(kept[0].tolist()) if value != float("-inf")]


def test_the_likeliest_allowed_token_is_taken() -> None:
    assert chosen([], [0.0, 5.0, 1.0, 3.0, 4.0]) == [3]
    assert chosen([3], [0.0, 1.0, 3.0, 2.0, 5.0]) == [2]


def test_where_nothing_is_allowed_the_reply_ends() -> None:
    assert chosen([3, 2], [-9.0, 5.0, 4.0, 3.0, 2.0]) == [0]
