"""Cuts a Chinese sentence into what its rules go by: names and values as wholes, the words between them, clauses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.extract.candidate import Candidate
from knowledge.extract.chinese.words import Word, segment, text_of, word_list, words_of
from knowledge.types import NAME, VALUES

if TYPE_CHECKING:
    from spacy.tokens import Doc

_QUOTES = frozenset("《》「」“”『』\"'‘’〈〉")
_OPEN, _CLOSE = frozenset("（([［【"), frozenset("）)]］】")
_CLAUSE_END = frozenset("，,；;：:。！？!?…—")
_JOIN = frozenset(["、", "以及", "及", "和", "与", "跟", "同", "或", "暨"])
_WEAK_JOIN = frozenset(["和", "与", "跟", "同", "及"])
"""Also prepositions: "X与Y相邻"."""
_LONGEST_SENTENCE = 400
"""Units; what goes on longer is no sentence but a table or a list."""


class Unit(NamedTuple):
    """A name or value, several of them joined by "and", or a word."""

    text: str
    tag: str
    start: int
    end: int
    """Half-open character offsets into the text that was searched."""
    items: tuple[Candidate, ...] = ()

    @property
    def named(self) -> bool:
        """Whether it names something."""
        return bool(self.items) and self.items[0].type not in VALUES

    @property
    def kind(self) -> str:
        """The type of a name or value; empty for a word."""
        return self.items[0].type if self.items else ""


class Aside(NamedTuple):
    """What stands in brackets."""

    at: int
    """Index among the sentence's units of what follows the brackets."""
    units: list[Unit]


class Verb(NamedTuple):
    """One way to use a verb."""

    form: str
    subject: frozenset[str]
    object: frozenset[str]
    loose: bool = False
    """The object may be the first part of a longer phrase."""
    agent: bool = False
    """May stand behind its agent with its object left out."""
    middle: bool = False
    """What is its object elsewhere may be its subject: "学校成立"."""
    naming: bool = False
    """Gives a name: "更名为"."""
    strict: bool = False
    """A light verb: only where subject, verb and object stand side by side."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The word lists for relations."""

    verbs: dict[str, tuple[Verb, ...]]
    longest: int
    """Characters of the longest verb."""
    sets: dict[str, frozenset[str]]
    predicates: frozenset[str]
    """Every verb and verbal phrase."""
    firsts: frozenset[str]
    """Their first characters."""

    def has(self, group: str, word: str) -> bool:
        """Tell whether a word belongs to a group of words."""
        return word in self.sets[group]


@cache
def lexicon() -> Lexicon:
    """Return the word lists of ``relations.toml``."""
    data = word_list("relations")
    verbs: dict[str, list[Verb]] = {}
    for row in data["verbs"]:
        for word in row["words"]:
            verbs.setdefault(word, []).append(_verb(word, row))
    sets = {}
    for table in ("topic", "clause", "nouns", "general"):
        for group, words in data[table].items():
            sets[group] = frozenset(words.split() if isinstance(words, str) else words)
    predicates = frozenset(verbs) | sets["joint"] | sets["role_verbs"]
    return Lexicon(
        verbs={word: tuple(rows) for word, rows in verbs.items()},
        longest=max(map(len, predicates)),
        sets=sets,
        predicates=predicates,
        firsts=frozenset(word[0] for word in predicates),
    )


def _verb(word: str, row: dict[str, Any]) -> Verb:
    return Verb(
        form=row.get("form", word),
        subject=frozenset([*row["subject"], NAME]),
        object=frozenset([*row["object"], *([] if VALUES.issuperset(row["object"]) else [NAME])]),
        loose=row.get("loose", False),
        agent=row.get("agent", False),
        middle=row.get("middle", False),
        naming=row.get("naming", False),
        strict=row.get("strict", False),
    )


@dataclass(slots=True)
class Words:
    """A text's words and candidates, for cutting sentences out of it."""

    doc: Doc
    candidates: list[Candidate]
    text: str = ""
    _starts: list[int] = field(default_factory=list)
    _tokens: list[Word] = field(default_factory=list)
    _candidate_starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = text_of(self.doc)
        self._tokens = words_of(self.doc)
        self._starts = [token.start for token in self._tokens]
        self.candidates = sorted(self.candidates, key=lambda c: (c.start, -c.end))
        self._candidate_starts = [c.start for c in self.candidates]

    def units(self, start: int, end: int) -> list[Unit]:
        """Return the units of a stretch of text; white space is left out."""
        found: list[Unit] = []
        at = start
        first = bisect_left(self._candidate_starts, start)
        for i in range(first, bisect_left(self._candidate_starts, end)):
            candidate = self.candidates[i]
            if candidate.start < at or candidate.end > end:
                continue
            found.extend(self._between(at, candidate.start))
            text = self.text[candidate.start : candidate.end]
            found.append(Unit(text, "", candidate.start, candidate.end, (candidate,)))
            at = candidate.end
        found.extend(self._between(at, end))
        return found

    def _between(self, start: int, end: int) -> Iterator[Unit]:
        """Yield words; what a name's edge cuts out of a word is segmented anew."""
        if start >= end:
            return
        i = max(0, bisect_right(self._starts, start) - 1)
        while i < len(self._tokens) and self._starts[i] < end:
            word, tag, begin, stop = self._tokens[i]
            i += 1
            a, b = max(begin, start), min(stop, end)
            if a >= b or word.isspace():
                continue
            if (a, b) == (begin, stop):
                yield Unit(word, tag, a, b)
                continue
            for piece, new in segment(word[a - begin : b - begin]):
                if not piece.isspace():
                    yield Unit(piece, new, a, a + len(piece))
                a += len(piece)


