"""``/v1/embeddings``: texts to vectors, with the embedder that searches here."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from apps.api.callers import Caller, needs
from apps.api.errors import Problem
from apps.api.routes.models import check
from apps.api.schemas import WHOLE
from apps.api.service import Served
from apps.api.words import count

router = APIRouter(prefix="/v1", tags=["openai"])
_MOST = 2048
_LONGEST = 100_000
Text = Annotated[str, Field(min_length=1, max_length=_LONGEST)]


class Embed(BaseModel):
    """Texts to embed."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [{"model": "builtin", "input": "annual leave"}]}
    )

    model: str = Field(description="As listed in /v1/models.")
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=_MOST)] = Field(
        description="Texts; numbers of tokens are not taken, for they are another model's."
    )
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1), WHOLE] | None = Field(
        default=None, description="The embedder's own; no other is possible."
    )
    user: str | None = Field(default=None, description="Has no effect.")


class Vector(BaseModel):
    """One text's vector."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str = Field(description="Numbers, or with base64 little-endian float32. Unit length.")


class Usage(BaseModel):
    """Words, and Chinese characters."""

    prompt_tokens: int
    total_tokens: int


class Embedded(BaseModel):
    """The vectors, in the order of the texts."""

    object: Literal["list"] = "list"
    data: list[Vector]
    model: str
    usage: Usage


@router.post("/embeddings", summary="Embed texts")
async def embed(body: Embed, service: Served, caller: Annotated[Caller, needs("search")]) -> Embedded:
    """Return a vector of unit length for each text."""
    embedder = service.kb.embedder
    check(body.model, embedder.name)
    texts = [body.input] if isinstance(body.input, str) else body.input
    vectors = await service.work.compute(embedder.embed_passages, texts)
    width = int(vectors.shape[1])
    if body.dimensions not in (None, width):
        raise Problem(
            400, f"This model's vectors have {width} dimensions.", code="unsupported_value", param="dimensions"
        )

    def written(row: Any) -> list[float] | str:
        if body.encoding_format == "base64":
            return base64.b64encode(row.astype("<f4").tobytes()).decode()
        numbers: list[float] = row.tolist()
        return numbers

    tokens = sum(map(count, texts))
    return Embedded(
        data=[Vector(index=index, embedding=written(row)) for index, row in enumerate(vectors)],
        model=body.model,
        usage=Usage(prompt_tokens=tokens, total_tokens=tokens),
    )
