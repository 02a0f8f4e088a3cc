"""The API over a small knowledge base, called in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

import rag
from apps.api.app import create_app
from apps.api.keys import Keys
from helpers.bases import small_base
from rag.testing import ScriptedLLM

HOME = "http://127.0.0.1:8000"
LEAVE = "How many days of annual leave do employees in Dundee get?"
SECRET = "How much does the Falcon cost?"
TEXTS = {
    "leave.md": "# Leave policy\n\nEmployees in Dundee get 27 days of annual leave. In Tampere it is 30 days.\n",
    "skerry.md": "# Skerry 40\n\nThe Skerry 40 is made by Morven Instruments. Aino Rautala works for Morven.\n",
    "travel.md": "# 差旅通知\n\n一线城市住宿上限为550元。省会城市住宿上限为460元。\n",
    "secret.md": "# Falcon\n\nThe Falcon costs 77 pounds. Mara Quist leads the Falcon project.\n",
}
BOARD = rag.Viewer("eve", frozenset({"board"}))


def company(folder: Path, *, replies: list[str] | None = None, threshold: float = 0.0) -> tuple[Any, ScriptedLLM]:
    """Return a base of four documents, one of them for the board alone, and its chat model."""
    return small_base(folder, TEXTS, readers={"secret.md": ["group:board"]}, replies=replies, threshold=threshold)


@contextmanager
def served(kb: rag.Wellspring, *, keys: Keys | None = None, key: str = "", **options: Any) -> Iterator[TestClient]:
    """Yield a client of the API over ``kb``; with ``key`` it sends that."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    app = create_app(kb, keys=keys, **options)
    with TestClient(app, base_url=HOME, headers=headers, raise_server_exceptions=False) as client:
        yield client


def events(text: str) -> list[tuple[str, Any]]:
    """Return the (name, data) of server-sent events; data is parsed, where it is JSON."""
    found = []
    for block in filter(None, text.split("\n\n")):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            data = fields["data"]
            found.append((fields.get("event", ""), data if data == "[DONE]" else json.loads(data)))
    return found


def message(reply: Any, status: int) -> str:
    """Return what an error reply says, which must be of OpenAI's shape."""
    assert reply.status_code == status, reply.text
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"]
    assert "Traceback" not in reply.text
    assert "\n" not in error["message"]
    return str(error["message"])
