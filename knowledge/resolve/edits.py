"""What an operator decided, carried out on the sets of nodes that were found to be one entity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.records import DocumentEntity, Edit
from knowledge.resolve.forms import normal, split_qualifier
from knowledge.resolve.senses import label, stem


@dataclass(slots=True)
class Cluster:
    """The nodes of one entity, and what an operator said of it."""

    nodes: list[int]
    name: str = ""
    """Shown instead of what the documents write; empty: what they write."""
    type: str = ""
    called: str = ""
    """What a part that was split off is known as."""
    label: str = ""
    """Kept once it was chosen, for clusters that no edit changes any more."""


def apply(
    nodes: Sequence[DocumentEntity], clusters: Sequence[list[int]], keys: Mapping[str, int], edits: Sequence[Edit]
) -> list[Cluster]:
    """Return the clusters after ``edits``, in order of their first node.

    ``keys`` are the keys that the clusters would have without edits: an operator may name an entity by its key.
    """
    if not edits:
        return [Cluster(members) for members in clusters]
    return _Editor(nodes, clusters, keys).after(edits)


class _Editor:
    def __init__(self, nodes: Sequence[DocumentEntity], clusters: Sequence[list[int]], keys: Mapping[str, int]) -> None:
        self.nodes = nodes
        self.clusters = {members[0]: Cluster(list(members)) for members in clusters}
        self.of = {node: members[0] for members in clusters for node in members}
        self.keys = {key: clusters[place][:] for key, place in keys.items()}
        self.named: dict[str, set[int]] = defaultdict(set)
        self.marked: dict[tuple[str, str], set[int]] = defaultdict(set)
        for i, node in enumerate(nodes):
            for form in {normal(label(node)), normal(node.name), normal(node.key)}:
                self.named[form].add(i)
            if node.qualifier:
                self.marked[(normal(label(node)), node.qualifier)].add(i)
        self.apart: dict[int, str] = {}

    def after(self, edits: Sequence[Edit]) -> list[Cluster]:
        for edit in edits:
            if edit.kind == "merge":
                self._merge(edit)
            elif edit.kind == "split":
                self._split(edit)
            elif edit.kind == "pin":
                self._pin(edit)
        return [self.clusters[number] for number in sorted(self.clusters)]

    def _meant(self, name: str) -> set[int]:
        """Return the nodes that a name means: all senses, or with a parenthesis the one that it tells."""
        base, qualifier = split_qualifier(name)
        if qualifier:
            told = set(self.keys.get(name.strip().casefold(), ())) or self.marked.get((normal(base), qualifier), set())
            if told:
                return {i for i in told if i not in self.apart} | self._called(name)
        return {i for i in self.named.get(normal(name), ()) if i not in self.apart} | self._called(name)

    def _called(self, name: str) -> set[int]:
        form = normal(name)
        return {i for i, called in self.apart.items() if normal(called) == form}

    def _merge(self, edit: Edit) -> None:
        one, other = self._meant(edit.name), self._meant(edit.other)
        if not one or not other:
            return
        numbers = sorted({self.of[i] for i in one | other})
        into = self.clusters[numbers[0]]
        for number in numbers[1:]:
            gone = self.clusters.pop(number)
            into.nodes += gone.nodes
            into.name, into.type = into.name or gone.name, into.type or gone.type
            into.called = ""
            for node in gone.nodes:
                self.of[node] = numbers[0]
        into.nodes.sort()
        for node in into.nodes:
            self.apart.pop(node, None)

    def _split(self, edit: Edit) -> None:
        if edit.document:
            nodes = {i for i in self._meant(edit.name) if self.nodes[i].document_id == edit.document}
            self._part(nodes, edit.other or f"{edit.name} ({stem(edit.document)})")
            return
        one, other = self._meant(edit.name), self._meant(edit.other)
        both = {self.of[i] for i in one} & {self.of[i] for i in other}
        for number in sorted(both):
            self._part({i for i in other - one if self.of[i] == number}, "")

    def _part(self, nodes: set[int], called: str) -> None:
        """Make nodes a cluster of their own; those of several clusters one for each, unless they get a name."""
        for number in sorted({self.of[i] for i in nodes}):
            going = sorted(i for i in nodes if self.of[i] == number)
            cluster = self.clusters.pop(number)
            staying = [i for i in cluster.nodes if i not in nodes]
            if staying:
                cluster.nodes = staying
                self._place(cluster)
                self._place(Cluster(going, called=called))
            else:
                cluster.called = called or cluster.called
                self._place(cluster)
            if called:
                self.apart.update(dict.fromkeys(going, called))

    def _place(self, cluster: Cluster) -> None:
        self.clusters[cluster.nodes[0]] = cluster
        for node in cluster.nodes:
            self.of[node] = cluster.nodes[0]

    def _pin(self, edit: Edit) -> None:
        for number in {self.of[i] for i in self._meant(edit.name)}:
            cluster = self.clusters[number]
            cluster.name, cluster.type = edit.other or cluster.name, edit.type or cluster.type
