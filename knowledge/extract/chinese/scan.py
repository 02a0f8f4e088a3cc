"""Looks left and right of a verb in a clause: who does it, when, whether it is denied, and to what it is done."""

from __future__ import annotations

from dataclasses import dataclass, field

from knowledge.extract.candidate import Candidate
from knowledge.extract.chinese.subject import LONGEST_PHRASE, NOUN_TAGS, SKIP_TAGS, Clause, Subject, is_noun
from knowledge.extract.chinese.units import Unit, lexicon
from knowledge.types import DATE, TIME

PLACE_PREPOSITIONS = frozenset("于在")
_ASPECT = frozenset("了过着著")
_FILLER_TAGS = frozenset(["m", "q", "a", "b", "n", "vn", "l", "i", "j", "an", "nz", "mq", "t", "f", "ng", "s", "nr"])
_POINTING = frozenset(["这些", "那些", "这个", "该", "此", "其", "整个", "各"])
_OWN = frozenset(["他", "她", "它", "自己", "其"])
_HEAD_TAGS = NOUN_TAGS | {"b", "a", "f", "q", "zg", "g", "ag", "nrfg"}
_LONGEST_FILL = 5


@dataclass(slots=True)
class Left:
    """What stands before a verb."""

    subject: tuple[Candidate, ...] | None = None
    """None: looked up to the clause's start or its subject's end without finding another; empty: unclear."""
    certain: bool = True
    dates: list[Candidate] = field(default_factory=list)
    negated: bool = False
    modality: str = ""
    agent: tuple[Candidate, ...] = ()
    passive: bool = False
    copula: bool = False
    """Whether "is" stands between the subject and the verb: "X是由Y创办的学校"."""
    partner: tuple[Candidate, ...] = ()
    places: list[Candidate] = field(default_factory=list)
    goals: list[Candidate] = field(default_factory=list)
    """Where somebody goes for it: "到X讲课"."""
    datives: list[Candidate] = field(default_factory=list)
    """For whom it is done: "给X讲课"."""
    same: bool = False
    """Whether the subject is that of the verb before."""
    start: int = 0


@dataclass(slots=True)
class Right:
    """What stands behind a verb."""

    items: tuple[Candidate, ...] = ()
    at: int = -1
    adjacent: bool = False
    head: bool = False
    """Whether the name only describes the noun that follows it."""
    relative: bool = False
    """Whether the verb and its agent describe what follows: "Y创办的X"."""
    described: tuple[Candidate, ...] = ()
    """What the verb and its object describe: X in "位于Y的X"."""
    apposed: bool = False
    """Whether a noun stands in front of that: "Y的小说X"."""
    noun: str = ""
    """The common noun that ends the phrase."""
    preposition: str = ""


def look_left(clause: Clause, at: int, subject: Subject | None, verbs: dict[int, int]) -> Left:
    """Read a clause leftwards from the verb at ``at``.

    ``verbs`` gives for each unit of an earlier verb the index after that verb.
    """
    words = lexicon()
    found = Left(start=at)
    stop = subject.end if subject else 0
    joined = False
    j = at - 1
    while j >= stop:
        unit = clause[j]
        text = unit.text
        found.start = j
        before = clause[j - 1] if j > stop else None
        if unit.items and unit.kind in (DATE, TIME):
            if before is None or before.text not in lexicon().sets["no_date"]:
                found.dates.append(unit.items[0])
            j -= (
                2
                if before and (before.text in lexicon().sets["prepositions"] or before.tag == "p") and not before.items
                else 1
            )
        elif unit.named:
            mark = _agent_mark(clause, j, stop) if not found.agent else -1
            if mark >= 0:
                found.agent = unit.items
                j = mark - 1
            elif before is not None and not before.items and before.text in words.sets["companion"]:
                found.partner = unit.items
                j -= 2
                if j >= stop and clause[j].named:
                    found.subject = clause[j].items
                    return found
            elif (
                before is not None
                and not before.items
                and (before.text in lexicon().sets["prepositions"] or before.tag == "p")
            ):
                _in_phrase(found, before, unit)
                j -= 2
            elif before is not None and j - 1 in verbs:
                if before.text in words.sets["pivots"]:
                    found.subject = unit.items
                else:
                    found.subject, found.same, found.certain = None, True, False
                return found
            else:
                found.subject, found.certain = unit.items, before is None or found.same
                k = j - 1
                while k >= stop and clause[k].kind == DATE and not found.dates:
                    found.dates.append(clause[k].items[0])
                    found.start, found.certain = k, True
                    k -= 1
                return found
        elif unit.items:
            if before is None or not _preposition(before):
                found.subject = ()
                return found
            j -= 2
        elif text == "起":
            j -= 1
        elif text in words.sets["negations"]:
            found.negated = True
            found.copula = found.copula or text == "不是"
            j -= 1
        elif text in words.sets["copulas"] or text == "一":
            found.copula = True
            j -= 1
        elif text in words.sets["passive"]:
            found.passive = True
            j -= 1
        elif text in words.sets["modals"]:
            # After a name that the dictionary does not have, it may be the name's last character.
            found.modality = "" if text == "可" and before is not None and before.named else text
            j -= 1
        elif j in verbs:
            found.same = True
            found.certain = found.certain and (joined or j == at - 1)
            return found
        elif text in ("并", "并且", "而", "且", "及", "和", "、", "以及", "后", "再", "又"):
            joined = True
            j -= 1
        elif (
            unit.tag in SKIP_TAGS
            or text in ("所", "·")
            or text in words.sets["directions"]
            or text in words.sets["ends"]
        ):
            j -= 1
        elif unit.tag in ("f", "s") or text in ("时", "期间", "名义", "之名"):
            start = _phrase_start(clause, j, stop)
            if start < 0:
                found.subject = ()
                return found
            found.dates += [u.items[0] for u in clause[start:j] if u.kind == DATE and text not in ("后", "前")][:1]
            j = start - 1
        elif unit.tag in ("m", "q", "b", "mq"):
            j -= 1
        elif (start := _phrase_start(clause, j, stop)) >= 0:
            found.passive = found.passive or clause[start].text in words.sets["passive"]
            for inner in clause[start:j]:
                if inner.named:
                    _in_phrase(found, clause[start], inner)
            j = start - 1
        else:
            found.subject = ()
            return found
    return found


