"""Treebanks (CoNLL-U) to spaCy documents in spaCy's own tokens.

The pipeline reads raw text with spaCy's default tokenizer, so it is trained on that tokenizer's tokens: the gold words
are laid over them by characters. Where the two cut alike, everything is copied. Where they do not, the token that
stands for several words takes the analysis of their head, and the parts of one word are hung on its last part.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

# Columns of CoNLL-U.
_ID, _FORM, _LEMMA, _UPOS, _XPOS, _FEATS, _HEAD, _DEPREL, _DEPS, _MISC = range(10)
_PART = "compound"
"""The label of a word's earlier parts, where only the default tokenizer cuts the word."""
_WRAP = 88
"""Characters of a line in hard-wrapped text."""
LAYOUTS = {"blank": 0.55, "line": 0.15, "flat": 0.15, "wrapped": 0.15}
"""How the paragraphs of training text are set, and how often: documents come in all these shapes."""


@dataclass(slots=True)
class Word:
    """One syntactic word. ``head`` is its index in the sentence, itself for the root; offsets are the text's."""

    form: str
    lemma: str
    upos: str
    xpos: str
    feats: str
    head: int
    deprel: str
    misc: dict[str, str]
    start: int = 0
    end: int = 0


@dataclass(slots=True)
class Sentence:
    """A sentence, its words, and whether a paragraph begins with it."""

    id: str
    document: str
    words: list[Word]
    surface: list[tuple[str, bool, list[int]]]
    """What is written: (form, whether a space follows, the words it stands for); a word that is not written (an
    empty node) is in none."""
    starts_paragraph: bool
    starts_document: bool = False


@dataclass(slots=True)
class Passage:
    """Raw text with the sentences in it; their words' offsets are the text's."""

    text: str
    sentences: list[Sentence] = field(default_factory=list)


