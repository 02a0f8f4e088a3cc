"""The sentences of the retrieved passages, ranked by how well they answer a question."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from knowledge.embed import Embedder
from knowledge.language import HAN, search_tokens, sentences
from rag.cells import cells
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
_LABELLED = re.compile(r"[^|:：]{1,40}[:：] ?[^|]*(?: \| [^|:：]{1,40}[:：] ?[^|]*)+")
"""A row that tells its columns itself ("key: value | key: value"): the rows before it are about other things."""
_ROW = re.compile(r"^[^|:：\n]{1,40}[:：] ?[^|\n]*(?: \| [^|:：\n]{1,40}[:：] ?[^|\n]*){3,}(?<!\s)", re.MULTILINE)
_RULE = re.compile(r"[\s|:=+-]+$")
"""What stands between a table's first row and the others."""
_HEADING = re.compile(r"#{1,6} ")
_SECTION = re.compile(r"(?:#{1,6}|\d{1,2}(?:\.\d{1,2})+\.?) [^\n]{1,80}(?<![.。:：])")
"""A heading within a passage, which may hold the beginning of the next section."""
_MODEL = re.compile(r"(?<=\w) (?:[A-Z]{0,3}-?\d+\w*)$")
"""What tells a model of a family of things: "Delta 4" is a Delta."""
_GOES_ON = re.compile(r" ?[\w%]")
"""After a name's number: it counts something ("Delta 4 days"), and tells no model."""
_POINTS_BACK = re.compile(
    r"(?:It|Its|He|She|His|Her|They|Their|This|These|That|Those|Such|Both|All of (?:this|these))\b|.*\b(?:this|these)\b"
    r"|[此该其它他她这那]|上述|因此|由此",
    re.DOTALL,
)
"""A sentence that is not understood without the one before it."""
_STOPS, _CLOSING = tuple(".!?。！？…"), " \n\"'”’)）」》"
_FEW = 12
"""A line of fewer search tokens that does not end as sentences do is an item or a heading."""
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
    head: str = ""
    """The first row of its table, where it is a row of cells without labels."""

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


def rank_evidence(
    question: AskedQuestion,
    passages: Sequence[Passage],
    *,
    embedder: Embedder,
    places: Collection[tuple[str, int]] = (),
) -> list[Evidence]:
    """Return the sentences of ``passages`` (best passage first) that may answer, the best first.

    Parameters
    ----------
    places
        (document, offset into its text): sentences there are weighed in any case.
    """
    wanted: dict[str, list[int]] = {}
    for document, offset in places:
        wanted.setdefault(document, []).append(offset)
    found = [item for passage in passages for item in _weighed(question, passage)]
    found.sort(key=lambda item: -(item.coverage + 0.2 * item.fits - 0.03 * item.passage.number))
    found = found[:_EMBEDDED] + [
        item
        for item in found[_EMBEDDED:]
        if any(item.start <= offset < item.end for offset in wanted.get(item.passage.document, ()))
    ]
    if not found:
        return []
    trust = _COSINE_SHARE[question.language]
    cosines = _cosines(question, found, embedder) if trust else [0.0] * len(found)
    ranked = [
        replace(
            item,
            cosine=cosine,
            score=trust * cosine
            + (1 - trust) * item.coverage
            + _FITTING * item.fits
            - _NAMELESS * _missing(question, item),
        )
        for item, cosine in zip(found, cosines, strict=True)
    ]
    return _whole_rows(sorted(ranked, key=lambda item: -item.score))


def _cosines(question: AskedQuestion, found: Sequence[Evidence], embedder: Embedder) -> list[float]:
    vectors = embedder.embed_passages([f"{item.passage.title}: {item.text}" for item in found])
    cosines: list[float] = (vectors @ embedder.embed_question(question.text)).tolist()
    return cosines


def choose_evidence(question: AskedQuestion, ranked: Sequence[Evidence]) -> Chosen | None:
    """Return the best sentence, or two that answer together; None when there is no sentence.

    Some questions need two places: "Whose extension …?" is answered by who it is, and by that person's row in a
    directory. Two sentences are joined when both hold a name that the question does not, or when two documents say the
    same of two things (a comparison); they are preferred to the best single one when together they hold clearly more of
    the question. Of a table one of whose rows the question names, no other row is taken.
    """
    if not ranked:
        return None
    named = {item.place: _named_in(question, item) for item in ranked}
    tables = {table for item in ranked if named[item.place] for table in [_table(item)]}
    ranked = [item for item in ranked if named[item.place] or _table(item) not in tables]
    best = _chosen(question, ranked[0])
    to_beat = best.value + _PAIR_GAIN
    for one, other in combinations(ranked, 2):
        names = _shared_names(one, other, question)
        if not (names or _parallel(one, other)):
            continue
        # The one that holds what is asked for comes last; where both do, the one that says less of the question.
        pair = _chosen(question, *sorted((one, other), key=lambda item: (item.fits, -item.coverage)))
        if question.counted and question.counted.isdisjoint(pair.evidence[-1].tokens):
            # Where people are counted, a sentence without people tells no number of them.
            continue
        # A row or a sentence is about what it names first: among rows that hold a name, the person's own one wins.
        last = pair.evidence[-1].text
        places = [last.index(name) / len(last) for name in names if name in last]
        value = pair.value - _LATE * min(places, default=0.0)
        if value > to_beat:
            best, to_beat = pair, value
    return best


