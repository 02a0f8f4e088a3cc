"""From the candidates of one document to what they name, as far as that document alone tells.

What holds everywhere (an acronym, a former or foreign name) stays an entity of its own, joined by an ``Alias``: another
document may use it without saying what it means. What holds in this document alone (a surname, "the Company", a company
without its legal form) takes the key of the full name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors import Document
from knowledge.records import DocumentEntity
from knowledge.resolve.aliases import Declaration, defined_terms, explicit_aliases
from knowledge.resolve.evidence import region_after, told_kinds
from knowledge.resolve.forms import (
    display,
    evident_type,
    has_han,
    is_acronym,
    normal,
    person,
    person_normal,
    split_qualifier,
    title_parts,
)
from knowledge.resolve.groups import Group, UnionFind, compatible, majority
from knowledge.resolve.names import entity_key, without_parenthesis
from knowledge.resolve.short import join_organisations, join_people, join_places, join_shortened
from knowledge.resolve.signs import long_form, person_sign
from knowledge.resolve.words import meanings, words
from knowledge.types import NAME, ORG, PERSON, PLACE, VALUES

if TYPE_CHECKING:
    from knowledge.extract.candidate import Candidate

__all__ = ["Alias", "Resolved", "defined_terms", "explicit_aliases", "resolve_document"]

_NEXT_REGION = re.compile(r",[ \u00a0]([A-Z][A-Za-z.]{1,14}(?: [A-Z][a-z]{2,14})?)(?!\w)")
_LISTED = re.compile(r",? (?:and|or|&) (?:the )?[A-Z]|, [A-Z][\w’' -]{1,40}(?:,| and )")
_ALSO_CITIES = frozenset({"New York", "Washington"})
_NEXT_PARENTHESIS = re.compile(r"\s?[(（]([^()（）\n]{1,24})[)）]")


@dataclass(frozen=True, slots=True)
class Alias:
    """Two candidates that the text declares to name one thing."""

    key: str
    other: str
    """Keys of document entities: the one that has another name, and that name."""
    start: int
    end: int
    """The place that says so: half-open character offsets into ``Document.text``."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the candidates of a document name."""

    entities: tuple[DocumentEntity, ...]
    """In order of key."""
    keys: tuple[str, ...]
    """For each candidate the key of its entity."""
    aliases: tuple[Alias, ...]
    """Between two of the entities; they hold in other documents as well."""


def resolve_document(document: Document, candidates: Sequence[Candidate]) -> Resolved:
    """Return what ``candidates`` name.

    ``candidates`` are in order of ``start``, do not overlap, and have offsets into ``document.text``. A function of
    its arguments; takes time in proportion to the text and the candidates.
    """
    return _Resolver(document, candidates).resolved()


