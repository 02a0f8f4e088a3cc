"""The pages' strings."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import apps.ui
from apps.text import LANGUAGES, Text, closest_language, load_strings

PAGES = sorted(Path(apps.ui.__file__).parent.glob("*.py"))
# What a person reads: the text arguments of Streamlit's calls, by name.
SHOWN = {"label", "placeholder", "help", "title", "body", "text"}
DRAWN = {
    "button",
    "caption",
    "chat_input",
    "dialog",
    "error",
    "expander",
    "form_submit_button",
    "file_uploader",
    "info",
    "markdown",
    "page_link",
    "progress",
    "segmented_control",
    "spinner",
    "subheader",
    "success",
    "tabs",
    "text_input",
    "title",
    "warning",
    "write",
}


# Sections whose keys are made of what is to be told.
# The widget's are checked where its script is.
LOOKED_UP = ("language.", "entity.", "figure.", "setting.", "widget.")


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def constants(node: ast.AST) -> list[str]:
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def literal_texts(source: str) -> list[str]:
    """Return the literals that ``source`` shows to people as they stand."""
    found = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name == "html":
            continue
        candidates = [keyword.value for keyword in call.keywords if keyword.arg in SHOWN]
        candidates += call.args[:1] if name in DRAWN else []
        found += [c.value for c in candidates if isinstance(c, ast.Constant) and isinstance(c.value, str)]
        found += ["".join(constants(c)) for c in candidates if isinstance(c, ast.JoinedStr)]
    # Within HTML: what stands between the tags.
    for joined in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)):
        parts = [v.value if isinstance(v, ast.Constant) else "" for v in joined.values]
        html = "".join(str(part) for part in parts)
        if "</" in html:
            found.append(re.sub(r"<[^>]*>", "", html))
    return [text for text in found if re.search(r"\w", text)]


def test_every_language_has_the_same_keys_and_fields() -> None:
    english = load_strings("en")
    for language in LANGUAGES:
        strings = load_strings(language)
        assert strings.keys() == english.keys()
        assert {k: fields(v) for k, v in strings.items()} == {k: fields(v) for k, v in english.items()}
        assert all(value.strip() for value in strings.values())


def test_every_string_is_used_and_every_used_string_is_there() -> None:
    known = load_strings("en").keys()
    used = {text for page in PAGES for text in constants(ast.parse(page.read_text(encoding="utf-8")))}
    assert {key for key in known if not key.startswith(LOOKED_UP)} - used == set()
    sections = "|".join(sorted({key.partition(".")[0] for key in known}))
    asked = {text for text in used if re.fullmatch(rf"({sections})\.[a-z_]+", text)}
    assert asked - known - {"app.py"} == set()


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "command"], ids=lambda page: page.stem)
def test_no_page_has_text_of_its_own(page: Path) -> None:
    literals = literal_texts(page.read_text(encoding="utf-8"))
    assert [text for text in literals if "Wellspring" not in text] == []


def test_the_check_for_literal_text_sees_it() -> None:
    seen = literal_texts('st.button("Go")\nst.text_input(text("a"), help="why")\nx = f"<b>Hi {name}</b>"')
    assert seen == ["Go", "why", "Hi "]


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-CN", "zh"), ("zh_Hant", "zh"), ("en-US", "en"), ("de-DE", "en"), (None, "en"), ("", "en")],
)
def test_closest_language(locale: str | None, language: str) -> None:
    assert closest_language(locale) == language


def test_values_with_braces_are_filled_in_as_they_are() -> None:
    assert Text("en")("ask.failed", reason="{0} {x}").endswith("{0} {x}")
