"""Rows of a table that an amount tells from the others: "Which products cost more than 1000 euros?", "the cheapest"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from knowledge.language import search_tokens
from rag.cells import Cell
from rag.exact import Exact

_PRICE = frozenset(search_tokens("price cost"))
_AMOUNT = (
    r"[€£$¥]?\s?(?P<{0}>-?(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,15}})(?:\.\d{{1,2}})?)"
    r"(?![\d.,]*\d|\s?(?:k|m|mio|million|thousand|bn)\b)"
    r"(?:\s?(?:[€£$¥]|(?:EUR|GBP|USD|CNY|euros?|pounds?|dollars?|yuan)\b))?"
)
_MORE = "more|over|above|longer|higher|greater|larger|heavier|exceeding"
_LESS = "less|fewer|under|below|shorter|lower|smaller|lighter|cheaper"
_BOUND = re.compile(
    rf"\b(?:of |with |for )?(?:(?:{_MORE})(?: than)? {_AMOUNT.format('over')}"
    rf"|(?:{_LESS})(?: than)? {_AMOUNT.format('under')}"
    rf"|at least {_AMOUNT.format('least')}|(?:at most|up to|no more than) {_AMOUNT.format('most')})",
    re.IGNORECASE,
)
# What asks for the first or the last of an order, whether that is the most, and what the column is called, if by that.
_ENDS: tuple[tuple[re.Pattern[str], bool, frozenset[str]], ...] = tuple(
    (re.compile(rf"\b(?:the )?(?:{words})\b", re.IGNORECASE), most, frozenset(search_tokens(called)))
    for words, most, called in (
        ("most expensive|dearest|priciest|costs? (?:the )?most", True, "price cost"),
        ("cheapest|least expensive|costs? (?:the )?least", False, "price cost"),
        ("heaviest|weighs? (?:the )?most", True, "weight"),
        ("lightest|weighs? (?:the )?least", False, "weight"),
        ("most|highest|largest|biggest|longest|greatest|widest|deepest", True, ""),
        ("least|lowest|fewest|shortest|smallest|narrowest", False, ""),
    )
)
_NUMBER = re.compile(
    r"(?P<sign>[-−])?(?P<before>[€£$¥])?\s?(?P<number>(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d+)?)"
    r"\s?(?P<after>[€£$¥%]|[^\W\d]{1,12})?"
)
"""A number, and at most one unit: "1,200 EUR". Of "1.200,50", "2.5 to 3" or "2.5k" nobody can tell without more."""
_THREE_PLACES = re.compile(r"\d{1,3}\.\d{3}")
"""Twelve hundred, or one and two tenths."""
_MULTIPLES = frozenset(["k", "m", "mio", "million", "millions", "thousand", "bn", "billion", "万", "亿"])


@dataclass(frozen=True, slots=True)
class Order:
    """What a question wants of an amount."""

    text: str
    """The question without the words that say it."""
    called: frozenset[str]
    """Search tokens that the column is called by beside the question's own; empty: none."""
    most: bool = False
    """Of one end of the order: the upper one."""
    least: float | None = None
    greatest: float | None = None
    """Bounds of the amount; None: there is none."""
    open: bool = False
    """Whether the bounds themselves are out."""

    @property
    def bounded(self) -> bool:
        """Whether all within bounds are asked for, not the first or the last."""
        return self.least is not None or self.greatest is not None


def read_order(question: str) -> Order | None:
    """Return what a question wants of an amount; None where it wants nothing of the kind."""
    if match := _BOUND.search(question):
        found = {name: float(value.replace(",", "")) for name, value in match.groupdict().items() if value}
        (name, value), *_ = found.items()
        above = name in ("over", "least")
        text = f"{question[: match.start()]} {question[match.end() :]}"
        called = _PRICE if re.search(r"\bcosts?\b|\bprice|\bcheaper\b", question, re.IGNORECASE) else frozenset()
        return Order(
            text,
            called,
            least=value if above else None,
            greatest=None if above else value,
            open=name in ("over", "under"),
        )
    for pattern, most, called in _ENDS:
        if match := pattern.search(question):
            return Order(f"{question[: match.start()]} {question[match.end() :]}", called, most=most)
    return None


def in_order(
    order: Order, asked: Collection[str], rows: Sequence[Sequence[Cell]], *, units: frozenset[str]
) -> list[int] | None:
    """Return which rows have the amount that is wanted; None where no column, or more than one, may be meant.

    Parameters
    ----------
    asked
        The question's search tokens without those of what is asked for.
    units
        The currencies of the question; empty: none is named.
    """
    wanted = {*asked, *order.called}
    columns = {
        label: amounts
        for label in dict.fromkeys(cell.label for row in rows for cell in row)
        if (amounts := _amounts(label, rows)) and not wanted.isdisjoint(search_tokens(label))
    }
    if units:
        columns = {label: amounts for label, amounts in columns.items() if Exact.of(label).units & units} or columns
    if not order.bounded:
        # The first of those that are told need not be the first of all.
        columns = {label: amounts for label, amounts in columns.items() if len(amounts) == len(rows)}
    chosen = [_within(order, amounts) for amounts in columns.values()]
    # Prices in pounds and in euros mostly tell the same.
    return chosen[0] if chosen and all(one == chosen[0] for one in chosen) else None


def _amounts(label: str, rows: Sequence[Sequence[Cell]]) -> dict[int, float]:
    """Return the amounts of a column by row; none where it is no column of amounts, all of one unit."""
    found, units = {}, set()
    for number, row in enumerate(rows):
        value = next((cell.value for cell in row if cell.label == label), None)
        if value is None:
            continue
        match = _NUMBER.fullmatch(value.strip())
        unit = (match["before"] or match["after"] or "").casefold() if match else ""
        if match is None or unit in _MULTIPLES or _THREE_PLACES.fullmatch(match["number"]):
            return {}
        units.add(unit)
        found[number] = float(match["number"].replace(",", "")) * (-1 if match["sign"] else 1)
    return found if len(units) == 1 and len(found) >= 2 else {}


def _within(order: Order, amounts: dict[int, float]) -> list[int]:
    if not order.bounded:
        end = (max if order.most else min)(amounts.values())
        return [number for number, amount in amounts.items() if amount == end]
    return [
        number
        for number, amount in amounts.items()
        if (order.least is None or amount > order.least or (amount == order.least and not order.open))
        and (order.greatest is None or amount < order.greatest or (amount == order.greatest and not order.open))
    ]
