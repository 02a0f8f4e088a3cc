"""What the faces say to people, one TOML file a language. No page holds text of its own."""

from __future__ import annotations

import tomllib
from importlib.resources import files

LANGUAGES = {"en": "English", "zh": "中文"}
"""Language → its own name."""
SURE = {"high": 0.75, "medium": 0.5}
"""Confidence (0 to 1) from which an answer counts as so sure; below the last it is not sure."""


class Text:
    """The strings of one language, by ``section.key``.

    >>> Text("en")("ask.title")
    'Ask your documents'
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.strings = load_strings(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the string of a key, with ``values`` filled in."""
        return self.strings[key].format(**values) if values else self.strings[key]


def load_strings(language: str) -> dict[str, str]:
    """Return all strings of a language by ``section.key``."""
    sections = tomllib.loads(files("apps.text").joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return {f"{section}.{key}": value for section, entries in sections.items() for key, value in entries.items()}


def closest_language(locale: str | None) -> str:
    """Return the language that a browser's locale such as ``zh-CN`` begins with, else English."""
    primary = (locale or "").replace("_", "-").partition("-")[0].lower()
    return primary if primary in LANGUAGES else "en"
