"""Answers questions from facts: plans, finds, compares, follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knowledge.graph import KnowledgeGraph
from rag.facts.dates import earlier
from rag.facts.find import Finder
from rag.facts.lists import words
from rag.facts.pages import Find, Library, bare, plain
from rag.facts.patterns import properties
from rag.facts.plan import read_plan
from rag.facts.records import Comparison, Fact, FactAnswer, Lookup, Name, Same, Step, Term, Wanted
from rag.records import Passage

LEAST = 0.55
"""Less sure answers were right less often than not (2WikiMultihopQA, the questions for tuning)."""
_DEEPEST = 5
"""Steps of a chain, at most."""
_RIVAL = 0.9
"""A second value that is nearly as sure makes the first one less so."""

_PLACES = frozenset(["birth_place", "death_place", "burial_place", "headquarters"])

Found = tuple[tuple[Fact, ...], str]
"""A chain of facts, and the name of the thing that it leads to."""


class FactFinder:
    """Answers comparisons, yes/no questions and questions of several steps from facts in passages and the graph.

    Parameters
    ----------
    least
        Answers that are less sure than this, 0 to 1, are not given.
    """

    def __init__(self, *, least: float = LEAST) -> None:
        self._least = least

    def answer(
        self,
        question: str,
        passages: Sequence[Passage],
        graph: KnowledgeGraph | None,
        *,
        language: str,
        find: Find | None = None,
    ) -> FactAnswer | None:
        """Return the answer, or None where the question is of another kind or a fact is missing.

        Parameters
        ----------
        passages
            What the search found, best first.
        graph
            The graph of what the person who asks may read.
        find
            Fetches the passages of documents about a name, for that same person; None: ``passages`` are all there is.
        """
        library = Library(passages, graph, find)
        plan = read_plan(question, language=language, known=lambda name: _known(name, library))
        if plan is None:
            return None
        work = _Work(library, language)
        match plan:
            case Lookup():
                answer = work.look_up(plan)
            case Comparison():
                answer = work.compare(plan)
            case Same():
                answer = work.same(plan)
        return answer if answer is not None and answer.sure >= self._least else None


def _known(name: str, library: Library) -> bool:
    asked = plain(name)
    if not asked:
        return False
    titles = {plain(page.title) for page in library.pages} | {plain(bare(page.title)) for page in library.pages}
    if asked in titles or plain(bare(name)) in titles:
        return True
    return library.graph is not None and any(
        hit.start == 0 and hit.end == len(name) for hit in library.graph.titles.find(name)
    )


class _Work:
    """One question's."""

    def __init__(self, library: Library, language: str) -> None:
        self._library = library
        self._finder = Finder(library, language)
        self._words = words(language)["templates"]

    # What is asked

    def look_up(self, plan: Lookup) -> FactAnswer | None:
        found = self._follow(plan.term)
        if not found:
            return None
        facts, value = found[0]
        sure = _sureness(facts)
        if len(found) > 1 and _clash(found[0][0][-1], found[1][0][-1]):
            sure *= _RIVAL
        if facts[-1].property in _PLACES:
            # "Vienna" of "Vienna, Austria": the fewest words that tell the place.
            value = value.split(",")[0]
        return self._answer(value, "chain" if len(facts) > 1 else "fact", facts, sure, plan.term.property)

    def compare(self, plan: Comparison) -> FactAnswer | None:
        for key in plan.properties:
            chains = [self._values(option, key, plan.words) for option in plan.options]
            if not all(chains):
                continue
            facts = [chain[0] for chain in chains]
            values = [chain[-1] for chain in facts]
            if values[0].property != values[1].property:  # amounts of different dimensions
                continue
            before = [isinstance(v.key, tuple) for v in values]
            if not all(before):
                continue
            first = earlier(values[0].key, values[1].key)  # type: ignore[arg-type]
            if first is None:
                return None
            chosen = int(first == plan.most)
            sure = min(_sureness(facts[0]), _sureness(facts[1])) * 0.5 + _sureness(facts[0]) * _sureness(facts[1]) * 0.5
            steps = (*facts[0], *facts[1])
            if plan.pair:
                return self._answer(self._words["yes" if chosen == 0 else "no"], "pair", steps, sure, key)
            option = plan.options[chosen]
            label = plan.labels[chosen]
            if isinstance(option, Wanted) and not _through(plan):
                label = facts[chosen][-1].subject
            return self._answer(label, "comparison", steps, sure, key)
        return None

    def same(self, plan: Same) -> FactAnswer | None:
        for key in plan.properties:
            chains = [self._values(option, key, plan.words) for option in plan.options]
            if not all(chains):
                continue
            one, other = (chain[0][-1] for chain in chains)
            shared = _shared(one, other)
            if shared is None:
                continue
            sure = _sureness(chains[0][0]) * _sureness(chains[1][0])
            steps = (*chains[0][0], *chains[1][0])
            return self._answer(self._words["yes" if shared else "no"], "same", steps, sure, key)
        return None

    # Facts

    def _values(self, term: Term, key: str, said: str) -> list[tuple[Fact, ...]]:
        """Return the chains that lead to a property of what a term means, the surest first."""
        if isinstance(term, Name):
            return [(fact,) for fact in self._finder.find(term.text, key, words=said)]
        chains = []
        for facts, name in self._follow(term)[:2]:
            last = facts[-1]
            told = self._finder.find(name, key, of=last.property, near=last.subject, words=said)
            chains += [(*facts, fact) for fact in told[:1]]
        return chains

    def _follow(self, term: Term, depth: int = 0) -> list[Found]:
        """Return what a term leads to, the surest first."""
        if isinstance(term, Name) or depth > _DEEPEST:
            return []
        wanted = properties().get(term.property)
        if wanted is not None and wanted.via:
            inner: Term = term.of
            for key in wanted.via:
                inner = Wanted(key, inner)
            return self._follow(inner, depth + 1)
        starts: list[tuple[tuple[Fact, ...], str, str, str]]
        if isinstance(term.of, Name):
            starts = [((), term.of.text, "", "")]
        else:
            starts = [
                (facts, name, facts[-1].property, facts[-1].subject)
                for facts, name in self._follow(term.of, depth + 1)[:2]
            ]
        found: list[Found] = []
        for facts, name, of, near in starts:
            told = self._finder.find(name, term.property, of=of, near=near)
            known = {plain(bare(one)) for one in (name, *(fact.subject for fact in facts))}
            new = [fact for fact in told if plain(bare(fact.value)) not in known]
            found += [((*facts, fact), fact.value) for fact in _distinct(new)[:3]]
        return sorted(found, key=lambda item: -_sureness(item[0]))

    def _answer(self, short: str, kind: str, facts: Sequence[Fact], sure: float, key: str) -> FactAnswer:
        library = self._library
        kept = list(library.passages[: library.given])
        places = {(passage.document, passage.start): n for n, passage in enumerate(kept)}
        steps = []
        for fact in facts:
            place = places.setdefault((fact.passage.document, fact.passage.start), len(kept))
            if place == len(kept):
                kept.append(replace(fact.passage, number=place + 1))
            steps.append(Step(fact.subject, fact.property, fact.value, place, fact.start, fact.end))
        return FactAnswer(short, kind, tuple(dict.fromkeys(steps)), tuple(kept), round(sure, 4), key)


