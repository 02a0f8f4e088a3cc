"""Relations between a name and what a noun of it is or counts: "签署国包括X、Y", "X在Y的领土", "X、Y等Z成员"."""

from __future__ import annotations

from knowledge.extract.candidate import Candidate
from knowledge.extract.chinese.nouns import Notes, role_at
from knowledge.extract.chinese.scan import look_left
from knowledge.extract.chinese.subject import Clause, Subject, is_noun, topic_word
from knowledge.extract.chinese.units import lexicon
from knowledge.types import NAME, ORG, PERSON, PLACE

_LONGEST_NOUN = 4
"""Words."""
_EMPTY = frozenset(
    [
        "种类",
        "部分",
        "原因",
        "情况",
        "方面",
        "内容",
        "时间",
        "地方",
        "方式",
        "地区",
        "其中",
        "目的",
        "意思",
        "双方",
        "学名",
    ]
)


def attributes(
    notes: Notes, clause: Clause, subject: Subject | None, owner: tuple[Candidate, ...], weight: float
) -> None:
    """Note what a clause says by nouns and lists.

    Parameters
    ----------
    owner
        Whose the noun is that begins the clause.
    weight
        How sure that is.
    """
    _lists(notes, clause, subject, owner, weight)
    for i, unit in enumerate(clause):
        if unit.named and i + 3 < len(clause):
            _members(notes, clause, i)
            _held_in(notes, clause, i)


def _lists(notes: Notes, clause: Clause, subject: Subject | None, owner: tuple[Candidate, ...], weight: float) -> None:
    """Note "X的N包括Y、Z" as Y and Z being that."""
    words = lexicon()
    verb = next((i for i, u in enumerate(clause[:8]) if not u.items and u.text in words.sets["lists"]), 0)
    if not verb or not owner or verb + 1 >= len(clause):
        return
    noun, start = _noun_before(clause, verb, notes.topic)
    light = clause[verb].text not in ("包括", "包含", "计有")
    if (
        not noun
        or noun in words.sets["kin"]
        or (noun in words.sets["roles"] and clause[verb].text in words.sets["copulas"])
    ):
        return
    if not (start == 0 or clause[start - 1].text in ("的", "之", "其") or topic_word(clause, start - 1, notes.topic)):
        return
    if subject is not None and subject.items and subject.end <= start:
        return
    rest = clause[verb + 1 :]
    named = [u for u in rest if u.named]
    if not named or any(not u.items and u.tag[:1] in ("v", "p") and u.tag != "vn" for u in rest):
        return
    if light and (len(named) > 1 or rest[-1] is not named[0]) and rest[-1].text not in words.sets["ends"]:
        return
    if any(u.text in ("的", "之") for u in rest):
        return
    for unit in named:
        if unit.items != owner:
            notes.add(unit.items, noun, owner, (0.7 if not light else 0.68) * weight, look_left(clause, verb, None, {}))


def _noun_before(clause: Clause, end: int, topic: Candidate | None) -> tuple[str, int]:
    """Return the noun that ends before ``end``, and where its phrase starts."""
    start = end
    while start > 0 and end - start < _LONGEST_NOUN:
        unit = clause[start - 1]
        if unit.items or not (is_noun(unit) or unit.tag in ("a", "b", "d") or unit.text in lexicon().sets["roles"]):
            break
        if unit.text in lexicon().sets["own"] or topic_word(clause, start - 1, topic):
            break
        start -= 1
    noun = next((u.text for u in reversed(clause[start:end]) if is_noun(u) or u.text in lexicon().sets["roles"]), "")
    return (noun, start) if len(noun) > 1 and noun not in _EMPTY else ("", end)


def _members(notes: Notes, clause: Clause, at: int) -> None:
    """Note "X、Y等Z领导人" as both being that of Z."""
    if clause[at + 1].items or clause[at + 1].text not in ("等", "等人") or not clause[at + 2].named:
        return
    for end in range(at + 4, min(at + 7, len(clause)) + 1):
        role, start = role_at(clause, end, at + 3, ("roles",))
        following = clause[end] if end < len(clause) else None
        if role and start == at + 3 and (following is None or following.tag[:1] not in ("n", "u")):
            if clause[at].kind in (PERSON, NAME, ORG, PLACE):
                notes.add(clause[at].items, role, clause[at + 2].items, 0.75)
            return


def _held_in(notes: Notes, clause: Clause, at: int) -> None:
    """Note "X在Y的领土" as what X has in Y."""
    place = clause[at + 2]
    if clause[at + 1].items or clause[at + 1].text != "在" or place.kind not in (PLACE, ORG):
        return
    if clause[at + 3].items or clause[at + 3].text != "的" or at + 4 >= len(clause):
        return
    end = at + 4
    while end < len(clause) and end - at < 8 and (is_noun(clause[end]) or clause[end].tag in ("a", "b")):
        end += 1
    while end > at + 5 and not is_noun(clause[end - 1]):
        end -= 1
    noun = clause[end - 1].text
    if end > at + 4 and is_noun(clause[end - 1]) and len(noun) > 1 and clause[at].kind in (ORG, PLACE, NAME, PERSON):
        notes.add(clause[at].items, noun, place.items, 0.55)
