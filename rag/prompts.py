"""Prompts and fixed replies; their texts lie in ``templates/``, one folder a language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.prompts import ChatPromptTemplate

    from rag.records import Passage

NO_ANSWER = "NO ANSWER"
"""What the prompt asks the model to reply when the passages do not help."""


@cache
def prompt(language: str) -> ChatPromptTemplate:
    """Return the prompt with the variables ``passages`` and ``question``."""
    from langchain_core.prompts import ChatPromptTemplate

    return ChatPromptTemplate.from_messages(
        [("system", _template(language, "system")), ("human", _template(language, "user"))]
    )


def followup_prompt(language: str, dialogue: str, question: str) -> list[BaseMessage]:
    """Return what asks a chat model to complete a follow-up question."""
    from langchain_core.messages import HumanMessage, SystemMessage

    return [SystemMessage(_template(language, "followup")), HumanMessage(f"{dialogue}\n\n{question}")]


@cache
def reply(language: str, key: str) -> str:
    """Return a fixed reply of ``templates/replies.toml``."""
    texts = tomllib.loads(files("rag").joinpath("templates/replies.toml").read_text(encoding="utf-8"))
    return str(texts[_known(language)][key])


def small_talk(text: str) -> str:
    """Return the key of the reply to what is no question (``greeting``, ``thanks``, ``goodbye``); "" for a question."""
    return next((key for key, pattern in _small_talk() if pattern.search(text)), "")


@cache
def _small_talk() -> list[tuple[str, re.Pattern[str]]]:
    texts = tomllib.loads(files("rag").joinpath("templates/small_talk.toml").read_text(encoding="utf-8"))
    return [(key, re.compile("|".join(found), re.IGNORECASE)) for key, found in texts.items()]


def unknowing(answer: str) -> bool:
    """Tell whether an answer is one of the replies that say: the documents do not tell."""
    keys = ("unknown", "nothing", "empty", "greeting", "thanks", "goodbye")
    return answer.strip() in {reply(language, key) for language in ("en", "zh") for key in keys}


@cache
def followup_words(language: str) -> dict[str, Any]:
    """Return the word lists of ``templates/followup.toml`` for a language; not to be changed by the caller."""
    lists = tomllib.loads(files("rag").joinpath("templates/followup.toml").read_text(encoding="utf-8"))
    return dict(lists[_known(language)])


def numbered(passages: Sequence[Passage]) -> str:
    """Write passages as the prompt shows them: number, title and headings, text."""
    blocks = []
    for passage in passages:
        place = " › ".join(dict.fromkeys((passage.title, *passage.headings)))
        blocks.append(f"[{passage.number}] {place}\n{passage.text}")
    return "\n\n".join(blocks)


def _template(language: str, name: str) -> str:
    return files("rag").joinpath(f"templates/{_known(language)}/{name}.txt").read_text(encoding="utf-8").strip()


def _known(language: str) -> str:
    return language if language in ("en", "zh") else "en"
