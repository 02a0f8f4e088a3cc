"""From the ways of writing a name to one key."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_POSSESSIVE = re.compile(r"['’]s?$")
_EDGE = re.compile(r"^[\W_]+|[^\w+#]+$")
_PARENTHESIS = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")


@lru_cache(maxsize=2**17)
def entity_key(name: str) -> str:
    """Return the key that all ways of writing ``name`` share: no case, no article, no outer punctuation.

    >>> entity_key("The Smith’s"), entity_key("SMITH")
    ('smith', 'smith')
    """
    plain = " ".join((name if name.isascii() else unicodedata.normalize("NFKC", name)).split())
    plain = _POSSESSIVE.sub("", plain)
    closed = plain if plain.endswith((")", "）")) else _EDGE.sub("", plain)
    key = closed.casefold()
    return key.removeprefix("the ") or plain.casefold() or name.casefold()


def without_parenthesis(title: str) -> str:
    """Drop a disambiguating parenthesis at the end: ``"Mercury (planet)"`` becomes ``"Mercury"``."""
    return _PARENTHESIS.sub("", title) or title