def clauses(units: Sequence[Unit]) -> tuple[list[list[Unit]], list[tuple[Unit, list[Unit]]]]:
    """Return a sentence's clauses without quotation marks and brackets, and what stood in brackets after which name."""
    if len(units) > _LONGEST_SENTENCE:
        units = units[:_LONGEST_SENTENCE]
    main, asides = _without_asides([unit for unit in units if unit.items or unit.text not in _QUOTES])
    after = [(main[aside.at - 1], aside.units) for aside in asides if aside.at and main[aside.at - 1].items]
    found: list[list[Unit]] = [[]]
    joined = _joined(main)
    for i, unit in enumerate(joined):
        if (not unit.items and unit.text == "、" and _starts_clause(joined, i)) or (
            not unit.items and unit.text[0] in _CLAUSE_END and not _label(joined, i)
        ):
            found.append([])
        elif unit.items or unit.text[0] not in _CLAUSE_END:
            found[-1].append(unit)
    return [clause for clause in found if clause], after


def _starts_clause(units: list[Unit], at: int) -> bool:
    """Tell whether a comma for lists stands between a noun and a verb: "政治家、曾任总理"."""
    if not 0 < at < len(units) - 1:
        return False
    before, after = units[at - 1], units[at + 1]
    return (
        not after.items
        and (after.tag == "d" or (after.tag == "v" and len(after.text) > 1))
        and not before.items
        and before.tag[:1] == "n"
    )


def _label(units: list[Unit], at: int) -> bool:
    """Tell whether a colon stands between a noun and its value: "注册资本：5000万元"."""
    return units[at].text in "：:" and 0 < at < len(units) - 1 and units[at + 1].kind in VALUES


def _without_asides(units: list[Unit]) -> tuple[list[Unit], list[Aside]]:
    main: list[Unit] = []
    asides: list[Aside] = []
    inside: list[Unit] | None = None
    for unit in units:
        if not unit.items and unit.text in _OPEN and inside is None:
            inside = []
        elif not unit.items and unit.text in _CLOSE:
            if inside is not None:
                asides.append(Aside(len(main), inside))
            inside = None
        elif inside is None:
            main.append(unit)
        else:
            inside.append(unit)
    return main, asides


def _joined(units: list[Unit]) -> list[Unit]:
    """Put names that "and" joins into one unit."""
    found: list[Unit] = []
    i = 0
    while i < len(units):
        unit = units[i]
        i += 1
        while unit.named and i < len(units):
            step = _next_of_group(units, i, unit)
            if not step:
                break
            other = units[i + step - 1]
            unit = Unit(f"{unit.text}、{other.text}", "", unit.start, other.end, (*unit.items, *other.items))
            i += step
        found.append(unit)
    return found


def _next_of_group(units: list[Unit], at: int, unit: Unit) -> int:
    """Return how many units from ``at`` on lead to another name of the same group, or 0."""
    step = 0
    while step < 2 and at + step < len(units) and not units[at + step].items and units[at + step].text in _JOIN:
        step += 1
    if at + step >= len(units) or not units[at + step].named:
        return 0
    other = units[at + step]
    if step == 0:
        taxa = unit.text[-1] in "科目纲属" and other.text[-1] in "科目纲属" and unit.kind == NAME
        return 1 if unit.kind == other.kind and (taxa or unit.kind in ("WORK", "PERSON")) else 0
    if units[at].text in _WEAK_JOIN and _joint_follows(units, at + step + 1):
        return 0
    same = unit.items[-1].type == other.kind or NAME in (unit.items[-1].type, other.kind)
    return step + 1 if same or {unit.items[-1].type, other.kind} == {"PERSON", "ORG"} else 0


def _joint_follows(units: list[Unit], at: int) -> bool:
    """Tell whether a verb follows that takes its partner with a preposition: "X与Y相邻"."""
    for unit in units[at : at + 6]:
        if unit.items and unit.kind not in VALUES:
            return False
        if lexicon().has("joint", unit.text):
            return True
        if not unit.items and unit.text[0] in _CLAUSE_END:
            return False
    return False
