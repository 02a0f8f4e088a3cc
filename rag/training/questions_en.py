"""English questions from parsed texts, by rules.

A clause is turned into the question that one of its parts answers: the part goes, a question word comes, and the
auxiliary (or "do") goes before the subject. What a parse leaves in doubt is passed over, as a reader learns broken
questions as readily as good ones. In the manner of Heilman and Smith, "Good Question! Statistical Ranking for Question
Generation" (NAACL 2010), on Universal Dependencies and without the ranking.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from knowledge.extract.english.lexicon import kind_of
from knowledge.types import DATE, EVENT, MONEY, NAME, ORG, PERSON, PLACE, PRODUCT, VALUES, WORK
from rag.training.questions_clauses import Clause, Phrase, Reading, clauses, is_date
from rag.training.questions_naming import Asked, Names, is_vague, spoken
from rag.training.questions_things import ask_lives, ask_things
from rag.training.questions_verbs import base_form, listed, past_of

_YEAR = re.compile(r"\d{4}")
_COUNTED = frozenset(["for", "within", "after", "before"])
"""Prepositions in front of spans of time that "how many" asks for."""


def ask(r: Reading) -> Iterator[Asked]:
    """Yield the questions that a text answers, in no particular order; the same text gives the same questions."""
    names = Names(r)
    maker = _Maker(r, names)
    for source in (ask_lives(r, names), maker.all(), ask_things(r, names)):
        for asked in source:
            if good := names.checked(asked):
                yield good


class _Maker:
    """Makes questions of clauses."""

    def __init__(self, r: Reading, names: Names) -> None:
        self.r = r
        self.p = r.parse
        self.names = names

    def all(self) -> Iterator[Asked]:
        """Yield the questions that clauses answer."""
        for clause in clauses(self.r):
            yield from self._of_clause(clause)

    def _of_clause(self, clause: Clause) -> Iterator[Asked]:
        if any(
            phrase.dep == "other" or (phrase.dep == "broken" and self.p.dep[phrase.head] != "obl")
            for phrase in clause.phrases
        ):
            return
        p = self.p
        shared = any(p.pos[c] == "VERB" and c <= clause.verb + 4 for c in p.all(clause.verb, "conj"))
        if shared and not any(phrase.dep == "obj" for phrase in clause.phrases):
            # "wrote and directed the film": what the first verb lacks stands behind the second.
            return
        dice = self.names.dice(clause.verb)
        subject = self.names.of(clause.subject, dice)
        if subject:
            for phrase in clause.phrases:
                yield from self._of_phrase(clause, subject, phrase, dice)
        yield from self._subject(clause, dice)

    def _of_phrase(self, clause: Clause, subject: str, phrase: Phrase, dice: random.Random) -> Iterator[Asked]:
        if not phrase.tokens:
            return
        case = self.r.shown(phrase.case).lower()
        counted = self._counted(phrase) if phrase.dep in ("obl", "obl:unmarked") else None
        if counted and (case in _COUNTED or (phrase.dep == "obl:unmarked" and self.p.lemma[clause.verb] == "last")):
            number, rest = counted
            wh = " ".join(filter(None, (case, "how many", rest)))
            yield from self._inverted(clause, subject, phrase, wh, "count", dice, number)
        elif phrase.dep == "obj":
            yield from self._object(clause, subject, phrase, dice)
        elif is_date(self.r, phrase):
            if case in ("in", "on"):
                yield from self._inverted(clause, subject, phrase, self._when(phrase, dice), "date", dice)
        elif phrase.dep == "obl:agent" or (clause.passive and case == "by"):
            yield from self._agent(clause, subject, phrase, dice)
        elif phrase.dep == "obl" and case:
            yield from self._oblique(clause, subject, phrase, case, dice)

    def _object(self, clause: Clause, subject: str, phrase: Phrase, dice: random.Random) -> Iterator[Asked]:
        p = self.p
        if p.lemma[clause.verb] in listed("light") and p.lemma[phrase.head] in listed("empty"):
            return
        if any(p.lower[t] in ("no", "any", "neither") for t in phrase.tokens):
            return
        if p.lemma[clause.verb] in ("be", "do", "go") or phrase.case or p.lemma[phrase.head] in listed("hollow"):
            return
        if len([one for one in clause.phrases if one.dep == "obj"]) > 1:
            return
        if clause.passive and p.lower[clause.verb] not in listed("given"):
            return
        counted = self._counted(phrase)
        if counted:
            number, rest = counted
            yield from self._inverted(clause, subject, phrase, f"How many {rest}", "count", dice, number)
            return
        wh, answer = self._what(phrase)
        if wh == "Who" and p.lemma[clause.verb] in listed("being"):
            wh = "What"
        if wh:
            kind = "person" if wh == "Who" else "object"
            yield from self._inverted(clause, subject, phrase, wh, kind, dice, answer)

    def _counted(self, phrase: Phrase) -> tuple[Phrase, str] | None:
        """Return the number of a counted noun, and the noun with what else belongs to it."""
        p = self.p
        number = p.child(phrase.head, "nummod")
        if number is None or p.tag[phrase.head] != "NNS" or number not in phrase.tokens or number > phrase.head:
            return None
        if p.pos[number] != "NUM" or _YEAR.fullmatch(p.lower[number]) or p.lower[number] in ("one", "1"):
            return None
        rest = [t for t in phrase.tokens if t > number]
        if p.child(number, "conj", "nmod") is not None or not rest or phrase.tokens[0] < number - 1:
            return None
        first = number - 1 if number - 1 in phrase.tokens and p.pos[number - 1] == "NUM" else number
        if first != phrase.tokens[0] or any(p.dep[t] == "conj" for t in rest):
            return None
        return Phrase("nummod", number, tuple(range(first, number + 1))), self.r.shown(rest)

    def _what(self, phrase: Phrase) -> tuple[str, Phrase]:
        """Return the question word for a noun phrase, and the part of it that answers."""
        p, r = self.p, self.r
        kind = r.type_of(phrase.head)
        if kind in VALUES:
            return ("How much" if kind == MONEY else ""), phrase
        if found := self._called(phrase):
            return found
        if is_vague(r, phrase.tokens):
            return "", phrase
        if kind == PERSON:
            # "the name Ann Lee" is no person.
            other = any(p.pos[t] == "NOUN" and kind_of(p.lemma[t]) != PERSON for t in phrase.tokens)
            return ("" if other else "Who"), phrase
        if kind:
            return "What", phrase
        content = [t for t in phrase.tokens if p.pos[t] in ("NOUN", "PROPN", "ADJ", "NUM")]
        # Of people who are not named "who" is asked, of things "what": where that is open, nothing.
        if kind_of(p.lemma[phrase.head]) == PERSON or len(content) < 2:
            return "", phrase
        return "What", phrase

    def _called(self, phrase: Phrase) -> tuple[str, Phrase] | None:
        """Return the question word for a name behind its noun, and the name: of "the drama Heat", which drama."""
        p = self.p
        name = p.candidate[phrase.tokens[-1]] or p.candidate[phrase.tokens[-2 if len(phrase.tokens) > 1 else -1]]
        if name is None or name.type in VALUES:
            return None
        noun = [t for t in phrase.tokens if p.end[t] <= name.start and p.pos[t] not in ("DET", "PUNCT")]
        if not noun or p.tag[noun[-1]] != "NN" or not all(p.pos[t] in ("NOUN", "ADJ", "NUM") for t in noun):
            return None
        tail = tuple(t for t in phrase.tokens if t > noun[-1])
        if any(p.lower[t] in listed("ordered") for t in noun) or any(p.candidate[t] not in (name, None) for t in tail):
            return None
        return f"Which {self.r.shown(noun)}", Phrase("appos", tail[0], tail)

    def _when(self, phrase: Phrase, dice: random.Random) -> str:
        shown = self.r.shown(phrase.tokens)
        if _YEAR.fullmatch(shown):
            return dice.choice(["When", "In what year", "In which year", "When", "What year"])
        day = re.search(r"\d.*\d{4}", shown) and re.search(r"\b\d{1,2}\b", shown)
        return dice.choice(["When", "When", "On what date"]) if day else "When"

    def _agent(self, clause: Clause, subject: str, phrase: Phrase, dice: random.Random) -> Iterator[Asked]:
        p = self.p
        kind = self.r.type_of(phrase.head)
        if kind not in (PERSON, ORG, NAME):
            return
        past = past_of(p.lower[clause.verb])
        simple = clause.said in ("was", "were") or [p.lower[a] for a in clause.aux] in (["was"], ["were"])
        rest = self._rest(clause, phrase, dice)
        if rest is None:
            return
        if past and simple and dice.random() < 0.7:
            question = " ".join(filter(None, ("Who", past, subject, rest)))
            yield self._asked(question, phrase, clause, "agent")
        else:
            yield from self._inverted(clause, subject, phrase, "Who", "agent", dice, behind="by")

    def _oblique(self, clause: Clause, subject: str, phrase: Phrase, case: str, dice: random.Random) -> Iterator[Asked]:
        r, p = self.r, self.p
        kind = r.type_of(phrase.head)
        last = (
            p.lower[phrase.head]
            if p.candidate[phrase.head] is None
            else r.text[: p.end[phrase.head]].rpartition(" ")[2].lower()
        )
        if kind == PLACE:
            behind = {"in": "", "at": "", "near": "", "to": dice.choice(["", "to"]), "from": "from"}.get(case)
            if behind is not None and not (case == "to" and clause.passive):
                wh = "Where"
                yield from self._inverted(clause, subject, phrase, wh, "place", dice, behind=behind)
        elif case in ("with", "for", "to", "from", "against", "under", "on", "at") and kind in (
            PERSON,
            ORG,
            WORK,
            EVENT,
        ):
            wh = "Who" if kind == PERSON else "Which school" if last in listed("schools") else "What"
            if case == "at" and kind == EVENT:
                return
            if case == "at":
                yield from self._inverted(
                    clause, subject, phrase, "Where" if wh != "Which school" else "At which school", "place", dice
                )
            elif clause.passive and p.lower[clause.verb] not in listed("bound"):
                return
            elif not (wh == "What" and case in ("with", "on", "under")):
                yield from self._inverted(clause, subject, phrase, wh, "oblique", dice, behind=case)

    def _inverted(
        self,
        clause: Clause,
        subject: str,
        asked: Phrase,
        wh: str,
        kind: str,
        dice: random.Random,
        answer: Phrase | None = None,
        behind: str = "",
    ) -> Iterator[Asked]:
        """Yield a question with its auxiliary before the subject."""
        p = self.p
        verb = p.lower[clause.verb]
        if clause.said:
            front, after = clause.said, verb
        elif clause.aux:
            front = p.lower[clause.aux[0]]
            after = " ".join([*(p.lower[a] for a in clause.aux[1:]), verb])
            if front in ("'s", "’s", "'d", "’d", "'ve"):
                return
        else:
            after = base_form(verb, p.lemma[clause.verb], p.tag[clause.verb])
            front = {"VBD": "did", "VBZ": "does", "VBP": "do"}.get(p.tag[clause.verb], "")
        rest = self._rest(clause, asked, dice)
        if front and after and rest is not None:
            question = " ".join(filter(None, (wh, front, subject, after, rest, behind)))
            yield self._asked(question, answer or asked, clause, kind)

    def _subject(self, clause: Clause, dice: random.Random) -> Iterator[Asked]:
        """Yield the question that the subject answers."""
        r, p = self.r, self.p
        kind = r.type_of(clause.subject.head)
        counted = self._counted(clause.subject)
        if counted and clause.subject.head not in r.stand_ins:
            yield from self._counted_subject(clause, *counted, dice)
        if kind in VALUES or not kind or clause.subject.head in r.stand_ins:
            return
        shown = r.shown(clause.subject.tokens)
        who = "Who" if " " in shown else ""
        wh = who if kind == PERSON else self._which(clause.subject.head, kind, shown)
        if not wh:
            return
        rest = self._rest(clause, None, dice, keep=True)
        if not rest or any(word in listed("owners") for word in rest.lower().split()):
            return
        verbs = [clause.said] if clause.said else [p.lower[a] for a in clause.aux]
        if verbs[:1] in (["were"], ["are"], ["have"]) or (not verbs and p.tag[clause.verb] == "VBP"):
            return
        yield self._asked(" ".join([wh, *verbs, p.lower[clause.verb], rest]), clause.subject, clause, "subject")

    def _counted_subject(self, clause: Clause, number: Phrase, noun: str, dice: random.Random) -> Iterator[Asked]:
        p = self.p
        rest = self._rest(clause, None, dice, keep=True)
        if rest and not any(word in listed("owners") for word in rest.lower().split()):
            verbs = [clause.said] if clause.said else [p.lower[a] for a in clause.aux]
            question = " ".join(["How many", noun, *verbs, p.lower[clause.verb], rest])
            yield self._asked(question, number, clause, "count")

    def _which(self, head: int, kind: str, shown: str) -> str:
        """Return how a thing is asked for by its kind, or nothing where that rests on the recogniser alone."""
        last = spoken(shown)[-1:]
        nouns = sorted(noun for noun in self.r.topic.nouns if kind_of(noun) == kind) if self.r.is_topic(head) else []
        if nouns and nouns[0] not in spoken(shown):
            return f"Which {nouns[0]}"
        sure = nouns or any(kind_of(word) == kind for word in last)
        return {ORG: "Which organisation", PLACE: "Which place", PRODUCT: "Which product"}.get(kind, "") if sure else ""

    def _rest(self, clause: Clause, asked: Phrase | None, dice: random.Random, *, keep: bool = False) -> str | None:
        """Return what a question says behind the verb, or None where that cannot be said out of its text.

        Times and places that the sentence also tells are sometimes left out.
        """
        r, p = self.r, self.p
        parts: list[str] = []
        late: list[str] = []
        has_object = any(phrase.dep == "obj" for phrase in clause.phrases)
        asks_date = asked is not None and is_date(r, asked) is not None
        for phrase in clause.phrases:
            if phrase == asked or phrase.dep == "advmod" or not phrase.tokens:
                continue
            shown = r.shown(phrase.whole)
            date = is_date(r, phrase) is not None
            place = r.type_of(phrase.head) == PLACE and r.shown(phrase.case).lower() in ("in", "at")
            loose = has_object or clause.passive
            core = phrase.dep in ("obj", "iobj", "compound:prt")
            if not core and (date or phrase.dep == "obl:unmarked"):
                if not date or asks_date or (dice.random() < 0.5 and not keep):
                    continue
            elif (
                not core
                and place
                and loose
                and (asked is None or r.type_of(asked.head) == PLACE or dice.random() < 0.4)
            ):
                continue
            if asks_date and any(
                v.type == DATE for v in r.values_in(p.start[phrase.tokens[0]], p.end[phrase.tokens[-1]])
            ):
                if core or not loose:
                    return None
                continue
            pointing = [
                t
                for t in phrase.whole
                if p.lower[t] in listed("pointing") or (p.pos[t] == "PRON" and p.tag[t] != "PRP$")
            ]
            if pointing or (not core and len(phrase.tokens) > 9):
                if core or not loose:
                    return None
                continue
            if is_vague(r, phrase.tokens):
                if core or not loose:
                    return None
                continue
            if phrase.head < clause.verb:
                if date or place:
                    late.append(shown[:1].lower() + shown[1:])
                continue
            parts.append(shown)
        return " ".join(parts + late)

    def _asked(self, question: str, answer: Phrase, clause: Clause, kind: str) -> Asked:
        start, end = self.names.span(answer.tokens)
        return Asked(f"{question}?", start, end, clause.sentence, kind)
