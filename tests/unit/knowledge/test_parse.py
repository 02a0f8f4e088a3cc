"""Parses as lists: universal labels from pipelines that were trained on others, and what is mended."""

from __future__ import annotations

from functools import cache

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from knowledge.extract.candidate import Candidate
from knowledge.extract.english.layout import Layout, Sentence, lay_out
from knowledge.extract.english.parse import Parse, parse
from knowledge.extract.english.relations import english_statements
from knowledge.language import sentences

WORDS = ["Beta", "was", "acquired", "by", "Acme", "in", "Oslo", "."]
UNIVERSAL = (["nsubj:pass", "aux:pass", "root", "case", "obl", "case", "obl", "punct"], [2, 2, 2, 4, 2, 6, 2, 2])
CLEAR = (["nsubjpass", "auxpass", "ROOT", "agent", "pobj", "prep", "pobj", "punct"], [2, 2, 2, 2, 3, 2, 5, 2])
POS = ["PROPN", "AUX", "VERB", "ADP", "PROPN", "ADP", "PROPN", "PUNCT"]


@cache
def english() -> Language:
    return spacy.blank("en")


def parsed(words, labels, pos, lemmas=None, tags=None) -> Parse:
    deps, heads = labels
    doc = Doc(
        english().vocab,
        words=words,
        deps=deps,
        heads=heads,
        pos=pos,
        lemmas=lemmas or [word.lower() for word in words],
        tags=tags or ["" for _ in words],
    )
    layout = Layout(
        words=words,
        spaces=[True] * len(words),
        start=[token.idx for token in doc],
        end=[token.idx + len(token) for token in doc],
        sentences=[Sentence(0, len(words), 0, len(doc.text))],
    )
    return parse(doc, layout)


def said(p: Parse, *names: str) -> list[tuple[str, str, str]]:
    """Return what the first sentence says between ``names``."""
    words = {p.start[i]: i for i in range(len(p.start))}
    candidates = [Candidate(p.start[i], p.end[i], "NAME", "shape") for i in range(len(p.start)) if p.lower[i] in names]
    p.place(candidates)
    return [
        (p.lower[words[s.subject.start]], s.predicate, p.lower[words[s.object.start]])
        for s in english_statements(p, {})
    ]


def test_both_kinds_of_labels_say_the_same() -> None:
    lemmas = ["Beta", "be", "acquire", "by", "Acme", "in", "Oslo", "."]
    tags = ["NNP", "VBD", "VBN", "IN", "NNP", "IN", "NNP", "."]
    found = [said(parsed(WORDS, labels, POS, lemmas, tags), "beta", "acme", "oslo") for labels in (UNIVERSAL, CLEAR)]
    assert found[0] == [("acme", "acquire", "beta"), ("beta", "acquired in", "oslo")]
    assert found[1] == found[0]


def test_copulas_of_both_kinds() -> None:
    words = ["Lee", "is", "the", "director", "of", "Acme", "."]
    pos = ["PROPN", "AUX", "DET", "NOUN", "ADP", "PROPN", "PUNCT"]
    lemmas = ["lee", "be", "the", "director", "of", "acme", "."]
    universal = (["nsubj", "cop", "det", "root", "case", "nmod", "punct"], [3, 3, 3, 3, 5, 3, 3])
    clear = (["nsubj", "ROOT", "det", "attr", "prep", "pobj", "punct"], [1, 1, 3, 1, 3, 4, 1])
    for labels in (universal, clear):
        assert said(parsed(words, labels, pos, lemmas), "lee", "acme") == [("lee", "director of", "acme")]


def test_a_year_hands_on_its_subject() -> None:
    words = ["Heat", "is", "a", "1995", "film", "by", "Mann"]
    pos = ["PROPN", "AUX", "DET", "NUM", "NOUN", "ADP", "PROPN"]
    lemmas = ["heat", "be", "a", "1995", "film", "by", "mann"]
    # As parsers get it wrong: the subject and the copula under the year.
    p = parsed(words, (["nsubj", "cop", "det", "nummod", "root", "case", "nmod"], [3, 3, 3, 4, 4, 6, 4]), pos, lemmas)
    assert said(p, "heat", "mann") == [("heat", "film by", "mann")]


def test_children_and_candidates() -> None:
    p = parsed(WORDS, UNIVERSAL, POS)
    assert p.children[2] == [0, 1, 4, 6, 7]
    assert p.all(2, "obl") == [4, 6]
    assert p.child(2, "obj") is None
    whole = Candidate(0, len("Beta was"), "ORG", "ner")
    p.place([whole])
    assert p.candidate == [whole, whole, *[None] * 6]


def laid_out(text: str, *names: str) -> Layout:
    tokens = english()(text)
    spans = sorted((text.index(name), text.index(name) + len(name)) for name in names)
    return lay_out(tokens, text, sentences(text, "en"), spans)


def test_names_are_read_as_one_word() -> None:
    text = "Tough to Handle is a film. Ann saw Tough to Handle."
    layout = laid_out(text, "Tough to Handle")
    assert layout.words == ["Smith", "is", "a", "film", ".", "Ann", "saw", "Tough", "to", "Handle", "."]
    assert text[layout.start[0] : layout.end[0]] == "Tough to Handle"
    assert [(s.first, s.last) for s in layout.sentences] == [(0, 5), (5, 11)]


def test_brackets_are_read_after_their_sentence() -> None:
    text = "Acme (owned by Beta) sells. It (now) buys."
    layout = laid_out(text)
    assert layout.words == ["Acme", "sells", ".", "owned", "by", "Beta", "It", "buys", ".", "now"]
    assert [text[a:b] for a, b in zip(layout.start, layout.end, strict=True)] == layout.words
    assert [(s.start, s.end, s.bracket) for s in layout.sentences] == [
        (0, 27, None),
        (0, 27, 5),
        (28, 42, None),
        (28, 42, 31),
    ]


def test_layouts_of_nothing() -> None:
    for text in ("", " ", "\n\n", "()", "( )"):
        layout = laid_out(text)
        layout.doc(english().vocab)
        assert len(layout.start) == len(layout.words)
