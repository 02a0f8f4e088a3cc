"""English entity candidates: what the pipeline names, what is written like a name, what stands in quotation marks."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from knowledge.extract.candidate import Candidate
from knowledge.extract.english.lexicon import countries, country_names, is_role, kinds, royal, titles
from knowledge.extract.english.parse import Parse
from knowledge.language import STOP_WORDS
from knowledge.resolve import entity_key
from knowledge.resolve.forms import evident_type
from knowledge.resolve.signs import fiscal_start
from knowledge.resolve.words import phrases, words
from knowledge.types import DATE, EVENT, NAME, ORG, PERSON, PLACE, PRODUCT, WORK

if TYPE_CHECKING:
    from spacy.tokens import Doc

# fmt: off
_LABELS = {
    **{label: label for label in (PERSON, ORG, PLACE, EVENT, WORK, PRODUCT)},
    # What pipelines trained on other data call them.
    "PER": PERSON, "GPE": PLACE, "LOC": PLACE, "FAC": PLACE, "NORP": ORG, "WORK_OF_ART": WORK, "LAW": WORK,
    "MISC": NAME,
}
_JOINING = frozenset([
    "of", "the", "de", "la", "le", "du", "von", "van", "der", "den", "di", "da", "del", "al", "el", "bin", "ibn",
    "mac", "ap", "ab", "ferch", "ua", "ní", "af", "av", "zu", "zur", "abu", "dos", "das", "do",
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
_INITIALS = re.compile(r"\.?(?:[ \u00a0]?[A-Z]\.)*[ \u00a0]?")
_GENERATION = re.compile(r",?[ \u00a0](?:Jr|Sr)\b\.?|[ \u00a0](?:II|III|IV)\b")
_ROMAN = re.compile(r"[IVX]{1,5}")
_NOBLE = re.compile(
    r", (?:the )?\d{1,2}(?:st|nd|rd|th) (?:Duke|Count|Countess|Earl|Baron|Baroness|Marquess|Viscount|Lord|Baronet)\b"
    r"(?: of)?(?:[ -][A-Z][\w'’-]{1,25}){0,3}(?: and [A-Z][\w'’-]{1,25})?"
)
_VERSION = re.compile(r" \d{1,3}[A-Za-z]?\Z")
_EDITION = re.compile(r"[ \u00a0](?:19|20)\d\d(?![\w-])")
_NICKNAMED = re.compile(r"[A-Z][\w.’'-]{1,20} [\"“][A-Z][\w’'-]{1,15}[\"”] [A-Z][\w’'-]{1,30}")
_SUBTITLE = re.compile(
    r":[ \u00a0]An?(?:[ \u00a0](?:of|the|and|in|a|to|for|[A-Z][\w’'-]{0,30})){0,9}[ \u00a0][A-Z][\w’'-]{0,30}(?!\w)"
)
_OWNED = re.compile(r"['’]s[ \u00a0]")
_OWNING = ("'s ", "’s ")
_PAIRED = re.compile(r"(?<![\w’'])[A-Z][\w’'-]{1,30} (and|&) [A-Z][\w’'-]{1,30}")
_NOUN_BEFORE = re.compile(r"([a-z]{2,20}) (?:called |named )?$")


def english_candidates(text: str, parsed: Parse, known: Iterable[Candidate] = ()) -> list[Candidate]:
    """Return what may be named in ``text``, overlapping where finders disagree.

    ``known`` are values and titles, which other finders give: no date becomes part of what is written like a name.
    """
    dates = {place for c in known if c.type == DATE for place in range(c.start, c.end)}
    named = [Candidate(start, end, kind, "ner") for start, end, kind in parsed.named]
    named = [replace(c, type=PERSON) if _by_person(text, c) else c for c in named]
    shapes = [shape for shape in _shapes(text, parsed, dates) if not _several(text, shape, named)]
    people = {c.start: c for c in named if c.type == PERSON}
    shapes = [part for shape in shapes for part in _without_owner(text, shape, people)]
    shapes = [replace(s, type=PERSON) if s.type == NAME and _is_titled(text, s, people) else s for s in shapes]
    named, shapes = ([_evident(text, c) for c in found] for found in (named, shapes))
    more = [
        *_nicknamed(text, named),
        *_nobles(text, [*named, *shapes]),
        *_pairs(text),
        *_surnames(text, parsed, [*named, *shapes]),
    ]
    shapes = [_type_from_start(text, shape, named) for shape in shapes]
    return [*named, *shapes, *quoted(text), *_countries(text, parsed), *more]


def _surnames(text: str, p: Parse, found: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield the surnames of people named in full: a tagger takes a rare one at a sentence's start for a verb."""
    people = [text[c.start : c.end].rpartition(" ") for c in found if c.type == PERSON]
    full = {name for given, _, name in people if given and len(name) > 3 and name[0].isupper()}
    full = {name for name in full if name.lower() not in kinds()}
    for start, end in zip(p.start, p.end, strict=True) if full else ():
        if text[start:end] in full:
            yield Candidate(start, end, PERSON, "shape")


