"""Finds what a Chinese clause is about, and words that stand for what the document is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.extract.candidate import Candidate
from knowledge.extract.chinese.units import Unit, lexicon
from knowledge.types import DATE, TIME, VALUES

Clause = Sequence[Unit]
_RANGE = frozenset(["至", "到", "－", "-", "–", "~", "～"])
SKIP_TAGS = frozenset(["d", "ad", "c", "t", "zg", "df", "dg", "vd", "tg", "e", "y", "o"])
NOUN_TAGS = frozenset(["n", "vn", "ng", "nz", "an", "l", "nr", "nt", "ns", "nrt", "j", "s"])
_CLASSIFIERS = frozenset("个名位家座种些支部批条所间只")
LONGEST_PHRASE = 8


@dataclass(slots=True)
class Subject:
    """What a clause is about."""

    items: tuple[Candidate, ...] = ()
    """Empty: nothing that has a name."""
    end: int = 0
    """Index of the first unit of the clause that follows it."""
    explicit: bool = True
    """Whether the clause says it, rather than an earlier one."""
    dates: tuple[Candidate, ...] = ()
    """Dates in front of it."""
    owner: tuple[Candidate, ...] = ()
    """Of whom or what the subject is a part or feature: X in "X的人口"."""


def is_noun(unit: Unit) -> bool:
    """Tell whether a unit is a common noun or a word like one."""
    return not unit.items and unit.tag in NOUN_TAGS


def topic_word(clause: Clause, at: int, topic: Candidate | None) -> int:
    """Return how many units from ``at`` on stand for the topic, or 0."""
    if topic is None or clause[at].items:
        return 0
    words, text = lexicon(), clause[at].text
    person = topic.type in ("PERSON", "NAME")
    if text in words.sets["person"]:
        return 1 if person else 0
    if text in words.sets["thing"]:
        return 1 if topic.type != "PERSON" else 0
    if at + 1 < len(clause) and text + clause[at + 1].text in words.sets["thing"]:
        return 2 if topic.type != "PERSON" else 0
    if text in words.sets["pointing"] and at + 1 < len(clause) and is_noun(clause[at + 1]) and topic.type != "PERSON":
        return 2
    if is_noun(clause[at]) and len(text) > 1 and topic.type != "PERSON" and topic.key.endswith(text):
        return 1
    return 0


def stand_in(topic: Candidate, clause: Clause, at: int, size: int = 1) -> Candidate:
    """Return the topic, as standing at the given units, or where a name stands there, at the next word that is none."""
    if clause[at].items:
        word = next((unit for unit in clause[at:] if not unit.items), None)
        start, end = (word.start, word.end) if word else (clause[at].start, clause[at].start + 1)
        return Candidate(start, end, topic.type, "topic", topic.key)
    last = clause[min(at + size, len(clause)) - 1]
    return Candidate(clause[at].start, last.end, topic.type, "topic", topic.key)


def find_subject(clause: Clause, topic: Candidate | None) -> Subject | None:
    """Return what a clause is about; None where it does not say and goes on about the last clause's subject."""
    found = _find_subject(clause, topic)
    if found is not None:
        before = [unit.items[0] for unit in clause[: found.end] if unit.kind == DATE]
        first = clause[0].text if clause else ""
        found.dates = () if first in lexicon().sets["no_date"] else tuple(before[:1])
    return found


def _find_subject(clause: Clause, topic: Candidate | None) -> Subject | None:
    words = lexicon()
    i = 0
    while i < len(clause):
        unit = clause[i]
        if unit.named:
            return _named_subject(clause, i)
        if unit.items:
            if unit.kind not in (DATE, TIME):
                return None
            i += 1
            continue
        text = unit.text
        if size := topic_word(clause, i, topic):
            return _topic_subject(clause, i, size, topic)
        if text in words.sets["own"] and i + 1 < len(clause):
            return _own_subject(clause, i)
        if text in ("原", "前", "现", "新", "旧", "至今", "今"):
            i += 1
            continue
        if unit.tag == "t" and text[-1] in "朝代国" and i + 1 < len(clause) and clause[i + 1].tag[:1] in ("v", "d"):
            return Subject(end=i + 1)
        if text in words.sets["before_change"]:
            i += 1
            continue
        if (
            text in words.sets["change"]
            or text in words.sets["passive"]
            or text in words.sets["copulas"]
            or text in words.verbs
        ):
            return None
        if text in ("由于", "因为", "因") and _clause_of_reason(clause, i):
            i += 1
        elif text in lexicon().sets["prepositions"] or unit.tag == "p":
            i = phrase_end(clause, i)
        elif (
            text in words.sets["directions"]
            or text in words.sets["negations"]
            or text in words.sets["modals"]
            or unit.tag in SKIP_TAGS
            or unit.tag == "f"
        ):
            i += 1
        elif unit.tag in ("v", "vi", "vq", "vg") or _feature(clause, i):
            return None
        elif unit.tag == "m" and len(text) > 1 and text[0] in "一两几多" and text[-1] in _CLASSIFIERS:
            return Subject(end=i + 1)
        elif unit.tag in ("b", "a", "m", "q") and i + 1 < len(clause):
            i += 1
        else:
            return Subject(end=i + 1)
    return None


