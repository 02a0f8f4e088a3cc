"""What Prometheus reads: requests, answers, and how long they took."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import rag

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counts of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "wellspring_requests",
            "Requests served, by route and status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "wellspring_request_seconds",
            "Seconds from a request to the end of its reply, by route.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._open = Gauge("wellspring_requests_open", "Requests being served.", registry=self._registry)
        self._answers = Counter(
            "wellspring_answers",
            "Questions, by what came of them: answered, abstained, failed, cancelled.",
            ("outcome",),
            registry=self._registry,
        )
        self._answer_seconds = Histogram(
            "wellspring_answer_seconds",
            "Seconds from a question to its checked answer, waiting included.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        for outcome in ("answered", "abstained", "failed", "cancelled"):
            self._answers.labels(outcome)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was served."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def open(self, change: int) -> None:
        """Count requests being served."""
        self._open.inc(change)

    def answer(self, answer: rag.Answer, seconds: float) -> None:
        """Count an answer."""
        self._answers.labels("abstained" if answer.abstained else "answered").inc()
        self._answer_seconds.observe(seconds)

    def unanswered(self, outcome: str) -> None:
        """Count a question that was not answered: ``failed`` or ``cancelled``."""
        self._answers.labels(outcome).inc()

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self._registry)


class Measured:
    """Middleware that counts requests."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # 499: the client hung up before there was a reply.
        status = 499
        began = time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.open(1)
        try:
            await self._app(scope, receive, noting)
        except Exception:
            status = 500
            raise
        finally:
            self._metrics.open(-1)
            self._metrics.request(_method(scope), _route(scope), status, time.perf_counter() - began)


def _method(scope: Scope) -> str:
    """Return the method; what clients make up is one, so that labels stay few."""
    known = ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH")
    return scope["method"] if scope["method"] in known else "other"


def _route(scope: Scope) -> str:
    """Return the route's path as declared; ``other`` for what no route took."""
    route: Any = scope.get("route")
    return getattr(route, "path", "other")
