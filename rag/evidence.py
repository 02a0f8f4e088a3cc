"""The sentences of the retrieved passages, ranked by how well they answer a question."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from knowledge.embed import Embedder
from knowledge.language import HAN, search_tokens, sentences
from rag.question import AskedQuestion
from rag.records import Passage

_NAME = re.compile(
    r"(?<!\w)(?!(?:The|A|An|In|On|At|For|From|To|Of|It|Its|This|Each|All|No|If|When|We|Our)\b)"
    r"[A-Z][\w'’-]+(?: (?:[A-Z][\w'’-]*|\d+[A-Za-z]*)(?!\w))+|(?<![A-Z])[A-Z]+-?\d+\w*"
    r"|(?<=[a-z,:] )[A-Z][^\W\d_]{3,}(?![\w-])"
    rf"|(?<![{HAN}])[{HAN}]{{2,4}}(?![{HAN}])"
)
"""Names that join two sentences: several capitalised words, codes, one such word inside a sentence; in Chinese, short
runs between other signs."""
_NO_NAME = re.compile(
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*(?: \d+)*$"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|Page \d"
)
_EMBEDDED = 20
"""Sentences that are worth embedding: the rest hold too few of the question's words, too far down."""
_COSINE_SHARE = {"en": 0.5, "zh": 0.0}
"""What the cosine counts for beside the coverage: the built-in embedder hardly knows Chinese."""
_FITTING = 0.15
"""What it counts for that a sentence holds the kind of thing that is asked for."""
_NAMELESS = 0.15
"""What it costs that all of the question's names are missing from a sentence."""
_LINES_BEFORE = 2
"""How many sentences before one help to understand it: a table's head, what a pronoun stands for."""
_NEARLY = 0.15
"""Sentences that score this much less than the best lead nowhere."""
_MISSING = 0.3
"""What it costs the chosen sentences, beside the coverage, that all of the question's names are missing."""
_UNFIT = 0.2
"""What it costs that they do not hold what is asked for."""
_LATE = 0.03
"""What it costs that the joining name stands at the very end of the answering sentence."""
_PAIR_GAIN = 0.04
"""How much better than the best sentence alone a pair must be."""


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
    """Search tokens of its title, its headings and the sentences just before it."""
    coverage: float
    """0 to 1: how much of the question it holds (see ``AskedQuestion.coverage``)."""
    fits: bool
    """Whether it holds what the question asks for: a number, a date, a name."""
    names: frozenset[str]
    """The names that it holds, as written."""
    cosine: float = 0.0
    """Between question and sentence, -1 to 1."""
    score: float = 0.0
    """Higher is better; comparable between questions of one language."""

    @property
    def place(self) -> tuple[str, int, int]:
        """Document, start and end: the same for the same sentence however it was found."""
        return self.passage.document, self.start, self.end


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sentences that answer together."""

    evidence: tuple[Evidence, ...]
    """One, or two that a name joins; the last holds the answer."""
    coverage: float
    """0 to 1: how much of the question they hold together."""
    missing: float
    """0 to 1: the part of the question's names that they and what is around them do not hold."""

    @property
    def value(self) -> float:
        """Higher is better; for choosing between one sentence and two."""
        return self.coverage - _MISSING * self.missing - _UNFIT * (not self.evidence[-1].fits)


def rank_evidence(question: AskedQuestion, passages: Sequence[Passage], *, embedder: Embedder) -> list[Evidence]:
    """Return the sentences of ``passages`` (best passage first) that may answer, the best first."""
    found = [item for passage in passages for item in _weighed(question, passage)]
    found.sort(key=lambda item: -(item.coverage + 0.2 * item.fits - 0.03 * item.passage.number))
    found = found[:_EMBEDDED]
    if not found:
        return []
    vectors = embedder.embed_passages([f"{item.passage.title}: {item.text}" for item in found])
    cosines = vectors @ embedder.embed_question(question.text)
    trust = _COSINE_SHARE[question.language]
    ranked = [
        replace(
            item,
            cosine=float(cosine),
            score=trust * float(cosine)
            + (1 - trust) * item.coverage
            + _FITTING * item.fits
            - _NAMELESS * _missing(question, item),
        )
        for item, cosine in zip(found, cosines, strict=True)
    ]
    return sorted(ranked, key=lambda item: -item.score)


