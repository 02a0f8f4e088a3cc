"""Rows of a graph from a few words: what documents name and say is given, not extracted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors import Document
from knowledge.chunk import chunk_document
from knowledge.index import Indexer
from knowledge.records import Chunk, DocumentEntity, Extraction, Mention, Relation
from knowledge.resolve import entity_key
from knowledge.store import SQLiteStore
from knowledge.testing import HashEmbedder, make_document
from rag.build import DATABASE
from rag.chain import Answerer
from rag.sdk import Wellspring


@dataclass(frozen=True)
class Said:
    """One relation: the sentence is the one that holds ``quote``."""

    document: str
    """The document's title."""
    subject: str
    predicate: str
    object: str
    """Names, or keys of values."""
    quote: str = ""
    """Empty: the document's whole text, up to the first chunk's end."""
    confidence: float = 0.9
    negated: bool = False
    modality: str = ""


class GivenExtractor:
    """Finds the names that it is given wherever they stand, and says what it is told to say.

    Parameters
    ----------
    names
        Type by name. A value's name is ``KEY=as written``.
    said
        Relations.
    """

    name = "given"

    def __init__(self, names: Mapping[str, str], said: Sequence[Said] = ()) -> None:
        self._names = {name.partition("=")[2] or name: (name.partition("=")[0], kind) for name, kind in names.items()}
        self._values = {name.partition("=")[0] for name in names if "=" in name}
        self._said = said

    def extract(self, document: Document, chunks: Sequence[Chunk]) -> Extraction:
        entities: dict[str, DocumentEntity] = {}
        mentions: list[Mention] = []
        relations: list[Relation] = []
        for chunk in chunks:
            for name, (given, kind) in self._names.items():
                key = self._key(given)
                start = chunk.text.find(name)
                if start >= 0:
                    entities[key] = DocumentEntity(document.id, key, name, kind)
                    start += chunk.start
                    mentions.append(Mention(chunk.id, key, name, kind, start, start + len(name)))
            for one in self._said:
                start = chunk.text.find(one.quote)
                if one.document == document.title and start >= 0:
                    sides = self._key(one.subject), one.predicate, self._key(one.object)
                    start += chunk.start
                    end = start + len(one.quote) if one.quote else chunk.end
                    told = one.confidence, one.negated, one.modality
                    relations.append(Relation(chunk.id, *sides, start, end, *told))
        return Extraction(tuple(entities.values()), tuple(mentions), tuple(relations))

    def _key(self, name: str) -> str:
        return name if name in self._values else entity_key(name)


Rows = tuple[list[Chunk], list[DocumentEntity], list[Mention], list[Relation]]


def rows_of(texts: Mapping[str, tuple[str, str]], extractor: GivenExtractor) -> Rows:
    """Return chunks, entities, mentions and relations of documents, given as (title, text) by name."""
    rows: Rows = ([], [], [], [])
    for name, (title, text) in texts.items():
        document = make_document(name, text, title=title)
        chunks = chunk_document(document)
        found = extractor.extract(document, chunks)
        for kept, new in zip(rows, (chunks, found.entities, found.mentions, found.relations), strict=True):
            kept.extend(new)  # type: ignore[arg-type]
    return rows


def given_base(
    folder: Path,
    texts: Mapping[str, tuple[str, str]],
    extractor: GivenExtractor,
    *,
    readers: Mapping[str, list[str]] | None = None,
) -> Wellspring:
    """Return a knowledge base of documents, given as (title, text) by file name; the command finds it in ``folder``.

    A file with ``readers`` lies in a folder of its own, ``folder/docs-NAME``, the others in ``folder/docs``.
    """

    def no_answers() -> Answerer:
        raise AssertionError("nothing is asked here")

    base = Wellspring(
        folder,
        store=SQLiteStore(folder / DATABASE),
        indexer=Indexer(HashEmbedder(), extractor),
        answerer=no_answers,
    )
    for name, (title, text) in texts.items():
        mine = (readers or {}).get(name)
        place = folder / (f"docs-{name}" if mine else "docs")
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(f"# {title}\n\n{text}\n", encoding="utf-8")
        if mine:
            base.sync(place, readers=mine)
    if (folder / "docs").exists():
        base.sync(folder / "docs")
    return base