def named_spans(text: str, doc: Doc) -> list[tuple[int, int, str]]:
    """Return what a pipeline named: half-open character offsets without outer punctuation, and our type."""
    found: list[tuple[int, int, str]] = []
    for span in doc.ents:
        kind = _LABELS.get(span.label_)
        end = span.start_char + _cut(span.text)
        if kind and (place := trimmed(text, span.start_char, end)):
            start, end = place
            if " " in text[start:end] and _GENERATION.match(text, end):
                kind = PERSON
            if kind == PERSON:
                if text[start:end].lower() in titles():
                    continue
                start, end = _of_person(text, start, end)
                if found and text[found[-1][1] : start] in _OWNING and found[-1][2] == PERSON:
                    # What somebody has is nobody.
                    kind = NAME
            found.append((*widened(text, start, end, kind), kind))
    return found


def _of_person(text: str, start: int, end: int) -> tuple[int, int]:
    """Take off a person's name what they are, before it, and what they own, after it."""
    first, space, rest = text[start:end].partition(" ")
    if space and rest[:1].isupper() and first.lower() in titles() and not _is_address(first.lower()):
        start += len(first) + 1
    owned = _OWNED.search(text, start, end)
    return start, owned.start() if owned and " " in text[start : owned.start()] else end


def widened(text: str, start: int, end: int, kind: str) -> tuple[int, int]:
    """Take into a name what tells its bearer from others: "Mr." before it, "Jr." or the year of an edition after it."""
    if kind == PERSON:
        while address := _address().search(text, max(0, start - 12), start):
            start = address.start()
        generation = _GENERATION.match(text, end)
        return start, generation.end() if generation and " " in text[start:end] else end
    last = text[start:end].rpartition(" ")[2].lower()
    if " " in text[start:end] and last in words("en", "editions"):
        start = fiscal_start(text, start)
    edition = kind in (ORG, NAME, EVENT, WORK, PRODUCT) and " " in text[start:end] and _EDITION.match(text, end)
    if edition and (kinds().get(last) in (EVENT, WORK, PRODUCT) or last in words("en", "editions")):
        end = edition.end()
    return start, end


@cache
def _address() -> re.Pattern[str]:
    forms = "|".join(form.capitalize() for form in phrases("en", "address"))
    return re.compile(rf"(?<![\w.])(?:{forms})\.?[ \u00a0]$")


def _is_address(word: str) -> bool:
    return word.rstrip(".") in words("en", "address")


def _cut(name: str) -> int:
    """Return the length of a name without what follows a full stop that ended a sentence: "Acme Corp. The", …"""
    stop = _NEXT_SENTENCE.search(name)
    return stop.start() + 1 if stop else len(name)


def _several(text: str, shape: Candidate, named: Iterable[Candidate]) -> bool:
    """Tell whether a run of capitals is several names, or a name with a role: "Acme Corp President Jane Smith"."""
    inside = [n for n in named if shape.start <= n.start and n.end <= shape.end]
    if len(inside) > 1:
        # "Anne of Cleves" is one name though both of its ends are names.
        return not all(_holds_together(text, a, b) for a, b in pairwise(inside))
    if not inside:
        return False
    before, after = text[shape.start : inside[0].start], text[inside[0].end : shape.end]
    return any(is_role(word) and not _is_address(word) for word in (before + " " + after).lower().split())


