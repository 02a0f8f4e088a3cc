"""What a developer meets first: ``/``, and ``/docs``, the page of all routes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from helpers.api import HOME, company, message, served

import rag
from apps.api.keys import SCOPES, Keys
from apps.api.reference import reference
from apps.api.routes.front import _page

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Wellspring]:
    base, _ = company(tmp_path_factory.mktemp("front"))
    with base:
        yield base


@pytest.fixture(scope="module")
def client(kb: rag.Wellspring) -> Iterator[TestClient]:
    with served(kb) as client:
        yield client


class Addresses(HTMLParser):
    """What a page links to, and what it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        assert "src" not in given
        assert not any(name.startswith("on") for name in given)
        self.links += [given["href"] or ""] if "href" in given else []
        self.ids += [given["id"] or ""] if "id" in given else []


def test_the_front_tells_programs_and_browsers_what_this_is(client: TestClient) -> None:
    for accepted in ("*/*", "application/json"):
        reply = client.get("/", headers={"Accept": accepted})
        told = reply.json()
        assert (told["name"], reply.headers["Vary"]) == ("Wellspring", "Accept")
        assert told["version"] == client.get("/openapi.json").json()["info"]["version"]
        links = [value for value in told.values() if value.startswith("/")]
        assert set(links) == {"/docs", "/openapi.json", "/widget", "/healthz"}
        assert {client.get(link).status_code for link in links} == {200}
    page = client.get("/", headers=BROWSER)
    assert page.headers["Content-Type"].startswith("text/html")
    found = Addresses(page.text)
    assert set(links) <= set(found.links)
    assert found.tags.isdisjoint({"script", "link", "img", "iframe", "form"})


def test_every_route_is_on_the_page(client: TestClient) -> None:
    api = client.get("/openapi.json").json()
    page = client.get("/docs").text
    found = Addresses(page)
    assert found.tags.isdisjoint({"script", "link", "img", "iframe", "form"})
    assert {link for link in found.links if not link.startswith("#")} == {"/openapi.json"}
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    articles = re.findall(r"<article.*?</article>", page, re.DOTALL)
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            (article,) = (one for one in articles if f"<code>{method.upper()} {path}</code>" in one)
            assert operation["summary"].replace("'", "&#39;") in article
            for parameter in operation.get("parameters", []):
                assert f"<code>{parameter['name']}</code>" in article
            scopes = [scope for one in operation.get("security", []) for scope in one["HTTPBearer"]]
            access = f"scope {scopes[0]}" if scopes else "any key" if "security" in operation else "no key"
            assert f"<small>{access}</small>" in article
            assert all(f"<code>{status}</code>" in article for status in operation["responses"])
    (ask,) = (one for one in articles if "<code>POST /api/ask</code>" in one)
    assert all(f"<code>{name}</code>" in ask for name in api["components"]["schemas"]["Ask"]["properties"])
    (upload,) = (one for one in articles if "<code>POST /api/documents</code>" in one)
    assert "<code>file</code>" in upload
    assert "multipart/form-data" in upload
    # Every scope opens something, and the description names no other.
    named = {scope for scopes in re.findall(r"<small>scope (.*?)</small>", page) for scope in scopes.split(", ")}
    assert named == SCOPES.keys()


def test_the_examples_of_bodies_are_taken(client: TestClient) -> None:
    told = reference(client.get("/openapi.json").json())
    for _, _, routes in told["sections"]:
        for route in routes:
            if route.example and route.path != "/api/sources":
                reply = client.request(route.method, route.path, json=json.loads(route.example))
                # There is no embedder of that name here.
                assert reply.status_code in (200, 201, 202) or route.path == "/v1/embeddings", (route.path, reply.text)


def test_what_a_description_holds_is_inert() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    operation = {
        "tags": [hostile],
        "summary": hostile,
        "description": hostile,
        "parameters": [{"name": hostile, "in": "query", "schema": {"type": "string", "examples": [hostile]}}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{hostile[:6]}"}}}},
        "responses": {"200": {"description": hostile}},
    }
    shape = {"type": "object", "description": hostile, "properties": {hostile: {"const": hostile}}}
    api = {
        "info": {"title": hostile, "version": hostile, "description": hostile},
        "tags": [{"name": hostile, "description": hostile}],
        "paths": {f'/"{hostile}': {"get": operation}},
        "components": {"schemas": {hostile[:6]: shape}},
    }
    page = _page("docs.html", **reference(api))
    assert page.count("&lt;img") > 10
    assert "img" not in Addresses(page).tags


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_both_are_open_and_the_same_for_everyone(kb: rag.Wellspring, tmp_path: Path, path: str) -> None:
    keys = Keys(tmp_path)
    _, secret = keys.create("ann", scopes=["ask"])
    told = []
    for key in ("", secret, "ws_none"):
        with served(kb, keys=keys, key=key) as client:
            page = client.get(path, headers={**BROWSER, "Host": "docs.example.com"})
            policy = page.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script" not in policy
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            told.append((page.status_code, page.text))
            message(client.get("/api/documents"), 401 if key != secret else 403)
    with served(kb) as client:
        told.append((200, client.get(path, headers=BROWSER).text))
        message(client.get(path, headers={"Host": "evil.example"}), 403)
    assert len(set(told)) == 1
    assert told[0][0] == 200
    assert HOME not in told[0][1]
    assert str(tmp_path) not in told[0][1]
    keys.close()
