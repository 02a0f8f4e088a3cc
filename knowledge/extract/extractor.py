"""Documents to entities, mentions and relations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from connectors import Document
from knowledge.extract.base import Cut
from knowledge.extract.brackets import bracketed
from knowledge.extract.candidate import Candidate, Statement, merge
from knowledge.extract.chinese.names import chinese_candidates, chinese_pipeline
from knowledge.extract.chinese.relations import chinese_statements
from knowledge.extract.english.names import english_candidates, quoted
from knowledge.extract.english.parse import Parse
from knowledge.extract.english.pipeline import BUILTIN, EnglishPipeline
from knowledge.extract.english.relations import english_statements
from knowledge.extract.english.topic import Topic, names_of_title, pronouns
from knowledge.extract.rows import row_statements
from knowledge.extract.told import mended
from knowledge.glossary import Glossary
from knowledge.language import sentences
from knowledge.names import NameIndex
from knowledge.records import ALIAS, Chunk, DocumentEntity, Extraction, Mention, Relation
from knowledge.resolve import entity_key
from knowledge.resolve.document import Alias, defined_terms, explicit_aliases, resolve_document
from knowledge.resolve.forms import legal, title_parts
from knowledge.types import DATE, EMAIL, NAME, ORG, URL, VALUES
from knowledge.values import find_values

if TYPE_CHECKING:
    from spacy.tokens import Doc

_QUOTES = '"“”'
RULES = "rules-5"
"""Changes when the same document would give something else."""
LEAST = 0.5
"""Statements less sure than this are left out."""
_WINDOW = 256
"""Chunks."""
_LONGEST_HEADING = 6
"""Words: a longer heading is a sentence and no name."""
_ALWAYS = frozenset({DATE, EMAIL, URL})
"""Values that are mentions wherever they stand; others only where a relation speaks of them."""


@dataclass(slots=True)
class _Read:
    """A chunk as it is read; offsets are into its text."""

    chunk: Chunk
    candidates: list[Candidate]
    parsed: Parse | None = None
    doc: Doc | None = None
    """English has a parse; Chinese, which is read without a parser, its words."""
    statements: list[Statement] = field(default_factory=list)


class SpacyExtractor:
    """Named entities from spaCy pipelines and rules, relations from their parses; see ``knowledge.extract.base``.

    Parameters
    ----------
    pipeline
        The English pipeline: ``builtin``, or the name or folder of an installed spaCy pipeline.
    glossary
        Terms that are entities wherever they occur.
    """

    def __init__(self, *, pipeline: str = BUILTIN, glossary: Glossary | None = None) -> None:
        self._english = EnglishPipeline(pipeline)
        self._glossary = glossary or Glossary()

    @property
    def name(self) -> str:
        """Names the pipeline, the rules and the glossary."""
        return " ".join(filter(None, (RULES, self._english.name, self._glossary.fingerprint)))

    def extract(self, document: Document, chunks: Sequence[Chunk]) -> Extraction:
        """Return what the chunks of ``document`` name, and what they say between the named."""
        return self.extract_many([(document, chunks)])[0]

    def extract_many(self, documents: Sequence[Cut]) -> list[Extraction]:
        """Return what ``extract`` does for each document; pipelines read many texts at once far faster."""
        found = []
        for window in _windows(documents):
            for (document, _), read in zip(window, self._read(window), strict=True):
                names = mended(document, [(one.chunk.text, one.candidates) for one in read])
                for one, its in zip(read, names, strict=True):
                    one.candidates = its
                topic = Topic(document.title)
                _define(topic, read)
                _add_terms(document, topic, read)
                for one in read:
                    one.statements = [s for s in _statements(one, topic) if s.confidence >= LEAST]
                found.append(_resolved(document, read, topic))
        return found

    def _read(self, documents: Sequence[Cut]) -> list[list[_Read]]:
        """Return the chunks of each document, read."""
        titles = [_titles(document) for document, _ in documents]
        read = [
            [_Read(chunk, [*self._known(chunk.text, names), *_values(chunk.text, chunk.language)]) for chunk in chunks]
            for (_, chunks), names in zip(documents, titles, strict=True)
        ]
        every = [one for its in read for one in its]
        chinese = [one for one in every if one.chunk.language == "zh"]
        for one, doc in zip(chinese, chinese_pipeline().pipe(one.chunk.text for one in chinese), strict=True):
            one.doc = doc
            text = one.chunk.text
            terms = ((text[c.start : c.end], c.type) for c in one.candidates if c.origin == "glossary")
            one.candidates = _merged(text, [*one.candidates, *chinese_candidates(doc, known=terms)])
        english = [one for one in every if one.chunk.language != "zh"]
        texts = [one.chunk.text for one in english]
        phrases = [_phrases(one.chunk.text, one.candidates) for one in english]
        for one, parsed in zip(english, self._english.read(texts, phrases), strict=True):
            one.parsed = parsed
            found = english_candidates(one.chunk.text, parsed, one.candidates)
            one.candidates = _merged(one.chunk.text, [*one.candidates, *found])
        return read

    def _known(self, text: str, titles: NameIndex) -> Iterator[Candidate]:
        for start, end, kind, key in self._glossary.find(text):
            yield Candidate(start, end, kind, "glossary", key)
        for hit in titles.find(text):
            yield Candidate(hit.start, hit.end, NAME, "title")


def _windows(documents: Sequence[Cut]) -> Iterator[Sequence[Cut]]:
    """Yield stretches of documents with about as many chunks as are held in memory at once."""
    first, held = 0, 0
    for place, (_, chunks) in enumerate(documents, start=1):
        held += len(chunks)
        if held >= _WINDOW or place == len(documents):
            yield documents[first:place]
            first, held = place, 0


def _merged(text: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Merge candidates; one that ends in a legal form is an organisation, whatever the pipeline took it for."""
    return [
        replace(c, type=ORG) if c.type not in (ORG, *VALUES) and legal(text[c.start : c.end], sure=True)[1] else c
        for c in merge(candidates)
    ]


