"""Finds the value of a property of a thing, and the sentence that tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rag.facts.dates import moment, years_between
from rag.facts.kin import parents, spouse_is_of_parent
from rag.facts.life import read_life
from rag.facts.mentions import in_tables, looked_up, told_of
from rag.facts.origin import origin_on, place_country
from rag.facts.pages import NAMED, Library, Page, bare, plain
from rag.facts.patterns import Property, properties
from rag.facts.people import sex_of, trimmed
from rag.facts.records import Fact
from rag.facts.related import from_graph
from rag.facts.subject import places_of, speaks_of
from rag.records import Passage

_LIFE = frozenset(["birth_date", "birth_place", "death_date", "death_place"])
_INVERSE = {
    "spouse": ("spouse",),
    "father": ("child",),
    "mother": ("child",),
    "child": ("father", "mother"),
    "sibling": ("sibling",),
}
_IN_LEAD, _FIRST, _LATER, _INVERTED, _PARTNER = 0.97, 0.93, 0.85, 0.8, 0.62
"""How sure a fact is that stands in the parenthesis of a page's beginning, in the first sentences, further down, on the
page of the value, and as the spouse of the other parent."""
_FIRST_SENTENCES = 3
_IN_ITS_PARENTHESIS = re.compile(r"[^()（）A-Z]*[(（][^()（）]*")


class Finder:
    """Finds facts in passages.

    Parameters
    ----------
    library
        The passages, and what fetches more.
    language
        Of the question.
    """

    def __init__(self, library: Library, language: str) -> None:
        self._library = library
        self._language = language
        self._found: dict[tuple[str, str, str], list[Fact]] = {}

    def find(self, name: str, key: str, *, of: str = "", near: str = "", words: str = "") -> list[Fact]:
        """Return what is told of a property of a thing, the surest first.

        Parameters
        ----------
        name
            The thing.
        key
            The property's key; with ``*`` before it a noun that ``properties.toml`` does not have.
        of
            The property whose value the thing is: "director".
        near
            The thing whose value it is, which its page may name.
        words
            Words that a sentence with a generic value must hold.
        """
        if not plain(bare(name)):  # "+++" would be found in every text
            return []
        place = (name, key, of)
        if place not in self._found:
            self._found[place] = sorted(self._all(name, key, of, near, words), key=lambda fact: -fact.sure)
        return self._found[place]

    def _all(self, name: str, key: str, of: str, near: str, words: str) -> list[Fact]:
        if key.startswith("*"):
            return list(looked_up(self._library, name, key[1:], words, self._language))
        wanted = properties()[key]
        role = properties()[of].role if of in properties() else None
        found: list[Fact] = []
        pages = self._library.about(name, role=role, near=near)
        for score, page in pages[:2]:
            if found and score < pages[0][0]:
                break
            told = [
                replace(self._whole(fact), subject=name, sure=fact.sure * score * wanted.trust)
                for fact in self._on(page, wanted, "" if _bears(page, name, score) else name)
            ]
            found += told
        if not found:
            found += self._inverted(name, key)
        if not found:
            found += in_tables(self._library, name, wanted.labels, key, self._language)
        if not found and not pages:
            found += told_of(self._library, name, wanted, self._language)
        if not found and wanted.value == "person":
            for noun in wanted.nouns.get(self._language, ()):
                told_so = looked_up(self._library, name, noun, "", self._language)
                found += [replace(fact, property=key) for fact in told_so]
        if not found and wanted.partner:
            found += self._by_partner(name, wanted)
        return found

    def _whole(self, fact: Fact) -> Fact:
        """Return a fact with the longest name that is known to stand where its value does: "Waldeck and Pyrmont"."""
        if properties()[fact.property].value != "person":
            return fact
        text = fact.passage.text[fact.start : fact.end]
        at = text.find(fact.value)
        rest = text[at:] if at >= 0 else ""
        titles = {page.title for page in self._library.pages} | {bare(page.title) for page in self._library.pages}
        longer = [title for title in titles if len(title) > len(fact.value) and rest.startswith(title)]
        return replace(fact, value=max(longer, key=len)) if longer else fact

    def _on(self, page: Page, wanted: Property, name: str = "") -> Iterator[Fact]:
        """Yield what a page tells of its own thing; where that is only taken to be ``name``, nothing told of others."""
        if wanted.value == "country":
            yield from self._origin(page, wanted)
            return
        if wanted.key in _LIFE:
            yield from _life(page, wanted.key, name)
        if wanted.key == "lifespan":
            yield from _lifespan(page)
            return
        if wanted.key in ("father", "mother", "parent"):
            yield from parents(page, wanted.key, self._sex)
        yield from self._patterns(page, wanted, name)
        yield from from_graph(self._library.graph, page, wanted)
        yield from in_tables(self._library, page.title, wanted.labels, wanted.key, self._language, page=page)

    def _patterns(self, page: Page, wanted: Property, name: str = "") -> Iterator[Fact]:
        for number, (passage, start, end) in enumerate(page.sentences):
            sentence = passage.text[start:end]
            named = places_of(name, sentence, passage.language) if name else []
            for text in wanted.patterns(passage.language):
                lowered = sentence[:1].lower() + sentence[1:]
                for match in [*text.finditer(sentence)] or text.finditer(lowered):
                    if wanted.key == "spouse" and spouse_is_of_parent(sentence, match.start()):
                        continue
                    if named and not speaks_of(sentence, named, match, passage.language):
                        continue
                    sure = _FIRST if number < _FIRST_SENTENCES else _LATER
                    fact = made(
                        page.title,
                        wanted,
                        passage,
                        (start, end),
                        (start + match.start("value"), start + match.end("value")),
                        sure,
                    )
                    if fact is not None and not self._itself(fact, page):
                        yield fact
                        break

    def _itself(self, fact: Fact, page: Page) -> bool:
        """Tell whether a person's name is that of the page's own thing."""
        return properties()[fact.property].value == "person" and plain(bare(fact.value)) == plain(bare(page.title))

    def _origin(self, page: Page, wanted: Property) -> Iterator[Fact]:
        yield from origin_on(page, wanted.key)
        yield from from_graph(self._library.graph, page, wanted)
        if wanted.key == "nationality":
            for fact in self._on(page, properties()["birth_place"]):
                if (born := place_country(fact)) is not None:
                    yield replace(born, property=wanted.key)

    def _sex(self, name: str) -> str:
        pages = self._library.at_hand(name)
        return sex_of(" ".join(p.text for p in pages[0][1].passages)[:800]) if pages and pages[0][0] >= 0.85 else ""

    def _inverted(self, name: str, key: str) -> Iterator[Fact]:
        """Yield what the page of the value tells: "X was the mother of …"."""
        asked = plain(bare(name))
        for inverse in _INVERSE.get(key, ()):
            wanted = properties()[inverse]
            for page in self._library.pages:
                text = " ".join(passage.text for passage in page.passages)
                if plain(bare(page.title)) == asked or asked.split()[0] not in plain(text):
                    continue
                sex = properties()[key].sex
                if sex and (own := sex_of(text[:800])) and own != sex:
                    continue
                for fact in self._on(page, wanted):
                    if plain(bare(fact.value)) == asked or plain(bare(fact.value.split(",")[0])) == asked:
                        yield replace(
                            fact, subject=name, property=key, value=bare(page.title), sure=fact.sure * _INVERTED
                        )

    def _by_partner(self, name: str, wanted: Property) -> Iterator[Fact]:
        """Yield the spouse of the other parent, where that one's page names the child or nobody else."""
        other, link = wanted.partner
        page = self._library.about(name)
        if not page:
            return
        for fact in list(self._on(page[0][1], properties()[other]))[:1]:
            for told in self.find(fact.value, link, of=other, near=name)[:1]:
                yield replace(told, subject=name, property=wanted.key, sure=told.sure * fact.sure * _PARTNER / 0.8)