def _holds_together(text: str, one: Candidate, other: Candidate) -> bool:
    """Tell whether two names with next to nothing between them are parts of one: "Anne of Cleves", "H. C. Lee"."""
    gap = text[one.end : other.start]
    if gap.strip() and all(word in _JOINING or _ROMAN.fullmatch(word.upper()) for word in gap.lower().split()):
        # "the Andes of Peru" are a place in another.
        return not one.type == other.type == PLACE
    if "." in gap and _INITIALS.fullmatch(gap):
        return True
    # A recogniser seldom takes half of a person for a work or a product without cause.
    kinds = {one.type, other.type}
    return not gap.strip() and (len(kinds) == 1 or (PERSON in kinds and not kinds.isdisjoint((WORK, PRODUCT, EVENT))))


def _type_from_start(text: str, shape: Candidate, named: Iterable[Candidate]) -> Candidate:
    """Type a name with "of" in it by what it starts with: "Harold IV of Norway" is of Harold's kind."""
    if shape.type == NAME and text[shape.start : shape.end].partition(" ")[0].lower() in royal():
        return replace(shape, type=PERSON)
    if shape.type != NAME or " of " not in text[shape.start : shape.end]:
        return shape
    end = text.index(" of ", shape.start)
    first = next((n for n in named if shape.start <= n.start and n.end == end and n.type != NAME), None)
    return replace(shape, type=first.type) if first else shape


def _by_person(text: str, c: Candidate) -> bool:
    """Tell whether a name that the pipeline took for a work stands where only who made one can: "directed by X"."""
    return c.type == WORK and text[max(0, c.start - 10) : c.start].lower().endswith((" by ", "starring "))


def _evident(text: str, c: Candidate) -> Candidate:
    kind = evident_type(c.type, text[c.start : c.end])
    if kind == PERSON and _VERSION.search(text[c.start : c.end]):
        # "Marl 8" is no person.
        kind = PRODUCT
    return c if kind == c.type else replace(c, type=kind)


def _is_titled(text: str, shape: Candidate, people: Mapping[int, Candidate]) -> bool:
    """Tell whether a role stands before a name that starts with what the pipeline took for a person's."""
    before = text[max(0, shape.start - 20) : shape.start].lower().split()[-1:]
    return shape.start in people and bool(before) and before[0] in titles()


def _without_owner(text: str, shape: Candidate, people: Mapping[int, Candidate]) -> Iterator[Candidate]:
    """Part a person from what is theirs: "Jane Smith's Salt Road" is no one name."""
    owner = people.get(shape.start)
    rest = _OWNED.match(text, owner.end) if owner and " " in text[owner.start : owner.end] else None
    yield Candidate(rest.end(), shape.end, NAME, "shape") if rest and rest.end() < shape.end else shape


