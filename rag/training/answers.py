"""What in a passage may be asked for: names, dates, numbers, noun phrases, short clauses, as our pipeline reads it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from spacy.tokens import Doc, Token

_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATE = re.compile(rf"\b(?:\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH} (?:\d{{1,2}}(?:, \d{{4}})?|\d{{4}}))\b")
_NUMBER = re.compile(r"\b\d[\d,.]*(?<=\d)(?:\s?(?:%|(?:percent|million|billion|km|miles|years|people)\b))?")
_LEADING = ("DET", "PUNCT", "PRON", "CCONJ")
"""Parts of speech that a noun phrase is asked for without."""
_LONGEST_PHRASE = 5
_CLAUSES = ("xcomp", "advcl", "obl")
"""Universal Dependencies' relations of what tells why, how, where or what for."""
_CLAUSE_TOKENS = range(3, 9)
_LONGEST = 90
"""Characters."""

Span = tuple[int, int]


def candidates(doc: Doc, title: str, most: int, draw: random.Random) -> list[Span]:
    """Return up to ``most`` half-open character spans to ask for.

    About half are names, dates and numbers, one is a clause, the rest are noun phrases; what the title says is left
    out.
    """
    text = doc.text
    named = [(entity.start_char, entity.end_char) for entity in doc.ents]
    named += [found.span() for kind in (_DATE, _NUMBER) for found in kind.finditer(text)]
    groups: list[list[Span]] = []
    seen: set[str] = set()
    for group in (named, list(_phrases(doc)), list(_clauses(doc))):
        fit = []
        for start, end in draw.sample(group, len(group)):
            said = text[start:end].lower()
            if said not in seen and _askable(said, title.lower()):
                seen.add(said)
                fit.append((start, end))
        groups.append(fit)
    names, phrases, clauses = groups
    chosen = names[: (most + 1) // 2] + clauses[:1]
    return [*chosen, *phrases[: max(0, most - len(chosen))]][:most]


def _askable(text: str, title: str) -> bool:
    return 1 < len(text) < _LONGEST and bool(text.strip()) and text not in title


def _phrases(doc: Doc) -> Iterator[Span]:
    for chunk in doc.noun_chunks:
        tokens = list(chunk)
        while tokens and tokens[0].pos_ in _LEADING:
            del tokens[0]
        if tokens and len(tokens) <= _LONGEST_PHRASE:
            yield _span(tokens)


def _clauses(doc: Doc) -> Iterator[Span]:
    for token in doc:
        if token.dep_ in _CLAUSES:
            tokens = list(token.subtree)
            if len(tokens) in _CLAUSE_TOKENS:
                yield _span(tokens)


def _span(tokens: list[Token]) -> Span:
    return tokens[0].idx, tokens[-1].idx + len(tokens[-1])
