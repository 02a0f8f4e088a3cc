"""What a document is about: which organisation, which period, which kind of paper.

Found in the file's name, the title and the first page, by the document alone. A question that names an organisation and
a year then prefers that organisation's document of that year: ``AboutIndex``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, cast

from connectors import Document
from knowledge.language import HAN, STOP_WORDS
from knowledge.wordlists import word_lists

_LONG = 6_000
"""Characters: a shorter text without pages is a note or a passage, and says itself what it is about."""
_FIRST_PAGE = 4_000
"""Characters at the start in which a document says what it is."""
_NAME_WORDS = 6
"""Words in a name that a question is searched for."""
_YEAR = r"(?:19|20)\d\d"
_QUARTER_NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "一": 1, "二": 2, "三": 3, "四": 4}
_PERIODS = re.compile(
    rf"(?<![\w])(?:FY|CY)?[\s_'’]*(?P<y1>{_YEAR})[\s_-]*Q(?P<q1>[1-4])(?!\d)"
    rf"|(?<![\w])Q(?P<q2>[1-4])[\s_'’-]*(?:of\s+)?(?:(?:FY|CY|fiscal|the|year)[\s_'’]*)*(?P<y2>{_YEAR}|\d\d(?!\d))"
    rf"|(?<![\w])(?P<q3>[1-4])Q[\s_'’-]*(?P<y3>{_YEAR}|\d\d(?!\d))"
    rf"|(?P<q4>first|second|third|fourth)[\s-]+(?:fiscal\s+)?quarter(?:\s+(?:of|fiscal|year|the|FY))*\s*(?P<y4>{_YEAR})"
    rf"|(?P<y5>{_YEAR})\s*年?\s*第?(?P<q5>[一二三四1-4])季度"
    r"|(?<![\w])(?:FY|CY)[\s_'’]*(?P<y6>\d\d)(?!\d)"
    rf"|(?<!\d)(?<!\d[.,])(?P<y7>{_YEAR})(?![\d%]|[.,]\d{{3}})",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"(?:year|quarter|quarterly period|period|months|weeks|report(?:ed)?\)?:?|as of|dated?)\s*(?:ended|ending|of)?:?\s*"
    rf"(?:\(?date of earliest event reported\)?:?\s*)?[A-Z][a-z]{{2,8}}\.?\s+\d{{1,2}}\s*,\s*(?P<year>{_YEAR})"
    rf"|截至\s*(?P<zh>{_YEAR})\s*年|(?P<zh2>{_YEAR})\s*年\s*(?:年度|半年度|季度|第)",
    re.IGNORECASE,
)
_FILED = re.compile(rf"\d{{1,2}}/\d{{1,2}}/{_YEAR}|{_YEAR}[-/]\d{{1,2}}[-/]\d{{1,2}}|{_YEAR}\d{{4}}(?!\d)")
_GAP = re.compile(r"[\s_]+|(?<=\w)-(?=\D)|(?<=\D)-(?=\w)")
_TOKEN = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
_HAN_RUN = re.compile(rf"[{HAN}]+")
_ENGLISH_FORM = (
    r"(?:Inc|Incorporated|Corp|Corporation|Company|Co|plc|Ltd|Limited|LLC|L\.?L\.?P|L\.?P|N\.?V|S\.?A|S\.?E|A\.?G|GmbH|KGaA"
    r"|S\.?p\.?A|A/S|AB|ASA|Oyj|Pty|B\.?V|Holdings|Group)"
)
_ENGLISH_NAME = re.compile(
    rf"^[ \t]*(?P<name>(?:The\s+)?[A-Z0-9][^\n,;:(){{}}]{{0,60}}?(?:,?\s+{_ENGLISH_FORM}\b\.?)+)[ \t]*(?:\([^\n]*)?$",
    re.MULTILINE | re.IGNORECASE,
)
_FORM = re.compile(rf"(?:,?\s+{_ENGLISH_FORM}\b\.?)+$", re.IGNORECASE)
_NAME_IN_TITLE = re.compile(rf"(?P<name>[A-Z0-9][\w&.'’ -]{{1,50}}?(?:,?\s+{_ENGLISH_FORM}\b\.?)+)")
_CHINESE_NAME = re.compile(rf"[{HAN}（）()]{{2,30}}?(?:股份有限公司|有限责任公司|有限公司|集团公司)")
_ARTICLE = re.compile(r"^the\s+", re.IGNORECASE)
_CHINESE_FORM = re.compile(r"(?:集团)?(?:股份有限公司|有限责任公司|有限公司|集团公司|集团)$")
_CHINESE_SHORT = re.compile(rf"(?:股票|证券|公司)(?:中文)?简称\s*[:：]?\s*(?P<name>[{HAN}A-Za-z0-9]{{2,12}})")
_SYMBOL = re.compile(
    r"\(\s*(?:NYSE|NASDAQ|AMEX|LSE|ASX|TSX|HKEX|SSE|SZSE|SIX|OTC\w*)[^():\n]{0,20}:\s*(?P<one>[A-Z]{1,6})\b"
    r"|\b(?P<two>[A-Z]{2,5})\s+(?:The\s+)?(?:New York Stock Exchange|Nasdaq|NASDAQ)\b",
)


@dataclass(frozen=True, slots=True)
class About:
    """What one document says that it is about; empty where it does not."""

    names: tuple[str, ...] = ()
    """The organisation, as the document and its file call it; the fullest first."""
    periods: tuple[str, ...] = ()
    """Years ("2022") and quarters ("2023Q2"), the one that it is best known by first."""
    kind: str = ""
    """The kind of paper ("10-K", "annual report"), as in ``about.toml``."""

    def beside(self, title: str) -> str:
        """Return organisation, period and kind on one line, or nothing where a title tells the first two."""
        known = _squeezed(title)
        told = [*map(_without_form, self.names[:1]), *self.periods[:1]]
        return "" if all(_squeezed(part) in known for part in told) else " ".join(filter(None, (*told, self.kind)))


NOTHING_SAID = About()


def about(document: Document) -> About:
    """Return what a document of some length is about."""
    if not document.pages and len(document.text) < _LONG:
        return NOTHING_SAID
    stem = _GAP.sub(" ", PurePosixPath(document.id.split("?")[0].replace("\\", "/")).stem)
    first = document.text[: min(_FIRST_PAGE, document.pages[0].end) if document.pages else _FIRST_PAGE]
    names = [*_printed_names(document.title, first), *_file_names(stem)]
    if not names and not (_file_periods(stem) or _ENDED.search(first)):
        return NOTHING_SAID
    periods = [*_file_periods(stem), *_stated_periods(document.title, first)]
    kind = _kind(stem) or _kind(document.title) or _kind(first)
    return About(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(periods)), kind)


def periods_in(text: str) -> Iterator[str]:
    """Yield the years ("2022") and quarters ("2023Q2") that a text names, in order."""
    for match in _PERIODS.finditer(text):
        found = {name[0]: value for name, value in match.groupdict().items() if value}
        year = found["y"] if len(found["y"]) == 4 else f"20{found['y']}"
        quarter = found.get("q", "")
        if quarter:
            yield f"{year}Q{_QUARTER_NUMBERS.get(quarter.lower(), quarter)}"
        else:
            yield year


def _printed_names(title: str, first: str) -> Iterator[str]:
    """Yield the names that a first page and a title print, and signs by which exchanges know them."""
    found = [match["name"] for match in _ENGLISH_NAME.finditer(first) if _is_capitalised(match["name"])][:1]
    found += [match.group() for match in _CHINESE_NAME.finditer(first)][:1]
    found += [match.group() for match in _CHINESE_NAME.finditer(title)][:1]
    found += [match["name"] for match in _CHINESE_SHORT.finditer(first)][:1]
    in_title = _NAME_IN_TITLE.findall(title)
    found += [_without_kinds(name) for name in in_title[:1]]
    for name in found:
        if name := " ".join(name.split()):
            yield name
    symbol = _SYMBOL.search(first)
    if symbol:
        yield symbol["one"] or symbol["two"]


def _is_capitalised(name: str) -> bool:
    """Tell whether a line is written like a name: all words but small ones have capitals."""
    return all(not word.islower() or word in ("and", "of", "the", "for", "de", "plc") for word in _TOKEN.findall(name))


def _file_names(stem: str) -> Iterator[str]:
    """Yield what a file's name says beside period and kind, where it states a period at all."""
    periods = list(_PERIODS.finditer(_FILED.sub(" ", stem)))
    if not periods:
        return
    before = _FILED.sub(" ", stem)[: periods[0].start()]
    name = _without_kinds(before) or _without_kinds(_PERIODS.sub(" ", _FILED.sub(" ", stem)))
    if name and not name.isdecimal():
        yield name