def _table(item: Evidence) -> tuple[str, ...]:
    """Return what the rows of a table have in common: the document and the column names; () for what is no row."""
    found = cells(item.text)
    return (item.passage.document, *(cell.label for cell in found)) if len(found) > 1 else ()


def _named_in(question: AskedQuestion, item: Evidence) -> bool:
    """Tell whether a cell of a row is a name of the question, all of it."""
    if not question.names or not _table(item):
        return False
    values = (frozenset(search_tokens(cell.value)) for cell in cells(item.text))
    return any(value and value <= question.weights.keys() and not value.isdisjoint(question.names) for value in values)


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
    section: frozenset[str] = frozenset()
    head = ""
    for start, end in sentences(passage.text, passage.language):
        text = passage.text[start:end]
        tokens, labelled = frozenset(search_tokens(text)), _LABELLED.match(text) is not None
        around = headings.union(section, *before)
        if _SECTION.fullmatch(text):
            section = tokens
        if not labelled:
            # A row is about what stands above its table, and says nothing of other rows.
            before.append(tokens)
        is_cells = " | " in text and not labelled
        if is_cells and head:
            around |= frozenset(search_tokens(head))
        if not (tokens <= headings or _HEADING.match(text) or _says_no_more(question, text, tokens)):
            yield replace(_evidence(question, passage, start, end, tokens, around), head=head if is_cells else "")
        head = (head or text) if is_cells else head if _RULE.match(text) else ""


def _whole_rows(ranked: Sequence[Evidence]) -> list[Evidence]:
    """Return sentences, where one is a piece of a row the whole row, each row once, at the place of its best piece."""
    found: dict[tuple[str, int, int], Evidence] = {}
    for item in ranked:
        text, here = item.passage.text, item.start - item.passage.start
        row = next((match for match in _ROW.finditer(text) if match.start() <= here < match.end()), None)
        if row is not None:
            start, end = (item.passage.start + at for at in row.span())
            item = replace(item, start=start, end=end, text=row.group())
        kept = found.setdefault(item.place, item)
        found[item.place] = replace(kept, tokens=kept.tokens | item.tokens, names=kept.names | item.names)
    return list(found.values())


def _says_no_more(question: AskedQuestion, text: str, tokens: frozenset[str]) -> bool:
    """Tell whether a line is but words of the question, such as a term in a glossary: what follows it answers."""
    return tokens <= question.weights.keys() and " | " not in text and not text.rstrip(_CLOSING).endswith(_STOPS)


def evidence_at(question: AskedQuestion, passage: Passage, start: int, end: int) -> Evidence:
    """Return a stretch of a passage's text, half-open offsets, as evidence."""
    headings = frozenset(search_tokens(" ".join((passage.title, *passage.headings))))
    return _evidence(question, passage, start, end, frozenset(search_tokens(passage.text[start:end])), headings)


def is_row(item: Evidence) -> bool:
    """Tell whether it is no prose: a table's row, or a short line that does not end as sentences do."""
    ends = item.text.rstrip(_CLOSING).endswith(_STOPS)
    return " | " in item.text or (not ends and len(item.tokens) < _FEW)


def in_context(question: AskedQuestion, item: Evidence, *, more: bool) -> Evidence:
    """Return a sentence together with the one before it, where it points back ("This set the stage …").

    Parameters
    ----------
    more
        Whether another one comes along in any case: the one before or after it that holds more of the question.
    """
    passage = item.passage
    text, here = passage.text, item.start - passage.start
    places = sentences(text, passage.language)
    at = next((number for number, (start, _) in enumerate(places) if start == here), None)
    if at is None or is_row(item):
        return item
    start, end = places[at]
    before = places[at - 1] if at and _one_paragraph(text[places[at - 1][1] : start]) else None
    after = places[at + 1] if at + 1 < len(places) and _one_paragraph(text[end : places[at + 1][0]]) else None
    back = before is not None and _POINTS_BACK.match(item.text) is not None
    if not back and more:
        wanted = question.weights.keys() - item.tokens

        def gain(place: tuple[int, int] | None) -> int:
            return len(wanted & set(search_tokens(text[slice(*place)]))) if place else -1

        back = gain(before) > gain(after)
    if before and back:
        start = before[0]
    elif after and more:
        end = after[1]
    return evidence_at(question, passage, start, end)


def _one_paragraph(gap: str) -> bool:
    return gap.count("\n") < 2


def _evidence(
    question: AskedQuestion, passage: Passage, start: int, end: int, tokens: frozenset[str], around: frozenset[str]
) -> Evidence:
    text = passage.text[start:end]
    return Evidence(
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
    """Return the names that two sentences share and the question does not hold.

    A model and its family are shared too, where one sentence names the one and the other the other.
    """
    shared = set(one.names & other.names)
    for some, others in ((one, other), (other, one)):
        shared |= _families(some) & others.names
    return sorted(name for name in shared if not set(search_tokens(name)) <= question.weights.keys())


def _families(item: Evidence) -> set[str]:
    """Return the families of the models that a sentence names."""
    return {
        _MODEL.sub("", name)
        for name in item.names
        if _MODEL.search(name) and not _GOES_ON.match(item.text, item.text.index(name) + len(name))
    }


def _parallel(one: Evidence, other: Evidence) -> bool:
    """Tell whether sentences of two documents are alike: the same said of two things."""
    shared = len(one.tokens & other.tokens)
    return (
        one.passage.document != other.passage.document and shared >= 2 and shared * 2 >= len(one.tokens | other.tokens)
    )
