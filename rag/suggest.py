"""Questions that the documents answer, to begin with: made from what one viewer may read, without a model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors import Viewer

if TYPE_CHECKING:
    from rag.sdk import Wellspring

_TRIED = 8
"""Questions made for each one that is wanted: many do not stand by themselves."""
_KINDS = frozenset({"agent", "count", "date", "person", "place", "amount", "money"})
"""What is asked for by questions that a person might ask."""
_LONGEST = {"en": 95, "zh": 40}
_SHORTEST = {"en": 30, "zh": 8}
"""Characters."""


def suggest(base: Wellspring, *, viewer: Viewer, language: str, most: int) -> list[str]:
    """Return at most ``most`` questions, of as many different documents; the same for the same documents.

    Those that name something which the viewer's graph knows come first: others may make sense beside their text alone.
    """
    from rag.training.questions import make_questions

    graph = base.graph(viewer=viewer)
    chosen: list[str] = []
    spare: list[str] = []
    seen: set[str] = set()
    for row in make_questions(base, viewer=viewer, most=most * _TRIED, seed=0, language=language):
        question = str(row["question"])
        if row["kind"] not in _KINDS or not _SHORTEST[language] <= len(question) <= _LONGEST[language]:
            continue
        # The first word is written with a capital whatever it is.
        names = [hit for hit in graph.names.find(question) if hit.start > 0 and not graph.is_value(hit.key)]
        quote, context = str(row["quote"]), str(row["context"])
        named = any(language == "zh" or _is_capital(question[hit.start : hit.end], quote, context) for hit in names)
        if not named and language == "en":
            continue
        (chosen if named and row["document"] not in seen else spare).append(question)
        seen.add(str(row["document"]))
        if len(chosen) == most:
            break
    return (chosen + spare)[:most]


def _is_capital(name: str, quote: str, context: str) -> bool:
    """Tell whether a name's capital is its own, and not that of the sentence which it begins: "Jobs are deleted"."""
    if not name[0].isupper():
        return False
    return not quote.startswith(name) or " " in name or re.search(rf"[a-z,] {re.escape(name)}\b", context) is not None
