"""Documents to entities, mentions and relations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from spacy.tokens import Doc

from connectors import Document
from knowledge.extract.brackets import bracketed
from knowledge.extract.candidate import Candidate, Statement
from knowledge.extract.chinese.names import chinese_candidates, chinese_pipeline
from knowledge.extract.chinese.relations import chinese_statements
from knowledge.extract.english.names import english_candidates, merge, quoted
from knowledge.extract.english.parse import Parse
from knowledge.extract.english.pipeline import BUILTIN, EnglishPipeline
from knowledge.extract.english.relations import english_statements
from knowledge.extract.english.topic import Topic, pronouns, title_forms
from knowledge.glossary import Glossary
from knowledge.language import sentences
from knowledge.names import NameIndex
from knowledge.records import ALIAS, Chunk, Extraction, Mention, Relation
from knowledge.resolve import entity_key
from knowledge.resolve.document import Alias, defined_terms, explicit_aliases, resolve_document
from knowledge.resolve.forms import legal
from knowledge.types import DATE, EMAIL, NAME, ORG, URL, VALUES
from knowledge.values import find_values

_QUOTES = '"“”'
RULES = "rules-3"
"""Changes when the same document would give something else."""
LEAST = 0.5
"""Statements less sure than this are left out."""
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
        topic = Topic(document.title)
        read = list(self._read(chunks, _titles(document)))
        _define(topic, read)
        _add_terms(document, topic, read)
        for one in read:
            one.statements = [s for s in _statements(one, topic) if s.confidence >= LEAST]
        return _resolved(document, read)

    def _read(self, chunks: Sequence[Chunk], titles: NameIndex) -> Iterator[_Read]:
        for language, group in groupby(chunks, key=lambda chunk: chunk.language):
            mine = list(group)
            texts = [chunk.text for chunk in mine]
            known = [[*self._known(text, titles), *_values(text, language)] for text in texts]
            if language == "zh":
                for chunk, some, doc in zip(mine, known, chinese_pipeline().pipe(texts), strict=True):
                    terms = ((chunk.text[c.start : c.end], c.type) for c in some if c.origin == "glossary")
                    yield _Read(chunk, _merged(chunk.text, [*some, *chinese_candidates(doc, known=terms)]), doc=doc)
            else:
                phrases = [_phrases(text, some) for text, some in zip(texts, known, strict=True)]
                for chunk, some, parsed in zip(mine, known, self._english.read(texts, phrases), strict=True):
                    found = [*some, *english_candidates(chunk.text, parsed)]
                    yield _Read(chunk, _merged(chunk.text, found), parsed=parsed)

    def _known(self, text: str, titles: NameIndex) -> Iterator[Candidate]:
        for start, end, kind, key in self._glossary.find(text):
            yield Candidate(start, end, kind, "glossary", key)
        for hit in titles.find(text):
            yield Candidate(hit.start, hit.end, NAME, "title")


def _merged(text: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Merge candidates; one that ends in a legal form is an organisation, whatever the pipeline took it for."""
    return [
        replace(c, type=ORG) if c.type not in (ORG, *VALUES) and legal(text[c.start : c.end], sure=True)[1] else c
        for c in merge(candidates)
    ]


def _titles(document: Document) -> NameIndex:
    """Return the title, with and without its parenthesis, and the headings that are names and not sentences."""
    headings = (section.title.strip() for section in document.sections)
    short = [heading for heading in headings if len(heading.split()) <= _LONGEST_HEADING and heading[-1:] not in "?？"]
    title = document.title.strip()
    return NameIndex((form, form) for form in sorted({*title_forms(title), *short} - {""}))


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


def _resolved(document: Document, read: Sequence[_Read]) -> Extraction:
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
    key_at = {(c.start, c.end): key for c, key in zip(kept, resolved.keys, strict=True)}
    types = {entity.key: entity.type for entity in resolved.entities}
    mentions = [
        Mention(chunk_at[place], key, document.text[slice(*place)], types[key], *place) for place, key in key_at.items()
    ]
    relations = {*_relations(read, key_at), *_aliases(read, resolved.aliases)}
    return Extraction(
        resolved.entities,
        tuple(mentions),
        tuple(sorted(relations, key=lambda r: (r.start, r.end, r.subject, r.predicate, r.object, -r.confidence))),
    )


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
