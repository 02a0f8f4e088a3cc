"""What depends on the language of a text: which one it is, its sentences, and the tokens that searching compares."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import Stemmer
    from spacy.language import Language

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAN_CHARACTER = re.compile(f"[{HAN}]")
_LETTER = re.compile(r"[^\W\d_]")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_OWN_LINE = re.compile(r"\s*(?:[-*+•·–]\s|#{1,6}\s|\d{1,3}[.)]\s|\||>|[A-Z][\w /-]{0,30}:\s)|.*\s\|\s")
_TOKEN = re.compile(f"[{HAN}]+|[^\\W_{HAN}]+(?:[.,](?=\\d)\\d+)*")
_WRAPPED_WIDTH = 45
"""A shorter line than this was ended by its writer, not wrapped."""

STOP_WORDS = frozenset(
    ["a", "an", "and", "are", "as", "at", "be", "been", "being", "but", "by", "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "of", "on", "or", "our", "she", "should", "so", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "to", "was", "we", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you", "your"]
)
_STOP_CHARACTERS = frozenset("的了是在和与及或吗呢么什哪谁几多少个我你他她它们这那有为对被把从到")


def detect_language(text: str) -> str:
    """Return ``"zh"`` when Chinese characters make up a fifth of the letters or more, else ``"en"``."""
    sample = text[:20_000]
    han = len(_HAN_CHARACTER.findall(sample))
    return "zh" if han and han * 5 >= len(_LETTER.findall(sample)) else "en"


def new_pipeline(language: str) -> Language:
    """Return spaCy's rule-based tokenizer and sentencizer for ``language``, to be built upon."""
    import spacy

    pipeline = spacy.blank(language if language == "zh" else "en")
    punctuation = [".", "!", "?", "…", "。", "！", "？", "；"] if language == "zh" else None
    pipeline.add_pipe("sentencizer", config={"punct_chars": punctuation})
    pipeline.max_length = 100_000_000
    return pipeline


_sentencizer = cache(new_pipeline)


def sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Return the sentences of ``text`` as half-open offsets without surrounding white space, in order.

    Blank lines end a sentence; so do line ends, except where the line was wrapped (as PDF text is).
    """
    found: list[tuple[int, int]] = []
    pipeline = _sentencizer(language)
    for start, end in _lines(text):
        document = pipeline(text[start:end])
        edges = [sentence.start_char for sentence in document.sents] + [end - start]
        found.extend(filter(None, (_stripped(text, start + a, start + b) for a, b in pairwise(edges))))
    return found


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield stretches of text that a sentence does not cross."""
    for start, end in split(text, _BLANK_LINE):
        widest = max(_width(line) for line in text[start:end].split("\n"))
        begin = start
        for match in re.finditer("\n", text[start:end]):
            at = start + match.start()
            line = text[text.rfind("\n", 0, at) + 1 : at]
            following = text[at + 1 : end].split("\n", 1)[0]
            wrapped = _width(line) >= max(_WRAPPED_WIDTH, 0.65 * widest)
            if not wrapped or _OWN_LINE.match(following) or _OWN_LINE.match(line + " "):
                yield begin, at
                begin = at + 1
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


def search_tokens(text: str) -> list[str]:
    """Return what lexical search compares: stemmed words without accents and case; pairs of Chinese characters.

    Function words are left out. Chinese is cut into overlapping pairs (a run of one character stands alone), which
    needs no dictionary and finds names that none lists.
    """
    words: list[str] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text)):
        if _HAN_CHARACTER.match(token):
            words.extend(_pairs(token))
            continue
        plain = unicodedata.normalize("NFKD", token.lower())
        word = "".join(c for c in plain if not unicodedata.combining(c)) if not plain.isascii() else plain
        if word not in STOP_WORDS:
            words.append(_stemmer().stemWord(word.replace(",", "")))
    return words


def _pairs(run: str) -> list[str]:
    if len(run) == 1:
        return [run]
    return [a + b for a, b in pairwise(run) if not (a in _STOP_CHARACTERS and b in _STOP_CHARACTERS)]
