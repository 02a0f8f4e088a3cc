"""Finds what Chinese sentences state between names, and of names and values, by words, tags and a lexicon.

No parser: each verb looks left for who does it and right for what it is done to (``chinese_scan``); nouns relate the
names around them (``nouns``). As Chinese drops subjects, a clause without one goes on about the last clause's
subject, and a sentence without one about the document's topic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from knowledge.extract.candidate import Candidate, Statement
from knowledge.extract.chinese import nouns
from knowledge.extract.chinese.attributes import attributes
from knowledge.extract.chinese.events import Event
from knowledge.extract.chinese.measures import AMOUNTS, measures
from knowledge.extract.chinese.scan import Left, look_left, look_right
from knowledge.extract.chinese.subject import Clause, Subject, find_subject, phrase_end, stand_in
from knowledge.extract.chinese.units import Unit, Verb, Words, clauses, lexicon
from knowledge.types import DATE, PLACE

if TYPE_CHECKING:
    from spacy.tokens import Doc

_TOPIC_DROPPED, _INHERITED, _AGAIN = 0.85, 0.9, 0.75
_SHORT = 8
"""Units of a clause that leaves the topic as it is."""
_LEAST = 0.3
_LONGEST_VERB = 4
"""Units."""


def chinese_statements(
    doc: Doc, candidates: Sequence[Candidate], sentences: Sequence[tuple[int, int]], topic: Candidate | None
) -> list[Statement]:
    """Return what the sentences state, in order.

    Parameters
    ----------
    doc
        Made by ``chinese_pipeline``.
    candidates
        Names and values in the text, without overlap.
    sentences
        Half-open character offsets into the text, in order.
    topic
        What the document is about (its key is its name), for pronouns and dropped subjects; its offsets are not
        looked at: as a subject it gets those of the word that stands for it, or of the clause's first word.
    """
    words = Words(doc, list(candidates))
    found: list[Statement] = []
    for start, end in sentences:
        found.extend(_Sentence(words.units(start, end), start, end, topic).read())
    return found


@dataclass(slots=True)
class _Sentence:
    units: list[Unit]
    start: int
    end: int
    topic: Candidate | None
    running: tuple[Candidate, ...] = ()
    """The last clause's subject."""
    weight: float = 1.0
    """How sure that is."""
    pending: list[Candidate] = field(default_factory=list)
    """Dates of a clause that holds nothing else: "1990年，"."""
    noun: str = ""
    """What the last amount was of."""
    named: list[Unit] = field(default_factory=list)
    """The names of the clauses before."""
    said: Statement | None = None
    """The last statement about where something is."""
    found: dict[tuple[int, int, str, int, int], Statement] = field(default_factory=dict)

    def read(self) -> list[Statement]:
        if not any(unit.items for unit in self.units):
            return []
        parts, asides = clauses(self.units)
        if self.topic is not None and parts:
            first = next((part for part in parts if any(not unit.items for unit in part)), parts[0])
            self.running = (stand_in(self.topic, first, 0),)
            self.weight = _TOPIC_DROPPED
        for unit, aside in asides:
            nouns.life_dates(self, unit, aside)
        for clause in parts:
            self.clause(clause)
        return sorted(self.found.values(), key=lambda s: (s.subject.start, s.object.start, s.predicate))

    def add(
        self,
        subjects: Sequence[Candidate],
        predicate: str,
        objects: Sequence[Candidate],
        confidence: float,
        left: Left | None = None,
    ) -> None:
        """Note a statement for each subject and object."""
        if self.topic is not None and objects and objects[0].origin == "topic" and self.about(subjects):
            return
        negated, modality = (left.negated, left.modality) if left else (False, "")
        for s in subjects:
            for o in objects:
                if (
                    (s.start < o.end and o.start < s.end and s.origin != "topic")
                    or not predicate
                    or confidence < _LEAST
                ):
                    continue
                key = (s.start, s.end, predicate, o.start, o.end)
                old = self.found.get(key)
                if old is None or old.confidence < confidence:
                    self.found[key] = Statement(
                        s, predicate, o, self.start, self.end, round(confidence, 3), negated, modality
                    )
                    if o.type == PLACE and predicate[-1] in "于有辖":
                        self.said = self.found[key]

    def about(self, items: Sequence[Candidate]) -> bool:
        """Tell whether one of the names is the topic's."""
        names = {unit.text for unit in self.units if unit.named and any(c in items for c in unit.items)}
        return self.topic is not None and self.topic.key in names

    def clause(self, clause: Clause) -> None:
        """Note what a clause states, and remember its subject for the next one."""
        if clause[0].text in ("据", "根据") and any(u.tag[:1] == "v" and not u.items for u in clause):
            return
        if all(unit.kind == DATE or unit.tag in ("p", "f", "t", "d", "c") for unit in clause):
            self.pending = [unit.items[0] for unit in clause if unit.kind == DATE][:1]
            if len(clause) > 3:
                self.pending = []
            return
        if nouns.description(self, clause):
            return
        clause = self._with_pointers(clause)
        subject = find_subject(clause, self.topic)
        owner = previous = self.running
        if subject is not None:
            owner = subject.owner or (() if subject.explicit else self.running)
            if subject.explicit and not _only_agent(clause, subject):
                self.running = subject.items
            self.weight = 0.95 if subject.items and subject.items[0].origin == "topic" else 1.0
        actual = subject.items if subject is not None and not _only_agent(clause, subject) else self.running
        weight = self.weight if subject is not None else self.weight * _INHERITED
        if subject is not None and subject.items and subject.end > len(clause):
            actual = ()
        nouns.appositions(self, clause, previous)
        measures(self, clause, actual, owner, weight)
        nouns.copulas(self, clause, subject, actual, owner, weight)
        self.examples(clause)
        attributes(self, clause, subject, owner, weight)
        agents = subject is not None and _only_agent(clause, subject)
        self.events(clause, None if agents else subject, actual, weight)
        for unit in clause:
            if unit.named:
                self.named.append(unit)
        if (subject is not None and not subject.items) or clause[0].text in lexicon().sets["kin"]:
            # "X的收入为5亿元，…" goes on about X; "X的父亲为…，…" need not.
            self.running = owner if any(unit.kind in AMOUNTS for unit in clause) else self._again(clause)
        self.pending = []

    def _again(self, clause: Clause) -> tuple[Candidate, ...]:
        """Return the topic, less sure, for the clause after one that is about something without a name."""
        sets = lexicon().sets
        other = any(u.text in sets["kin"] or u.text in sets["roles"] for u in clause)
        if self.topic is None or other or len(clause) > _SHORT:
            return ()
        self.weight = _AGAIN
        return (stand_in(self.topic, clause, 0),)

    def examples(self, clause: Clause) -> None:
        """Note "包括X、Y" for what the clause before has said of a larger place: "分布于Z，包括X、Y"."""
        last = self.said
        self.said = None
        if last is None or len(clause) < 2 or clause[0].text not in lexicon().sets["examples"] or not clause[1].named:
            return
        for unit in clause[1:]:
            if unit.kind == PLACE:
                self.add((last.subject,), last.predicate, unit.items, 0.85 * last.confidence)

    def _with_pointers(self, clause: Clause) -> Clause:
        """Put the organisation that the sentence has just named for "该会" and the like."""
        for i, unit in enumerate(clause[:3]):
            if not unit.items and unit.text[0] in "该此" and 1 < len(unit.text) < 4:
                for earlier in reversed(self.named):
                    if earlier.text.endswith(unit.text[1:]):
                        stand = unit._replace(items=earlier.items)
                        return [*clause[:i], stand, *clause[i + 1 :]]
        return clause

    def events(self, clause: Clause, subject: Subject | None, actual: tuple[Candidate, ...], weight: float) -> None:
        """Note what a clause's verbs state."""
        if clause[0].text in lexicon().sets["examples"]:
            return
        verbs: dict[int, int] = {}
        last: tuple[Candidate, ...] = actual
        first = True
        i = _time_phrase(clause)
        while i < len(clause):
            end, rows = _verb(clause, i)
            if not end:
                i += 1
                continue
            left = look_left(clause, i, subject, verbs)
            right = look_right(clause, end)
            doer = left.subject if left.subject is not None else (last if left.same else actual)
            event = Event(clause, i, end, rows, left, right, doer, actual, weight, first, subject)
            event.note(self)
            if doer and not event.relative_only:
                last = doer
            first = False
            for k in range(i, end):
                verbs[k] = end
            i = end


