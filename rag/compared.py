"""Comparisons of amounts: "Which is heavier, A or B?" is answered by what the documents say of each by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.language import search_tokens
from rag.cells import cells
from rag.confidence import confidence
from rag.conflict import date_key, document_date
from rag.evidence import Chosen, Evidence
from rag.exact import Exact
from rag.facts.dates import amounts
from rag.facts.lists import words
from rag.facts.records import FactAnswer, Step
from rag.records import Passage

LONGEST = 300
"""Characters of a question; what is longer asks for more, and all ways to read it would take seconds."""
_SENTENCES = 6
"""Of each thing: the best ones, which are looked at."""
_WORDS = 5
"""Of a thing, at most; more are a part of a sentence that names it."""
_NAMING = 1
"""The last of a row's cells, from 0, that tell what it is about."""
_NO_AMOUNT = frozenset(["date", "day of the year", "time of day", "fiscal year"])
_MONEY = frozenset(["GBP", "EUR", "USD", "CNY", "JPY"])
_CURRENCY = {"£": "GBP", "€": "EUR", "$": "USD", "¥": "CNY"}
_BARE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
"""A number and nothing else; "4.2.0" is none."""
_ARTICLE = re.compile(r"^(?:in|of|for|the|a|an|with|from|between|either)\s+", re.IGNORECASE)

# What orders things, whether it asks for the most, what it is called, and its dimensions (none: any).
_ORDERS: tuple[tuple[str, bool, tuple[str, ...], frozenset[str]], ...] = (
    (r"heavier|heaviest|weighs? more|更重|[较最]重", True, ("weight", "重量"), frozenset(["kg"])),
    (r"lighter|lightest|weighs? less|更轻|[较最]轻", False, ("weight", "重量"), frozenset(["kg"])),
    (r"(?:more|most) expensive|dearer|costs? more|pricier|更贵|[较最]贵", True, ("price", "价格"), _MONEY),
    (r"cheaper|cheapest|less expensive|costs? less|更便宜|[较最]?便宜", False, ("price", "价格"), _MONEY),
    (r"taller|tallest", True, ("height", "高度"), frozenset(["m"])),
    (r"faster|fastest|更快", True, ("speed", "速度"), frozenset()),
    (r"slower|slowest|更慢", False, ("speed", "速度"), frozenset()),
    (r"more|most|longer|longest|larger|largest|greater|greatest|higher|highest|bigger|biggest|wider|widest|deeper|deepest"
     r"|更[多大高长深宽]|[较最][多大高长深宽]", True, (), frozenset()),
    (r"less|least|fewer|fewest|shorter|shortest|smaller|smallest|lower|lowest|narrower|更[少小低短]|[较最][少小低短]",
     False, (), frozenset()),
)  # fmt: skip
_ENGLISH = re.compile(r"^(?:which|what|who|where)\b(?P<said>.*?)[\s,:;–-]+(?P<a>[^,:;]+?),? or (?P<b>[^,:;]+)$", re.I)
_PAIR = re.compile(
    r"^(?i:is|are|was|were|does|do|did|has|have) (?P<a>.+?) "
    rf"(?P<said>(?:[a-z]+ )?(?:the |a )?(?:{'|'.join(words for words, *_ in _ORDERS)})\b[^,]*?) than (?P<b>.+)$"
)
_CHINESE = re.compile(
    r"^(?P<a>.+?)(?:和|与|跟|还是|、)(?P<b>[^，,的哪谁]+?)(?:相比|之间)?(?=[，,的哪谁])[，,]?(?P<said>.*[哪谁].*)$"
)
_CHINESE_PAIR = re.compile(
    r"^(?P<a>.+?)比(?P<b>.+?)(?P<said>(?:的.{1,8})?(?:[重轻贵快慢多大高长深宽少小低短]|便宜))[吗么]$"
)
_LAST = re.compile("(?:便宜|.)$")
_WHICH = re.compile(r"哪[一个款种]*|谁")
_FILLER = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|do|did|the|a|an|of|draws?|needs?|uses?|takes?|offers?|gives?|gets?|one|than)\b"
    r"|[的是有更了]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Compared:
    """A question that compares an amount of two things."""

    options: tuple[str, str]
    """As the question names them."""
    most: bool
    """The one with more of it is asked for."""
    nouns: tuple[str, ...]
    """What is compared, "weight" or "sleep current", by the names that it may have; the question's language first."""
    dimensions: frozenset[str]
    """What the amounts may be measured in; empty: anything."""
    pair: bool
    """Asked is whether the first is the one."""


