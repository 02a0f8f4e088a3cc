"""Words that stand for what a document is about: "He was born in Oslo", "The film was released in 1994".

The topic is the title's thing. A pronoun stands for it only where that is safe: the document begins by saying what its
topic is, the pronoun agrees with that, and no other subject of the same kind has come between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from knowledge.extract.candidate import Candidate
from knowledge.extract.english.lexicon import is_role, kind_of
from knowledge.extract.english.parse import Parse
from knowledge.resolve import entity_key, without_parenthesis
from knowledge.types import NAME, PERSON, VALUES
from knowledge.wordlists import word_lists

_WORD = re.compile(r"\w+")
_FIRST = 2
"""Sentences in which a definition is looked for."""
_SUBJECTS = ("nsubj", "nsubj:pass")


@dataclass(slots=True)
class Topic:
    """What a document is about, as it becomes known while reading."""

    title: str
    key: str = ""
    type: str = NAME
    nouns: set[str] = field(default_factory=set)
    """What the document says it is: "film", "director"."""
    gender: str = ""
    """"male" or "female", from the first pronoun that stood for the topic."""
    issuer: str = ""
    """The key of the organisation that speaks as "we" and is called "the Company"."""

    def __post_init__(self) -> None:
        self.key = entity_key(self.title)
        plain = without_parenthesis(self.title)
        if plain != self.title:
            self.type = kind_of(self.title[len(plain) :].strip(" ()（）").split()[-1].lower()) or NAME

    @property
    def defined(self) -> bool:
        """Whether the document says what its topic is."""
        return bool(self.nouns)

    def is_named(self, text: str) -> bool:
        """Tell whether ``text`` is the title, with or without its parenthesis."""
        plain = _plain(text)
        forms = [_plain(form) for form in names_of_title(self.title)]
        if plain in forms or self.type != PERSON:
            return plain in forms
        # A person is called by the last name, or the first; "Charles III of Spain" not by Spain.
        called = forms[-1].partition(" of ")[0].split()
        return len(called) > 1 and plain in (called[0], called[-1])

    def define(self, text: str, p: Parse) -> Candidate | None:
        """Look for a definition in a document's first sentences, and note what it says.

        Returns
        -------
        The name by which the definition calls the topic, where that is not the title.
        """
        for first, last, *_ in p.sentences[:_FIRST]:
            for i in range(first, last):
                subject = p.child(i, *_SUBJECTS)
                if subject is None or p.child(i, "cop") is None or p.pos[i] not in ("NOUN", "PROPN", "ADJ"):
                    continue
                named = p.candidate[subject]
                if earlier := next(
                    (c for j in range(first, subject) if (c := p.candidate[j]) and self._is_title(text, c)), None
                ):
                    named = earlier
                if named is None or not (self.is_named(text[named.start : named.end]) or self._akin(text, named)):
                    continue
                nouns = [n for n in (i, *p.all(i, "conj")) if p.pos[n] == "NOUN" or kind_of(p.lower[n])]
                if not nouns:
                    continue
                self.nouns = {p.lemma[n].lower() for n in nouns}
                # "one of the …": what it is one of says more.
                self.nouns |= {
                    p.lemma[m] for n in nouns for m in p.all(n, "nmod") if p.lemma[n] in ("one", "part", "member")
                }
                kinds = [kind for n in nouns if (kind := kind_of(p.lemma[n]) or kind_of(p.lower[n]))]
                if kinds:
                    # "a film and television actor" is a person.
                    self.type = PERSON if PERSON in kinds else kinds[0]
                elif named.type != NAME and self.type == NAME:
                    self.type = named.type
                return None if self.is_named(text[named.start : named.end]) else named
        return None

    def _is_title(self, text: str, named: Candidate) -> bool:
        return self.is_named(text[named.start : named.end])

    def _akin(self, text: str, named: Candidate) -> bool:
        """Tell whether a definition's subject is a fuller or shorter form of the title."""
        mine = _plain(without_parenthesis(self.title)).split()
        other = _plain(text[named.start : named.end]).split()
        if named.type in VALUES or not mine or not other:
            return False
        return mine[-1] == other[-1] or len(set(mine) & set(other)) * 2 >= min(len(mine), len(other))

    def stand_ins(self, text: str, p: Parse) -> dict[int, Candidate]:
        """Return the words of ``text`` that stand for the topic, as candidates by token."""
        found: dict[int, Candidate] = {}
        safe = self.defined
        for first, last, *_ in p.sentences:
            subjects = [i for i in range(first, last) if p.dep[i] in _SUBJECTS]
            for i in range(first, last):
                if p.pos[i] == "PRON" and (candidate := self._pronoun(p, i, safe=safe, first=first, subjects=subjects)):
                    found[i] = candidate
                elif p.pos[i] in ("NOUN", "PROPN") and p.candidate[i] is None and self._is_called(p, i):
                    found[i] = self._candidate(p, next(iter(p.all(i, "det")), i), i)
                elif self.issuer and p.lower[i] == "company" and p.candidate[i] is None and self._definite(p, i):
                    found[i] = Candidate(p.start[i], p.end[i], "ORG", "topic", self.issuer)
            safe = self._still(text, p, found, subjects, safe)
        return found

    def _still(self, text: str, p: Parse, found: dict[int, Candidate], subjects: Sequence[int], safe: bool) -> bool:
        """Tell whether after a sentence the topic is still what a pronoun would mean."""
        if not self.defined:
            return False
        for i in subjects:
            named = p.candidate[i]
            if i in found or (named and self.is_named(text[named.start : named.end])):
                return True
        rivals = [
            named
            for i in subjects
            if (named := p.candidate[i])
            and ((named.type == PERSON) == (self.type == PERSON))
            and named.type not in VALUES
        ]
        strangers = [i for i in subjects if self.type == PERSON and p.candidate[i] is None and is_role(p.lemma[i])]
        return safe and not rivals and not any(i not in found for i in strangers)

    def _pronoun(self, p: Parse, i: int, *, safe: bool, first: int, subjects: Sequence[int]) -> Candidate | None:
        word = p.lower[i]
        if self.issuer and word in pronouns("issuer"):
            return Candidate(p.start[i], p.end[i], "ORG", "topic", self.issuer)
        agrees = self._is_gendered(word) if self.type == PERSON else word in pronouns("thing")
        if not (agrees and safe) or p.dep[i] == "expl":
            return None
        # Before it in the sentence stands no other name that it could mean.
        rivals = (p.candidate[j] for j in range(first, i) if p.dep[j] in _SUBJECTS)
        if any(other and other.origin != "topic" and self._is_rival(other) for other in rivals):
            return None
        if self.type == PERSON:
            self.gender = "female" if word in pronouns("female") else "male"
        return self._candidate(p, i, i)

    def _is_gendered(self, word: str) -> bool:
        """Tell whether a pronoun means a person such as the topic has shown to be."""
        return word in (pronouns(self.gender) if self.gender else pronouns("male") | pronouns("female"))

    def _is_rival(self, other: Candidate) -> bool:
        """Tell whether a pronoun for the topic could mean ``other`` as well."""
        return other.type not in VALUES and (other.type in (PERSON, NAME)) == (self.type == PERSON)

    def _is_called(self, p: Parse, i: int) -> bool:
        return (
            (p.lemma[i] in self.nouns or not self.nouns.isdisjoint(_synonyms().get(p.lemma[i], ())))
            and self._definite(p, i)
            and not p.all(i, "nmod", "amod", "acl", "acl:relcl", "compound")
        )

    def _definite(self, p: Parse, i: int) -> bool:
        determiner = p.child(i, "det")
        return determiner is not None and p.lower[determiner] in ("the", "this")

    def _candidate(self, p: Parse, first: int, last: int) -> Candidate:
        return Candidate(p.start[first], p.end[last], self.type, "topic", self.key)


def names_of_title(title: str) -> list[str]:
    """Return a title, and what it is without its parenthesis and without what follows a comma, the fullest first."""
    plain = without_parenthesis(title.strip())
    return list(dict.fromkeys((title.strip(), plain, plain.partition(", ")[0])))


def _plain(name: str) -> str:
    """Return a name's key without punctuation: spaces around hyphens and apostrophes vary."""
    return " ".join(_WORD.findall(entity_key(name)))


@cache
def _synonyms() -> dict[str, frozenset[str]]:
    groups = [frozenset(group.split()) for group in word_lists("extract/english")["synonyms"]["nouns"]]
    return {noun: group for group in groups for noun in group}


@cache
def pronouns(kind: str) -> frozenset[str]:
    """Return the words of a kind (see words.toml)."""
    return frozenset(word_lists("extract/english")["pronouns"][kind].split())