def _time_phrase(clause: Clause) -> int:
    """Return the index after "在X独立之前" at a clause's start: what it tells is not what the clause is about."""
    at = 0
    while at < len(clause) and not clause[at].items and clause[at].tag in ("c", "d"):
        at += 1
    end = (
        phrase_end(clause, at) if at < len(clause) and clause[at].text in ("在", "当", "自", "从", "直到", "于") else 0
    )
    return end if end and not clause[end - 1].items else 0


def _only_agent(clause: Clause, subject: Subject) -> bool:
    """Tell whether a clause adds who did something to what was told before: "由X导演，Y主演"."""
    if not subject.items or subject.end != len(clause) - 1 or clause[-1].items:
        return False
    return any(verb.agent for verb in lexicon().verbs.get(clause[-1].text, ()))


def _verb(clause: Clause, at: int) -> tuple[int, tuple[Verb, ...]]:
    """Return the index after the verb at ``at`` and its uses in the lexicon (none for a general verb), or 0."""
    words = lexicon()
    if clause[at].items or _noun_of_reason(clause, at):
        return 0, ()
    if clause[at].text[0] in words.firsts:
        text, longest = "", 0
        for size, unit in enumerate(clause[at : at + _LONGEST_VERB], start=1):
            text += unit.text
            if unit.items or len(text) > words.longest:
                break
            if text in words.predicates:
                longest = size
        if longest:
            text = "".join(unit.text for unit in clause[at : at + longest])
            if longest == 1 and not _used_as_verb(clause, at):
                return 0, ()
            return at + longest, words.verbs.get(text, ())
    unit = clause[at]
    if unit.tag in ("v", "vd") and unit.text not in words.sets["light"] and unit.text not in words.sets["modals"]:
        return at + 1, ()
    return 0, ()


def _noun_of_reason(clause: Clause, at: int) -> bool:
    """Tell whether a verb is what something is done for or happened for: "由于经营困难", "为庆祝胜利"."""
    before = clause[at - 1] if at else None
    if before is None or before.items or before.text not in ("由于", "因", "因为", "为", "为了", "以便"):
        return False
    return before.text in ("为了", "以便") or any(unit.text in ("而", "困难", "原因") for unit in clause[at + 1 :])


def _used_as_verb(clause: Clause, at: int) -> bool:
    """Tell a verb from a noun of the same form by what follows."""
    unit = clause[at]
    if unit.tag[:1] not in ("n", "b", "q", "a", "m") or at + 1 == len(clause):
        return True
    following = clause[at + 1]
    return bool(following.items) or following.tag[:1] in ("u", "p", "v", "m", "d") or following.text in ("的", "、")
