"""What one viewer may read, as arrays that a search works on.

Everything here rests on the readable chunks alone: the graph is made from them, and how rare a word, a name or a title
is gets counted among them. A viewer's ranking is that of an index which never held anything else.

A *number* is a place in the graph's tables; a *position* is a chunk's place in the caches, hidden chunks included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from knowledge.about import AboutIndex
from knowledge.caches import Caches
from knowledge.graph import KnowledgeGraph
from knowledge.language import search_tokens
from rag.versions import newer_versions

Numbers = NDArray[np.int64]
Floats = NDArray[np.float32]
COMMON = 50
"""A name that more chunks than this hold, or a title that more documents bear, leads nowhere in particular."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of numbers, one after the other."""

    starts: Numbers
    """int64, (n_lists + 1,): where each list begins."""
    items: Numbers

    @classmethod
    def of(cls, lists: Sequence[Iterable[int]]) -> Lists:
        """Put lists together."""
        sizes = [len(list(one)) for one in lists]
        items = np.fromiter((item for one in lists for item in one), dtype=np.int64, count=sum(sizes))
        return cls(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), items)

    def inverted(self, count: int) -> Lists:
        """Return, for each of ``count`` items, the lists that hold it."""
        owners = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        order = np.argsort(self.items, kind="stable")
        starts = np.searchsorted(self.items[order], np.arange(count + 1))
        return Lists(starts.astype(np.int64), owners[order])

    def gather(self, which: Numbers) -> tuple[Numbers, Numbers]:
        """Return the items of some lists, and for each item its list's place in ``which``."""
        at, places = self.spots(which)
        return self.items[at], places

    def spots(self, which: Numbers) -> tuple[Numbers, Numbers]:
        """Return where in ``items`` those of some lists are, and for each its list's place in ``which``."""
        starts = self.starts[which]
        sizes = self.starts[which + 1] - starts
        places = np.repeat(np.arange(len(which)), sizes)
        ends = np.cumsum(sizes)
        return np.arange(len(places)) + (starts - ends + sizes)[places], places


class View:
    """A knowledge base as one viewer sees it.

    Parameters
    ----------
    caches
        The indexes of everything.
    allowed
        bool, (n_chunks,): which positions may be read; None: all.
    graph
        Of these chunks alone.
    about
        Of their documents alone.
    """

    def __init__(
        self, caches: Caches, allowed: NDArray[np.bool_] | None, graph: KnowledgeGraph, about: AboutIndex
    ) -> None:
        self.graph = graph
        self.allowed = allowed
        self.about = about
        self.vectors = caches.vectors
        self.statements = caches.statements
        self.lexical = caches.lexical.within(allowed)
        tables = graph.tables
        places = tables.places
        self.positions = np.fromiter((caches.positions[chunk] for chunk, _ in tables.chunks), dtype=np.int64)
        """int64, (n_readable,): each readable chunk's position; ascending."""
        self.document_of = np.fromiter((document for _, document in tables.chunks), dtype=np.int64)
        """int64, (n_readable,): each chunk's document."""
        self.chunks_of_document = np.searchsorted(self.document_of, np.arange(len(tables.documents) + 1))
        """int64, (n_documents + 1,): where each document's chunks begin."""
        self.entities_in = Lists(places.starts, places.entities.astype(np.int64))
        """The entities that each chunk names, once for every mention."""
        starts, chunks = places.by_entity
        self.chunks_naming = Lists(starts, chunks.astype(np.int64))
        """The chunks that name each entity."""
        self.documents_titled = Lists.of(tables.titled).inverted(len(tables.entities))
        """The documents whose title is each entity's name."""
        self.bearers = np.diff(self.documents_titled.starts)
        """int64, (n_entities,): how many these are."""
        self.titles_in = Lists.of(tables.names)
        """The other documents whose titles stand in each chunk."""
        counts = places.counts
        things = np.array([not graph.is_value(key) for key, *_ in tables.entities], dtype=np.bool_)
        self.leads = things & (counts > 0) & (counts <= COMMON)
        """bool, (n_entities,): names worth following; no values."""
        self.rarity = (1 / (1 + np.log(np.maximum(counts, 1)))).astype(np.float32)
        """float32, (n_entities,): 1 for a name that one chunk holds."""
        bearers = (graph.same_title(document) for document, _ in tables.documents)
        self.title_share = np.fromiter((1 / count for count in bearers), dtype=np.float32)
        """float32, (n_documents,): the part of a title that each of its bearers gets."""

    def __len__(self) -> int:
        return len(self.positions)

    def prepare(self) -> None:
        """Build what else would be built by the first search, or by several at once."""
        self.graph.titles.prepare()
        self.graph.names.prepare()
        _ = self.title_tokens

    def readable(self, scores: Floats) -> Floats:
        """Return the readable chunks' part of scores of all positions."""
        return scores if self.allowed is None else scores[self.positions]

    @cached_property
    def numbers(self) -> Numbers:
        """Each position's chunk number, int64, (n_chunks,); -1 for what may not be read."""
        size = len(self.vectors)
        numbers = np.full(size, -1, dtype=np.int64)
        numbers[self.positions] = np.arange(len(self.positions))
        return numbers

    @cached_property
    def newer(self) -> dict[str, str]:
        """Of each document of which there is a newer version that one's title (``rag.versions``)."""
        return newer_versions(self.graph.tables.documents)

    @cached_property
    def title_tokens(self) -> tuple[Lists, Numbers, NDArray[np.float64]]:
        """Of each document's title the hashes of its search tokens, how often each occurs, and their idf in all."""
        titles = [Counter(search_tokens(title)) for _, title in self.graph.tables.documents]
        rarity = {token: self.lexical.idf(token) for token in set().union(*titles)}
        counts = np.fromiter((count for title in titles for count in title.values()), dtype=np.int64)
        whole = [sum(count * rarity[token] for token, count in title.items()) for title in titles]
        return Lists.of([[*map(hash, title)] for title in titles]), counts, np.array(whole)
