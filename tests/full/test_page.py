"""The page in a real browser: asking, the Library, both languages, the command."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

from helpers.page import (
    EN,
    PATIENCE,
    ZH,
    Shoot,
    ask,
    cells,
    chip,
    command,
    delete_first_row,
    find,
    go,
    served,
    settle,
    tick_first_row,
    to_library,
    upload,
)
from playwright.sync_api import Page, expect

ANSWERABLE = "What IP rating does the Skerry 40 have?"
ANSWER = "IP68"
CHINESE = "一线城市住宿标准上限是多少？"
CHINESE_ANSWER = "550"
UNANSWERABLE = "How many tonnes of carbon dioxide did our business flights cause in 2025?"

HERON = "The Heron mast at Ardverikie is 9 metres tall. It was put up in 2024 and carries two cameras."
OSPREY = (
    "The Osprey valve opens at a pressure of 6 bar. <script>window.hacked=1</script> "
    '<img src="x" onerror="window.hacked=1"> <a href="javascript:window.hacked=1">click</a> It closes at 4 bar.'
)


def test_the_page_is_tidy(open_page: Callable[..., Page]) -> None:
    page = open_page()
    expect(page).to_have_title(re.compile("Wellspring|" + EN("ask.nav")))
    expect(page.get_by_text("Deploy")).to_have_count(0)
    expect(page.get_by_role("heading", name=EN("ask.title"))).to_be_visible()


def test_an_answer_shows_where_it_comes_from(open_page: Callable[..., Page]) -> None:
    page = open_page()
    answer = ask(page, ANSWERABLE)
    expect(answer.locator(".ws-card mark").first).to_contain_text(ANSWER)
    page.get_by_text(EN("talks.new")).click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)


def test_the_question_and_the_beginning_of_its_answer_are_in_the_window(open_page: Callable[..., Page]) -> None:
    for width, height in ((1280, 900), (390, 844)):
        page = open_page(width=width, height=height)
        expect(page.get_by_role("heading", name=EN("ask.title"))).to_be_in_viewport(ratio=1)
        for question in (CHINESE, UNANSWERABLE, ANSWERABLE):
            answer = ask(page, question)
            asked = page.get_by_test_id("stChatMessage").filter(has_text=question).last
            expect(asked).to_be_in_viewport(ratio=1)
            expect(answer.locator(".ws-answer p, .ws-unknown").first).to_be_in_viewport(ratio=1)
        before = asked.bounding_box()
        chip(answer, 1).click()
        opened = answer.locator(".ws-sheet")
        expect(opened).to_be_in_viewport()
        settle(page)
        after = asked.bounding_box()
        assert before
        assert after
        # On a phone the source opens below the answer, and is gone to.
        assert width < 640 or abs(after["y"] - before["y"]) < 30


def test_a_chinese_browser_gets_a_chinese_page(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page(locale="zh-CN")
    expect(page.get_by_role("heading", name=ZH("ask.title"))).to_be_visible()
    answer = ask(page, CHINESE)
    expect(answer.locator(".ws-answer")).to_contain_text(CHINESE_ANSWER)
    expect(answer.locator(".ws-card mark").first).to_contain_text(re.compile("[一-鿿]"))
    shoot(page, "ask-zh.png")


def test_not_knowing_is_told_and_what_came_closest_is_offered(open_page: Callable[..., Page]) -> None:
    page = open_page()
    answer = ask(page, UNANSWERABLE)
    expect(answer.locator(".ws-unknown")).to_contain_text(EN("ask.abstained"))
    answer.get_by_text(EN("ask.closest")).click()
    expect(answer.locator(".ws-card").first).to_be_visible()


def test_the_language_can_be_switched(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.get_by_text("中文", exact=True).click()
    expect(page.get_by_role("heading", name=ZH("ask.title"))).to_be_visible()
    go(page, ZH("library.nav"))
    expect(page.get_by_role("heading", name=ZH("library.title"))).to_be_visible()
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_role("heading", name=EN("library.title"))).to_be_visible()


def test_an_uploaded_file_is_listed_asked_about_and_deleted(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page()
    to_library(page)
    upload(page, "heron_mast.txt", HERON)
    shoot(page, "library.png")
    find(page, "heron")
    expect(cells(page, "heron mast")).to_have_count(1)
    go(page, EN("ask.nav"))
    answer = ask(page, "How many metres tall is the Heron mast at Ardverikie?")
    expect(answer.locator(".ws-card mark").first).to_contain_text("9 metres")
    expect(answer.locator(".ws-title").first).to_have_text("heron mast")
    to_library(page)
    find(page, "heron")
    tick_first_row(page)
    expect(page.locator(".ws-document")).to_contain_text("two cameras")
    delete_first_row(page)
    go(page, EN("ask.nav"))
    expect(page.get_by_text(EN("ask.withheld"))).to_be_visible()
    expect(page.get_by_text("two cameras")).to_have_count(0)


def test_documents_ticked_in_the_library_are_asked_alone(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page()
    to_library(page)
    find(page, "holiday_calendar")
    tick_first_row(page)
    page.get_by_role("button", name=EN("library.ask", count=1)).click()
    expect(page.get_by_role("button", name="Only: ")).to_be_visible(timeout=PATIENCE)
    answer = ask(page, ANSWERABLE)
    expect(answer.get_by_text(EN("scope.asked", names="holiday_calendar_2026.xlsx"))).to_be_visible()
    expect(answer).not_to_contain_text(ANSWER)
    shoot(page, "scope.png")
    page.get_by_role("button", name=EN("scope.ask_all")).click()
    expect(page.locator(".ws-card mark").first).to_contain_text(ANSWER, timeout=PATIENCE)
    expect(page.get_by_role("button", name=EN("scope.all"))).to_be_visible()


def test_a_hostile_document_is_inert(open_page: Callable[..., Page]) -> None:
    page = open_page()
    to_library(page)
    upload(page, "osprey.txt", OSPREY)
    find(page, "osprey")
    tick_first_row(page)
    expect(page.locator(".ws-document")).to_contain_text("<script>window.hacked=1</script>")
    assert page.evaluate("window.hacked") is None
    go(page, EN("ask.nav"))
    answer = ask(page, "At what pressure in bar does the Osprey valve open?")
    chip(answer, 1).click()
    expect(answer.locator(".ws-source").first).to_contain_text("onerror")
    assert page.evaluate("window.hacked") is None
    expect(answer.locator(".ws-card img, .ws-card script, .ws-card a")).to_have_count(0)
    to_library(page)
    find(page, "osprey")
    tick_first_row(page)
    delete_first_row(page)


def test_a_folder_of_this_machine_is_indexed(open_page: Callable[..., Page], tmp_path: Path) -> None:
    (tmp_path / "plover.md").write_text("# Plover buoy\n\nThe Plover buoy weighs 310 kilograms.\n", encoding="utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 not really")
    page = open_page()
    to_library(page)
    page.get_by_role("tab", name=EN("library.folder_tab")).click()
    page.get_by_role("textbox", name=EN("library.folder_label")).fill(str(tmp_path))
    page.get_by_role("button", name=EN("library.folder_button"), exact=True).click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("Added: 1", timeout=PATIENCE)
    expect(page.get_by_text(EN("library.failures", count=1), exact=True)).to_be_visible()
    find(page, "plover")
    expect(cells(page, "Plover buoy")).to_have_count(1)
    page.get_by_role("textbox", name=EN("library.folder_label")).fill(str(tmp_path / "missing"))
    page.get_by_role("button", name=EN("library.folder_button"), exact=True).click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("missing", timeout=PATIENCE)
    expect(page.get_by_text("Traceback")).to_have_count(0)
    find(page, "")
    page.get_by_text(re.compile(re.escape(EN("library.sources", count="").rstrip(")")) + r"\d")).click()
    key = f"{zlib.crc32(str(tmp_path).encode()):08x}"
    page.locator(f".st-key-forget-{key} button").first.click()
    page.locator(f".st-key-forget-confirm-{key} button").click()
    expect(page.get_by_text(EN("library.failures", count=1), exact=True)).to_have_count(0, timeout=PATIENCE)


def test_the_command_ends_cleanly_and_takes_the_server_along(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with served(tmp_path / "kb") as (child, url):
            port = int(url.rpartition(":")[2])
            os.kill(child.pid, number)
            assert child.wait(30) == 0
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0
            assert child.stderr is not None
            assert "Traceback" not in child.stderr.read()


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(command(tmp_path / "kb", "--port", port), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert port in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
