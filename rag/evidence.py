"""The sentences of the retrieved passages, ranked by how well they answer a question."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from knowledge.embed import Embedder
from knowledge.language import HAN, search_tokens, sentences
from rag.records import Passage

_NUMBER = re.compile(r"\d|[一二三四五六七八九十百千万两]")
_DATE = re.compile(
    r"\d{4}|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b\w+day\b|\d\s*[年月日号]",
    re.IGNORECASE,
)
_NAME = re.compile(rf"(?<!^)(?<![.!?] )\b[A-Z][\w'’-]+|[{HAN}]{{2,}}")
_KINDS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        re.compile(
            r"\bhow (?:many|much|long|old|far|often|high|large|big|tall|deep)\b|多少|几[个天次年月名人]|多[久长大高远]",
            re.I,
        ),
        _NUMBER,
    ),
    (
        re.compile(
            r"\bwhat (?:percentage|number|amount|price|year|date|time)\b|\bhow (?:late|early)\b|价格|单价|号码|分机",
            re.I,
        ),
        _NUMBER,
    ),
    (
        re.compile(
            r"\bwhen\b|\bwhat (?:year|date|day)\b|\bwhich (?:year|day|date|month)\b|什么时候|何时|哪[年天月一日]",
            re.I,
        ),
        _DATE,
    ),
    (re.compile(r"\bwho(?:se|m)?\b|\bwhich (?:person|colleague|engineer)\b|谁|哪位", re.I), _NAME),
)
_FULL_NAME = re.compile(rf"[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)+|[A-Z]+-?\d+\w*|[{HAN}]{{2,4}}")
"""Names that join two sentences: of several words, codes; in Chinese, short runs between other signs."""
_PAIRED = 12
"""How many of the best sentences are tried in pairs."""
_PAIR_GAIN = 0.15
"""How much more of the question a pair must hold than the best sentence alone."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of a passage, and how well it answers."""

    passage: Passage
    start: int
    end: int
    """Half-open character offsets into ``Document.text``."""
    text: str
    tokens: frozenset[str]
    """Search tokens of the sentence."""
    around: frozenset[str]
    """Search tokens of the sentence, its title and its headings."""
    cosine: float
    """Between question and sentence, -1 to 1."""
    coverage: float
    """0 to 1: the part of the question's words, weighted by rarity, that the sentence and its headings hold."""
    fits: bool
    """Whether it holds what the question asks for: a number, a date, a name."""

    @property
    def score(self) -> float:
        """Higher is better; comparable between questions."""
        return 0.5 * self.cosine + 0.5 * self.coverage + (0.1 if self.fits else -0.1)


def asked_for(question: str) -> list[re.Pattern[str]]:
    """Return what a sentence must hold to answer ``question``; empty when anything may do."""
    return [found for asked, found in _KINDS if asked.search(question)]


def rank_evidence(
    question: str, passages: Sequence[Passage], *, embedder: Embedder, idf: Callable[[str], float]
) -> list[Evidence]:
    """Return the sentences of ``passages``, the best answer first.

    Parameters
    ----------
    idf
        How rare a search token is; higher is rarer.
    """
    asked = list(dict.fromkeys(search_tokens(question)))
    weights = {token: idf(token) for token in asked}
    total = sum(weights.values()) or 1.0
    kinds = asked_for(question)
    spans = [
        (passage, start, end)
        for passage in passages
        for start, end in sentences(passage.text, passage.language)
    ]
    if not spans:
        return []
    texts = [passage.text[start:end] for passage, start, end in spans]
    vectors = embedder.embed_passages(
        [f"{p.title}: {text}" for (p, _, _), text in zip(spans, texts, strict=True)]
    )
    cosines = vectors @ embedder.embed_question(question)
    ranked = []
    for (passage, start, end), text, cosine in zip(spans, texts, cosines, strict=True):
        tokens = frozenset(search_tokens(text))
        around = tokens.union(search_tokens(" ".join((passage.title, *passage.headings))))
        ranked.append(
            Evidence(
                passage=passage,
                start=passage.start + start,
                end=passage.start + end,
                text=text,
                tokens=tokens,
                around=around,
                cosine=float(cosine),
                coverage=sum(weights[token] for token in asked if token in around) / total,
                fits=all(kind.search(text) for kind in kinds),
            )
        )
    ranked.sort(key=lambda item: -item.score)
    return ranked


def choose_evidence(
    question: str, ranked: Sequence[Evidence], *, idf: Callable[[str], float]
) -> tuple[list[Evidence], float]:
    """Return the sentences that answer together, and how much of the question they hold, 0 to 1.

    These are the best sentence, or two that a name joins.

    Some questions need two places: "Whose extension …?" is answered by who it is, and by that person's row in a
    directory. Two sentences are joined when both hold a name that the question does not; they are preferred to the
    best single one when together they hold clearly more of the question's words.
    """
    if not ranked:
        return [], 0.0
    asked = list(dict.fromkeys(search_tokens(question)))
    weights = {token: idf(token) for token in asked}
    total = sum(weights.values()) or 1.0
    kinds = asked_for(question)
    best, best_value, best_covered = [ranked[0]], ranked[0].coverage + _PAIR_GAIN, ranked[0].coverage
    for i, one in enumerate(ranked[:_PAIRED]):
        for other in ranked[i + 1 : _PAIRED]:
            if not _joined(one, other, set(asked)):
                continue
            held = one.around | other.around
            covered = sum(weights[token] for token in asked if token in held) / total
            last = other if all(kind.search(other.text) for kind in kinds) else one
            value = covered if all(kind.search(last.text) for kind in kinds) else covered - _PAIR_GAIN
            if value > best_value:
                first = one if last is other else other
                best, best_value, best_covered = [first, last], value, covered
    return best, best_covered


def _joined(one: Evidence, other: Evidence, asked: set[str]) -> bool:
    """Tell whether two sentences share a name that the question does not hold."""
    return any(not set(search_tokens(name)) <= asked for name in _names(one.text) & _names(other.text))


def _names(text: str) -> set[str]:
    return {match.group() for match in _FULL_NAME.finditer(text)}
