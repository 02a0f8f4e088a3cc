"""Questions that ask for yes or no."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.language import search_tokens
from rag.evidence import Evidence, is_row
from rag.exact import Exact, is_negated
from rag.question import AskedQuestion

_HELD = 0.999
"""The part of the question that a sentence must hold to say yes or no to it: one word may be what decides."""
_ALLOWED = frozenset(search_tokens("allowed permitted possible accepted okay"))
"""What is asked, and seldom said so: what is forbidden is not allowed."""
_ENGLISH = re.compile(
    r"^(?:and |so |but |then )?(?:is|are|am|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has"
    r"|have|had|isn['’]t|aren['’]t|don['’]t|doesn['’]t|can['’]t)\b(?!.*\bor\b)",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"(?:[吗嘛]|(?<![什怎这那多])么)[？?。]?$|是不是|是否|能不能|可不可以|有没有|会不会|要不要")
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:forbidden|prohibited|banned|ineligible|disallowed|unavailable|unsupported|impossible)\b|禁止|严禁|不得|不准|不可",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    r"\b(?:except|unless|only|if|provided|apart|but|although|however|than|until|before|after|from|up to|least|most"
    r"|some|may|and|or|whether|rumou?rs?|wrong|false|dropped|abolished|ended|ends|lacks?|hardly|seldom|rarely|few|nobody"
    r"|used to|formerly|previously|will|plans?|planned|expected|as long as|when|where|with|without|within|in|on|at"
    r"|during)\b"
    r"|[,;:，；：、?？]|除|仅|只|如果|如需|但|方可|以上|以下|部分|未经|计划|将|曾|原来|过去|取消|废止",
    re.IGNORECASE,
)
"""Says that it depends, or speaks of more than one thing; then the sentence itself must be read."""


def is_polar(question: str, language: str) -> bool:
    """Tell whether a question asks for yes or no."""
    return bool((_CHINESE if language == "zh" else _ENGLISH).search(question.strip()))


def polarity_of(asked: AskedQuestion, item: Evidence) -> bool | None:
    """Tell whether a sentence says yes or no to a question; None where it says neither, or that it depends."""
    if is_row(item) or asked.missing(item.tokens | item.around) or asked.coverage(item.tokens | _ALLOWED) < _HELD:
        return None
    if not Exact.of(asked.text).numbers <= Exact.of(f"{item.text} {item.passage.title}").numbers:
        return None
    denied = is_negated(item.text) or _DENIES.search(item.text) is not None
    # What the question says, too, limits nothing.
    said = set(_WORD.findall(asked.text.lower()))
    rest = _WORD.sub(lambda match: "" if match.group().lower() in said else match.group(), item.text.rstrip(".。 "))
    if _LIMITS.search(rest) or is_negated(asked.text) or _DENIES.search(asked.text):
        return None
    return not denied


def answering(asked: AskedQuestion, ranked: Sequence[Evidence]) -> Evidence | None:
    """Return the first sentence that holds all of a question; None where none does."""
    return next((one for one in ranked if not is_row(one) and asked.coverage(one.tokens | _ALLOWED) >= _HELD), None)
