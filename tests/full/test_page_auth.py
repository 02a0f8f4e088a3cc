"""Signing in at the page, through an identity provider of our own."""

from __future__ import annotations

from pathlib import Path

from helpers.page import EN, PATIENCE, cells, go, served
from helpers.provider import CLIENT, SECRET, provider
from playwright.sync_api import Browser, Page, expect

import rag
from apps.ui.command import free_port


def sign_in(browser: Browser, url: str) -> Page:
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(url)
    button = page.get_by_role("button", name=EN("app.sign_in"), exact=True)
    expect(button).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("herons")).to_have_count(0)
    button.click()
    return page


def test_who_signs_in_sees_what_their_groups_may_read(browser: Browser, tmp_path: Path) -> None:
    port = free_port("127.0.0.1", 0)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "herons.txt").write_text("The herons nest at Ardverikie.", encoding="utf-8")
    with rag.open(tmp_path / "kb", embedder="hash", llm="none") as kb:
        kb.sync(tmp_path / "docs", readers=["group:birds"])
    with provider() as idp:
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text(
            f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "{"x" * 40}"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "{idp.address}/.well-known/openid-configuration"\n',
            encoding="utf-8",
        )
        with served(tmp_path / "kb", "--auth", "--editors", "keepers", port=port) as (_, url):
            idp.claims = {"email": "ann@example.org", "email_verified": True, "groups": ["birds", "keepers"]}
            ann = sign_in(browser, url)
            expect(ann.get_by_text(EN("app.viewer", viewer="ann@example.org"))).to_be_visible(timeout=PATIENCE)
            go(ann, EN("library.nav"))
            expect(cells(ann, "herons").first).to_be_attached(timeout=PATIENCE)
            expect(ann.get_by_text(EN("library.add"))).to_be_visible()
            idp.claims = {"email": "bob@example.org", "groups": ["fish"]}
            bob = sign_in(browser, url)
            expect(bob.get_by_text(EN("app.viewer", viewer="bob@example.org"))).to_be_visible(timeout=PATIENCE)
            go(bob, EN("library.nav"))
            expect(bob.get_by_text(EN("library.empty"))).to_be_visible(timeout=PATIENCE)
            expect(bob.get_by_text(EN("library.add"))).to_have_count(0)
            expect(bob.get_by_text("herons")).to_have_count(0)
            idp.claims = {"email": "eve@example.org", "email_verified": False, "groups": ["birds"]}
            eve = sign_in(browser, url)
            expect(eve.get_by_text(EN("app.unknown_person"))).to_be_visible(timeout=PATIENCE)
            expect(eve.get_by_text(EN("library.nav"))).to_have_count(0)


def test_without_a_set_up_nobody_is_let_in(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path / "kb", "--auth", port=free_port("127.0.0.1", 0)) as (_, url):
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(url)
        expect(page.get_by_text("[auth]")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text(EN("library.nav"))).to_have_count(0)
