"""Questions that ask for yes or no."""

from __future__ import annotations

import re

from knowledge.language import search_tokens
from rag.evidence import Evidence, is_row
from rag.exact import Exact, is_negated
from rag.question import AskedQuestion

_HELD = 0.75
"""The part of the question that a sentence must hold to say yes or no to it."""
_ALLOWED = frozenset(search_tokens("allowed permitted possible accepted okay"))
"""What is asked, and seldom said so: what is forbidden is not allowed."""
_ENGLISH = re.compile(
    r"^(?:and |so |but |then )?(?:is|are|am|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has"
    r"|have|had|isn['’]t|aren['’]t|don['’]t|doesn['’]t|can['’]t)\b(?!.*\bor\b)",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"(?:[吗嘛]|(?<![什怎这那多])么)[？?。]?$|是不是|是否|能不能|可不可以|有没有|会不会|要不要")
_DENIES = re.compile(
    r"\b(?:forbidden|prohibited|banned|ineligible|disallowed|unavailable|unsupported|impossible)\b|禁止|严禁|不得|不准|不可",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    r"\b(?:except|unless|only|if|provided|apart from|but|although|however|than|until|before|after|from|up to|at least"
    r"|at most|some|most|may)\b|除|仅|只|如果|如需|但|方可|以上|以下|部分",
    re.IGNORECASE,
)
"""Says that it depends; then the sentence itself must be read."""


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
    # "If" and "only" limit what is allowed; what is forbidden stays so.
    limits = _LIMITS.search(_LIMITS_APART.sub("", item.text)) if denied else _LIMITS.search(item.text)
    if limits or is_negated(asked.text) or _DENIES.search(asked.text):
        return None
    return not denied


_LIMITS_APART = re.compile(r"\b(?:from|before|after|until|may)\b", re.IGNORECASE)
"""Words that limit what is said to be so, and leave what is denied as it is."""
