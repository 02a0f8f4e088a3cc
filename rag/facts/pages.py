"""Which passages are about a thing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from knowledge.graph import KnowledgeGraph
from knowledge.language import sentences
from rag.records import Passage

Find = Callable[[str], Sequence[Passage]]
"""Returns passages of the documents that bear a name, as the viewer who asks may read them."""

_PARENTHESIS = re.compile(r"\s*[(（][^()（）]*[)）]\s*")
_NOT_WORD = re.compile(r"[^\w]+")
_LEAD = 260
"""Characters at a document's beginning that tell what it is about."""
_NAMED = 200
"""Characters of it in which other names are told."""
_SAME, _BARE, _SHORT, _ALIAS, _TOLD, _WORDS = 1.0, 0.97, 0.85, 0.9, 0.85, 0.7
"""How sure it is that a page is about a name: its title is the name; but for parentheses; but for a title of nobility;
by the graph's aliases; its beginning says the name; its beginning has all words of it."""
NAMED = _ALIAS
"""A page that fits less well does not bear the name."""
ENOUGH = 0.8
"""A page that fits less well is looked for elsewhere first."""


def plain(name: str) -> str:
    """Return a name without case, accents and punctuation."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    folded = "".join(c for c in folded if not unicodedata.combining(c))
    words = _NOT_WORD.sub(" ", folded.replace("'", "").replace("’", "")).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in ("the", "a", "an") else words)


def _called(name: str, lead: str) -> bool:
    """Tell whether a beginning says "known as NAME"."""
    return re.search(rf"\b(?:known|called|named|credited|as|aka|née|nee|born) {re.escape(name)}\b", lead) is not None


def bare(name: str) -> str:
    """Return a name without its parentheses."""
    return _PARENTHESIS.sub(" ", name).strip() or name


@dataclass(frozen=True)
class Page:
    """The passages of one document, in its order."""

    document: str
    title: str
    passages: tuple[Passage, ...]

    @cached_property
    def lead(self) -> str:
        """The document's beginning, where it is among the passages."""
        first = self.passages[0]
        return first.text[:_LEAD] if first.start == 0 else ""

    @cached_property
    def sentences(self) -> list[tuple[Passage, int, int]]:
        """The sentences: passage, and half-open offsets into its text."""
        found = []
        for passage in self.passages:
            found += [(passage, start, end) for start, end in _whole(passage)]
        return found


def _whole(passage: Passage) -> list[tuple[int, int]]:
    """Return a passage's sentences; one that was cut inside a parenthesis goes on ("(c. 1450 – …)")."""
    joined: list[tuple[int, int]] = []
    for start, end in sentences(passage.text, passage.language):
        if joined:
            begun = passage.text[joined[-1][0] : joined[-1][1]]
            if begun.count("(") > begun.count(")") and end - joined[-1][0] < 600:
                joined[-1] = (joined[-1][0], end)
                continue
        joined.append((start, end))
    return joined


class Library:
    """The passages at hand, by the things that they are about; fetches what is missing.

    Parameters
    ----------
    passages
        What the search found.
    graph
        Knows other names of things; None: titles and beginnings alone tell.
    find
        Fetches more; None: there is no more.
    """

    def __init__(self, passages: Iterable[Passage], graph: KnowledgeGraph | None, find: Find | None) -> None:
        self.passages = list(passages)
        self.given = len(self.passages)
        self.graph = graph
        self._find = find
        self._asked: set[str] = set()
        self._resolved: dict[str, list[tuple[float, Page]]] = {}
        self._numbers: dict[str, set[int]] = {}

    @property
    def pages(self) -> list[Page]:
        """All documents of which there are passages."""
        documents: dict[str, list[Passage]] = {}
        for passage in self.passages:
            documents.setdefault(passage.document, []).append(passage)
        return [
            Page(document, found[0].title, tuple(sorted(found, key=lambda passage: passage.start)))
            for document, found in documents.items()
        ]

    def fetch(self, name: str) -> None:
        """Fetch passages about a name, once."""
        if self._find is None or plain(name) in self._asked:
            return
        self._asked.add(plain(name))
        for passage in self._find(name):
            if not any(
                p.document == passage.document and p.start < passage.end and passage.start < p.end
                for p in self.passages
            ):
                self.passages.append(passage)
                self._resolved.clear()

    def about(self, name: str, *, role: re.Pattern[str] | None = None, near: str = "") -> list[tuple[float, Page]]:
        """Return the pages that are about what ``name`` means, each with how sure that is, 0 to 1, the best first.

        Parameters
        ----------
        role
            What the page's beginning should say; settles which namesake is meant.
        near
            Another name that the page should mention; likewise.
        """
        found = self.at_hand(name)
        if not found or found[0][0] < ENOUGH:
            self.fetch(name)
            found = self.at_hand(name)
        close = plain(bare(near))

        def fits(item: tuple[float, Page]) -> tuple[float, ...]:
            score, page = item
            text = " ".join(passage.text for passage in page.passages)
            # A name with a parenthesis was meant exactly; another one may be that of any namesake.
            exact = score if score < _BARE or "(" in name else _BARE
            return (exact, bool(close) and close in plain(text), bool(role and role.search(page.lead)), score)

        ordered = sorted(found, key=fits, reverse=True)
        if len(ordered) > 1 and fits(ordered[0])[:3] == fits(ordered[1])[:3] and ordered[0][0] < _SAME:
            # Namesakes that nothing tells apart.
            return [(score * 0.6, page) for score, page in ordered]
        return ordered

    def at_hand(self, name: str) -> list[tuple[float, Page]]:
        """Return the pages about a name, as ``about`` does, without fetching any."""
        if name not in self._resolved:
            scored = [(self._score(name, page), page) for page in self.pages]
            self._resolved[name] = sorted((item for item in scored if item[0]), key=lambda item: -item[0])
        return self._resolved[name]

    def _score(self, name: str, page: Page) -> float:
        asked, title = plain(name), plain(page.title)
        if not asked:
            return 0.0
        if asked == title:
            return _SAME
        asked_bare, title_bare = plain(bare(name)), plain(bare(page.title))
        if asked_bare == title_bare and (asked == asked_bare or title == title_bare):
            return _BARE
        if self._alias(name, page):
            return _ALIAS
        head = plain(bare(name).split(",")[0]), plain(bare(page.title).split(",")[0])
        if head[0] == head[1] and " " in head[0]:
            return _SHORT
        lead = plain(page.lead[:_NAMED])
        if len(asked_bare) > 3 and f" {asked_bare} " in f" {lead} ":
            shared = set(asked_bare.split()) & set(title_bare.split())
            if lead.startswith(asked_bare) or shared or _called(asked_bare, lead):
                return _TOLD
        words = [word for word in asked_bare.split() if len(word) > 2]
        shared = set(words) & set(title_bare.split())
        if len(words) > 1 and shared and set(words) <= set(plain(page.lead[:120]).split()):
            return _WORDS
        if len(words) > 1 and set(asked_bare.split()) <= set(title_bare.split()):
            return _WORDS
        return 0.0

    def _alias(self, name: str, page: Page) -> bool:
        """Tell whether a page's title is a thing that the graph knows by a name."""
        if self.graph is None:
            return False
        if name not in self._numbers:
            self._numbers[name] = {self.graph.number_of(entity.key) for entity in self.graph.candidates(name)[:3]}
        return not self._numbers[name].isdisjoint(self._entities(page.document))

    def _entities(self, document: str) -> list[int]:
        assert self.graph is not None
        try:
            return self.graph.tables.titled[self.graph.number_of_document(document)]
        except KeyError:
            return []