def read_comparison(question: str, language: str, known: Callable[[str], Sequence[tuple[int, int]]]) -> Compared | None:
    """Return what a question compares; None where it compares no amounts of two things.

    Parameters
    ----------
    known
        Returns the places of names that the documents know in a text.
    """
    text = " ".join(question.split()).rstrip("?？。. ")
    if len(text) > LONGEST:
        return None
    chinese = language == "zh"
    for pattern, pair in ((_CHINESE_PAIR if chinese else _PAIR, True), (_CHINESE if chinese else _ENGLISH, False)):
        match = pattern.match(text)
        if match is None:
            continue
        said = _WHICH.sub(" ", match["said"])
        if chinese and pair:
            said = _LAST.sub(r"更\g<0>", said)
        order = next((one for one in _ORDERS if re.search(_word(one[0]), said, re.IGNORECASE)), None)
        if order is None or (chinese and not pair and not _WHICH.search(match["said"])):
            continue
        options = _options(match["a"], match["b"], known)
        word, most, called, dimensions = order
        nouns = called[::-1] if chinese else called
        if not nouns:
            before, _, after = re.sub(_word(word), "\0", said, count=1, flags=re.IGNORECASE).partition("\0")
            parts = (" ".join(_FILLER.sub(" ", part).split()) for part in (after, before))
            nouns = tuple(filter(None, parts))[:1]
        if options is not None and nouns:
            return Compared(options, most, nouns, dimensions, pair)
    return None


def compared(plan: Compared, language: str, find: Callable[[str], Sequence[Evidence]]) -> FactAnswer | None:
    """Return the answer, or None where the documents do not tell the amount of both, in one dimension.

    Parameters
    ----------
    find
        Returns the sentences for a question, best first.
    """
    # A Chinese question may be about English documents.
    tries = (_find(plan, noun, find) for noun in plan.nouns)
    told = next(filter(None, tries), None)
    if told is None:
        return None
    (one, first), (other, second) = told
    if first.number == second.number:
        return None
    chosen = plan.options[int((second.number > first.number) == plan.most)]
    texts = words(language)["templates"]
    short = chosen if not plan.pair else texts["yes" if chosen == plan.options[0] else "no"]
    passages: list[Passage] = []
    steps = []
    for option, (item, amount) in zip(plan.options, told, strict=True):
        place = next((n for n, p in enumerate(passages) if p == item.passage), len(passages))
        if place == len(passages):
            passages.append(replace(item.passage, number=place + 1))
        start = item.start - item.passage.start
        steps.append(Step(option, f"*{amount.name}", amount.written, place, start, start + len(item.text)))
    sure = min(confidence(Chosen((item,), item.coverage, 0.0), language) for item in (one, other))
    return FactAnswer(short, "pair" if plan.pair else "comparison", tuple(steps), tuple(passages), sure)


@dataclass(frozen=True, slots=True)
class _Amount:
    dimension: str
    number: float
    written: str
    name: str


_Told = tuple[tuple[Evidence, _Amount], tuple[Evidence, _Amount]]


def _find(plan: Compared, noun: str, find: Callable[[str], Sequence[Evidence]]) -> _Told | None:
    """Return the two sentences to compare: rows of one table, else those that stand highest; the newest of tables."""
    found = []
    for option in plan.options:
        question = f"What is the {noun} of {option}?" if noun.isascii() else f"{option}的{noun}是多少？"
        found.append([one for one in find(question) if _about(one, option, noun)][:_SENTENCES])
    best = min(_pairs(plan, noun, *found), key=lambda pair: pair[0], default=None)
    return best[1] if best else None


