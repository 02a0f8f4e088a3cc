"""Which short forms of names in one document stand for which full ones: surnames, companies without legal form."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache

from knowledge.resolve.forms import (
    abbreviates,
    has_han,
    is_acronym,
    middle_classes,
    model_base,
    normal,
    person,
    work_base,
)
from knowledge.resolve.groups import Group, UnionFind, compatible, only
from knowledge.resolve.words import phrases, words
from knowledge.types import NAME, ORG, PERSON, PLACE, PRODUCT, WORK

_NEAR = 100
"""Characters within which a word like "subsidiary" keeps a short name from meaning the long one."""


def join_people(groups: Sequence[Group], found: UnionFind[int]) -> None:
    """Join the ways of writing one person: middle and first initials, and one name alone if one person has it."""
    people = [(i, g) for i, g in enumerate(groups) if g.type == PERSON and not g.person.bare]
    families: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for i, group in people:
        families[(*group.person.family, group.qualifier)].append(i)
    for members in families.values():
        classes = middle_classes({groups[i].person.middles for i in members})
        first: dict[tuple[str, ...], int] = {}
        for i in members:
            found.union(i, first.setdefault(classes[groups[i].person.middles], i))
    _join_initials(groups, found, people)
    _join_nicknames(found, people)
    _join_bare(groups, found, people)


def _join_initials(groups: Sequence[Group], found: UnionFind[int], people: list[tuple[int, Group]]) -> None:
    """Join "J. Smith" with Jane Smith, if no other full name fits."""
    full: dict[tuple[str, str, str], dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for i, group in people:
        whole = group.person
        if len(whole.given) > 1 and not has_han(whole.given):
            middles = "".join(part[0] for part in whole.middles)
            for wanted in {"", middles}:
                full[(whole.given[0], whole.last, whole.generation)][wanted].add(found.find(i))
            if not middles:
                full[(whole.given[0], whole.last, whole.generation)]["-"].add(found.find(i))
    for i, group in people:
        whole = group.person
        if len(whole.given) == 1 and not has_han(whole.given):
            known = full.get((whole.given, whole.last, whole.generation), {})
            middles = "".join(part[0] for part in whole.middles)
            # With a middle initial: those who have the same or none. Without: all.
            fitting = [known.get(middles, set())] + ([known.get("-", set())] if middles else [])
            if all(len(roots) < 2 for roots in fitting):
                one = only(found.find(root) for roots in fitting for root in roots)
                if one is not None:
                    found.union(i, one)


def _join_nicknames(found: UnionFind[int], people: list[tuple[int, Group]]) -> None:
    """Join Bill Smith with William "Bill" Smith."""
    called: dict[tuple[str, str], set[int]] = defaultdict(set)
    for i, group in people:
        for name in group.names:
            if nickname := person(name).nickname:
                called[nickname, group.person.last].add(found.find(i))
    for i, group in people:
        one = only(called.get((group.person.given, group.person.last), ()))
        if one is not None and not group.person.middles:
            found.union(i, one)


def _join_bare(groups: Sequence[Group], found: UnionFind[int], people: list[tuple[int, Group]]) -> None:
    """Join one name alone with the one person in the document who bears it."""
    bearers: dict[str, set[int]] = defaultdict(set)
    for i, group in people:
        whole = group.person
        for part in {whole.last, whole.short, whole.given} if len(whole.given) > 1 else {whole.last, whole.short}:
            # A Chinese given name of one character alone names nobody.
            if not (part == whole.given and has_han(part)):
                bearers[part].add(i)
    # A foreign surname in Chinese characters looks like a whole Chinese name.
    foreign = {g.person.last: g.person.last for _, g in people if "·" in g.name}
    genders: dict[int, set[str]] = defaultdict(set)
    for i, group in people:
        genders[found.find(i)] |= group.genders
    for i, group in enumerate(groups):
        if group.type not in {PERSON, NAME} or group.qualifier or group.given:
            continue
        alone = group.person.last if group.person.bare else foreign.get(group.normal, "")
        if not alone:
            continue
        if group.type == NAME and (is_acronym(group.name) or len(group.normal) < 2):
            continue
        fitting = {found.find(j) for j in bearers.get(alone, ())}
        if group.genders:
            fitting = {j for j in fitting if not genders[j] or genders[j] & group.genders}
        if (one := only(fitting)) is not None and not group.person.generation:
            found.union(i, one)


def join_shortened(groups: Sequence[Group], found: UnionFind[int]) -> None:
    """Join a product's name with and without what it is, a work's with and without subtitle, if it is the only one."""
    longs: dict[str, set[int]] = defaultdict(set)
    for i, group in enumerate(groups):
        if group.given or group.qualifier or not group.names:
            continue
        base = work_base(group.name) if group.type in {WORK, NAME} else ""
        if base or (base := model_base(group.name) if group.type in {PRODUCT, NAME} else ""):
            longs[normal(base)].add(i)
    plain = {g.normal: i for i, g in enumerate(groups) if not (g.given or g.qualifier)}
    for base, indices in longs.items():
        one, short = only(indices), plain.get(base)
        if one is not None and short is not None:
            # The long name tells better what it is.
            kind = groups[one].type
            groups[short].kinds = Counter({kind: sum(groups[short].kinds.values())})
            found.union(one, short)


def join_organisations(groups: Sequence[Group], found: UnionFind[int], text: str, declared: set[str]) -> None:
    """Join a company's name with and without its legal form, its first word alone, and its initials.

    ``declared``: names in normal form that the text declares for all the world; they stay names of their own.
    """
    named = [(i, g) for i, g in enumerate(groups) if g.type in {ORG, NAME} and g.names]
    bases: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for i, group in named:
        base, form = group.legal
        bases[(base, group.qualifier)][form].append(i)
    for forms in bases.values():
        for members in forms.values():
            for i in members:
                found.union(members[0], i)
        hard = [form for form in forms if form not in {"", "公司"}]
        if len(hard) <= 1:
            for members in forms.values():
                found.union(members[0], next(iter(forms.values()))[0])
    full = [(i, g) for i, g in named if g.type == ORG and g.legal[1]]
    apart = {i for i, g in named if g.normal in declared}
    _join_first_words(named, full, found, _parent_places(text) if full else [], apart)
    _join_initials_of(groups, [(i, g) for i, g in named if g.normal not in declared], found)


def _join_first_words(
    named: list[tuple[int, Group]],
    full: list[tuple[int, Group]],
    found: UnionFind[int],
    parents: list[int],
    apart: set[int],
) -> None:
    """Join "Acme" with Acme Pump GmbH, if that was named before and no other company begins so."""
    beginning: dict[str, set[int]] = defaultdict(set)
    for i, group in named:
        if group.type == ORG:
            for word in _beginnings(group):
                beginning[word].add(i)
    formal = {i for i, _ in full}
    for i, group in named:
        if group.legal[1] or group.given or i in apart or group.qualifier or group.normal in words("local", "terms"):
            continue
        longer = {j for j in beginning.get(group.normal, ()) if j != i}
        one = only(found.find(j) for j in longer)
        first = min((g.first for j, g in full if j in longer), default=None) if len(longer) < 20 else None
        if one is None or first is None or not longer & formal or first > group.first:
            continue
        if not any(_close(parents, place) for place in group.starts):
            found.union(i, one)


def _beginnings(group: Group) -> set[str]:
    """Return what a company's name may be cut down to: its first word; in Chinese its first two to four characters."""
    base = group.legal[0]
    if not has_han(base):
        first = normal(" ".join(group.name.split()[:1]))
        return {first} if first != base else set()
    region = next((r for r in phrases("zh", "regions") if base.startswith(r)), "")
    rest = base.removeprefix(region)
    return {b[:n] for b in {base, rest} for n in (2, 3, 4) if n < len(base) and len(b) >= n and b[:n] != region}


