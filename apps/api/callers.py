"""Who calls: every request is let in here, or nowhere.

As soon as a key was made, a request needs one. In single-user mode there are none: whoever sits at this machine is the
viewer ``local`` and may do everything, and so what other people's web pages try through that person's browser is
refused.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

import rag
from apps.api.errors import Problem, told
from apps.api.keys import SCOPES, Keys, parse_rate

OPEN = frozenset({"/", "/docs", "/healthz", "/readyz", "/openapi.json", "/widget", "/widget.js"})
"""Need no key: they tell nothing of any document."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a request runs, and what it may do."""

    viewer: rag.Viewer
    scopes: frozenset[str]
    key: str = ""
    """The key's id; empty in single-user mode."""

    def may(self, scope: str) -> bool:
        """Tell whether the caller has a scope."""
        return scope in self.scopes or "admin" in self.scopes

    def require(self, scope: str) -> None:
        """Refuse the request where the caller does not have a scope."""
        if not self.may(scope):
            who = "This key" if self.key else "A web page of another origin"
            raise Problem(403, f"{who} does not have the scope {scope!r}.", code="insufficient_scope")


LOCAL = Caller(rag.LOCAL, frozenset(SCOPES))
"""Who sits at this machine."""
_PAGE = Caller(rag.LOCAL, frozenset({"ask"}))
"""A web page of another origin in the browser of who sits at this machine."""


class Gate:
    """Middleware that lets requests in with their ``Caller``, before anything of their body is read.

    Parameters
    ----------
    keys
        Who may call; as long as none was ever made, and for None always, it is single-user mode.
    origins
        Of web pages elsewhere that may call; in single-user mode they may ask, and no more.
    """

    def __init__(self, app: ASGIApp, *, keys: Keys | None, origins: Collection[str] = ()) -> None:
        self._app = app
        self._keys = keys
        self._keyed = keys is not None and keys.any()
        self._origins = frozenset(origins)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            try:
                keys = self._needed()
                if keys is None:
                    caller: Caller | None = self._local(scope, headers)
                else:
                    caller = None if scope["path"] in OPEN else self._caller(keys, headers)
            except (Problem, rag.RagError) as error:
                await told(error, operator=False)(scope, receive, send)
                return
            scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)

    def _needed(self) -> Keys | None:
        """Return the keys from the request on that comes after the first was made, whatever becomes of their file."""
        if self._keys is not None and not self._keyed:
            self._keyed = self._keys.any()
        return self._keys if self._keyed else None

    def _local(self, scope: Scope, headers: Headers) -> Caller:
        """Return who calls without a key; what does not come from this machine is refused."""
        host = headers.get("host", "")
        if _name(host) not in _LOOPBACK:
            raise Problem(
                403,
                "In single-user mode the server answers to localhost, 127.0.0.1 and [::1] only; for other names make "
                "keys with 'rag keys create'.",
                code="host_not_allowed",
            )
        if any(name in headers for name in _PROXIED):
            raise Problem(
                403,
                "In single-user mode the server does not answer through a proxy: everyone would be the same person. "
                "Make keys with 'rag keys create'.",
                code="proxy_not_allowed",
            )
        origin = headers.get("origin")
        foreign = origin is not None and origin != f"http://{host}"
        unknown = foreign and origin not in self._origins
        crossed = origin is None and headers.get("sec-fetch-site") in ("cross-site", "same-site")
        if scope["method"] not in _SAFE and (unknown or crossed):
            raise Problem(
                403,
                "A web page of another origin may not do this; name its origin with --cors if it should.",
                code="origin_not_allowed",
            )
        return _PAGE if foreign else LOCAL

    def _caller(self, keys: Keys, headers: Headers) -> Caller:
        kind, _, secret = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret.strip():
            raise _unauthorized("A key is needed: send the header 'Authorization: Bearer KEY'.")
        key = keys.find(secret.strip())
        if key is None:
            raise _unauthorized("This key is not known; 'rag keys create' makes one.")
        state = key.state(datetime.now(UTC))
        if state != "valid":
            raise _unauthorized(f"This key is {state}." if state == "revoked" else "This key has expired.")
        rate = parse_rate(key.rate)
        if not self._limiter.hit(rate, key.id):
            wait = max(1, ceil(self._limiter.get_window_stats(rate, key.id).reset_time - time.time()))
            raise Problem(
                429,
                f"This key has used up its {key.rate} requests; try again in {wait} s.",
                code="rate_limit_exceeded",
                headers={"Retry-After": str(wait)},
            )
        return Caller(key.viewer, key.scopes, key.id)


_bearer = HTTPBearer(auto_error=False, description="A key that 'rag keys create' made. Not needed in single-user mode.")


def needs(scope: str | None) -> Caller:
    """Return the dependency that gives a route its caller, who must have ``scope``; None: any key will do."""

    # The scope is given here for the description only.
    described = Security(_bearer, scopes=[] if scope is None else [scope])

    def allowed(request: Request, header: HTTPAuthorizationCredentials | None = described) -> Caller:
        caller: Caller = request.scope["state"]["caller"]
        if scope is not None:
            caller.require(scope)
        return caller

    found: Caller = Depends(allowed)
    return found


def _unauthorized(message: str) -> Problem:
    return Problem(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})


def _name(host: str) -> str:
    """Return a Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()
