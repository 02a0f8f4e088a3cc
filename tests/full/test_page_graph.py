"""The page in a real browser: Graph, Evaluate, Settings, in both languages and at phone width."""

from __future__ import annotations

from collections.abc import Callable

from helpers.page import EN, PATIENCE, ZH, Shoot, go, radio
from playwright.sync_api import Page, expect


def test_the_graph_is_searched_and_drawn(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page()
    go(page, EN("graph.nav"))
    drawing = page.locator(".ws-graph img").first
    expect(drawing).to_be_visible(timeout=PATIENCE)
    box = page.get_by_role("textbox", name=EN("graph.search"))
    box.fill("Aino")
    box.press("Enter")
    radio(page, "Aino Rautasalmi").click()
    expect(page.get_by_role("heading", name="Aino Rautasalmi")).to_be_visible(timeout=PATIENCE)
    expect(drawing).to_be_visible(timeout=PATIENCE)
    assert drawing.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    shoot(page, "graph.png")
    page.get_by_role("tab", name=EN("graph.near")).click()
    expect(radio(page, "Elin Sundåker")).to_be_visible()
    page.get_by_role("tab", name=EN("graph.paths")).click()
    other = page.get_by_role("textbox", name=EN("graph.path_to", name="Aino Rautasalmi"))
    other.fill("Marl 8")
    other.press("Enter")
    first = EN("graph.path", number=1, steps="").rstrip()
    expect(page.get_by_role("heading", name=first).first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("tab", name=EN("graph.where")).click()
    expect(page.locator(".ws-list .ws-title").filter(has_text="staff directory")).to_be_visible()


def test_settings_and_health(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page()
    go(page, EN("settings.nav"))
    expect(page.get_by_text("WELLSPRING_ANSWER_THRESHOLD")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(EN("settings.good"))).to_be_visible()
    shoot(page, "settings.png")


def test_every_page_fits_a_phone_in_chinese(open_page: Callable[..., Page]) -> None:
    page = open_page(locale="zh-CN", width=390, height=844)
    for name in ("library", "graph", "evaluate", "settings"):
        page.goto(page.url.rsplit("/", 1)[0] + f"/{name}")
        expect(page.get_by_role("heading", name=ZH(f"{name}.title"), exact=True)).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(1500)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
