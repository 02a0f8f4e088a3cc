"""What goes wrong, told in OpenAI's shape: ``{"error": {"message", "type", "param", "code"}}``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

import rag

LOG = logging.getLogger("wellspring.api")

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}
_UNEXPECTED = "Something went wrong that should not have; the server's log tells more."
_UNAVAILABLE = "The knowledge base cannot answer at the moment; the server's log tells why."


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    """For a person: what happened, and what to do."""
    type: str
    param: str | None = None
    """The field of the request that it is about."""
    code: str | None = None
    """For a program."""


class ErrorReply(BaseModel):
    """The body of every reply that is not 2xx."""

    error: ErrorDetail


class Problem(Exception):
    """A request that cannot be served, with what the client is told.

    Parameters
    ----------
    status
        HTTP's.
    message
        For a person: what happened, and what to do.
    code
        For a program.
    param
        The field of the request that it is about.
    beside
        What the body holds beside ``error``.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
        beside: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.headers = dict(headers or {})
        self.beside = dict(beside or {})

    def body(self) -> dict[str, Any]:
        """Return the reply's body."""
        kind = _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        error = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        return {"error": error, **self.beside}

    def reply(self) -> JSONResponse:
        """Return the reply."""
        return JSONResponse(self.body(), self.status, self.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply, as an ASGI application does."""
        await self.reply()(scope, receive, send)


def missing(what: str, name: str) -> Problem:
    """Return the problem that there is no such thing, or none that the caller may know of."""
    return Problem(404, f"There is no {what} {name!r}.", code=f"{what.replace(' ', '_')}_not_found")


def told(error: Exception, *, operator: bool) -> Problem:
    """Return what a client is told of an error of the layers below.

    Their messages name files and sources of the server: they are for its ``operator``.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, rag.UnsupportedError):
        return Problem(400, f"{error}.", code="unsupported_value")
    if isinstance(error, rag.ScopeError):
        return Problem(404, f"{error}.", code="document_not_found", param="within")
    if isinstance(error, rag.RagError | rag.KnowledgeError | rag.ConnectorError):
        LOG.warning("%s: %s", type(error).__name__, error)
        return Problem(503, str(error) if operator else _UNAVAILABLE, code="unavailable")
    LOG.error("a request failed", exc_info=error)
    return Problem(500, _UNEXPECTED, code="unexpected")


def handle_errors(app: FastAPI) -> None:
    """Let an application tell everything that goes wrong in OpenAI's shape."""

    async def problem(request: Request, error: Exception) -> JSONResponse:
        return told(error, operator=_operator(request)).reply()

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
        return Problem(error.status_code, _sentence(request, error), headers=headers).reply()

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return _invalid(error).reply()

    for kind in (Problem, rag.RagError, rag.KnowledgeError, rag.ConnectorError, Exception):
        app.add_exception_handler(kind, problem)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def _operator(request: Request) -> bool:
    caller = request.scope.get("state", {}).get("caller")
    return bool(caller and caller.may("admin"))


def _allowed(request: Request) -> str:
    """Return the methods of a path: the framework names those of one route only."""
    scopes = {method: {**request.scope, "method": method} for method in ("GET", "POST", "DELETE")}
    routes = request.app.routes
    return ", ".join(m for m, scope in scopes.items() if any(r.matches(scope)[0] is Match.FULL for r in routes))


def _sentence(request: Request, error: HTTPException) -> str:
    path = request.url.path
    match error.status_code:
        case 404:
            return f"There is nothing at {path}; /docs lists the routes."
        case 405:
            return f"{request.method} is not understood at {path}; /docs lists the routes."
        case _:
            return str(error.detail)


def _invalid(error: RequestValidationError) -> Problem:
    """Tell the first thing that is wrong with a request; what was sent is not repeated."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", "")
        return Problem(400, f"The body is not JSON: {reason}.", code="invalid_json")
    if first["type"] == "model_attributes_type" and isinstance(first.get("input"), bytes):
        told = "The body is not taken for JSON: send it with the header 'Content-Type: application/json'."
        return Problem(400, told, code="not_json")
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    name = ".".join(place)
    sentence = f"{name}: {first['msg']}." if name else f"The request cannot be read: {first['msg']}."
    return Problem(400, sentence, code="invalid_value", param=name or None)
