"""Which entities of different documents are one, before an operator says anything.

Names are compared in blocks of equal normal form; no two names outside a block are ever compared, so the time is in
proportion to the number of entities and relations. Nodes are numbers of document entities in order of (document, key):
every choice below goes by those or by sorted values, so that the order of arrival does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from knowledge.records import ALIAS, DocumentEntity, Mention, Relation
from knowledge.resolve.blocks import Blocks
from knowledge.resolve.forms import (
    has_han,
    is_acronym,
    normal,
    split_qualifier,
    title_parts,
    within,
)
from knowledge.resolve.groups import UnionFind, compatible
from knowledge.resolve.namesakes import signs_of
from knowledge.resolve.words import words
from knowledge.types import NAME, ORG, PERSON, VALUES


@dataclass(frozen=True, slots=True)
class Link:
    """Two nodes of one document that it declares to be one."""

    one: int
    other: int


def label(entity: DocumentEntity) -> str:
    """Return an entity's key without what a parenthesis at its end adds."""
    if entity.qualifier:
        return split_qualifier(entity.key)[0]
    return title_parts(entity.key)[0] if entity.key.endswith((")", "）")) else entity.key


class Senses:
    """Sets of nodes that are one entity.

    Parameters
    ----------
    nodes
        In order of (document, key), each once.
    """

    def __init__(
        self,
        nodes: Sequence[DocumentEntity],
        chunk_documents: Mapping[int, str],
        relations: Iterable[Relation],
        mentions: Iterable[Mention] = (),
    ) -> None:
        self.nodes = nodes
        self.labels = [label(node) for node in nodes]
        self.number = {(node.document_id, node.key): i for i, node in enumerate(nodes)}
        self.found: UnionFind[int] = UnionFind()
        self.kinds: dict[int, str] = {i: node.type for i, node in enumerate(nodes)}
        relations = relations if isinstance(relations, Sequence) else list(relations)
        self.links, self.affiliations = self._linked(chunk_documents, relations)
        self.signs = signs = signs_of(nodes, self.number, mentions, chunk_documents, relations)
        self.genders = signs.genders
        self.marks = ["" if i in signs.signed else node.qualifier for i, node in enumerate(nodes)]
        """The qualifiers that are part of a name."""
        self.qualifiers: dict[int, str] = dict(enumerate(self.marks))
        for node, organisations in signs.beside.items():
            self.affiliations[node] |= organisations
        self.blocks = Blocks(nodes, self.labels)
        self.organisations: dict[int, frozenset[int]] = {}
        """For each person's node the companies that its document connects it with, as they were found to be one."""
        self._resolve()

    def join(self, one: int, other: int) -> bool:
        """Make two sets one, unless their types or qualifiers differ; tell whether they are one."""
        a, b = self.found.find(one), self.found.find(other)
        if a == b:
            return True
        kinds, qualifiers = (self.kinds[a], self.kinds[b]), (self.qualifiers[a], self.qualifiers[b])
        if not compatible(*kinds) or (qualifiers[0] != qualifiers[1] and all(qualifiers)):
            return False
        root = self.found.union(a, b)
        self.kinds[root] = kinds[0] if kinds[0] != NAME else kinds[1]
        self.qualifiers[root] = qualifiers[0] or qualifiers[1]
        return True

    def _linked(
        self, chunk_documents: Mapping[int, str], relations: Iterable[Relation]
    ) -> tuple[list[Link], dict[int, set[int]]]:
        links: set[tuple[int, int]] = set()
        affiliations: dict[int, set[int]] = defaultdict(set)
        for relation in relations:
            document = chunk_documents.get(relation.chunk_id)
            if document is None or relation.negated:
                continue
            one = self.number.get((document, relation.subject))
            other = self.number.get((document, relation.object))
            if one is None or other is None or one == other:
                continue
            if relation.predicate == ALIAS:
                links.add((one, other))
            elif {self.nodes[one].type, self.nodes[other].type} == {PERSON, ORG} and _employs(relation.predicate):
                one, other = (one, other) if self.nodes[one].type == PERSON else (other, one)
                affiliations[one].add(other)
        return [Link(*pair) for pair in sorted(links)], affiliations

    def _resolve(self) -> None:
        """Join in the order: like-named things; declared acronyms; people, by company; all else that is declared."""
        shorts = self._shorts()
        declared = {short for short, _ in shorts} | self.signs.long.keys()
        senses: dict[str, dict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
        for i, node in enumerate(self.nodes):
            if node.type not in VALUES and i not in declared and not self.blocks.alone(i):
                senses[self.blocks.block[i]][(self.marks[i], node.type)].append(i)
        shortened = {self.blocks.block[short] for short in declared}
        peopled = {block for block, kinds in senses.items() if any(kind == PERSON for _, kind in kinds)}
        for block in sorted(senses):
            self._join_equal(senses[block])
            if block not in peopled and block not in shortened:
                self._join_across(block, senses[block])
        self._join_shorts([pair for pair in shorts if self.nodes[pair[1]].type != PERSON], senses)
        for block in sorted((shortened & senses.keys()) - peopled):
            self._join_equal(senses[block])
            self._join_across(block, senses[block])
        self._join_links(people=False)
        for person_node, companies in self.affiliations.items():
            self.organisations[person_node] = frozenset(self.found.find(company) for company in companies)
        for block in sorted(peopled):
            self._join_people(senses[block])
            self._join_across(block, senses[block])
        self._join_shorts([pair for pair in shorts if self.nodes[pair[1]].type == PERSON], senses)
        for block in sorted(shortened & senses.keys()):
            self._join_across(block, senses[block])
        self._join_links(people=True)

    def _shorts(self) -> list[tuple[int, int]]:
        """Return (short, long) for the acronyms and the like that documents declare."""
        found = []
        for link in self.links:
            one, other = self.nodes[link.one].name, self.nodes[link.other].name
            if _shortens(other, one):
                found.append((link.other, link.one))
            elif _shortens(one, other):
                found.append((link.one, link.other))
        return sorted(found)

    def _join_equal(self, senses: Mapping[tuple[str, str], list[int]]) -> None:
        for (_, kind), members in sorted(senses.items()):
            if kind != PERSON:
                for member in members[1:]:
                    self.join(members[0], member)

    def _join_across(self, block: str, senses: Mapping[tuple[str, str], list[int]]) -> None:
        """Join senses of one name whose types and qualifiers leave no choice."""
        if len(senses) == 1:
            return
        roots = {sense: {self.found.find(i) for i in members} for sense, members in senses.items()}
        qualified = sorted({qualifier for qualifier, _ in senses if qualifier})
        for qualifier in qualified:
            typed = sorted({r for (q, kind), found in roots.items() if q == qualifier and kind != NAME for r in found})
            if len(typed) == 1:
                for root in roots.get((qualifier, NAME), ()):
                    self.join(typed[0], root)
        marked = sorted({self.found.find(r) for (q, _), found in roots.items() if q for r in found})
        plain = sorted({self.found.find(r) for (q, t), found in roots.items() if not q and t != NAME for r in found})
        if len(marked) == 1:
            fitting = [root for root in plain if compatible(self.kinds[root], self.kinds[marked[0]])]
            if len(fitting) == 1:
                self.join(marked[0], fitting[0])
        others = {self.found.find(root) for root in (*marked, *plain)}
        untyped = sorted(roots.get(("", NAME), ()))
        if len(others) > 1:
            titled = self._titled(block, senses) & others
            others = titled if len(titled) == 1 else set()
        if len(others) == 1:
            for root in untyped:
                self.join(others.copy().pop(), root)

    def _titled(self, block: str, senses: Mapping[tuple[str, str], list[int]]) -> set[int]:
        """Return the senses that a document has that is called so: the end of its id says."""
        members = [i for (_, kind), found in senses.items() for i in found if kind != NAME or self.qualifiers[i]]
        called = [i for i in members if normal(stem(self.nodes[i].document_id).replace("_", " ")) == block]
        return {self.found.find(i) for i in called}

    def _join_shorts(self, shorts: list[tuple[int, int]], senses: dict[str, dict[tuple[str, str], list[int]]]) -> None:
        """Join acronyms with their long forms; where there is one long form, it is a sense of the acronym."""
        by_block: dict[str, set[int]] = defaultdict(set)
        known: dict[str, dict[str, int]] = defaultdict(dict)
        for short, long in shorts:
            if self.join(long, short):
                by_block[self.blocks.block[short]].add(short)
                known[self.blocks.block[short]].setdefault(normal(self.labels[long]), short)
        for short, long_form in sorted(self.signs.long.items()):
            block, name = self.blocks.block[short], normal(long_form)
            # Where the long form starts is a guess: it may be the end of what another document names.
            same = next((one for other, one in sorted(known[block].items()) if other.endswith(name)), None)
            whole = senses.get(name, {}).get(("", ORG)) or senses.get(name, {}).get(("", NAME)) or [short]
            self.join(known[block].setdefault(name, same if same is not None else whole[0]), short)
            by_block[block].add(short)
        for block, members in sorted(by_block.items()):
            roots = {self.found.find(short) for short in members}
            if len(roots) == 1 and block in senses:
                root = roots.pop()
                senses[block].setdefault((self.qualifiers[root], self.kinds[root]), []).extend(sorted(members))

    def _join_links(self, people: bool) -> None:
        for link in self.links:
            kinds = {self.kinds[self.found.find(link.one)], self.kinds[self.found.find(link.other)]}
            if people or PERSON not in kinds:
                self.join(link.one, link.other)

    def _join_people(self, senses: Mapping[tuple[str, str], list[int]]) -> None:
        """Join people of one name who share a company; one without a company only if there is no choice."""
        clusters: dict[str, list[int]] = {}
        for (qualifier, kind), members in sorted(senses.items()):
            if kind != PERSON:
                continue
            for group in self._by_gender(members):
                self._join_namesakes(group)
            clusters[qualifier] = sorted({self.found.find(m) for m in members})
        marked = [qualifier for qualifier in clusters if qualifier]
        plain = clusters.get("", [])
        if len(marked) == 1 and len(plain) == 1 and len(clusters[marked[0]]) == 1:
            one, other = self._companies(senses[("", PERSON)]), self._companies(senses[(marked[0], PERSON)])
            if not one or not other or one & other:
                self.join(plain[0], clusters[marked[0]][0])

    def _by_gender(self, members: list[int]) -> list[list[int]]:
        """Part those who are addressed as men from those addressed as women; with both, who is neither stays apart."""
        marked = {gender: [m for m in members if self.genders.get(m) == {gender}] for gender in ("f", "m")}
        return list(marked.values()) if all(marked.values()) else [members]

    def _join_namesakes(self, members: Sequence[int]) -> None:
        by_company: dict[int, int] = {}
        for member in members:
            for company in sorted(self.organisations.get(member, ())):
                self.join(by_company.setdefault(company, member), member)
        for part in self.signs.apart(list(members)):
            self._join_untold(part)

    def _join_untold(self, members: Sequence[int]) -> None:
        told = sorted({self.found.find(m) for m in members if self.organisations.get(m)})
        untold = [m for m in members if not self.organisations.get(m)]
        if len(told) <= 1:
            for member in untold:
                self.join((told or untold)[0], member)

    def _companies(self, members: Iterable[int]) -> set[int]:
        return {company for member in members for company in self.organisations.get(member, ())}


def _employs(predicate: str) -> bool:
    """Tell whether a predicate between a person and an organisation is about whom the person works for."""
    if not predicate.isascii():
        return any(word in predicate for word in words("people", "employment_zh"))
    return predicate in ("of", "at", "from") or not words("people", "employment").isdisjoint(predicate.split())


def _shortens(short: str, long: str) -> bool:
    """Tell whether one name is an acronym, or cut out of the other's characters in Chinese."""
    if is_acronym(short) and not is_acronym(long):
        return True
    return has_han(short) and has_han(long) and within(short, long)


def stem(document_id: str) -> str:
    """Return the last part of a document's id without its ending."""
    return PurePosixPath(document_id.replace("\\", "/")).stem or document_id
