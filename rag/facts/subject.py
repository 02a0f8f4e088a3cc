"""Whether a sentence that names a thing tells a value of that thing, or of another one that it names as well."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from rag.facts.pages import bare, plain
from rag.facts.places import country_pattern

_CLAUSE = re.compile(r"[,\s](?:who|which|that|whose|whom|where|when|while|whereas|and (?:his|her|their|its|the|an?))\b")
_NOT_BETWEEN = (
    "who|which|that|whose|whom|where|when|while|whereas|after|before|because|since|as|than|he|she|it|they|his|her|their"
    "|its|an?|the|said|says|to"
)
"""Words behind which something else than the name may be meant."""
_NO_SUBJECT = re.compile(
    r"(?<!\bmusic )(?<!\bscore )(?<!\bsongs )(?<!\bsoundtrack )(?<!\bscript )(?<!\bscreenplay )(?<!\bheadquarters )"
    r"\b(?:of|for|to|from|with|by|at|in|on|near|under|against|about|than|like) (?:the )?[\"“*_]*$",
    re.IGNORECASE,
)
"""Before a name of which no verb speaks: "the mother of Ann Low died"; but "the music of Low Tide was composed by"."""
_PARTICIPLE = re.compile(
    r"(?:\w*(?:founded|established|formed|created|incorporated|opened|launched|started|headquartered|based|located"
    r"|directed|composed|scored|performed|recorded|released|published|produced|authored|killed|executed|murdered"
    r"|assassinated|beheaded|buried|interred)|set up|born|built|written|made)\b"
)
"""What follows such a name behind a comma, and still speaks of it: "pumps from Borealis, headquartered in"."""
_POINTS_BACK = re.compile(r"(?:(?:until|till|by) )?(?:his|her|its|their|whose)\b", re.IGNORECASE)
_CLOSED = r"[\"“”*_]*(?: ?\([^()]*\))?"
"""What ends a name: quotes, emphasis, a parenthesis."""
_VERBS = r"(?: (?:is|was|are|were|has|had|have|been|be|being|got|also|both|first|later|then|originally|only))*"
_CHINESE = re.compile(r"[》」”\"*]*(?:[(（][^()（）]*[)）])?(?:[于在是的]|(?P<first>，|是一[^，。；]{1,20}，))?")


def places_of(name: str, sentence: str, language: str) -> list[tuple[int, int]]:
    """Return the (start, end) of a name in a sentence: whole words, whatever their case, accents and punctuation."""
    if language == "zh":
        return [match.span() for match in re.finditer(re.escape(bare(name)), sentence, re.IGNORECASE)]
    folded, origin = "", []
    for place, char in enumerate(sentence):
        simple = unicodedata.normalize("NFKD", char.casefold()).replace("’", "'")
        simple = "".join(c for c in simple if not unicodedata.combining(c))
        folded += simple
        origin += [place] * len(simple)
    words = r"\W+".join("'?".join(word) for word in plain(bare(name)).split())
    found = re.finditer(rf"(?<!\w){words}(?!\w)", folded)
    return [(origin[match.start()], origin[match.end() - 1] + 1) for match in found]


def speaks_of(sentence: str, named: Iterable[tuple[int, int]], told: re.Match[str], language: str) -> bool:
    """Tell whether what a pattern found, with its group ``value``, is said of what stands at one of ``named``."""
    said = _chinese if language == "zh" else _english
    return any(end <= told.start("value") and said(sentence, start, end, told) for start, end in named)


def _chinese(sentence: str, start: int, end: int, told: re.Match[str]) -> bool:
    between = _CHINESE.fullmatch(sentence, end, told.start()) if end <= told.start() else None
    # "海蓝公司，成立于…": only where the sentence begins with the name, that is what was founded.
    return between is not None and (between["first"] is None or not sentence[:start].strip('《「“"*-•· \n'))


def _english(sentence: str, start: int, end: int, told: re.Match[str]) -> bool:
    value, last = told.span("value")
    if _CLAUSE.search(sentence, told.start(), value) or re.search("[A-Z]", sentence[last : told.end()]):
        return False
    if end > told.start():
        return _no_other().fullmatch(sentence, end, value) is not None
    between = _between().fullmatch(sentence, end, told.start())
    if between is None:
        back = _POINTS_BACK.match(told.group())
        return back is not None and _no_other().fullmatch(sentence, end, told.start()) is not None
    if between["relative"] or not _NO_SUBJECT.search(sentence[:start]):
        return True
    return between.group().strip(' "”*_') == "," and _PARTICIPLE.match(told.group()) is not None


@cache
def _between() -> re.Pattern[str]:
    """Return a pattern for what may stand between a name and what is told of it."""
    return re.compile(
        # "Acme's headquarters", "Acme and Borealis were"
        rf"{_CLOSED}(?:['’]s?|,? and [^,;'’]{{1,40}}(?= (?:were|are)\b))?\s*[,:–—-]?"
        # ", which was", " is a Danish maker of pumps", ", a Danish poet and painter,"
        rf"(?P<relative> (?:who|which|that)\b)?{_VERBS}(?:,? ?(?:an?|the|one of the|our)\b{_words()})?,?{_VERBS}\s*"
    )


@cache
def _no_other() -> re.Pattern[str]:
    """Return a pattern for words of which none is a name or begins a clause."""
    return re.compile(rf"{_CLOSED}{_words()}(?: (?:the|an?)\b{_words()})?[,;]?\s*")


@cache
def _words() -> str:
    return rf"(?:[,;]?[ -](?!(?:{_NOT_BETWEEN})\b)(?:[a-z][\w'’]*|\d+|{country_pattern()}\b))*"
