"""Amounts that Chinese sentences state: "X长120公里", "人口为5万", "收入同比增长10%"."""

from __future__ import annotations

from knowledge.extract.candidate import Candidate
from knowledge.extract.chinese.nouns import Notes
from knowledge.extract.chinese.subject import Clause, is_noun, topic_word
from knowledge.extract.chinese.units import lexicon
from knowledge.types import DATE, MONEY, PERCENT, QUANTITY, VALUES

AMOUNTS = frozenset([MONEY, PERCENT, QUANTITY])
_RANGE = frozenset("－-—–~～至到")


def measures(
    notes: Notes, clause: Clause, actual: tuple[Candidate, ...], owner: tuple[Candidate, ...], weight: float
) -> None:
    """Note "X长120公里", "人口为5万", "收入同比增长10%"."""
    words = lexicon()
    for i, unit in enumerate(clause):
        if unit.kind not in AMOUNTS or (i == 0 and not notes.noun):
            continue
        after = clause[i + 1] if i + 1 < len(clause) else None
        if after is not None and not after.items and (after.tag[:1] in ("n", "v") or after.text in _RANGE):
            continue
        k = i - 1
        while (
            k >= 0 and not clause[k].items and (clause[k].text in words.sets["before_amount"] or clause[k].tag == "d")
        ):
            k -= 1
        if share := _share(clause, i):
            noun, start = share
            holder = _holder_of_measure(clause, start, actual, owner)
            notes.add(holder, (notes.noun if start == 0 else "") + noun, unit.items, 0.75 * weight)
            continue
        change = ""
        if k >= 0 and not clause[k].items and clause[k].text in words.sets["change"]:
            change = clause[k].text
            k -= 1
            while k >= 0 and (
                clause[k].kind == DATE
                or (not clause[k].items and (clause[k].text in words.sets["before_change"] or clause[k].tag == "d"))
            ):
                k -= 1
        noun, start = _noun_before(clause, k, notes.topic)
        if not noun and change:
            noun = notes.noun
        if not noun:
            continue
        known = noun in words.sets["measures"] or any(noun.endswith(m) for m in words.sets["measures"] if len(m) > 1)
        before = clause[start - 1] if start else None
        if (
            not known
            and before is not None
            and not before.items
            and before.text not in ("的", "之")
            and before.tag != "d"
        ):
            continue
        holder = _holder_of_measure(clause, start, actual, owner)
        if holder and holder[0].type not in VALUES:
            notes.add(holder, noun + change, unit.items, (0.85 if known else 0.6) * weight)
        notes.noun = noun


def _share(clause: Clause, at: int) -> tuple[str, int] | None:
    """Return the words that say what an amount is a part of: "占营业收入" in "占营业收入的8%"; and where they start."""
    if clause[at].kind != PERCENT or at < 3 or clause[at - 1].text not in ("的", "之"):
        return None
    for k in range(at - 2, max(at - 7, -1), -1):
        if clause[k].items:
            return None
        if clause[k].text in ("占", "占比"):
            return "占" + "".join(unit.text for unit in clause[k + 1 : at - 1]), k
    return None


def _noun_before(clause: Clause, at: int, topic: Candidate | None) -> tuple[str, int]:
    """Return the noun that ends at ``at``, with the nouns that describe it, and the index where it starts."""
    words = lexicon()
    for size in (3, 2):
        start = at + 1 - size
        text = "".join(unit.text for unit in clause[max(start, 0) : at + 1])
        if start >= 0 and text in words.sets["measures"]:
            return text, start
    k = at
    while k >= 0 and at - k < 4 and not clause[k].items:
        unit = clause[k]
        good = is_noun(unit) or unit.text in words.sets["measures"] or (unit.tag in ("b", "an", "a") and k < at)
        if k < at and topic_word(clause, k, topic):
            break
        if not good or unit.text in words.sets["directions"] or unit.text in ("现有", "现", "原有"):
            break
        k -= 1
    text = "".join(unit.text for unit in clause[k + 1 : at + 1])
    return (text, k + 1) if len(text) > 1 or text in words.sets["measures"] else ("", at + 1)


def _holder_of_measure(
    clause: Clause, start: int, actual: tuple[Candidate, ...], owner: tuple[Candidate, ...]
) -> tuple[Candidate, ...]:
    k = start - 1
    if k >= 0 and not clause[k].items and clause[k].text in ("的", "之"):
        k -= 1
    if k >= 0 and clause[k].named:
        return clause[k].items
    return actual or owner
