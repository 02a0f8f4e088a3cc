"""What the routes are given."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

import rag
from apps.api.jobs import Jobs
from apps.api.metrics import Metrics
from apps.api.work import Work

MODEL = "wellspring"
"""What the chat model is called: the whole of retrieval, model and checks."""


@dataclass(frozen=True, slots=True)
class Service:
    """One server's parts."""

    kb: rag.Wellspring
    work: Work
    jobs: Jobs
    metrics: Metrics
    temperature: float
    """The chat model's, where a request names none."""
    ready: threading.Event = field(default_factory=threading.Event)
    """Set once a first question has been answered, with all that this loads."""


def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


Served = Annotated[Service, Depends(_service)]
