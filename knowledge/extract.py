"""Entities and relations, found by a spaCy pipeline.

The contract of an extractor: ``extract`` is a function of one document alone, so that what is stored never depends on
the order in which documents came; every mention lies inside its chunk, and its name is the document's text at its
offsets; ``name`` changes whenever results would. ``knowledge.testing.ExtractorContract`` checks this.

Names of *other* documents' titles are not looked for here: a title that comes or goes would change what older
documents say. ``knowledge.graph`` links them when it is built.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Container, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol, cast

from spacy.language import Language
from spacy.tokens import Doc, Span, Token
from spacy.util import filter_spans

from connectors import Document
from knowledge.language import HAN, STOP_WORDS, new_pipeline, sentences
from knowledge.records import Chunk, Extraction, Mention, Relation
from knowledge.resolve import entity_key, without_parenthesis

if TYPE_CHECKING:
    from spacy.pipeline import EntityRuler

TOPIC = "TOPIC"
"""The type of a document's title and headings."""
NAME = "NAME"
"""The type of what is written like a proper noun."""
# fmt: off
_INSIDE_NAME = frozenset([
    "of", "the", "de", "la", "le", "du", "von", "van", "der", "den", "di", "da", "al", "el", "&", "'s", "’s",
    "-", "–",
])
# fmt: on
_NOT_IN_NAME = "的由在和与及是为被把从到向给让"
_CHINESE_NAME = re.compile(
    rf"《([^《》\n]{{1,40}})》|「([^「」\n]{{2,30}})」|“([^“”\n]{{2,20}})”"
    rf"|((?:(?![{_NOT_IN_NAME}])[{HAN}]){{2,12}}?(?:有限公司|股份公司|公司|集团|大学|委员会|办公室|项目))"
    r"|([A-Za-z][A-Za-z0-9.&'-]*(?: [A-Z0-9][A-Za-z0-9.&'-]*)*)"
)
_LONGEST_PREDICATE = 8
"""Tokens."""
_LONGEST_TOPIC = 6
"""Words."""
_running = threading.Lock()


class Extractor(Protocol):
    """Something that finds entities and relations. The module's docstring is the contract."""

    @property
    def name(self) -> str:
        """Names the pipeline and everything else that shapes its results."""
        ...

    def extract(self, document: Document, chunks: Sequence[Chunk]) -> Extraction:
        """Return what the chunks of ``document`` name, and what they say between the named."""
        ...


@Language.component("wellspring_sentences")
def wellspring_sentences(doc: Doc) -> Doc:
    """Start a sentence wherever ``knowledge.language.sentences`` does."""
    starts = {start for start, _ in sentences(doc.text, doc.lang_)}
    for token in doc:
        token.is_sent_start = token.i == 0 or token.idx in starts
    return doc


@Language.component("wellspring_names")
def wellspring_names(doc: Doc) -> Doc:
    """Add spans written like proper nouns to ``doc.ents``; what the entity ruler found wins where it is longer."""
    spans = _chinese_names(doc) if doc.lang_ == "zh" else _capitalised(doc)
    # On equal length filter_spans keeps the first, so the ruler's spans go in front.
    doc.ents = tuple(filter_spans([*doc.ents, *spans]))
    return doc


class SpacyExtractor:
    """Rules on spaCy's blank pipelines: the document's own titles, and proper-noun-shaped spans.

    A relation is what stands between two neighbouring entities of one sentence, as long as that is short and holds
    a word of its own: coarse, but each has its sentence as evidence.
    """

    name = "spacy-rules-2"

    def extract(self, document: Document, chunks: Sequence[Chunk]) -> Extraction:
        """Return what the chunks of ``document`` name, and what they say between the named."""
        docs = list(_parsed(document, chunks))
        inner = set().union(*(_inner_words(doc) for _, doc in docs))
        mentions: list[Mention] = []
        relations: list[Relation] = []
        for chunk, doc in docs:
            doc.ents = tuple(span for span in doc.ents if not _only_starts_sentence(span, inner))
            mentions.extend(_mentions(chunk, doc))
            relations.extend(_relations(chunk, doc))
        mentions.sort(key=lambda mention: (mention.start, mention.end))
        relations.sort(key=lambda relation: (relation.start, relation.subject, relation.predicate, relation.object))
        return Extraction(tuple(mentions), tuple(relations))


