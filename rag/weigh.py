"""From a question to what the documents hold for it: passages, their best sentences, and candidates for the answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Protocol

from knowledge.embed import Embedder
from knowledge.language import search_tokens
from rag.candidates import Candidate, candidate, candidates, same
from rag.cells import answering_cell, cells, line_cell
from rag.cite import unmarked
from rag.confidence import confidence, judged
from rag.evidence import Chosen, Evidence, choose_evidence, follow_up, is_row, rank_evidence
from rag.exact import Exact
from rag.polar import is_polar
from rag.prompts import NO_ANSWER
from rag.question import AskedQuestion
from rag.reader import Span
from rag.records import Passage
from rag.rivals import Rivals

HITS = 8
"""Hits whose sentences are weighed as evidence."""
_BRIDGED = 4
"""New hits of the second search, which the names in the first one's best sentences lead to."""
_COVERED = 0.9
"""A sentence that holds this part of the question leaves nothing to search on for."""
_READ = 5
"""Passages that the reader reads of a search …"""
_READ_CHARACTERS = 2500
"""… and more, while they have no more characters than this together."""
_SURE = 0.6
"""A candidate this sure needs no second search."""

_MARK_UP = 0.1
"""What is added to the probability by words on tables and pairs of sentences, of which the reader knows less."""
_HALF = 0.5
"""A candidate of the kind that is asked for is taken before one that is not, unless it is less than so much as sure."""

_WORTH = 0.1
"""What is less sure is no alternative."""
_ALTERNATIVES = 2
_PLAIN_WORDS = {"en": 0.44}
"""Sentences that are this likely to answer by their words may answer where the reader finds nothing. Chinese ones
mislead too often."""
_NEARLY = 0.15
"""How much less of a question a current document may hold than one that is out of date …"""
_CURRENT = 0.35
"""… and how sure its answer must be, to come first; both given by hand."""
_UNSAID = 0.5
"""A row that leaves this part of a question unsaid has no column for what is asked."""
_SILENT = 0.2
"""How sure a row is that names what is asked about, and has no column for what is asked; given by hand."""
_MISSED = 0.35
"""The probability that they do, which is what the reader must fall below; on held-out questions 4 of 10."""

Search = Callable[[str, int], Sequence[Passage]]
"""From a question and a number of hits to passages, best first, numbered from 1."""


class SpanReader(Protocol):
    """What finds answers in passages of one language.

    ``read`` returns spans of the passages given, best score first; scores of one question compare across passages.
    """

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """Return spans that may answer."""
        ...


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the documents hold for a question."""

    passages: tuple[Passage, ...]
    """Those with the best answers first, numbered from 1."""
    ranked: tuple[Evidence, ...]
    """Their sentences, best first."""
    chosen: Chosen | None
    """The sentences that answer by their words, without a reader."""
    found: tuple[Candidate, ...]
    """What may be the short answer, the surest first; empty where no reader reads the question's language."""
    cell: Candidate | None = None
    """The cell that answers, where what was chosen is a row that tells its columns."""
    silent: bool = False
    """What was chosen is such a row, and none of its columns is what is asked for."""


@dataclass(frozen=True, slots=True)
class Best:
    """What answers best."""

    evidence: tuple[Evidence, ...]
    """The sentence, or two that a name joins; the last holds the answer."""
    candidate: Candidate | None
    """The reader's span in them, or a row's cell; None where there is none."""
    sure: float
    """0 to 1: how likely they answer."""
    steps: bool = False
    """Whether the evidence is all that is to be said: the steps of what is asked how to do."""

    @property
    def short(self) -> str:
        """The answer in the fewest words, or ""."""
        return self.candidate.short if self.candidate else ""