def made(
    subject: str, wanted: Property, passage: Passage, sentence: tuple[int, int], value: tuple[int, int], sure: float
) -> Fact | None:
    """Return a fact; None where the value is none."""
    start, end = value
    if wanted.value in ("person", "place", "org"):
        start, end = trimmed(passage.text, start, end, person=wanted.value == "person")
    if end <= start:
        return None
    written = passage.text[start:end].strip()
    key: tuple[float, ...] | frozenset[str] = frozenset([plain(written)])
    if wanted.value == "date":
        key = moment(written, passage.language)
        if not key:
            return None
        written = re.sub(r"^(?:(?:about|around|circa|c\.|ca\.|early|late|before|after|mid-?) ?)+", "", written)
    return Fact(subject, wanted.key, written, key, passage, *sentence, sure)


def _bears(page: Page, name: str, score: float) -> bool:
    """Tell whether a page bears a name: as its title, or as the graph knows; else only its words speak of it."""
    return score >= NAMED or plain(bare(name).split(",")[0]) == plain(bare(page.title).split(",")[0])


def _life(page: Page, key: str, name: str = "") -> Iterator[Fact]:
    if not page.sentences or page.passages[0].start:
        return
    passage = page.passages[0]
    life = read_life(passage.text[:500], passage.language)
    value = getattr(life, key) if life else None
    if value is None:
        return
    named = places_of(name, passage.text[: value[0]], passage.language) if name else []
    if named and not any(_IN_ITS_PARENTHESIS.fullmatch(passage.text, end, value[0]) for _, end in named):
        return
    held = [s for s in page.sentences if s[0] is passage and s[1] <= value[0] < s[2]]
    sentence = (held[0][1], max(held[0][2], value[1])) if held else (0, value[1])
    if fact := made(page.title, properties()[key], passage, sentence, value, _IN_LEAD):
        yield fact


def _lifespan(page: Page) -> Iterator[Fact]:
    """Yield the years from birth to death, with the sentence that tells the death."""
    both = [next(_life(page, key), None) for key in ("birth_date", "death_date")]
    if both[0] and both[1] and isinstance(both[0].key, tuple) and isinstance(both[1].key, tuple):
        span = years_between(both[0].key, both[1].key)
        yield replace(both[1], property="lifespan", value=f"{both[0].value} – {both[1].value}", key=(round(span, 2),))