def _file_periods(stem: str) -> list[str]:
    return list(periods_in(_FILED.sub(" ", stem))) or [match.group()[:4] for match in _FILED.finditer(stem)][:1]


def _stated_periods(title: str, first: str) -> Iterator[str]:
    """Yield the periods that a title and a first page state: of a date its year."""
    yield from periods_in(_FILED.sub(" ", title))
    for match in _ENDED.finditer(first):
        yield next(filter(None, match.groups()))


def _without_kinds(text: str) -> str:
    """Return a name without words for kinds of papers ("Form 10-K for Pepsico INC": "Pepsico INC")."""
    pattern, _ = _kinds()
    return " ".join(_FILLER.sub(" ", pattern.sub(" ", text)).split()).strip(" -–—·,.")


_FILLER = re.compile(r"\b(?:form|for|of|the|dated|date|final|copy|en|full|report|filed|exhibit|v\d+)\b", re.IGNORECASE)


@cache
def _kinds() -> tuple[re.Pattern[str], list[str]]:
    """Return a pattern with one group for each kind of paper, and the kinds' names."""
    listed = cast("list[dict[str, Any]]", word_lists("", "about")["kind"])
    groups = "|".join(f"({'|'.join(kind['forms'])})" for kind in listed)
    pattern = re.compile(rf"(?<![^\W_{HAN}])(?:{groups})(?![^\W_{HAN}])", re.IGNORECASE)
    return pattern, [kind["name"] for kind in listed]