class _Resolver:
    def __init__(self, document: Document, candidates: Sequence[Candidate]) -> None:
        self.document = document
        self.text = document.text
        self.candidates = candidates
        self.declared = explicit_aliases(self.text, candidates)
        self.inner = {d.of: d for d in self.declared if d.start < candidates[d.of].end}
        self.groups: list[Group] = []
        self.places: dict[tuple[str, ...], int] = {}
        self.found: UnionFind[int] = UnionFind()
        self.plain: dict[str, str] = {}
        self.title_base, self.title_qualifier = title_parts(document.title)

    def resolved(self) -> Resolved:
        standing = self._stand_ins()
        self.told = self._told(standing)
        of = [-1] * len(self.candidates)
        self._known_keys(of)
        for i, candidate in enumerate(self.candidates):
            if of[i] < 0 and i not in standing:
                of[i] = self._written(i, candidate)
        self._join_qualified()
        join_shortened(self.groups, self.found)
        join_people(self.groups, self.found)
        everywhere = {normal(self.text[d.start : d.end]) for d in self.declared if not d.local}
        join_organisations(self.groups, self.found, self.text, everywhere)
        join_places(self.groups, self.found)
        for i in standing:
            end = _end_of(standing, i)
            of[i] = of[end] if of[end] >= 0 else self._written(i, self.candidates[i])
        pairs = self._global_pairs(of)
        return self._finish(of, pairs)

    def _group(self, place: tuple[str, ...], letters: str, qualifier: str = "", given: str = "") -> int:
        if place not in self.places:
            self.places[place] = len(self.groups)
            self.groups.append(Group(letters, qualifier, given, first=len(self.text)))
        return self.places[place]

    def _stand_ins(self) -> dict[int, int]:
        """Return for each candidate that stands for another here alone (the Company) the one that it stands for."""
        terms: dict[str, list[Declaration]] = defaultdict(list)
        for declared in self.declared:
            if declared.local and declared.start >= self.candidates[declared.of].end:
                terms[normal(self.text[declared.start : declared.end])].append(declared)
        standing: dict[int, int] = {}
        if not terms:
            return standing
        starts = {term: [d.start for d in found] for term, found in terms.items()}
        for i, candidate in enumerate(self.candidates):
            surface = self.text[candidate.start : candidate.end]
            term = normal(surface)
            if candidate.key or term not in terms:
                continue
            # The article of "the Company" may be part of the candidate.
            place = bisect_right(starts[term], candidate.end) - 1
            if place < 0 and entity_key(surface) in words("local", "terms"):
                continue
            target = terms[term][max(place, 0)].of
            if target != i:
                standing[i] = target
        return standing

    def _told(self, standing: Mapping[int, int]) -> dict[int, str]:
        """Return the kind of each candidate whose name the text gives to things of several kinds."""
        alike: dict[str, list[int]] = defaultdict(list)
        for i, candidate in enumerate(self.candidates):
            if not candidate.key and candidate.type not in VALUES and i not in standing and i not in self.inner:
                alike[normal(self.text[candidate.start : candidate.end])].append(i)
        return told_kinds(self.text, self.candidates, alike.values())

    def _known_keys(self, of: list[int]) -> None:
        """Group the candidates whose key the finder knows."""
        for i, candidate in enumerate(self.candidates):
            if not candidate.key:
                continue
            if candidate.type in VALUES:
                of[i] = self._group(("value", candidate.key), "", "", candidate.key)
            else:
                base, qualifier = self._key_parts(candidate.key)
                of[i] = self._group(("key", candidate.key), normal(base), qualifier, candidate.key)
            surface = display(self.text[candidate.start : candidate.end])
            self._count(of[i], candidate, "" if candidate.origin == "topic" else surface)
        for place in sorted(place for place in self.places if place[0] == "key"):
            group = self.groups[self.places[place]]
            self.places.setdefault((group.normal, group.qualifier, ""), self.places[place])

    def _key_parts(self, key: str) -> tuple[str, str]:
        if key == entity_key(self.document.title):
            return self.title_base, self.title_qualifier
        return title_parts(key)

    def _written(self, i: int, candidate: Candidate) -> int:
        """Group a candidate by how it is written."""
        surface = self.text[candidate.start : candidate.end]
        name, qualifier = surface, ""
        if i in self.inner:
            name = without_parenthesis(surface)
        else:
            name, qualifier = split_qualifier(surface)
            following = _NEXT_PARENTHESIS.match(self.text, candidate.end)
            if not qualifier and following and following[1].casefold() in words("local", "qualifiers"):
                qualifier = following[1].casefold()
            if not qualifier and self.told.get(i, candidate.type) in {PLACE, NAME}:
                name, qualifier = self._region(name, candidate.end)
            if not qualifier:
                qualifier = self._seat(i, name)
        gender = ""
        kind = self.told.get(i) or evident_type(candidate.type, name)
        if kind == PERSON:
            whole = person(name)
            letters = person_normal(name)
            # Mr. Smith and Mrs. Smith are two.
            gender = whole.gender if whole.bare else ""
            shown = display(name, whole_person=not (whole.bare and whole.gender))
        else:
            letters, shown = normal(name), display(name)
        if i in self.told and not qualifier:
            # The first kind keeps the plain name.
            qualifier = kind.lower() if self.plain.setdefault(normal(name), kind) != kind else ""
        group = self._group((letters, qualifier, gender), letters, qualifier)
        if kind == PERSON and person(name).gender:
            self.groups[group].genders.add(person(name).gender)
        self._count(group, candidate, shown, kind)
        return group

    def _region(self, name: str, end: int) -> tuple[str, str]:
        """Return a place's name and the region that tells it from others, of "Springfield, Illinois"; else nothing."""
        regions = meanings("places", "regions")
        plain, comma, rest = name.rpartition(", ")
        if comma and rest.replace(".", "").casefold() in regions:
            return plain, regions[rest.replace(".", "").casefold()]
        if told := region_after(self.text, end).casefold():
            return name, regions.get(told, told)
        following = _NEXT_REGION.match(self.text, end)
        if not following or name.casefold() in regions:
            return name, ""
        if following[1] in _ALSO_CITIES and _LISTED.match(self.text, following.end()):
            # "offices in London, New York and Rome"
            return name, ""
        for written in (following[1], following[1].partition(" ")[0]):
            known = regions.get(written.replace(".", "").casefold())
            if known and (len(written.replace(".", "")) > 3 or written.isupper()):
                return name, known
        return name, ""

    def _seat(self, i: int, name: str) -> str:
        """Return the place that follows the name of a school and the like: "St. Mary's School, Leeds"."""
        candidate = self.candidates[i]
        following = self.candidates[i + 1] if i + 1 < len(self.candidates) else None
        last = name.rpartition(" ")[2].casefold()
        if following is None or self.text[candidate.end : following.start] != ", " or last not in words("en", "seated"):
            return ""
        town = self.text[following.start : following.end]
        single = not _LISTED.match(self.text, following.end) and evident_type(following.type, town) != ORG
        return town.casefold() if single and following.type in {PLACE, PERSON, NAME} and "," not in town else ""

    def _count(self, index: int, candidate: Candidate, name: str, kind: str = "") -> None:
        group = self.groups[index]
        group.kinds[kind or candidate.type] += 1
        group.first = min(group.first, candidate.start)
        group.starts.append(candidate.start)
        if name:
            group.names[name] += 1

    def _join_qualified(self) -> None:
        """Let the plain name mean the one with the parenthesis that the title has, or else the only one there is."""
        if self.title_qualifier:
            letters = normal(self.title_base)
            key = entity_key(self.document.title)
            if (letters, "", "") in self.places or (letters, self.title_qualifier, "") in self.places:
                topic = self._group(("key", key), letters, self.title_qualifier, key)
                for place in ((letters, "", ""), (letters, self.title_qualifier, "")):
                    if place in self.places:
                        self.found.union(topic, self.places[place])
        senses: dict[str, set[int]] = defaultdict(set)
        for index, group in enumerate(self.groups):
            if group.qualifier:
                senses[group.normal].add(self.found.find(index))
        for letters, roots in senses.items():
            plain = self.places.get((letters, "", ""))
            if plain is not None and len(roots) == 1 and self.found.find(plain) not in roots:
                (root,) = roots
                if compatible(self.groups[plain].type, self.groups[root].type):
                    self.found.union(plain, root)

    def _global_pairs(self, of: list[int]) -> list[tuple[int, int, Declaration]]:
        """Return the groups that have another name that holds everywhere, with the group of that name."""
        at = {(c.start, c.end): i for i, c in enumerate(self.candidates)}
        pairs = []
        for declared in self.declared:
            if declared.local:
                continue
            long = of[declared.of]
            name = display(self.text[declared.start : declared.end])
            letters = normal(name)
            index = at.get((declared.start, declared.end))
            short = of[index] if index is not None else self.places.get((letters, "", ""))
            kind = majority(self._kinds(long))
            if short is None:
                short = self._group((letters, "", ""), letters)
                self.groups[short].names[name] += 1
                self.groups[short].kinds[kind] += 1
                self.groups[short].first = declared.start
            if self.found.find(short) == self.found.find(long):
                continue
            if not compatible(majority(self._kinds(short)), kind):
                if not declared.equal:
                    continue
                self.groups[short].kinds = Counter({kind: 1})
            pairs.append((long, short, declared))
        return pairs

    def _kinds(self, index: int) -> Counter[str]:
        return self.groups[index].kinds

    def _finish(self, of: list[int], pairs: list[tuple[int, int, Declaration]]) -> Resolved:
        parts: dict[int, list[Group]] = defaultdict(list)
        for index, group in enumerate(self.groups):
            parts[self.found.find(index)].append(group)
        places: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for candidate, index in zip(self.candidates, of, strict=True):
            places[self.found.find(index)].append((candidate.start, candidate.end))
        linked = {self.found.find(index) for long, short, _ in pairs for index in (long, short)}
        made = {
            root: self._signed(self._entity(members), places[root], root in linked)
            for root, members in sorted(parts.items())
        }
        key_of = {index: made[self.found.find(index)].key for index in range(len(self.groups))}
        entities: dict[str, DocumentEntity] = {}
        for entity in made.values():
            known = entities.get(entity.key)
            if known is None or (known.type == NAME != entity.type):
                entities[entity.key] = entity
        aliases = {
            Alias(key_of[long], key_of[short], *declared.reach)
            for long, short, declared in pairs
            if key_of[long] != key_of[short]
        }
        return Resolved(
            tuple(entities[key] for key in sorted(entities)),
            tuple(key_of[index] for index in of),
            tuple(sorted(aliases, key=lambda a: (a.start, a.end, a.key, a.other))),
        )

    def _signed(self, entity: DocumentEntity, places: list[tuple[int, int]], linked: bool) -> DocumentEntity:
        """Give an entity without qualifier what the text tells it from its namesakes by; the key stays."""
        sign = ""
        if entity.qualifier or entity.key.endswith((")", "）")):
            return entity
        if entity.type == PERSON and not person(entity.name).bare:
            sign = person_sign(self.text, places)
        elif entity.type in {ORG, NAME} and not linked:
            sign = next(filter(None, (long_form(self.text, *place) for place in places)), "")
        return replace(entity, qualifier=sign) if sign else entity

    def _entity(self, members: list[Group]) -> DocumentEntity:
        kinds: Counter[str] = Counter()
        for member in members:
            kinds.update(member.kinds)
        kind = majority(kinds)
        main = min(members, key=lambda group: (not group.given, *_fullness(group, kind), group.normal))
        qualifier = main.qualifier or next((g.qualifier for g in members if g.qualifier), "")
        if main.given:
            topic = main.given == entity_key(self.document.title)
            name = main.name or (self.title_base if topic else without_parenthesis(main.given))
            if topic and not main.names:
                name = self.title_base
            return DocumentEntity(self.document.id, main.given, name, kind, qualifier)
        key = entity_key(main.name)
        return DocumentEntity(
            self.document.id, f"{key} ({qualifier})" if qualifier else key, main.name, kind, qualifier
        )


def _fullness(group: Group, kind: str) -> tuple[int, int, int]:
    """Order the ways of writing one thing: the fullest first, then the most frequent."""
    if kind == PERSON:
        whole = group.person
        full = 0 if whole.bare else len([p for p in (whole.given, *whole.middles) if len(p) > 1 or has_han(p)]) + 1
    else:
        full = bool(group.legal[1]) + ("," in group.name) - is_acronym(group.name)
    return -full, -sum(group.names.values()), -len(group.normal)


def _end_of(standing: dict[int, int], i: int) -> int:
    """Follow what stands for what to something that stands for itself."""
    for _ in range(10):
        if i not in standing:
            return i
        i = standing[i]
    return i