def _parsed(document: Document, chunks: Sequence[Chunk]) -> Iterator[tuple[Chunk, Doc]]:
    """Run the pipeline of each chunk's language, with the document's own titles in its entity ruler."""
    topics = _topics(document)
    for language in sorted({chunk.language for chunk in chunks}):
        mine = [chunk for chunk in chunks if chunk.language == language]
        # One pipeline serves all documents, so that one thread at a time may fill its ruler.
        with _running:
            pipeline = _pipeline(language)
            ruler = cast("EntityRuler", pipeline.get_pipe("entity_ruler"))
            ruler.clear()
            ruler.add_patterns([{"label": TOPIC, "pattern": topic} for topic in topics])
            # The ruler warns when it has nothing to look for.
            with pipeline.select_pipes(disable=[] if topics else ["entity_ruler"]):
                docs = list(pipeline.pipe(chunk.text for chunk in mine))
        yield from zip(mine, docs, strict=True)


def _topics(document: Document) -> list[str]:
    """Return the title, with and without its parenthesis, and the headings that are names and not sentences."""
    headings = (section.title.strip() for section in document.sections)
    short = [heading for heading in headings if len(heading.split()) <= _LONGEST_TOPIC and heading[-1:] not in "?？"]
    title = document.title.strip()
    return sorted({title, without_parenthesis(title), *short} - {""})


@cache
def _pipeline(language: str) -> Language:
    pipeline = new_pipeline(language)
    pipeline.add_pipe("wellspring_sentences")
    pipeline.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    pipeline.add_pipe("wellspring_names")
    return pipeline


def _capitalised(doc: Doc) -> Iterator[Span]:
    """Yield runs of capitalised words and codes, small joining words inside them included."""
    start = end = 0
    for token in doc:
        if token.is_sent_start and start != end:
            yield _span(doc, start, end)
            start = end
        if _is_name_shaped(token):
            if start == end:
                # A sentence starts with a capital anyway: a function word there is no name.
                if token.lower_ in STOP_WORDS or (_starts_sentence(token) and token.is_stop and not token.is_upper):
                    continue
                start = token.i
            end = token.i + 1
        elif start != end and not (token.lower_ in _INSIDE_NAME and token.i - end < 2):
            yield _span(doc, start, end)
            start = end
    if start != end:
        yield _span(doc, start, end)


def _is_name_shaped(token: Token) -> bool:
    text = token.text
    return (token.is_alpha and text[0].isupper()) or (text[0].isalnum() and _is_code(text))


def _is_code(text: str) -> bool:
    """Tell a product code or a version from a number: letters and digits, or inner capitals."""
    return any(c.isupper() for c in text) and (any(c.isdigit() for c in text) or not text.isalpha())


def _starts_sentence(token: Token) -> bool:
    """Tell whether no word stands before ``token`` in its sentence: a bullet, a number or a quotation mark may."""
    before = token.i - 1
    while before >= 0 and not token.doc[before + 1].is_sent_start:
        if token.doc[before].is_alpha:
            return False
        before -= 1
    return True


def _inner_words(doc: Doc) -> set[str]:
    """Return the words that are capitalised though they do not start a sentence."""
    return {token.text for token in doc if token.is_title and not _starts_sentence(token)}


def _only_starts_sentence(span: Span, inner: Container[str]) -> bool:
    """Tell whether a span may owe its capital to its place: one word, never capitalised inside a sentence."""
    return (
        len(span) == 1
        and span.label_ == NAME
        and span[0].is_title
        and span[0].is_alpha
        and span.text not in inner
        and _starts_sentence(span[0])
    )


def _span(doc: Doc, start: int, end: int) -> Span:
    return Span(doc, start, end, label=NAME)


def _chinese_names(doc: Doc) -> Iterator[Span]:
    for match in _CHINESE_NAME.finditer(doc.text):
        group = match.lastindex or 0
        span = doc.char_span(match.start(group), match.end(group), label=NAME, alignment_mode="expand")
        if span is not None and len(span.text) > 1:
            yield span


def _mentions(chunk: Chunk, doc: Doc) -> Iterator[Mention]:
    for span in doc.ents:
        start = chunk.start + span.start_char
        yield Mention(chunk.id, entity_key(span.text), span.text, span.label_, start, start + len(span.text))


def _relations(chunk: Chunk, doc: Doc) -> Iterator[Relation]:
    for sentence in doc.sents:
        for left, right in pairwise(sentence.ents):
            between = doc[left.end : right.start]
            words = [token for token in between if token.is_alpha and not token.text[0].isupper()]
            if not words or len(between) > _LONGEST_PREDICATE or "\n" in between.text:
                continue
            if any(token.text in ";:()（）；：|" for token in between):
                continue
            subject, target = entity_key(left.text), entity_key(right.text)
            if subject != target:
                yield Relation(
                    chunk.id,
                    subject,
                    between.text.strip(" ,，"),
                    target,
                    chunk.start + sentence.start_char,
                    chunk.start + sentence.end_char,
                    round(1 / (1 + len(between)), 3),
                )
