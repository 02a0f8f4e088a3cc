"""English questions about what something is, from sentences like "X is a 1961 Italian film by Y"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.extract.brackets import bracketed
from knowledge.extract.english.lexicon import countries, kind_of
from knowledge.types import EVENT, NAME, ORG, PERSON, PLACE, VALUES, WORK
from rag.training.questions_clauses import Phrase, Reading, is_whole, noun_phrase
from rag.training.questions_naming import MOST_ANSWER_WORDS, Asked, Names, is_vague, spoken
from rag.training.questions_verbs import listed, words

_YEAR = re.compile(r"\d{4}")
_AROUND_NATIONS = frozenset(["-", "–", "and", "east", "west", "north", "south"])


@dataclass(frozen=True, slots=True)
class _Thing:
    """A sentence that says what something is."""

    noun: int
    """What it is."""
    copula: int
    subject: Phrase
    name: str
    """How questions name it."""
    bare: str
    """The same without what kind of work it is."""
    sentence: tuple[int, int]
    before: list[int]
    """What stands between copula and noun, articles left out."""
    nation: int | None
    """The adjective of a country among that."""
    year: int | None


def ask_things(r: Reading, names: Names) -> Iterator[Asked]:
    """Yield questions that definitions answer."""
    for thing in _things(r, names):
        yield from _definitions(r, names, thing)
        yield from _modifiers(r, names, thing)
        yield from _complements(r, names, thing)
        yield from _stars(r, names, thing)


def _things(r: Reading, names: Names) -> Iterator[_Thing]:
    p = r.parse
    for sentence in p.sentences:
        if not is_whole(r, sentence):
            continue
        for noun in range(sentence.first, sentence.last):
            copula, subject = p.child(noun, "cop"), p.child(noun, "nsubj")
            if p.dep[noun] != "root" or p.pos[noun] not in ("NOUN", "PROPN") or copula is None or subject is None:
                continue
            if subject > copula or copula > noun or p.lower[copula] not in ("is", "was"):
                continue
            if p.all(noun, "aux", "case", "mark", "expl") or any(
                p.lower[c] in ("not", "n't") for c in p.children[noun]
            ):
                continue
            phrase = noun_phrase(p, subject, "nsubj")
            name = names.of(phrase, names.dice(noun)) if phrase else ""
            if phrase is None or not name or r.type_of(subject) in ("", *VALUES):
                continue
            before = [t for t in range(copula + 1, noun) if p.pos[t] not in ("DET", "PUNCT")]
            bare = name.removeprefix(f"the {names.noun} ") if names.noun else name
            nation = next((t for t in before if r.text[p.start[t] : p.end[t]] in countries()), None)
            year = next((t for t in before if _YEAR.fullmatch(p.lower[t])), None)
            bounds = (sentence.start, sentence.end)
            yield _Thing(noun, copula, phrase, name, bare, bounds, before, nation, year)


def _asked(names: Names, thing: _Thing, question: str, tokens: Sequence[int], kind: str) -> Asked:
    return Asked(f"{question}?", *names.span(tokens), thing.sentence, kind)


def _definitions(r: Reading, names: Names, thing: _Thing) -> Iterator[Asked]:
    p = r.parse
    phrase = noun_phrase(p, thing.noun, "root")
    if (
        phrase
        and not _is_open(r, thing, phrase)
        and 3 <= len(phrase.tokens) <= MOST_ANSWER_WORDS + 2
        and not phrase.case
    ):
        wh = "Who" if _is_person(r, thing) else "What"
        start, end = names.span(phrase.tokens)
        if len(spoken(r.text[start:end])) > 1:
            yield _asked(names, thing, f"{wh} {p.lower[thing.copula]} {thing.name}", phrase.tokens, "definition")


def _is_open(r: Reading, thing: _Thing, phrase: Phrase) -> bool:
    """Tell whether a definition says what something is only with what stands behind it, or points elsewhere."""
    p = r.parse
    behind = [c for c in p.all(thing.noun, "nmod") if c not in phrase.tokens]
    ordered = any(p.lower[t] in listed("ordered") for t in phrase.tokens)
    return bool(behind) or ordered or is_vague(r, [t for t in phrase.tokens if t != thing.noun])


def _stars(r: Reading, names: Names, thing: _Thing) -> Iterator[Asked]:
    """Yield who stars in a film, where all that are named make a short answer."""
    p = r.parse
    for verb in range(thing.noun, len(p.start)):
        if p.lower[verb] == "starring" and p.head[verb] in (thing.noun, *p.all(thing.noun, "acl", "conj")):
            target = p.child(verb, "obj")
            phrase = noun_phrase(p, target, "obj") if target is not None else None
            if phrase and r.type_of(phrase.head) == PERSON:
                yield _asked(names, thing, f"Who stars in {thing.name}", phrase.tokens, "person")


def _is_person(r: Reading, thing: _Thing) -> bool:
    return r.type_of(thing.subject.head) == PERSON or kind_of(r.parse.lemma[thing.noun]) == PERSON


def _modifiers(r: Reading, names: Names, thing: _Thing) -> Iterator[Asked]:
    """Yield what is asked about the words before the noun: a nationality, a profession, a year, a genre."""
    p = r.parse
    dice = names.dice(thing.copula)
    be, noun, name = p.lower[thing.copula], p.lower[thing.noun], thing.name
    called = f"the {noun} {thing.bare}"
    person, work = _is_person(r, thing), kind_of(p.lemma[thing.noun]) == WORK
    nation, year = thing.nation, thing.year
    if nation is not None and p.lower[nation - 1] not in _AROUND_NATIONS and p.lower[nation + 1] not in _AROUND_NATIONS:
        if person:
            yield _asked(names, thing, f"What {be} {name}'s nationality", [nation], "nationality")
        elif work:
            yield _asked(names, thing, f"What country {be} {called} from", [nation], "nationality")
    if person and nation is not None and (tokens := _profession(r, thing)):
        do = "does" if be == "is" else "did"
        asked = [
            f"What {be} {name}'s profession",
            f"What {be} {name}'s occupation",
            f"What {do} {name} do for a living",
        ]
        yield _asked(names, thing, dice.choice(asked), tokens, "profession")
    if year is not None and (done := words()["en"]["released"].get(noun)):
        wh = dice.choice(["When", "In what year", "In which year", "What year"])
        yield _asked(names, thing, f"{wh} was {called} {done}", [year], "date")
    genre = [t for t in thing.before if t > max(nation or 0, year or 0)]
    if (
        work
        and noun in listed("genres")
        and genre
        and p.pos[genre[-1]] in ("NOUN", "ADJ")
        and not any(p.candidate[t] for t in genre)
    ):
        wh = dice.choice(["What kind of", "What type of"])
        yield _asked(names, thing, f"{wh} {noun} {be} {thing.bare}", genre, "kind")


def _profession(r: Reading, thing: _Thing) -> list[int]:
    """Return the nouns that say what a person does, without adjectives: "film director and producer"."""
    p = r.parse
    if kind_of(p.lemma[thing.noun]) != PERSON or p.lemma[thing.noun] in listed("kin"):
        return []
    others = [t for t in thing.before if p.tag[t][:2] == "JJ" or p.pos[t] in ("PROPN", "NUM", "VERB", "ADV")]
    first = max([thing.nation or 0, *others]) + 1
    last = max([thing.noun, *(c for c in p.all(thing.noun, "conj") if kind_of(p.lemma[c]) == PERSON)])
    tokens = list(range(first, last + 1))
    plain = all(p.pos[t] in ("NOUN", "CCONJ") or p.lower[t] == "," for t in tokens)
    return tokens if tokens and plain and p.pos[first] == "NOUN" else []


def _complements(r: Reading, names: Names, thing: _Thing) -> Iterator[Asked]:
    """Yield what is asked about the noun's "of", "by" and "in"."""
    p = r.parse
    be, noun, lemma = p.lower[thing.copula], p.lower[thing.noun], p.lemma[thing.noun]
    for child in p.all(thing.noun, "nmod"):
        phrase = noun_phrase(p, child, "nmod")
        if phrase is None or not phrase.case or child < thing.noun:
            continue
        case, kind = r.shown(phrase.case).lower(), r.type_of(child)
        if case == "of" and kind == PERSON and lemma in listed("kin"):
            yield _asked(names, thing, f"Whose {noun} {be} {thing.name}", phrase.tokens, "whose")
        elif case == "of" and kind in (ORG, PLACE, EVENT, WORK) and kind_of(lemma):
            start = p.child(thing.noun, "det")
            head = r.shown(range(start if start is not None else thing.noun, thing.noun + 1))
            if len(head.split()) <= 5:
                yield _asked(names, thing, f"What {be} {thing.name} {head} of", phrase.tokens, "oblique")
        elif case == "by" and kind in (PERSON, ORG, NAME) and (made := words()["en"]["made"].get(noun)):
            yield _asked(names, thing, f"Who {made} the {noun} {thing.bare}", phrase.tokens, "agent")
        elif case in ("in", "on", "at", "near") and kind == PLACE and kind_of(lemma) in (PLACE, ORG):
            where = f"Where {be} {thing.name}" if " " in thing.name else f"Where {be} {thing.name} located"
            yield _asked(names, thing, where, phrase.tokens, "place")


