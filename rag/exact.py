"""What of a text is no matter of degree: numbers with their signs and units, months, names, "not"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.language import search_tokens

_NUMBER = re.compile(r"(?:(?<![\w.,)\]])[-−]\s?(?=[$€£¥]?\d))?[$€£¥]?\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r",(?=\d{3})")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot)\b|n['’]t\b|[不没未无非勿莫]", re.IGNORECASE
)
_UNITS = {
    "$": r"\$|\bdollars?\b|\bUSD\b|美元",
    "€": r"€|\beuros?\b|\bEUR\b|欧元",
    "£": r"£|\bpounds?\b|\bGBP\b|英镑",
    "¥": r"¥|人民币|\byen\b|\byuan\b|\bRMB\b|\bCNY\b|(?<![美欧日])元",
    "%": r"[%％]|\bper ?cent\b|百分之",
    "10^3": r"\bthousand\b",
    "10^4": "(?<!百)万",
    "10^6": r"\bmillion\b|百万",
    "10^8": "亿",
    "10^9": r"\bbillion\b",
    "10^12": r"\btrillion\b",
}
_UNIT = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _UNITS.items()}
_KINDS = (frozenset("$€£¥"), frozenset("%"), frozenset(name for name in _UNITS if name.startswith("10^")))
"""Units that exclude one another."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = re.compile(
    r"\b(?:(Jan|Feb|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:uary|ruary|il|e|y|ust|t?ember|t|ober)?\b"
    r"|(?:(?<=\w )|(?<=\w, ))(Mar(?=ch\b)|May\b)|(Mar|May)(?=(?:ch)? \d))"
)
_SMALL = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: number for number, word in enumerate(_SMALL.split())} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
_WORD = re.compile(
    rf"\b(?:({'|'.join(_TENS)})[- ]({'|'.join(_SMALL.split()[1:10])})"
    rf"|({'|'.join(word for word, number in _WORDS.items() if number > 1)}))\b",
    re.IGNORECASE,
)
"""Not "one", which seldom counts."""
_HAN_DIGITS = {character: number for number, character in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000}
_HAN_NUMBER = re.compile(
    "([零〇一二两三四五六七八九十百千]+)(?=个?[天年月日人元周倍次岁名米层台成度号分秒项条家位吨斤克件套辆间座所小公工万亿])"
)
_NAME = re.compile(r"(?:(?<=\w )|(?<=[,;:)] ))[A-Z][\w'’-]+|\b[A-Z][+#]+")


@dataclass(frozen=True, slots=True)
class Exact:
    """What a text holds of that kind."""

    numbers: frozenset[str]
    """Without thousands separators, with a minus where there is one; number words as digits."""
    units: frozenset[str]
    """Currencies, percent and powers of ten, whatever they count."""
    months: frozenset[str]
    names: frozenset[str]
    """Words with a capital inside a sentence, as search tokens, and such as "C++"."""
    negated: bool

    @classmethod
    def of(cls, text: str) -> Exact:
        """Read a text."""
        found = [_plain(number) for number in _NUMBER.findall(text)]
        found += [str(sum(_WORDS[word.lower()] for word in words if word)) for words in _WORD.findall(text)]
        found += [str(_han(numeral)) for numeral in _HAN_NUMBER.findall(text) if numeral != "一"]
        months = {(a or b or c)[:3] for a, b, c in _MONTH.findall(text)}
        names: set[str] = set()
        for name in _NAME.findall(text):
            if name[:3] not in months:
                names.update([name.casefold()] if name[-1] in "+#" else search_tokens(name))
        return cls(
            frozenset(found),
            frozenset(name for name, pattern in _UNIT.items() if pattern.search(text)),
            frozenset(months),
            frozenset(names),
            is_negated(text),
        )

    def may_be(self, other: Exact) -> bool:
        """Tell whether two short answers may say the same: one may only be less precise than the other.

        "1998" and "3 May 1998" may; "10" and "10 - 20", "$20" and "€20", "allowed" and "not allowed" do not.
        """
        if self.negated != other.negated or self._signed != other._signed:
            return False
        if any(self.units & kind and other.units & kind and self.units & kind != other.units & kind for kind in _KINDS):
            return False
        if self.months and other.months and self.months != other.months:
            return False
        if not (self.numbers <= other.numbers or other.numbers <= self.numbers):
            return False
        if not self.numbers or not other.numbers:
            return True
        dated = bool(self.months | other.months)
        return dated or all(len(number) == 4 and number.isdigit() for number in self.numbers ^ other.numbers)

    def of_kind(self, other: Exact) -> bool:
        """Tell whether two short answers are of one kind: both numbers in one unit, both dates, or neither."""
        return (bool(self.numbers), self.units, bool(self.months)) == (
            bool(other.numbers),
            other.units,
            bool(other.months),
        )

    @property
    def _signed(self) -> set[str]:
        return {name for name in self.names if name[-1] in "+#"}


def is_negated(text: str) -> bool:
    """Tell whether a text denies something."""
    return bool(_NEGATION.search(text))


def _plain(number: str) -> str:
    """Write a number without thousands separators and currency: "1,480" and "1480" are the same."""
    value = _THOUSANDS.sub("", number.replace("−", "-"))
    return re.sub(r"[$€£¥\s]", "", value)


def _han(numeral: str) -> int:
    """Return the value of a Chinese numeral below ten thousand."""
    total, digit = 0, 0
    for character in numeral:
        if character in _HAN_TENS:
            total += (digit or 1) * _HAN_TENS[character]
            digit = 0
        else:
            digit = 10 * digit + _HAN_DIGITS[character]
    return total + digit
