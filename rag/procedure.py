"""Questions for how something is done: the steps, or the paragraph, under the heading that says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.language import search_tokens
from rag.evidence import Evidence, evidence_at
from rag.question import AskedQuestion
from rag.records import Passage

SURE = 0.7
"""How sure such an answer is; given by hand."""
_LOOKED_AT = 6
"""Passages, the best ones."""
_ASKED = 0.5
"""The part of the question that a heading, with the headings above it, must say …"""
_SAYS = 0.6
"""… and the part of the heading that the question must."""
_LONGEST = 1200
"""Characters of an answer."""
_HOW = re.compile(
    r"^(?:how (?:do|does|can|could|should|must|to)\b"
    r"|what (?:are the steps|is the procedure|do i (?:have to|need to) do)\b)"
    r"|怎么(?!样)|如何|怎样",
    re.IGNORECASE,
)
_UNDONE = re.compile(r"\b(?:not|never|avoid|prevent|stop|without)\b|n['’]t\b|不|避免|防止|别", re.IGNORECASE)
"""Asks how something is left undone; a heading of that kind tells nothing of how it is done."""
_MINE = re.compile(r"^how (?:(?:do|can|could|should|must) (?:i|we|one|you)|to)\b", re.IGNORECASE)
_ITEM = re.compile(r"[ \t]*(?:[-*•–]|\(?\d{1,2}[.)、]|第[一二三四五六七八九十\d]+步|步骤\s?\d+)[ \t]*\S")
_MARKS = re.compile(r"^[#\s*]+|[*:：\s]+$")
_ENDS = re.compile(r"[.。;；,，]$")
_WIDE = 90
"""Characters that a heading has at most."""


def procedure(asked: AskedQuestion, passages: Sequence[Passage]) -> Evidence | None:
    """Return the steps, or the paragraph, that tell how something is done; None where no heading speaks of it.

    Parameters
    ----------
    passages
        The best first.
    """
    if not _HOW.search(asked.text.strip()) or _UNDONE.search(asked.text):
        return None
    found = [
        (asked.coverage(said, above), place)
        for passage in passages[:_LOOKED_AT]
        for said, above, place in _sections(passage)
        if said and len(said & asked.weights.keys()) >= _SAYS * len(said)
    ]
    best = max(found, key=lambda one: one[0], default=None)
    if best is None or best[0] < _ASKED:
        return None
    passage, start, end = best[1]
    return evidence_at(asked, passage, start, end)


def is_how(question: str) -> bool:
    """Tell whether somebody asks how to do something: a few words of a sentence are no answer to that."""
    return _MINE.match(question.strip()) is not None


def _sections(passage: Passage) -> Iterator[tuple[frozenset[str], frozenset[str], tuple[Passage, int, int]]]:
    """Yield what each heading of a passage says, what stands above it, and the steps or the paragraph below it."""
    title = frozenset(search_tokens(passage.title))
    above = title.union(search_tokens(" ".join(passage.headings)))
    lines, at = [], 0
    for line in passage.text.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    heads = [number for number, (_, line) in enumerate(lines) if _is_heading(lines, number, line)]
    for place, number in enumerate(heads):
        if _UNDONE.search(lines[number][1]):
            continue
        last = heads[place + 1] if place + 1 < len(heads) else len(lines)
        said = frozenset(search_tokens(_MARKS.sub("", lines[number][1])))
        # What stands under a document's title tells of the document.
        if (body := _body(lines[number + 1 : last])) and said != title:
            yield said, above, (passage, *body)
    first = heads[0] if heads else len(lines)
    if passage.headings and (body := _body(lines[:first])):
        yield frozenset(search_tokens(passage.headings[-1])), above, (passage, *body)
    # A document of one procedure: its steps come after an introduction.
    steps = [(start, line) for start, line in lines if _ITEM.match(line)]
    begun = lines.index(steps[0]) if steps else 0
    apart = [number for number in heads if number < begun and set(search_tokens(lines[number][1])) - title]
    if len(steps) > 1 and not apart and (body := _body(lines[begun:])):
        yield title, title, (passage, *body)


def _is_heading(lines: Sequence[tuple[int, str]], number: int, line: str) -> bool:
    text = line.strip()
    if not text or len(text) > _WIDE or _ENDS.search(text) or " | " in text:
        return False
    below = next((other for _, other in lines[number + 1 :] if other.strip()), "")
    return bool(below) and (text.startswith("#") or not _ITEM.match(line)) and not text[0].islower()


def _body(lines: Sequence[tuple[int, str]]) -> tuple[int, int] | None:
    """Return where the first list of some lines stands, with what is said before it, else their first paragraph:
    half-open offsets.
    """
    filled = [(start, line) for start, line in lines if line.strip()]
    items = [place for place, (_, line) in enumerate(filled) if _ITEM.match(line)]
    if len(items) > 1:
        last = items[0]
        # An item may go on in the next line; a list ends with the paragraph.
        while last + 1 < len(filled) and (last + 1 in items or filled[last + 1][1][:1] in " \t"):
            last += 1
        # What stands before the steps may warn.
        whole = filled[last][0] + len(filled[last][1]) - filled[0][0] <= _LONGEST
        begin, end = filled[0 if whole else items[0]], filled[last]
    else:
        paragraph = []
        for start, line in lines:
            if line.strip():
                paragraph.append((start, line))
            elif paragraph:
                break
        if not paragraph:
            return None
        begin, end = paragraph[0], paragraph[-1]
    start = begin[0] + len(begin[1]) - len(begin[1].lstrip())
    stop = end[0] + len(end[1].rstrip())
    return (start, stop) if stop - start <= _LONGEST else None
