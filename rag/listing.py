"""Questions for several rows of a table: "Which suppliers are in Sweden?", "How many tickets are about the Marl 8?"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from connectors import Document
from knowledge.language import search_tokens
from rag.cells import Cell, cells
from rag.compared import LONGEST
from rag.evidence import Evidence
from rag.exact import Exact
from rag.facts.records import FactAnswer, Step
from rag.ordered import Order, in_order, read_order
from rag.question import AskedQuestion
from rag.records import Passage

_MOST = 25
"""Rows that are told; of more, the question is too wide for an answer."""
_LOOKED_AT = 8
"""Sentences, the best ones, among which a row must be."""
_SURE = 0.8
"""How sure such an answer is; given by hand."""
_LONG = 8
"""Search tokens of a cell that is no value of which rows can be told apart by."""
_VERBS = (
    r"(?:are|is|were|was|do|does|did|have|has|had|can|will|come|comes|work|works|belong|belongs|cost|costs|stand|concern"
    r"|own|owns|about|in|from|of|on|with|for|at|by|that|who|which|there)"
)
_COUNT = re.compile(rf"^how many (?P<noun>[a-z][a-z -]*?)(?: {_VERBS}\b.*)?$", re.IGNORECASE)
_LIST = re.compile(
    rf"^(?:(?:which|what) (?P<noun>[a-z][a-z -]*?s)(?: {_VERBS}\b.*)"
    rf"|(?:list|name|show(?: me)?|give me) (?:all |every |the |of |our )*(?P<named>[a-z][a-z -]*?s)"
    rf"(?: {_VERBS}\b.*)?)$",
    re.IGNORECASE,
)
_END = re.compile(
    rf"^(?:which|what|who) (?:is|are|was) (?P<one>[a-z][a-z -]*?)(?: {_VERBS}\b.*)?$"
    rf"|^(?:which|what) (?P<noun>[a-z][a-z -]*?)(?: {_VERBS}\b.*)$|^(?P<who>who)\b",
    re.IGNORECASE,
)
"""With what asks for one end of an order taken out of it: "Which site has days of leave", "What is sensor"."""
_LOOKS_AFTER = re.compile(r"\blooks? after\b", re.IGNORECASE)
_WHO = re.compile(
    r"^(?:(?:list|name|show(?: me)?) )?(?:who|(?:everyone|everybody|all people) (?:who|that)) (?:all )?"
    r"(?:works?|sits?|belongs?|reports?) (?:in|at|for|on|to)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"(?P<count>有?多少[个家张台份款项条])(?P<noun>\w{1,6}?)$|哪些(?P<named>\w{1,6}?)$|^列出.*?(?P<last>\w{2,4})$"
)
_NARROWS = re.compile(
    r"\b(?:not|no|never|without|except|other|before|after|since|until|till|more|less|fewer|than|between|over|under|only)\b"
    r"|n['’]t\b|[不没未无非]|以[前后上下]|之[前后]|超过|至少|除",
    re.IGNORECASE,
)
"""Tells rows apart by what is no word of theirs."""
_NEUTRAL = frozenset(
    search_tokens(
        "work sit belong report list name show give have own come exist currently company based according everyone"
        " everybody people person look after"
    )
)
"""Search tokens that tell no rows apart."""
_LETTER = re.compile(r"(?<=\s)[A-Z]{1,3}\b|^[A-Z]{1,3}$")
_CODE = re.compile(r"(?=.*\d)[A-Z\d./-]+")
_PEOPLE = frozenset(["name", "姓名"])
_STAFF = frozenset(search_tokens("people employees colleagues staff persons members workers"))
"""Search tokens of nouns that people are called by."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A question that several rows may answer."""

    noun: frozenset[str]
    """Search tokens of what is asked for; empty: people."""
    count: bool
    """Whether only their number is asked for."""
    order: Order | None = None
    """The amount that tells them from the others."""


