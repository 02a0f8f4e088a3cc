"""What labels tell: "Site: Leeds | Contact: Ann Lee" has a place, a person, and no name "Site"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from knowledge.extract.candidate import Candidate
from knowledge.extract.english.lexicon import is_role
from knowledge.extract.rows import CELL, ROW
from knowledge.resolve.forms import evident_type, has_han
from knowledge.resolve.labels import label_kind, label_words, plain_label
from knowledge.types import NAME, ORG, PERSON, PLACE, PRODUCT, VALUES
from knowledge.wordlists import word_lists

_PAIR = re.compile(r"^(?:[-*] |\d{1,3}\. )?([^|:：\n.,;，。；]{1,40})[:：][ \t]*([^|\n]*[^|\s])", re.MULTILINE)
_PARTED = re.compile(r"\s*(?:[,;/，；、]|\band\b|\()\s*")
_SENTENCE = re.compile(r"[,;(，。；（]|(?<=\w\w\w)\.(?=\s|$)")
_FIGURE = re.compile(r"[-+±(]?\s?\d|plus or minus|[<>≤≥~]")
_MODEL = re.compile(r" [A-Z]{0,2}\d{1,4}[A-Za-z]?(?![\w.,%-])")
_JOINING = frozenset(["of", "and", "&", "the", "de", "van", "von", "der", "den", "du", "la", "da", "di", "for"])
_HAN_NAME = re.compile(r"[\u4e00-\u9fff·]{2,12}")
_LONGEST = {PERSON: 4, PLACE: 4, ORG: 6, PRODUCT: 6}
"""Words."""
_LONGEST_HAN = {PERSON: 4, PLACE: 6, ORG: 12}
"""Characters; products are described there as often as named."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A label and what stands behind it; half-open character offsets."""

    label: tuple[int, int]
    value: tuple[int, int]
    kind: str
    """What the label says of names in the value; empty where it says nothing."""
    in_row: bool


def cells(text: str) -> Iterator[Cell]:
    """Yield the cells of rows, and lines whose label says what follows, or that hold a figure; in order."""
    done = 0
    for line in _PAIR.finditer(text):
        if line.start() < done:
            continue
        row = ROW.match(text, line.start())
        if row is None:
            kind = label_kind(line[1])
            if kind or _FIGURE.match(line[2]):
                end = _SENTENCE.search(line[2])
                yield Cell(
                    line.span(1), (line.start(2), line.start(2) + (end.start() if end else len(line[2]))), kind, False
                )
            continue
        done = row.end()
        found = list(CELL.finditer(text, row.start(), row.end()))
        personal = any(plain_label(cell[1]) in label_words("personal") for cell in found)
        for cell in found:
            named = personal and plain_label(cell[1]) in label_words("name")
            yield Cell(cell.span(1), cell.span(2), PERSON if named else label_kind(cell[1]), True)


def by_columns(text: str, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Return the candidates of a text as its labels tell them, and those among them of which a label tells the type."""
    kept = list(candidates)
    told: list[Candidate] = []
    for cell in cells(text):
        inside = [c for c in kept if c.start < cell.value[1] and cell.label[0] < c.end]
        if not inside and not cell.kind:
            continue
        outside = [c for c in kept if not (c.start < cell.value[1] and cell.label[0] < c.end)]
        inside = [c for c in inside if not _is_label(text, c, cell)]
        if plain_label(text[slice(*cell.label)]) in label_words("properties"):
            inside = [c for c in inside if c.origin == "glossary" or c.type in VALUES]
        if cell.kind:
            found = list(_typed(text, cell, inside))
            told += [c for c in found if c.type == cell.kind]
            inside = found
        kept = sorted([*outside, *inside], key=lambda c: c.start)
    return kept, told


def _is_label(text: str, c: Candidate, cell: Cell) -> bool:
    """Tell whether a candidate is a label, or reaches from one cell into another."""
    if c.origin == "glossary" or c.type in VALUES or c.start >= cell.value[0]:
        # What begins in a value and ends in the next label is that label's, when its turn comes.
        return False
    if c.start >= cell.label[1] or c.end > cell.value[0] or cell.kind:
        return True
    name = text[c.start : c.end]
    models = any(character.isdigit() for character in name)
    return not models and (cell.in_row or " " not in name)


def _typed(text: str, cell: Cell, inside: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield the candidates of a value, its names with the label's type; a name that no finder saw is one as well."""
    fixed = [c for c in inside if c.origin == "glossary" or c.type in VALUES]
    rest = [c for c in inside if c not in fixed]
    for start, end in _parts(text, cell):
        own = [c for c in rest if c.start < end and start < c.end]
        rest = [c for c in rest if c not in own]
        if any(c.start < end and start < c.end for c in fixed):
            yield from own
        elif _fits(text[start:end], cell.kind):
            same = next((c for c in own if (c.start, c.end) == (start, end)), None)
            yield replace(same, type=cell.kind) if same else Candidate(start, end, cell.kind, "rule")
        else:
            yield from _within(text, start, end, cell.kind, own)
    yield from rest
    yield from fixed


def _within(text: str, start: int, end: int, kind: str, own: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield the names in a part of a value that is more than a name: "Hydroprobe 460 radar gauge"."""
    for c in own:
        name = text[c.start : c.end]
        if c.start != start or c.end > end or not _fits(name, kind):
            yield c
        elif kind == PRODUCT and " " not in name and (model := _MODEL.match(text, c.end, end)):
            yield replace(c, end=model.end(), type=kind)
        elif kind != PRODUCT or " " in name or not text[c.end : end].strip()[:1].islower():
            yield replace(c, type=kind)
        # "Wiper blade, set of five": the first word of what is said has a capital, whatever it is.


def _parts(text: str, cell: Cell) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a value that may each be a name."""
    start, end = cell.value
    if not cell.in_row or cell.kind in (ORG, PRODUCT):
        first = _SENTENCE.search(text, start, end)
        yield start, len(text[: first.start()].rstrip()) if first else end
        return
    for match in _PARTED.finditer(text, start, end):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
        if match.group().strip() == "(":
            return
    if start < end:
        yield start, end


def _fits(name: str, kind: str) -> bool:
    """Tell whether a stretch is written like a name of a kind."""
    if name.casefold() in label_words("nothing") or len(name) < 2:
        return False
    if has_han(name):
        return bool(_HAN_NAME.fullmatch(name)) and len(name) <= _LONGEST_HAN.get(kind, 0)
    parts = name.split()
    if (
        not parts
        or len(parts) > _LONGEST[kind]
        or not (parts[0][0].isupper() or (kind == PRODUCT and parts[0][0].isdigit()))
    ):
        return False
    if not all(part[0].isupper() or part[0].isdigit() or part.lower() in _JOINING for part in parts):
        return False
    if not any(character.isalpha() for character in name):
        return False
    if kind in (PERSON, PLACE):
        evident = evident_type(NAME, name)
        if any(character.isdigit() for character in name) or evident not in (NAME, kind):
            return False
    return kind != PERSON or not (is_role(parts[-1].lower()) or is_post(name))


def is_post(name: str) -> bool:
    """Tell whether a name is that of a post: "Chief Financial Officer", "Head of People", "CFO"."""
    parts = name.lower().split()
    if len(parts) == 1:
        return name.isupper() and parts[0] in _posts("short")
    return parts[-1] in _posts("last") or parts[:2] == ["head", "of"]


@cache
def _posts(name: str) -> frozenset[str]:
    return frozenset(word_lists("extract")["roles"][name])
