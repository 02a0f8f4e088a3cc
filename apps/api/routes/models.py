"""``/v1/models``: what can be named as a model."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from apps.api.callers import Caller, needs
from apps.api.errors import Problem
from apps.api.service import MODEL, Served

router = APIRouter(prefix="/v1", tags=["openai"])


class Model(BaseModel):
    """Something that answers, or that turns texts into vectors."""

    id: str = Field(examples=[MODEL])
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Always 0: the models are not dated.")
    owned_by: str = "wellspring"


class ModelList(BaseModel):
    """The models."""

    object: Literal["list"] = "list"
    data: list[Model]


@router.get("/models", summary="List models")
async def listed(service: Served, caller: Annotated[Caller, needs(None)]) -> ModelList:
    """List what can be named as a model: one that answers, and one that embeds."""
    return ModelList(data=[Model(id=name) for name in (MODEL, service.kb.embedder.name)])


@router.get("/models/{model:path}", summary="See a model")
async def shown(model: str, service: Served, caller: Annotated[Caller, needs(None)]) -> Model:
    """Return one model."""
    check(model, MODEL, service.kb.embedder.name)
    return Model(id=model)


def check(model: str, *known: str) -> None:
    """Refuse a model that is not known."""
    if model not in known:
        names = " or ".join(repr(name) for name in known)
        raise Problem(404, f"There is no model {model!r} here: name {names}.", code="model_not_found", param="model")
