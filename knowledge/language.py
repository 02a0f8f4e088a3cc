"""What depends on the language of a text: which one it is, its sentences, and the tokens that searching compares."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    import Stemmer
    from spacy.language import Language
    from spacy.tokenizer import Tokenizer

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAN_CHARACTER = re.compile(f"[{HAN}]")
_FIRST_HAN = "\u3400"
_LETTER = re.compile(r"[^\W\d_]")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_ITEM = re.compile(
    r"\s*(?:[-*+•·–●▪]\s|\d{1,3}(?:[.)]\s|、)|[(（]\w{1,3}[)）]|>\s|[A-Z][\w /-]{0,30}:(?:\s|$)"
    rf"|[{HAN}]{{1,12}}[:：])"
)
"""The start of a line that begins something of its own: a list item, a quotation, "Key: value"."""
_ROW = re.compile(r"\s*(?:#{1,6}\s|\|)|.*\s\|\s")
"""A heading or a table row: a line that nothing goes on from."""
_CHINESE_END = re.compile(r"(?:[。！？；!?]+|…+|\.(?=\s))[”’」』）】》\"')\]]*")
_AFTER_FORM = re.compile(
    r"\b(?:Inc|Corp|Ltd|Co|LLC|plc|Bros|etc|a\.m|p\.m|U\.S)\.\s+"
    r"(?=(?:The|It|In|He|She|We|They|This|These|Its|His|Her|Our|As|On|For|At|An?|After|Before|However|But|If|When)\s)"
)
"""Where an abbreviation ends a sentence after all."""
_NUMBER = re.compile(r"\s*\d{1,3}\.\s*")
_RUN = re.compile(r"_{30,}|[^\w\s]{30,}|\S{300,}")
_TOKEN = re.compile(f"[{HAN}]+|[^\\W_{HAN}]+(?:[.,](?=\\d)\\d+)*")
_WRAPPED_WIDTH = 45
"""A shorter line than this was ended by its writer, not wrapped."""

# fmt: off
_CODE = re.compile(r"([a-z]{2,})\d+")

STOP_WORDS = frozenset([
    "a", "an", "and", "are", "as", "at", "be", "been", "being", "but", "by", "can", "could", "did", "do",
    "does", "for", "from", "had", "has", "have", "he", "her", "hers", "him", "his", "how", "i", "if", "in",
    "into", "is", "it", "its", "me", "my", "of", "on", "or", "our", "she", "should", "so", "than", "that",
    "the", "their", "them", "then", "there", "these", "they", "this", "to", "was", "we", "were", "what",
    "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you", "your",
])
"""Function words: no search looks for them."""
_ABBREVIATIONS = (
    "Art.", "Cf.", "Ch.", "Ed.", "Eq.", "Fig.", "Figs.", "Lt.", "Nr.", "Para.", "Pt.", "Sec.", "Vol.",
    "approx.", "cf.", "eq.", "fig.", "figs.", "incl.", "para.", "pp.", "vol.",
)
"""Those that spaCy's tokenizer does not know."""
# fmt: on
_STOP_CHARACTERS = frozenset("的了是在和与及或吗呢么什哪谁几多少个我你他她它们这那有为对被把从到")


def detect_language(text: str) -> str:
    """Return ``"zh"`` when Chinese characters make up a fifth of the letters or more, else ``"en"``."""
    sample = text[:20_000]
    han = len(_HAN_CHARACTER.findall(sample))
    return "zh" if han and han * 5 >= len(_LETTER.findall(sample)) else "en"


def new_pipeline(language: str) -> Language:
    """Return spaCy's rule-based tokenizer for ``language``, to be built upon."""
    import spacy

    pipeline = spacy.blank(language if language == "zh" else "en")
    pipeline.max_length = 100_000_000
    if language != "zh":
        add_abbreviations(pipeline)
    return pipeline


def add_abbreviations(pipeline: Language) -> None:
    """Teach an English pipeline's tokenizer the abbreviations that it does not know."""
    tokenizer = cast("Tokenizer", pipeline.tokenizer)
    for abbreviation in _ABBREVIATIONS:
        tokenizer.add_special_case(abbreviation, [{"ORTH": abbreviation}])


@cache
def _sentencizer() -> Language:
    pipeline = new_pipeline("en")
    pipeline.add_pipe("sentencizer")
    return pipeline


def sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Return the sentences of ``text`` as half-open offsets without surrounding white space, in order.

    Blank lines end a sentence; so do line ends, except where the line was wrapped (as PDF text is).
    """
    found: list[tuple[int, int]] = []
    for start, end in lines(text):
        part = text[start:end]
        ends = _chinese_ends(part) if language == "zh" else _english_ends(part)
        edges = [0, *ends, len(part)]
        found.extend(filter(None, (_stripped(text, start + a, start + b) for a, b in pairwise(edges))))
    return found


def _chinese_ends(text: str) -> list[int]:
    return [match.end() for match in _CHINESE_END.finditer(text)]


def _english_ends(text: str) -> list[int]:
    # The tokenizer takes time quadratic in the length of what has no spaces: rulers, base64.
    tame = _RUN.sub(lambda run: "x" * len(run.group()), text)
    found = {_with_opening(tame, sentence.start_char) for sentence in _sentencizer()(tame).sents}
    starts = sorted(found.union(match.end() for match in _AFTER_FORM.finditer(tame)))
    return starts[1:] if len(starts) < 2 or not _NUMBER.fullmatch(text[: starts[1]]) else starts[2:]


def _with_opening(text: str, start: int) -> int:
    """Move a sentence's start before the bracket or quotation mark that opens it."""
    opening = start
    while opening and text[opening - 1] in "([{“‘«\"'":
        opening -= 1
    return opening if opening == 0 or text[opening - 1].isspace() else start


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of ``text`` that a sentence does not cross, as half-open offsets in order."""
    for start, end in split(text, _BLANK_LINE):
        parts = text[start:end].split("\n")
        wide = max(_WRAPPED_WIDTH, 0.65 * max(map(_width, parts)))
        begin = at = start
        for line, following in pairwise(parts):
            at += len(line)
            if _width(line) < wide or _ITEM.match(following) or _ROW.match(following) or _ROW.match(line):
                yield begin, at
                begin = at + 1
            at += 1
        yield begin, end


def split(text: str, separator: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the half-open spans between matches of ``separator``, empty ones left out."""
    begin = 0
    for match in separator.finditer(text):
        if match.start() > begin:
            yield begin, match.start()
        begin = match.end()
    if begin < len(text):
        yield begin, len(text)


def _stripped(text: str, start: int, end: int) -> tuple[int, int] | None:
    part = text[start:end]
    left = len(part) - len(part.lstrip())
    right = len(part.rstrip())
    return (start + left, start + right) if right > left else None


def _width(line: str) -> int:
    """Return the columns that a line takes: Chinese characters count twice."""
    return len(line) + len(_HAN_CHARACTER.findall(line))


@cache
def _stemmer() -> Stemmer.Stemmer:
    import Stemmer

    return Stemmer.Stemmer("english")


_SAME = {"weigh": "weight"}
"""Stems of words that say the same of a thing: data sheets have a weight, and people ask what something weighs."""


def search_tokens(text: str) -> list[str]:
    """Return what lexical search compares: stemmed words without accents and case; pairs of Chinese characters.

    Function words are left out. A code counts whole and by its letters ("IP68": ip68 and ip), as people name the kind
    without the number. Chinese is cut into overlapping pairs (a run of one character stands alone), which
    needs no dictionary and finds names that none lists.
    """
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text)
    words: list[str] = []
    for token in _TOKEN.findall(plain):
        if token[0] >= _FIRST_HAN and _HAN_CHARACTER.match(token):
            words.extend(_pairs(token))
        elif word := _stem(token):
            words.append(word)
            if code := _CODE.fullmatch(word):
                words.append(code[1])
    return words


@lru_cache(maxsize=2**16)
def _stem(token: str) -> str:
    """Return a token's stem without accents and case, or nothing for a function word."""
    word = token.lower()
    if not word.isascii():
        apart = unicodedata.normalize("NFKD", word)
        word = "".join(c for c in apart if not unicodedata.combining(c))
    stem = "" if word in STOP_WORDS else str(_stemmer().stemWord(word.replace(",", "")))
    return _SAME.get(stem, stem)


def _pairs(run: str) -> list[str]:
    if len(run) == 1:
        return [run]
    return [a + b for a, b in pairwise(run) if not (a in _STOP_CHARACTERS and b in _STOP_CHARACTERS)]
