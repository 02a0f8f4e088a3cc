"""What a question asks for: its content words, and the kind of thing that answers it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Self

from knowledge.language import HAN, detect_language, search_tokens

_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twice|hundred|thousand|million|billion)\b"
    r"|[一二三四五六七八九十百千万两]+[个天元年月日号次名人家台份项种倍周岁]",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\d{4}|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b(?:sun|mon|tues|wednes|thurs|fri|satur)day\b"
    r"|\d\s*[年月日号点]|\d:\d\d",
    re.IGNORECASE,
)
_NAME = re.compile(rf"(?<!^)(?<![.!?] )\b[A-Z][\w'’-]+|[{HAN}]{{2,}}")
_LENGTH = re.compile(
    rf"(?:{_NUMBER.pattern})[\w.,]*\s*-?(?:second|minute|hour|day|night|week|month|year|decade|centur|mm|cm|m|km|metre|meter"
    r"|feet|foot|inch|mile|page|character|digit|letter|word|[秒分时天日周月年米厘毫公里尺页字]|小时)",
    re.IGNORECASE,
)
_LENGTH_ASKED = re.compile(r"\bhow long\b|多[久长]", re.IGNORECASE)
_DURATION = re.compile(
    rf"(?:{_NUMBER.pattern})[\w.,]*\s*-?(?:second|minute|hour|day|night|week|month|year|decade|centur|[秒分时天日周月年]|小时)",
    re.IGNORECASE,
)
_DURATION_ASKED = re.compile(
    r"\bhow long\b.*\b(?:period|warranty|guarantee|last|lasts|lasted|take|takes|took|wait|valid)\b"
    r"|\b(?:what|which)\b.*?\b(?:(?:lead|delivery|response|waiting|turnaround) time"
    r"|(?:notice|warranty|retention|probation|trial) period)\b|(?:交货|质保|保修|试用)(?:期|周期).{0,3}多[久长少]",
    re.IGNORECASE,
)
_RATE = re.compile(r"\b(?:every|each|per|daily|hourly|weekly|monthly|yearly|annually|once|twice|times)\b|每|次", re.I)
_RATE_ASKED = re.compile(r"\bhow (?:often|frequently)\b|多久.{0,2}一次|每隔多", re.IGNORECASE)
_COUNT_ASKED = re.compile(
    r"\bhow many (?P<noun>\w+)|(?:多少|几)(?:[个家张台份名位款项条](?P<what>\w{1,2})|(?P<who>人))", re.IGNORECASE
)
_AMOUNT = re.compile(r"[£$€¥]\s?\d[\d.,]*|\d[\d.,]*\s?(?:[£$€¥%％元]|per ?cent\b)", re.IGNORECASE)
_OF_AMOUNTS = re.compile(r"how many (?:per|euro|pound|dollar|yuan|pence|cent)|几[元折成]|多少元", re.IGNORECASE)
_CODE = re.compile(r"\d{3}")
_CODE_ASKED = re.compile(r"\b(?:extension|(?:phone|telephone|fax|account|room) number)\b|号码|分机|电话", re.IGNORECASE)
_NUMBER_ASKED = re.compile(
    r"\bhow (?:many|much|old|far|high|large|big|tall|deep|late|early)\b"
    r"|\bwhat (?:percentage|number|amount|year|date|time)\b"
    r"|多少|几[个天次年月名人]|多[久长大高远]",
    re.IGNORECASE,
)
_DATE_ASKED = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:year|date|day|month)\b|什么时[候间]|何时|哪一?[年天月日]"
    r"|(?:时间|日期)(?:[是为在]?(?:什么|哪|几|多少).{0,2})?[？?]?$",
    re.IGNORECASE,
)
_WORD = re.compile(rf"[^\W_{HAN}]+")
_MONEY = re.compile(
    r"[£$€¥]\s?\d|\d\s?(?:[£$€¥元]|p\b)"
    r"|\d[\d.,]*\s?(?:pounds|euros?|dollars|yuan|pence|cents|gbp|eur|usd|cny|人民币|欧元|美元)"
    r"|\b(?:price|cost|pounds|euros?|dollars|yuan|gbp|eur|usd|cny)\b[^|]*\d|[价费][^|，。]*\d",
    re.IGNORECASE,
)
_MONEY_ASKED = re.compile(
    r"\b(?:price|cost|costs|fee)\b|\bhow much (?:is|are|money)\b|多少钱|价格|单价|费用", re.IGNORECASE
)
_NAME_ASKED = re.compile(
    r"\bwho(?:se|m)?\b|\bwhich (?:person|people|author|director|manager|colleague|employee)\b|谁|哪位", re.IGNORECASE
)
_CODE_NAME = re.compile(r"\b[A-Z]{1,5}-\d{1,6}\b")
_SEPARATOR = re.compile(r"[\s-]")
_GROWTH = re.compile(r"\d\s?[%％倍成]|百分|percent|per cent|\b(?:double|triple|halve)", re.IGNORECASE)
_GROWTH_ASKED = re.compile(
    r"(?:增长|增加|增速|增幅|涨幅|降幅|同比|下降)(?:了|率|幅度)?[是为]?多少[？?]?$|\bwhat percentage\b", re.IGNORECASE
)
_CELL = re.compile(r"[^|:]{1,40}: [^|]* \| ")
_SENTENCE = re.compile(r"(?<=\w{4})[.!?]\s+(?=[A-Z])|[。！？]")
"""Where a sentence ends; after a short word a full stop may be an abbreviation's."""
_LAST_PART = re.compile(
    r"(?: [-–—]|[:;]) ((?:\w+ )?(?:what|which|who|whose|when|where|how|is|are|does|do|can|may)\b[^:;]*)$", re.IGNORECASE
)
_KINDS = (
    (_GROWTH_ASKED, _GROWTH),
    (_MONEY_ASKED, _MONEY),
    (_LENGTH_ASKED, _LENGTH),
    (_DURATION_ASKED, _DURATION),
    (_RATE_ASKED, _RATE),
    (_CODE_ASKED, _CODE),
    (_NUMBER_ASKED, _NUMBER),
    (_DATE_ASKED, _DATE),
    (_NAME_ASKED, _NAME),
)
_AROUND_SHARE = 0.7
"""What a question's word counts for when it stands around a sentence only: in its title, headings, the lines before."""
_ASKING_WORDS = frozenset(
    [
        "about",
        "all",
        "am",
        "any",
        "anyone",
        "did",
        "does",
        "each",
        "far",
        "get",
        "give",
        "gets",
        "give",
        "go",
        "got",
        "happen",
        "happens",
        "just",
        "kind",
        "know",
        "like",
        "long",
        "make",
        "many",
        "may",
        "me",
        "might",
        "mine",
        "most",
        "much",
        "must",
        "need",
        "name",
        "now",
        "often",
        "one",
        "only",
        "other",
        "out",
        "own",
        "please",
        "per",
        "same",
        "say",
        "see",
        "sort",
        "take",
        "tell",
        "time",
        "type",
        "up",
        "use",
        "used",
        "want",
        "well",
    ]
)
"""English words that ask rather than tell what about."""
_ASKING_CHINESE = re.compile(
    r"请问|什么时候|什么|何时|怎么样|怎么|如何|哪些|哪个|哪位|哪[里儿年天月]|多少钱|多少|多久|多长|几个|是否|能否|可以"
    r"|最多|最少|一共|总共|我们|你们|他们|谁|[的了吗呢是在把被有和与及]"
)
"""The Chinese ones; with them out of the way, no pair of characters is cut across them."""
_MAIL = re.compile(r"\be-mails?\b", re.IGNORECASE)
"""Written in two ways, and so are the documents."""
_HEAVY = re.compile(r"\bhow heavy\b", re.IGNORECASE)
_UNKNOWN_PAIR = 0.2
"""Pairs of Chinese characters that no document holds are mostly cut across two words."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question, read."""

    text: str
    language: str
    weights: dict[str, float]
    """Its search tokens, each with its rarity."""
    words: tuple[str, ...]
    """Its content words as written; in Chinese, the runs of characters between asking words."""
    names: frozenset[str]
    """The search tokens of its names and codes: capitalised words inside it, words with digits."""
    focus: dict[str, float]
    """The weights of what it asks at last, with its names, where it says something before that: "The Skerry 40 hangs
    over water - what is its IP rating?"; else empty."""
    kinds: tuple[re.Pattern[str], ...]
    """What an answer must hold: a number, a date, a name; empty when anything may do."""

    @classmethod
    def read(cls, text: str, *, idf: Callable[[str], float]) -> Self:
        """Read a question. ``idf`` tells how rare a search token is; higher is rarer."""
        content = _ASKING_CHINESE.sub(" ", _HEAVY.sub("weight", _MAIL.sub(r"\g<0> email", text)))
        content = _WORD.sub(lambda match: "" if match.group().lower() in _ASKING_WORDS else match.group(), content)
        weights = {token: idf(token) for token in search_tokens(content) or search_tokens(text)}
        rarest = idf("\0")
        for token, weight in weights.items():
            if weight >= rarest and not token.isascii():
                weights[token] = _UNKNOWN_PAIR * weight
        names = [match.group() for match in _WORD.finditer(text) if _is_name(match)]
        # Of several sentences one asks; the others tell why, with days and names of their own.
        begins = max((match.end() for match in _SENTENCE.finditer(text.rstrip("?？ "))), default=0)

        def tokens_of(some: list[str]) -> frozenset[str]:
            return frozenset(search_tokens(" ".join(some))) & weights.keys()

        asking = [match.group() for match in _WORD.finditer(text, begins) if _is_name(match)]
        names_asked = tokens_of(asking) or tokens_of(names)
        last = _LAST_PART.search(text)
        focus = tokens_of([last[1]]) - names_asked if last else frozenset()
        return cls(
            text,
            detect_language(text),
            weights,
            tuple(word for word in content.split() if search_tokens(word)),
            names_asked,
            {token: weight for token, weight in weights.items() if token in focus | names_asked} if focus else {},
            tuple(kind for asked, kind in _KINDS if asked.search(text)),
        )

    @property
    def counted(self) -> frozenset[str]:
        """The search tokens of what is counted: of "how many people"; empty where nothing is."""
        found = _COUNT_ASKED.search(self.text)
        return frozenset(search_tokens(found["noun"] or found["what"] or found["who"])) if found else frozenset()

    def fits(self, text: str) -> bool:
        """Tell whether ``text`` holds the kind of thing that is asked for, besides what the question itself says."""
        if not self.kinds:
            return True
        counted = bool(self.counted) and text.count(" | ") > 1
        if (counted or _DURATION in self.kinds) and _CELL.search(text):
            # In a row that tells its columns itself, "Payment terms: 45 days" is no lead time, and "Extension: 4120" no
            # number of people.
            text = " | ".join(cell for cell in text.split(" | ") if self._asks_for(cell))
        said = set(_WORD.findall(self.text.lower()))
        new = _WORD.sub(lambda match: "" if match.group().lower() in said else match.group(), text)
        if self.counted and not _OF_AMOUNTS.search(self.text):
            # Four percent are no number of people.
            new = _AMOUNT.sub(" ", new)
        return all(kind.search(new) for kind in self.kinds)

    def _asks_for(self, cell: str) -> bool:
        label, colon, _ = cell.partition(":")
        return not colon or not self.weights.keys().isdisjoint(search_tokens(label))

    def lacks_code(self, text: str) -> bool:
        """Tell whether a code of the question ("SK-1") is not in ``text``, whatever its hyphens and spaces."""
        codes = {_SEPARATOR.sub("", match.group()).lower() for match in _CODE_NAME.finditer(self.text)}
        joined = _SEPARATOR.sub("", text).lower()
        return any(not re.search(re.escape(code) + r"(?!\d)", joined) for code in codes)

    def missing(self, held: Collection[str]) -> float:
        """Return the part of the question's names, 0 to 1, that are not among tokens."""
        return sum(name not in held for name in self.names) / len(self.names) if self.names else 0.0

    def coverage(self, own: Collection[str], around: Collection[str] = ()) -> float:
        """Return the part of the question, 0 to 1, that tokens hold.

        Parameters
        ----------
        own
            A sentence's tokens.
        around
            The tokens of its title, its headings and the lines before it, which count less.
        """

        def part(weights: Mapping[str, float]) -> float:
            total = sum(weights.values())
            held = sum(
                weight if token in own else _AROUND_SHARE * weight if token in around else 0.0
                for token, weight in weights.items()
            )
            return held / total if total else 0.0

        return max(part(self.weights), part(self.focus))


def _is_name(match: re.Match[str]) -> bool:
    """Tell whether a question's word is a name or a code: a capital inside the sentence, or a digit."""
    word, before = match.group(), match.string[max(match.start() - 2, 0) : match.start()]
    inside = len(before) == 2 and before[1] == " " and (before[0].isalnum() or before[0] == ",")
    named = any(c.isdigit() for c in word) or (inside and word[0].isupper())
    return named and word.lower() not in _ASKING_WORDS
