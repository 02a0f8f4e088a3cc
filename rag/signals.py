"""What speaks for a chunk, given a question: the columns of a row of numbers, and their weighted sum."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from rag.view import Floats, Numbers

SIGNALS = (
    "meaning",
    "words",
    "word share",
    "title",
    "names",
    "name count",
    "path to title",
    "paths to title",
    "path to name",
    "paths to name",
    "walk",
    "rest",
    "rest after path",
    "title asked",
    "title covers",
    "about",
    "rows asked",
    "words of rows",
    "statement",
    "chinese",
)
"""The columns, all 0 or more but ``meaning``:

*   meaning: cosine with the question, -1 to 1.
*   words: BM25, divided by the best chunk's (of the preferred documents, where there are any; at most 1); word share:
    divided by what a text of nothing but the question would get.
*   title: the question names its document; 1 where one document alone is called so.
*   names: rare names of the question that it holds, added up; name count: how many.
*   path to title: the best chunk that names this chunk's document, as a part of the best chunk of all; paths to title:
    of all chunks, added up.
*   path to name, paths to name: the same for chunks that share a rare name with it.
*   walk: personalised PageRank from the best chunks over names and chunks, as a part of the highest.
*   rest: word share of the question without its names; rest after path: that, for what a path leads to.
*   title asked: how much of the title the question holds; title covers: how much of the question the title holds.
*   about: how far its document is of the organisation and the period that the question names.
*   rows asked: cosine with the rows that a measure in the question is worked out from; words of rows: BM25 of their
    words, as for words; statement: 1 in a statement that holds them.
*   chinese: 1 for questions in Chinese.
"""
PARTS = {
    "meaning": ("meaning",),
    "words": ("words", "word share", "rest"),
    "title": ("title", "title asked", "title covers"),
    "names": ("names", "name count"),
    "paths": ("path to title", "paths to title", "path to name", "paths to name", "walk", "rest after path"),
    "document": ("about",),
    "figures": ("rows asked", "words of rows", "statement"),
}
"""The parts of a score that a person sees, and their signals."""
COLUMN = {name: place for place, name in enumerate(SIGNALS)}
_WEIGHTS = {
    "en": {
        "meaning": 0.5,
        "words": 0.3,
        "word share": 0.3,
        "title": 1.25,
        "names": 0.13,
        "path to title": 0.5,
        "path to name": 0.7,
        "about": 0.2,
        "rows asked": 0.15,
        "words of rows": 0.05,
        "statement": 0.08,
    },
    # The built-in embedder hardly knows Chinese: words lead.
    "zh": {
        "meaning": 0.2,
        "words": 0.6,
        "word share": 0.6,
        "title": 0.3,
        "names": 0.1,
        "path to title": 0.2,
        "path to name": 0.1,
        "about": 0.2,
        "rows asked": 0.05,
        "words of rows": 0.1,
        "statement": 0.08,
    },
    "long en": {
        "meaning": 1.0,
        "words": 0.3,
        "title": 0.3,
        "path to title": 0.2,
        "about": 0.4,
        "rows asked": 0.3,
        "words of rows": 0.1,
        "statement": 0.15,
    },
    "long zh": {
        "meaning": 0.4,
        "words": 0.9,
        "title": 0.3,
        "path to title": 0.2,
        "about": 0.4,
        "rows asked": 0.1,
        "words of rows": 0.3,
        "statement": 0.15,
    },
}
"""What the signals count for in the first scores, for each language; *long*: see ``Found``."""


@dataclass(slots=True)
class Found:
    """Chunks that came up, each with its row."""

    numbers: Numbers
    """int64, (n,): graph numbers, ascending."""
    rows: Floats
    """float32, (n, len(SIGNALS))."""
    language: str
    long: bool = False
    """Whether most of what answers best stands in long documents, where title and names are the same all over."""
    by_title: dict[int, tuple[int, int]] = field(default_factory=dict)
    """For chunks reached by their title: (the chunk that names it, the document)."""
    by_name: dict[int, tuple[int, int]] = field(default_factory=dict)
    """For chunks reached by a name: (the chunk that holds it too, the entity)."""

    @property
    def weights(self) -> Floats:
        """What each signal counts for in the first scores, float32, (len(SIGNALS),)."""
        return weights(self.language, self.long)

    def first_scores(self) -> Floats:
        """Return the weighted sum of each chunk's signals, float32, (n,); higher is better."""
        return self.rows @ self.weights


@cache
def weights(language: str, long: bool) -> Floats:
    """Return what each signal counts for in the first scores, float32, (len(SIGNALS),)."""
    counts = _WEIGHTS["long " * long + language]
    return np.array([counts.get(name, 0.0) for name in SIGNALS], dtype=np.float32)