@cache
def _parents() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, phrases("local", "parents"))), re.IGNORECASE)


def _parent_places(text: str) -> list[int]:
    return [match.start() for match in _parents().finditer(text)]


def _close(places: list[int], to: int) -> bool:
    at = bisect_left(places, to - _NEAR)
    return at < len(places) and places[at] <= to + _NEAR


def _join_initials_of(groups: Sequence[Group], named: list[tuple[int, Group]], found: UnionFind[int]) -> None:
    """Join an acronym of three letters or more with the one long name in the document that it abbreviates."""
    acronyms = {g.normal: i for i, g in named if is_acronym(g.name) and len(g.normal) > 2 and not g.given}
    longs: dict[str, set[int]] = defaultdict(set)
    for i, group in named:
        parts = group.name.replace("-", " ").split()
        if group.type == ORG and 2 < len(parts) < 12:
            for short in {"".join(p[0] for p in parts), "".join(p[0] for p in parts if p[0].isupper())}:
                if (key := normal(short)) in acronyms and abbreviates(groups[acronyms[key]].name, group.name):
                    longs[key].add(found.find(i))
    for short, roots in longs.items():
        one = only(roots)
        if one is not None and compatible(groups[acronyms[short]].type, ORG):
            found.union(acronyms[short], one)


def join_places(groups: Sequence[Group], found: UnionFind[int]) -> None:
    """Join "Springfield" with "Springfield, Illinois", if the document has no other Springfield."""
    heads: dict[str, set[int]] = defaultdict(set)
    for i, group in enumerate(groups):
        head, comma, _ = group.name.partition(",")
        if comma and group.type in {PLACE, NAME}:
            heads[normal(head)].add(i)
    places = [(i, g) for i, g in enumerate(groups) if g.type in {PLACE, NAME} and not g.qualifier]
    plain = {group.normal: i for i, group in places}
    for head, longer in heads.items():
        one = only(longer)
        if one is not None and head in plain and compatible(groups[one].type, groups[plain[head]].type):
            found.union(plain[head], one)