def _clause_of_reason(clause: Clause, at: int) -> bool:
    """Tell whether "as" begins a clause with a subject: "由于X是Y的成员", and not "由于X的要求"."""
    after = clause[at + 1 : at + 3]
    return len(after) == 2 and after[0].named and not after[1].items and after[1].tag[:1] in ("v", "d")


def _own_subject(clause: Clause, at: int) -> Subject:
    """Read "其妻X" as X, and "其收入" as a feature of what is being told of."""
    end = at + 1
    while end < len(clause) and end - at < 4 and (is_noun(clause[end]) or clause[end].tag in ("m", "b", "a")):
        end += 1
    if end < len(clause) and clause[end].named and end > at + 1:
        return Subject(clause[end].items, end + 1)
    return Subject(end=at + 1, explicit=False)


def _feature(clause: Clause, at: int) -> bool:
    """Tell whether nouns from ``at`` on end in what things have: an amount, an office, a relative."""
    words = lexicon()
    text = ""
    for unit in clause[at : at + 4]:
        if unit.items:
            break
        text = unit.text
        if text in words.sets["measures"] or text in words.sets["roles"] or text in words.sets["kin"]:
            return True
        if not is_noun(unit):
            break
    return False


def phrase_end(clause: Clause, at: int) -> int:
    """Return the index after a prepositional phrase that starts at ``at``."""
    if clause[at].text in ("在", "当", "自", "从", "直到", "随着", "随著", "自从", "于"):
        for i in range(at + 1, min(at + 13, len(clause))):
            if not clause[i].items and clause[i].text in lexicon().sets["time_ends"]:
                return i + 1
    for i in range(at + 1, min(at + 1 + LONGEST_PHRASE, len(clause))):
        unit = clause[i]
        if unit.kind in (DATE, TIME):
            after = clause[i + 1] if i + 1 < len(clause) else None
            return i + 2 if after and not after.items and (after.tag == "f" or after.text[-1] in "期间初末") else i + 1
        if not unit.items and (unit.tag in ("f", "s") or unit.text in ("时", "期间", "后", "前", "起")):
            return i + 1
        if unit.named and i + 1 < len(clause) and not clause[i + 1].items and clause[i + 1].text in ("等", "等人"):
            end = i + 2
            while end < len(clause) and end - i < LONGEST_PHRASE and (clause[end].named or is_noun(clause[end])):
                end += 1
            return end
        if unit.named:
            ahead = clause[i + 1 : i + 5]
            inner = [
                k
                for k, u in enumerate(ahead)
                if not u.items and (u.tag == "f" or u.text in ("时", "期间", "后", "前", "名义"))
            ]
            return i + 2 + inner[0] if inner and not any(u.tag == "v" or u.named for u in ahead[: inner[0]]) else i + 1
    return at + 1


def _named_subject(clause: Clause, at: int) -> Subject:
    words = lexicon()
    unit = clause[at]
    i = at + 1
    while i < len(clause) and not clause[i].items and clause[i].text in words.sets["ends"]:
        i += 1
    if i >= len(clause) or (clause[i].items and clause[i].kind in VALUES):
        return Subject(unit.items, i)
    following = clause[i]
    if not following.items and following.text in _RANGE and i + 1 < len(clause) and clause[i + 1].items:
        return Subject((), i + 2)
    if not following.items and following.text in ("的", "之"):
        end = i + 1
        while (
            end < len(clause)
            and not clause[end].items
            and (is_noun(clause[end]) or clause[end].tag in ("a", "b", "m", "q", "r"))
        ):
            end += 1
        if end < len(clause) and clause[end].named and end > i:
            return Subject(clause[end].items, end + 1, owner=unit.items)
        return Subject((), end, owner=unit.items)
    end = i
    while (
        end < len(clause)
        and is_noun(clause[end])
        and clause[end].text not in words.sets["directions"]
        and not _verbal(clause, end)
    ):
        end += 1
    if end > i:
        if end < len(clause) and clause[end].named:
            return Subject(clause[end].items, end + 1, owner=unit.items)
        return Subject((), end, owner=unit.items)
    return Subject(unit.items, i)


def _verbal(clause: Clause, at: int) -> bool:
    """Tell whether a word with a noun's tag is used as a verb: nothing but its object or the end follows."""
    text = clause[at].text
    return text in lexicon().verbs and (at + 1 == len(clause) or not is_noun(clause[at + 1]))


def _topic_subject(clause: Clause, at: int, size: int, topic: Candidate | None) -> Subject:
    assert topic is not None
    items = (stand_in(topic, clause, at, size),)
    i = at + size
    if i < len(clause) and clause[i].text in ("的", "之"):
        named = next((k for k in range(i + 1, min(i + 4, len(clause))) if clause[k].named), -1)
        if named > 0 and all(is_noun(u) or u.tag in ("m", "b") for u in clause[i + 1 : named]):
            return Subject(clause[named].items, named + 1, owner=items)
        return Subject((), i + 1, owner=items)
    if (
        i < len(clause)
        and is_noun(clause[i])
        and not _verbal(clause, i)
        and clause[i].text not in lexicon().sets["directions"]
    ):
        if i + 1 < len(clause) and clause[i + 1].named:
            return Subject(clause[i + 1].items, i + 2, owner=items)
        return Subject((), i + 1, owner=items)
    return Subject(items, i)
