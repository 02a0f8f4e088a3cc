"""What sentences, table rows and "Key: value" lines tell of things that have no page of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.language import search_tokens
from rag.facts.dates import amounts, moment
from rag.facts.pages import Library, Page, bare, plain
from rag.facts.patterns import DATE, Property, pattern, properties
from rag.facts.people import trimmed
from rag.facts.records import Fact
from rag.facts.subject import places_of, speaks_of
from rag.records import Passage

_LINE = re.compile(r"[^\n]+")
_KEY_VALUE = re.compile(r"^\s*(?:[-*•]\s+)?\**(?P<key>[^:：|]{2,40}?)\**\s*[:：]\s*\**(?P<value>[^|]+?)\**\s*$")
_RULE = re.compile(r"^[\s|:\-–]+$")
_DATE = re.compile(DATE)
_TOLD, _ROW, _LINES, _LOOSE = 0.75, 0.92, 0.85, 0.7


def told_of(library: Library, name: str, wanted: Property, language: str) -> Iterator[Fact]:
    """Yield what sentences that name a thing before a property's pattern tell of it, and of nothing named between."""
    asked = plain(bare(name))
    for page in library.pages:
        for passage, start, end in page.sentences:
            sentence = passage.text[start:end]
            if asked not in plain(sentence):
                continue
            named = places_of(name, sentence, passage.language)
            for text in wanted.patterns(passage.language):
                match = next(
                    (m for m in text.finditer(sentence) if speaks_of(sentence, named, m, passage.language)), None
                )
                if match is None:
                    continue
                if fact := _fact(name, wanted.key, wanted.value, passage, (start, end), _span(start, match), _TOLD):
                    yield fact
                    break


def in_tables(
    library: Library, name: str, labels: frozenset[str], key: str, language: str, *, page: Page | None = None
) -> Iterator[Fact]:
    """Yield what table rows that begin with a thing's name tell, and "Label: value" lines of a page about it."""
    if not labels:
        return
    asked = plain(bare(name))
    for passage in page.passages if page else library.passages:
        head: list[str] = []
        for line in _LINE.finditer(passage.text):
            text = line.group()
            if "|" not in text:
                head = []
                told = _KEY_VALUE.match(text) if page else None
                if told and told["key"].strip().casefold() in labels:
                    yield from _cell(name, key, passage, line, told.span("value"), _LINES)
                continue
            if _RULE.match(text):
                continue
            cells = _cells(text)
            if not head:
                head = [plain(text[a:b]) for a, b in cells]
                continue
            if not any(plain(text[a:b]) == asked for a, b in cells) or len(cells) != len(head):
                continue
            for title, cell in zip(head, cells, strict=True):
                if title in {plain(label) for label in labels} and plain(text[slice(*cell)]) != asked:
                    yield from _cell(name, key, passage, line, cell, _ROW)


def _cells(text: str) -> list[tuple[int, int]]:
    """Return the spans of a row's cells without the white space around them."""
    found = []
    for match in re.finditer(r"[^|]+", text):
        inner = match.group().strip()
        if inner:
            start = match.start() + match.group().index(inner)
            found.append((start, start + len(inner)))
    return found


def _cell(
    name: str, key: str, passage: Passage, line: re.Match[str], cell: tuple[int, int], sure: float
) -> Iterator[Fact]:
    kind = properties()[key].value if key in properties() else "text"
    value = (line.start() + cell[0], line.start() + cell[1])
    if kind == "date":
        dated = _DATE.search(passage.text, *value)
        if dated is None:
            return
        value = dated.span()
    if fact := _fact(name, key, kind, passage, line.span(), value, sure):
        yield fact


