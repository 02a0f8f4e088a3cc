"""The page in a real browser: sources beside answers, the way to an answer, conversations, feedback."""

from __future__ import annotations

from collections.abc import Callable

from helpers.page import EN, PATIENCE, Shoot, ask, chip, settle
from playwright.sync_api import Locator, Page, expect

LEAVE = "How many days of annual leave do I get in Dundee?"
PARENTAL = "How many weeks of parental leave at full pay does a parent receive in Dundee?"
EXTENSION = "What is the phone extension of the engineer who is responsible for the Marl 8 logger?"


def sheet(answer: Locator, page: int) -> Locator:
    """Return the picture of a page, when it has come."""
    found = answer.locator(f'img.ws-sheet[alt^="Page {page} of"]')
    expect(found).to_be_visible(timeout=60_000)
    assert found.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    return found


def test_a_citation_opens_at_its_page_beside_the_answer(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page(width=1440, height=1180)
    ask(page, EXTENSION)  # loads the models
    page.get_by_text(EN("talks.new")).click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)
    answer = ask(page, PARENTAL)
    chip(answer, 1).click()
    picture = sheet(answer, 3)
    assert "20 weeks" in (picture.get_attribute("alt") or "")
    words, beside = answer.locator(".ws-answer").bounding_box(), picture.bounding_box()
    assert words
    assert beside
    assert beside["x"] >= words["x"] + words["width"] - 1, "beside the answer"
    assert has_yellow(page, picture), "the quote is marked"
    shoot(page, "ask.png")
    answer.get_by_role("button", name=EN("source.after")).or_(
        answer.locator('[class*="source-after"] button')
    ).first.click()
    sheet(answer, 4)
    chip(answer, 1).click()
    expect(answer.locator("img.ws-sheet")).to_have_count(0)


def has_yellow(page: Page, picture: Locator) -> bool:
    """Tell whether a picture has pixels in the colour of the marker."""
    found: bool = picture.evaluate(
        """image => {
          const canvas = document.createElement("canvas");
          canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
          const pen = canvas.getContext("2d");
          pen.drawImage(image, 0, 0);
          const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
          let count = 0;
          for (let i = 0; i < data.length; i += 4) {
            if (data[i] > 230 && data[i + 1] > 190 && data[i + 2] < 110) { count += 1; }
          }
          return count > 500;
        }"""
    )
    return found


def test_keys_are_enough_to_ask_and_to_open_a_source(open_page: Callable[..., Page]) -> None:
    page = open_page()
    answer = ask(page, LEAVE)
    chip(answer, 1).focus()
    page.keyboard.press("Space")
    sheet(answer, 3)


def test_a_phone_has_room_for_it(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page(width=390, height=844)
    answer = ask(page, LEAVE)
    chip(answer, 1).click()
    picture = sheet(answer, 3)
    words, below = answer.locator(".ws-answer").bounding_box(), picture.bounding_box()
    assert words
    assert below
    assert below["y"] > words["y"] + words["height"], "below the answer"
    assert below["width"] > 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    answer.locator(".ws-answer").scroll_into_view_if_needed()
    shoot(page, "phone.png")


def test_the_way_to_an_answer_is_drawn(open_page: Callable[..., Page], shoot: Shoot) -> None:
    page = open_page(scheme="dark")
    answer = ask(page, EXTENSION)
    answer.get_by_text(EN("ask.trail")).click()
    drawing = answer.locator(".ws-trail .ws-across")
    expect(drawing).to_be_visible()
    assert "Aino Rautasalmi" in (drawing.get_attribute("alt") or "")
    assert drawing.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    drawing.scroll_into_view_if_needed()
    shoot(page, "dark.png")


def test_suggested_questions_lead_to_answers(open_page: Callable[..., Page]) -> None:
    page = open_page()
    first = page.locator('[class*="st-key-suggested-0"] button')
    expect(first).to_be_visible(timeout=120_000)
    question = first.inner_text().splitlines()[-1]
    first.click()
    expect(page.get_by_test_id("stChatMessage").first).to_contain_text(question)
    expect(page.get_by_test_id("stChatMessage").nth(1).locator(".ws-answer, .ws-unknown").first).to_be_visible(
        timeout=180_000
    )


def test_a_conversation_is_renamed_exported_and_deleted(open_page: Callable[..., Page]) -> None:
    page = open_page()
    ask(page, LEAVE)
    sidebar = page.get_by_test_id("stSidebar")
    actions = page.locator('[class*="st-key-talk_actions"] button').first
    actions.click()
    title = page.get_by_role("textbox", name=EN("talks.title"))
    title.fill("Leave in Dundee")
    page.get_by_role("button", name=EN("talks.rename"), exact=True).click()
    expect(sidebar.get_by_role("button", name="Leave in Dundee")).to_be_visible(timeout=PATIENCE)
    if not page.get_by_text(EN("talks.markdown"), exact=True).is_visible():
        actions.click()
    with page.expect_download() as waiting:
        page.get_by_text(EN("talks.markdown"), exact=True).click()
    exported = waiting.value.path().read_text("utf-8")
    assert "Leave in Dundee" in exported
    assert "27 days" in exported
    page.get_by_role("button", name=EN("talks.delete"), exact=True).click()
    settle(page)
    page.get_by_role("button", name=EN("talks.delete_confirm"), exact=True).click()
    expect(sidebar.get_by_role("button", name="Leave in Dundee")).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)


def test_an_answer_is_rated_with_a_comment(open_page: Callable[..., Page]) -> None:
    page = open_page()
    answer = ask(page, LEAVE)
    answer.get_by_text(EN("rate.wrong"), exact=True).click()
    settle(page)
    answer.get_by_text(EN("rate.comment"), exact=True).click()
    place = page.get_by_role("textbox", name=EN("rate.comment_wrong"))
    place.fill("It is 28 days.")
    page.get_by_role("button", name=EN("rate.send"), exact=True).click()
    expect(page.get_by_text(EN("rate.kept"))).to_be_visible(timeout=PATIENCE)
    # It is there when the conversation is opened again.
    page.reload()
    settle(page)
    page.get_by_test_id("stSidebar").get_by_role("button", name=LEAVE[:20]).first.click()
    settle(page)
    page.get_by_text(EN("rate.comment"), exact=True).first.click()
    expect(page.get_by_role("textbox", name=EN("rate.comment_wrong"))).to_have_value("It is 28 days.")
