"""Noun chunks on Universal Dependencies.

spaCy's own ``Doc.noun_chunks`` for English reads another label set (ClearNLP's): on these pipelines' labels it finds
next to nothing right.
"""

from __future__ import annotations

from collections.abc import Iterator

from spacy.tokens import Doc, Span, Token

# fmt: off
_HEADS = frozenset(["NOUN", "PROPN", "PRON"])
_NO_CHUNK = frozenset(["compound", "compound:prt", "flat", "fixed", "goeswith", "det", "expl", "dep", "nmod:desc"])
"""A noun with one of these is a part of another's chunk, or stands for nothing."""
_BEFORE = frozenset([
    "det", "det:predet", "amod", "compound", "nummod", "nmod:poss", "nmod:desc", "advmod", "flat", "goeswith",
])
_BEHIND = frozenset(["flat", "compound", "goeswith", "nummod", "nmod:desc"])
# fmt: on


def noun_chunks(doc: Doc) -> Iterator[Span]:
    """Yield the base noun phrases of a parsed document, in order and without overlaps.

    A chunk is a noun, proper noun or pronoun with what stands before it (articles, adjectives, numbers, compounds,
    possessors) and the rest of a name behind it; not its prepositional phrases, appositions or relative clauses.
    """
    found: list[tuple[int, int]] = []
    for token in doc:
        if token.pos_ in _HEADS and token.dep_ not in _NO_CHUNK:
            start, end = _start(token), _end(token)
            # A possessor lies inside its owner's chunk, which comes later and is the longer.
            while found and found[-1][0] >= start:
                found.pop()
            if not found or found[-1][1] <= start:
                found.append((start, end))
    for start, end in found:
        yield doc[start:end]


def _start(head: Token) -> int:
    start: int = head.i
    for child in reversed(list(head.lefts)):
        if child.dep_ in _BEFORE:
            start = child.left_edge.i
        elif child.dep_ != "punct":
            break
    return start


def _end(head: Token) -> int:
    end: int = head.i + 1
    for child in head.rights:
        # A hyphen or an initial's full stop may stand between.
        if child.dep_ not in _BEHIND or child.left_edge.i > end + 1:
            break
        end = child.i + 1
    return end
