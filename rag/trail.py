"""How an answer was come by, as a small graph: from the question over names to the places that are cited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.records import Answer, Citation

if TYPE_CHECKING:
    from knowledge.graph import KnowledgeGraph

QUESTION, NAME, SOURCE, ANSWER = "question", "name", "source", "answer"
_NAMES = 3
"""Names shown between the question and a source, or between two sources."""
_COMMON = 200
"""A name that more chunks hold joins nothing."""


@dataclass(frozen=True, slots=True)
class TrailNode:
    """A stop on the way."""

    kind: str
    """``question``, ``name``, ``source`` or ``answer``."""
    text: str
    """Empty where the answer has no short form."""
    level: int
    """Counted from 0; every edge leads to a higher one."""
    citation: int | None = None
    """The number of the citation that a source is."""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """The way from a question to its answer."""

    nodes: tuple[TrailNode, ...]
    """The question first, the answer last."""
    edges: tuple[tuple[int, int], ...]
    """Places in ``nodes``, from and to."""


def trail(answer: Answer, graph: KnowledgeGraph) -> Trail | None:
    """Return the way to an answer, or None where nothing is cited.

    The names are those of the graph, which is the viewer's own: names in the question that a cited place holds lead
    from the question to it; names that two cited places share, and the question does not hold, lead from one to the
    other.
    """
    if answer.abstained or not answer.citations:
        return None
    asked = _names(answer.asked or answer.question, graph)
    held = {}
    for citation in answer.citations:
        text = "\n".join((citation.title, *citation.headings, citation.quote))
        # A longer name hides a shorter one within it.
        within = {key for key in asked if graph.name_of(key).casefold() in text.casefold()}
        held[citation.number] = _names(text, graph) | within
    return _Drawn(answer, graph, asked, held).trail()


class _Drawn:
    """One trail in the making."""

    def __init__(
        self, answer: Answer, graph: KnowledgeGraph, asked: frozenset[str], held: dict[int, frozenset[str]]
    ) -> None:
        self._answer = answer
        self._graph = graph
        self._asked = asked
        self._held = held
        self._nodes = [TrailNode(QUESTION, answer.asked or answer.question, 0)]
        self._edges: list[tuple[int, int]] = []
        self._place: dict[str, int] = {}
        """Of each name's node."""
        self._source: dict[int, int] = {}
        """Of each citation's node."""

    def trail(self) -> Trail:
        left = list(self._answer.citations)
        for citation in [c for c in left if self._asked & self._held[c.number]]:
            left.remove(citation)
            self._reach(citation, 0, self._asked & self._held[citation.number])
        while left:
            step = self._next(left)
            if step is None:
                # Nothing but its words leads there.
                self._add(left.pop(0), [0])
                continue
            citation, origin, names = step
            left.remove(citation)
            self._reach(citation, self._source[origin], names)
        level = max(node.level for node in self._nodes) + 1
        self._nodes.append(TrailNode(ANSWER, self._answer.short, level))
        ends = {target for _, target in self._edges} - {start for start, _ in self._edges}
        self._edges += [(place, len(self._nodes) - 1) for place in sorted(ends)]
        return Trail(tuple(self._nodes), tuple(self._edges))

    def _next(self, left: Iterable[Citation]) -> tuple[Citation, int, frozenset[str]] | None:
        for citation in left:
            for origin in self._source:
                names = (self._held[origin] & self._held[citation.number]) - self._asked
                if names:
                    return citation, origin, names
        return None

    def _reach(self, citation: Citation, origin: int, names: frozenset[str]) -> None:
        through = []
        for key in sorted(names, key=lambda key: (self._graph.entity(key).mentions, key))[:_NAMES]:
            place = self._place.get(key)
            if place is None:
                place = len(self._nodes)
                self._nodes.append(TrailNode(NAME, self._graph.name_of(key), self._nodes[origin].level + 1))
                self._place[key] = place
            if (origin, place) not in self._edges:
                self._edges.append((origin, place))
            through.append(place)
        self._add(citation, through)

    def _add(self, citation: Citation, origins: list[int]) -> None:
        level = max(self._nodes[origin].level for origin in origins) + 1
        self._source[citation.number] = len(self._nodes)
        self._nodes.append(TrailNode(SOURCE, citation.title, level, citation.number, citation.page))
        self._edges += [(origin, len(self._nodes) - 1) for origin in origins]


def _names(text: str, graph: KnowledgeGraph) -> frozenset[str]:
    found = {hit.key for hit in graph.names.find(text) if not graph.is_value(hit.key)}
    # Several things may have one name; the most mentioned stands for them.
    by_name: dict[str, str] = {}
    for key in sorted(found, key=lambda key: (graph.entity(key).mentions, key)):
        by_name[graph.name_of(key)] = key
    return frozenset(key for key in by_name.values() if graph.entity(key).mentions <= _COMMON)
