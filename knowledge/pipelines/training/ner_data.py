"""Training passages for NER: gold ones from the treebanks, and unlabelled ones with what their titles tell.

Every passage is cut by spaCy's default tokenizer. A token's mark is "O" or "B-"/"I-" and a label; where only some marks
can be ruled out, ``Marked.allowed`` says which labels remain possible.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span

from knowledge.pipelines.training.convert import Passage, Sentence, align, passages, read_conllu
from knowledge.pipelines.training.names import LABELS, Names, gum_names, read_uner, uner_names

ANYTHING = frozenset(LABELS)
_PARENTHESIS = re.compile(r"\s*\([^()]*\)$")
_IS = re.compile(r"\b(?:is|was|are|were)\s+(?:an?|the|one of)\s+", re.IGNORECASE)
_KIND_WORDS = 14
"""In how many words after "is a" the noun that says what a title names is looked for."""
# fmt: off
_KINDS: dict[str, frozenset[str]] = {
    "WORK": frozenset([
        "film", "movie", "album", "song", "single", "novel", "book", "play", "sitcom", "documentary", "miniseries",
        "opera", "magazine", "newspaper", "poem", "musical", "ep", "soundtrack", "anthology", "memoir", "painting",
        "telenovela", "manga", "anime", "thriller", "comedy",
    ]),
    "ORG": frozenset([
        "company", "corporation", "university", "college", "school", "organization", "organisation", "band", "club",
        "team", "party", "agency", "institute", "association", "manufacturer", "bank", "airline", "label", "orchestra",
        "brewery", "retailer", "publisher", "foundation", "studio", "subsidiary", "duo",
    ]),
    "PLACE": frozenset([
        "village", "town", "city", "river", "lake", "mountain", "county", "municipality", "island", "district",
        "country", "region", "province", "neighborhood", "suburb", "township", "commune", "stadium", "airport", "park",
        "building", "road", "highway", "hotel", "cemetery", "museum", "castle", "community", "census-designated",
    ]),
    "EVENT": frozenset([
        "war", "battle", "tournament", "festival", "championship", "championships", "election", "elections", "season",
        "ceremony", "edition", "siege", "earthquake", "hurricane", "massacre", "revolution", "conference",
    ]),
    "PRODUCT": frozenset([
        "software", "aircraft", "locomotive", "car", "smartphone", "ship", "destroyer", "console", "rifle", "missile",
        "automobile", "spacecraft", "satellite", "submarine", "computer", "motorcycle", "video-game", "videogame",
        "drink", "beer", "whisky", "app", "platform",
    ]),
    "PERSON": frozenset([
        "actor", "actress", "singer", "politician", "footballer", "player", "director", "writer", "author", "composer",
        "musician", "producer", "screenwriter", "king", "queen", "emperor", "bishop", "nobleman", "poet", "painter",
        "professor", "lawyer", "businessman", "son", "daughter", "wife", "journalist", "scientist", "historian",
        "novelist", "songwriter", "filmmaker", "cricketer", "engineer", "physicist", "princess", "prince", "model",
        "comedian", "officer", "duke", "count", "countess", "rapper", "cinematographer", "coach", "swimmer",
    ]),
}
# fmt: on


@dataclass(slots=True)
class Marked:
    """A passage cut into tokens, and what is known of each.

    Attributes
    ----------
    doc
        The default tokenizer's tokens.
    marks
        One of each token: "O", "B-X" or "I-X".
    allowed
        One of each token: None where the mark is certain; else the labels that a name here could have (it may also be
        no name at all).
    lost
        The labels of names that the tokenizer does not cut out: they are missed, whatever is found.
    """

    doc: Doc
    marks: list[str]
    allowed: list[frozenset[str] | None]
    lost: list[str] = field(default_factory=list)


def gum(nlp: Language, path: Path, *, words: int | None = 90, seed: int | None = 11) -> list[Marked]:
    """Return the passages of a GUM file with their names. ``words`` and ``seed`` are those of ``passages``."""
    return [mark(nlp, passage, gum_names) for passage in passages(read_conllu(path), words=words, seed=seed)]


def ewt(nlp: Language, path: Path, marks: Path, *, words: int | None = 90, seed: int | None = 11) -> list[Marked]:
    """Return the passages of an EWT file with the names that Universal NER marks."""
    table = read_uner(marks)
    sentences = [sentence for sentence in read_conllu(path) if sentence.id in table]
    return [
        mark(nlp, passage, lambda sentence: uner_names(sentence, table))
        for passage in passages(sentences, words=words, seed=seed)
    ]


def mark(nlp: Language, passage: Passage, names: Callable[[Sentence], Names]) -> Marked:
    """Lay the names of a passage's sentences over its tokens; a name that they cannot render is unknown."""
    doc = nlp.make_doc(passage.text)
    words = [word for sentence in passage.sentences for word in sentence.words]
    aligned = align(doc, words)
    marks = ["O"] * len(doc)
    allowed: list[frozenset[str] | None] = [None] * len(doc)
    lost: list[str] = []
    offset = 0
    for sentence in passage.sentences:
        found = names(sentence)
        for index, labels in found.allowed.items():
            for token in aligned.tokens[offset + index]:
                allowed[token] = labels
        for name in found.names:
            mine = range(offset + name.start, offset + name.end)
            tokens = sorted({token for index in mine for token in aligned.tokens[index]})
            # A name has no holes: the whitespace tokens inside of it belong to it.
            whole = all(index in mine for token in tokens for index in aligned.words[token])
            if not whole or not tokens:
                lost.append(name.label)
            for token in range(tokens[0], tokens[-1] + 1) if tokens else ():
                marks[token] = f"{'B' if token == tokens[0] else 'I'}-{name.label}" if whole else "O"
                allowed[token] = None if whole else ANYTHING
        offset += len(sentence.words)
    return Marked(doc, marks, allowed, lost)