def _kind(text: str) -> str:
    """Return the kind of paper that a text names first."""
    pattern, names = _kinds()
    match = pattern.search(text)
    return names[(match.lastindex or 1) - 1] if match else ""


def _without_form(name: str) -> str:
    """Return a name without article and legal form."""
    return _ARTICLE.sub("", _CHINESE_FORM.sub("", _FORM.sub("", name))).strip(" ,.")


def short_names(name: str) -> Iterator[str]:
    """Yield a name and the shorter forms that people use: without its legal form, by its initials."""
    yield name
    short = _without_form(name)
    if short and short != name:
        yield short
    if short.lower().endswith(".com"):
        yield short[:-4]
    words = [word for word in _TOKEN.findall(short) if word.lower() not in ("and", "of", "the")]
    if len(words) > 1 and all(word[0].isascii() for word in words):
        yield "".join(word[0] for word in words).upper()


class AboutIndex:
    """Which documents a question is for. Made from the documents of one reader alone, it tells of no others."""

    def __init__(self, names: Mapping[str, frozenset[str]], facts: Mapping[str, About]) -> None:
        self._names = names
        self._facts = facts
        self._periods: dict[str, list[str]] = defaultdict(list)
        for document, fact in facts.items():
            for year in {period[:4] for period in fact.periods}:
                self._periods[year].append(document)

    @classmethod
    def build(cls, facts: Mapping[str, About]) -> AboutIndex:
        """Build from facts by document id."""
        names: dict[str, set[str]] = defaultdict(set)
        first_words: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for document, fact in facts.items():
            for name in fact.names:
                for form in short_names(name):
                    if key := _squeezed(form):
                        names[key].add(document)
                words = _TOKEN.findall(_without_form(name))
                if len(words) > 1 and len(words[0]) > 3:
                    first_words[_squeezed(words[0])][_squeezed(name)].add(document)
        # A first word is a short form where it starts no other organisation's name.
        for word, owners in first_words.items():
            if word not in names and _one_owner(list(owners.values())):
                names[word] = set().union(*owners.values())
        return cls({name: frozenset(documents) for name, documents in names.items()}, facts)

    def matches(self, question: str) -> dict[str, float]:
        """Return how far documents are what a question asks for, 0 to 2; those that are left out are not.

        1 for the organisation that it names, more for its document of the year or the quarter that it names; a fifth of
        that for the period where no organisation is named. A preference: another year's report may hold the figure too.
        """
        periods = list(dict.fromkeys(periods_in(question)))
        named = self._named(question)
        known = named or {document for period in periods for document in self._periods.get(period[:4], ())}
        own = {document: self._facts[document].periods for document in known}
        # Many documents are of one period.
        fits = {held: _fit(held, periods) for held in set(own.values())}
        least, share = (1.0, 1.0) if named else (0.0, 0.2)
        scores = {document: least + share * fits[held] for document, held in own.items()}
        kind = _kind(question)
        return {
            document: score + 0.2 * bool(kind and kind == self._facts[document].kind)
            for document, score in scores.items()
        }

    def _named(self, question: str) -> frozenset[str]:
        """Return the documents of the organisations that a question names."""
        found: set[str] = set()
        lower = question.lower() == question
        tokens = list(_TOKEN.finditer(question))
        spans: list[tuple[int, int]] = []
        for length in range(_NAME_WORDS, 0, -1):
            for start in range(len(tokens) - length + 1):
                a, b = tokens[start].start(), tokens[start + length - 1].end()
                name = _squeezed(question[a:b])
                # "its" may be somebody's initials, but is not meant so.
                documents = self._names.get(name) if name not in STOP_WORDS else None
                # "block" is a name where it is written like one.
                written = lower or not question[a:b].islower() or not question[a:b].isascii()
                if documents and written and all(b <= c or a >= d for c, d in spans):
                    spans.append((a, b))
                    found |= documents
        return frozenset(found | self._named_in_chinese(question))

    def _named_in_chinese(self, question: str) -> set[str]:
        """Chinese has no gaps between words: every stretch of a run is looked up, the longest first."""
        found: set[str] = set()
        for run in _HAN_RUN.findall(question):
            start = 0
            while start < len(run) - 1:
                ends = range(min(len(run), start + 30), start + 1, -1)
                end = next((end for end in ends if run[start:end] in self._names), start)
                found |= self._names.get(run[start:end], frozenset())
                start = max(end, start + 1)
        return found


def _fit(own: tuple[str, ...], periods: list[str]) -> float:
    """Return how well a document's periods ``own`` are those asked for, 0 to 1."""
    if not periods:
        return 0.0
    years = {period[:4] for period in periods}
    latest = max(years)
    best = 0.0
    for rank, period in enumerate(own):
        weight = 1.0 if rank == 0 else 0.8
        if period in periods and len(period) > 4:
            best = max(best, weight)
        elif period[:4] == latest:
            # The fourth quarter's paper tells of the whole year.
            apart = any(len(asked) > 4 for asked in periods) or period[4:] not in ("", "Q4")
            best = max(best, weight * (0.5 if apart else 0.9))
        elif period[:4] in years:
            best = max(best, weight * 0.5)
        elif period.isdecimal() and int(period) == int(latest) + 1:
            best = max(best, weight * 0.2)  # it tells of the year before, to compare
    return best


def _squeezed(name: str) -> str:
    """Return a name's letters and digits, as file names write it: "Best Buy" and "BESTBUY" are one."""
    return "".join(_TOKEN.findall(name.casefold()))


def _one_owner(owners: list[set[str]]) -> bool:
    """Tell whether sets of documents overlap so that they may be one organisation's."""
    return all(one & other for one, other in pairwise(owners))
