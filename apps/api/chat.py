"""What a chat client sends, and what it gets: OpenAI's chat completions.

Everything that would change the answer is honoured or refused; nothing of that kind is passed over in silence. What
has no effect here is listed as such.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

import rag
from apps.api.errors import Problem
from apps.api.schemas import WHOLE, Said, Whole, Within
from apps.api.service import MODEL

_TOOLS = "this API answers from documents and calls no tools"
_ODDS = "answers come without the odds of their words; wellspring.confidence tells how sure one is"
_WORDING = "answers say what the documents say, and their words are not weighed"
_SPEECH = "answers are text"
_ONE_VALUE: Mapping[str, tuple[tuple[Any, ...], str]] = {
    "n": ((1,), "a question has one answer here"),
    "logprobs": ((False,), _ODDS),
    "top_logprobs": ((0,), _ODDS),
    "tools": (([],), _TOOLS),
    "tool_choice": (("none", "auto"), _TOOLS),
    "functions": (([],), _TOOLS),
    "function_call": (("none", "auto"), _TOOLS),
    "response_format": (({"type": "text"},), "answers are text; their citations are in the field wellspring"),
    "presence_penalty": ((0,), _WORDING),
    "frequency_penalty": ((0,), _WORDING),
    "logit_bias": (({},), _WORDING),
    "modalities": ((["text"],), _SPEECH),
    "audio": ((), _SPEECH),
    "store": ((False,), "no conversation is kept here, so send what came before with each question"),
    "web_search_options": ((), "answers come from the documents alone, not from the web"),
    "reasoning_effort": (("none",), "every answer is checked in the same way"),
    "verbosity": ((), "answers are as long as the question needs; max_tokens cuts them"),
}
"""Parameters that change what a model says, their values that are what happens here anyway, and why it is no other."""
_NO_EFFECT = frozenset(
    {
        "metadata",
        "parallel_tool_calls",
        "prediction",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "service_tier",
        "user",
    }
)
"""Parameters that change nothing of an answer."""
_SYSTEM_NOTE = "System messages are not followed: answers are made from the documents alone."


class Part(BaseModel):
    """A part of a message; only text is taken."""

    model_config = ConfigDict(strict=True, extra="allow")

    type: str = Field(examples=["text"])
    text: str | None = None


class Message(BaseModel):
    """A message."""

    model_config = ConfigDict(strict=True, extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | Annotated[list[Part], Field(max_length=1000)] | None = None


class StreamOptions(BaseModel):
    """How a stream is sent."""

    model_config = ConfigDict(strict=True, extra="forbid")

    include_usage: bool = False
    include_obfuscation: bool = False


class Chat(BaseModel):
    """A conversation whose last message is to be answered."""

    model_config = ConfigDict(
        strict=True,
        extra="allow",
        allow_inf_nan=False,
        json_schema_extra={
            "examples": [
                {
                    "model": MODEL,
                    "messages": [{"role": "user", "content": "How many days of annual leave do we get in Dundee?"}],
                }
            ]
        },
    )

    model: str = Field(description=f"{MODEL!r}.")
    messages: Annotated[list[Message], Field(min_length=1, max_length=2000)] = Field(
        description="The last one is answered; those before it are what it may refer to."
    )
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        default=None, description="The chat model's; what it says is checked all the same."
    )
    top_p: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="Without effect at temperature 0; else only 1."
    )
    seed: Whole | None = Field(default=None, description="Without effect at temperature 0; else refused.")
    max_tokens: Annotated[int, Field(ge=1), WHOLE] | None = Field(
        default=None, description="Words and Chinese characters; a longer answer is cut."
    )
    max_completion_tokens: Annotated[int, Field(ge=1), WHOLE] | None = None
    stop: (
        Annotated[str, Field(min_length=1)]
        | Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=4)]
        | None
    ) = Field(default=None, description="The answer ends before the first of these.")

    within: Within

    @property
    def most(self) -> int | None:
        """How many tokens the answer may have."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens

    @property
    def stops(self) -> list[str]:
        """What ends the answer."""
        return [self.stop] if isinstance(self.stop, str) else self.stop or []


class Extension(Said):
    """What OpenAI's shape has no place for: citations, confidence, and more."""

    notes: list[str] = Field(description="What of the request was not followed.")


class Reply(BaseModel):
    """The answer as a message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one choice."""

    index: int = 0
    message: Reply
    finish_reason: Literal["stop", "length"]
    logprobs: None = None


class Usage(BaseModel):
    """Words, and Chinese characters."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(BaseModel):
    """A checked answer in OpenAI's shape."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    wellspring: Extension


def check(body: Chat, *, usual_temperature: float) -> None:
    """Refuse what cannot be honoured."""
    for name, value in (body.model_extra or {}).items():
        if name in _NO_EFFECT or value is None:
            continue
        if name not in _ONE_VALUE:
            raise Problem(400, f"There is no parameter {name!r}; leave it out.", code="unknown_parameter", param=name)
        allowed, why = _ONE_VALUE[name]
        if value not in allowed or isinstance(value, bool) != isinstance(allowed[0], bool):
            said = f"{name} is not supported: {why}. Leave it out."
            raise Problem(400, said, code="unsupported_parameter", param=name)
    warm = usual_temperature if body.temperature is None else body.temperature
    if warm > 0 and body.top_p not in (None, 1):
        raise Problem(
            400,
            "top_p is only honoured at temperature 0. Leave it out, or set temperature to 0.",
            code="unsupported_value",
            param="top_p",
        )
    if warm > 0 and body.seed is not None:
        raise Problem(
            400,
            "seed is only honoured at temperature 0. Leave it out, or set temperature to 0.",
            code="unsupported_value",
            param="seed",
        )
    if body.stream_options is not None and not body.stream:
        raise Problem(
            400,
            "stream_options go with stream. Leave them out, or set stream to true.",
            code="invalid_value",
            param="stream_options",
        )


def dialogue(messages: Sequence[Message]) -> tuple[str, list[tuple[str, str]], list[str]]:
    """Return the question, the questions and answers before it, and what is to be told of what was not followed."""
    history: list[tuple[str, str]] = []
    notes: list[str] = []
    asked = ""
    for number, message in enumerate(messages):
        text = _text(message, number)
        match message.role:
            case "user":
                if asked:
                    history.append((asked, ""))
                asked = text
            case "assistant" if asked:
                history.append((asked, text))
                asked = ""
            case "system" | "developer":
                notes = [_SYSTEM_NOTE]
            case "tool" | "function":
                raise _unfit(number, "there are no tools here, so that there can be no messages of theirs")
    if messages[-1].role != "user" or not asked.strip():
        raise _unfit(len(messages) - 1, "the last message must be the user's, with the question")
    if len(asked) > rag.LONGEST_QUESTION:
        raise Problem(
            400,
            f"The question is too long: at most {rag.LONGEST_QUESTION} characters are read.",
            code="context_length_exceeded",
            param=f"messages.{len(messages) - 1}.content",
        )
    return asked, history, notes


def _text(message: Message, number: int) -> str:
    content = message.content
    if content is None:
        if message.role != "assistant":
            raise _unfit(number, "it has no content")
        return ""
    if isinstance(content, str):
        return content
    if any(part.type != "text" or part.text is None for part in content):
        raise _unfit(number, "only parts of type 'text' are read")
    return "\n".join(str(part.text) for part in content)


def _unfit(number: int, reason: str) -> Problem:
    return Problem(400, f"Message {number} cannot be used: {reason}.", code="invalid_value", param=f"messages.{number}")