def choose_evidence(question: AskedQuestion, ranked: Sequence[Evidence]) -> Chosen | None:
    """Return the best sentence, or two that answer together; None when there is no sentence.

    Some questions need two places: "Whose extension …?" is answered by who it is, and by that person's row in a
    directory. Two sentences are joined when both hold a name that the question does not, or when two documents say the
    same of two things (a comparison); they are preferred to the best single one when together they hold clearly more of
    the question.
    """
    if not ranked:
        return None
    best = _chosen(question, ranked[0])
    to_beat = best.value + _PAIR_GAIN
    for one, other in combinations(ranked, 2):
        names = _shared_names(one, other, question)
        if not (names or _parallel(one, other)):
            continue
        # The one that holds what is asked for comes last; where both do, the one that says less of the question.
        pair = _chosen(question, *sorted((one, other), key=lambda item: (item.fits, -item.coverage)))
        # A row or a sentence is about what it names first: among rows that hold a name, the person's own one wins.
        last = pair.evidence[-1].text
        value = pair.value - _LATE * min((last.index(name) / len(last) for name in names), default=0.0)
        if value > to_beat:
            best, to_beat = pair, value
    return best


def follow_up(question: AskedQuestion, ranked: Sequence[Evidence], *, most: int = 2) -> str:
    """Return what to search for next: names in the best sentences that the question does not hold, together with
    the words of the question that these sentences do not hold; "" when they lead nowhere.
    """
    names: dict[str, None] = {}
    for item in ranked[:3]:
        if item.score < ranked[0].score - _NEARLY:
            break
        new = sorted(name for name in item.names if not set(search_tokens(name)) <= question.weights.keys())
        names.update(dict.fromkeys(new))
    if not names:
        return ""
    rest = [word for word in question.words if not set(search_tokens(word)) <= ranked[0].tokens | ranked[0].around]
    return " ".join([*list(names)[:most], *rest])


def _weighed(question: AskedQuestion, passage: Passage) -> Iterator[Evidence]:
    """Yield the sentences of a passage that say something: headings by themselves do not."""
    headings = frozenset(search_tokens(" ".join((passage.title, *passage.headings))))
    before: deque[frozenset[str]] = deque(maxlen=_LINES_BEFORE)
    for start, end in sentences(passage.text, passage.language):
        text = passage.text[start:end]
        tokens = frozenset(search_tokens(text))
        around = headings.union(*before)
        before.append(tokens)
        if tokens <= headings:
            continue
        yield Evidence(
            passage=passage,
            start=passage.start + start,
            end=passage.start + end,
            text=text,
            tokens=tokens,
            around=around,
            coverage=question.coverage(tokens, around),
            fits=question.fits(text),
            names=frozenset(name for name in _NAME.findall(text) if not _NO_NAME.match(name)),
        )


def _chosen(question: AskedQuestion, *evidence: Evidence) -> Chosen:
    tokens = frozenset().union(*(item.tokens for item in evidence))
    around = frozenset().union(*(item.around for item in evidence))
    return Chosen(
        evidence,
        coverage=question.coverage(tokens, around),
        missing=_missing(question, *evidence),
    )


def _missing(question: AskedQuestion, *evidence: Evidence) -> float:
    """Return the part of the question's names, 0 to 1, that sentences and what is around them do not hold.

    A code must stand somewhere in their passages: without it these are about something else.
    """
    if question.lacks_code(" ".join(f"{item.passage.text} {item.passage.title}" for item in evidence)):
        return 1.0
    return question.missing(frozenset().union(*(item.tokens | item.around for item in evidence)))


def _shared_names(one: Evidence, other: Evidence, question: AskedQuestion) -> list[str]:
    """Return the names that two sentences share and the question does not hold."""
    return [name for name in one.names & other.names if not set(search_tokens(name)) <= question.weights.keys()]


def _parallel(one: Evidence, other: Evidence) -> bool:
    """Tell whether sentences of two documents are alike: the same said of two things."""
    shared = len(one.tokens & other.tokens)
    return (
        one.passage.document != other.passage.document and shared >= 2 and shared * 2 >= len(one.tokens | other.tokens)
    )