def read_conllu(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a treebank file, in order."""
    document, sentence_id, new_paragraph, new_document = "", "", True, False
    rows: list[list[str]] = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("# newdoc"):
                document, new_document, new_paragraph = line.partition("=")[2].strip(), True, True
            elif line.startswith("# newpar") and not line.startswith("# newpar_block"):
                new_paragraph = True
            elif line.startswith("# sent_id"):
                sentence_id = line.partition("=")[2].strip()
            elif line and not line.startswith("#"):
                rows.append(line.split("\t"))
            elif not line and rows:
                words, surface = _words(rows)
                yield Sentence(sentence_id, document, words, surface, new_paragraph, new_document)
                rows, new_paragraph, new_document = [], False, False
    if rows:
        words, surface = _words(rows)
        yield Sentence(sentence_id, document, words, surface, new_paragraph, new_document)


def _words(rows: Sequence[Sequence[str]]) -> tuple[list[Word], list[tuple[str, bool, list[int]]]]:
    """Return the words and what is written of them. A multiword token's line gives form and space for its words."""
    words: list[Word] = []
    surface: list[tuple[str, bool, list[int]]] = []
    covered_until = 0
    for row in rows:
        misc = dict(pair.partition("=")[::2] for pair in row[_MISC].split("|")) if row[_MISC] != "_" else {}
        space = misc.get("SpaceAfter") != "No"
        if "-" in row[_ID]:
            first, last = map(int, row[_ID].split("-"))
            surface.append((row[_FORM], space, list(range(first - 1, last))))
            covered_until = last
        elif "." not in row[_ID]:
            number = int(row[_ID])
            head = int(row[_HEAD]) - 1 if row[_HEAD].isdigit() else -1
            lemma = row[_LEMMA] if row[_LEMMA] != "_" or row[_FORM] == "_" else row[_FORM]
            words.append(
                Word(
                    form=row[_FORM],
                    lemma=lemma,
                    upos=row[_UPOS],
                    xpos=row[_XPOS],
                    feats="" if row[_FEATS] == "_" else row[_FEATS],
                    head=head if head >= 0 else number - 1,
                    deprel=row[_DEPREL] if head >= 0 else "root",
                    misc=misc,
                )
            )
            if number > covered_until:
                surface.append((row[_FORM], space, [number - 1]))
    return words, surface


def passages(sentences: Iterable[Sentence], *, words: int | None, seed: int | None) -> Iterator[Passage]:
    """Set sentences as raw text, paragraph after paragraph.

    Parameters
    ----------
    sentences
        In the order of their documents.
    words
        A passage ends with the first sentence that makes it this long; None: with its document.
    seed
        Chooses each passage's layout of ``LAYOUTS``; None: blank lines between paragraphs, everywhere.
    """
    chance = random.Random(seed)
    names, weights = list(LAYOUTS), list(LAYOUTS.values())
    group: list[Sentence] = []
    for sentence in sentences:
        if group and (sentence.starts_document or (words and sum(len(s.words) for s in group) >= words)):
            yield _set(group, "blank" if seed is None else chance.choices(names, weights)[0])
            group = []
        group.append(sentence)
    if group:
        yield _set(group, "blank" if seed is None else chance.choices(names, weights)[0])


def _set(sentences: Sequence[Sentence], layout: str) -> Passage:
    between = {"line": "\n", "flat": " "}.get(layout, "\n\n")
    text, line_start = "", 0
    space_due = False
    for sentence in sentences:
        if text and sentence.starts_paragraph:
            text += between
            line_start, space_due = len(text), False
        for form, space, numbers in sentence.surface:
            if space_due:
                wrap = layout == "wrapped" and len(text) + 1 + len(form) - line_start > _WRAP
                text += "\n" if wrap else " "
                line_start = len(text) if wrap else line_start
            _place([sentence.words[number] for number in numbers], form, len(text))
            text += form
            space_due = space
    return Passage(text, list(sentences))


def _place(words: Sequence[Word], form: str, start: int) -> None:
    """Set the offsets of the words that ``form`` stands for: parts of it, or all of it where they are not written."""
    if "".join(word.form for word in words) == form:
        for word in words:
            word.start, word.end = start, start + len(word.form)
            start = word.end
    else:
        for word in words:
            word.start, word.end = start, start + len(form)


@dataclass(slots=True)
class Aligned:
    """The default tokenizer's tokens over gold words.

    ``words[i]`` are the indices (in the passage's words, counted through) that token i shares a character with;
    ``tokens[j]`` the tokens of word j.
    """

    words: list[list[int]]
    tokens: list[list[int]]


def align(doc: Doc, words: Sequence[Word]) -> Aligned:
    """Lay gold words over tokens, by characters."""
    over_token: list[list[int]] = [[] for _ in range(len(doc))]
    over_word: list[list[int]] = [[] for _ in words]
    first = 0
    for j, word in enumerate(words):
        while first < len(doc) and doc[first].idx + len(doc[first]) <= word.start:
            first += 1
        i = first
        while i < len(doc) and doc[i].idx < word.end:
            if not doc[i].is_space:
                over_token[i].append(j)
                over_word[j].append(i)
            i += 1
    return Aligned(over_token, over_word)


def gold_doc(nlp: Language, passage: Passage) -> Doc:
    """Return the passage in the default tokenizer's tokens, with the treebank's analysis.

    Whitespace tokens are hung on the token before them, so that they never stand between a word and its head.
    """
    plain = nlp.make_doc(passage.text)
    words = [word for sentence in passage.sentences for word in sentence.words]
    heads = [
        offset + word.head
        for sentence, offset in zip(passage.sentences, _offsets(passage.sentences), strict=True)
        for word in sentence.words
    ]
    aligned = align(plain, words)
    # The word whose analysis a token takes, and the token that carries a word's analysis (its last).
    chosen = [_head_word(numbers, heads, words) for numbers in aligned.words]
    carrier = [tokens[-1] if tokens else -1 for tokens in aligned.tokens]
    tags, pos, morphs, lemmas, deps, to = [], [], [], [], [], []
    for token in plain:
        number = chosen[token.i]
        if number is None:
            tags.append("_SP")
            pos.append("SPACE")
            morphs.append("")
            lemmas.append(token.text)
            deps.append("dep")
            to.append(max(token.i - 1, 0) if token.i else min(1, len(plain) - 1))
            continue
        word = words[number]
        whole = aligned.words[token.i] == [number] and aligned.tokens[number] == [token.i]
        if carrier[number] != token.i:
            mark = not any(character.isalnum() for character in token.text)
            tags.append("HYPH" if mark else word.xpos)
            pos.append("PUNCT" if mark else word.upos)
            morphs.append("" if mark else word.feats)
            lemmas.append("")
            deps.append("punct" if mark else _PART)
            to.append(carrier[number])
            continue
        tags.append(word.xpos)
        pos.append(word.upos if word.upos != "_" else "X")
        morphs.append(word.feats)
        # "_" is spaCy's mark for a lemma that is not known; an empty one says the same here.
        lemmas.append(word.lemma if whole else "")
        head = _token_head(number, heads, carrier, token.i)
        deps.append(word.deprel if head != token.i else "root")
        to.append(head)
    return Doc(
        nlp.vocab,
        words=[token.text for token in plain],
        spaces=[bool(token.whitespace_) for token in plain],
        tags=tags,
        pos=pos,
        morphs=morphs,
        lemmas=lemmas,
        heads=_acyclic(to, deps),
        deps=deps,
    )


def _offsets(sentences: Sequence[Sentence]) -> Iterator[int]:
    offset = 0
    for sentence in sentences:
        yield offset
        offset += len(sentence.words)


def _head_word(numbers: Sequence[int], heads: Sequence[int], words: Sequence[Word]) -> int | None:
    """Return the word of a token whose head lies outside the token (the first, of several); None for whitespace."""
    inside = set(numbers)
    outside = (number for number in numbers if heads[number] == number or heads[number] not in inside)
    return next(outside, numbers[0] if numbers else None)


def _token_head(number: int, heads: Sequence[int], carrier: Sequence[int], token: int) -> int:
    """Return the token that carries the head of word ``number``; a head in the same token is passed over."""
    head = heads[number]
    for _ in range(len(heads)):
        if carrier[head] not in {token, -1}:
            return carrier[head]
        if heads[head] == head:
            break
        head = heads[head]
    return token


def _acyclic(heads: list[int], deps: list[str]) -> list[int]:
    """Return the heads without cycles (merged words could close one): a token in one becomes a root."""
    for i in range(len(heads)):
        seen, j = {i}, heads[i]
        while heads[j] != j:
            if j in seen:
                heads[i], deps[i] = i, "root"
                break
            seen.add(j)
            j = heads[j]
    return heads