def read_listing(question: str, language: str) -> Listing | None:
    """Return what a question wants to have listed or counted; None where it is no such question."""
    text = " ".join(question.split()).rstrip("?？。. ")
    if len(text) > LONGEST:
        return None
    if language == "zh":
        match = _CHINESE.search(text)
        noun = match and (match["noun"] or match["named"] or match["last"])
        return Listing(frozenset(search_tokens(noun)), bool(match["count"])) if match and noun else None
    text = _LOOKS_AFTER.sub("has", text)
    order = read_order(text)
    if order is not None:
        text = " ".join(order.text.split())
    if _WHO.match(text):
        return Listing(frozenset(), count=False, order=order)
    if match := _COUNT.match(text):
        return Listing(frozenset(search_tokens(match["noun"])), count=True, order=order)
    if (match := _LIST.match(text)) or (order is not None and (match := _END.match(text))):
        noun = frozenset(search_tokens(next(filter(None, match.groups()), "")))
        # They are listed as far as a table names them; how many there are it need not tell.
        return Listing(frozenset() if noun <= _STAFF else noun, count=False, order=order)
    return None


def listed(
    plan: Listing, asked: AskedQuestion, ranked: Sequence[Evidence], document: Callable[[str], Document | None]
) -> FactAnswer | None:
    """Return the rows of one table that the question's words tell from the others, each with its place.

    None where no table is about what is asked for, or a name in the question tells none of its rows apart.

    Parameters
    ----------
    ranked
        Sentences for the question, best first: the table is that of the first row among them which is called so.
    document
        Returns a document that the viewer may read.
    """
    order, units = plan.order, Exact.of(asked.text).units
    if order is not None:
        left = set(search_tokens(order.text))
        asked = replace(asked, text=order.text, weights={t: w for t, w in asked.weights.items() if t in left})
    tables = [(item, cells(item.text)) for item in ranked[:_LOOKED_AT] if not item.head]
    called = [(item, row) for item, row in tables if len(row) > 1 and _called(plan, item.passage, row)]
    # "Customer" names customers, and "Customer class" their classes.
    called.sort(key=lambda one: plan.noun != set(search_tokens(one[1][0].label)))
    for item, row in called:
        found = document(item.passage.document)
        table = _table(found, row, _sheet(plan, item.passage)) if found else []
        if plan.count and _is_value(plan, table):
            return None
        rows = _told_apart(plan, asked, item.passage, table)
        if order is not None and rows:
            tokens = asked.weights.keys() - plan.noun
            places = in_order(order, tokens, [row for _, _, row in rows], units=units)
            rows = [rows[place] for place in places or ()]
        rows = _once(plan, rows)
        if found is None or not rows or len(rows) > _MOST:
            return None
        return _answer(plan, found, rows)
    return None


def _is_value(plan: Listing, table: Sequence[_Row]) -> bool:
    """Tell whether a column says how many: "Days of leave: 24"."""
    values = [cell.value for _, _, row in table for cell in row if plan.noun <= set(search_tokens(cell.label))]
    return bool(values) and all(value[0].isdigit() for value in values)


_Row = tuple[int, str, list[Cell]]
"""Where it begins in the document, its text, its cells."""


def _table(document: Document, like: Sequence[Cell], sheet: int | None) -> list[_Row]:
    """Return the rows of a document, or of one of its pages, that begin with the same column as a row."""
    page = next((page for page in document.pages if page.number == sheet), None)
    start, end = (page.start, page.end) if page else (0, len(document.text))
    found, at = [], 0
    for line in document.text.split("\n"):
        row = cells(line.rstrip()) if start <= at < end else []
        if row and row[0].label == like[0].label:
            found.append((at, line.rstrip(), row))
        at += len(line) + 1
    return found


def _called(plan: Listing, passage: Passage, row: Sequence[Cell]) -> bool:
    """Tell whether the rows of a table are what is asked for, by its title, its headings and its naming column."""
    if not plan.noun:
        return any(cell.label.casefold() in _PEOPLE for cell in row)
    texts = (passage.title, *passage.headings, row[0].label, row[1].label)
    return plan.noun <= {token for text in texts for token in search_tokens(text)}


