"""Deterministic stand-ins, for our tests and for those of people who build on Wellspring."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from rag.reader import Span
from rag.records import Passage


class ScriptedLLM(BaseChatModel):
    """A chat model that replies what it was told to, in order, and remembers what it was asked.

    >>> model = ScriptedLLM(replies=["Forty-two. [1]"])
    >>> str(model.invoke("What is it?").text)
    'Forty-two. [1]'
    """

    replies: list[str]
    """One a call; the last is repeated."""
    _prompts: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    @property
    def prompts(self) -> list[list[BaseMessage]]:
        """The messages of every call so far."""
        return self._prompts

    @property
    def _llm_type(self) -> str:
        return "wellspring-scripted"

    def _next(self, messages: list[BaseMessage]) -> str:
        self._prompts.append(messages)
        return self.replies[min(len(self._prompts), len(self.replies)) - 1]

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for word in self._next(messages).split(" "):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word + " "))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=self._next(messages)))])


class ScriptedReader:
    """A reader that finds given texts in passages.

    Parameters
    ----------
    answers
        Texts with their scores, as ``Span.score``.
    """

    def __init__(self, answers: Mapping[str, float]) -> None:
        self._answers = dict(answers)

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """Return where the texts stand, the best score first."""
        spans = [
            Span(number, match.start(), match.end(), text, score)
            for number, passage in enumerate(passages)
            for text, score in self._answers.items()
            for match in re.finditer(re.escape(text), passage.text)
        ]
        return sorted(spans, key=lambda span: -span.score)
