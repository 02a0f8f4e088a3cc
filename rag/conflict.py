"""Sources that disagree: the same said of the same thing with another value, in different documents."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.language import search_tokens
from rag.candidates import Candidate, same

_ALIKE = 0.8
"""Share of all their other words that two sentences have in common when they say the same of the same thing."""
_LEAST_WORDS = 3
"""Other words that such sentences must share."""
_STRONG = 0.5
"""Candidates at least this sure disagree however their sentences are worded, where the question asks for one value."""
_COVERED = 0.6
"""How much of the question their sentences must hold then, all of its names among it."""
_MOST = 3
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DATE = re.compile(
    r"(?:19|20)\d\d[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?"
    r"|\d{1,2} (?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? (?:19|20)\d\d"
    r"|(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? (?:\d{1,2}, )?(?:19|20)\d\d"
    r"|(?<!\d)(?:19|20)\d\d(?!\d)"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def disagreeing(best: Candidate, found: Sequence[Candidate], *, one_value: bool) -> list[Candidate]:
    """Return candidates of other documents that contradict ``best``, surest first, each value once.

    Parameters
    ----------
    one_value
        Whether the question asks for something that there is one of: a number, a date, a person.
    """
    others: list[Candidate] = []
    for one in found:
        apart = one.evidence.passage.document != best.evidence.passage.document
        if not apart or not one.fits or any(same(one.short, other.short) for other in (best, *others)):
            continue
        if _same_statement(best, one) or (one_value and _strong(best) and _strong(one)):
            others.append(one)
    return others[:_MOST]


def document_date(title: str, opening: str) -> str:
    """Return when a document says it is from: a date in its title, else the first in its opening lines; "" if none."""
    for text in (title, opening):
        if match := _DATE.search(text):
            return match.group()
    return ""


def date_key(date: str) -> tuple[int, int, int]:
    """Return year, month and day for sorting; 0 for what is not told."""
    year = _YEAR.search(date)
    if not year:
        return 0, 0, 0
    month = next((n for n, name in enumerate(_MONTHS, 1) if name in date.lower()), 0)
    rest = [int(n) for n in re.findall(r"\d{1,2}", date.replace(year.group(), " ", 1))]
    if not month and rest:
        month = rest.pop(0)
    return int(year.group()), month, rest[0] if rest else 0


def newest_first(sides: Sequence[tuple[Candidate, str]]) -> list[tuple[Candidate, str]]:
    """Order candidates with their documents' dates: the newer first; where that is not told, as they were."""
    if any(not date for _, date in sides):
        return list(sides)
    return sorted(sides, key=lambda side: date_key(side[1]), reverse=True)


def _strong(candidate: Candidate) -> bool:
    return candidate.sure >= _STRONG and candidate.coverage >= _COVERED and not candidate.missing


def _same_statement(one: Candidate, other: Candidate) -> bool:
    """Tell whether two sentences are alike but for their values.

    Rows of a table are alike, too, but another number or name in them tells that they are about another thing.
    """
    own, others = (_words(candidate) for candidate in (one, other))
    shared = len(own & others)
    if shared < _LEAST_WORDS or shared < _ALIKE * len(own | others):
        return False
    return not any(any(c.isdigit() for c in word) for word in own ^ others) and _row(one) == _row(other)


def _row(candidate: Candidate) -> str:
    """Return what a table's row is about, its first cell; "" for a sentence."""
    text = candidate.evidence.text
    return text.partition(" | ")[0] if " | " in text else ""


def _words(candidate: Candidate) -> frozenset[str]:
    return candidate.evidence.tokens - set(search_tokens(candidate.short))
