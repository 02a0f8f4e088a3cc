"""Clauses of a parsed English text: what does something, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from knowledge.extract.candidate import Candidate, merge
from knowledge.extract.english.layout import Sentence
from knowledge.extract.english.lexicon import kind_of
from knowledge.extract.english.names import english_candidates, quoted
from knowledge.extract.english.parse import Parse
from knowledge.extract.english.pipeline import EnglishPipeline
from knowledge.extract.english.topic import Topic, names_of_title
from knowledge.names import NameIndex
from knowledge.types import DATE, NAME, PERSON, PLACE, VALUES
from knowledge.values import find_values
from rag.training.questions_verbs import listed

_BORN = re.compile(r"\(\s{0,2}(?:born|née?)\b")
_OPENING = 60
"""Characters beyond the title's in which a text says when someone was born."""
_SUBJECTS = ("nsubj", "nsubj:pass")
# fmt: off
_PARTS = frozenset([
    "det", "det:predet", "amod", "compound", "nummod", "nmod:poss", "nmod:desc", "nmod:unmarked", "flat", "fixed",
    "nmod", "conj", "cc", "advmod", "goeswith",
])
"""What belongs to a noun phrase as it is asked for; relative clauses and what stands in apposition do not."""
_MODAL = frozenset(["may", "might", "would", "could", "ca", "wo"])
# fmt: on


