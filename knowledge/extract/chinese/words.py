"""The segmenter of Chinese text and the word lists that the rules for Chinese go by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.wordlists import word_lists

if TYPE_CHECKING:
    import rjieba
    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

_PIECE = 50_000
"""Characters that the segmenter gets at once: keeps the memory for a long line small."""
_KIN = frozenset("父母妻子女兄弟夫姐妹")
_WORDS, _TEXT = "chinese_words", "chinese_text"
_FREQUENT = 20_000
"""As often as the dictionary has a common word."""
_LONGEST_WORD = 100
"""Characters, of words that are put together from pieces: keeps the time for a long line linear."""


def word_list(name: str) -> dict[str, Any]:
    """Return the tables of ``<name>.toml``."""
    return word_lists("extract/chinese", name)


@cache
def _segmenter() -> rjieba.Jieba:
    """Return a segmenter of our own: words that somebody adds to the library's shared one change nothing here."""
    import rjieba

    segmenter = rjieba.Jieba()
    data = word_list("relations")
    for row in data["verbs"]:
        for word in row["words"]:
            # The dictionary's own tags of the long ones are at times those of names.
            if len(word) > 2 or (len(word) > 1 and not segmenter.has_word(word)):
                segmenter.add_word(word, segmenter.suggest_freq(word), "v")
    for names in word_list("words")["known"].values():
        for word in names.split():
            if len(word) > 1 and not segmenter.has_word(word):
                segmenter.add_word(word, segmenter.suggest_freq(word), "nz")
    for word in data["clause"]["role_verbs"]:
        if len(word) > 1:
            segmenter.add_word(word, _FREQUENT, "v")
    for word in data["nouns"]["roles"].split():
        if len(word) > 1 and not segmenter.has_word(word):
            segmenter.add_word(word, segmenter.suggest_freq(word), "n")
    return segmenter


@cache
def _tags() -> dict[str, str]:
    """Return the tags of words that the dictionary takes for parts of names."""
    data = word_list("relations")
    verbs = [
        word for row in data["verbs"] for word in row["words"] if len(word) > 2 or _is_name(word) or _is_place(word)
    ]
    roles = [word for word in data["nouns"]["roles"].split() if _tag(word)[:1] in ("r", "d") or _is_name(word)]
    return dict.fromkeys(roles, "n") | dict.fromkeys(verbs, "v")


def _is_name(word: str) -> bool:
    return len(word) > 1 and _tag(word)[:2] == "nr"


def _is_place(word: str) -> bool:
    return len(word) > 1 and _tag(word) in ("ns", "nt", "nz", "s", "b")


def _tag(word: str) -> str:
    """Return a word's tag, or nothing where it is none but several."""
    tags = [tag for _, tag in _segmenter().tag(word)]
    return tags[0] if len(tags) == 1 else ""


@cache
def _particles() -> frozenset[str]:
    return frozenset(word_list("words")["run"]["particles"])


def _apart(word: str, tag: str) -> list[tuple[str, str]]:
    """Take a particle off a word that no dictionary has: the model for unknown words glues "由" to what follows."""
    if len(word) == 2 and word[0] in "其之" and word[1] in _KIN:
        return [(word[0], "r" if word[0] == "其" else "u"), (word[1], "n")]
    if len(word) > 2 and word[-1] == "人" and tag[0] == "n" and tag != "n" and _tag(word[:-1]) == "ns":
        return [(word[:-1], "ns"), ("人", "n")]
    if len(word) == 2 and word[0] == "拟":
        return [("拟", "v"), *_segmenter().tag(word[1])]
    edge = word[0] in _particles() or word[-1] in _particles()
    if len(word) < 2 or not (edge or tag == "nr") or _segmenter().has_word(word):
        return [(word, tag)]
    if tag == "nr" and len(word) == 3 and word[2] in "来去说等" and _is_name(word[:2]):
        return [(word[:2], tag), *_segmenter().tag(word[2])]
    first, rest = word[0], word[1:]
    if first in _particles() and (first not in "于和" or len(rest) > 2 or _segmenter().has_word(rest)):
        return [*_segmenter().tag(first), *_segmenter().tag(rest)]
    if word[-1] in _particles() and (len(word) > 2 or word[-1] in "在由被把是的和与及并"):
        return [*_segmenter().tag(word[:-1]), *_segmenter().tag(word[-1])]
    return [(word, tag)]


def in_dictionary(word: str) -> bool:
    """Tell whether the segmenter's dictionary has a word; others are guesses, and often parts of names."""
    return bool(_segmenter().has_word(word))


def segment(text: str) -> list[tuple[str, str]]:
    """Cut ``text`` into words with their part of speech (ICTCLAS tags); the words together are the text exactly.

    Letters of other scripts stay together ("Hélène" is one word).
    """
    found: list[tuple[str, str]] = []
    for piece in _pieces(text):
        for word, tag in _segmenter().tag(piece):
            if found and _foreign(word) and len(found[-1][0]) < _LONGEST_WORD and _foreign(found[-1][0]):
                found[-1] = (found[-1][0] + word, "eng")
            else:
                found.extend(_apart(word, _tags().get(word, tag)))
    return found


def _pieces(text: str) -> list[str]:
    """Cut a long text, where possible at the end of a line or a sentence."""
    pieces = []
    while len(text) > _PIECE:
        cut = max(text.rfind(mark, _PIECE // 2, _PIECE) for mark in "\n。，、 ") + 1 or _PIECE
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]


def _foreign(word: str) -> bool:
    return word.isalpha() and not word[0] >= "\u2e80"


class Word(NamedTuple):
    """A token as the rules read it."""

    text: str
    tag: str
    start: int
    end: int
    """Half-open character offsets into the text that was segmented."""


def words_of(doc: Doc) -> list[Word]:
    """Return a document's tokens; those that the tokenizer has left with it where it is ours, as that is faster."""
    found: list[Word] | None = doc.user_data.get(_WORDS)
    if found is None or len(found) != len(doc):
        found = [Word(token.text, token.tag_, token.idx, token.idx + len(token)) for token in doc]
    return found


def text_of(doc: Doc) -> str:
    """Return a document's text; spaCy puts it together from its tokens at each call."""
    text: str | None = doc.user_data.get(_TEXT)
    return doc.text if text is None else text


@dataclass(frozen=True, slots=True)
class _Tokenizer:
    vocab: Vocab

    def __call__(self, text: str) -> Doc:
        from spacy.tokens import Doc

        words: list[str] = []
        tags: list[str] = []
        spaces: list[bool] = []
        for word, tag in segment(text):
            if word == " " and words and not spaces[-1]:
                spaces[-1] = True
                continue
            words.append(word)
            tags.append(tag)
            spaces.append(False)
        doc = Doc(self.vocab, words=words, spaces=spaces, tags=tags)
        at = 0
        tokens = []
        for word, tag, space in zip(words, tags, spaces, strict=True):
            tokens.append(Word(word, tag, at, at + len(word)))
            at += len(word) + space
        doc.user_data[_WORDS] = tokens
        doc.user_data[_TEXT] = text
        return doc


@cache
def chinese_pipeline() -> Language:
    """Return spaCy's Chinese pipeline with a dictionary and hidden Markov model for words and their tags."""
    import spacy

    pipeline = spacy.blank("zh")
    pipeline.max_length = 100_000_000
    pipeline.tokenizer = _Tokenizer(pipeline.vocab)
    return pipeline
