"""When to ask back: the question leaves open what it is about, and several things fit equally well."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import rag

from .texts import empty_words

_NEAR = 0.05
"""Sentences that answer this much worse than the best, on a scale from 0 to 1, answer as well."""
_SURE = 0.5
_CLEAR = 2.0
"""A short answer this many times as sure as any other leaves no doubt, once it is sure."""
_FAMILY = 0.15
"""As ``_NEAR``, of sentences about other models of the family that a question names."""
_ALL = 0.9
"""The part of a question that leaves out nothing, 0 to 1."""
_HELD = 0.2
"""The part of a question that a sentence must hold, 0 to 1: what holds less is about something else."""
_MOST = 4
"""Options that are offered."""
_WORD = re.compile(r"[^\W_]+")
_MODEL = re.compile(r" [A-Za-z]{0,3}-?\d+[A-Za-z]?")
"""What tells a model of a family of things."""
_PRONOUN = re.compile(r"\b(?:it|they|them)\b|它", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What to ask back."""

    options: tuple[str, ...] = ()
    """What the question may be about; empty: there is nothing to choose from."""


def doubt_about(
    kb: rag.Wellspring, question: str, answer: rag.Answer, *, viewer: rag.Viewer, first: bool
) -> Doubt | None:
    """Return what to ask back; None where the question is clear.

    Parameters
    ----------
    question
        As it was understood, by itself.
    first
        Whether nothing was said before that it could refer to.
    """
    named = _names(kb, question, viewer)
    if first and not named and not _words(question):
        return Doubt()
    if named and not answer.abstained and not _words(question, without=named):
        # "What is Skerry?"
        return None
    weighed = kb.weigh(question, viewer=viewer)
    models = _models(kb, named, viewer)
    family = several(_asked_of(models, weighed) or (models if answer.confidence < _SURE else []))
    if family:
        return Doubt(tuple(sorted(family[:_MOST])))
    near = _near(weighed)
    sheets = [] if named else several(_once(one.passage.title for one in near if _is_line(one)))
    if sheets:
        return Doubt(tuple(sorted(sheets[:_MOST])))
    if _clear(weighed):
        return None
    options = _longer_names(named, near) if named else _documents(answer, near) or _rows(near, kb, viewer)
    if len(options) > 1:
        return Doubt(tuple(sorted(options[:_MOST])))
    # "How heavy is it?", and nothing was said before.
    return Doubt() if first and not named and answer.abstained and _PRONOUN.search(question) else None


def _words(question: str, *, without: Iterable[str] = ()) -> list[str]:
    """Return the words that tell what a question is about."""
    empty = empty_words()
    told = question.lower()
    for word in sorted((*without, *(word for word in empty if not word.isascii())), key=len, reverse=True):
        told = told.replace(word.lower(), " ")
    return [word for word in _WORD.findall(told) if word not in empty]


def _names(kb: rag.Wellspring, question: str, viewer: rag.Viewer) -> list[str]:
    """Return the names in a question that the viewer's graph knows; in English, of them those that look like names."""
    graph = kb.graph(viewer=viewer)
    spans = {(hit.start, hit.end) for hit in graph.names.find(question) if not graph.is_value(hit.key)}
    names = [question[start:end] for start, end in sorted(spans)]
    return [name for name in names if not question.isascii() or _looks_like_name(name, question)]


def _looks_like_name(name: str, question: str) -> bool:
    """Tell names from words such as "price" and "How many days", which documents' tables make names, too."""
    marked = name[1:] != name[1:].lower() or any(letter.isdigit() for letter in name)
    return marked or (name[0].isupper() and not question.lstrip().startswith(name))


def _clear(weighed: Any) -> bool:
    """Tell whether one short answer stands out."""
    if not weighed.found or weighed.found[0].sure < _SURE:
        return False
    surest = max(weighed.found, key=lambda one: one.sure)
    others = [one.sure for one in weighed.found if one.evidence.place != surest.evidence.place]
    return bool(surest.sure >= _CLEAR * max(others, default=0.0))


def _is_line(one: Any) -> bool:
    """Tell whether it is a line of a data sheet that says all that is asked, but not of what."""
    return one.coverage >= _ALL and not one.text.rstrip().endswith((".", "。", "!", "?"))


def _near(weighed: Any) -> list[Any]:
    """Return the sentences that answer as well as the best, each text once."""
    fit = [one for one in weighed.ranked if one.fits]
    best = max((one.score for one in fit), default=0.0)
    near = [one for one in fit if one.score >= best - _NEAR and one.coverage >= _HELD]
    return list({" ".join(one.text.split()): one for one in near}.values())


def _models(kb: rag.Wellspring, named: list[str], viewer: rag.Viewer) -> list[str]:
    """Return the models of a family of things that a question names: "Skerry 15" and "Skerry 40" of "Skerry"."""
    known = _once(entity.name for name in named for entity in kb.graph(viewer=viewer).entities(contains=name))
    return [
        one
        for one in known
        if any(_MODEL.fullmatch(one[len(name) :]) and one.lower().startswith(name.lower()) for name in named)
    ]


def _asked_of(models: list[str], weighed: Any) -> list[str]:
    """Return the models that sentences which answer about as well as the best are about, if the best is about one."""

    def about(one: Any) -> list[str]:
        told = f"{one.passage.title}\n{one.text}".lower()
        return [model for model in models if re.search(rf"\b{re.escape(model.lower())}(?![\w.])", told)]

    fit = [one for one in weighed.ranked if one.fits and one.coverage > 0]
    if not fit or len(about(fit[0])) != 1:
        return []
    near = [about(one) for one in fit if one.score >= fit[0].score - _FAMILY]
    return _once(found[0] for found in near if len(found) == 1)


def _longer_names(named: list[str], near: list[Any]) -> list[str]:
    """Return the full names of which the question gives only a part: "Skerry" of "Skerry 15" and "Skerry 40"."""

    def full(name: str, short: str) -> bool:
        return name.lower() != short.lower() and name.lower().startswith(short.lower() + " ")

    return _once(name for one in near for name in sorted(one.names) if any(full(name, short) for short in named))


def _documents(answer: rag.Answer, near: list[Any]) -> list[str]:
    """Return the titles of documents that answer as well as each other."""
    cited = {citation.number: citation.title for citation in answer.citations}
    sides = _once(cited[side.citation] for side in answer.sides)
    return sides if len(sides) > 1 else several(_once(one.passage.title for one in near))


def _rows(near: list[Any], kb: rag.Wellspring, viewer: rag.Viewer) -> list[str]:
    """Return the names that tell apart sentences of one document, such as rows of a table."""
    graph = kb.graph(viewer=viewer)
    often = Counter(name for one in near for name in one.names)
    own = [[name for name in sorted(one.names) if often[name] == 1 and graph.candidates(name)] for one in near]
    return several(_once(names[0] for names in own if names))


def several(options: list[str]) -> list[str]:
    """Return options where there is something to choose."""
    return options if len(options) > 1 else []


def _once(names: Iterable[str]) -> list[str]:
    return list({" ".join(name.split()): None for name in names if name.strip()})
