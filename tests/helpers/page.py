"""What a person does at the page, for the browser tests."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from apps.text import Text

Shoot = Callable[[Page, str], None]

EN, ZH = Text("en"), Text("zh")
PATIENCE = 180_000
"""Milliseconds for an answer or for indexing: the first one loads the models."""


def ask(page: Page, question: str) -> Locator:
    """Ask, and return the message that answers."""
    messages = page.get_by_test_id("stChatMessage")
    before = messages.count()
    box = page.get_by_test_id("stChatInputTextArea")
    expect(box).to_be_enabled(timeout=PATIENCE)
    box.fill(question)
    box.press("Enter")
    answer = messages.nth(before + 1)
    # What can be done with an answer comes when it is kept.
    expect(answer.get_by_text(re.compile(rf"^\s*(?:{EN('rate.helpful')}|{ZH('rate.helpful')})\s*$"))).to_be_visible(
        timeout=PATIENCE
    )
    expect(answer.locator(".ws-answer, .ws-unknown").first).to_be_visible()
    expect(box).to_be_enabled(timeout=PATIENCE)
    expect(answer.locator(".ws-draft")).to_have_count(0)
    return answer


def go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def to_library(page: Page) -> None:
    go(page, EN("library.nav"))
    expect(page.get_by_role("heading", name=EN("library.title"))).to_be_visible()
    adding = page.get_by_text(EN("library.add"))
    if not page.get_by_text(EN("library.resync")).is_visible():
        adding.click()


def upload(page: Page, name: str, text: str) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": text.encode()})
    page.get_by_role("button", name=EN("library.upload_button")).click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("Added: 1", timeout=PATIENCE)


def find(page: Page, needle: str) -> None:
    page.get_by_placeholder(EN("library.filter_placeholder")).fill(needle)
    page.keyboard.press("Enter")
    settle(page)


def settle(page: Page) -> None:
    """Return when the page has drawn what was asked for last."""
    page.wait_for_timeout(500)
    expect(page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(500)


def tick_first_row(page: Page) -> None:
    settle(page)
    # The table is a canvas: the box stands left in the first row below the header.
    page.get_by_test_id("stDataFrame").last.locator(".dvn-scroller").click(position={"x": 17, "y": 52})
    settle(page)


def cells(page: Page, name: str) -> Locator:
    return page.get_by_test_id("stDataFrame").last.locator("[role=gridcell]").filter(has_text=name)


def delete_first_row(page: Page) -> None:
    page.get_by_role("button", name=EN("library.delete", count=1)).click()
    page.get_by_role("dialog").get_by_role("button", name=EN("library.delete_confirm"), exact=True).click()
    expect(page.get_by_text(EN("library.no_match"))).to_be_visible(timeout=PATIENCE)


def command(kb: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "rag.cli", "ui", "--kb", str(kb), *options]


@contextmanager
def served(kb: Path, *options: str, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command on that port, or a free one; yield it with the page's address."""
    child = subprocess.Popen(
        command(kb, "--port", str(port), *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=kb.parent,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        line = child.stdout.readline()
        match = re.fullmatch(r"Wellspring is at (http://127\.0\.0\.1:\d+)\n", line)
        assert match, child.stderr.read()
        yield child, match[1]
    finally:
        child.terminate()
        child.wait(30)
        child.stdout.close()
        child.stderr.close()


def chip(answer: Locator, number: int) -> Locator:
    """Return the chip that opens a citation's source."""
    return answer.get_by_role("radio").filter(has_text=re.compile(rf"^{number}\s"))


def radio(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("radio").filter(has_text=name).first
