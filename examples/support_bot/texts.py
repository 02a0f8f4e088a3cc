"""The bot's words, and what it understands of the customer's beside questions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

_CHINESE = re.compile("[\u4e00-\u9fff]")


def language_of(text: str) -> str:
    """Return ``zh`` or ``en``."""
    return "zh" if _CHINESE.search(text) else "en"


def wants_person(text: str) -> bool:
    """Tell whether the customer asks for a person."""
    return bool(_understood("person").search(text))


def small_talk(text: str) -> str:
    """Return the key of what to say to a greeting, thanks or goodbye; "" for anything else."""
    return next((key for key in ("greeting", "thanks", "goodbye") if _understood(key).search(text)), "")


def empty_words() -> frozenset[str]:
    """Return the words that tell nothing of what a question is about."""
    return frozenset(str(_texts()["understood"]["empty"]).split())


def say(language: str, key: str, **values: Any) -> str:
    """Return one of the bot's phrases; ``language`` may be ``summary``, too."""
    return str(_texts()[language][key]).format(**values)


def listed(language: str, options: Sequence[str]) -> str:
    """Return a question back with numbered options."""
    lines = [say(language, "option", number=n, option=option) for n, option in enumerate(options, 1)]
    return say(language, "which", options="\n".join(lines))


def escaped(text: str) -> str:
    """Return a text in which a chat service sees no link, mention or markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@cache
def _understood(key: str) -> re.Pattern[str]:
    return re.compile("|".join(_texts()["understood"][key]), re.IGNORECASE)


@cache
def _texts() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))