def best_of(weighed: Weighed, language: str) -> Best | None:
    """Return what answers best; None where nothing was found.

    The reader was taught on prose, so it decides there. Rows of tables, and sentences of two documents that answer
    together, are chosen by the words of the question that they hold.
    """
    chosen, first = weighed.chosen, next((one for one in weighed.found if not one.empty), None)
    if chosen is None:
        return None
    if first is not None and not first.fits:
        # A price is asked for, and the span is none.
        others = (one for one in weighed.found if one.fits and not one.empty and one.sure >= _HALF * first.sure)
        first = next(others, first)
    words = confidence(chosen, language)
    # What by its words is a row, and does not hold what is asked for, gives way to a span that does.
    decides = first is not None and (
        not _beyond_prose(chosen) or first.sure >= words + _MARK_UP or (first.fits and not chosen.evidence[-1].fits)
    )
    missed = first is not None and first.sure < _MISSED and _told_in_words(weighed, words, language)
    if first is not None and decides and not missed and not is_row(first.evidence):
        return Best((first.evidence,), first, round(first.sure, 4))
    last = chosen.evidence[-1]
    inside = next((one for one in weighed.found if one.evidence.place == last.place), None)
    # Of rows the reader knows less.
    told = _MISSED if missed and weighed.cell is None else words + (_MARK_UP if first else 0.0)
    told = min(told, _SILENT) if weighed.silent else told
    sure = round(min(1.0, max(0.0, told, inside.sure if inside and inside.fits else 0.0)), 4)
    if weighed.cell is not None:
        row = weighed.cell.evidence.place
        return Best(tuple(sorted(chosen.evidence, key=lambda item: item.place == row)), weighed.cell, sure)
    if inside is not None and cells(last.text, last.head):
        # In a row the reader finds odd words; but it reads labels that are not in the question's language.
        told = inside.sure >= _HALF or (language == "zh" and inside.fits)
        inside = inside if told and " | " not in inside.short else None
    return Best(chosen.evidence, None if inside is None or inside.empty else inside, sure)


def _labels(item: Evidence) -> tuple[str, ...]:
    alone = line_cell(item.text)
    return (alone.label,) if alone else tuple(cell.label for cell in cells(item.text, item.head))


def _cell(asked: AskedQuestion, chosen: Chosen | None, embedder: Embedder) -> Candidate | None:
    """Return the cell that answers, of the row that was chosen or of the one that another sentence leads to.

    Of two rows of one table none is: they are compared.
    """
    labels = [(item, _labels(item)) for item in chosen.evidence] if chosen else []
    rows = [item for item, found in labels if found]
    if chosen is None or not rows or len({found for _, found in labels if found}) < len(rows):
        return None
    row = rows[-1]
    told = {token for item in chosen.evidence if item is not row for token in item.tokens}
    about = row.around.difference(search_tokens(row.head))
    cell = answering_cell(asked, row.text, embedder, head=row.head, told=told, about=about)
    alone = len(chosen.evidence) == 1 or (asked.language == "zh" and row is chosen.evidence[-1])
    if cell is None or not (cell.said or (alone and not _unsaid(asked, row))):
        return None
    return candidate(asked, row, row.start + cell.start, row.start + cell.end, chosen)


def _is_silent(asked: AskedQuestion, chosen: Chosen | None, cell: Candidate | None) -> bool:
    """Tell whether a row says nothing of what is asked of the thing that it names: "the salary of Ann Bell"."""
    if chosen is None or cell is not None or len(chosen.evidence) > 1 or asked.language != "en":
        return False
    row = chosen.evidence[0]
    if len(_labels(row)) < 2 or is_polar(asked.text, asked.language):
        return False
    return _unsaid(asked, row)


def _unsaid(asked: AskedQuestion, row: Evidence) -> bool:
    """Tell whether a row and what stands above it leave most of what an English question says unsaid, names apart."""
    asks = {token: weight for token, weight in asked.weights.items() if token not in asked.names}
    unsaid = sum(weight for token, weight in asks.items() if token not in row.tokens | row.around)
    return asked.language == "en" and bool(asks) and unsaid >= _UNSAID * sum(asks.values())


def _leads_astray(chosen: Chosen, cell: Candidate | None) -> bool:
    """Tell whether a sentence leads to a row of which no cell is asked for: they share a name, and no more."""
    rows = {_labels(item) for item in chosen.evidence if _labels(item)}
    alike = len({_labels(item) for item in chosen.evidence}) == 1
    return len(chosen.evidence) > 1 and bool(rows) and not alike and cell is None


