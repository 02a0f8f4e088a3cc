"""Sentences about another thing of the same kind: the leave in Dundee, where that in Shanghai was asked for.

Words alone do not tell them apart: both sentences hold all of the question but the one name that matters.
"""

from __future__ import annotations

from knowledge.graph import KnowledgeGraph
from rag.evidence import Evidence

_TYPES = frozenset({"PLACE", "ORG", "PERSON", "PRODUCT", "WORK", "EVENT"})
"""Types of which one entity is not another; the rest are values, or not told apart well."""
_BEFORE = 200
"""Characters before a sentence that may name what it is about."""


class Rivals:
    """What a question names, by type.

    Parameters
    ----------
    graph
        Of the viewer who asks.
    question
        Its text.
    """

    def __init__(self, graph: KnowledgeGraph, question: str) -> None:
        self._graph = graph
        self._asked: dict[str, set[str]] = {}
        for _, _, key, type_ in self._named(question):
            self._asked.setdefault(type_, set()).add(key)

    def in_sentence(self, item: Evidence, start: int, end: int) -> bool:
        """Tell whether a sentence names others than the question, and neither it nor what is before it names those.

        Parameters
        ----------
        start, end
            The answer in it, half-open offsets into ``Document.text``: what it names is no rival.
        """
        if not self._asked:
            return False
        passage = item.passage
        here = item.start - passage.start
        before = passage.text[max(0, here - _BEFORE) : here]
        around = "\n".join((passage.title, *passage.headings, before, item.text))
        held = {key for *_, key, _ in self._named(around)}
        others = [
            type_
            for first, last, _, type_ in self._named(item.text)
            if item.start + last <= start or item.start + first >= end
        ]
        return any(keys.isdisjoint(held) and type_ in others for type_, keys in self._asked.items())

    def _named(self, text: str) -> list[tuple[int, int, str, str]]:
        found = [
            (hit.start, hit.end, hit.key, self._graph.entity(hit.key).type) for hit in self._graph.names.find(text)
        ]
        return [one for one in found if one[3] in _TYPES]
