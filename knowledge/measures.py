"""What a question about figures is looking for: other names of a measure, the rows that it is worked out from, and the
statement that holds these rows. The terms are in ``measures.toml``, in English and Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from knowledge.language import HAN, detect_language
from knowledge.names import NameIndex
from knowledge.records import Chunk
from knowledge.wordlists import word_lists

_HAN = re.compile(f"[{HAN}]")
_FIGURE = re.compile(r"\d[\d,.]*")
_WORD = re.compile(rf"\S+|[{HAN}]")
_FIGURES = 0.25
"""The part of a statement's words that are figures, at least: notes about a statement bear its name too."""
_FILE = "statements.npy"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for beside the question's own words; empty where it asks for no measure that is known."""

    names: tuple[str, ...] = ()
    """Other names of the measures."""
    rows: tuple[str, ...] = ()
    """The lines of a table that they are worked out from."""
    statements: tuple[str, ...] = ()
    """The statements that hold these lines, or that the question names: each by its first name."""

    @property
    def text(self) -> str:
        """Rows and statements on one line, to be searched for like a question; empty where there are none."""
        return ", ".join((*self.rows, *self.statements))

    @property
    def words(self) -> str:
        """Everything, for lexical search."""
        return " ".join((*self.rows, *self.names, *self.statements))


@dataclass(frozen=True, slots=True)
class _Term:
    names: tuple[str, ...]
    rows: tuple[str, ...]
    statement: str


def wanted(question: str) -> Wanted:
    """Return what a question looks for, in its own language. Of overlapping terms the longest counts."""
    chinese = detect_language(question) == "zh"

    def own(forms: Iterable[str]) -> list[str]:
        return [form for form in forms if bool(_HAN.search(form)) == chinese]

    names: list[str] = []
    rows: list[str] = []
    statements: list[str] = []
    for form, term in _found(question):
        if term.rows:
            rows += own(term.rows)
        elif term.statement != term.names[0]:
            names += [name for name in own(term.names) if name.casefold() != form.casefold()]
        if term.statement:
            statements += own(_statements()[term.statement])[:1]
    return Wanted(*(tuple(dict.fromkeys(found)) for found in (names, rows, statements)))


class StatementIndex:
    """Which chunks are part of which financial statement. Positions are those of the chunks it was built from."""

    def __init__(self, bits: NDArray[np.uint8]) -> None:
        self._bits = bits

    @classmethod
    def build(cls, chunks: Iterable[Chunk]) -> StatementIndex:
        """Build from chunks: a chunk of figures under a heading, or a table's head, that names a statement."""
        return cls(np.array([_bits(chunk) for chunk in chunks], dtype=np.uint8))

    @classmethod
    def load(cls, folder: Path, size: int) -> StatementIndex:
        """Read what ``save`` wrote for ``size`` chunks; ``ValueError`` where it was another number."""
        bits = np.load(folder / _FILE, allow_pickle=False)
        if bits.shape != (size,):
            raise ValueError(f"it tells of {len(bits)} chunks, not {size}")
        return cls(bits)

    def save(self, folder: Path) -> None:
        """Write into ``folder``."""
        np.save(folder / _FILE, self._bits, allow_pickle=False)

    def scores(self, question: str) -> NDArray[np.float32]:
        """Return float32, (n,): how many of the statements that a question looks for a chunk is part of."""
        scores = np.zeros(len(self._bits), dtype=np.float32)
        asked = wanted(question).statements
        for number, forms in enumerate(_statements().values()):
            if not set(forms).isdisjoint(asked):
                scores += (self._bits >> number) & 1
        return scores


def _bits(chunk: Chunk) -> int:
    figures, words = len(_FIGURE.findall(chunk.text)), len(_WORD.findall(chunk.text))
    if figures < _FIGURES * words:
        return 0
    place = "\n".join((*chunk.headings[-2:], chunk.lead))
    return sum(1 << number for number, pattern in enumerate(_statement_patterns()) if pattern.search(place))


def _found(question: str) -> list[tuple[str, _Term]]:
    """Return the terms that stand in a question, in order, with how they are written."""
    index, terms = _vocabulary()
    text = " ".join(question.split())
    return [(text[hit.start : hit.end], terms[hit.key]) for hit in index.find(text)]


@cache
def _statements() -> dict[str, tuple[str, ...]]:
    """Return the statements' names by the first of them."""
    listed = cast("list[dict[str, Any]]", word_lists("", "measures")["statement"])
    return {entry["names"][0]: tuple(entry["names"]) for entry in listed}


@cache
def _statement_patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(_any_of(forms) for forms in _statements().values())


@cache
def _vocabulary() -> tuple[NameIndex, dict[str, _Term]]:
    """Return what finds all terms, the longest where they overlap, and the terms by their case-folded forms."""
    terms: dict[str, _Term] = {}
    for name, forms in _statements().items():
        terms |= {form.casefold(): _Term(forms, (), name) for form in forms}
    for entry in cast("list[dict[str, Any]]", word_lists("", "measures")["measure"]):
        term = _Term(tuple(entry["names"]), tuple(entry.get("rows", ())), entry.get("where", ""))
        terms |= {form.casefold(): term for form in term.names if form.casefold() not in terms}
    return NameIndex((form, form) for form in terms), terms


def _any_of(forms: Iterable[str]) -> re.Pattern[str]:
    escaped = (re.escape(form).replace(r"\ ", r"\s+") for form in sorted(forms, key=lambda form: -len(form)))
    # Chinese has no gaps between words.
    bounded = (form if _HAN.search(form) else rf"(?<![^\W{HAN}]){form}(?![^\W{HAN}])" for form in escaped)
    return re.compile("|".join(bounded), re.IGNORECASE)