def _pairs(
    plan: Compared, noun: str, first: Sequence[Evidence], second: Sequence[Evidence]
) -> Iterator[tuple[tuple[bool, bool, int, int], _Told]]:
    """Yield what can be compared, each with what puts them in order: the least is the best."""
    for at, one in enumerate(first):
        for beside, other in enumerate(second):
            a, b = plan.options
            others = {amount.dimension: amount for amount in reversed(_amounts(plan, noun, b, other))}
            for amount in _amounts(plan, noun, a, one):
                if amount.dimension in others:
                    order = (
                        _late(one, plan.options[0]) or _late(other, plan.options[1]),
                        not _alike(one, other),
                        -sum(date_key(document_date(item.passage.title, ""))[0] for item in (one, other)),
                        at + beside,
                    )
                    yield order, ((one, amount), (other, others[amount.dimension]))
                    break


def _late(item: Evidence, option: str) -> bool:
    """Tell whether a row is about another thing: it names this one further back, as in "Remark: for the Marl 8"."""
    row = cells(item.text)
    named = [n for n, cell in enumerate(row) if set(search_tokens(option)) <= set(search_tokens(cell.value))]
    return bool(row) and min(named, default=0) > _NAMING


def _alike(one: Evidence, other: Evidence) -> bool:
    """Tell whether two are rows with columns in common, or both none."""
    own, others = ({cell.label for cell in cells(item.text)} for item in (one, other))
    return not own.isdisjoint(others) or own == others


def _amounts(plan: Compared, noun: str, option: str, item: Evidence) -> list[_Amount]:
    """Return the amounts of a sentence that may be meant, the likeliest first."""
    wanted = set(search_tokens(noun))
    row = cells(item.text)
    if row:
        labelled = [cell for cell in row if wanted & set(search_tokens(cell.label))]
        named = ""
        if wanted & set(search_tokens(row[0].value)):
            # Things side by side: "Property: Weight | Kite 7: 2 kg | Kite 9: 3 kg".
            own = [cell for cell in row if set(search_tokens(option)) <= set(search_tokens(cell.label))]
            labelled, named = (own, noun) if own else (labelled, "")
        language = item.passage.language
        found = [amount for cell in labelled or row for amount in _of_cell(cell.label, cell.value, language)]
        found = [replace(amount, name=named or amount.name) for amount in found]
    else:
        found = [
            _Amount(dimension, number, item.text[start:end], noun)
            for start, end, dimension, number in amounts(item.text, item.passage.language)
        ]
        # Of "0.5 m to 40 m" the end counts.
        found.reverse()
    return [
        one
        for one in found
        if one.dimension not in _NO_AMOUNT and (not plan.dimensions or one.dimension in plan.dimensions)
    ]


def _of_cell(label: str, value: str, language: str) -> Iterator[_Amount]:
    for start, end, dimension, number in amounts(value, language):
        yield _Amount(dimension, number, value[start:end], label)
    if _BARE.fullmatch(value):
        # "Price EUR: 1480"
        unit = next((_CURRENCY[one] for one in sorted(Exact.of(label).units) if one in _CURRENCY), label.casefold())
        yield _Amount(unit, float(value.replace(",", "")), value, label)


def _about(item: Evidence, option: str, noun: str) -> bool:
    """Tell whether a sentence, with its title and headings, names a thing and what is compared."""
    held = item.tokens | item.around
    return set(search_tokens(option)) <= held and not held.isdisjoint(search_tokens(noun))


def _options(a: str, b: str, known: Callable[[str], Sequence[tuple[int, int]]]) -> tuple[str, str] | None:
    """Return two things without what stands before them; of many words only the name that the documents know."""

    def name(text: str, *, last: bool) -> str:
        text = text.strip()
        while _ARTICLE.match(text):
            text = _ARTICLE.sub("", text, count=1)
        spans = sorted(known(text)) if len(text.split()) > _WORDS else []
        return text[slice(*spans[-1 if last else 0])] if spans else text

    one, other = name(a, last=True), name(b, last=False)
    return (one, other) if one and other and search_tokens(one) != search_tokens(other) else None


def _word(pattern: str) -> str:
    """Return a pattern of whole words; Chinese ones have no borders."""
    return rf"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])"
