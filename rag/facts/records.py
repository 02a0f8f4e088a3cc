"""What answering from facts is about: what is asked, what is found, and the answer with its chain of facts."""

from __future__ import annotations

from dataclasses import dataclass

from rag.records import Passage


@dataclass(frozen=True, slots=True)
class Name:
    """A thing, by the name that the question gives it."""

    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A property of a thing: "the mother of X" is ``Wanted("mother", Name("X"))``; these nest."""

    property: str
    """A key of ``properties.toml``; a noun with ``*`` before it where that has none ("*head")."""
    of: Term


Term = Name | Wanted


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question that asks for one property."""

    term: Wanted


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question for the one of several things that has the smallest or the largest value."""

    options: tuple[Term, ...]
    labels: tuple[str, ...]
    """The options as the question words them."""
    properties: tuple[str, ...]
    """What is compared; the later ones where nothing tells the first."""
    most: bool
    """The largest is asked for; else the smallest."""
    words: str = ""
    """Words that a sentence with the value must hold, for properties that begin with ``*``."""
    pair: bool = False
    """Asked is whether the first option is the one."""


@dataclass(frozen=True, slots=True)
class Same:
    """A question whether things have one property in common."""

    options: tuple[Term, ...]
    properties: tuple[str, ...]
    words: str = ""


Plan = Lookup | Comparison | Same


@dataclass(frozen=True, slots=True)
class Fact:
    """A value that a sentence gives to a property of a thing."""

    subject: str
    property: str
    value: str
    """As written in the sentence."""
    key: tuple[float, ...] | frozenset[str]
    """What values are compared by: numbers in order (a date is year, month, day), or names of which one must be shared;
    empty where there is no order."""
    passage: Passage
    start: int
    end: int
    """Half-open character offsets into ``passage.text`` of the sentence that says so."""
    sure: float
    """0 to 1, higher is better."""


@dataclass(frozen=True, slots=True)
class Step:
    """A fact of the chain that leads to an answer."""

    subject: str
    property: str
    value: str
    passage: int
    """Its place in ``FactAnswer.passages``."""
    start: int
    end: int
    """Half-open character offsets into that passage's text: the sentence that says so."""


@dataclass(frozen=True, slots=True)
class FactAnswer:
    """An answer that is worked out from facts."""

    short: str
    """The fewest words: "yes" or "no", a thing that the question names, or a value as a passage writes it."""
    kind: str
    """``list`` or ``count`` (rows of a table), ``comparison``, ``pair`` (yes or no), ``same`` (yes or no), ``chain``
    (two facts or more) or ``fact``."""
    steps: tuple[Step, ...]
    passages: tuple[Passage, ...]
    """Those that were given, and behind them those that were fetched and bear a step."""
    sure: float
    """0 to 1, higher is better: about how often such answers are right."""
    property: str = ""
    """What was compared or asked for at last."""