def _titles(document: Document) -> NameIndex:
    """Return the title, with and without its parenthesis, and the headings that are names and not sentences."""
    headings = (section.title.strip() for section in document.sections)
    short = [
        heading
        for heading in headings
        # "6.1 Conduct" is a place in the document and no name.
        if len(heading.split()) <= _LONGEST_HEADING and heading[-1:] not in "?？" and not heading[:1].isdigit()
    ]
    title = document.title.strip()
    return NameIndex((form, form) for form in sorted({*names_of_title(title), *short} - {""}))


def _phrases(text: str, known: Iterable[Candidate]) -> list[tuple[int, int]]:
    """Return what the parser is to read as one name: titles and terms of several words, titles in quotation marks."""
    names = merge([*(c for c in known if c.origin in ("title", "glossary")), *quoted(text)])
    spans = []
    for c in names:
        if c.origin == "rule" and text[c.start - 1] in _QUOTES and text[c.end] in _QUOTES:
            spans.append((c.start - 1, c.end + 1))
        elif c.origin == "rule" or (" " in text[c.start : c.end] and text[c.start].isupper()):
            spans.append((c.start, c.end))
    return spans


def _values(text: str, language: str) -> Iterator[Candidate]:
    for value in find_values(text, language):
        yield Candidate(value.start, value.end, value.type, "value", value.key)


def _define(topic: Topic, read: Sequence[_Read]) -> None:
    """Find out what the topic is, and give its names that type."""
    if read and (parsed := read[0].parsed):
        parsed.place(read[0].candidates)
        if named := topic.define(read[0].chunk.text, parsed):
            known = Candidate(named.start, named.end, topic.type, "topic", topic.key)
            read[0].candidates = [known if c == named else c for c in read[0].candidates]
    if topic.type == NAME:
        kinds = Counter(
            c.type
            for one in read
            for c in one.candidates
            if c.type != NAME and topic.is_named(one.chunk.text[c.start : c.end])
        )
        topic.type = min(((-count, kind) for kind, count in kinds.items()), default=(0, NAME))[1]
    if topic.type == NAME:
        return
    for one in read:
        one.candidates = [
            Candidate(c.start, c.end, topic.type, c.origin, c.key)
            if c.type != topic.type and c.type not in VALUES and topic.is_named(one.chunk.text[c.start : c.end])
            else c
            for c in one.candidates
        ]


def _add_terms(document: Document, topic: Topic, read: Sequence[_Read]) -> None:
    """Add what the document defines for itself: (the "Company"), (“AP”)."""
    everything = [c.moved(one.chunk.start) for one in read for c in one.candidates]
    topic.issuer = _issuer(document, everything)
    terms = defined_terms(document.text, everything)
    if not terms:
        return
    for one in read:
        inside = [c.moved(-one.chunk.start) for c in terms if one.chunk.start <= c.start and c.end <= one.chunk.end]
        if inside:
            one.candidates = merge([*one.candidates, *inside])