@dataclass(slots=True)
class Reading:
    """A text with its parse, and what stands for its topic."""

    text: str
    parse: Parse
    topic: Topic
    stand_ins: dict[int, Candidate]
    values: list[Candidate]

    def shown(self, tokens: Sequence[int]) -> str:
        """Return tokens as written, without the quotation marks around names and what stands in brackets between."""
        parts: list[str] = []
        before = -1
        for token in tokens:
            if self.parse.lower[token] in ('"', "“", "”", "``", "''"):
                continue
            word = " ".join(self.text[self.parse.start[token] : self.parse.end[token]].split()).strip('"“”')
            near = before >= 0 and (
                self.parse.start[token] == self.parse.end[before] or self.parse.lower[token] in (",", "'s", "’s", "'")
            )
            parts.append(word if near or not parts else f" {word}")
            before = token
        return "".join(parts).strip()

    def is_topic(self, token: int) -> bool:
        """Tell whether a token stands for the topic or names it."""
        if token in self.stand_ins:
            return True
        named = self.parse.candidate[token]
        return named is not None and self.topic.is_named(self.text[named.start : named.end])

    def type_of(self, token: int) -> str:
        """Return the type of what a token is part of, or nothing for what is no name."""
        if self.is_topic(token):
            return self.topic.type
        named = self.parse.candidate[token]
        return named.type if named else ""

    def values_in(self, start: int, end: int) -> list[Candidate]:
        """Return the values that touch a stretch of the text."""
        return [value for value in self.values if value.start < end and start < value.end]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase, or what else a clause says of its subject."""

    dep: str
    head: int
    tokens: tuple[int, ...]
    """Without its prepositions."""
    case: tuple[int, ...] = ()
    """Its prepositions."""

    @property
    def whole(self) -> tuple[int, ...]:
        """Prepositions and the rest."""
        return self.case + self.tokens


@dataclass(slots=True)
class Clause:
    """One verb with its subject."""

    verb: int
    subject: Phrase
    aux: tuple[int, ...]
    passive: bool
    said: str = ""
    """The auxiliary of a participle that has none of its own: "directed by X" was directed by X."""
    phrases: list[Phrase] = field(default_factory=list)
    """In order of the text."""
    sentence: tuple[int, int] = (0, 0)
    """Half-open character offsets."""


def read(texts: Sequence[str], topics: Sequence[Topic], pipeline: EnglishPipeline) -> Iterator[Reading]:
    """Yield the readings of texts; topics that are not defined yet are defined by their text."""
    known: list[list[Candidate]] = []
    for text, topic in zip(texts, topics, strict=True):
        index = NameIndex((form, form) for form in sorted({*names_of_title(topic.title)} - {""}))
        titles = [Candidate(hit.start, hit.end, NAME, "title") for hit in index.find(text)]
        values = [Candidate(v.start, v.end, v.type, "value", v.key) for v in find_values(text, "en")]
        known.append([*titles, *values])
    phrases = [_phrases(text, found) for text, found in zip(texts, known, strict=True)]
    for text, topic, found, parsed in zip(texts, topics, known, pipeline.read(texts, phrases), strict=True):
        candidates = merge([*found, *english_candidates(text, parsed, found)])
        parsed.place(candidates)
        if not topic.defined:
            topic.define(text, parsed)
        if topic.type == NAME:
            kinds = [c.type for c in candidates if topic.is_named(text[c.start : c.end]) and c.type != NAME]
            topic.type = kinds[0] if kinds else NAME
        if not any(kind_of(noun) for noun in topic.nouns) and _BORN.search(text[: len(topic.title) + _OPENING]):
            topic.type = PERSON
        values = [c for c in candidates if c.type in VALUES]
        yield Reading(text, parsed, topic, topic.stand_ins(text, parsed), values)


def _phrases(text: str, known: Iterable[Candidate]) -> list[tuple[int, int]]:
    """Return what the parser is to read as one name: the title, and titles of works in quotation marks."""
    spans = []
    for c in merge([*(c for c in known if c.origin == "title"), *quoted(text)]):
        if c.origin == "title" and not (" " in text[c.start : c.end] and text[c.start].isupper()):
            continue
        around = c.origin == "rule" and text[c.start - 1 : c.start] in ('"', "“") and text[c.end : c.end + 1] in '"”'
        spans.append((c.start - 1, c.end + 1) if around else (c.start, c.end))
    return spans


def noun_phrase(p: Parse, head: int, dep: str) -> Phrase | None:
    """Return the phrase around a noun without relative clauses and asides, or None where it would fall apart."""
    case = tuple(c for c in p.children[head] if p.dep[c] == "case" and c < head)
    tokens = sorted(_part(p, head))
    inside = [t for t in range(tokens[0], tokens[-1] + 1) if t not in tokens]
    # Of a list all or nothing: half of it would be a wrong answer.
    if any(c not in tokens and p.pos[c] not in ("VERB", "AUX") for c in p.all(head, "conj")):
        return None
    if any(p.pos[t] != "PUNCT" or p.lower[t] in ("(", ")", ";", ":", "–", "—") for t in inside):
        return None
    # What ends in "'s" is an owner whose thing the parse has lost.
    if any(t > tokens[0] for t in case) or p.lower[tokens[-1]] in ("'s", "’s", "'"):
        return None
    return Phrase(dep, head, tuple(range(tokens[0], tokens[-1] + 1)), case)


def _part(p: Parse, head: int) -> Iterator[int]:
    yield head
    for child in p.children[head]:
        dep = p.dep[child]
        if dep == "case" and (child > head or p.lower[child] in ("'s", "’s", "'")):
            yield child
        elif dep in _PARTS or (
            dep == "appos" and (_is_beside(p, head, child) or (_is_place(p, child) and _is_place(p, head)))
        ):
            if dep == "advmod" and child > head:
                continue
            if dep == "conj" and p.pos[child] not in ("NOUN", "PROPN", "NUM", "ADJ"):
                continue
            yield from _branch(p, child)


def _branch(p: Parse, token: int) -> Iterator[int]:
    """Yield a part of a noun phrase with its preposition."""
    for case in p.children[token]:
        if p.dep[case] in ("case", "cc", "punct") and case < token and p.lower[case] not in ("(", "–", ";"):
            yield case
    yield from _part(p, token)


def _is_beside(p: Parse, head: int, other: int) -> bool:
    """Tell whether a name follows its noun without a comma: "the film Heat"."""
    return head < other <= head + 2 and all(p.lower[t] in ('"', "“", "‘", "'") for t in range(head + 1, other))


def _is_place(p: Parse, token: int) -> bool:
    named = p.candidate[token]
    return named is not None and named.type == PLACE


def is_whole(r: Reading, sentence: Sentence) -> bool:
    """Tell whether a sentence is one: not a remark, a heading, a question or a row of a table."""
    shown = r.text[sentence.start : sentence.end]
    ends = shown.rstrip("\"”’')")[-1:] in (".", "!")
    return sentence.bracket is None and ends and "|" not in shown and shown.lstrip('"“‘( ')[:1].isupper()


def clauses(r: Reading) -> Iterator[Clause]:
    """Yield the clauses of main sentences whose subject can be told, in order of the text."""
    p = r.parse
    for sentence in r.parse.sentences:
        if not is_whole(r, sentence):
            continue
        bounds = (sentence.start, sentence.end)
        for token in range(sentence.first, sentence.last):
            if p.pos[token] == "VERB":
                found = _main(r, token) or _participle(r, token)
                if found is not None:
                    found.sentence = bounds
                    found.phrases = list(_said(p, found))
                    yield found


def _main(r: Reading, verb: int) -> Clause | None:
    """Return the clause of a verb that heads a sentence, or is joined to one that does."""
    p = r.parse
    first = verb
    while p.dep[first] == "conj" and p.pos[p.head[first]] == "VERB":
        first = p.head[first]
    if p.dep[first] != "root":
        return None
    subject = p.child(verb, *_SUBJECTS)
    aux = tuple(p.all(verb, "aux", "aux:pass"))
    passive = p.child(verb, "aux:pass") is not None
    if subject is None and verb != first:
        subject = p.child(first, *_SUBJECTS)
        if not aux and p.tag[verb] == "VBN" and p.child(first, "aux:pass") is not None:
            aux, passive = tuple(p.all(first, "aux", "aux:pass")), True
    if subject is None or subject > verb or any(a > verb or p.lower[a] in _MODAL for a in aux):
        return None
    if p.tag[verb] in ("VBN", "VBG", "VB") and not aux:
        return None
    if any(
        p.dep[c] in ("mark", "expl") or p.lower[c] in ("not", "n't", "never", "if", "there") for c in p.children[verb]
    ):
        return None
    phrase = noun_phrase(p, subject, p.dep[subject])
    return Clause(verb, phrase, aux, passive) if phrase else None


def _participle(r: Reading, verb: int) -> Clause | None:
    """Return what a participle says of a sentence's subject: "X is a film directed by Y"."""
    p = r.parse
    noun = p.head[verb]
    if p.dep[verb] not in ("acl", "conj") or p.tag[verb] != "VBN" or p.all(verb, *_SUBJECTS, "aux", "aux:pass", "mark"):
        return None
    if p.dep[verb] == "conj" and p.pos[noun] == "VERB" and p.dep[noun] == "acl":
        noun = p.head[noun]
    copula = p.child(noun, "cop")
    if copula is None or p.dep[noun] != "root" or noun > verb:
        return None
    subject = p.child(noun, *_SUBJECTS)
    if subject is None or subject > copula or p.child(noun, "aux") is not None:
        return None
    # Between the noun and its participle stands no other name that it could be said of.
    between = (t for t in range(noun + 1, verb) if p.dep[t] in ("nmod", "conj", "appos", "flat"))
    if p.dep[verb] == "acl" and p.lower[verb - 1] != "," and any(p.pos[t] == "PROPN" for t in between):
        return None
    phrase = noun_phrase(p, subject, p.dep[subject])
    if phrase is None:
        return None
    said = (
        p.lower[copula]
        if p.lower[verb] in listed("states")
        else ("were" if p.lower[copula] in ("are", "were") else "was")
    )
    return Clause(verb, phrase, (), True, said)


