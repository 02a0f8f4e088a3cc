"""Candidates for the short answer: spans that a reader found, each with the sentence that it stands in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.language import search_tokens
from rag.evidence import Chosen, Evidence, is_row
from rag.exact import Exact, is_negated
from rag.question import AskedQuestion
from rag.reader import Span
from rag.records import Passage
from rag.rivals import Rivals

_SAME_SCORE = -3.0
"""A span that scores less than this does not speak for the same answer elsewhere."""
MOST_AGREE = 3
"""Up to which documents that agree, or should, are counted."""
_NEARLY = 0.7
_RANGE = re.compile(r"(?<=[\w°%])\s*(?:to|–|~|至|到)\s*[+-]?\d[\d.,]*(?:\s?[^\W\d]{1,3}(?!\w)|\s?[°%]\w?)?")
"""What a number goes on with that begins a range: "0.5 m to 40 m"."""
_PART = re.compile(r"[^|\s](?:[^|]*[^|\s])?")
_HAPPENED = re.compile(r"\b(?:was|were|did)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:when|whenever|if|unless|in case)\b(?:(?!\b(?:was|were|had|did|could|\w+ed)\b)[^.;:!?]){3,120}$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_OR = re.compile(r"\bor\b|还是", re.IGNORECASE)
_ASKS = re.compile(r"^(?:什么|怎么|怎样|如何|多少|谁|哪|为何|几|which|what|who|how|why|when|where)", re.IGNORECASE)
"""What a span begins with that asks, too."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may be the answer."""

    short: str
    evidence: Evidence
    """The sentence that it stands in."""
    start: int
    end: int
    """Half-open character offsets into ``Document.text``."""
    score: float
    """The reader's, against no answer: higher is better."""
    margin: float = 0.0
    """How much better it is than the best span that says something else."""
    agree: int = 0
    """Other documents with a span that says the same."""
    others: int = 0
    """Other documents that hold nearly as much of the question: where there are some, they should agree."""
    chosen: bool = False
    """Whether its sentence is what ``choose_evidence`` chose."""
    coverage: float = 0.0
    """0 to 1: how much of the question its sentence holds, or the pair that was chosen with it."""
    held: float = 0.0
    """0 to 1: how much of the question its passage and title hold."""
    missing: float = 0.0
    """0 to 1: the part of the question's names that its sentence, or the pair, does not hold."""
    echo: float = 0.0
    """0 to 1: the part of its words that the question holds: an answer seldom repeats the question."""
    fits: bool = True
    """Whether the span itself is of the kind that is asked for."""
    asks: bool = False
    """Whether it stands in a question, or is itself a word that asks: questions answer nothing."""
    empty: bool = False
    """Whether it says nothing that the question does not: its sentence may answer, but it does not."""
    rival: bool = False
    """Whether its sentence is about another thing than the question (see ``rag.rivals``)."""
    reply: str = ""
    """What a chat model said beside it: ``same``, ``other``, ``none`` (that the passages do not answer); "" where none
    was asked."""
    sure: float = 0.0
    """0 to 1: how likely it is right (see ``rag.confidence``)."""

    @property
    def place(self) -> tuple[str, int, int]:
        """Document, start and end."""
        return self.evidence.passage.document, self.start, self.end


def candidates(
    asked: AskedQuestion,
    spans: Sequence[Span],
    ranked: Sequence[Evidence],
    chosen: Chosen | None,
    rivals: Rivals | None = None,
) -> list[Candidate]:
    """Return the spans that stand in a sentence of ``ranked``, best score first.

    Parameters
    ----------
    spans
        Of the passages that the evidence is of; ``Span.passage`` is ``Passage.number - 1``.
    rivals
        Of the question; None: no sentence is taken to be about another thing.
    """
    by_passage: dict[int, list[Evidence]] = {}
    for item in ranked:
        by_passage.setdefault(item.passage.number, []).append(item)
    held = {number: _held(asked, items[0].passage) for number, items in by_passage.items()}
    found = []
    for span in spans:
        for item in by_passage.get(span.passage + 1, ()):
            start = item.passage.start + span.start
            if item.start <= start < item.end:
                end = min(item.passage.start + span.end, item.end)
                if is_row(item) and (more := _RANGE.match(item.text, end - item.start)):
                    end = item.start + more.end()
                start, end = _in_one_cell(asked, item, start, end)
                one = candidate(asked, item, start, end, chosen, score=span.score)
                rival = rivals is not None and rivals.in_sentence(item, start, end)
                rival = rival or _of_another_year(asked, item.passage) or _on_a_condition(asked, item, start)
                empty = one.echo >= 1 and _says_nothing(asked, one)
                found.append(replace(one, held=held[item.passage.number], rival=rival, empty=empty))
                break
    found.sort(key=lambda one: -one.score)
    return [_among(one, found) for one in found]