def _issuer(document: Document, candidates: Sequence[Candidate]) -> str:
    """Return the key of the organisation that says "we" in a document; empty where that is not safe to tell.

    It is the one that the document defines as "the Company" or "we", or else the one that the title names.
    """
    text, speakers = document.text, pronouns("speaker")
    for declared in explicit_aliases(text, candidates):
        if entity_key(text[declared.start : declared.end].strip('"“”,. ')) in speakers:
            long = candidates[declared.of]
            return entity_key(text[long.start : long.end])
    title = f" {entity_key(document.title)} "
    named = Counter(
        key
        for c in candidates
        if c.type in (ORG, NAME) and (key := entity_key(text[c.start : c.end])) and f" {key} " in title
    )
    orgs = {entity_key(text[c.start : c.end]) for c in candidates if c.type == ORG}
    return min(((-count, key) for key, count in named.items() if key in orgs), default=(0, ""))[1]


def _statements(one: _Read, topic: Topic) -> Iterator[Statement]:
    text = one.chunk.text
    yield from row_statements(text, one.candidates)
    if one.doc is not None:
        spans = sentences(text, "zh")
        about = Candidate(0, 0, topic.type, "topic", topic.key)
        yield from bracketed(text, one.candidates, spans, born="出生", died="逝世", released="发行于", dated="时间")
        yield from chinese_statements(one.doc, one.candidates, spans, about)
    elif parsed := one.parsed:
        parsed.place(one.candidates)
        spans = [(s.start, s.end) for s in parsed.sentences if s.bracket is None]
        yield from bracketed(
            text, one.candidates, spans, born="born", died="died", released="released in", dated="dated"
        )
        yield from english_statements(parsed, topic.stand_ins(text, parsed))


def _resolved(document: Document, read: Sequence[_Read], topic: Topic) -> Extraction:
    """Give all names their keys, and say mentions and relations in them."""
    placed: dict[tuple[int, int], Candidate] = {}
    chunk_at: dict[tuple[int, int], int] = {}
    spoken_of: set[tuple[int, int]] = set()
    for one in read:
        by = one.chunk.start
        sides = [side for s in one.statements for side in (s.subject, s.object)]
        for c in [*one.candidates, *sides]:
            place = (c.start + by, c.end + by)
            placed.setdefault(place, c.moved(by))
            chunk_at[place] = one.chunk.id
        spoken_of.update((side.start + by, side.end + by) for side in sides)
    kept = [c for place, c in sorted(placed.items()) if c.type not in VALUES or c.type in _ALWAYS or place in spoken_of]
    resolved = resolve_document(document, kept)
    entities = _with_topic(resolved.entities, document, topic)
    key_at = {(c.start, c.end): key for c, key in zip(kept, resolved.keys, strict=True)}
    types = {entity.key: entity.type for entity in resolved.entities}
    mentions = [
        Mention(chunk_at[place], key, document.text[slice(*place)], types[key], *place) for place, key in key_at.items()
    ]
    relations = {*_relations(read, key_at), *_aliases(read, resolved.aliases)}
    return Extraction(
        entities,
        tuple(mentions),
        tuple(sorted(relations, key=lambda r: (r.start, r.end, r.subject, r.predicate, r.object, -r.confidence))),
    )


def _with_topic(entities: tuple[DocumentEntity, ...], document: Document, topic: Topic) -> tuple[DocumentEntity, ...]:
    """Add what the document is about, which its text may never name."""
    title = document.title.strip()
    if not title or any(entity.key == topic.key for entity in entities):
        return entities
    about = DocumentEntity(document.id, topic.key, title, topic.type, title_parts(title)[1])
    return tuple(sorted([*entities, about], key=lambda entity: entity.key))


def _relations(read: Iterable[_Read], key_at: dict[tuple[int, int], str]) -> Iterator[Relation]:
    for one in read:
        by = one.chunk.start
        for s in one.statements:
            subject = key_at[s.subject.start + by, s.subject.end + by]
            target = key_at[s.object.start + by, s.object.end + by]
            if subject != target:
                yield Relation(
                    chunk_id=one.chunk.id,
                    subject=subject,
                    predicate=s.predicate,
                    object=target,
                    start=s.start + by,
                    end=s.end + by,
                    confidence=round(s.confidence, 3),
                    negated=s.negated,
                    modality=s.modality,
                )


def _aliases(read: Sequence[_Read], aliases: Iterable[Alias]) -> Iterator[Relation]:
    """Yield explicit aliases as relations, where one chunk shows both names."""
    for alias in aliases:
        for one in read:
            if one.chunk.start <= alias.start and alias.end <= one.chunk.end:
                yield Relation(one.chunk.id, alias.key, ALIAS, alias.other, alias.start, alias.end, 1.0)
                break