def _said(p: Parse, clause: Clause) -> Iterator[Phrase]:
    """Yield what a clause says beside its subject and verb."""
    for child in p.children[clause.verb]:
        dep = p.dep[child]
        if dep in ("obj", "iobj", "obl", "obl:agent", "obl:unmarked"):
            yield noun_phrase(p, child, dep) or Phrase("broken", child, ())
        elif dep in ("compound:prt",):
            yield Phrase(dep, child, (child,))
        elif dep in ("xcomp", "ccomp", "obl:npmod", "parataxis", "csubj", "dep", "discourse"):
            yield Phrase("other", child, ())
        elif dep == "advmod" and child > clause.verb:
            yield Phrase(dep, child, (child,))


def is_date(r: Reading, phrase: Phrase) -> Candidate | None:
    """Return the date that a phrase consists of, if it does."""
    if not phrase.tokens:
        return None
    start, end = r.parse.start[phrase.tokens[0]], r.parse.end[phrase.tokens[-1]]
    dates = [value for value in r.values_in(start, end) if value.type == DATE]
    if len(dates) != 1:
        return None
    around = r.text[start : dates[0].start] + r.text[dates[0].end : end]
    return dates[0] if not around.strip(" ,.") else None


def is_person(r: Reading, phrase: Phrase) -> bool:
    """Tell whether a phrase names a person."""
    return r.type_of(phrase.head) == PERSON
