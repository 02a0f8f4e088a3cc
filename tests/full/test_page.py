"""The page in a real browser, over the example documents, with the built-in models."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.page import EN, PATIENCE, ZH, ask, cells, delete_first_row, find, go, tick_first_row, to_library, upload
from playwright.sync_api import Browser, Page, expect, sync_playwright

import rag

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
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

Shoot = Callable[[Page, str], None]


def command(kb: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "rag.cli", "ui", "--kb", str(kb), *options]


@contextmanager
def served(kb: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command on a free port; yield it with the page's address."""
    child = subprocess.Popen(
        command(kb, "--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=kb.parent
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


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the example documents: indexing must not depend on where they lie."""
    return Path(shutil.copytree(ROOT / "examples" / "documents", tmp_path_factory.mktemp("company") / "documents"))


@pytest.fixture(scope="module")
def address(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a page over the example documents."""
    folder = tmp_path_factory.mktemp("page") / "kb"
    with rag.open(folder) as kb:
        kb.sync(documents)
    with served(folder) as (_, url):
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: run 'apt-get install chromium fonts-noto-cjk' as root")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Return what opens the page; at the end nothing may have gone wrong in it, nor gone elsewhere."""
    troubles: list[str] = []
    contexts = []

    def opened(*, locale: str = "en-GB", width: int = 1280, height: int = 900, scheme: str = "light") -> Page:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith(_own(address)) else troubles.append(r.url))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(address)
        expect(page.get_by_test_id("stChatInputTextArea")).to_be_enabled(timeout=PATIENCE)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def shoot(tmp_path: Path, request: pytest.FixtureRequest) -> Shoot:
    """Return what takes a picture, for the documentation where the option says so."""
    folder = ROOT / "docs" if request.config.getoption("--update-screenshots") else tmp_path

    def take(page: Page, name: str) -> None:
        page.wait_for_timeout(700)
        page.screenshot(path=folder / name)
        assert (folder / name).stat().st_size < 200_000

    return take


def _own(address: str) -> tuple[str, ...]:
    return (address, address.replace("http", "ws"), "data:", "blob:")


def test_the_page_is_tidy(open_page: Callable[..., Page]) -> None:
    page = open_page()
    expect(page).to_have_title(re.compile("Wellspring|" + EN("ask.nav")))
    expect(page.get_by_text("Deploy")).to_have_count(0)
    expect(page.get_by_role("heading", name=EN("ask.title"))).to_be_visible()


def test_an_answer_shows_where_it_comes_from(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page()
    answer = ask(page, ANSWERABLE)
    expect(answer.locator(".ws-card mark").first).to_contain_text(ANSWER)
    shoot(page, "ask.png")
    answer.get_by_text(EN("card.source")).first.click()
    expect(answer.locator(".ws-source mark").first).to_be_visible()
    page.get_by_text(EN("ask.clear")).click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)


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
    expect(page.get_by_text(EN("card.gone"))).to_be_visible()


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
    answer.get_by_text(EN("card.source")).first.click()
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


def test_a_phone_has_room_for_it(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page(width=390, height=844)
    answer = ask(page, ANSWERABLE)
    expect(answer.locator(".ws-card, .ws-unknown").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "phone.png")


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
