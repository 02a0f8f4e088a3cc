"""Finds mail addresses and web addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.language import HAN
from knowledge.types import EMAIL, URL
from knowledge.values.value import Value

_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+/=?^_`{|}~-")
_LONGEST_LOCAL = 64
_DOMAIN = re.compile(r"@((?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})(?![\w@])")
_LINK = re.compile(rf"(?:https?://|ftp://|www\.)[^\s<>\"{{}}|\\^`\u3000-\u303f\uff00-\uffef“”‘’…{HAN}]{{3,2000}}", re.I)
_PUNCTUATION = ".,;:!?'\"*_"
_BRACKETS = {")": "(", "]": "["}


def find_emails(text: str) -> Iterator[Value]:
    """Yield mail addresses; the key is in lower case."""
    for match in _DOMAIN.finditer(text):
        start = match.start()
        floor = max(start - _LONGEST_LOCAL, 0)
        while start > floor and text[start - 1] in _LOCAL:
            start -= 1
        while start < match.start() and not (text[start].isalnum() or text[start] == "_"):
            start += 1  # an opening quotation mark or the like
        if start < match.start() and text[match.start() - 1] != ".":
            yield Value(start, match.end(), EMAIL, text[start : match.end()].lower())


def find_urls(text: str) -> Iterator[Value]:
    """Yield web addresses without the punctuation behind them; scheme and host of the key are in lower case."""
    for match in _LINK.finditer(text):
        start, end = match.span()
        if start and text[start - 1].isalnum() and text[start - 1].isascii():
            continue
        end = start + len(_trimmed(match.group()))
        head = re.match(r"(?:\w+://)?[^/?#]*", text[start:end])
        assert head is not None  # the pattern can match nothing
        if "." in head.group() or "localhost" in head.group():
            yield Value(start, end, URL, head.group().lower() + text[start + head.end() : end])


def _trimmed(link: str) -> str:
    """Take off what belongs to the sentence: punctuation, and brackets that the link does not open."""
    for _ in range(20):
        short = link.rstrip(_PUNCTUATION)
        if short and short[-1] in _BRACKETS and short.count(short[-1]) > short.count(_BRACKETS[short[-1]]):
            short = short[:-1]
        if short == link:
            break
        link = short
    return link
