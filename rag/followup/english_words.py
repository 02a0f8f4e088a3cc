"""The words of English questions: tokens, and what kind of word each is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from knowledge.wordlists import word_lists
from rag.prompts import followup_words

_TOKEN = re.compile(r"[^\W_]+n['’]t\b|['’]s\b|(?:[£€$¥]\s?)?[^\W_](?:[\w.,/&+-]*[\w%])?|[?!.,;:]")
CODE = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Z][A-Za-z\d]*(?:-[A-Za-z\d]+)*")
YEAR = re.compile(r"(?:FY\s?)?(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Token:
    """A word at half-open character offsets."""

    text: str
    start: int
    end: int
    kind: str
    """``wh``, ``aux``, ``prep``, ``det``, ``pron``, ``link``, ``mark``, ``possessive`` or ``word``."""

    @property
    def lower(self) -> str:
        """In lower case, with a plain apostrophe."""
        return self.text.lower().replace("’", "'")


@cache
def words(name: str) -> frozenset[str]:
    """Return a word list of ``rag/templates/followup.toml``."""
    value = followup_words("en")[name]
    return frozenset(value.split() if isinstance(value, str) else value)


@cache
def _types() -> dict[str, str]:
    """Return what nouns say about the type of what they name."""
    kinds: dict[str, str] = word_lists("extract/english")["kinds"]
    return {noun: kind for kind, nouns in kinds.items() for noun in nouns.split()}


@cache
def _countries() -> frozenset[str]:
    return frozenset(name.lower() for name in word_lists("extract/english")["demonyms"])


def tokens(text: str) -> list[Token]:
    """Cut a question into words and marks."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        before = found[-1] if found else None
        found.append(Token(match.group(), match.start(), match.end(), _kind(match.group(), before)))
    return found


def _kind(word: str, before: Token | None) -> str:
    lower = word.lower().replace("’", "'")
    if lower == "'s":
        return "aux" if before and before.kind in ("wh", "pron") else "possessive"
    if not word[0].isalnum() and word[0] not in "£€$¥":
        return "mark"
    # "May" and "US" are no function words.
    if word[0].isupper() and before is not None and lower in ("may", "us", "it", "who", "will"):
        return "word"
    for kind, name in _KINDS:
        if lower in words(name):
            return kind
    return "word"


_KINDS = (
    ("wh", "questions"),
    ("aux", "auxiliaries"),
    ("prep", "prepositions"),
    ("pron", "pronouns"),
    ("det", "determiners"),
    ("link", "linking"),
)


def is_verb(word: str) -> bool:
    """Tell whether a word may be the verb of a question."""
    lower, bare = word.lower(), words("verbs")
    if lower in bare or lower in words("irregular"):
        return True
    stems = [lower.removesuffix(end) for end in ("s", "es", "ed", "d", "ing") if lower.endswith(end)]
    stems += [stem + "e" for stem in stems] + [stem[:-1] for stem in stems if stem[-2:-1] == stem[-1:]]
    stems += [lower[:-3] + "y"] if lower.endswith(("ies", "ied")) else []
    return any(stem in bare for stem in stems)


def is_bare_verb(word: str) -> bool:
    """Tell whether a word may follow "does" and a subject."""
    return word.lower() in words("verbs")


def sure_types(text: str, head: str) -> frozenset[str]:
    """Return what the words of a phrase themselves say about its type; its last noun is ``head``, in lower case."""
    lower = text.lower()
    singular = head.removesuffix("s")
    found = set()
    if YEAR.fullmatch(text):
        found.add("YEAR")
    elif CODE.fullmatch(text.split(" ")[-1]):
        found.add("PRODUCT")
    for kind, name in (("WEEKDAY", "weekdays"), ("MONTH", "months"), ("CURRENCY", "currencies"), ("GROUP", "groups")):
        if head in words(name):
            found.add(kind)
    if head in words("attributes") or any(lower.endswith(phrase) for phrase in words("attribute_phrases")):
        found.add("ATTRIBUTE")
    if lower in _countries() or singular in words("offices"):
        found.add("PLACE")
    elif singular in words("organisations"):
        found.add("ORG")
    if not found and text == text.lower() and (kind := _types().get(singular, "")):
        found.add(kind)
    return frozenset(found)
