"""Finds Chinese names that end in a word for their kind, and places that the dictionary knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.extract.chinese.spans import LONGEST_NAME, Rank, Span, is_proper, name_words
from knowledge.extract.chinese.words import Word, in_dictionary, segment
from knowledge.language import HAN
from knowledge.types import NAME, ORG, PLACE

_LONGEST_RUN = 10
"""Words in front of a suffix that may belong to a name."""
_PLAIN_HAN = f"(?:(?![的在和与及是为于由到从至内外一二两三这那各每全有])[{HAN}])"
_DIVISION = (
    "(?:自治区|自治州|村镇|街道|大道|社区|(?<![市郊山地小校厂战灾特])区(?!域)|(?<![城都])市|[省县郡镇乡村州]"
    "|(?<![道公铁马线])路|街)"
)
_LINES = frozenset(["铁路", "高铁", "公路", "高速公路", "客运专线", "运河"])
"""Called by one character of each place that they join."""
_STATIONS = frozenset(["铁路", "火车", "地铁", "轻铁", "高铁", "汽车", "客运", "巴士"])
_ADDRESS = re.compile(f"(?:{_PLAIN_HAN}{{1,5}}?{_DIVISION}){{1,6}}")
"""What may follow the name of a place: a district, a village, a road."""


def built_names(tokens: list[Word]) -> Iterator[Span]:
    """Find names that end in a word for their kind: a company, a river, a war."""
    words = name_words()
    for i, token in enumerate(tokens):
        suffix = _suffix(token)
        if not suffix:
            continue
        kind, strong = words.suffixes[suffix]
        whole = suffix != token.text
        if (not whole and token.text in words.inside) or (whole and _person(token)):
            continue
        plain = whole and token.text.removesuffix(suffix) in words.plain
        if whole and (plain or token.text in words.not_places or token.text in words.plain):
            whole = False
        first = _run_start(tokens, i)
        first = _without_plain_start(tokens, first, i, whole)
        if _names(tokens, first, i, suffix, strong, whole) and not _one_of(tokens, first, i, kind):
            yield Span(Rank.BUILT, tokens[first].start, token.end, kind, "rule")


def _suffix(token: Word) -> str:
    """Return the longest known suffix that ends a word, or nothing."""
    words = name_words()
    word = token.text
    if word[-1] not in words.lasts:
        return ""
    named = token.tag in ("nt", "ns") or not in_dictionary(word)
    for size in range(min(6, len(word)), 0, -1):
        suffix = word[-size:]
        if suffix in words.suffixes and (size > 1 or len(word) == 1 or named or suffix in words.delicate):
            return suffix
    return ""


def _one_of(tokens: list[Word], first: int, last: int, kind: str) -> bool:
    """Tell whether a place only says where one of a kind is from: "一家中国企业控股公司"."""
    if kind != ORG or first == 0 or first == last or tokens[first].tag != "ns":
        return False
    return tokens[first - 1].tag in ("m", "q", "mq") and not any(is_proper(token) for token in tokens[first + 1 : last])


def _person(token: Word) -> bool:
    """Tell whether a word that ends like a place is rather somebody's name: "张德江"."""
    return token.tag[:2] == "nr" and len(token.text) < 4 and token.text[0] in name_words().surnames


def _run_start(tokens: list[Word], at: int) -> int:
    """Return the index of the first token, going left, that may belong to a name that ends at ``at``."""
    words = name_words()
    first = at
    while first > 0 and at - first < _LONGEST_RUN:
        before = tokens[first - 1]
        if before.end != tokens[first].start and not before.text.isascii():
            break
        if (
            before.text in words.breaks
            or before.text in words.verbs
            or (before.tag not in words.tags and before.text not in words.solemn and not _direction(tokens, first - 1))
            or before.text.isspace()
        ):
            break
        if before.tag == "x" and not before.text.isalnum():
            break
        if before.tag in ("m", "q") and not _number_in_name(tokens, first - 1):
            break
        if tokens[at].end - before.start > LONGEST_NAME or (
            before.text in words.titles and first > 1 and tokens[first - 2].tag[:2] == "nr"
        ):
            break
        first -= 1
    return first


def _direction(tokens: list[Word], at: int) -> bool:
    """Tell whether a direction stands in a name: "荃湾西站"."""
    return tokens[at].tag == "f" and tokens[at].text in "东西南北" and at > 0 and tokens[at - 1].tag == "ns"


def _number_in_name(tokens: list[Word], at: int) -> bool:
    """Tell whether a number may be part of a name: "第29届", "17号线", "第一"; not "3家"."""
    text = tokens[at].text
    after = tokens[at + 1].text
    return text.startswith("第") or (text.isdigit() and after.startswith("号")) or text in ("届", "中")


