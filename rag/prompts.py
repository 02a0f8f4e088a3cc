"""Prompts and fixed replies; their texts lie in ``templates/``, one folder a language."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from rag.records import Passage

if TYPE_CHECKING:
    from langchain_core.prompts import ChatPromptTemplate

NO_ANSWER = "NO ANSWER"
"""What the prompt asks the model to reply when the passages do not help."""


@cache
def prompt(language: str) -> ChatPromptTemplate:
    """Return the prompt with the variables ``passages`` and ``question``."""
    from langchain_core.prompts import ChatPromptTemplate

    return ChatPromptTemplate.from_messages(
        [("system", _template(language, "system")), ("human", _template(language, "user"))]
    )


@cache
def reply(language: str, key: str) -> str:
    """Return a fixed reply of ``templates/replies.toml``."""
    texts = tomllib.loads(files("rag").joinpath("templates/replies.toml").read_text(encoding="utf-8"))
    return str(texts[_known(language)][key])


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
