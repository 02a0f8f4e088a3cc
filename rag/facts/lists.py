"""The data files of this package."""

from __future__ import annotations

from typing import Any

from knowledge.wordlists import word_lists

LANGUAGES = {"en": "english", "zh": "chinese"}
"""The file of each language's lists."""


def data(name: str) -> dict[str, Any]:
    """Return ``{name}.toml``, parsed. Not to be changed by the caller."""
    return word_lists("facts", name, package="rag")


def words(language: str) -> dict[str, Any]:
    """Return the word lists of a language; English for any that is unknown."""
    return data(LANGUAGES.get(language, "english"))
