"""What requests and replies look like, as far as several routes share it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

import rag

CITATION: dict[str, JsonValue] = {
    "number": 1,
    "document": "/srv/documents/handbook/leave.pdf",
    "title": "Leave policy",
    "page": 2,
    "quote": "Employees in Dundee get 27 days of annual leave.",
    "start": 15,
    "end": 63,
    "headings": ["Leave policy"],
}

Question = Annotated[
    str,
    Field(
        min_length=1,
        max_length=rag.LONGEST_QUESTION,
        description=f"At most {rag.LONGEST_QUESTION} characters.",
        examples=["How many days of annual leave do employees in Dundee get?"],
    ),
]

Within = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=2000)]] | None,
    Field(
        default=None,
        min_length=1,
        max_length=1000,
        description='Only these are asked: documents by id or path, such as "hr/leave.pdf", and folders, such as '
        '"handbook". Null: all. What is not there is a 404.',
    ),
]

EVENTS: dict[str, Any] = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
            "required": ["data"],
        }
    }
}
"""Server-sent events, as OpenAPI describes them: data holds JSON."""


def _whole(value: Any) -> Any:
    """Return 3 for 3.0, which is a whole number in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Last in an annotation: what stands behind it is not in the description."""
Whole = Annotated[int, WHOLE]


class Strict(BaseModel):
    """A request's body: nothing is converted, and what is not known is refused."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Citation(BaseModel):
    """A place that an answer rests on."""

    model_config = ConfigDict(strict=True, json_schema_extra={"examples": [CITATION]})

    number: Whole = Field(description="The marker in the answer's text, from 1: [1].")
    document: str
    title: str
    page: Whole | None = Field(description="From 1; null for formats without pages.")
    quote: str = Field(description="Exactly the document's text from start to end.")
    start: Whole = Field(description="Characters, half open.")
    end: Whole
    headings: list[str] = Field(description="Above the quote, the outermost first.")


class Side(BaseModel):
    """What one source says where sources disagree."""

    model_config = ConfigDict(strict=True)

    short: str
    citation: Whole = Field(description="The number of the citation that says so.")
    date: str = Field(description="As written; empty where nothing tells.")


class Said(BaseModel):
    """What is known of an answer beside its text."""

    asked: str = Field(description="The question as it was understood, where that differs: a follow-up, completed.")
    short: str = Field(description="The answer in the fewest words; may be empty.")
    abstained: bool = Field(description="True where the documents hold no answer; the answer then says so.")
    confidence: float = Field(ge=0, le=1, description="Higher is better.")
    citations: list[Citation]
    sides: list[Side] = Field(description="What the sources say where they disagree, the newer first.")
    alternatives: list[Side] = Field(
        default=[], description="What else may be meant where the answer is not sure, the likeliest first."
    )
    origin: str = Field(description="Whose words the answer is made of: model, quote, facts or none.")
    language: str
    timings: dict[str, float] = Field(description="Seconds by step.")
    within: list[str] = Field(default=[], description="What it was asked of, where that was not everything.")


class Answer(Said):
    """A checked answer: every quote stands in its document as told."""

    question: str
    answer: str


class Passage(BaseModel):
    """A piece of a document that was read for an answer."""

    number: int
    document: str
    title: str
    page: int | None
    headings: list[str]
    text: str
    start: int
    end: int
    score: float = Field(description="Higher is better; comparable within one reply.")
    why: str

    @classmethod
    def of(cls, passage: rag.Passage) -> Passage:
        """Return a passage as it is sent."""
        return cls(**{name: _plain(getattr(passage, name)) for name in cls.model_fields})


class Failure(BaseModel):
    """A document that could not be read at its last try."""

    document: str
    reason: str


def failures(found: list[rag.Failed]) -> list[Failure]:
    """Return failures as they are sent."""
    return [Failure(document=failure.document_id, reason=failure.reason) for failure in found]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
