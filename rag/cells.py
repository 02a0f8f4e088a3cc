"""The cell of a table's row that answers a question: "Item: Marl 8 | Price GBP: 1265 | Delivery weeks: 3"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from knowledge.embed import Embedder
from knowledge.language import HAN, search_tokens
from rag.exact import Exact
from rag.question import AskedQuestion

_CELL = re.compile(r"(?P<label>[^|]{1,60}?)[:：] ?(?P<value>[^|]*[^|\s])")
_SEPARATOR = " | "
_PAIR = 2
"""Cells of a row that holds one thing's name and its value."""
_CALLED = 0.55
"""What the cell of a longer row must reach that tells how many there are of something."""
_SAID = 0.5
"""A value of which the question says this part tells which row is meant, and answers nothing."""
_WHOLE = 0.4
"""What it counts, beside the part of the question that a label says, that the question says all of the label."""
_ABOUT = 0.5
"""The part of its weight that a word of what stands above has."""
_FITS = 0.35
"""What it counts that a value is of the kind that is asked for …"""
_UNITS = 0.5
"""… and that its currency is the question's."""
_NEAR = 1.0
"""What the cosine between question and label counts for."""
_STANDS_OUT = 0.08
"""How much better than the next one the best cell must be."""
_YES_OR_NO = re.compile(r"\s*(?:is|are|was|were|do|does|did|can|may|must|has|have|will)\b", re.IGNORECASE)
_MEAN = tuple(
    tuple(search_tokens(words))
    for words in (
        "boss manager supervisor superior reports",
        "leave holiday vacation",
        "price cost",
        "phone telephone extension",
        "job role title position",
        "site office location live based",
        "contact person",
    )
)
"""Search tokens that mean one thing as a table's column."""
_WHEN = re.compile(r"\bwhen\b|\bdate\b|何时|日期", re.IGNORECASE)
_HAN = re.compile(f"[{HAN}]")
_PLAIN_CELL = re.compile(r"(?<=\|)[^|]*(?=\|)|^[^|]+|[^|]+$")
_PAID = re.compile("[钱价费]")
_LINE = re.compile(r"\W{0,3}(?P<label>[^\W\d_][^|:：\n.]{1,38})[:：]\s*(?P<value>[^|:：\n]{1,60}?)[.。]?")
_BARE = re.compile(r"[+-]?[\d.,%]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row that tells its columns itself."""

    label: str
    value: str
    start: int
    end: int
    """Half-open character offsets, in the row's text, of what is to be shown: the value, and where that is a bare
    number, its label, too."""
    said: bool = False
    """The question says a word of the label, or its currency."""


def cells(row: str, head: str = "") -> list[Cell]:
    """Return the labelled cells of a row; none where it is not labelled.

    Parameters
    ----------
    head
        The row that labels it: "| Region | Revenue |" labels "| China | 650 |".
    """
    if _SEPARATOR not in row:
        return []
    if head:
        return _under(head, row)
    found, at = [], 0
    for part in row.split(_SEPARATOR):
        if match := _CELL.fullmatch(part.rstrip()):
            value = match["value"]
            begins = match.start("label") if _BARE.fullmatch(value) else match.start("value")
            found.append(Cell(match["label"].strip(), value, at + begins, at + match.end("value")))
        at += len(part) + len(_SEPARATOR)
    return found


def line_cell(line: str) -> Cell | None:
    """Return the cell of a line of its own, such as "Weight: 2 kg" in a data sheet; None for other lines."""
    match = _LINE.fullmatch(line.rstrip())
    return Cell(match["label"], match["value"], *match.span("value")) if match else None


def _under(head: str, row: str) -> list[Cell]:
    """Return the cells of a row under those of the table's first one, if they are as many."""
    labels, values = (list(_PLAIN_CELL.finditer(line)) for line in (head, row))
    if len(labels) != len(values):
        return []
    pairs = zip(labels, values, strict=True)
    return [Cell(a.group().strip(), b.group().strip(), *_trimmed(b)) for a, b in pairs if b.group().strip()]


def _trimmed(match: re.Match[str]) -> tuple[int, int]:
    text = match.group()
    start = match.start() + len(text) - len(text.lstrip())
    return start, start + len(text.strip())


def answering_cell(
    asked: AskedQuestion,
    row: str,
    embedder: Embedder,
    *,
    head: str = "",
    told: Collection[str] = (),
    about: Collection[str] = (),
) -> Cell | None:
    """Return the cell of a row that answers; None where no one stands out.

    What the question says itself tells which row is meant. Of the other cells that one answers whose label says what
    the question asks for, in its words or near them, and whose value is of that kind.

    Parameters
    ----------
    head
        As of ``cells``.
    told
        Search tokens of what led to the row: the question's words among them do not ask for a cell.
    about
        Search tokens of what stands above the table: all of its cells are about that, so that they ask for one less.
    """
    if _YES_OR_NO.match(asked.text):
        return None
    alone = line_cell(row)
    if alone is not None:
        # Nothing stands beside it: the question must say all of its label.
        asks = set(search_tokens(alone.label)) <= asked.weights.keys()
        return replace(alone, said=True) if asks and asked.fits(f", {row}") else None
    found = cells(row, head)
    said = {cell.label: _said(asked, cell.value) for cell in found}
    left = [
        cell for cell in found if said[cell.label] < _SAID and (asked.language == "zh" or not _HAN.search(cell.label))
    ]
    if len(found) < 2 or not left:
        return None
    naming = {token for cell in found if said[cell.label] >= _SAID for token in search_tokens(cell.value)} | set(told)
    wanted = {
        token: weight * (_ABOUT if token in about else 1.0)
        for token, weight in asked.weights.items()
        if token not in naming
    }
    # A Chinese question without a currency means the country's own.
    units = Exact.of(asked.text).units or (frozenset("¥") if _PAID.search(asked.text) else frozenset())
    labels = [_plain(cell.label) for cell in left]
    words = [word for word in asked.words if not set(search_tokens(word)).isdisjoint(wanted)]
    asking = " ".join([asked.text.split()[0], *_apart(words, about)]) if words else asked.text
    apart = [" ".join(_apart(label.split(), about)) for label in labels]
    cosines = embedder.embed_passages(apart) @ embedder.embed_question(asking)
    total = sum(wanted.values()) or 1.0
    fitting = [cell for cell in left if asked.kinds and asked.fits(f", {_plain(cell.label)}: {cell.value}")]
    if _WHEN.search(asked.text):
        # A date answers better than a day of the week.
        fitting = [cell for cell in fitting if any(c.isdigit() for c in cell.value)] or fitting
    scored = []
    for cell, label, cosine in zip(left, labels, cosines.tolist(), strict=True):
        own = {_meant(token, wanted) for token in search_tokens(label)}
        held = sum(wanted.get(token, 0.0) for token in own) / total
        held += _WHOLE * len(own & wanted.keys()) / max(1, len(own))
        paid = bool(units & Exact.of(f"{label} {cell.value}").units)
        score = held + _FITS * (cell in fitting) + _UNITS * paid + _NEAR * cosine
        scored.append((score, replace(cell, said=held > 0 or paid)))
    if asked.counted and len(found) > _PAIR:
        # An extension is no number of people.
        scored = [one for one in scored if one[0] >= _CALLED]
    if not scored:
        return None
    scored.sort(key=lambda one: -one[0])
    if len(scored) > 1 and scored[0][0] < scored[1][0] + _STANDS_OUT:
        return None
    return scored[0][1]


def _meant(token: str, wanted: Collection[str]) -> str:
    """Return the word of the question that a label's word stands for, else the label's own."""
    others = (other for words in _MEAN if token in words for other in words if other in wanted)
    return token if token in wanted else next(others, token)


def _said(asked: AskedQuestion, value: str) -> float:
    """Return the part of a value's words, 0 to 1, that the question says, besides what it counts: "how many days"."""
    tokens = set(search_tokens(value)) - asked.counted
    if "@" in value:
        # An address says the name that it belongs to.
        return 0.0
    return len(tokens & asked.weights.keys()) / len(tokens) if tokens else 0.0


def _apart(words: Sequence[str], about: Collection[str]) -> Sequence[str]:
    """Return the words that what stands above does not say, if there are any."""
    return [word for word in words if set(search_tokens(word)).isdisjoint(about)] or words


def _plain(label: str) -> str:
    return label.replace("_", " ").replace(".", " ")