def ask_lives(r: Reading, names: Names) -> Iterator[Asked]:
    """Yield when people were born and died, from brackets after their names."""
    found = {(c.start, c.end): c for c in r.parse.candidate if c is not None}
    spans = [(s.start, s.end) for s in r.parse.sentences if s.bracket is None]
    candidates = [found[place] for place in sorted(found)]
    for said in bracketed(r.text, candidates, spans, born="born", died="died", released="released", dated="dated"):
        own = " ".join(r.text[said.subject.start : said.subject.end].split()).strip('"“” ')
        topical = r.topic.is_named(own)
        kind = r.topic.type if topical else said.subject.type
        if kind != PERSON or not said.predicate.startswith(("born", "died")):
            continue
        part = r.text[: said.subject.start].endswith((" and ", " of ", "-", "- "))
        if not topical and (" " not in own or part):
            continue
        name = names.title if topical else own
        if said.predicate.endswith(" in"):
            event = f"was {name} born" if said.predicate == "born in" else f"did {name} die"
            yield Asked(f"Where {event}?", said.object.start, said.object.end, (said.start, said.end), "place")
            continue
        dice = names.dice(0)
        shown = r.text[said.object.start : said.object.end]
        year = _YEAR.fullmatch(shown) is not None
        day = re.match(r"\d{1,2}\b|[A-Z]\w+ \d{1,2}\b", shown) is not None
        others = ["In what year", "What year"] if year else ["When", "On what date"] if day else []
        wh = dice.choice(["When", *others])
        event, noun = ("was {} born", "birth") if said.predicate == "born" else ("did {} die", "death")
        common = f"{wh} {event.format(name)}?"
        formal = f"What is the {'year' if year else 'date'} of {noun} of {name}?"
        question = dice.choice([common, common, common, formal])
        yield Asked(question, said.object.start, said.object.end, (said.start, said.end), "date")
