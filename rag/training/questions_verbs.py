"""English verb forms: what "did" takes, and the past that a passive is turned to."""

from __future__ import annotations

from functools import cache
from typing import Any

from knowledge.wordlists import word_lists

_VOWELS = "aeiou"


def words() -> dict[str, Any]:
    """Return the word lists beside this file. Not to be changed by the caller."""
    return word_lists("training", "questions", package="rag")


@cache
def listed(name: str) -> frozenset[str]:
    """Return one of the English word lists."""
    return frozenset(words()["en"][name].split())


@cache
def _irregular() -> dict[str, tuple[str, str, str]]:
    rows = words()["en"]["irregular"].replace("\n", "|").split("|")
    forms = [tuple(row.split()) for row in rows if row.strip()]
    return {base: (base, past, participle) for base, past, participle in forms}


@cache
def _by_past() -> dict[str, str]:
    return {past: base for base, past, _ in _irregular().values() if base not in ("lie", "bear")}


@cache
def _by_participle() -> dict[str, str]:
    return {participle: past for _, past, participle in _irregular().values()}


def base_form(word: str, lemma: str, tag: str) -> str:
    """Return what follows "did" or "does", or nothing where the lemma cannot be trusted.

    A lemmatizer that is unsure makes up words ("starred": "starre"), so a lemma counts only where the form can be made
    of it.
    """
    if tag == "VBP":
        return word
    if tag == "VBD" and word in _by_past():
        return _by_past()[word]
    if tag == "VBZ":
        return lemma if word in _presents(lemma) else ""
    return lemma if word in _regular_pasts(lemma) and lemma not in _irregular() else ""


def past_of(participle: str) -> str:
    """Return the simple past of a passive's participle, or nothing where none is known."""
    found = _by_participle().get(participle)
    if found:
        return found if participle != "born" else ""
    return participle if participle.endswith("ed") else ""


def _presents(lemma: str) -> set[str]:
    if lemma == "have":
        return {"has"}
    if lemma.endswith("y") and lemma[-2:-1] not in _VOWELS:
        return {f"{lemma[:-1]}ies"}
    return {f"{lemma}es"} if lemma.endswith(("s", "x", "z", "ch", "sh", "o")) else {f"{lemma}s"}


def _regular_pasts(lemma: str) -> set[str]:
    if lemma.endswith("ore") and lemma not in listed("ore"):
        return set()
    if not lemma or (lemma[-1] == "e" and lemma[-3:-2] == lemma[-2:-1] and lemma[-2] not in "el"):
        return set()
    if lemma.endswith("e"):
        return {f"{lemma}d"}
    if lemma.endswith("y") and lemma[-2:-1] not in _VOWELS:
        return {f"{lemma[:-1]}ied"}
    # One syllable with a short vowel doubles its consonant: stopped, starred; others may, as in "controlled".
    short = lemma[-1] not in "aeiouwxy" and lemma[-2:-1] in _VOWELS and lemma[-3:-2] not in _VOWELS
    doubled = f"{lemma}{lemma[-1]}ed"
    if short and sum(letter in _VOWELS for letter in lemma) == 1:
        return {doubled}
    return {f"{lemma}ed", doubled} if short else {f"{lemma}ed"}
