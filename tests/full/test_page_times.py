"""How long people wait at the page: ``pytest tests/full/test_page_times.py -s`` prints it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from helpers.page import EN, PATIENCE, ask, chip, go
from playwright.sync_api import Page, expect

ROUNDS = 5
QUESTIONS = (
    "What IP rating does the Skerry 40 have?",
    "How many days of annual leave do I get in Dundee?",
    "What is the minimum length of a password for our accounts?",
    "Who is responsible for the Marl 8 logger?",
    "How long do we keep invoices?",
)
BEARABLE = {"load": 20.0, "answer": 30.0, "source": 15.0, "library": 15.0, "graph": 30.0}
"""Seconds, median, on a busy machine with two cores."""


def test_nobody_waits_long(open_page: Callable[..., Page]) -> None:
    times: dict[str, list[float]] = {name: [] for name in BEARABLE}

    def timed(name: str, do: Callable[[], None]) -> None:
        began = time.perf_counter()
        do()
        times[name].append(time.perf_counter() - began)

    page = open_page()
    ask(page, QUESTIONS[0])  # loads the models
    for question in QUESTIONS[:ROUNDS]:
        timed("load", lambda: (page.reload(), expect(page.get_by_text(EN("ask.tip"))).to_be_visible(timeout=PATIENCE)))
        box = page.get_by_test_id("stChatInputTextArea")
        box.fill(question)
        timed("answer", lambda box=box: _answered(page, box.press))
        timed("source", lambda: _opened(page))
        timed("library", lambda: _shown(page, "library"))
        timed("graph", lambda: _shown(page, "graph"))
        go(page, EN("ask.nav"))
        page.get_by_text(EN("talks.new")).click()
    medians = {name: statistics.median(values) for name, values in times.items()}
    print("\n" + ", ".join(f"{name} {median:.2f} s" for name, median in medians.items()))
    assert {name for name, median in medians.items() if median > BEARABLE[name]} == set()


def _answered(page: Page, press: Callable[[str], None]) -> None:
    press("Enter")
    expect(page.locator(".ws-answer, .ws-unknown").first).to_be_visible(timeout=PATIENCE)


def _opened(page: Page) -> None:
    answer = page.get_by_test_id("stChatMessage").last
    chip(answer, 1).click()
    expect(answer.locator("img.ws-sheet, .ws-source").first).to_be_visible(timeout=PATIENCE)


def _shown(page: Page, name: str) -> None:
    go(page, EN(f"{name}.nav"))
    expect(page.get_by_role("heading", name=EN(f"{name}.title"), exact=True)).to_be_visible(timeout=PATIENCE)
    if name == "graph":
        expect(page.locator(".ws-graph img").first).to_be_visible(timeout=PATIENCE)