def _without_plain_start(tokens: list[Word], first: int, last: int, whole: bool) -> int:
    """Move a name's start past words that cannot begin one."""
    words = name_words()
    while first < last:
        token = tokens[first]
        if (
            token.tag[0] in "qkhuy"
            or token.text in words.not_places
            or (token.tag == "a" and len(token.text) > 1)
            or (token.tag in ("i", "l", "t", "s", "zg") and token.text in words.breaks)
        ):
            first += 1
        else:
            break
    return first


def _names(tokens: list[Word], first: int, last: int, suffix: str, strong: bool, whole: bool) -> bool:
    """Tell whether the tokens name something in particular."""
    words = name_words()
    run = tokens[first:last]
    text = "".join(token.text for token in run) + tokens[last].text[: -len(suffix)]
    if len(text) < 1 or (len(suffix) == 1 and len(text) + 1 < 3 and not (whole and tokens[last].tag == "ns")):
        return False
    if len(text) + len(suffix) < 3:
        return False
    if whole and is_proper(tokens[last]):
        return True
    if not run:
        return whole and strong and tokens[last].tag in ("nt", "nz")
    if suffix == "号线" and run[-1].text.isdigit():
        return True
    if (
        suffix in _LINES
        and len(run) > 1
        and all(len(t.text) == 1 and t.tag in ("j", "ns", "nr", "ng", "zg") for t in run)
    ):
        return True
    if any(is_proper(token) or token.text in words.solemn for token in run):
        station = suffix == "站" and run[-1].text in _STATIONS
        return len(suffix) > 1 or suffix not in words.delicate or is_proper(run[-1]) or station
    if suffix in (
        "公司",
        "集团",
        "银行",
        "大学",
        "学院",
        "办公室",
        "高中",
        "中学",
        "小学",
        "联盟",
        "议会",
        "俱乐部",
        "协会",
    ):
        return strong and any(_unusual(token) for token in run)
    if not strong and suffix in "局署厅" and len(text) > 3:
        return True
    return strong and any(token.text not in words.plain for token in run)


def _unusual(token: Word) -> bool:
    """Tell whether a word says too little to be a mere description."""
    return token.text not in name_words().plain and token.tag in (
        "nz",
        "x",
        "zg",
        "ng",
        "ag",
        "eng",
        "j",
        "b",
        "a",
        "an",
    )


def tagged_names(tokens: list[Word], text: str) -> Iterator[Span]:
    """Find what the dictionary knows as a place or an organisation, and places in places ("浙江省嘉兴市")."""
    words = name_words()
    for i, token in enumerate(tokens):
        plain = token.tag == "nt" and token.text.removesuffix(_suffix(token)) in words.plain
        place = token.tag in ("ns", "nt") and not plain and not token.text.endswith(("市立", "县立", "省立", "区立"))
        if token.tag == "nz" and len(token.text) > 3 and segment(token.text[:2])[0][1] == "ns":
            yield Span(Rank.WORD, token.start, token.end, NAME, "ner")
        if place and len(token.text) > 1 and token.text not in words.not_places:
            yield Span(Rank.WORD, token.start, token.end, ORG if token.tag == "nt" else PLACE, "ner")
            end = token.end
            if token.tag == "ns" and (address := _ADDRESS.match(text, token.end, _verb_ahead(tokens, i))):
                end = address.end()
            after = tokens[i + 1] if i + 1 < len(tokens) else None
            if after and end <= after.start == token.end and after.tag == "ns" and after.text not in words.not_places:
                end = max(end, after.end)
            if end > token.end:
                yield Span(Rank.BUILT, token.start, end, PLACE, "rule")
        elif token.text in words.townish and (start := _sounds_before(tokens, i)) >= 0:
            yield Span(Rank.PERSON, start, token.end, PLACE, "rule")


def _verb_ahead(tokens: list[Word], at: int) -> int:
    """Return where the next verb starts, or how far an address may go: it runs over no verb."""
    verbs = name_words().verbs
    ahead = tokens[at + 1 : at + 1 + _LONGEST_RUN]
    return next((token.start for token in ahead if token.text in verbs), tokens[at].end + LONGEST_NAME)


def _sounds_before(tokens: list[Word], at: int) -> int:
    """Return where the foreign sounds before a word like "county" start that the segmenter cut up, or -1."""
    words = name_words()
    first = at
    while first > 0 and at - first < 5 and tokens[first - 1].end == tokens[first].start:
        token = tokens[first - 1]
        sounds = words.transliteration.issuperset(token.text) and token.text not in words.not_names
        if not sounds or (len(token.text) > 1 and token.tag not in ("nr", "nrt", "ns", "x", "nz")):
            break
        first -= 1
    size = tokens[at].start - tokens[first].start
    return tokens[first].start if 2 <= size <= 6 else -1