def _told_in_words(weighed: Weighed, words: float, language: str) -> bool:
    """Tell whether one sentence answers by its words what a reader does not find: it may have missed it."""
    chosen = weighed.chosen
    if chosen is None or len(chosen.evidence) > 1 or words < _PLAIN_WORDS.get(language, 1.0):
        return False
    return not any(
        one.rival or one.reply == "none" for one in weighed.found if one.evidence.place == chosen.evidence[0].place
    )


def _beyond_prose(chosen: Chosen) -> bool:
    return any(map(is_row, chosen.evidence))


def alternatives(short: str, evidence: Sequence[Evidence], found: Sequence[Candidate]) -> list[Candidate]:
    """Return what else may answer, in other words and in other sentences than an answer's, the surest first.

    Parameters
    ----------
    short, evidence
        The answer and its sentences.
    found
        The surest first.
    """
    others: list[Candidate] = []

    def told(one: Candidate) -> bool:
        """Tell whether a quote of the answer holds it, which may be wider than its own sentence."""
        document, start, end = one.place
        return any(item.place[0] == document and item.start <= start and end <= item.end for item in evidence)

    exact = Exact.of(short)
    whole = min((one.missing for one in found if told(one)), default=1.0)
    for one in found if short else ():
        worth = one.fits and not one.empty and not one.asks and one.sure >= _WORTH and not told(one)
        # Another name of the question, or another kind of value, is no other answer to it.
        worth = worth and one.missing <= whole and not is_row(one.evidence) and exact.of_kind(Exact.of(one.short))
        if worth and not any(same(one.short, said) for said in (short, *(other.short for other in others))):
            others.append(one)
    return others[:_ALTERNATIVES]


def replied(weighed: Weighed, reply: str, language: str) -> Weighed:
    """Return what the documents hold when a chat model's reply about them is taken into account, too."""
    said = unmarked(reply)
    if not said:
        return weighed
    none = said.strip(".").upper() == NO_ANSWER

    def heard(one: Candidate) -> Candidate:
        return replace(one, reply="none" if none else "same" if same(one.short, said) else "other")

    return replace(weighed, found=tuple(judged(list(map(heard, weighed.found)), language)))


class Weigher:
    """Gathers passages and weighs what they hold.

    Parameters
    ----------
    embedder
        For weighing sentences against the question.
    readers
        By language; a language without one is answered by whole sentences.
    """

    def __init__(self, embedder: Embedder, readers: Mapping[str, SpanReader]) -> None:
        self._embedder = embedder
        self._readers = readers

    def weigh(
        self,
        asked: AskedQuestion,
        search: Search,
        rivals: Rivals | None = None,
        *,
        outdated: Collection[str] = (),
    ) -> Weighed:
        """Search, weigh, and where names in the best sentences lead on, search for them.

        Parameters
        ----------
        outdated
            The ids of documents that give way to others which answer nearly as well.
        """
        passages = list(search(asked.text, HITS))
        ranked, spans = self._rank(asked, passages)
        chosen, found = _judged(asked, ranked, spans, rivals)
        if (not found or found[0].sure < _SURE) and ranked and ranked[0].coverage < _COVERED:
            more = self._bridged(asked, ranked, passages, search)
            more_ranked, more_spans = self._rank(asked, more)
            ranked = sorted(ranked + more_ranked, key=lambda item: -item.score)
            spans += [replace(span, passage=span.passage + len(passages)) for span in more_spans]
            passages += more
            chosen, found = _judged(asked, ranked, spans, rivals)
        if outdated:
            chosen, found = _of_today(asked, ranked, chosen, found, outdated)
        cell = _cell(asked, chosen, self._embedder)
        # Labels in another language than the question's cannot tell.
        if chosen is not None and asked.language == "en" and _leads_astray(chosen, cell):
            alone = [item for item in (*chosen.evidence, ranked[0]) if not _labels(item)] or ranked[:1]
            chosen = choose_evidence(asked, [max(alone, key=lambda item: (item.coverage, item.score))])
            found = judged(candidates(asked, spans, ranked, chosen, rivals), asked.language)
            cell = _cell(asked, chosen, self._embedder)
        silent = _is_silent(asked, chosen, cell)
        return replace(_renumbered(passages, ranked, chosen, found, cell), silent=silent)

    def _bridged(
        self, asked: AskedQuestion, ranked: Sequence[Evidence], passages: Sequence[Passage], search: Search
    ) -> list[Passage]:
        """Return passages that names in the best sentences lead to, numbered behind those that are there."""
        next_search = follow_up(asked, ranked)
        if not next_search:
            return []
        others = search(next_search, HITS + _BRIDGED)
        new = [passage for passage in others if not any(_overlap(passage, old) for old in passages)][:_BRIDGED]
        return [replace(passage, number=number) for number, passage in enumerate(new, len(passages) + 1)]

    def _rank(self, asked: AskedQuestion, passages: Sequence[Passage]) -> tuple[list[Evidence], list[Span]]:
        reader = self._readers.get(asked.language)
        spans = reader.read(asked.text, passages[: _worth_reading(passages)]) if reader else []
        places = [(passages[s.passage].document, passages[s.passage].start + s.start) for s in spans]
        return rank_evidence(asked, passages, embedder=self._embedder, places=places), spans