def _sheet(plan: Listing, passage: Passage) -> int | None:
    """Return the page that is asked for by its own name: a workbook's sheet; None: the whole document is."""
    named = plan.noun and plan.noun <= set(search_tokens(" ".join(passage.headings)))
    return passage.page if named else None


def _told_apart(plan: Listing, asked: AskedQuestion, passage: Passage, table: Sequence[_Row]) -> list[_Row]:
    """Return the rows with the values that the question says; all rows where it says none."""
    said = {*search_tokens(asked.text), *_LETTER.findall(asked.text)}
    values: dict[tuple[str, ...], set[str]] = {}
    for _, _, row in table:
        for cell in row:
            tokens = _key(cell.value)
            if 0 < len(tokens) <= _LONG and said.issuperset(tokens):
                values.setdefault(tokens, set()).add(cell.label)
    # "8" says nothing where "Marl 8" does.
    told = [tokens for tokens in values if not any(set(tokens) < set(other) for other in values)]
    labels = {token for _, _, row in table for cell in row for token in search_tokens(cell.label)}
    about = set(search_tokens(f"{passage.title} {' '.join(passage.headings)}"))
    if plan.order is not None:
        about |= plan.order.called
    covered = {token for tokens in told for token in tokens} | plan.noun | labels | about
    rest = asked.weights.keys() - covered - _NEUTRAL - (frozenset() if plan.noun else _STAFF)
    # "Own" asks for an "owner"; what else no row says ("open", "overdue") would be left out of account.
    text = _LOOKS_AFTER.sub("has", asked.text)
    if _NARROWS.search(text) or any(not any(one.startswith(token) for one in labels) for token in rest):
        return []
    kept, naming = list(table), _naming(plan, table)
    for tokens in told:
        # Who reports to somebody is somebody else.
        columns = values[tokens] - {naming} or values[tokens]
        kept = [one for one in kept if any(c.label in columns and _key(c.value) == tokens for c in one[2])]
    return kept if told or plan.order or not asked.names else []


def _once(plan: Listing, rows: Sequence[_Row]) -> list[_Row]:
    """Return the first row of each name."""
    naming = _naming(plan, rows) if rows else ""
    distinct: dict[str, _Row] = {}
    for one in rows:
        distinct.setdefault(_value(one[2], naming), one)
    return list(distinct.values())


def _key(value: str) -> tuple[str, ...]:
    """Return what tells a value from others: its search tokens; "A" has none, and is compared as it is."""
    return tuple(search_tokens(value)) or tuple(_LETTER.findall(value))


def _answer(plan: Listing, document: Document, rows: Sequence[_Row]) -> FactAnswer:
    name = _naming(plan, rows)
    passages, steps = [], []
    for number, (start, text, row) in enumerate(rows):
        page = next((page.number for page in document.pages if page.start <= start < page.end), None)
        end = start + len(text)
        passages.append(
            Passage(
                number + 1,
                document.id,
                document.title,
                page,
                (),
                text,
                start,
                end,
                document.language or "en",
                0.0,
                "table",
            )
        )
        value = _value(row, name)
        steps.append(Step(value, "*", value, number, 0, len(text)))
    short = str(len(rows)) if plan.count else ", ".join(step.value for step in steps)
    return FactAnswer(short, "count" if plan.count else "list", tuple(steps), tuple(passages), _SURE)


def _value(row: Sequence[Cell], label: str) -> str:
    return next((cell.value for cell in row if cell.label == label), row[0].value)


def _naming(plan: Listing, rows: Sequence[_Row]) -> str:
    """Return the label of the column that names the rows: that which is called so, people's names, or the first."""
    labels = Counter(cell.label for _, _, row in rows for cell in row)
    people = (label for label in labels if label.casefold() in _PEOPLE)
    called = (label for label in labels if plan.noun and plan.noun & set(search_tokens(label)))
    # People say what a thing is called, not its number.
    coded = len(rows[0][2]) > 1 and all(_CODE.fullmatch(row[0].value) for _, _, row in rows)
    return next(people, None) or next(called, None) or rows[0][2][int(coded)].label
