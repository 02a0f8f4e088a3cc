"""What tells the bearers of one name apart: how people are addressed, what they do, when they lived, and the
organisation named right beside them; for short forms, the long form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.records import DocumentEntity, Mention, Relation
from knowledge.resolve.forms import person
from knowledge.resolve.signs import is_long_form, read_sign
from knowledge.resolve.words import words
from knowledge.types import DATE, NAME, ORG, PERSON

_OF = 4
"""Characters of " of " and " at ", which stand between a person and an organisation."""
_POSSESSIVE = 3
"""Characters of "'s ", which stands between an organisation and a person. The text itself is not at hand here."""


@dataclass(slots=True)
class Signs:
    """By numbers of document entities."""

    genders: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """m or f, as Mr. and Ms. say."""
    beside: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The organisations that are named right beside a person."""
    fields: dict[int, str] = field(default_factory=dict)
    """People's occupations."""
    lives: dict[int, tuple[int, int]] = field(default_factory=dict)
    """The years of people's birth and death."""
    active: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Years in which people did what only the living do."""
    long: dict[int, str] = field(default_factory=dict)
    """Long forms that a document declares but does not name as an entity."""

    @property
    def signed(self) -> set[int]:
        """The nodes whose qualifier is such a sign, and no part of the name."""
        return self.fields.keys() | self.lives.keys() | self.long.keys()

    def apart(self, members: list[int]) -> list[list[int]]:
        """Part the nodes of one name whose documents tell two occupations or two lives; who has none stays alone."""
        parts = _parted(members, {m: self.fields[m] for m in members if m in self.fields})
        return [part for some in parts for part in _parted(some, self._life_of(some))]

    def _life_of(self, members: list[int]) -> dict[int, str]:
        lives = {m: self.lives[m] for m in members if m in self.lives}
        births, deaths = ({life[end] for life in lives.values()} for end in (0, 1))
        # One source may have one of the years wrong.
        found = dict.fromkeys(lives, "")
        if len(births) > 1 and len(deaths) > 1:
            found = {m: f"{life[0]}-{life[1]}" for m, life in lives.items()}
        if lives:
            first, last = min(births), max(deaths)
            for m in members:
                if m not in lives and any(not first <= year <= last for year in self.active.get(m, ())):
                    found[m] = "another"
        return found


def _parted(members: list[int], signs: Mapping[int, str]) -> list[list[int]]:
    if len(set(signs.values())) < 2:
        return [members]
    parts: dict[tuple[str, int], list[int]] = defaultdict(list)
    for member in members:
        parts[(signs[member], -1) if member in signs else ("", member)].append(member)
    return list(parts.values())


def signs_of(
    nodes: Sequence[DocumentEntity],
    number: Mapping[tuple[str, str], int],
    mentions: Iterable[Mention],
    chunk_documents: Mapping[int, str],
    relations: Iterable[Relation] = (),
) -> Signs:
    """Return what the mentions of people tell; takes time in proportion to their number."""
    found = Signs()
    _read_qualifiers(nodes, found)
    for relation in relations:
        document = chunk_documents.get(relation.chunk_id, "")
        who, when = number.get((document, relation.subject)), number.get((document, relation.object))
        if who is None or when is None or relation.negated or nodes[when].type != DATE or nodes[who].type != PERSON:
            continue
        if relation.predicate.partition(" ")[0] in words("people", "living") and nodes[when].key[:4].isdigit():
            found.active[who].add(int(nodes[when].key[:4]))
    starts: dict[tuple[int, int], int] = {}
    ends: dict[tuple[int, int], int] = {}
    people: list[tuple[int, Mention]] = []
    for mention in mentions:
        if mention.type not in (PERSON, ORG):
            continue
        node = number.get((chunk_documents.get(mention.chunk_id, ""), mention.entity))
        if node is None:
            continue
        if nodes[node].type == ORG:
            starts[mention.chunk_id, mention.start] = node
            ends[mention.chunk_id, mention.end] = node
        elif nodes[node].type == PERSON:
            people.append((node, mention))
    for node, mention in people:
        if gender := person(mention.name).gender:
            found.genders[node].add(gender)
        for places, at in ((starts, mention.end + _OF), (ends, mention.start - _POSSESSIVE)):
            if (organisation := places.get((mention.chunk_id, at))) is not None:
                found.beside[node].add(organisation)
    return found


def _read_qualifiers(nodes: Sequence[DocumentEntity], found: Signs) -> None:
    for i, node in enumerate(nodes):
        if not node.qualifier or node.key.endswith((")", "）")):
            continue
        if node.type == PERSON and (told := read_sign(node.qualifier)):
            if told[0]:
                found.fields[i] = told[0]
            if told[1]:
                found.lives[i] = told[1]
        elif node.type in (ORG, NAME) and is_long_form(node.name, node.qualifier):
            found.long[i] = node.qualifier
