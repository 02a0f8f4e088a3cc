"""What tells people of one name apart: how they are addressed, and the organisation named right beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.records import DocumentEntity, Mention
from knowledge.resolve.forms import person
from knowledge.types import ORG, PERSON

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


def signs_of(
    nodes: Sequence[DocumentEntity],
    number: Mapping[tuple[str, str], int],
    mentions: Iterable[Mention],
    chunk_documents: Mapping[int, str],
) -> Signs:
    """Return what the mentions of people tell; takes time in proportion to their number."""
    found = Signs()
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
