"""NER training documents for spaCy: gold passages, passages that the teacher labelled, and gold ones varied.

Whatever is not known well enough is marked as missing, so that training passes over it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, Span

from knowledge.pipelines.training.names import LABELS
from knowledge.pipelines.training.ner_data import Marked, title_label, title_spans
from knowledge.pipelines.training.teacher import Guess, Teacher, choices, decode

SURE_NAME = 0.6
"""A guessed name whose least sure token has less than this is left open."""
SURE_NOTHING = 0.7
"""So is a token outside of names, if the teacher gives less than this to its being in none."""
SHARE_REPLACED = 0.6
"""Of the names of a varied passage."""


def gold_doc(marked: Marked) -> Doc:
    """Return a gold passage as spaCy trains on it; what is uncertain is missing."""
    table = choices(marked).astype(np.float32)
    table[:, 0] *= 2  # An unknown token is in no name, and missing.
    missing = [allowed is not None for allowed in marked.allowed]
    return _annotated(marked.doc, decode(table), missing)


def completed_doc(marked: Marked, probabilities: NDArray[np.float32]) -> Doc:
    """Return a gold passage with the teacher's names where the treebank leaves something open."""
    possible = choices(marked)
    guesses = decode(probabilities, possible)
    certain = np.array([allowed is None for allowed in marked.allowed])
    table = np.where(possible, probabilities, 0.0)
    nothing = table[:, 0] / np.maximum(table.sum(axis=1), 1e-9)
    doubtful = ~certain & (nothing < SURE_NOTHING)
    return _sure(marked.doc, guesses, doubtful, [bool(certain[g.start : g.end].all()) for g in guesses])


def silver_doc(doc: Doc, probabilities: NDArray[np.float32], title: str = "") -> Doc:
    """Return an unlabelled passage with the teacher's names, and with its title's where the text says what that is."""
    guesses = decode(probabilities)
    label = title_label(title, doc.text) if title else None
    certain = [False] * len(guesses)
    if label is not None:
        spans = list(title_spans(doc, title))
        guesses = [
            guess for guess in guesses if all(guess.end <= span.start or span.end <= guess.start for span in spans)
        ]
        certain = [False] * len(guesses) + [True] * len(spans)
        guesses += [Guess(span.start, span.end, label, 1.0) for span in spans]
    return _sure(doc, guesses, probabilities[:, 0] < SURE_NOTHING, certain)


def _sure(doc: Doc, guesses: Sequence[Guess], doubtful: NDArray[np.bool_], certain: Sequence[bool]) -> Doc:
    """Keep the names that are sure (or certain anyway) and leave the others, and doubtful tokens, open."""
    missing = [bool(value) for value in doubtful]
    kept: list[Guess] = []
    for guess, is_certain in zip(guesses, certain, strict=True):
        if is_certain or guess.sure >= SURE_NAME:
            kept.append(guess)
        for i in range(guess.start, guess.end):
            missing[i] = not (is_certain or guess.sure >= SURE_NAME)
    return _annotated(doc, kept, missing)


def _annotated(doc: Doc, guesses: Iterable[Guess], missing: Sequence[bool]) -> Doc:
    """Set a document's entities; spaCy takes no whitespace at a name's ends."""
    spans: list[Span] = []
    for guess in sorted(guesses, key=lambda guess: guess.start):
        start, end = guess.start, guess.end
        while start < end and doc[start].is_space:
            start += 1
        while end > start and doc[end - 1].is_space:
            end -= 1
        if start < end and (not spans or spans[-1].end <= start):
            spans.append(Span(doc, start, end, label=guess.label))
    inside = {i for span in spans for i in range(span.start, span.end)}
    doc.set_ents(
        spans,
        missing=[doc[i : i + 1] for i, is_missing in enumerate(missing) if is_missing and i not in inside],
        default="outside",
    )
    return doc


def label_texts(nlp: Language, teacher: Teacher, texts: Sequence[tuple[str, str]], *, longest: int = 400) -> list[Doc]:
    """Return (title, text) pairs as silver documents; a text is cut after ``longest`` tokens."""
    docs = [nlp.make_doc(text)[:longest].as_doc() for _, text in texts]
    tables = teacher.label([[token.text for token in doc] for doc in docs])
    return [silver_doc(doc, table, title) for doc, table, (title, _) in zip(docs, tables, texts, strict=True)]


def pools(docs: Iterable[Doc], *, at_least: int = 1) -> dict[str, list[str]]:
    """Return the names that documents hold, by label, as stand-ins for others; one line each, no odd characters."""
    counts: dict[str, Counter[str]] = {label: Counter() for label in LABELS}
    for doc in docs:
        for entity in doc.ents:
            text = entity.text
            if text[:1].isupper() and text[-1].isalnum() and text.isprintable() and len(text) < 40:
                counts[entity.label_][text] += 1
    return {label: sorted(t for t, n in counter.items() if n >= at_least) for label, counter in counts.items()}


def varied(nlp: Language, marked: Marked, names: Mapping[str, Sequence[str]], chance: random.Random) -> Doc:
    """Return a gold passage with most of its names replaced by others of their label.

    So that the words around a name are learned, and more names than the treebanks hold.
    """
    source = gold_doc(marked)
    text = ""
    kept: list[tuple[int, int, str]] = []
    open_spans: list[tuple[int, int]] = []
    position = 0
    while position < len(source):
        token = source[position]
        if token.ent_iob_ == "B":
            end = position + 1
            while end < len(source) and source[end].ent_iob_ == "I":
                end += 1
            label, form = token.ent_type_, source[position:end].text
            if chance.random() < SHARE_REPLACED and names.get(label):
                form = chance.choice(names[label])
            kept.append((len(text), len(text) + len(form), label))
            text += form + source[end - 1].whitespace_
            position = end
            continue
        if token.ent_iob_ == "":
            open_spans.append((len(text), len(text) + len(token.text)))
        text += token.text_with_ws
        position += 1
    doc = nlp.make_doc(text)
    guesses: list[Guess] = []
    missing = [any(start < t.idx + len(t) and t.idx < end for start, end in open_spans) for t in doc]
    for start, end, label in kept:
        char_span = doc.char_span(start, end, label=label)
        if char_span is not None:
            guesses.append(Guess(char_span.start, char_span.end, label, 1.0))
        else:
            for t in doc:
                missing[t.i] = missing[t.i] or (start < t.idx + len(t) and t.idx < end)
    return _annotated(doc, guesses, missing)
