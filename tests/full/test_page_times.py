"""How long people wait for the page: medians of a few rounds, each in a fresh browser context, printed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import pytest
from helpers.page import EN, PATIENCE, ask, chip, go
from playwright.sync_api import Page, expect

ROUNDS = 3
QUESTION = "What IP rating does the Skerry 40 have?"
MOST = {
    "page": 8.0,
    "answer": 15.0,
    "source": 8.0,
    "library": 8.0,
    "graph": 15.0,
    "evaluate": 8.0,
    "settings": 15.0,
}
"""Seconds that no median may reach, on a busy machine either."""


def test_waits_are_short(open_page: Callable[..., Page], capsys: pytest.CaptureFixture[str]) -> None:
    ask(open_page(), QUESTION)  # loads the models, which the first asker after a start waits for
    taken: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        taken[name].append(time.perf_counter() - began)

    for _ in range(ROUNDS):
        with timed("page"):
            page = open_page()
        box = page.get_by_test_id("stChatInputTextArea")
        box.fill(QUESTION)
        with timed("answer"):
            box.press("Enter")
            expect(page.locator(".ws-answer").last).to_contain_text("IP68", timeout=PATIENCE)
        answer = page.get_by_test_id("stChatMessage").last
        expect(chip(answer, 1)).to_be_visible(timeout=PATIENCE)
        with timed("source"):
            chip(answer, 1).click()
            expect(page.locator(".ws-sheet")).to_be_visible(timeout=PATIENCE)
        with timed("library"):
            go(page, EN("library.nav"))
            expect(page.get_by_test_id("stDataFrame").last).to_be_visible(timeout=PATIENCE)
        with timed("graph"):
            go(page, EN("graph.nav"))
            expect(page.locator(".ws-graph img").first).to_be_visible(timeout=PATIENCE)
        with timed("evaluate"):
            go(page, EN("evaluate.nav"))
            expect(page.get_by_role("heading", name=EN("evaluate.title"))).to_be_visible(timeout=PATIENCE)
        with timed("settings"):
            go(page, EN("settings.nav"))
            expect(page.get_by_role("heading", name=EN("settings.title"))).to_be_visible(timeout=PATIENCE)
        page.context.close()
    medians = {name: median(found) for name, found in taken.items()}
    with capsys.disabled():
        told = ", ".join(
            f"{name} {seconds:.2f} s (longest {max(taken[name]):.2f})" for name, seconds in medians.items()
        )
        print(f"\nwaits in the browser, medians of {ROUNDS}: {told}")
    assert medians.keys() == MOST.keys()
    assert all(seconds < MOST[name] for name, seconds in medians.items()), medians
