"""Finds what may be a name in Chinese text, from words, their tags, and how names of each kind are built.

Every finder proposes spans with a rank; where spans overlap, the higher wins, then the longer, then the earlier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from knowledge.extract.candidate import Candidate
from knowledge.extract.chinese.built import built_names, tagged_names
from knowledge.extract.chinese.guessed import guessed_names
from knowledge.extract.chinese.known import given_names, listed_names, taxa
from knowledge.extract.chinese.people import dotted_names, people
from knowledge.extract.chinese.spans import DOT, Rank, Span, kind_of, name_words
from knowledge.extract.chinese.words import chinese_pipeline, segment, text_of, words_of
from knowledge.language import STOP_WORDS
from knowledge.names import NameIndex
from knowledge.types import NAME, PERSON, PRODUCT, WORK

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["chinese_candidates", "chinese_pipeline"]
_TITLE = re.compile(r"《([^《》\n]{1,40})》")
_QUOTE = re.compile(r"「([^「」\n]{2,20})」|“([^“”\n]{2,20})”|『([^『』\n]{2,20})』")
_LATIN_WORD = r"[A-Z][\w&'’+-]{0,40}"
_LATIN_NAME = re.compile(
    rf"(?<![\w@./])[A-Z][\w.&'’+-]{{0,40}}"
    rf"(?:(?: (?:of|the|and|de|du|von|van|for|&))?(?: {_LATIN_WORD}| \d{{1,4}}(?![\w.%]))){{0,6}}",
    re.ASCII,
)
_CODE = re.compile(r"(?<![\w.])(?=[\w/-]{0,30}\d)[A-Za-z]{1,12}[-/]?\d[\w/-]{0,20}(?![\w%])", re.ASCII)


def chinese_candidates(doc: Doc, *, known: Iterable[tuple[str, str]] = ()) -> list[Candidate]:
    """Return what may be a name in ``doc``, in order and without overlap, at half-open offsets into ``doc.text``.

    Parameters
    ----------
    doc
        Made by ``chinese_pipeline``: rules go by its words and tags.
    known
        (name, type) pairs; these names are found wherever they stand, and win over what rules say.
    """
    text = text_of(doc)
    tokens = words_of(doc)
    pairs = sorted(set(known))
    names = list(_known(text, pairs))
    spans = [
        *names,
        *_known(text, _parts(pairs), Rank.BUILT),
        *_titles(text, {(span.start, span.end) for span in names}),
        *_quotes(text),
        *built_names(tokens),
        *people(tokens),
        *dotted_names(tokens),
        *tagged_names(tokens, text),
        *listed_names(tokens),
        *given_names(text),
        *taxa(text),
        *_latin(text),
        *guessed_names(tokens),
    ]
    return [Candidate(s.start, s.end, s.type, s.origin, s.key) for s in _best(spans)]


def _best(spans: list[Span]) -> list[Span]:
    """Return the spans that no better one overlaps, in order."""
    spans.sort(key=lambda span: (-span.rank, span.start - span.end, span.start))
    taken: set[int] = set()
    kept = []
    for span in spans:
        # The longest span is tens of characters: looking at each costs little. A better span that lies inside a
        # longer one is met first, so all of its characters must be free.
        if taken.isdisjoint(range(span.start, span.end)):
            taken.update(range(span.start, span.end))
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _known(text: str, known: Iterable[tuple[str, str]], rank: Rank = Rank.KNOWN) -> Iterator[Span]:
    """Find the given names; a name with several types takes the first in code point order."""
    pairs = sorted(set(known))
    if not pairs:
        return
    index = NameIndex((name, kind) for name, kind in pairs)
    last = -1
    for hit in index.find(text):
        if hit.start >= last:
            yield Span(rank, hit.start, hit.end, hit.key, "glossary")
            last = hit.end


def _parts(known: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield first and last names of people whose names have a dot between them: they are called so further on."""
    for name, kind in known:
        parts = re.split(f"[{DOT}]", name)
        if kind == PERSON and len(parts) > 1:
            yield from ((part, kind) for part in (parts[0], parts[-1]) if len(part) > 1)


def _titles(text: str, known: set[tuple[int, int]]) -> Iterator[Span]:
    for match in _TITLE.finditer(text):
        if match.span(1) not in known:
            yield from _inner(text, match.start(1), match.end(1), WORK, Rank.WHOLE)


def _inner(text: str, start: int, end: int, kind: str, weight: Rank = Rank.QUOTED) -> Iterator[Span]:
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    end = start + len(part.strip())
    if end > start:
        yield Span(weight, start, end, kind, "rule")


def _quotes(text: str) -> Iterator[Span]:
    """Find quoted names: what words like "named" introduce, or what is built like a name; not quoted speech."""
    words = name_words()
    for match in _QUOTE.finditer(text):
        group = match.lastindex or 1
        inner = match[group].strip()
        if not inner or re.search(r"[，。！？；：,!?;]", inner):
            continue
        kind = kind_of(inner)
        before = text[max(0, match.start() - 4) : match.start()]
        after = text[match.end() : match.end() + 2]
        named = before.endswith(words.naming) or after == "之名"
        if named or (len(inner) > 2 and (kind or _looks_proper(inner))):
            yield from _inner(text, match.start(group), match.end(group), kind or NAME)


def _looks_proper(name: str) -> bool:
    tags = [tag for _, tag in segment(name)]
    return any(tag in name_words().proper for tag in tags) and not any(
        tag[0] in "vrdpu" and tag != "vn" for tag in tags
    )


def _latin(text: str) -> Iterator[Span]:
    for match in _CODE.finditer(text):
        yield Span(Rank.LATIN, match.start(), match.end(), PRODUCT, "shape")
    for match in _LATIN_NAME.finditer(text):
        end = match.start() + len(match[0].rstrip(".-'’&+"))
        if end - match.start() > 1 and text[match.start() : end].lower() not in STOP_WORDS:
            yield Span(Rank.LATIN, match.start(), end, NAME, "shape")
