import tomllib
from importlib.resources import files
from string import Formatter

import pytest

from rag.prompts import NO_ANSWER, numbered, prompt, reply
from rag.records import Passage

TEMPLATES = files("rag").joinpath("templates")
LANGUAGES = sorted(entry.name for entry in TEMPLATES.iterdir() if entry.is_dir())


def texts(language: str) -> dict[str, str]:
    folder = TEMPLATES.joinpath(language)
    return {entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir()}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_languages() -> None:
    assert LANGUAGES == ["en", "zh"]


def test_every_language_has_the_same_templates_with_the_same_fields() -> None:
    english, chinese = texts("en"), texts("zh")
    assert english.keys() == chinese.keys()
    for name, text in english.items():
        assert fields(text) == fields(chinese[name]), name


def test_every_language_has_the_same_replies() -> None:
    replies = tomllib.loads(TEMPLATES.joinpath("replies.toml").read_text(encoding="utf-8"))
    assert sorted(replies) == LANGUAGES
    assert replies["en"].keys() == replies["zh"].keys()
    assert all(text.strip() for table in replies.values() for text in table.values())
    assert all(reply(language, key) == replies[language][key] for language in LANGUAGES for key in replies["en"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_prompt_holds_passages_question_and_the_refusal(language: str) -> None:
    system, human = prompt(language).format_messages(passages="[1] {curly} text", question="Why {so}?")
    assert NO_ANSWER in str(system.content)
    assert "[1] {curly} text" in str(human.content)
    assert str(human.content).endswith("Why {so}?")


def test_an_unknown_language_is_asked_in_english() -> None:
    assert prompt("fr").format_messages(passages="p", question="q") == prompt("en").format_messages(
        passages="p", question="q"
    )
    assert reply("fr", "unknown") == reply("en", "unknown")


def test_passages_are_numbered_and_placed() -> None:
    def passage(number: int, title: str, headings: tuple[str, ...], text: str) -> Passage:
        return Passage(number, title, title, None, headings, text, 0, len(text), "en", 1.0, "")

    shown = numbered([passage(1, "Leave", ("Leave", "Dundee"), "27 days."), passage(2, "Pay", (), "Monthly.")])
    assert shown == "[1] Leave › Dundee\n27 days.\n\n[2] Pay\nMonthly."
    assert numbered([]) == ""
