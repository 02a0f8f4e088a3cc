"""The page in a real browser, over the example documents, with the built-in models."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers.page import PATIENCE, Shoot, served, settle
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


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the example documents: indexing must not depend on where they lie."""
    return Path(shutil.copytree(ROOT / "examples" / "documents", tmp_path_factory.mktemp("company") / "documents"))


@pytest.fixture(scope="session")
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a page over the example documents."""
    if served_already := request.config.getoption("--page-at"):
        yield served_already
        return
    documents: Path = request.getfixturevalue("documents")
    folder = tmp_path_factory.mktemp("page") / "kb"
    with rag.open(folder) as kb:
        kb.sync(documents)
    with served(folder) as (_, url):
        yield url


# Not for the whole session: as long as Playwright is open, asyncio cannot run anything else in this thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: run 'apt-get install chromium fonts-noto-cjk' as root")
    # A busy machine draws a page slowly.
    expect.set_options(timeout=60_000)
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
        page.set_default_timeout(PATIENCE)
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
        settle(page)
        page.wait_for_timeout(1000)
        page.screenshot(path=folder / name)
        assert (folder / name).stat().st_size < 250_000

    return take


def _own(address: str) -> tuple[str, ...]:
    return (address, address.replace("http", "ws"), "data:", "blob:")
