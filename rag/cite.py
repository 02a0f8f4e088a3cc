"""From a chat model's words to claims that the passages bear out, each with a verbatim quote.

A claim (one sentence of the reply) is borne out by a sentence of a passage when most of its content words stand there
and all of its numbers do. What is not borne out is dropped, whatever the model that wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.language import detect_language, search_tokens, sentences
from rag.evidence import Evidence
from rag.records import Citation

_MARKER = re.compile(r"\s*[\[【]\s*(\d{1,2}(?:\s*[,，]\s*\d{1,2})*)\s*[\]】]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_BORNE_OUT = 0.75
"""The part of a claim's content words that its evidence must hold."""
_FEWEST_WORDS = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of a reply with the evidence that bears it out."""

    text: str
    """Without markers."""
    evidence: Evidence
    support: float
    """0 to 1: the part of the claim's content words that the evidence holds."""


def check_claims(reply: str, evidence: Sequence[Evidence], *, question: str = "") -> list[Claim]:
    """Return the sentences of ``reply`` that the evidence bears out, in order.

    Parameters
    ----------
    reply
        What the chat model wrote; markers like ``[1]`` point to passages and are tried first.
    evidence
        Sentences of the passages, the best answer first.
    question
        Words of the question may stand in a claim without standing in its evidence: "The price is 5" for "Price: 5".
    """
    claims = []
    asked = set(search_tokens(question))
    for start, end in sentences(reply, detect_language(reply)):
        marked = {
            int(n) for group in _MARKER.findall(reply[start:end]) for n in re.split(r"\s*[,，]\s*", group)
        }
        text = _MARKER.sub("", reply[start:end]).strip()
        claim = _borne_out(text, marked, evidence, asked)
        if claim is not None:
            claims.append(claim)
    return claims


def cite(evidence: Sequence[Evidence]) -> tuple[Citation, ...]:
    """Return one citation for each different place, numbered from 1 in order."""
    places = {(item.passage.document, item.start, item.end): item for item in reversed(evidence)}
    ordered = [item for item in evidence if places.pop((item.passage.document, item.start, item.end), None)]
    return tuple(
        Citation(
            document=item.passage.document,
            title=item.passage.title,
            page=item.passage.page,
            quote=item.text,
            start=item.start,
            end=item.end,
            number=number,
            headings=item.passage.headings,
        )
        for number, item in enumerate(ordered, 1)
    )


def _borne_out(text: str, marked: set[int], evidence: Sequence[Evidence], asked: set[str]) -> Claim | None:
    words = set(search_tokens(text))
    numbers = {_plain(number) for number in _NUMBER.findall(text)}
    # What only repeats the question says nothing.
    if len(words - asked) < _FEWEST_WORDS and not numbers:
        return None
    best: Claim | None = None
    for item in evidence:
        if not numbers <= {_plain(number) for number in _NUMBER.findall(item.text)}:
            continue
        told = words - (asked - item.tokens)
        support = len(told & item.tokens) / len(told) if told else 0.0
        better = best is None or (support, item.passage.number in marked) > (
            best.support,
            best.evidence.passage.number in marked,
        )
        if support >= _BORNE_OUT and better:
            best = Claim(text, item, support)
    return best


def _plain(number: str) -> str:
    """Write a number without thousands separators: "1,480" and "1480" are the same."""
    return re.sub(r",(?=\d{3})", "", number)
