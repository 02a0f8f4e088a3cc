"""By what names of different documents are compared: the same block for all ways of writing one name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from knowledge.records import DocumentEntity
from knowledge.resolve.forms import (
    group_base,
    has_model,
    is_acronym,
    legal,
    middle_classes,
    model_base,
    normal,
    person,
    person_normal,
    spelled_out,
    work_base,
)
from knowledge.resolve.words import words
from knowledge.types import NAME, ORG, PERSON, PRODUCT, WORK

_SOFT = frozenset({"", "公司"})
"""Legal forms that do not tell companies apart."""


class Blocks:
    """The block of each node: what its name is compared by."""

    def __init__(self, nodes: Sequence[DocumentEntity], labels: Sequence[str]) -> None:
        self._nodes = nodes
        self._labels = labels
        self._people()
        self._companies()
        self._products()
        self.block = [self._of(node.type, name) for node, name in zip(nodes, labels, strict=True)]
        known = set(self.block)
        other_ways: dict[str, str] = {}
        for node, name, block in zip(nodes, labels, self.block, strict=True):
            if (other := spelled_out(name)) and (way := self._of(node.type, other)) in known and way != block:
                other_ways[way] = min(block, other_ways.get(way, block))
        if other_ways:
            self.block = [other_ways.get(block, block) for block in self.block]

    def _people(self) -> None:
        middles: dict[tuple[str, str, str], set[tuple[str, ...]]] = defaultdict(set)
        self._parts: set[str] = set()
        self._parts_in: dict[str, set[str]] = defaultdict(set)
        for node, name in zip(self._nodes, self._labels, strict=True):
            if node.type == PERSON and not (whole := person(name)).bare:
                middles[whole.family].add(whole.middles)
                parts = {whole.last, whole.short, whole.given}
                self._parts |= parts
                self._parts_in[node.document_id] |= parts
        self._middles = {family: middle_classes(found) for family, found in middles.items()}
        self._initialled: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for (given, last, generation), classes in self._middles.items():
            if len(given) > 1:
                for middle in {found for found in classes.values() if found}:
                    initials = "".join(part[0] for part in (given, *middle))
                    self._initialled[initials, last, generation].add("".join((given, *middle, last, generation)))
        self._written = {
            normal(name): self._person(name)
            for node, name in zip(self._nodes, self._labels, strict=True)
            if node.type == PERSON
        }

    def _person(self, name: str) -> str:
        whole = person(name)
        if len(whole.given) == 1 and whole.middles:
            # Two initials: "H. R. Smith" is Hugo R. Smith, if nobody else fits.
            initials = "".join(part[0] for part in (whole.given, *whole.middles))
            full = self._initialled.get((initials, whole.last, whole.generation), set())
            if len(full) == 1 and all(len(part) == 1 for part in whole.middles):
                return next(iter(full))
        classes = self._middles.get(whole.family)
        if whole.bare or not classes or not any(classes):
            return person_normal(name)
        return "".join((whole.given, *classes.get(whole.middles, whole.middles), whole.last, whole.generation))

    def _companies(self) -> None:
        self._forms: dict[str, set[str]] = defaultdict(set)
        groups: dict[str, set[str]] = defaultdict(set)
        for node, name in zip(self._nodes, self._labels, strict=True):
            if node.type in {ORG, NAME}:
                base, form = legal(name, node.type == NAME)
                if form:
                    self._forms[base].add(form)
                if whole := group_base(base):
                    groups[whole].add(base)
        alone = [whole for whole, bases in groups.items() if not self._forms.get(whole) and self._one_group(bases)]
        self._groups = {base: whole for whole in alone for base in groups[whole]}

    def _products(self) -> None:
        """Find the short names of products and works: without the kind of thing, the subtitle or the brand."""
        makers = set(self._forms) | {
            normal(name) for node, name in zip(self._nodes, self._labels, strict=True) if node.type == ORG
        }
        longs: dict[str, set[str]] = defaultdict(set)
        for node, name in zip(self._nodes, self._labels, strict=True):
            if node.type not in {PRODUCT, WORK, NAME}:
                continue
            base = work_base(name) if node.type == WORK else model_base(name)
            brand, _, rest = name.partition(" ")
            if not base and node.type == PRODUCT and normal(brand) in makers and has_model(rest):
                base = rest
            if base:
                longs[normal(base)].add(normal(name))
        # Two names that are cut down to one are two things, which the short name does not tell apart.
        self._shortened = {next(iter(names)): base for base, names in longs.items() if len(names) == 1}

    def _one_group(self, bases: set[str]) -> bool:
        """Tell whether names like X集团 and X集团控股有限公司 can be one: no two of them have a legal form."""
        formal = sum(bool(self._forms.get(base)) for base in bases)
        return len(bases) == 1 or formal == 1

    def _of(self, kind: str, name: str) -> str:
        if kind == PERSON:
            return self._person(name)
        if kind in {PRODUCT, WORK, NAME} and (shortened := self._shortened.get(normal(name))):
            return shortened
        if kind not in {ORG, NAME}:
            return normal(name)
        base, form = legal(name, kind == NAME)
        forms = self._forms.get(base, set())
        if form and len(forms - _SOFT) > 1:
            return f"{base}|{form}"
        if not form and kind == NAME and (letters := normal(name)) in self._written:
            return self._written[letters]
        return self._groups.get(base, base)

    def alone(self, i: int) -> bool:
        """Tell whether a node's name means something in its document only: a surname, "the buyer"."""
        node, name = self._nodes[i], self._labels[i]
        if node.type == ORG and name in words("local", "terms"):
            return True
        if node.type not in {PERSON, NAME} or node.qualifier:
            return False
        if node.type == NAME:
            return " " not in name and not is_acronym(node.name) and normal(name) in self._parts_in[node.document_id]
        whole = person(name)
        return whole.bare and (whole.title or whole.last in self._parts)
