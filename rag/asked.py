"""A question as a search reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from knowledge.language import detect_language, search_tokens
from knowledge.measures import Wanted, wanted
from rag.view import View

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Asked:
    """A question, and what of it the graph knows."""

    text: str
    """With names as they are written in the documents."""
    language: str
    tokens: tuple[str, ...]
    """Its search tokens."""
    rest: tuple[str, ...]
    """Those outside known names."""
    documents: dict[int, float]
    """The documents that it names, each with its part of the title."""
    entities: tuple[int, ...]
    """The entities that it names."""
    about: dict[int, float]
    """The documents of the organisation and the period that it names, each with how well it fits."""
    wanted: Wanted
    """What a measure in it is worked out from."""
    mended: tuple[tuple[str, str], ...] = ()
    """What the person wrote, and the name that stands for it in ``text``."""

    @cached_property
    def words(self) -> dict[str, str]:
        """Its search tokens as they are written in it, for people."""
        words = {word: search_tokens(word) for word in _WORD.findall(self.text)}
        # Of Chinese the tokens are words already, and several stand in a row.
        written = {tokens[0]: word for word, tokens in words.items() if len(tokens) == 1}
        return {token: written.get(token, token) for token in self.tokens}

    @property
    def row_tokens(self) -> tuple[str, ...]:
        """The search tokens of the rows asked for."""
        return tuple(search_tokens(self.wanted.words))

    @classmethod
    def read(cls, text: str, view: View) -> Asked:
        """Find the names that a viewer's graph knows in a question, misspelt ones too."""
        graph, spans = view.graph, []
        text, meant = _mended(text, view)
        documents: dict[int, float] = {}
        for hit in graph.titles.find(text):
            number = graph.number_of_document(hit.key)
            documents[number] = float(view.title_share[number])
            spans.append((hit.start, hit.end))
        entities = set()
        for hit in graph.names.find(text):
            entities.add(graph.number_of(hit.key))
            spans.append((hit.start, hit.end))
        numbers = np.array(sorted(entities), dtype=np.int64)
        called, places = view.documents_titled.gather(numbers)
        bearers = view.bearers[numbers[places]]
        for number, count in zip(called.tolist(), bearers.tolist(), strict=True):
            documents.setdefault(number, 1 / count)
        outside = list(text)
        for start, end in spans:
            outside[start:end] = " " * (end - start)
        return cls(
            text,
            detect_language(text),
            tuple(search_tokens(text)),
            tuple(search_tokens("".join(outside))),
            documents,
            tuple(sorted(entities)),
            {graph.number_of_document(key): fit for key, fit in view.about.matches(text).items()},
            wanted(text),
            meant,
        )


def _mended(text: str, view: View) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a question with known names in the place of misspelt ones, and which for which.

    Words that documents know are not misspelt: "Iceland" stays, even where "Ireland" is the only name that is known.
    """
    graph = view.graph
    found = graph.titles.find(text) + graph.names.find(text)
    # What one index holds for misspelt the other may know.
    meant = {
        (start, end): name
        for index in (graph.titles, graph.names)
        for start, end, name in index.misspelt(text)
        if not any(hit.start <= start and end <= hit.end for hit in found)
        and not all(map(view.lexical.knows, search_tokens(text[start:end])))
    }
    pairs = tuple((text[start:end], name) for (start, end), name in meant.items())
    for (start, end), name in sorted(meant.items(), reverse=True):
        text = text[:start] + name + text[end:]
    return text, pairs
