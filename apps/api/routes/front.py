"""``/``: what this is, for browsers and programs; ``/docs``: all routes on one page, made from their description.

The pages need nothing from anywhere else, and are the same for everyone.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment

from apps.api.reference import reference

# Not part of the API's description: they are about it.
router = APIRouter(include_in_schema=False)
_LINKS = {"docs": "/docs", "openapi": "/openapi.json", "widget": "/widget", "health": "/healthz"}
_HEADERS = {
    # Nothing but the page's own style: no scripts, no forms, no other page around it.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/")
async def front(request: Request, accept: Annotated[str, Header()] = "") -> Response:
    """Tell what this is. Needs no key."""
    app = request.app
    headers = {**_HEADERS, "Vary": "Accept"}
    if "text/html" in accept:
        return HTMLResponse(_page("front.html", name=app.title, version=app.version), headers=headers)
    about = {
        "name": app.title,
        "version": app.version,
        "description": app.description.partition("\n")[0].replace("`", ""),
    }
    return JSONResponse({**about, **_LINKS}, headers=headers)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Return a page of all routes. Needs no key."""
    state = request.app.state
    if not hasattr(state, "docs"):
        # Made once: whoever has no key may ask for it as often as they like.
        state.docs = _page("docs.html", **reference(request.app.openapi()))
    return HTMLResponse(state.docs, headers=_HEADERS)


def _page(name: str, /, **told: Any) -> str:
    """Return a page; what is told is escaped."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals["style"] = _file("style.css")
    return environment.from_string(_file(name)).render(**told)


def _file(name: str) -> str:
    return files("apps.api").joinpath("pages", name).read_text(encoding="utf-8")
