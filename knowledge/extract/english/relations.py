"""English relations, read from Universal Dependencies.

Three steps. First, what does each word *denote*: a name its candidate, a pronoun or "the film" the document's topic, a
relative pronoun what it refers to, and the noun of a definition or an apposition ("Jane Smith, the **head** of …")
what it is said of. Then, every verb gives relations between what its subjects, objects and adverbials denote, with the
passive turned round; every noun gives relations between what it denotes, or whose it is, and its own complements.
Conjunctions are shared out on the way.

The rules follow the annotation of Universal Dependencies 2 (de Marneffe et al. 2021, doi:10.1162/coli_a_00402).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from knowledge.extract.candidate import Candidate, Statement
from knowledge.extract.english.denote import MOST, OBLIQUE, SUBJECTS, Denotations
from knowledge.extract.english.layout import Sentence
from knowledge.extract.english.lexicon import is_role
from knowledge.extract.english.parse import Parse
from knowledge.types import NAME, PERSON, PLACE, PRODUCT, VALUES, WORK
from knowledge.wordlists import word_lists

_NOMINAL = ("nmod", "nmod:unmarked", "nmod:tmod", "nmod:npmod")
_MODAL = frozenset(["may", "might", "could", "should", "would", "must", "can", "will", "shall", "ought"])
_NOT = frozenset(["not", "n't", "never", "no", "neither", "nor"])
_CERTAIN = 0.9
_CLEAR = 0.8
_LIKELY = 0.7
_POSSIBLE = 0.5
_IN_LAW = ("mother", "father", "son", "daughter", "brother", "sister")
_BEFORE = ("amod", "compound", "nmod:poss", "nummod", "nmod", "nmod:unmarked")
"""How words before a noun hang on it."""


def english_statements(p: Parse, stands_for: Mapping[int, Candidate]) -> Iterator[Statement]:
    """Yield what the sentences of a text say between its candidates.

    Parameters
    ----------
    p
        The text, with its candidates placed.
    stands_for
        Pronouns and nouns that stand for the topic, by token, as candidates at their places.
    """
    for sentence in p.sentences:
        if any(p.candidate[i] or i in stands_for for i in range(sentence.first, sentence.last)):
            yield from _Sentence(p, stands_for, sentence).statements()


class _Sentence:
    """One sentence in the making."""

    def __init__(self, p: Parse, stands_for: Mapping[int, Candidate], sentence: Sentence) -> None:
        self.p = p
        self.first, self.last, self.start, self.end, _ = sentence
        self.denotes = Denotations(p, stands_for, sentence)
        self.owner = self.denotes.owner
        self.seen: set[tuple[int, str, int]] = set()

    def statements(self) -> Iterator[Statement]:
        p = self.p
        for i in range(self.first, self.last):
            if p.candidate[i] and p.head[i] != i and p.candidate[p.head[i]] is p.candidate[i]:
                # Inside a name only its head stands for it.
                continue
            if self.owner and p.lemma[i] in ("bear", "die", "born"):
                # Lives in brackets are read by ``brackets``.
                continue
            if p.pos[i] in ("VERB", "AUX") and p.dep[i] not in ("aux", "aux:pass", "cop") and not p.candidate[i]:
                yield from self._verb(i)
            elif p.pos[i] in ("NOUN", "PROPN", "ADJ", "NUM", "PRON", "SYM", "X"):
                yield from self._noun(i)
                if p.child(i, "cop") is not None:
                    yield from self._copula(i)

    def _verb(self, verb: int) -> Iterator[Statement]:
        p = self.p
        if p.lower[verb] in _governing()["prepositions"] and p.dep[verb] in ("acl", "advcl", "case", "conj", "obl"):
            return
        passive = self._is_passive(verb)
        subjects = self._subjects(verb)
        modality, negated = self._manner(verb)
        name = " ".join([p.lemma[verb], *(p.lower[c] for c in p.all(verb, "compound:prt"))])
        done = " ".join([p.lower[verb], *(p.lower[c] for c in p.all(verb, "compound:prt"))])

        def say(subject: list[Candidate], predicate: str, target: list[Candidate], sure: float) -> Iterator[Statement]:
            return self._say(subject, predicate, target, sure, negated=negated, modality=modality)

        objects = [] if passive else p.all(verb, "obj")
        object_entities = [c for o in objects for c in self.denotes.entities(o)]
        plain = next(
            (
                o
                for o in objects
                if not self.denotes.entities(o) and p.pos[o] in ("NOUN", "PROPN") and p.lower[o].isalpha()
            ),
            None,
        )
        noun = f" {p.lemma[plain]}" if plain is not None else ""
        if not passive:
            yield from say(subjects, name, object_entities, _CERTAIN)
        for o in objects:
            if all(e.type in VALUES for e in self.denotes.entities(o, shared=False)):
                for c in p.all(o, *_NOMINAL):
                    yield from say(
                        subjects, f"{name} {p.lemma[o]} {self.denotes.case(c)}", self.denotes.entities(c), _CLEAR
                    )
        for c in self._adverbials(verb):
            case, found = self.denotes.case(c), self.denotes.entities(c)
            if any(e in object_entities for e in found):
                continue
            if passive and case == "by":
                if found and not all(e.type in VALUES for e in found):
                    yield from say([e for e in found if e.type not in VALUES], name, subjects, _CERTAIN)
            elif found and (case or all(e.type in VALUES for e in found)):
                sure = _LIKELY if p.dep[c] != "obl" or noun else _CLEAR
                yield from say(subjects, self._with(done if passive else name + noun, case, found), found, sure)
                if object_entities and not passive and all(e.type in VALUES for e in found) and not subjects:
                    yield from say(object_entities, self._with(done, case, found), found, _LIKELY)
            else:
                # "in the role of X", "for the city of Y"
                for inner in p.all(c, *_NOMINAL):
                    predicate = f"{done if passive else name + noun} {case} {p.lemma[c]} {self.denotes.case(inner)}"
                    yield from say(subjects, predicate, self.denotes.entities(inner), _POSSIBLE)

    def _with(self, predicate: str, case: str, found: list[Candidate]) -> str:
        return f"{predicate} {case or ('in' if found[0].type in VALUES else '')}".strip()

    def _adverbials(self, verb: int) -> list[int]:
        """Return a verb's adverbials; those of the last of conjoined passives are also the first's: "written and
        directed by".
        """
        p = self.p
        own = p.all(verb, *OBLIQUE)
        if own or p.child(verb, "obj") is not None:
            return own
        joined = p.dep[verb] == "conj"
        if joined and not self._is_passive(verb):
            return own
        later = (o for o in p.all(p.head[verb] if joined else verb, "conj") if o > verb)
        passives = (o for o in later if p.pos[o] == "VERB" and not p.all(o, *SUBJECTS) and self._is_passive(o))
        return next((found for o in passives if (found := p.all(o, *OBLIQUE))), own)

    def _is_passive(self, verb: int) -> bool:
        p = self.p
        if p.child(verb, "nsubj:pass", "aux:pass", "obl:agent") is not None:
            return True
        if p.child(verb, "nsubj") is not None or p.tag[verb] not in ("VBN", "VBD"):
            return False
        if p.dep[verb] in ("acl", "advcl", "parataxis", "appos", "root") and p.child(verb, "aux", "obj") is None:
            return p.tag[verb] == "VBN"
        return p.dep[verb] == "conj" and p.head[verb] != verb and self._is_passive(p.head[verb])

    def _subjects(self, verb: int, depth: int = 0) -> list[Candidate]:
        """Return what a verb's subject denotes, taken over from the clause around it where it has none of its own."""
        p = self.p
        if own := p.all(verb, *SUBJECTS):
            return [c for s in own for c in self.denotes.entities(s)]
        head, dep = p.head[verb], p.dep[verb]
        if head == verb and self.owner and p.tag[verb] in ("VBN", "VBD", "VBG"):
            return [self.owner]
        if head == verb or depth > 4:
            return []
        if dep in ("acl", "acl:relcl"):
            if p.pos[head] == "VERB":
                return []
            if dep == "acl:relcl" and p.child(verb, "obj") is None and self._is_passive(verb) is False:
                return []
            return self.denotes.entities(head, shared=False)
        if dep in ("conj", "xcomp", "advcl", "parataxis", "ccomp") and (
            dep != "ccomp" or p.tag[verb] in ("VBG", "VBN")
        ):
            if p.pos[head] in ("VERB", "AUX"):
                if dep == "xcomp" and (o := p.child(head, "obj")) is not None and self.denotes.entities(o):
                    return self.denotes.entities(o)
                return self._subjects(head, depth + 1)
            found = [c for s in p.all(head, *SUBJECTS) for c in self.denotes.entities(s)]
            return found or (self.denotes.entities(head, shared=False) if dep in ("conj", "parataxis") else [])
        return []

    def _manner(self, verb: int) -> tuple[str, bool]:
        """Return a verb's modality, and whether it is denied."""
        p = self.p
        modality = next((p.lemma[c] for c in p.all(verb, "aux") if p.lemma[c] in _MODAL), "")
        negated = any(p.lower[c] in _NOT for c in p.all(verb, "advmod", "neg", "cc:preconj"))
        negated = negated or any(p.lower[d] == "no" for o in p.all(verb, "obj", "nsubj") for d in p.all(o, "det"))
        head = p.head[verb]
        if p.dep[verb] in ("xcomp", "ccomp") and head != verb and p.pos[head] in ("VERB", "ADJ"):
            if p.lemma[head] in _governing()["modal"]:
                modality = modality or f"{p.lemma[head]} to"
            negated = negated or p.lemma[head] in _governing()["negative"]
            above, denied = self._manner(head) if p.dep[verb] == "xcomp" else ("", False)
            return modality or above, negated or denied
        return modality, negated

    def _copula(self, noun: int) -> Iterator[Statement]:
        """Yield "X is Y" between names, and where X is ("is in Paris")."""
        p = self.p
        subjects = [c for s in p.all(noun, *SUBJECTS) for c in self.denotes.entities(s)]
        modality, negated = self._manner(noun)
        if target := p.candidate[noun]:
            case = self.denotes.case(noun)
            predicate = self._origin(subjects, noun) if _is_nationality(target) else f"be {case}".strip()
            yield from self._say(
                subjects, predicate, self.denotes.entities(noun), _CLEAR, negated=negated, modality=modality
            )
            if not case and target.type in VALUES and (subject := p.child(noun, *SUBJECTS)) is not None:
                # "The price of X200 is 300 euros"
                for owner in p.all(subject, "nmod", "nmod:poss"):
                    yield from self._say(
                        self.denotes.entities(owner),
                        p.lemma[subject],
                        self.denotes.entities(noun),
                        _CLEAR,
                        negated=negated,
                    )

    def _noun(self, noun: int) -> Iterator[Statement]:
        """Yield what is said by a noun's own complements."""
        p = self.p
        lemma = p.lemma[noun]
        owners = [c for o in p.all(noun, "nmod:poss") for c in self.denotes.entities(o)]
        mine = self.denotes.entities(noun, shared=False)
        verb = _nominalised().get(lemma)
        # What hangs on the noun of a definition: "is accountant at Acme".
        hanging = p.all(noun, *_NOMINAL) + (p.all(noun, "obl") if p.child(noun, "cop") is not None else [])
        complements = [(self.denotes.case(c), self.denotes.entities(c)) for c in hanging]
        if verb and not p.candidate[noun]:
            agents = [e for case, found in complements if case == "by" for e in found] or owners
            patients = [e for case, found in complements if case in ("of", "for") for e in found]
            yield from self._say(agents, verb, patients, _CLEAR)
            for case, found in complements:
                if case in ("in", "on", "at") and (patients or agents):
                    yield from self._say(patients or agents, f"{p.lemma[noun]} {case}", found, _POSSIBLE)
            return
        negated = any(p.lower[c] in _NOT for c in p.all(noun, "advmod", "det")) and p.child(noun, "cop") is not None
        name = lemma if not p.candidate[noun] else ""
        if name == "law":
            name = self._in_law(noun)
        elif name:
            name = self._before(noun) + name
        if name and mine:
            yield from self._say(mine, f"{name} of", [o for o in owners if o not in mine], _CERTAIN, negated=negated)
        for case, found in complements:
            if not case and not all(e.type in VALUES for e in found):
                continue
            if name and mine:
                known = p.child(noun, "cop") is not None or p.dep[noun] in ("appos", "conj")
                yield from self._say(mine, f"{name} {case}", found, _CERTAIN if known else _CLEAR, negated=negated)
            elif name and owners:
                yield from self._say(owners, f"{name} {case}", found, _LIKELY)
            elif mine and case == "by" and all(e.type in (WORK, PRODUCT) for e in mine):
                yield from self._say(mine, "by", found, _LIKELY)
            elif mine and case == "of" and all(e.type == NAME for e in mine):
                # Most often the rest of a longer name.
                continue
            elif mine:
                # "Acme of Berlin", "the Ostrava plant in Tarn"
                dated = all(e.type in VALUES for e in found)
                if case in ("in", "at") and all(e.type == PERSON for e in mine):
                    # "founded by Lee in Oslo": not Lee is in Oslo.
                    continue
                if case in ("of", "in", "at", "from", "near") and not dated:
                    yield from self._say(mine, case, found, _LIKELY)
        if name and mine:
            yield from self._modifiers(noun, mine, negated=negated)

    def _before(self, noun: int) -> str:
        """Return what belongs to a noun in front of it: "great-great-" of a grandson, "vicar " of a general."""
        if hyphened := self._great(noun):
            return hyphened
        p, before = self.p, noun - 1
        joined = before >= self.first and p.dep[before] == "compound" and p.head[before] == noun
        return f"{p.lemma[before]} " if joined and not p.candidate[before] and p.lower[before].isalpha() else ""

    def _great(self, noun: int) -> str:
        """Return what is hyphened to a noun's front: "great-great-" of a grandson."""
        before = noun
        while before > self.first and self.p.lower[before - 1].rstrip("- ") in ("great", "half", "step", "co", "-", ""):
            before -= 1
        found = "".join(self.p.lower[before:noun]).replace(" ", "")
        return found if found.endswith("-") and len(found) > 1 else ""

    def _in_law(self, noun: int) -> str:
        """Return "mother-in-law" for its last word, however the tokenizer cut it."""
        before = "".join(self.p.lower[max(self.first, noun - 4) : noun]).replace(" ", "")
        return next(
            (f"{kin}-in-law" for kin in _IN_LAW if before.rstrip("-").endswith((f"{kin}-in", f"{kin}in"))), "law"
        )

    def _modifiers(self, noun: int, mine: list[Candidate], *, negated: bool) -> Iterator[Statement]:
        """Yield nationality, date and organisation from the words before a noun: "a 1961 French film", "Acme CEO"."""
        p = self.p
        parts = [noun, *p.all(noun, "compound")]
        for c in (c for part in parts for c in p.all(part, *_BEFORE)):
            if c > noun or not (found := p.candidate[c]) or found in mine or self.denotes.case(c):
                continue
            if _is_nationality(found):
                yield from self._say(mine, self._origin(mine, noun), [found], _CERTAIN, negated=negated)
            elif found.type in VALUES:
                yield from self._say(mine, f"{p.lemma[noun]} of", [found], _CLEAR, negated=negated)
            elif p.dep[c] == "compound" and is_role(p.lemma[noun]):
                yield from self._say(mine, f"{p.lemma[noun]} of", [found], _LIKELY, negated=negated)

    def _origin(self, mine: list[Candidate], noun: int) -> str:
        person = any(e.type == PERSON for e in mine) or is_role(self.p.lemma[noun])
        return "nationality" if person else "country of origin"

    def _say(
        self,
        subjects: list[Candidate],
        predicate: str,
        targets: list[Candidate],
        confidence: float,
        *,
        negated: bool = False,
        modality: str = "",
    ) -> Iterator[Statement]:
        predicate = " ".join(predicate.split())
        for subject in subjects[:MOST]:
            for target in targets[:MOST]:
                said = (subject.start, predicate, target.start)
                if subject.type in VALUES or subject.start == target.start or not predicate or said in self.seen:
                    continue
                if subject.key and subject.key == target.key:
                    continue
                self.seen.add(said)
                yield Statement(
                    subject,
                    predicate,
                    target,
                    self.start,
                    self.end,
                    confidence,
                    negated,
                    modality,
                )


def _is_nationality(c: Candidate) -> bool:
    return c.origin == "rule" and c.type == PLACE and bool(c.key)


@cache
def _governing() -> dict[str, frozenset[str]]:
    return {kind: frozenset(listed.split()) for kind, listed in word_lists("extract/english")["governing"].items()}


@cache
def _nominalised() -> dict[str, str]:
    return dict(word_lists("extract/english")["nominalised"])
