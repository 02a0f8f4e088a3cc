"""What a document as a whole tells of its names: columns, its title, models, and what it writes with a small letter.

Recognisers guess from a few words around a name. Where the document itself says what a name is, it is that wherever it
stands; and what is written with a capital only because a line or a sentence begins there is no name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from connectors import Document
from knowledge.extract.candidate import Candidate
from knowledge.extract.columns import by_columns, is_post
from knowledge.resolve.forms import normal
from knowledge.resolve.labels import is_paper, paper_subject
from knowledge.types import NAME, ORG, PERSON, PLACE, PRODUCT, VALUES, WORK
from knowledge.values.units import BEFORE, UNITS
from knowledge.wordlists import word_lists

_GUESSED = frozenset({PERSON, PLACE, ORG})
_SMALL = re.compile(r"(?<![\w.@/-])[a-z][a-z]+(?![\w@/])")
_CAPITAL_INSIDE = re.compile(r"(?<=[a-z,] )[A-Z][\w-]+")
_MODEL = re.compile(r"(?<![\w-])([A-Z][A-Za-z]{2,20})[ \u00a0][A-Z]{0,2}\d{1,3}[A-Za-z]?(?![\w%°]|[.,:/]\d)")
_CODE = re.compile(r"[A-Z]{1,5}-?\d{1,4}[A-Z]{0,2}")
_CLOCK = re.compile(r"\d:\d\d")
_PAGE = re.compile(r"(?<=\w) +Page \d{1,4}(?!\w)")
_TWICE = 2


@dataclass(slots=True)
class _Known:
    """What is known of a document's names; all but ``small`` and ``inside`` in normal form."""

    kinds: dict[str, str] = field(default_factory=dict)
    """By columns."""
    families: set[str] = field(default_factory=set)
    """Names of products that models are told by: "Skerry" of "Skerry 40"."""
    subjects: set[str] = field(default_factory=set)
    """What the title says that the document is a data sheet or a manual of."""
    people: set[str] = field(default_factory=set)
    """Words of people's full names."""
    small: set[str] = field(default_factory=set)
    """Words that are written small somewhere."""
    inside: set[str] = field(default_factory=set)
    """Words that have a capital inside a sentence."""
    title: set[str] = field(default_factory=set)
    """Words of the title, in lower case."""


def mended(document: Document, read: Sequence[tuple[str, Sequence[Candidate]]]) -> list[list[Candidate]]:
    """Return the candidates of each text of a document, without what is no name and with the types that it tells.

    Parameters
    ----------
    document
        Where the texts are from.
    read
        Each text, and its candidates in order and without overlap.
    """
    kept: list[list[Candidate]] = []
    told: dict[str, set[str]] = defaultdict(set)
    for text, candidates in read:
        mine, by_label = by_columns(text, candidates)
        kept.append(mine)
        for c in by_label:
            told[normal(text[c.start : c.end])].add(c.type)
    known = _known(document, [(text, mine) for (text, _), mine in zip(read, kept, strict=True)])
    # What two columns say differently is told by neither elsewhere.
    known.kinds = {name: next(iter(kinds)) for name, kinds in told.items() if len(kinds) == 1}
    return [
        [_retyped(text, c, known) for c in mine if not _is_nothing(text, c, known)]
        for (text, _), mine in zip(read, kept, strict=True)
    ]


def _known(document: Document, read: Iterable[tuple[str, Sequence[Candidate]]]) -> _Known:
    known = _Known(title=set(document.title.lower().split()))
    headed = " ".join([document.title, *(section.title for section in document.sections)])
    models = Counter(match.group() for match in _MODEL.finditer(document.text))
    for match in _MODEL.finditer(headed):
        models[match.group()] += _TWICE
    known.families = {normal(name.split()[0]) for name, times in models.items() if times >= _TWICE}
    if subject := paper_subject(document.title):
        known.subjects.add(normal(subject))
    for text, candidates in read:
        for c in candidates:
            if c.type == PERSON and " " in (name := text[c.start : c.end]):
                known.people.update(map(normal, name.split()))
        known.small.update(_SMALL.findall(text))
        known.inside.update(_CAPITAL_INSIDE.findall(text))
    return known


def _is_nothing(text: str, c: Candidate, known: _Known) -> bool:
    """Tell whether a candidate names nothing."""
    if c.origin in ("glossary", "topic") or c.type in VALUES:
        return False
    name = text[c.start : c.end]
    if len(name) == 1 and name.isascii():
        return True
    if _CLOCK.search(name) or name in UNITS or name in BEFORE or name.lower() in _never("units"):
        return True
    low = name.lower()
    if low in _never("days"):
        return c.type != PERSON or low not in _never("people")
    if not (name.isalpha() and name[1:].islower()) or name in known.inside or normal(name) in known.people:
        return False
    # A word that begins a line or a sentence, and is a common one further on; a heading that is never spoken of.
    return low not in known.title if c.origin == "title" else c.origin in ("ner", "shape") and low in known.small


def _retyped(text: str, c: Candidate, known: _Known) -> Candidate:
    if c.origin == "glossary" or c.type in VALUES:
        return c
    if c.origin != "title" and (page := _PAGE.search(text, c.start, c.end)):
        # A running header goes on with the page's number.
        c = replace(c, end=page.start())
    name = text[c.start : c.end]
    kind = known.kinds.get(normal(name)) or _evident(c, name, known)
    return c if kind == c.type else replace(c, type=kind)


def _evident(c: Candidate, name: str, known: _Known) -> str:
    """Return the type of a name that is not what its recogniser took it for."""
    low = name.lower()
    if c.type in (PERSON, ORG) and is_post(name):
        return NAME
    if c.type in (PERSON, PLACE) and is_paper(name):
        return WORK
    if c.type not in _GUESSED:
        return c.type
    if low in word_lists("extract")["technology"]["names"]:
        return PRODUCT
    letters = normal(name)
    if letters in known.subjects or (c.type != ORG and letters in known.families):
        return PRODUCT
    if _CODE.fullmatch(name) and (c.type == PERSON or (c.type == PLACE and "-" in name)):
        return PRODUCT
    return c.type


@cache
def _never(name: str) -> frozenset[str]:
    return frozenset(word_lists("extract")["never"][name])
