"""The figures: recall, exact match, F1, containment."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from knowledge.language import HAN, detect_language

_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_MARKER = re.compile(r"\s*\[\d+\]")
_SEPARATOR = re.compile(r"(?<=\d),(?=\d{3})")
_POSSESSIVE = re.compile(r"['’]s\b")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_PUNCTUATION = str.maketrans("", "", string.punctuation + "，。、；：？！“”‘’（）《》「」…—·")
_CHINESE_SIGNS = str.maketrans(dict.fromkeys("，。、；：？！（）《》「」", " "))
_HAN_CHARACTER = re.compile(f"[{HAN}]")
_POLAR = {("yes",): True, ("no",): False, ("是",): True, ("否",): False, ("不", "是"): False}
"""What sets hold as the reference of a yes/no question, normalised."""


def recall(gold: AbstractSet[str], ranked: Sequence[str], k: int) -> float:
    """Return the part of ``gold``, 0 to 1, among the first ``k`` different items of ``ranked``."""
    first = list(dict.fromkeys(ranked))[:k]
    return len(gold & set(first)) / len(gold) if gold else 0.0


def exact_match(answer: str, references: Collection[str]) -> float:
    """Return 1.0 when the normalised answer equals a reference (SQuAD 1.1's measure; Rajpurkar et al. 2016)."""
    return float(any(_words(answer) == _words(reference) for reference in references))


def f1(answer: str, references: Collection[str]) -> float:
    """Return the best F1 over references: of words, in Chinese of characters (SQuAD 1.1, CMRC 2018).

    A yes or no shares nothing with anything but itself (HotpotQA; Yang et al. 2018).
    """
    return max((_overlap(_words(answer), _words(reference)) for reference in references), default=0.0)


def polarity(text: str) -> bool | None:
    """Tell whether ``text`` begins with a yes (True) or a no (False); None: with neither."""
    words = tuple(_words(text))
    return next((_POLAR[words[:size]] for size in (2, 1) if words[:size] in _POLAR), None)


def polar(references: Collection[str]) -> set[bool]:
    """Return which of yes (True) and no (False) the references are; nothing where one of them is something else."""
    words = [tuple(_words(reference)) for reference in references]
    return {_POLAR[one] for one in words} if all(one in _POLAR for one in words) else set()


def contains(text: str, references: Collection[str]) -> bool:
    """Tell whether ``text`` holds a reference as whole words; separators, case, possessives do not matter."""
    padded = f" {' '.join(_words(_POSSESSIVE.sub('', text)))} {' '.join(_words(text))} "
    return any((words := _words(reference)) and f" {' '.join(words)} " in padded for reference in references)


def holds(text: str, parts: Collection[Collection[str]]) -> bool:
    """Tell whether ``text`` holds every part of an answer, each as one of its alternatives (RGB; Chen et al. 2024)."""
    return bool(parts) and all(contains(text, alternatives) for alternatives in parts)


def _words(text: str) -> list[str]:
    """Normalise: no markers, case, articles and punctuation; Chinese characters stand alone."""
    # Chinese sets no spaces between numbers that signs part.
    plain = _MARKER.sub("", unicodedata.normalize("NFKC", text.translate(_CHINESE_SIGNS))).lower()
    plain = _SEPARATOR.sub("", plain).replace("-", " ").replace("|", " ").replace(":", " ")
    plain = _HAN_CHARACTER.sub(lambda match: f" {match.group()} ", plain)
    # A decimal point is part of its number.
    plain = _POINT.sub("\0", plain).translate(_PUNCTUATION).replace("\0", ".")
    return (plain if detect_language(text) == "zh" else _ARTICLE.sub(" ", plain)).split()


def _overlap(answer: Sequence[str], reference: Sequence[str]) -> float:
    shared = sum((Counter(answer) & Counter(reference)).values())
    if not shared or (answer != reference and (tuple(answer) in _POLAR or tuple(reference) in _POLAR)):
        return 0.0
    precision, completeness = shared / len(answer), shared / len(reference)
    return 2 * precision * completeness / (precision + completeness)