def _of_today(
    asked: AskedQuestion,
    ranked: Sequence[Evidence],
    chosen: Chosen | None,
    found: Sequence[Candidate],
    outdated: Collection[str],
) -> tuple[Chosen | None, list[Candidate]]:
    """Return what was chosen and found with what is out of date behind what answers nearly as well."""
    current = choose_evidence(asked, [item for item in ranked if item.passage.document not in outdated])
    old = chosen is not None and any(item.passage.document in outdated for item in chosen.evidence)
    if chosen is not None and old and current is not None and current.value >= chosen.value - _NEARLY:
        chosen = current
    last = [one for one in found if one.evidence.passage.document in outdated]
    first = [one for one in found if one.evidence.passage.document not in outdated]
    worth = bool(first) and first[0].fits and first[0].sure >= _CURRENT
    return chosen, [*first, *last] if worth else list(found)


def _judged(
    asked: AskedQuestion, ranked: Sequence[Evidence], spans: Sequence[Span], rivals: Rivals | None
) -> tuple[Chosen | None, list[Candidate]]:
    chosen = choose_evidence(asked, ranked)
    return chosen, judged(candidates(asked, spans, ranked, chosen, rivals), asked.language)


def _worth_reading(passages: Sequence[Passage]) -> int:
    characters = accumulate(len(passage.text) for passage in passages)
    return max(_READ, sum(count <= _READ_CHARACTERS for count in characters))


def _overlap(one: Passage, other: Passage) -> bool:
    return one.document == other.document and one.start < other.end and other.start < one.end


def _renumbered(
    passages: Sequence[Passage],
    ranked: Sequence[Evidence],
    chosen: Chosen | None,
    found: Sequence[Candidate],
    cell: Candidate | None,
) -> Weighed:
    """Put the passages that hold the best answers first, and number them anew."""
    by_number = {passage.number: passage for passage in passages}
    best = [one.evidence.passage.number for one in found[:1]]
    order = list(dict.fromkeys([*best, *(item.passage.number for item in ranked), *by_number]))
    new = {old: replace(by_number[old], number=number) for number, old in enumerate(order, 1)}

    def moved(item: Evidence) -> Evidence:
        return replace(item, passage=new[item.passage.number])

    return Weighed(
        tuple(new.values()),
        tuple(map(moved, ranked)),
        replace(chosen, evidence=tuple(map(moved, chosen.evidence))) if chosen else None,
        tuple(replace(one, evidence=moved(one.evidence)) for one in found),
        replace(cell, evidence=moved(cell.evidence)) if cell else None,
    )
