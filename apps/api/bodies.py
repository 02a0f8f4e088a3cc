"""How much a client may send."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.api.errors import Problem

LARGEST_JSON = 4 * 2**20
"""Bytes of a body that is no upload."""
_ENVELOPE = 2**16
"""Bytes of a form around its files."""
UPLOADS = "/api/documents"


class BodyLimit:
    """Middleware that stops reading a body that is too long, and answers 413.

    Parameters
    ----------
    largest_upload
        Bytes of the files in one upload.
    """

    def __init__(self, app: ASGIApp, *, largest_upload: int) -> None:
        self._app = app
        self._largest_upload = largest_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = scope["path"] == UPLOADS
        most = self._largest_upload + _ENVELOPE if upload else LARGEST_JSON
        told = self._largest_upload if upload else LARGEST_JSON
        refusal = f"The body is too large: at most {told} bytes are taken."
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length) > most:
            await Problem(413, refusal, code="body_too_large")(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                # Of a kind that FastAPI hands on as it is.
                raise HTTPException(413, refusal)
            return message

        await self._app(scope, counted, send)
