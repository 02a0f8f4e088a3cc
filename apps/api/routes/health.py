"""Whether the server lives, and whether it can answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from apps.api.callers import Caller, needs
from apps.api.errors import Problem
from apps.api.metrics import CONTENT_TYPE
from apps.api.service import Served

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """All is well."""

    status: str = "ok"


@router.get("/healthz", summary="Is the server alive?")
async def healthz() -> Health:
    """Tell that the server lives. Needs no key."""
    return Health()


@router.get("/readyz", summary="Can it answer?")
async def readyz(service: Served) -> Health:
    """Tell whether models and indexes are loaded and the knowledge base can be read; 503 where not. Needs no key."""
    if not service.ready.is_set():
        raise Problem(503, "The server is still loading, or cannot; its log tells more.", code="not_ready")
    await service.work.check(service.kb.sources)
    return Health()


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(service: Served, caller: Annotated[Caller, needs("metrics")]) -> Response:
    """Return counts of requests and answers and how long they took, in Prometheus's text format."""
    return Response(service.metrics.text(), media_type=CONTENT_TYPE)
