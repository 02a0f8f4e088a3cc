"""The page in a real browser: Graph, Evaluate, Settings, in both languages and at phone width."""

from __future__ import annotations

import json
from collections.abc import Callable

from helpers.page import EN, PATIENCE, ZH, Shoot, ask, go, radio, settle
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


QUESTIONS = [
    {"question": "What IP rating does the Skerry 40 have?", "answers": ["IP68"], "type": "fact"},
    {"question": "How many days of annual leave do I get in Dundee?", "answers": ["27"], "type": "fact"},
    {"question": "一线城市住宿标准上限是多少？", "answers": ["550"], "type": "fact"},
    {"question": "How many tonnes of carbon dioxide did our flights cause in 2025?", "answers": [], "type": "unknown"},
]


def run(page: Page, questions: list[dict[str, object]]) -> None:
    file = {"name": "company.json", "mimeType": "application/json", "buffer": json.dumps(questions).encode()}
    page.locator("input[type=file]").first.set_input_files(file)
    settle(page)
    page.get_by_role("button", name=EN("evaluate.run"), exact=True).click()
    stop = page.get_by_role("button", name=EN("indexing.stop"), exact=True)
    settle(page)
    expect(stop).to_have_count(0, timeout=PATIENCE)


def test_a_file_is_run_twice_and_compared(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page(width=1440, height=1180)
    go(page, EN("evaluate.nav"))
    expect(page.get_by_text(EN("evaluate.none"))).to_be_visible(timeout=PATIENCE)
    run(page, QUESTIONS)
    accuracy = page.get_by_test_id("stMetric").first
    expect(accuracy).to_contain_text("100", timeout=PATIENCE)
    # The same questions, but of one another answer is held to be right.
    page.get_by_text(EN("evaluate.new")).click()
    run(page, [{**QUESTIONS[0], "answers": ["IP54"]}, *QUESTIONS[1:]])
    expect(accuracy).to_contain_text("67", timeout=PATIENCE)
    page.get_by_test_id("stSelectbox").nth(1).locator("input").click()
    page.get_by_role("option").last.click()
    expect(page.get_by_role("heading", name=EN("evaluate.differences"))).to_be_visible(timeout=PATIENCE)
    expect(
        page.get_by_role("radio")
        .or_(page.get_by_role("checkbox"))
        .or_(page.get_by_role("button"))
        .filter(has_text=f"{EN('evaluate.worse')} (1)")
    ).to_be_visible()
    page.get_by_text(EN("evaluate.new")).click()
    shoot(page, "evaluate.png")
    # The mouse wheel over a chart is the page's.
    page.set_viewport_size({"width": 1280, "height": 600})
    page.get_by_test_id("stVegaLiteChart").first.hover()
    before = page.get_by_test_id("stMain").evaluate("main => main.scrollTop")
    page.mouse.wheel(0, -100)
    page.wait_for_function("before => document.querySelector('[data-testid=stMain]').scrollTop < before", arg=before)


def test_feedback_becomes_a_question(open_page: Callable[..., Page]) -> None:
    page = open_page()
    answer = ask(page, "What IP rating does the Skerry 40 have?")
    answer.get_by_text(EN("rate.helpful"), exact=True).click()
    expect(answer.get_by_text(EN("rate.comment"), exact=True)).to_be_visible(timeout=PATIENCE)
    go(page, EN("evaluate.nav"))
    adding = page.get_by_role("tab", name=EN("evaluate.feedback_tab"))
    if not adding.is_visible():
        page.get_by_text(EN("evaluate.new")).click()
    adding.click()
    expect(page.get_by_role("button", name=EN("evaluate.run_feedback", count="").rstrip(" ()"))).to_be_visible(
        timeout=PATIENCE
    )


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


def test_what_is_said_of_a_name_is_whole_on_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page(width=390, height=844)
    page.goto(page.url.rsplit("/", 1)[0] + "/graph")
    box = page.get_by_role("textbox", name=EN("graph.search"))
    box.fill("Aino")
    box.press("Enter")
    radio(page, "Aino Rautasalmi").click()
    page.get_by_role("tab", name=EN("graph.said")).click()
    card = page.locator(".ws-card").first
    expect(card).to_be_visible(timeout=PATIENCE)
    place = card.bounding_box()
    assert place
    assert place["x"] >= 0
    assert place["x"] + place["width"] <= 390
