"""A parsed text as plain lists, in Universal Dependencies whichever labels the pipeline was trained on.

Rules walk a text's tokens many times; lists answer an order of magnitude faster than spaCy's token objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from knowledge.extract.candidate import Candidate
from knowledge.extract.english.layout import Layout, Sentence

if TYPE_CHECKING:
    from spacy.tokens import Doc

# The labels of pipelines trained on OntoNotes, as spaCy's own English ones are (ClearNLP), and their universal names.
_UNIVERSAL = {
    "dobj": "obj",
    "dative": "iobj",
    "nsubjpass": "nsubj:pass",
    "csubjpass": "csubj:pass",
    "auxpass": "aux:pass",
    "poss": "nmod:poss",
    "relcl": "acl:relcl",
    "npadvmod": "obl:unmarked",
    "prt": "compound:prt",
    "neg": "advmod",
    "nn": "compound",
    "ROOT": "root",
}


@dataclass(slots=True)
class Parse:
    """Tokens by number: ``start[i]``, ``dep[i]``, …"""

    start: list[int]
    end: list[int]
    """Half-open character offsets."""
    lower: list[str]
    lemma: list[str]
    """In lower case."""
    pos: list[str]
    """Universal part of speech."""
    tag: list[str]
    """The pipeline's own tag."""
    dep: list[str]
    head: list[int]
    """A root's head is itself."""
    sentences: list[Sentence]
    named: list[tuple[int, int, str]] = field(default_factory=list)
    """What the pipeline named: half-open character offsets and its label."""
    children: list[list[int]] = field(default_factory=list)
    """In order of the text."""
    candidate: list[Candidate | None] = field(default_factory=list)
    """The candidate that each token is part of."""

    def __post_init__(self) -> None:
        if "pobj" in self.dep or "attr" in self.dep or "dobj" in self.dep:
            self._make_universal()
        self._mend()
        self._link()
        self.candidate = [None] * len(self.start)

    def _mend(self) -> None:
        """Hand on what a year took from its noun: "is a 1947 film" says of the film, not of 1947, what something is."""
        for token, head in enumerate(self.head):
            if self.dep[token] in ("nsubj", "cop", "aux", "det") and self.dep[head] in ("nummod", "amod"):
                noun = self.head[head]
                if noun > head > token and self.pos[head] in ("NUM", "ADJ") and self.pos[noun] in ("NOUN", "PROPN"):
                    self.head[token] = noun

    def _link(self) -> None:
        self.children = [[] for _ in self.start]
        for token, head in enumerate(self.head):
            if head != token:
                self.children[head].append(token)

    def place(self, candidates: Sequence[Candidate]) -> None:
        """Note which tokens are part of which candidates, given in order and without overlap."""
        self.candidate = [None] * len(self.start)
        # Remarks in brackets come after what follows them in the text.
        order = sorted(range(len(self.start)), key=self.start.__getitem__)
        place = 0
        for candidate in candidates:
            while place < len(order) and self.end[order[place]] <= candidate.start:
                place += 1
            while place < len(order) and self.start[order[place]] < candidate.end:
                self.candidate[order[place]] = candidate
                place += 1

    def before(self, offset: int) -> Candidate | None:
        """Return the candidate that ends right before an offset, a space or a quotation mark apart."""
        for token in range(len(self.start)):
            if (found := self.candidate[token]) and 0 <= offset - found.end <= 2:
                return found
        return None

    def child(self, token: int, *deps: str) -> int | None:
        """Return the first child with one of these labels."""
        return next((c for c in self.children[token] if self.dep[c] in deps), None)

    def all(self, token: int, *deps: str) -> list[int]:
        """Return the children with one of these labels."""
        return [c for c in self.children[token] if self.dep[c] in deps]

    def _make_universal(self) -> None:
        """Turn prepositions and copulas round: content words govern them in Universal Dependencies."""
        self.dep = [_UNIVERSAL.get(dep, dep) for dep in self.dep]
        for token, dep in enumerate(self.dep):
            head = self.head[token]
            if dep in ("pobj", "pcomp") and self.dep[head] in ("prep", "agent", "dative"):
                above = self.head[head]
                self.dep[token] = "nmod" if self.pos[above] in ("NOUN", "PROPN", "PRON", "NUM") else "obl"
                self.head[token], self.head[head], self.dep[head] = above, token, "case"
        for token, dep in enumerate(self.dep):
            head = self.head[token]
            if dep in ("attr", "acomp") and self.lemma[head] == "be":
                self.dep[token] = self.dep[head]
                self.head[token] = token if self.head[head] == head else self.head[head]
                for other in range(len(self.head)):
                    if self.head[other] == head and other not in (head, token):
                        self.head[other] = token
                self.head[head], self.dep[head] = token, "cop"


def _lemma(lemma: str, word: str) -> str:
    """Return a word's lemma; of an unknown verb a lemmatizer leaves the consonant that its ending doubled ("starr")."""
    if not lemma:
        return word
    doubled = len(lemma) > 3 and lemma[-1] == lemma[-2] and lemma[-1] in "bdgmnprt"
    return lemma[:-1] if doubled and word in (f"{lemma}ing", f"{lemma}ed") else lemma


def parse(doc: Doc, layout: Layout, named: Sequence[tuple[int, int, str]] = ()) -> Parse:
    """Return a parsed layout as lists; ``named`` is kept with it."""
    # One array for all tokens: asking each token for each of these takes many times longer.
    values = doc.to_array(["LOWER", "LEMMA", "POS", "TAG", "DEP"])
    names = {value: doc.vocab.strings[value] for value in set(map(int, values.ravel()))}
    lower, lemma, pos, tag, dep = ([names[value] for value in column] for column in values.T.tolist())
    offsets = doc.to_array(["HEAD"]).astype("int64").ravel().tolist()
    return Parse(
        start=layout.start,
        end=layout.end,
        lower=lower,
        lemma=[_lemma(one.lower(), word) for one, word in zip(lemma, lower, strict=True)],
        pos=pos,
        tag=tag,
        dep=[_UNIVERSAL["ROOT"] if one == "ROOT" else one for one in dep],
        head=[place + offset for place, offset in enumerate(offsets)],
        sentences=layout.sentences,
        named=list(named),
    )