def _nobles(text: str, people: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield people with the title that tells them from others of the name: "David Lee, 11th Earl of Tarn"."""
    for c in people:
        title = _NOBLE.match(text, c.end) if c.type in (PERSON, NAME) and text.startswith(", ", c.end) else None
        if title and title.group()[-1].isalnum():
            yield Candidate(c.start, title.end(), PERSON, "shape")


def _nicknamed(text: str, named: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield people with a nickname in the middle: William "Bill" Smith."""
    if '"' not in text and "“" not in text:
        return
    people = [c for c in named if c.type == PERSON]
    for match in _NICKNAMED.finditer(text):
        if any(c.start < match.end() and match.start() < c.end for c in people):
            yield Candidate(*widened(text, match.start(), match.end(), PERSON), PERSON, "rule")


def _pairs(text: str) -> Iterator[Candidate]:
    """Yield companies that two words with an "and" name, where a noun, or the same with "&", says that they do."""
    for match in _PAIRED.finditer(text):
        if match[1] == "&":
            continue
        name = match.group()
        before = _NOUN_BEFORE.search(text, max(0, match.start() - 30), match.start())
        told = before is not None and before[1] in words("kinds", ORG)
        if told or name.replace(" and ", " & ") in text or name.rpartition(" ")[2].lower() in words("en", "partners"):
            yield Candidate(match.start(), match.end(), ORG, "rule")


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


def _shapes(text: str, p: Parse, dates: Container[int]) -> Iterator[Candidate]:
    """Yield runs of words written like proper nouns, with the small words inside them."""
    for first, last, *_ in p.sentences:
        run: list[int] = []
        for i in range(first, last):
            if p.start[i] not in dates and _like_name(text, p, i, run):
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
    if p.lower[i] not in _JOINING or (p.lower[i] == "of" and len(run) > 1 and p.lower[run[0]] in titles()):
        return False
    if i - run[-1] == 1 and (p.lower[i] in ("of", "for")):
        # "CEO of Acme" is a role and a name; "Bank of Tarn" is one name, and so is "Award for Best Film".
        last = p.lower[run[-1]]
        return (
            not (is_role(last) or is_role(last.removesuffix("s")))
            if p.lower[i] == "of"
            else last.startswith("award") or kinds().get(last) in (ORG, EVENT)
        )
    return True


def _shape(text: str, p: Parse, run: list[int], first: int) -> Iterator[Candidate]:
    """Yield the name of a run of tokens, without titles before it and adjectives that are no names."""
    titled = False
    while run and (
        (len(run) > 1 and p.lower[run[0]] in titles() and not _is_address(p.lower[run[0]]))
        or (p.pos[run[0]] != "PROPN" and not _heads(p, run) and _is_demonym(p.lower[run[0]]))
        or (run[0] == first and p.pos[run[0]] in _NO_NAME and len(run) > 1)
    ):
        titled = p.lower[run[0]] in titles()
        run = run[1:]
    if not run or len(run) > _LONGEST_NAME or (len(run) == 1 and _is_common(text, p, run[0], first)):
        return
    start = p.start[run[0]]
    if not (found := trimmed(text, start, start + _cut(text[start : p.end[run[-1]]]))):
        return
    civil = p.lower[run[0]].rstrip(".") in words("en", "civil") and len(run) > 1
    titled = titled and len(run) in (2, 3) and p.lower[run[-1]] not in kinds()
    kind = PERSON if civil or titled else NAME
    if " " in text[slice(*found)] and (subtitle := _SUBTITLE.match(text, found[1])):
        yield Candidate(found[0], subtitle.end(), WORK, "shape")
        return
    start, end = widened(text, *found, kind)
    if (
        kind == NAME
        and " " in text[start:end]
        and (junior := _GENERATION.match(text, end))
        and junior.group()[0] == ","
    ):
        kind, end = PERSON, junior.end()
    yield Candidate(start, end, kind, "shape")


def _is_demonym(word: str) -> bool:
    return word.rstrip("-").capitalize() in countries()


def _heads(p: Parse, run: list[int]) -> bool:
    """Tell whether the word after a run's first says what an organisation is: "Indian Society of …" is one name."""
    return len(run) > 1 and kinds().get(p.lower[run[1]]) in (ORG, EVENT)


def _is_common(text: str, p: Parse, i: int, first: int) -> bool:
    """Tell whether a single capitalised word is likely no name: a heading's, a list's, a quotation's first word."""
    word = text[p.start[i] : p.end[i]]
    if p.lower[i] in kinds() or p.lower[i] in titles():
        return True
    if p.pos[i] == "PROPN" or (any(c.isdigit() for c in word) and any(c.isupper() for c in word)):
        return False
    if word.isalpha() and any(c.isupper() for c in word[1:]) and any(c.islower() for c in word):
        # "eBrightly", "ShiftNest".
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


def _countries(text: str, p: Parse) -> Iterator[Candidate]:
    """Yield countries, and the adjectives made of their names with the country's key: "American" names the United
    States.
    """
    for hit in country_names().find(text):
        yield Candidate(hit.start, hit.end, PLACE, "rule", hit.key)
    known = countries()
    for i, word in enumerate(p.lower):
        two = f"{word} {p.lower[i + 1]}".title() if i + 1 < len(p.lower) else ""
        plain = word.rstrip("-")
        if two in known:
            yield Candidate(p.start[i], p.end[i + 1], PLACE, "rule", entity_key(known[two]))
        elif p.pos[i] in ("ADJ", "PROPN", "NOUN") and (country := known.get(plain.capitalize())):
            yield Candidate(p.start[i], p.start[i] + len(plain), PLACE, "rule", entity_key(country))
