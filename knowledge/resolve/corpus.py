"""From the entities of single documents to those of the whole collection.

A function of the set of documents and of the operator's edits: it must give the same whatever the order in which
documents came, as indexing one by one and indexing all anew must end in the same graph.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from knowledge.records import DocumentEntity, Edit, Entity, Mention, Relation
from knowledge.resolve.edits import Cluster, apply
from knowledge.resolve.forms import display, is_acronym, legal, normal
from knowledge.resolve.groups import majority, usual
from knowledge.resolve.labels import told_nodes
from knowledge.resolve.names import entity_key
from knowledge.resolve.senses import Senses, stem
from knowledge.types import ORG, PERSON, VALUES


@dataclass(frozen=True, slots=True)
class Resolution:
    """What all documents name together."""

    entities: tuple[Entity, ...]
    """In order of key."""
    of: Mapping[tuple[str, str], str]
    """(document id, key of its entity) → key of the entity."""


def resolve_corpus(
    entities: Sequence[DocumentEntity],
    mentions: Iterable[Mention],
    chunk_documents: Mapping[int, str],
    relations: Iterable[Relation],
    edits: Sequence[Edit] = (),
) -> Resolution:
    """Return the entities of a set of documents.

    ``chunk_documents`` gives the document of each chunk that a mention or relation names. Only ``edits`` have an
    order: later ones win. Takes time in proportion to what is given.
    """
    unique = {(entity.document_id, entity.key): entity for entity in sorted(entities, key=_order)}
    relations = relations if isinstance(relations, Sequence) else list(relations)
    nodes = told_nodes([unique[place] for place in sorted(unique)], chunk_documents, relations)
    mentions = mentions if isinstance(mentions, Sequence) else list(mentions)
    senses = Senses(nodes, chunk_documents, relations, mentions)
    found = _Naming(nodes, senses, mentions, chunk_documents)
    before = found.clusters()
    keys = found.keys([Cluster(members) for members in before]) if edits else []
    clusters = apply(nodes, before, {key: place for place, key in enumerate(keys)}, edits)
    return found.resolution(clusters)


def _order(entity: DocumentEntity) -> tuple[str, ...]:
    return entity.document_id, entity.key, entity.type, entity.name, entity.qualifier


class _Naming:
    """Counts how documents write each node, and names the clusters of nodes."""

    def __init__(
        self,
        nodes: Sequence[DocumentEntity],
        senses: Senses,
        mentions: Iterable[Mention],
        chunk_documents: Mapping[int, str],
    ) -> None:
        self.nodes = nodes
        self.senses = senses
        self.signed = senses.signs.signed
        self.written: dict[int, dict[str, int]] = defaultdict(dict)
        self.chunks: dict[int, set[int]] = defaultdict(set)
        for mention in mentions:
            node = senses.number.get((chunk_documents.get(mention.chunk_id, ""), mention.entity))
            if node is not None:
                names = self.written[node]
                names[mention.name] = names.get(mention.name, 0) + 1
                self.chunks[node].add(mention.chunk_id)
        declared = {short for link in senses.links for short in (link.one, link.other)}
        self.short = {i for i in declared if is_acronym(nodes[i].name)}

    def clusters(self) -> list[list[int]]:
        """Return the nodes of each entity; values are one by their key alone."""
        found: dict[tuple[str, int] | tuple[str, str], list[int]] = defaultdict(list)
        for i, node in enumerate(self.nodes):
            place = ("value", node.key) if node.type in VALUES else ("name", self.senses.found.find(i))
            found[place].append(i)
        return sorted(found.values())

    def resolution(self, clusters: Sequence[Cluster]) -> Resolution:
        """Give each cluster its key, its name and its aliases."""
        keys = self.keys(clusters)
        entities = [self._entity(cluster, key) for cluster, key in zip(clusters, keys, strict=True)]
        of = {
            (self.nodes[i].document_id, self.nodes[i].key): key
            for cluster, key in zip(clusters, keys, strict=True)
            for i in cluster.nodes
        }
        return Resolution(tuple(sorted(entities, key=lambda entity: entity.key)), of)

    def _entity(self, cluster: Cluster, key: str) -> Entity:
        kind = self._type(cluster)
        chunks = set().union(*(self.chunks.get(i, ()) for i in cluster.nodes))
        if kind in VALUES:
            return Entity(key, usual(self._written(cluster, kind)) or key, kind, len(chunks))
        called = self._called(cluster)
        forms = self._written(cluster, kind)
        name = cluster.name or cluster.called or usual(_those(forms, lambda form: entity_key(form) == called))
        name = name or self._name_of(cluster, called)
        own = {normal(form) for i in cluster.nodes for form in (self.senses.labels[i], self.nodes[i].name)}
        own |= {legal(form)[0] for i in cluster.nodes if self.nodes[i].type == ORG for form in (self.nodes[i].name,)}
        names = {form for form in forms if normal(form) in own} | {self.nodes[i].name for i in cluster.nodes}
        return Entity(key, name, kind, len(chunks), tuple(sorted(names - {name})))

    def _written(self, cluster: Cluster, kind: str) -> Counter[str]:
        forms: Counter[str] = Counter()
        for i in cluster.nodes:
            for form, count in self.written.get(i, {}).items():
                forms[display(form, kind == PERSON)] += count
        return forms

    def _name_of(self, cluster: Cluster, called: str) -> str:
        """Return the usual name that its documents give to what is called so."""
        return usual(Counter(self.nodes[i].name for i in cluster.nodes if self.senses.labels[i] == called))

    def _type(self, cluster: Cluster) -> str:
        told = {self.nodes[i].type for i in cluster.nodes}
        if cluster.type or len(told) == 1:
            return cluster.type or told.pop()
        kinds: Counter[str] = Counter()
        for i in cluster.nodes:
            kinds[self.nodes[i].type] += sum(self.written.get(i, {"": 1}).values())
        return majority(kinds)

    def _called(self, cluster: Cluster) -> str:
        """Return the label that a cluster goes by: a full form before a short one, then the most frequent."""
        if len(cluster.nodes) == 1:
            return self.senses.labels[cluster.nodes[0]]
        if cluster.label:
            return cluster.label
        counts: Counter[str] = Counter()
        full: dict[str, bool] = {}
        for i in cluster.nodes:
            name = self.senses.labels[i]
            counts[name] += sum(self.written.get(i, {"": 0}).values())
            formal = self.nodes[i].type == ORG and legal(name)[1] != ""
            full[name] = full.get(name, False) or formal
        shorts = {self.senses.labels[i] for i in cluster.nodes if i in self.short}
        cluster.label = min(counts, key=lambda name: (name in shorts, not full[name], -counts[name], -len(name), name))
        return cluster.label

    def keys(self, clusters: Sequence[Cluster]) -> list[str]:
        """Return a readable key for each cluster, no two the same."""
        plain = [self._plain(cluster) for cluster in clusters]
        sharing: dict[str, list[int]] = defaultdict(list)
        for place, key in enumerate(plain):
            sharing[key].append(place)
        keys: dict[int, str] = {}
        place_of = {i: place for place, cluster in enumerate(clusters) for i in cluster.nodes}
        for key, places in sharing.items():
            values = [place for place in places if self.nodes[clusters[place].nodes[0]].type in VALUES]
            others = [place for place in places if place not in values]
            keys.update(dict.fromkeys(values, key))
            if len(others) == 1 and not values:
                keys[others[0]] = key
            else:
                keys.update(self._told_apart(key, others, clusters, plain, place_of))
        return self._unique(keys, clusters, sharing)

    def _plain(self, cluster: Cluster) -> str:
        if cluster.called:
            return entity_key(cluster.called)
        first = self.nodes[cluster.nodes[0]]
        if first.type in VALUES:
            return first.key
        called = self._called(cluster)
        qualifiers = sorted({self.senses.marks[i] for i in cluster.nodes} - {""})
        return f"{called} ({qualifiers[0]})" if qualifiers else called

    def _told_apart(
        self,
        key: str,
        places: Sequence[int],
        clusters: Sequence[Cluster],
        plain: Sequence[str],
        place_of: Mapping[int, int],
    ) -> dict[int, str]:
        """Tell clusters of one name apart: by type, by what their documents say of them, by company, by document."""
        signs: list[Callable[[int], str]] = [
            lambda place: self._type(clusters[place]).lower(),
            lambda place: self._sign(clusters[place]),
            lambda place: self._company(clusters[place], place_of, plain),
            lambda place: stem(self.nodes[clusters[place].nodes[0]].document_id),
            lambda place: self.nodes[clusters[place].nodes[0]].document_id,
        ]
        found: dict[int, str] = {}
        open_places = list(places)
        for sign in signs:
            told = {place: sign(place) for place in open_places}
            times = Counter(told.values())
            alone = {place for place in open_places if told[place] and times[told[place]] == 1}
            found.update({place: f"{key} ({told[place]})" for place in alone})
            open_places = [place for place in open_places if place not in alone]
        for place in open_places:
            found[place] = f"{key} ({self.nodes[clusters[place].nodes[0]].document_id}, {place})"
        return found

    def _sign(self, cluster: Cluster) -> str:
        return min((self.nodes[i].qualifier for i in cluster.nodes if i in self.signed), default="")

    def _company(self, cluster: Cluster, place_of: Mapping[int, int], plain: Sequence[str]) -> str:
        roots = {root for i in cluster.nodes for root in self.senses.organisations.get(i, ())}
        return min((plain[place_of[root]] for root in roots if root in place_of), default="")

    def _unique(self, keys: dict[int, str], clusters: Sequence[Cluster], sharing: Mapping[str, list[int]]) -> list[str]:
        """Number what is still the same: a key made with a parenthesis may be another's name."""
        taken: set[str] = set()
        done: dict[int, str] = {}
        alone = {places[0] for places in sharing.values() if len(places) == 1}
        for place in sorted(keys, key=lambda place: (place not in alone, clusters[place].nodes[0])):
            key, number = keys[place], 2
            while key in taken:
                key, number = f"{keys[place]} [{number}]", number + 1
            taken.add(key)
            done[place] = key
        return [done[place] for place in range(len(clusters))]


def _those(forms: Counter[str], wanted: Callable[[str], bool]) -> Counter[str]:
    return Counter({form: count for form, count in forms.items() if wanted(form)})
