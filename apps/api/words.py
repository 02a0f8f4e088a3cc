"""Texts in pieces: what is sent at a time, and what is counted as a token.

What answers here is more than one model, each with tokens of its own; so a token is what a reader would count: a word,
or a Chinese character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PIECE = re.compile(r"\s*(?:[\u3400-\u9fff]|[^\s\u3400-\u9fff]+)|\s+\Z")


def pieces(text: str) -> list[str]:
    """Cut a text; the pieces, joined, are the text again.

    >>> pieces("27 days [1]")
    ['27', ' days', ' [1]']
    """
    return _PIECE.findall(text)


def count(text: str) -> int:
    """Return how many tokens a text has."""
    return sum(1 for piece in pieces(text) if piece.strip())


def cut(text: str, *, most: int | None, stops: Sequence[str]) -> tuple[str, str]:
    """Return a text up to ``most`` tokens and the first of ``stops``, and why it ends: ``stop`` or ``length``."""
    ends = [text.index(stop) for stop in stops if stop in text]
    if ends:
        text = text[: min(ends)]
    found = pieces(text)
    if most is not None and count(text) > most:
        return "".join(found[:most]), "length"
    return text, "stop"
