"""English entity candidates: what the pipeline names, what is written like a name, what stands in quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise

from spacy.tokens import Doc

from knowledge.extract.candidate import Candidate
from knowledge.extract.english.parse import Parse
from knowledge.language import STOP_WORDS
from knowledge.resolve import entity_key
from knowledge.types import EVENT, NAME, ORG, PERSON, PLACE, PRODUCT, WORK
from knowledge.wordlists import word_lists

# fmt: off
_LABELS = {
    **{label: label for label in (PERSON, ORG, PLACE, EVENT, WORK, PRODUCT)},
    # What pipelines trained on other data call them.
    "PER": PERSON, "GPE": PLACE, "LOC": PLACE, "FAC": PLACE, "NORP": ORG, "WORK_OF_ART": WORK, "LAW": WORK,
    "MISC": NAME,
}
_JOINING = frozenset([
    "of", "the", "de", "la", "le", "du", "von", "van", "der", "den", "di", "da", "del", "al", "el", "bin", "ibn",
    "&", "'s", "’s", "-", "–", "for",
])
# fmt: on
_NO_NAME = ("ADP", "ADV", "SCONJ", "DET", "AUX", "VERB", "CCONJ", "PRON", "INTJ")
_LONGEST_JOIN = 2
"""Joining words in a row inside a name."""
_LONGEST_NAME = 12
"""Tokens: a longer run of capitals is a heading or shouting."""
_QUOTED = re.compile(r"[\"“]([^\"“”\n]{2,70})[\"”]")
_NEXT_SENTENCE = re.compile(
    r"(?<=[a-z])\.\s+(?=(?:The|A|An|It|He|She|We|They|This|In|On|At|Its|His|Her|Our|As|For)\b)|(?<=\b(?:Inc|Ltd))\.\s+(?=[A-Z])"
    r"|(?<=\bCorp)\.\s+(?=[A-Z])"
)
_EDGES = " \t\n\"'“”‘’.,;:!?()[]{}-–—*•|/"
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")
_ORDER = ("glossary", "topic", "title", "value", "rule", "ner", "shape")


def english_candidates(text: str, parsed: Parse) -> list[Candidate]:
    """Return what may be named in ``text``, overlapping where finders disagree; values and titles come from others."""
    named = [Candidate(start, end, kind, "ner") for start, end, kind in parsed.named]
    shapes = [shape for shape in _shapes(text, parsed) if not _several(text, shape, named)]
    return [*named, *shapes, *quoted(text), *_demonyms(parsed)]


def merge(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Keep the longest of candidates that overlap; on equal length the surer finder. In order of the text.

    What is written like a name and holds a span that the pipeline knows the type of takes that type where the two end
    together: the last words of a name say what it is.
    """
    ordered = sorted(candidates, key=lambda c: (c.start - c.end, _ORDER.index(c.origin), c.start))
    typed = {c.end: c.type for c in reversed(ordered) if c.origin in ("ner", "rule") and c.type != NAME}
    taken: set[int] = set()
    kept = []
    for c in ordered:
        places = range(c.start, c.end)
        if taken.isdisjoint(places):
            taken.update(places)
            if c.type == NAME and c.end in typed:
                c = Candidate(c.start, c.end, typed[c.end], c.origin, c.key)
            kept.append(c)
    return sorted(kept, key=lambda c: c.start)


def kind_of(noun: str) -> str | None:
    """Return the type of what a noun in the singular names ("film": WORK), or None."""
    return _kinds().get(noun)


def is_role(word: str) -> bool:
    """Tell whether a word names what a person is."""
    return _kinds().get(word) == PERSON or word in _titles()


@cache
def _kinds() -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, nouns in word_lists("extract/english")["kinds"].items():
        for noun in nouns.split():
            found.setdefault(noun, kind)
    return found


@cache
def _titles() -> frozenset[str]:
    return frozenset(word_lists("extract/english")["roles"]["titles"].split())


@cache
def countries() -> dict[str, str]:
    """Return countries by the adjectives made of them."""
    return {
        adjective: country
        for country, adjectives in word_lists("extract/english")["demonyms"].items()
        for adjective in adjectives.split("|")
    }


def named_spans(text: str, doc: Doc) -> list[tuple[int, int, str]]:
    """Return what a pipeline named: half-open character offsets without outer punctuation, and our type."""
    found = []
    for span in doc.ents:
        kind = _LABELS.get(span.label_)
        end = span.start_char + _cut(span.text)
        if kind and (place := trimmed(text, span.start_char, end)):
            found.append((*place, kind))
    return found


def _cut(name: str) -> int:
    """Return the length of a name without what follows a full stop that ended a sentence: "Acme Corp. The", …"""
    stop = _NEXT_SENTENCE.search(name)
    return stop.start() + 1 if stop else len(name)


def _several(text: str, shape: Candidate, named: Iterable[Candidate]) -> bool:
    """Tell whether a run of capitals is several names, or a name with a role: "Acme Corp President Jane Smith"."""
    inside = [n for n in named if shape.start <= n.start and n.end <= shape.end]
    if len(inside) > 1:
        # "Anne of Cleves" is one name though both of its ends are names.
        gaps = (text[a.end : b.start].strip().lower() for a, b in pairwise(inside))
        return not all(gap and all(word in _JOINING for word in gap.split()) for gap in gaps)
    if not inside:
        return False
    before, after = text[shape.start : inside[0].start], text[inside[0].end : shape.end]
    return any(is_role(word.lower()) for word in (before + " " + after).split())


def trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Take outer punctuation, a leading article and a trailing possessive off a name; None if nothing is left."""
    name = text[start:end]
    start += len(name) - len(name.lstrip(_EDGES))
    name = text[start:end].rstrip(_EDGES)
    if article := _ARTICLE.match(name):
        start += article.end()
        name = name[article.end() :]
    name = _POSSESSIVE.sub("", name).rstrip(_EDGES)
    return (start, start + len(name)) if len(name) > 1 or name.isupper() else None


def _shapes(text: str, p: Parse) -> Iterator[Candidate]:
    """Yield runs of words written like proper nouns, with the small words inside them."""
    for first, last, *_ in p.sentences:
        run: list[int] = []
        for i in range(first, last):
            if _like_name(text, p, i, run):
                run.append(i)
            elif run and i - run[-1] <= _LONGEST_JOIN and _joins(p, run, i):
                continue
            else:
                yield from _shape(text, p, run, first)
                run = []
        yield from _shape(text, p, run, first)


def _like_name(text: str, p: Parse, i: int, run: list[int]) -> bool:
    token = text[p.start[i] : p.end[i]]
    if run and run[-1] == i - 1 and token.isdigit() and len(token) < 4:
        # "Marl 8" is a name; "Acme 300 employees" is not.
        return not (i + 1 < len(p.pos) and p.pos[i + 1] == "NOUN")
    if " " in token and token[0].isupper():
        # Read as one name, because it is known.
        return True
    if not token[0].isalnum() or not any(c.isupper() for c in token):
        return False
    if token[0].isupper() and token.replace("-", "").replace("’", "").replace("'", "").isalpha():
        if token == "I":
            return bool(run) and run[-1] == i - 1
        return p.lower[i] not in STOP_WORDS and p.pos[i] != "PRON"
    return any(c.isdigit() for c in token) or "." in token or "&" in token or not token[0].isupper()


def _joins(p: Parse, run: list[int], i: int) -> bool:
    if p.lower[i] not in _JOINING:
        return False
    if i - run[-1] == 1 and (p.lower[i] in ("of", "for")):
        # "CEO of Acme" is a role and a name; "Bank of Tarn" is one name, and so is "Award for Best Film".
        last = p.lower[run[-1]]
        return (
            not is_role(last) if p.lower[i] == "of" else last.startswith("award") or _kinds().get(last) in (ORG, EVENT)
        )
    return True


def _shape(text: str, p: Parse, run: list[int], first: int) -> Iterator[Candidate]:
    """Yield the name of a run of tokens, without titles before it and adjectives that are no names."""
    while run and (
        (len(run) > 1 and p.lower[run[0]] in _titles())
        or (p.pos[run[0]] != "PROPN" and not _heads(p, run) and _is_demonym(p.lower[run[0]]))
        or (run[0] == first and p.pos[run[0]] in _NO_NAME and len(run) > 1)
    ):
        run = run[1:]
    if not run or len(run) > _LONGEST_NAME or (len(run) == 1 and _is_common(text, p, run[0], first)):
        return
    start = p.start[run[0]]
    if found := trimmed(text, start, start + _cut(text[start : p.end[run[-1]]])):
        yield Candidate(*found, NAME, "shape")


def _is_demonym(word: str) -> bool:
    return word.rstrip("-").capitalize() in countries()


def _heads(p: Parse, run: list[int]) -> bool:
    """Tell whether the word after a run's first says what an organisation is: "Indian Society of …" is one name."""
    return len(run) > 1 and _kinds().get(p.lower[run[1]]) in (ORG, EVENT)


def _is_common(text: str, p: Parse, i: int, first: int) -> bool:
    """Tell whether a single capitalised word is likely no name: a heading's, a list's, a quotation's first word."""
    word = text[p.start[i] : p.end[i]]
    if p.lower[i] in _kinds() or p.lower[i] in _titles():
        return True
    if p.pos[i] == "PROPN" or (any(c.isdigit() for c in word) and any(c.isupper() for c in word)):
        return False
    starts = all(not text[p.start[j] : p.end[j]].isalpha() for j in range(first, i))
    return starts or p.pos[i] in ("ADJ", "ADV", "VERB", "ADP", "AUX", "DET", "INTJ", "SCONJ", "CCONJ")


def quoted(text: str) -> Iterator[Candidate]:
    """Yield titles in quotation marks: most of their words are capitalised."""
    for match in _QUOTED.finditer(text):
        content = match[1].strip()
        before = text[max(0, match.start() - 12) : match.start()].lower().rstrip()
        if before.endswith((" the", "(the", "(", " or", " and", "“we,”")) or content.endswith((",", ".")):
            continue
        found = [word for word in content.split() if word[0].isalpha()]
        high = sum(word[0].isupper() for word in found)
        if found and found[0][0].isupper() and high * 5 >= len(found) * 3 and len(content) > 3:
            start = match.start(1) + match[1].index(content)
            yield Candidate(start, start + len(content), WORK, "rule")


def _demonyms(p: Parse) -> Iterator[Candidate]:
    """Yield adjectives made of a country's name, with the country's key: "American" names the United States."""
    known = countries()
    for i, word in enumerate(p.lower):
        two = f"{word} {p.lower[i + 1]}".title() if i + 1 < len(p.lower) else ""
        plain = word.rstrip("-")
        if two in known:
            yield Candidate(p.start[i], p.end[i + 1], PLACE, "rule", entity_key(known[two]))
        elif p.pos[i] in ("ADJ", "PROPN", "NOUN") and (country := known.get(plain.capitalize())):
            yield Candidate(p.start[i], p.start[i] + len(plain), PLACE, "rule", entity_key(country))
