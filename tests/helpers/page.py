"""What a person does at the page, for the browser tests."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from apps.text import Text

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
    expect(answer.locator(".ws-answer, .ws-unknown")).to_be_visible(timeout=PATIENCE)
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
    page.wait_for_timeout(800)


def tick_first_row(page: Page) -> None:
    # The table is a canvas: the box stands left in the first row below the header.
    page.get_by_test_id("stDataFrame").last.locator(".dvn-scroller").click(position={"x": 17, "y": 52})


def cells(page: Page, name: str) -> Locator:
    return page.get_by_test_id("stDataFrame").last.locator("[role=gridcell]").filter(has_text=name)


def delete_first_row(page: Page) -> None:
    page.get_by_role("button", name=EN("library.delete", count=1)).click()
    page.get_by_role("dialog").get_by_role("button", name=EN("library.delete_confirm"), exact=True).click()
    expect(page.get_by_text(EN("library.no_match"))).to_be_visible(timeout=PATIENCE)
