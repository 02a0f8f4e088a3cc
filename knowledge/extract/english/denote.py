"""What the words of an English sentence denote: names, the document's topic, or what another word denotes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from knowledge.extract.candidate import Candidate
from knowledge.extract.english.layout import Sentence
from knowledge.extract.english.lexicon import is_role, kind_of
from knowledge.extract.english.parse import Parse
from knowledge.types import PLACE, VALUES

MOST = 8
"""Members of a conjunction that are shared out: longer ones are lists."""
SUBJECTS = ("nsubj", "nsubj:pass", "csubj", "nsubj:outer")
OBLIQUE = ("obl", "obl:unmarked", "obl:tmod", "obl:npmod", "obl:agent")
_QUOTES = frozenset("\"“'‘«")
_LIST_ENDS = frozenset(["and", ", and", "or", ", or", "&", '" and "', ', " and "', "” and “", ",” and “"])
_LIST_SIGNS = _LIST_ENDS | {",", '" , "', ', " "', "” , “", ", ” “"}


class Denotations:
    """What each token of one sentence denotes.

    A name denotes its candidate, a pronoun or "the film" the document's topic, a relative pronoun what it refers to,
    and the noun of a definition or an apposition what it is said of.
    """

    def __init__(self, p: Parse, stands_for: Mapping[int, Candidate], sentence: Sentence) -> None:
        self.p = p
        self.first, self.last = sentence.first, sentence.last
        self.owner = None if sentence.bracket is None else p.before(sentence.bracket)
        """What a remark in brackets is about: the name before it."""
        self.stands_for = stands_for
        self.denoted: dict[int, list[Candidate]] = {}
        self.lists = self._listed()
        self._denote_nouns()

    def _denote_nouns(self) -> None:
        """Let the nouns of definitions and appositions denote what they are said of."""
        p = self.p
        for i in range(self.first, self.last):
            if self.owner and p.head[i] == i and p.pos[i] == "NOUN" and not p.candidate[i]:
                self._same(i, [self.owner])
            if p.child(i, "cop") is not None and not p.candidate[i]:
                self._same(i, [c for s in p.all(i, *SUBJECTS) for c in self.entities(s)])
            if p.dep[i] == "appos" or (p.dep[i] in ("parataxis", "list") and p.pos[i] == "NOUN"):
                head = p.head[i]
                mine, other = p.candidate[i], p.candidate[head]
                if not mine and other:
                    self._same(i, [other])
                elif mine and not other and head not in self.stands_for and mine.type not in VALUES:
                    self._same(head, [mine])
            if p.pos[i] in ("NOUN", "PROPN") and not p.candidate[i] and i not in self.stands_for:
                # "director Michael Curtiz", "the films “Heat” and “Ice”"
                after = i + 2 if i + 2 < self.last and p.lower[i + 1] in _QUOTES else i + 1
                named = p.candidate[after] if after < self.last else None
                if named and named.type not in VALUES and (kind_of(p.lemma[i]) or is_role(p.lemma[i])):
                    self._same(i, [named, *self.lists.get(id(named), [])])
            case = self.case(i) if p.dep[i] in OBLIQUE and not p.candidate[i] else None
            if case == "as" or (case == "" and is_role(p.lemma[i])):
                # "served as head of …", "was born in Oslo, the son of …"
                about = p.all(p.head[i], "nsubj:pass", "obj") or p.all(p.head[i], "nsubj")
                self._same(i, [c for s in about for c in self.entities(s)])

    def _listed(self) -> dict[int, list[Candidate]]:
        """Return the names that follow each name in lists ("A, B and C"): parsers often lose their members."""
        p = self.p
        names = list(
            dict.fromkeys(c for c in p.candidate[self.first : self.last] if c and c.type not in (*VALUES, PLACE))
        )
        between = {
            c: " ".join(p.lower[i] for i in range(self.first, self.last) if c.end <= p.start[i] < d.start)
            for c, d in pairwise(names)
        }
        found: dict[int, list[Candidate]] = {}
        run: list[Candidate] = []
        for c, d in pairwise(names):
            run = run or [c]
            if between[c] in _LIST_SIGNS and len(run) < MOST:
                run.append(d)
                if between[c] in _LIST_ENDS:
                    found.update((id(member), run[place + 1 :]) for place, member in enumerate(run))
            if between[c] not in _LIST_SIGNS or between[c] in _LIST_ENDS:
                run = []
        return found

    def _same(self, noun: int, found: list[Candidate]) -> None:
        if found:
            for member in self.conjuncts(noun):
                if not self.p.candidate[member]:
                    self.denoted.setdefault(member, found)

    def entities(self, token: int, *, shared: bool = True) -> list[Candidate]:
        """Return what a word denotes, with what is joined to it by "and"."""
        members = self.conjuncts(token) if shared else [token]
        found: list[Candidate] = []
        for member in members:
            for candidate in self._denotes(member):
                for one in [candidate, *(self.lists.get(id(candidate), ()) if shared else ())]:
                    if one not in found:
                        found.append(one)
        return found

    def _denotes(self, token: int) -> list[Candidate]:
        p = self.p
        if candidate := p.candidate[token]:
            return [candidate]
        if stand_in := self.stands_for.get(token):
            return [stand_in]
        if token in self.denoted:
            return self.denoted[token]
        if (
            p.lower[token] in ("who", "which", "that", "whom", "whose")
            and (noun := self._antecedent(token)) is not None
        ):
            return self.entities(noun, shared=False)
        return []

    def _antecedent(self, token: int) -> int | None:
        """Return the noun that the relative clause around a relative pronoun belongs to."""
        p = self.p
        for _ in range(6):
            if p.dep[token] in ("acl:relcl", "acl"):
                return p.head[token]
            if p.head[token] == token:
                return None
            token = p.head[token]
        return None

    def conjuncts(self, token: int) -> list[int]:
        """Return a word with those that are joined to it."""
        return [token, *self.p.all(token, "conj")][:MOST]

    def case(self, token: int) -> str:
        """Return the preposition of a noun, with what is fixed to it ("according to")."""
        p = self.p
        for case in p.all(token, "case"):
            if p.lower[case] not in ("'s", "’s", "'", "’"):
                fixed = [p.lower[f] for f in p.all(case, "fixed") if p.pos[f] in ("ADP", "ADV", "SCONJ", "ADJ", "NOUN")]
                return " ".join([p.lower[case], *fixed])
        return ""
