"""Reads what a verb in a Chinese clause states: who does it, to what, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.extract.candidate import Candidate
from knowledge.extract.chinese.nouns import Notes, offices
from knowledge.extract.chinese.scan import Left, Right
from knowledge.extract.chinese.subject import Clause, Subject, is_noun, stand_in
from knowledge.extract.chinese.units import Verb, lexicon
from knowledge.extract.chinese.words import in_dictionary
from knowledge.types import DATE, NAME, ORG, PERSON, PLACE, VALUES, WORK

_SURE, _LIKELY, _GENERAL = 0.9, 0.8, 0.66
_AFTER_OBJECT = frozenset(["和", "与", "及", "并", "等", "而", "后", "时", "、"])
_BY = frozenset("由被遭受获经")
_ASPECT = frozenset("了过着著")


@dataclass(slots=True)
class Event:
    """A verb in a clause, with what stands left and right of it."""

    clause: Clause
    at: int
    end: int
    rows: tuple[Verb, ...]
    left: Left
    right: Right
    doer: tuple[Candidate, ...]
    actual: tuple[Candidate, ...]
    weight: float
    first: bool
    subject: Subject | None
    relative_only: bool = False

    @property
    def word(self) -> str:
        """The verb as written."""
        return "".join(unit.text for unit in self.clause[self.at : self.end])

    def note(self, sentence: Notes) -> None:
        """Note what the verb states."""
        words = lexicon()
        if not self.left.certain:
            self.weight *= 0.85
        if self._inside_phrase():
            return
        if self.word in words.sets["joint"] and self.left.partner:
            self._joint(sentence)
            return
        if self.word in words.sets["role_verbs"]:
            offices(sentence, self.clause, self.end, self.doer, self.word, self.weight, self.left)
            return
        if self.left.agent:
            self._passive(sentence)
        elif self.right.relative:
            self._relative(sentence)
        elif self.left.passive and not any(row.naming for row in self.rows):
            self._dates(sentence, self.doer)
        else:
            self._active(sentence)

    def _inside_phrase(self) -> bool:
        """Tell whether verb and object only describe another verb's object: "收购位于Y的工厂", "将位于Y的工厂出售"."""
        right, left = self.right, self.left
        if not right.head or right.relative or right.at + 1 >= len(self.clause) or left.copula:
            return False
        if self.clause[right.at + 1].text != "的" or right.described:
            return False
        moved = left.modality == "将" and self.at > 0 and self.clause[self.at - 1].text == "将"
        return moved or (left.same and not left.certain)

    def _joint(self, sentence: Notes) -> None:
        if self.left.partner and self.doer:
            sentence.add(self.doer, self.word, self.left.partner, 0.85 * self.weight, self.left)
            self._date_values(sentence, self.doer, self.word, 0.8)

    def _passive(self, sentence: Notes) -> None:
        """Note "X由Y创办" and "由Y创办的X" as what Y does to X."""
        self.relative_only = True
        patient = self.doer
        if self.left.same:
            return
        if self.right.relative and not self.left.copula:
            patient = self.right.items
        if self.right.items and not self.right.relative and any(row.naming for row in self.rows):
            sentence.add(self.doer, self._form(), self.right.items, 0.75 * self.weight, self.left)
            return
        if not patient or (patient[0].type in VALUES):
            return
        if not self.right.relative and not self.left.copula and (self.right.noun or self.right.items):
            if self.right.items and self.right.items[0].type not in VALUES and not self.right.head:
                if self.left.agent[0].type != PLACE:
                    sentence.add(self.left.agent, self.word, self.right.items, 0.6 * self.weight, self.left)
                return
            if self.right.noun and not self.right.items:
                return
        word = self.word
        marks = {unit.text for unit in self.clause[self.left.start : self.at] if not unit.items}
        general = not self.rows and ("所" in marks or not marks.isdisjoint(_BY))
        confidence = self._fit(self.left.agent, patient) or (0.6 if general else 0.0)
        if not confidence and word[-1] in "于自":
            word = word[:-1]
            rows = lexicon().verbs.get(word, ())
            confidence = max((_row_fit(row, self.left.agent, patient) for row in rows), default=0.0)
            if confidence and self.right.items and self.right.items[0].type == DATE:
                sentence.add(patient, self.word, self.right.items, confidence * self.weight, self.left)
        if self.left.places and not confidence:
            return
        sentence.add(self.left.agent, word, patient, confidence * self.weight, self.left) if confidence else None
        if confidence:
            self._date_values(sentence, patient, self._form(intransitive=True), 0.8)

    def _relative(self, sentence: Notes) -> None:
        """Note what the verb says in front of the noun that it describes: "Y创办的X"."""
        self.relative_only = True
        if not self.left.copula:
            sentence.pending = []
        agent = self.left.subject
        if agent is None and self._right_behind():
            agent = self.doer
            sentence.running = self.right.items
        before = self.clause[self.left.start - 1] if self.left.start else None
        if agent:
            copula = before is not None and (before.text in lexicon().sets["copulas"] or before.tag in ("m", "q"))
            patient = self.right.items if not (copula and self.right.head) else ()
            patient = patient or (self.actual if copula and self.actual != agent else ())
            mine = not self.right.head or self.right.noun in _kinds() or patient is not self.right.items
            if patient and mine and patient[0].type not in VALUES:
                confidence = self._fit(agent, patient) or (0.0 if self.rows or len(self.word) < 2 else 0.6)
                sentence.add(agent, self.word, patient, confidence * 0.95, self.left) if confidence else None
                self._date_values(sentence, patient, self._form(intransitive=True), 0.7)
            return
        mine = self.left.copula and (self.right.head or not self.right.items)
        if self.right.items and not mine and self.right.items[0].type not in VALUES:
            sentence.pending = []
            self._dates(sentence, self.right.items)
        elif self.left.copula and self.left.subject is None:
            self._dates(sentence, self.doer)

    def _right_behind(self) -> bool:
        """Tell whether the clause begins with who does it: "Y发表的《X》很重要"."""
        begun = self.subject is not None and bool(self.subject.items) and self.first
        return begun and bool(self.right.items) and not self.left.copula and not self.left.passive

    def _active(self, sentence: Notes) -> None:
        right, doer = self.right, self.doer
        if right.described and right.apposed and not any(row.loose for row in self.rows) and not self._begins():
            right.items, right.described, right.head = right.described, (), False
        if right.described and self._place_in_place():
            right.items = (*right.items, *right.described)
        elif right.described and self.left.same and (not self.left.certain or not self.clause[self.at - 1].items):
            doer = right.described
            self.relative_only = True
        elif right.described and (not doer or doer is self.actual) and not self.left.copula and self._describes():
            doer = right.described
            self.weight = 0.9
            self.relative_only = True
        if not doer or (self.word in lexicon().sets["passive"] and self._verb_follows()):
            return
        objects = right.items
        if objects:
            self._object(sentence, doer, objects)
        elif self.rows and any(row.agent for row in self.rows) and doer is not self.actual:
            self._left_out(sentence, doer)
        elif (
            self.rows
            and any(row.agent for row in self.rows)
            and self.end == len(self.clause)
            and doer[0].type == "PERSON"
            and sentence.topic
            and sentence.topic.type == "WORK"
            and doer[0].origin != "topic"
        ):
            sentence.add(doer, self._form(), (stand_in(sentence.topic, self.clause, 0),), 0.75, self.left)
        else:
            self._for_whom(sentence, doer)
        self._dates(sentence, doer)

    def _for_whom(self, sentence: Notes, doer: tuple[Candidate, ...]) -> None:
        """Note "到X给Y讲课": a verb without an object, with whom and where."""
        left = self.left
        if self.rows or not left.certain or len(self.word) < 2 or self.right.noun or doer[0].type in VALUES:
            return
        others = [c for c in left.datives if c.type in (PERSON, ORG, NAME)]
        people = [c for c in others if c.type == PERSON] or others
        sentence.add(doer, self.word, people, _GENERAL * self.weight, left)
        if self.end == len(self.clause):
            sentence.add(doer, self.word + "于", [*left.goals, *left.places], _GENERAL * self.weight, left)

    def _begins(self) -> bool:
        """Tell whether the verb begins a sentence of which nothing is told yet."""
        return self.at == 0 and not self.doer

    def _place_in_place(self) -> bool:
        """Tell whether "Y的X" after the verb is one place: "位于日本的北海道"."""
        right = self.right
        loose = any(row.loose for row in self.rows)
        return bool(loose and self.doer and right.items[0].type == right.described[0].type == PLACE)

    def _describes(self) -> bool:
        """Tell whether verb and object can only describe what follows: the clause says no subject of its own."""
        return (self.left.subject is None and self.left.start == 0) or self.at == 0

    def _verb_follows(self) -> bool:
        """Tell whether "获" and the like stand for "by": "获政府委任"."""
        words = lexicon()
        return any(
            not unit.items
            and (unit.tag[:1] == "v" or unit.text in words.verbs or unit.text in words.sets["role_verbs"])
            for unit in self.clause[self.end :]
        )

    def _left_out(self, sentence: Notes, doer: tuple[Candidate, ...]) -> None:
        if self.actual and self.end == len(self.clause):
            confidence = self._fit(doer, self.actual)
            sentence.add(doer, self.word, self.actual, confidence * self.weight, self.left) if confidence else None

    def _object(self, sentence: Notes, doer: tuple[Candidate, ...], objects: tuple[Candidate, ...]) -> None:
        if objects[0].type == DATE and not any(DATE in row.object for row in self.rows):
            if self.right.adjacent and self.right.preposition in ("于", "在") and self.rows:
                sentence.add(doer, self.word + "于", objects, self._sure(doer) * self.weight, self.left)
            return
        if not self.rows:
            self._general(sentence, doer, objects)
            return
        for row in self.rows:
            confidence = _row_fit(row, doer, objects)
            if not confidence or (row.strict and not self._plain(doer, objects)):
                continue
            if self.right.head and not (row.loose or self.left.copula or objects[0].type in VALUES):
                if self.right.described or self.right.noun not in _kinds():
                    continue
                confidence *= 0.8
            if objects[0].type in VALUES and not self.right.adjacent:
                confidence *= 0.75
            form = row.form
            if objects[0].type == DATE and form[-1] not in "于为自":
                form += "于"
            sentence.add(doer, form, objects, confidence * self.weight, self.left)
            return

    def _plain(self, doer: tuple[Candidate, ...], objects: tuple[Candidate, ...]) -> bool:
        """Tell whether subject, verb and object stand side by side and are of a known kind."""
        sure = self.right.adjacent and not self.right.head and self.left.certain and not self.left.same
        directed = self.at and self.clause[self.at - 1].text in lexicon().sets["directions"]
        return sure and not directed and objects[0].type != NAME and not self.left.passive

    def _general(self, sentence: Notes, doer: tuple[Candidate, ...], objects: tuple[Candidate, ...]) -> None:
        """Note a verb that the lexicon does not have, where nothing stands between it and its object."""
        right = self.right
        if (
            right.head
            or not (right.adjacent or self._only_counted() or self._apposed(objects))
            or not self.left.certain
            or (self.left.same and not doer)
            or (len(self.word) < 2 and not right.preposition and not self._with_aspect())
        ):
            return
        after = self.clause[right.at + 1] if right.at + 1 < len(self.clause) else None
        if after is not None and after.text not in _AFTER_OBJECT and after.tag[:1] not in ("v", "d", "p", "c"):
            return
        if not in_dictionary(self.word) and (len(self.word) > 2 or objects[0].type in VALUES):
            return
        form = self.word + right.preposition
        if objects[0].type in VALUES:
            if objects[0].type not in (DATE, "TIME"):
                sentence.add(doer, form, objects, (_GENERAL if right.adjacent else 0.6) * self.weight, self.left)
            return
        sentence.add(doer, form, objects, _GENERAL * self.weight, self.left)

    def _with_aspect(self) -> bool:
        return self.end < len(self.clause) and self.clause[self.end].text in _ASPECT

    def _apposed(self, objects: tuple[Candidate, ...]) -> bool:
        """Tell whether only nouns in apposition stand between verb and object: "击败韩国选手X"."""
        before = self.clause[self.right.at - 1]
        return objects[0].type in (WORK, PERSON, ORG) and is_noun(before) and bool(self.right.noun)

    def _only_counted(self) -> bool:
        """Tell whether nothing but "a" stands between verb and object."""
        between = self.clause[self.end : self.right.at]
        return all(not unit.items and (unit.tag in ("m", "q", "b") or unit.text in _ASPECT) for unit in between)

    def _dates(self, sentence: Notes, doer: tuple[Candidate, ...]) -> None:
        """Note when, as "1990年，X加入Y" says it; and where, for verbs that go with a place."""
        if not doer or doer[0].type in VALUES:
            return
        confidence = self._sure(doer)
        if confidence:
            alone = self.right.relative or not (self.right.items or self.right.noun)
            self._date_values(sentence, doer, self._form(intransitive=alone), confidence)
            for row in self.rows:
                if PLACE in row.object and PLACE not in row.subject and row.loose and self.left.places:
                    places = [place for place in self.left.places if place.type in (PLACE, NAME, "ORG")]
                    sentence.add(doer, row.form, places, confidence * self.weight, self.left)
                    break

    def _sure(self, doer: tuple[Candidate, ...]) -> float:
        """Return how well the verb goes with its subject, whatever its object."""
        if not self.rows:
            following = self.clause[self.end] if self.end < len(self.clause) else None
            bound = following is None or self.right.items or following.tag[:1] in ("u", "n", "m", "a", "b", "r")
            return _GENERAL if bound and self.left.certain and self.first and len(self.word) > 1 else 0.0
        for row in self.rows:
            if doer[0].type in row.subject or (row.middle and doer[0].type in row.object):
                return _SURE if doer[0].type != NAME else _LIKELY
        return 0.0

    def _date_values(self, sentence: Notes, doer: Sequence[Candidate], form: str, confidence: float) -> None:
        dates = self.left.dates[-1:]
        if not dates and self.subject is not None and self.left.subject is None and (self.first or self.left.same):
            dates = list(self.subject.dates)
        if not dates and self.first:
            dates = sentence.pending
        sentence.add(doer, form, [d for d in dates if d.type == DATE], confidence * self.weight, self.left)

    def _form(self, intransitive: bool = False) -> str:
        form = self.rows[0].form if self.rows else self.word
        if not self.rows and self.right.preposition and self.right.items:
            return form + self.right.preposition
        return form if not intransitive or form[-1] in "于为自" else form + "于"

    def _fit(self, subjects: Sequence[Candidate], objects: Sequence[Candidate]) -> float:
        return max((_row_fit(row, subjects, objects) for row in self.rows), default=0.0)


def _kinds() -> frozenset[str]:
    return lexicon().sets["kinds"]


def _row_fit(row: Verb, subjects: Sequence[Candidate], objects: Sequence[Candidate]) -> float:
    """Return how well a verb's use goes with its subject and object; 0: not at all."""
    subject, target = subjects[0].type, objects[0].type
    if subject not in row.subject or target not in row.object:
        return 0.0
    return _SURE if NAME not in (subject, target) else _LIKELY
