"""From a chat model's words to claims that the passages bear out, each with a verbatim quote.

A claim (one sentence of the reply) is borne out by a sentence of a passage when most of its content words that the
question does not hold stand there, in the same order, and all that is no matter of degree does (``rag.exact``: numbers
with their signs and units, months, names, "not"). What is not borne out is dropped, whatever the model that wrote it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from knowledge.language import detect_language, search_tokens, sentences
from rag.evidence import Evidence
from rag.exact import Exact
from rag.records import Citation

_MARKER = re.compile(r"\s*[\[【]\s*(\d{1,2}(?:\s*[,，]\s*\d{1,2})*)\s*[\]】]")
_AFTER_STOP = re.compile(r"([.!?。！？])((?:\s*[\[【][\d\s,，]+[\]】])+)")
_BORNE_OUT = 0.75
"""The part of a claim's content words that its evidence must hold."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of a reply with the evidence that bears it out."""

    text: str
    """Without markers."""
    evidence: Evidence
    support: float
    """0 to 1: the part of the claim's content words that the evidence holds."""


def check_claims(reply: str, evidence: Sequence[Evidence], *, asked: Collection[str] = ()) -> list[Claim]:
    """Return the sentences of ``reply`` that the evidence bears out, in order, each once.

    Parameters
    ----------
    reply
        What the chat model wrote; among equals the passage that a marker like ``[1]`` points to is preferred.
    evidence
        Sentences of the passages, the best answer first.
    asked
        Search tokens of the question: they may stand in a claim without standing in its evidence ("The price is 5"
        for "Price: 5"), but a claim of nothing else says nothing.
    """
    claims: dict[str, Claim] = {}
    # A marker after the full stop belongs to the sentence before it.
    reply = _AFTER_STOP.sub(r"\2\1", reply)
    for start, end in sentences(reply, detect_language(reply)):
        marked = {int(n) for group in _MARKER.findall(reply[start:end]) for n in re.split(r"\s*[,，]\s*", group)}
        text = unmarked(reply[start:end])
        claim = _borne_out(text, marked, evidence, frozenset(asked))
        if claim is not None:
            claims.setdefault(text.casefold(), claim)
    return list(claims.values())


def unmarked(text: str) -> str:
    """Return a text without markers such as ``[1]``."""
    return _MARKER.sub("", text).strip()


def cite(evidence: Sequence[Evidence]) -> tuple[Citation, ...]:
    """Return one citation for each different place, numbered from 1 in order."""
    places = {item.place: item for item in evidence}
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
        for number, item in enumerate(places.values(), 1)
    )


def _borne_out(text: str, marked: set[int], evidence: Sequence[Evidence], asked: frozenset[str]) -> Claim | None:
    told = set(search_tokens(text)) - asked
    if not told:
        return None
    hard = Exact.of(text)
    best: tuple[float, bool] = (0.0, False)
    claim = None
    for item in evidence:
        support = len(told & item.tokens) / len(told)
        if support < _BORNE_OUT or not _in_order(text, item.text, told) or not _holds(item, hard, asked):
            continue
        if (support, item.passage.number in marked) > best:
            best = support, item.passage.number in marked
            claim = Claim(text, item, support)
    return claim


def _holds(item: Evidence, claimed: Exact, asked: frozenset[str]) -> bool:
    """Tell whether evidence holds what is no matter of degree in a claim.

    Names, units and the question's own numbers may stand in its title, its headings or just before it.
    """
    own, around = Exact.of(item.text), Exact.of(" ".join(item.around))
    elsewhere = claimed.numbers & asked & item.around
    return (
        claimed.negated == own.negated
        and claimed.numbers <= own.numbers | elsewhere
        and claimed.units <= own.units | around.units
        and claimed.months <= own.months
        and claimed.names <= item.tokens | item.around | asked | own.names
    )


def _in_order(claim: str, evidence: str, told: set[str]) -> bool:
    """Tell whether a claim's words come in the order of its evidence's: who does what to whom depends on it."""
    first: dict[str, int] = {}
    for place, token in enumerate(search_tokens(evidence)):
        first.setdefault(token, place)
    places = [first[token] for token in dict.fromkeys(search_tokens(claim)) if token in told and token in first]
    # The longest rising run of places (patience sorting).
    piles: list[int] = []
    for place in places:
        at = bisect_left(piles, place)
        piles[at : at + 1] = [place]
    return len(piles) >= _BORNE_OUT * len(places)