def _of_another_year(asked: AskedQuestion, passage: Passage) -> bool:
    """Tell whether a passage is about other years than the question."""
    wanted = set(_YEAR.findall(asked.text))
    told = set(_YEAR.findall(f"{passage.title} {' '.join(passage.headings)} {passage.text}")) if wanted else set()
    return bool(told) and wanted.isdisjoint(told)


def _on_a_condition(asked: AskedQuestion, item: Evidence, start: int) -> bool:
    """Tell whether a span tells what holds when or if something happens, where the question is about what happened."""
    return _HAPPENED.search(asked.text) is not None and _CONDITION.search(item.text[: start - item.start]) is not None


def _says_nothing(asked: AskedQuestion, one: Candidate) -> bool:
    """Tell whether a span of the question's own words is no answer: in English prose it may be one, and of "A or B" one
    is.
    """
    prose = asked.language == "en" and not is_row(one.evidence) and bool(search_tokens(one.short))
    return not prose and not _OR.search(asked.text)


def _in_one_cell(asked: AskedQuestion, item: Evidence, start: int, end: int) -> tuple[int, int]:
    """Return a span, or of one that goes over several cells of a row the cell that answers best."""
    text = item.text[start - item.start : end - item.start]
    if "|" not in text:
        return start, end
    parts = [(start + part.start(), start + part.end(), part.group()) for part in _PART.finditer(text)]
    if not parts:
        return start, end

    def worth(part: tuple[int, int, str]) -> tuple[bool, bool]:
        # What the span cuts through is no cell.
        whole = item.text[: part[0] - item.start].rstrip().endswith("|") or part[0] == item.start
        return whole, asked.fits(f", {part[2]}")

    first, last, _ = max(parts, key=worth)
    return first, last


def same(one: str, other: str) -> bool:
    """Tell whether two short answers say the same: equal words, or the words of one within the other's.

    Numbers, units, months and "not" must fit, too: "$20" is not "€20", and three days are not thirteen.
    """
    words, others = set(search_tokens(one)), set(search_tokens(other))
    if not words or not others:
        return one.strip().casefold() == other.strip().casefold()
    if not (words <= others or others <= words):
        return False
    short, long = (one, other) if len(words) <= len(others) else (other, one)
    # "3 hours" may be the beginning of "3 hours 42 minutes"; a mere number is not that of "10 - 20".
    begins = long.casefold().startswith(f"{short.casefold()} ") and short[-1:].isalpha() and not is_negated(long)
    return begins or Exact.of(short).may_be(Exact.of(long))


def _held(asked: AskedQuestion, passage: Passage) -> float:
    return asked.coverage(frozenset(search_tokens(f"{passage.title}\n{passage.text}")))


def candidate(
    asked: AskedQuestion, item: Evidence, start: int, end: int, chosen: Chosen | None, *, score: float = 0.0
) -> Candidate:
    """Return a stretch of a sentence as what may answer; the offsets are into ``Document.text``."""
    short = item.text[start - item.start : end - item.start].strip()
    words = set(search_tokens(short))
    in_chosen = chosen is not None and item.place in {other.place for other in chosen.evidence}
    return Candidate(
        short,
        item,
        start,
        end,
        score,
        chosen=in_chosen,
        coverage=chosen.coverage if chosen and in_chosen else item.coverage,
        missing=chosen.missing if chosen and in_chosen else asked.missing(item.tokens | item.around),
        echo=len(words & asked.weights.keys()) / len(words) if words else 1.0,
        # Where a sentence begins, a capital tells no name; in a span it does.
        fits=asked.fits(f", {short}"),
        asks=item.text.rstrip().endswith(("?", "？")) or _ASKS.match(short) is not None,
    )


def _among(one: Candidate, found: Sequence[Candidate]) -> Candidate:
    """Return a candidate with how it stands among the others."""
    best = max((other.score for other in found if not same(one.short, other.short)), default=one.score - 10)
    alike = {
        other.evidence.passage.document for other in found if other.score > _SAME_SCORE and same(one.short, other.short)
    }
    near = {other.evidence.passage.document for other in found if other.held >= _NEARLY * one.held}
    own = {one.evidence.passage.document}
    return replace(
        one,
        margin=one.score - best,
        agree=min(MOST_AGREE, len(alike - own)),
        others=min(MOST_AGREE, len(near - own)),
    )
