"""Dates and places in brackets after a name: "Jane Smith (2 June 1904 in Oslo – 1989)", "Heat (1995)"."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from knowledge.extract.candidate import Candidate, Statement
from knowledge.types import DATE, NAME, PERSON, PLACE, VALUES, WORK

_OPEN = re.compile(r"[\"”“’']?\s{0,2}[(（]\s*")
_REACH = 220
"""Characters that a bracket may hold."""
_DEATH = re.compile(r"\b(?:died|d\.|†)|[卒逝]")
_BIRTH = re.compile(r"\b(?:born|b\.)|[生]")
_DASH = re.compile(r"\s[–—-]|[–—－]|[-]\s|\bdied\b")
_CERTAIN = 0.9
_LIKELY = 0.7


def _bracket(text: str, subject: Candidate) -> tuple[int, int] | None:
    """Return where the contents of the bracket after a name begin and end, or None."""
    opening = _OPEN.match(text, subject.end)
    if opening is None or subject.type in VALUES:
        return None
    closes = (text.find(sign, opening.end(), opening.end() + _REACH) for sign in ")）")
    close = min((at for at in closes if at >= 0), default=-1)
    return (opening.end(), close) if close >= 0 else None


def bracketed(
    text: str,
    candidates: Sequence[Candidate],
    sentences: Sequence[tuple[int, int]],
    *,
    born: str,
    died: str,
    released: str,
    dated: str,
) -> Iterator[Statement]:
    """Yield births and deaths of persons, and dates of other things, from the brackets after their names.

    Parameters
    ----------
    candidates
        In order, without overlap; offsets are into ``text``.
    sentences
        Half-open offsets into ``text``, in order.
    born, died, released, dated
        Predicates.
    """
    starts = [c.start for c in candidates]
    ends = [end for _, end in sentences]
    for before, named in zip([None, *candidates], candidates, strict=False):
        bracket = _bracket(text, named)
        if bracket is None or named.type == PLACE:
            continue
        # "Mary of Tarn, Baroness Lee (1320 – 1362)": the bracket is about the first.
        titled = before and before.type not in VALUES and text[before.end : named.start] == ", "
        subject = before if before and titled and named.type != WORK else named
        inside = candidates[bisect_left(starts, bracket[0]) : bisect_left(starts, bracket[1])]
        dates = [c for c in inside if c.type == DATE]
        place = bisect_left(ends, subject.end)
        if not dates or place == len(sentences):
            continue
        sentence = sentences[place]
        spans = _life(text, *bracket, dates)
        if spans and (subject.type in (PERSON, NAME) or (spans[1] and subject.type == WORK)):
            split, known = spans
            for c in inside:
                word = born if c.start < split else died
                if c.type == DATE:
                    yield Statement(
                        subject, word, c, *sentence, _CERTAIN if subject.type == PERSON or known else _LIKELY
                    )
                elif c.type == PLACE and text[c.start - 3 : c.start].strip() in ("in", "at", ",", ""):
                    yield Statement(subject, f"{word} in" if word.isascii() else word, c, *sentence, _LIKELY)
        elif subject.type != PERSON and len(inside) == 1:
            yield Statement(subject, released if subject.type == WORK else dated, dates[0], *sentence, _LIKELY)


def _life(text: str, start: int, end: int, dates: Sequence[Candidate]) -> tuple[int, bool] | None:
    """Return where in a bracket the birth ends and the death begins, and whether a word says so; None if it tells of
    neither.
    """
    content = text[start:end]
    death, birth = _DEATH.search(content), _BIRTH.search(content)
    if death:
        return start + death.start(), True
    dash = _DASH.search(text, dates[0].end, dates[1].start + 1) if len(dates) == 2 else None
    if birth:
        return dash.start() if dash else end, True
    return (dash.start(), False) if dash else None
