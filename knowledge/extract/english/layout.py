"""Lays a text out so that a parser reads it well.

Two things lead parsers astray in documents: names that are phrases themselves ("Tough to Handle is a film"), and
remarks in brackets between a subject and its verb ("Acme (formerly Beta, founded 1961) is a …"). So what is known
to be a name is read as one proper noun, and what stands in brackets is read as a sentence of its own after the one
around it. All tokens keep the offsets that they have in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab


_BRACKET = re.compile(r"[(（][^()（）\n]{2,220}[)）]")
_NOUN = "Smith"
"""Stands for names: every parser knows it for a proper noun."""


class Sentence(NamedTuple):
    """A sentence, or a remark in brackets."""

    first: int
    last: int
    """Half-open token numbers."""
    start: int
    end: int
    """Half-open character offsets of the whole sentence, also for a remark inside it."""
    bracket: int | None = None
    """Where the bracket opens around a remark; None for a sentence."""


@dataclass(slots=True)
class Layout:
    """Words in the order in which they are to be read."""

    words: list[str] = field(default_factory=list)
    spaces: list[bool] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    """Half-open character offsets into the text."""
    sentences: list[Sentence] = field(default_factory=list)

    def doc(self, vocab: Vocab) -> Doc:
        """Return the words as spaCy reads them, with the starts of sentences set."""
        from spacy.tokens import Doc

        starts = {sentence.first for sentence in self.sentences}
        sent_starts: list[bool | int | None] = [number in starts for number in range(len(self.words))]
        return Doc(vocab, words=self.words, spaces=self.spaces, sent_starts=sent_starts)


def lay_out(tokens: Doc, text: str, sentences: Sequence[tuple[int, int]], names: Sequence[tuple[int, int]]) -> Layout:
    """Return the layout of a text.

    Parameters
    ----------
    tokens
        The tokenized text, of the same length.
    sentences, names
        Half-open character offsets, in order, without overlap.
    """
    layout = Layout()
    brackets = [match.span() for match in _BRACKET.finditer(text)]
    opened = [start for start, _ in brackets]
    began = [start for start, _ in names]
    bounds = [start for start, _ in sentences]
    held: dict[int, list[tuple[str, bool, int, int]]] = {}
    current, first, taken = -1, 0, -1

    def close() -> None:
        nonlocal first
        if len(layout.words) > first:
            layout.sentences.append(Sentence(first, len(layout.words), *sentences[max(current, 0)]))
        for opening, inside in held.items():
            first = len(layout.words)
            for one in inside:
                _add(layout, *one)
            layout.sentences.append(Sentence(first, len(layout.words), *sentences[max(current, 0)], opening))
        held.clear()
        first = len(layout.words)

    for token in tokens:
        start, end = token.idx, token.idx + len(token)
        sentence = bisect_right(bounds, start) - 1
        if sentence != current and not token.is_space:
            close()
            current = sentence
        place = bisect_right(began, start) - 1
        word, space = text[start:end], bool(token.whitespace_)
        if place >= 0 and start < names[place][1]:
            if place == taken:
                continue
            taken, (start, end), word = place, names[place], _NOUN
            space = text[end : end + 1] == " "
        bracket = bisect_right(opened, start) - 1
        if bracket >= 0 and end <= brackets[bracket][1]:
            if start > opened[bracket] and end < brackets[bracket][1]:
                held.setdefault(opened[bracket], []).append((word, space, start, end))
        else:
            _add(layout, word, space, start, end)
    if sentences:
        close()
    return layout


def _add(layout: Layout, word: str, space: bool, start: int, end: int) -> None:
    layout.words.append(word)
    layout.spaces.append(space)
    layout.start.append(start)
    layout.end.append(end)