def looked_up(library: Library, name: str, key: str, words: str, language: str) -> Iterator[Fact]:
    """Yield the value of what no list knows: a date beside a verb, an amount beside a noun, who holds a post.

    ``key``: ``date``, ``amount`` or ``value`` with the ``words`` that the sentence holds; else a noun, whose value is a
    name: "the head of logistics".
    """
    if key in ("date", "amount", "value"):
        yield from _values(library, name, key, set(search_tokens(words)), language)
        return
    yield from in_tables(library, name, frozenset([key]), f"*{key}", language)
    for text in _posts(name, key, language):
        for page in library.pages:
            for passage, start, end in page.sentences:
                match = text.search(passage.text[start:end])
                span = _span(start, match) if match else None
                fact = _fact(name, f"*{key}", "person", passage, (start, end), span, _LINES) if span else None
                if fact is not None:
                    yield fact


def _posts(name: str, noun: str, language: str) -> list[re.Pattern[str]]:
    """Return patterns by which text tells who is the "noun" of a thing."""
    post, thing = re.escape(noun), re.escape(bare(name))
    value = pattern("{name}", language).pattern
    if language == "zh":
        return [
            re.compile(rf"{thing}的?{post}(?:是|为|：|:){value}"),
            re.compile(rf"{value}(?:是|担任|任){thing}的?{post}"),
        ]
    whole = rf"(?i:(?:the )?(?:{post} (?:of|for) (?:the )?{thing}|{thing}(?:'s|’s)? {post}))"
    return [
        re.compile(rf"{whole}(?:,? (?:is|was)|,|:) {value}"),
        re.compile(rf"{value}(?:,| is| was|,? who is| \()(?: our| currently| now)? ?{whole}"),
        re.compile(rf"\|\s*{value}\s*\|\s*{whole}\s*\|"),
    ]


def _values(library: Library, name: str, key: str, needed: set[str], language: str) -> Iterator[Fact]:
    """Yield dates or amounts of sentences that are about a thing and hold the needed words."""
    own = set(search_tokens(name))
    # Without words any amount would do: "heavier" is no matter of metres.
    if not own or (key == "amount" and not needed):
        return
    for page in library.pages:
        around = set(search_tokens(page.title))
        for passage, start, end in page.sentences:
            sentence = passage.text[start:end]
            tokens = set(search_tokens(sentence))
            beside = around | set(search_tokens(" ".join(passage.headings)))
            if not own <= tokens | beside or (needed and not needed & tokens):
                continue
            direct = own <= tokens or own <= beside
            found = amounts(sentence, passage.language)
            if key == "date":
                found = [one for one in found if one[2] == "date"]
            elif key == "amount":
                found = [one for one in found if one[2] not in ("date", "day of the year")]
            if not found:
                continue
            one = min(found, key=lambda item: _distance(sentence, item, needed))
            sure = _LINES if direct and len(found) == 1 else _LOOSE if direct else 0.5
            written = sentence[one[0] : one[1]]
            order: tuple[float, ...] = moment(written, passage.language) if one[2] == "date" else (one[3],)
            values = frozenset(f"{dimension} {number:g}" for _, _, dimension, number in found)
            yield Fact(
                name, f"*{key}:{one[2]}", written, values if key == "value" else order, passage, start, end, sure
            )


def _distance(sentence: str, item: tuple[int, int, str, float], needed: set[str]) -> int:
    """Return how far a value stands from the needed words."""
    places = [m.start() for m in re.finditer(r"\w+", sentence) if set(search_tokens(m.group())) & needed]
    return min((abs(item[0] - place) for place in places), default=0)


def _span(start: int, match: re.Match[str]) -> tuple[int, int]:
    return start + match.start("value"), start + match.end("value")


def _fact(
    name: str, key: str, kind: str, passage: Passage, sentence: tuple[int, int], value: tuple[int, int], sure: float
) -> Fact | None:
    start, end = value
    if kind in ("person", "place", "org") and passage.language != "zh":
        start, end = trimmed(passage.text, start, end, person=kind == "person")
    written = passage.text[start:end].strip()
    order: tuple[float, ...] | frozenset[str] = frozenset([plain(written)])
    if kind == "date":
        order = moment(written, passage.language)
        if not order:
            return None
    return Fact(name, key, written, order, passage, *sentence, sure) if written else None