def _through(plan: Comparison) -> bool:
    """Tell whether the question asks for the thing ("which film's director …") and not for the director."""
    return all(isinstance(option, Wanted) for option in plan.options) and not any(
        plain(label).startswith(("director of", "mother of", "father of", "composer of", "author of", "founder of"))
        for label in plan.labels
    )


def _sureness(facts: Sequence[Fact]) -> float:
    sure = 1.0
    for fact in facts:
        sure *= fact.sure
    return sure


def _distinct(facts: Sequence[Fact]) -> list[Fact]:
    """Return facts with different values; what several places tell is surer."""
    kept: list[Fact] = []
    for fact in facts:
        same = next((n for n, other in enumerate(kept) if not _clash(fact, other)), None)
        if same is None:
            kept.append(fact)
    return kept


def _clash(one: Fact, other: Fact) -> bool:
    """Tell whether two facts give different values."""
    if isinstance(one.key, frozenset) and isinstance(other.key, frozenset):
        a, b = plain(one.value), plain(other.value)
        return not (one.key & other.key or a in b or b in a)
    if isinstance(one.key, tuple) and isinstance(other.key, tuple):
        return any(a != b for a, b in zip(one.key, other.key, strict=False))
    return True


def _shared(one: Fact, other: Fact) -> bool | None:
    """Tell whether two facts have a value in common; None where they cannot be compared."""
    if isinstance(one.key, frozenset) and isinstance(other.key, frozenset):
        if one.key & other.key:
            return True
        a, b = plain(one.value), plain(other.value)
        kind = properties()[one.property].value if one.property in properties() else ""
        return kind in ("place", "person") and (a in b or b in a)
    if isinstance(one.key, tuple) and isinstance(other.key, tuple) and one.key and other.key:
        return one.key[0] == other.key[0]
    return None
