"""The widget in a real browser, on a web page of another origin that allows little."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from helpers.serve import call, served, status
from playwright.sync_api import Browser, Locator, Page, expect

import rag
from apps.api.keys import Keys
from apps.text import Text

EN, ZH = Text("en"), Text("zh")
LEAVE = "How many days of annual leave do employees in Dundee get?"
HOSTILE = "<img src=x onerror=alert(1)>"
TEXTS = {
    "leave.md": "# Leave policy\n\nEmployees in Dundee get 27 days of annual leave. In Tampere it is 30 days.\n",
    "gauge.md": f"# {HOSTILE}\n\nThe Heron gauge of {HOSTILE} weighs 14 kilograms.\n",
    "travel.md": "# 差旅通知\n\n一线城市住宿上限为550元。省会城市住宿上限为460元。\n",
}
PATIENCE = 60_000


@dataclass
class Site:
    """Another company's web site, the server behind its widget, and a key for it."""

    url: str
    server: str
    folder: Path
    key: str
    clerk: str
    """Of the same viewer, for whoever reads the feedback."""


class _Pages(BaseHTTPRequestHandler):
    """A page whose address says what its tag has; only the widget's server may send scripts and be called."""

    server_address_of_widget = ""

    def do_GET(self) -> None:
        tag = self.path.partition("?")[2].replace("%20", " ").replace("%22", '"')
        page = (
            f'<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1>'
            f'<script src="{self.server_address_of_widget}/widget.js" {tag}></script></html>'
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        allowed = self.server_address_of_widget
        self.send_header("Content-Security-Policy", f"default-src 'none'; script-src {allowed}; connect-src {allowed}")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("widget")
    (folder / "documents").mkdir()
    (folder / "board").mkdir()
    (folder / "board" / "falcon.md").write_text("# Falcon\n\nThe Falcon costs 77 pounds.\n", encoding="utf-8")
    for name, text in TEXTS.items():
        (folder / "documents" / name).write_text(text, encoding="utf-8")
    with rag.open(folder / "kb", llm="none") as kb:
        kb.sync(folder / "documents")
        kb.sync(folder / "board", readers=["group:board"])
    keys = Keys(folder / "kb")
    key = keys.create("site", scopes=["ask"], rate="1000/minute")[1]
    clerk = keys.create("clerk", scopes=["feedback"])[1]
    keys.close()
    pages = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{pages.server_address[1]}"
    with served(folder / "kb", "--llm", "none", "--cors", url) as (_, server):
        _Pages.server_address_of_widget = server
        yield Site(url, server, folder / "kb", key, clerk)
    pages.shutdown()
    pages.server_close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Return what opens the site with a tag; at the end no script may have run that is not ours, and nothing failed."""
    troubles: list[str] = []
    contexts = []

    def visited(tag: str = "", *, address: str = "", width: int = 1280, locale: str = "en-GB") -> Page:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": 800})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda r: None if r.url.startswith((site.url, site.server)) else troubles.append(r.url))
        page.goto(address or f'{site.url}/?data-key="{site.key}"%20{tag}')
        return page

    yield visited
    for context in contexts:
        context.close()
    assert troubles == []


def opened(page: Page, text: Text = EN) -> Locator:
    page.get_by_role("button", name=text("widget.launch")).click()
    return page.get_by_role("dialog")


def ask(panel: Locator, question: str, text: Text = EN) -> Locator:
    """Ask, and return what is shown as the answer."""
    answers = panel.locator(".answer")
    before = answers.count()
    box = panel.get_by_label(text("widget.placeholder"))
    box.fill(question)
    box.press("Enter")
    expect(answers).to_have_count(before + 1, timeout=PATIENCE)
    return answers.last


def test_an_answer_with_its_source(visit: Callable[..., Page]) -> None:
    page = visit()
    panel = opened(page)
    expect(panel.get_by_label(EN("widget.placeholder"))).to_be_focused()
    answer = ask(panel, LEAVE)
    expect(answer).to_contain_text("27 days")
    quote = answer.locator("blockquote").first
    expect(quote).not_to_be_visible()
    answer.get_by_role("button", name=EN("widget.source", number=1)).first.click()
    expect(quote).to_be_visible()
    expect(quote).to_contain_text("27 days of annual leave")
    expect(answer.locator("summary").first).to_be_focused()


def test_a_follow_up_and_what_stays_on_the_next_page(visit: Callable[..., Page]) -> None:
    page = visit()
    panel = opened(page)
    ask(panel, LEAVE)
    answer = ask(panel, "And in Tampere?")
    expect(answer).to_contain_text("30 days")
    expect(answer).to_contain_text("How many days of annual leave do employees in Tampere get?")
    page.reload()
    panel = opened(page)
    expect(panel.locator(".question")).to_have_text([LEAVE, "And in Tampere?"])
    expect(panel.locator(".answer").last).to_contain_text("30 days")
    panel.get_by_role("button", name=EN("widget.new")).click()
    expect(panel.locator(".question")).to_have_count(0)
    # Nothing is left to go on from.
    expect(ask(panel, "And in Tampere?")).not_to_contain_text("Understood as")


def test_what_documents_hold_is_inert(visit: Callable[..., Page]) -> None:
    page = visit()
    answer = ask(opened(page), "How many kilograms does the Heron gauge weigh?")
    expect(answer).to_contain_text("14 kilograms")
    expect(answer.locator("summary").first).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0


def test_the_key_opens_only_what_its_viewer_may_read(visit: Callable[..., Page]) -> None:
    answer = ask(opened(visit()), "How much does the Falcon cost?")
    expect(answer).not_to_contain_text("77")


def test_rating(visit: Callable[..., Page], site: Site) -> None:
    answer = ask(opened(visit()), LEAVE)
    answer.get_by_role("button", name=EN("rate.wrong")).click()
    comment = answer.get_by_label(EN("rate.comment_wrong"))
    expect(comment).to_be_focused()
    comment.fill("It is 28 days.")
    answer.get_by_role("button", name=EN("widget.send")).click()
    expect(comment).to_have_count(0)
    (kept,) = call(site.server, "/api/feedback", key=site.clerk)["feedback"]
    assert (kept["question"], kept["helpful"], kept["comment"]) == (LEAVE, False, "It is 28 days.")
    # Whoever opens the page has its key, and must not see what other visitors sent.
    assert status(site.server, "/api/feedback", Authorization=f"Bearer {site.key}") == 403


def test_keys_and_the_way_back(visit: Callable[..., Page]) -> None:
    page = visit()
    launcher = page.get_by_role("button", name=EN("widget.launch"))
    launcher.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog")
    box = panel.get_by_label(EN("widget.placeholder"))
    expect(box).to_be_focused()
    page.keyboard.type("one line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("another")
    expect(box).to_have_value("one line\nanother")
    page.keyboard.press("Escape")
    expect(panel).not_to_be_visible()
    expect(launcher).to_be_focused()


def test_chinese_on_a_phone(visit: Callable[..., Page]) -> None:
    page = visit("data-lang=zh", width=390)
    panel = opened(page, ZH)
    answer = ask(panel, "一线城市住宿上限是多少？", ZH)
    expect(answer).to_contain_text("550")
    box = panel.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_wrong_key_is_told(visit: Callable[..., Page], site: Site) -> None:
    page = visit(address=f'{site.url}/?data-key="ws_0_0"')
    answer = ask(opened(page), LEAVE)
    expect(answer.locator("p")).to_have_text([EN("widget.closed")])
    expect(answer.get_by_role("button", name=EN("widget.retry"))).to_be_visible()


@pytest.mark.parametrize("text", [EN, ZH], ids=["en", "zh"])
def test_a_rate_that_is_used_up_is_told_without_the_limit(visit: Callable[..., Page], site: Site, text: Text) -> None:
    keys = Keys(site.folder)
    key = keys.create("rare", scopes=["ask"], rate="2/hour")[1]
    keys.close()
    page = visit(address=f'{site.url}/?data-key="{key}"%20data-lang={text.language}')
    panel = opened(page, text)
    # The first request is the question, the second the rating.
    ask(panel, LEAVE, text)
    rated = panel.locator(".answer").first
    rated.get_by_role("button", name=text("rate.helpful")).click()
    expect(rated.get_by_role("status")).to_have_text(text("widget.thanks"))
    answer = ask(panel, LEAVE, text)
    expect(answer.locator("p")).to_have_text([text("widget.busy")])
    rated.get_by_role("button", name=text("rate.wrong")).click()
    expect(rated.get_by_role("status")).to_have_text(text("widget.unrated", reason=text("widget.busy")))
    assert "hour" not in panel.inner_text()


@pytest.mark.parametrize("text", [EN, ZH], ids=["en", "zh"])
def test_what_goes_wrong_is_told_in_the_visitors_language(visit: Callable[..., Page], site: Site, text: Text) -> None:
    page = visit(f"data-lang={text.language}")
    panel = opened(page, text)
    secret = {"error": {"message": "SECRET of the operator", "type": "server_error", "param": None, "code": None}}
    allowed = {"Access-Control-Allow-Origin": site.url}

    def told(name: str, **reply: Any) -> None:
        page.route(f"{site.server}/api/ask", lambda route: route.fulfill(headers=allowed, **reply))
        expect(ask(panel, LEAVE, text).locator("p")).to_have_text([text(f"widget.{name}")])
        page.unroute(f"{site.server}/api/ask")

    for status_code, name in [(400, "unfit"), (401, "closed"), (403, "closed"), (503, "paused"), (500, "broken")]:
        told(name, status=status_code, json=secret)
    told("broken", status=502, body="<h1>Bad gateway</h1>")
    told("broken", status=200, body=f"data: {json.dumps(secret)}\n\n")
    secret["error"]["code"] = "unavailable"
    told("paused", status=200, body=f"data: {json.dumps(secret)}\n\n")
    told("unreachable", status=200, body="event: found\ndata: {}\n\n")
    assert "SECRET" not in panel.inner_text()


@pytest.mark.parametrize(
    ("text", "question"), [(EN, "玛瑙河的长度是多少？"), (ZH, "Who won the 1987 regatta in Oban?")]
)
def test_that_nothing_is_known_is_told_in_the_visitors_language(
    visit: Callable[..., Page], text: Text, question: str
) -> None:
    panel = opened(visit(f"data-lang={text.language}"), text)
    expect(ask(panel, question, text).locator("p")).to_have_text([text("widget.unknown")])


def test_a_server_that_is_gone_is_told(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    panel = opened(page)
    page.route(f"{site.server}/api/ask", lambda route: route.abort())
    answer = ask(panel, LEAVE)
    expect(answer).to_contain_text(EN("widget.unreachable"))
    page.unroute(f"{site.server}/api/ask")
    answer.get_by_role("button", name=EN("widget.retry")).click()
    expect(panel.locator(".answer")).to_contain_text("27 days")
    expect(panel.locator(".question")).to_have_count(1)


def test_stopping(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    panel = opened(page)
    # A server that never answers.
    page.route(f"{site.server}/api/ask", lambda route: None)
    box = panel.get_by_label(EN("widget.placeholder"))
    box.fill(LEAVE)
    box.press("Enter")
    expect(panel.get_by_role("status")).to_have_text(EN("widget.searching"))
    panel.get_by_role("button", name=EN("widget.stop")).click()
    expect(panel.locator(".answer")).to_contain_text(EN("widget.stopped"))
    page.unroute_all(behavior="ignoreErrors")


def test_the_sites_own_scripts_may_open_and_ask(visit: Callable[..., Page]) -> None:
    page = visit()
    page.evaluate("question => wellspring.ask(question)", LEAVE)
    expect(page.get_by_role("dialog").locator(".answer")).to_contain_text("27 days")
    page.evaluate("wellspring.close()")
    expect(page.get_by_role("dialog")).not_to_be_visible()


def test_the_page_to_try_it_on(visit: Callable[..., Page], site: Site, request: pytest.FixtureRequest) -> None:
    page = visit(address=f"{site.server}/widget")
    page.get_by_label(re.compile("scope ask")).fill(site.key)
    page.get_by_role("button", name=EN("widget.try_show")).click()
    answer = ask(opened(page), LEAVE)
    expect(answer).to_contain_text("27 days")
    answer.get_by_role("button", name=EN("widget.source", number=1)).first.click()
    if request.config.getoption("--update-screenshots"):
        page.set_viewport_size({"width": 1000, "height": 720})
        page.screenshot(path=Path(__file__).parents[2] / "docs" / "widget.png")


def test_another_site_is_not_answered(browser: Browser, site: Site) -> None:
    """The server names the origins that may call; the browser keeps the others from reading a reply."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f'{site.url.replace("127.0.0.1", "localhost")}/?data-key="{site.key}"')
    answer = ask(opened(page), LEAVE)
    expect(answer).to_contain_text(EN("widget.unreachable"))
    context.close()
    assert status(site.server, "/healthz") == 200