def _in_phrase(found: Left, preposition: Unit, unit: Unit) -> None:
    """Note a name in a prepositional phrase."""
    if preposition.text in PLACE_PREPOSITIONS:
        found.places += unit.items
    elif preposition.text in ("到", "往", "赴"):
        found.goals += unit.items
    elif preposition.text in lexicon().sets["datives"]:
        found.datives += unit.items


def _preposition(unit: Unit) -> bool:
    return not unit.items and (unit.tag == "p" or unit.text in lexicon().sets["prepositions"])


def _agent_mark(clause: Clause, at: int, stop: int) -> int:
    """Return the index of "by" before a name with an apposition in front, or -1."""
    k = at - 1
    while k >= stop and at - k <= 5 and (clause[k].named or is_noun(clause[k]) or clause[k].tag in ("a", "b")):
        k -= 1
    return k if k >= stop and not clause[k].items and clause[k].text in lexicon().sets["passive"] else -1


def _phrase_start(clause: Clause, at: int, stop: int) -> int:
    """Return the index of the preposition whose phrase ends at ``at``, or -1."""
    for i in range(at - 1, max(stop, at - LONGEST_PHRASE) - 1, -1):
        unit = clause[i]
        if _preposition(unit):
            return i
        if not unit.items and unit.tag[:1] in ("v", "c", "d") and unit.tag != "vn":
            return -1
    return -1


def look_right(clause: Clause, at: int) -> Right:
    """Read a clause rightwards from ``at``, the index after a verb."""
    found = Right()
    k = at
    while k < len(clause) and not clause[k].items and clause[k].text in _ASPECT:
        k += 1
    if (
        k < len(clause)
        and not clause[k].items
        and clause[k].text in ("于", "在", "为", "到", "至", "成", "给", "自", "作", "成为", "入", "往")
    ):
        found.preposition = clause[k].text
        k += 1
    if k < len(clause) and not clause[k].items and clause[k].text == "的" and not found.preposition:
        found.relative = True
        k += 1
    first = k
    while k < len(clause) and k - first <= _LONGEST_FILL:
        unit = clause[k]
        if unit.items:
            if unit.kind == DATE and k + 1 < len(clause) and not clause[k + 1].items and clause[k + 1].text == "的":
                k += 2
                continue
            found.items, found.at, found.adjacent = unit.items, k, k == first
            _read_after(clause, k, found)
            return found
        if not (
            unit.tag in _FILLER_TAGS
            or unit.text in _POINTING
            or unit.text in _OWN
            or (unit.text == "的" and k > first and _before_of(clause[k - 1]))
        ):
            return found
        if is_noun(unit):
            found.noun = unit.text
        k += 1
    return found


def _before_of(unit: Unit) -> bool:
    return not unit.items and (unit.tag in ("a", "b", "t") or unit.text in _OWN)


def _last_of_phrase(clause: Clause, at: int) -> int:
    """Return the index of the name that a name and a noun stand in front of, as in "英国作家X"; else ``at``."""
    k = at + 1
    while clause[at].named and k < len(clause) and k - at <= 3:
        if clause[k].named:
            at, k = k, k + 1
            continue
        if not is_noun(clause[k]) or clause[k].text in lexicon().verbs or clause[k].text in lexicon().sets["ends"]:
            break
        k += 1
    return at


def _read_after(clause: Clause, at: int, found: Right) -> None:
    """Look at what follows the object; of "Y人X" and "Y X", X is the object."""
    words = lexicon()
    at = found.at = _last_of_phrase(clause, at)
    found.items = clause[at].items
    k = at + 1
    while k < len(clause) and not clause[k].items and clause[k].text in words.sets["ends"]:
        k += 1
    if k >= len(clause):
        return
    unit = clause[k]
    if unit.items:
        found.head = unit.named
        return
    if unit.text in words.verbs and k + 1 < len(clause) and clause[k + 1].items:
        return
    adverb = unit.text in ("很", "仍", "最", "太")
    found.head = unit.text in ("的", "之") or (unit.tag in _HEAD_TAGS and not adverb)
    if not found.head:
        return
    relative = unit.text == "的"
    while k < len(clause) and k - at <= LONGEST_PHRASE and not clause[k].named:
        relative = relative or (not clause[k].items and clause[k].text == "的")
        if clause[k].items or not (clause[k].tag in _FILLER_TAGS or clause[k].text in ("的", "之")):
            break
        if is_noun(clause[k]):
            found.noun = clause[k].text
        k += 1
    if k < len(clause) and clause[k].named and relative and k - at <= LONGEST_PHRASE:
        found.described = clause[k].items
        found.apposed = is_noun(clause[k - 1])
