"""Relations that nouns state: offices, kinship, what something is of something, amounts, dates of life in brackets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from knowledge.extract.candidate import Candidate
from knowledge.extract.chinese.scan import Left, look_left
from knowledge.extract.chinese.subject import Clause, Subject, is_noun, stand_in, topic_word
from knowledge.extract.chinese.units import Unit, lexicon
from knowledge.types import DATE, NAME, ORG, PERSON, PLACE, VALUES, WORK

_TITLES = frozenset("家员手师者")
_IN_OFFICE = frozenset(["任期", "在位", "在任", "任职", "统治", "执政", "效力", "年号", "任"])
_RANGE = frozenset("－-—–~～至到")
_WORKS = ("片", "电影", "剧", "小说", "动画", "漫画", "游戏", "专辑", "歌曲", "单曲", "节目")
_DESCRIBING = frozenset(
    ["m", "q", "a", "b", "mq", "n", "vn", "l", "j", "an", "nz", "ng", "i", "f", "s", "t", "d", "nr", "ns", "k", "ad"]
)
_LEADING = frozenset(["著名", "知名", "已故", "前", "原", "现任", "旅居"])
_LINKS = frozenset(["的", "之", "、", "和", "兼", "及", "与", "中"])


class Notes(Protocol):
    """Where statements are put."""

    topic: Candidate | None
    running: tuple[Candidate, ...]
    weight: float
    noun: str
    """What the last amount was of."""
    pending: list[Candidate]
    """Dates of a clause that holds nothing else."""

    def add(
        self,
        subjects: Sequence[Candidate],
        predicate: str,
        objects: Sequence[Candidate],
        confidence: float,
        left: Left | None = None,
    ) -> None:
        """Note a statement for each subject and object."""


def life_dates(notes: Notes, unit: Unit, aside: Sequence[Unit]) -> None:
    """Note dates in brackets after a person: born, died."""
    if unit.items[-1].type not in (PERSON, NAME) and unit.items[-1].origin != "topic":
        return
    dates = [i for i, part in enumerate(aside) if part.kind == DATE]
    if not dates or len(dates) > 2:
        return
    text = [part.text for part in aside]
    if any(word in _IN_OFFICE for word in text):
        return
    owner = unit.items[-1:]
    sure = 0.95 if owner[0].type == PERSON else 0.6
    if len(dates) == 2:
        between = "".join(text[dates[0] + 1 : dates[1]])
        if set(between) & _RANGE and len(between) <= 6:
            notes.add(owner, "出生于", aside[dates[0]].items, sure)
            notes.add(owner, "逝世于", aside[dates[1]].items, sure)
        return
    at = dates[0]
    after, before = "".join(text[at + 1 : at + 3]), "".join(text[max(0, at - 2) : at])
    if owner[0].type == PERSON and (after[:1] in _RANGE or "生" in after[:2] or "生" in before):
        notes.add(owner, "出生于", aside[at].items, sure)
    elif owner[0].type == PERSON and (before[-1:] in _RANGE or after[:1] in ("卒", "逝")):
        notes.add(owner, "逝世于", aside[at].items, sure)


def role_at(clause: Clause, end: int, first: int, groups: Sequence[str] = ("roles", "kin")) -> tuple[str, int]:
    """Return the noun for an office or kinship that ends before ``end``, and the index where it starts; or nothing."""
    words = lexicon()
    for size in (4, 3, 2, 1):
        start = end - size
        if start < first or any(unit.items for unit in clause[start:end]):
            continue
        text = "".join(unit.text for unit in clause[start:end])
        if any(text in words.sets[group] for group in groups):
            return text, start
    if end > first and is_noun(clause[end - 1]):
        text = clause[end - 1].text
        for size in (4, 3, 2):
            if len(text) > size and text[-size:] in words.sets["roles"] and "roles" in groups:
                return text, end - 1
    return "", end


def appositions(notes: Notes, clause: Clause, owner: tuple[Candidate, ...]) -> None:
    """Note "Y公司董事长X", "Y的父亲X", "其妻X"."""
    words = lexicon()
    for i, unit in enumerate(clause):
        if not unit.named or i == 0 or clause[i - 1].items:
            continue
        role, start = role_at(clause, i, 0, ("roles", "kin", "country"))
        if not role and is_noun(clause[i - 1]) and len(clause[i - 1].text) > 1 and clause[i - 1].text[-1] in _TITLES:
            role, start = clause[i - 1].text, i - 1
        if not role:
            continue
        possessor, linked = _possessor(notes, clause, start, owner)
        if not possessor or possessor[0].type in VALUES:
            continue
        if role in words.sets["kin"]:
            if {possessor[0].type, unit.kind} <= {PERSON, NAME} or possessor[0].origin == "topic":
                notes.add(unit.items, role, possessor, 0.85)
        elif possessor[0].type == PLACE and not linked and _of_people([role]) and role not in words.sets["ranked"]:
            if unit.kind in (PERSON, NAME):
                notes.add(unit.items, "国籍", possessor, 0.8)
        elif role in words.sets["country"] and unit.kind == WORK and possessor[0].type == PLACE:
            notes.add(unit.items, "国家", possessor, 0.6)
        elif role in words.sets["roles"] and unit.kind in (PERSON, NAME) and possessor[0].type != PERSON:
            notes.add(unit.items, role, possessor, 0.85 if NAME not in (unit.kind, possessor[0].type) else 0.7)
        elif role in words.sets["roles"] and linked:
            notes.add(unit.items, role, possessor, 0.75)


def _possessor(
    notes: Notes, clause: Clause, start: int, owner: tuple[Candidate, ...]
) -> tuple[tuple[Candidate, ...], bool]:
    """Return whose office or kin it is that starts at ``start``, and whether "of" says so."""
    k = start - 1
    linked = False
    while k >= 0 and start - k <= 6:
        unit = clause[k]
        if unit.named:
            return unit.items, linked
        if unit.items:
            return (), False
        if unit.text in lexicon().sets["own"]:
            before = [earlier.items for earlier in clause[:k] if earlier.named]
            return (before[-1] if before else owner), True
        if notes.topic is not None and topic_word(clause, k, notes.topic) == 1:
            return (stand_in(notes.topic, clause, k),), linked
        if unit.text in ("的", "之"):
            linked = True
        elif unit.text == "其" or not (
            is_noun(unit) or unit.tag in ("b", "a", "m", "q") or unit.text in ("前", "时任", "现任")
        ):
            return (), False
        k -= 1
    return (), False


def offices(
    notes: Notes, clause: Clause, at: int, doer: tuple[Candidate, ...], verb: str, weight: float, left: Left
) -> None:
    """Note "X任Y公司董事长", "X曾任Y部长、Z主席"; ``at``: the index after the verb."""
    words = lexicon()
    described = _described(clause, at)
    holders = described or doer
    if not holders or holders[0].type not in (PERSON, NAME, ORG):
        return
    body: tuple[Candidate, ...] = ()
    role, noted, loose = "", False, False
    k = at
    while k < len(clause) and clause[k].text != "的":
        unit = clause[k]
        if unit.named and unit.kind not in VALUES:
            body, loose = unit.items, False
        elif unit.items or (unit.tag == "v" and unit.text in words.verbs and k > at):
            break
        elif unit.text == "、":
            loose = True
        else:
            role, start = role_at(clause, k + 1, at, ("roles",))
            after = clause[k + 1] if k + 1 < len(clause) else None
            if role and role != "前身" and (after is None or not is_noun(after)):
                if loose and clause[start - 1].text != "、":
                    body = ()
                if body and body != holders and body[0].type != PERSON:
                    notes.add(holders, role, body, 0.85 * weight, left)
                    noted = True
                if left.dates:
                    notes.add(holders, "担任" + role, left.dates[-1:], 0.7 * weight, left)
        k += 1
    following = clause[at] if at < len(clause) else None
    if not noted and not role and following is not None and following.named and verb in ("成为", "担任"):
        alone = at + 1 == len(clause)
        if alone and following.kind in (WORK, ORG, NAME, PLACE):
            notes.add(holders, verb, following.items, 0.55 * weight, left)


def _described(clause: Clause, at: int) -> tuple[Candidate, ...]:
    """Return who is described by an office in front: X in "曾任Y总干事的X"."""
    for k in range(at, min(at + 10, len(clause) - 1)):
        if clause[k].text == "的" and not clause[k].items:
            following = clause[k + 1]
            if following.named and following.kind in (PERSON, NAME) and role_at(clause, k, at, ("roles",))[0]:
                return following.items
    return ()


def copulas(
    notes: Notes,
    clause: Clause,
    subject: Subject | None,
    actual: tuple[Candidate, ...],
    owner: tuple[Candidate, ...],
    weight: float,
) -> None:
    """Note "X是Y的首都", "X是Y国演员", "Y的会长为X"."""
    words = lexicon()
    for c, unit in enumerate(clause):
        if unit.items or unit.text not in words.sets["copulas"]:
            continue
        if (subject is not None and c < subject.end - 1) or c + 1 >= len(clause):
            continue
        if c == 0 and unit.text == "即":
            return
        left = look_left(clause, c, subject, {})
        left.negated = left.negated or unit.text in ("不是", "并非")
        rest = clause[c + 1 :]
        if _holder(notes, clause, c, subject, owner or actual, rest, weight, left):
            return
        if left.subject is not None or not actual or left.agent or left.passive:
            return
        _is_of(notes, actual, rest, weight, left)
        return


def _holder(
    notes: Notes,
    clause: Clause,
    at: int,
    subject: Subject | None,
    owner: tuple[Candidate, ...],
    rest: Clause,
    weight: float,
    left: Left,
) -> bool:
    """Note "Y的会长为X" as X being it; tells whether the subject is such a noun."""
    role, start = role_at(clause, at, 0, ("roles", "kin"))
    if not role or (subject is not None and subject.items and start < subject.end):
        return False
    named = [i for i, unit in enumerate(rest) if unit.named]
    if not owner or not named:
        return True
    last = rest[named[-1]]
    if named and rest[named[-1] - 1].text == "的" and named[-1] + 1 == len(rest):
        notes.add(last.items, role, owner, 0.8 * weight, left)
        return True
    if any(not u.items and u.tag == "v" for u in rest[: named[-1]]):
        return True
    if all(u.text in lexicon().sets["ends"] for u in rest[named[-1] + 1 :]):
        previous = rest[named[-1] - 1] if named[-1] else None
        if previous is None or is_noun(previous) or previous.text == "的" or previous.tag in ("m", "q", "b", "v"):
            notes.add(last.items, role, owner, 0.85 * weight, left)
    return True


def _is_of(notes: Notes, actual: tuple[Candidate, ...], rest: Clause, weight: float, left: Left) -> None:
    words = lexicon()
    cut = bool(rest) and rest[-1].text == "之一"
    rest = _without_end(rest)
    names = [i for i, unit in enumerate(rest) if unit.named]
    if names and _kind_of(notes, actual, rest, names[-1], weight, left):
        return
    if not names or any(not _describes(u) and u.text not in _LINKS for u in rest):
        return
    at = names[-1]
    if at == len(rest) - 1:
        if not cut and all(u.tag in ("m", "q") for u in rest[:at]) and rest[at].items != actual:
            notes.add(actual, "是", rest[at].items, 0.7 * weight, left)
        elif len(names) > 1 and rest[names[-2] + 1].text == "的" and rest[at - 1].text in words.sets["roles"]:
            notes.add(actual, rest[at - 1].text, rest[names[-2]].items, 0.7 * weight, left)
        return
    if not _nounlike(rest[-1]) and not (rest[-2].text in ("的", "之") and rest[-1].tag == "v"):
        return
    linked = any(u.text in ("的", "之") and not u.items for u in rest[at + 1 :])
    noun = rest[-1].text
    role, _ = role_at(rest, len(rest), at + 1)
    of = rest[at].items
    person = actual[0].type in (PERSON, NAME)
    following = [u.text for u in rest[at + 1 :]]
    if of[0].type == PLACE and (not linked or noun in words.sets["country"]) and person and _of_people(following):
        notes.add(actual, _origin(rest[at], noun), of, 0.85 * weight, left)
    elif of[0].type == PLACE and not linked and noun.endswith(_WORKS):
        notes.add(actual, "国家", of, 0.8 * weight, left)
    elif role:
        notes.add(actual, role, of, 0.85 * weight, left)
    elif linked and len(noun) > 1:
        notes.add(actual, noun, of, 0.75 * weight, left)
    elif of[0].type in (PLACE, ORG) and len(noun) > 1 and not person:
        notes.add(actual, noun, of, 0.6 * weight, left)


def _kind_of(notes: Notes, actual: tuple[Candidate, ...], rest: Clause, at: int, weight: float, left: Left) -> bool:
    """Note "X为Y科的一种"; tells whether that is what is said."""
    tail = [unit.text for unit in rest[at + 1 :]]
    if not tail or len(tail) > 6 or tail[0] not in ("的", "之", "中") or not tail[-1].endswith(("种", "属", "物种")):
        return False
    notes.add(actual, "属于", rest[at].items[-1:], 0.75 * weight, left)
    return True


def _nounlike(unit: Unit) -> bool:
    words = lexicon()
    return is_noun(unit) or unit.text in words.sets["roles"] or unit.text in words.sets["country"]


def _describes(unit: Unit) -> bool:
    """Tell whether a unit may describe a noun behind it."""
    if unit.items or unit.tag in _DESCRIBING or _nounlike(unit):
        return True
    return (unit.tag == "v" and len(unit.text) == 2 and unit.text not in lexicon().verbs) or unit.text == "退役"


def _of_people(nouns: Sequence[str]) -> bool:
    """Tell whether one of the nouns says what somebody does or is."""
    words = lexicon()
    return any(noun in words.sets["country"] or (len(noun) > 1 and noun[-1] in _TITLES) for noun in nouns)


def _origin(place: Unit, noun: str) -> str:
    """Return what a place in front of "人" or an occupation says: a nationality, or for part of a country, a home."""
    home = place.text[-1] in "省市县区镇村乡府" or place.text in lexicon().sets["homes"]
    return "籍贯" if noun == "人" and home else "国籍"


def _without_end(rest: Clause) -> Clause:
    """Leave out what may follow the noun: "之一", "等"."""
    while (
        rest
        and not rest[-1].items
        and (rest[-1].text in ("之一", "一", "其中", "等", "了", "的") or rest[-1].tag in ("r", "y"))
    ):
        rest = rest[:-1]
    return rest


def description(notes: Notes, clause: Clause) -> bool:
    """Note a clause that only says what the subject is: "X，Y国政治家"; tells whether it is one."""
    while clause and not clause[0].items and (clause[0].text.endswith("籍") or clause[0].text in _LEADING):
        clause = clause[1:]
    if not notes.running or len(clause) < 2 or clause[0].kind not in (PLACE, ORG) or clause[0].items == notes.running:
        return False
    linked = any(unit.text in ("的", "之") for unit in clause[1:])
    if any(unit.items or (not _describes(unit) and unit.text not in _LINKS) for unit in clause[1:]):
        return False
    if not _nounlike(clause[-1]):
        return False
    role, _ = role_at(clause, len(clause), 1, ("roles", "country"))
    person = notes.running[0].type in (PERSON, NAME)
    if person and clause[0].kind == PLACE and not linked and _of_people([u.text for u in clause[1:]]):
        notes.add(notes.running, _origin(clause[0], clause[-1].text), clause[0].items, 0.75 * notes.weight)
        return True
    if role and (person or linked):
        notes.add(notes.running, role, clause[0].items, 0.75 * notes.weight)
        return True
    if linked and notes.weight == 1 and notes.running[0].type in (PLACE, ORG, NAME):
        notes.add(notes.running, clause[-1].text, clause[0].items, 0.65 * notes.weight)
        return True
    return False
