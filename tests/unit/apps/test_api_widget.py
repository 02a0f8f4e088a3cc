"""The widget's script and the page to try it on; tests/full/test_widget.py drives it in a browser."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from helpers.api import company, served

from apps.api.keys import Keys
from apps.text import LANGUAGES, load_strings


def test_the_script_has_the_strings_it_asks_for(tmp_path: Path) -> None:
    base, _ = company(tmp_path)
    with base, served(base) as client:
        reply = client.get("/widget.js")
    assert reply.headers["content-type"].startswith("text/javascript")
    source, _, told = reply.text.rpartition("\n})(")
    called = json.loads(told.removesuffix(");\n"))
    asked = set(re.findall(r'"([a-z]+)"', source))
    tried = files("apps.api").joinpath("widget", "try.html").read_text("utf-8")
    own = {key.removeprefix("widget.") for key in load_strings("en") if key.startswith("widget.")}
    assert own == {key for key in own if key in asked or f'text("widget.{key}")' in tried}
    for language in LANGUAGES:
        strings = called["texts"][language]
        assert {"high", "medium", "low", *re.findall(r'text\("([a-z]+)"', source)} <= strings.keys()
    assert called["texts"].keys() == LANGUAGES.keys()
    # Nothing that comes from documents becomes HTML.
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|cssText", source)


def test_the_script_is_sent_once(tmp_path: Path) -> None:
    base, _ = company(tmp_path)
    with base, served(base) as client:
        tag = client.get("/widget.js").headers["etag"]
        again = client.get("/widget.js", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("accepted", "title"), [("de, en", "Wellspring's widget"), ("zh-CN", "小组件")])
def test_the_page_to_try_it_on(tmp_path: Path, accepted: str, title: str) -> None:
    base, _ = company(tmp_path)
    keys = Keys(tmp_path)
    keys.create("site", scopes=["ask"])
    with base:
        with served(base) as client:
            page = client.get("/widget", headers={"Accept-Language": accepted}).text
            assert title in page.replace("&#39;", "'")
            assert '<script src="/widget.js"' in page
            assert "data-key" not in page
            # What the server takes for its address, until the browser tells the one that it sees.
            assert re.search(r'<(\w+) id="server">http://127\.0\.0\.1:8000</\1>/widget\.js', page)
            assert 'getElementById("server").textContent = location.origin' in page
        with served(base, keys=keys) as client:
            assert client.get("/widget.js").status_code == 200
            page = client.get("/widget", headers={"Accept-Language": accepted}).text
            assert 'data-key="ws_…"' in page
            assert '<script src="/widget.js"' not in page
    keys.close()