def split(marked: Sequence[Marked], every: int) -> tuple[list[Marked], list[Marked]]:
    """Return the passages to train on, and every ``every``-th one to choose with."""
    return [m for i, m in enumerate(marked) if i % every], [m for i, m in enumerate(marked) if not i % every]


def title_label(title: str, text: str) -> str | None:
    """Return what a document's first sentence says its title names, if it says so plainly.

    "Ada (born 1815) was an English mathematician" is a PERSON, "Ada is a 1961 film" a WORK; None: not known.
    """
    name = _PARENTHESIS.sub("", title)
    if not text.startswith(name) or not name[:1].isalnum() or name.startswith("List of"):
        return None
    start = _IS.search(text, len(name))
    if start is None or start.start() - len(name) > 160:
        return None
    for word in re.split(r"[\s,;()]+", text[start.end() : start.end() + 200])[:_KIND_WORDS]:
        plain = word.lower().rstrip(".")
        for label, nouns in _KINDS.items():
            if plain in nouns:
                return label
        if word.endswith("."):
            break
    return None


def titled(nlp: Language, title: str, text: str) -> Marked | None:
    """Return the text with its title marked wherever it stands; None where the title's label is not known.

    Of other tokens, those without a capital are taken for no names; the rest is left open.
    """
    label = title_label(title, text)
    if label is None:
        return None
    doc = nlp.make_doc(text)
    allowed: list[frozenset[str] | None] = [ANYTHING if _may_be_name(token.text) else None for token in doc]
    marks = ["O"] * len(doc)
    for span in title_spans(doc, title):
        for token in span:
            marks[token.i] = f"{'B' if token.i == span.start else 'I'}-{label}"
            allowed[token.i] = None
    return Marked(doc, marks, allowed)


def title_spans(doc: Doc, title: str) -> Iterator[Span]:
    """Yield where the title (without a trailing parenthesis) stands: at the start, and again if it is long enough."""
    name = _PARENTHESIS.sub("", title)
    for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", doc.text):
        span = doc.char_span(found.start(), found.end())
        if span is not None and (found.start() == 0 or " " in name):
            yield span


def _may_be_name(form: str) -> bool:
    return any(character.isupper() or character.isdigit() for character in form)


def articles(path: Path) -> list[tuple[str, str]]:
    """Return (title, text) of a corpus.json of passages, each text once, in the file's order."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return list({row["text"]: (row["title"], row["text"]) for row in rows}.values())


def contexts(path: Path) -> list[str]:
    """Return the contexts of a reading set (JSON lines), each once, in the file's order."""
    with path.open(encoding="utf-8") as lines:
        return list(dict.fromkeys(json.loads(line)["context"] for line in lines))


def raw_passages(path: Path, *, seed: int) -> list[Passage]:
    """Return a treebank's passages, to be labelled by the teacher."""
    return list(passages(read_conllu(path), words=90, seed=seed))


def title_examples(
    nlp: Language, corpus: Iterable[tuple[str, str]], *, each: int, longest: int, seed: int
) -> list[Marked]:
    """Return at most ``each`` title-marked texts of every label, cut after ``longest`` tokens."""
    rows = list(corpus)
    random.Random(seed).shuffle(rows)
    counts = dict.fromkeys(LABELS, 0)
    found: list[Marked] = []
    for title, text in rows:
        label = title_label(title, text)
        if label is None or counts[label] >= each:
            continue
        marked = titled(nlp, title, text)
        if marked is not None:
            counts[label] += 1
            end = min(longest, len(marked.doc))
            found.append(Marked(marked.doc[:end].as_doc(), marked.marks[:end], marked.allowed[:end]))
    return found
