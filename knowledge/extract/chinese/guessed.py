"""Guesses names that no list has, from where they stand: "由X执导", "X出生于…", "位于X，", "Y、X和Z"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from knowledge.extract.chinese.spans import Rank, Span, is_proper, name_words
from knowledge.extract.chinese.words import Word, in_dictionary, word_list
from knowledge.types import NAME

_LONGEST = 6
"""Words."""
_SHORTEST_NAME, _LONGEST_NAME = 2, 10
"""Characters."""
_MARKS = frozenset("，,。；;：:（()）\n！!？?")
_JOINS = frozenset("、和与及")


class _Around(NamedTuple):
    before: frozenset[str]
    """Words that a name follows."""
    after: frozenset[str]
    """Words that follow a name at a clause's start."""
    roles: frozenset[str]
    stand_ins: frozenset[str]
    """Words for what the document is about."""


@cache
def _around() -> _Around:
    data = word_list("relations")
    verbs = {w for row in data["verbs"] for w in row["words"] if len(w) > 1}
    objects = {w for row in data["verbs"] for w in row["words"] if len(w) > 1 and {"PLACE", "ORG"} & set(row["object"])}
    nominal = set(word_list("words")["run"]["nominal"])
    subjects = (verbs - nominal) | {"是", "为", "曾任", "担任", "出任"}
    stand_ins = frozenset(data["topic"]["thing"]) | frozenset(data["topic"]["person"])
    return _Around(
        frozenset(objects - nominal), frozenset(subjects), frozenset(data["nouns"]["roles"].split()), stand_ins
    )


def guessed_names(tokens: list[Word]) -> Iterator[Span]:
    """Find runs of words that are no ordinary ones, between a verb or mark and the next: likely names."""
    around = _around()
    for i, token in enumerate(tokens):
        if token.tag == "nrt" and len(token.text) > 1 and token.text not in name_words().not_names:
            yield Span(Rank.LATIN, token.start, token.end, NAME, "rule")
        opened = token.text in _MARKS or i == 0
        if not (opened or token.text in ("由", "、") or token.text in around.before):
            continue
        first = i if i == 0 and token.text not in _MARKS else i + 1
        last = _run_end(tokens, first)
        if last == first or last >= len(tokens):
            continue
        following = tokens[last]
        if token.text == "由":
            closed = following.tag[:1] == "v" and len(following.text) > 1
        elif opened and token.text not in around.before:
            closed = following.text in around.after
        elif token.text == "、":
            closed = following.text in _JOINS or following.text in ("等", "，", "。")
        else:
            closed = following.text in _MARKS or following.text in _JOINS or following.text == "的"
        if closed and _unusual(tokens[first:last]):
            yield Span(Rank.LATIN, tokens[first].start, tokens[last - 1].end, NAME, "rule")


def _run_end(tokens: list[Word], first: int) -> int:
    """Return the index after the words from ``first`` on that one name may consist of."""
    around = _around()
    at = first
    while at < len(tokens) and at - first <= _LONGEST:
        text, tag = tokens[at].text, tokens[at].tag
        if text in around.after or text in around.before or not "\u4e00" <= text[0] <= "\u9fff":
            return at
        if len(text) > 1 and tag[:1] in "vpcdurymqft" and tag != "vn":
            return at
        if len(text) == 1 and (tag in ("p", "c", "uj", "ul", "uz", "u", "r", "f", "y", "m") or text in _JOINS):
            return at
        at += 1
    return first


def _unusual(run: list[Word]) -> bool:
    """Tell whether the words look like pieces of a name rather than like common nouns."""
    words = name_words()
    size = run[-1].end - run[0].start
    if not _SHORTEST_NAME <= size <= _LONGEST_NAME or size != sum(len(token.text) for token in run):
        return False
    last = run[-1]
    if any(token.text in words.not_places or token.text in words.not_names for token in run):
        return False
    if "".join(token.text for token in run) in _around().stand_ins or run[0].text[0] in "该本此这其各每":
        return False
    if last.text in _around().roles or any(token.text in words.breaks for token in run):
        return False
    if any(is_proper(token) for token in run):
        return True
    if any(len(token.text) > 1 and not in_dictionary(token.text) for token in run):
        return True
    return size > 2 and sum(len(token.text) == 1 for token in run) > len(run) / 2 and len(run) > 1
