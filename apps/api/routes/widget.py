"""``/widget.js``: the button that any web page gets with one script tag; ``/widget`` shows it on a page of our own."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment

from apps.text import LANGUAGES, SURE, Text, closest_language

# Not part of the API's description: these are for browsers.
router = APIRouter(include_in_schema=False)
_FRESH = "public, max-age=300"
_OF_THE_PAGE = {
    "high": "ask.high",
    "medium": "ask.medium",
    "low": "ask.low",
    "disagree": "ask.disagree",
    "alternatives": "ask.alternatives",
    "understood": "ask.understood",
    "page": "card.page",
    "helpful": "rate.helpful",
    "wrong": "rate.wrong",
    "comment": "rate.comment_wrong",
}
"""String that the widget shares with the question page → its key there."""


@router.get("/widget.js")
async def widget(if_none_match: Annotated[str, Header()] = "") -> Response:
    """Return the script. Needs no key: it holds nothing of any document."""
    source, tag = _script()
    headers = {"ETag": tag, "Cache-Control": _FRESH}
    if tag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(source, media_type="text/javascript", headers=headers)


@router.get("/widget")
async def tried(request: Request, accept_language: Annotated[str, Header()] = "") -> HTMLResponse:
    """Return a page that shows the widget and the tag to copy."""
    # With keys, this page is open to those who have none.
    keyed = request.scope["state"]["caller"] is None
    template = Environment(autoescape=True).from_string(_file("try.html"))
    server = str(request.base_url).rstrip("/")
    return HTMLResponse(template.render(text=Text(closest_language(accept_language)), server=server, keyed=keyed))


@cache
def _script() -> tuple[str, str]:
    """Return the script, called with what it needs to know, and its entity tag."""
    texts = {}
    for language in LANGUAGES:
        strings = Text(language).strings
        own = {key.removeprefix("widget."): string for key, string in strings.items() if key.startswith("widget.")}
        texts[language] = own | {name: strings[key] for name, key in _OF_THE_PAGE.items()}
    told = json.dumps({"texts": texts, "sure": SURE}, ensure_ascii=False)
    source = f"{_file('widget.js').rstrip()}({told});\n"
    return source, f'"{hashlib.sha256(source.encode()).hexdigest()[:16]}"'


def _file(name: str) -> str:
    return files("apps.api").joinpath("widget", name).read_text(encoding="utf-8")
