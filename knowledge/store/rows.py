"""Records to rows and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from connectors import Access, Document, Page, Section
from knowledge.about import About
from knowledge.records import Chunk, DocumentEntity, DocumentInfo, Edit, IndexedDocument, Mention, Relation

Values = dict[str, object]
"""What is inserted, by column name."""


def readers_text(access: Access) -> str:
    """Return the readers as they are stored: equal sets give equal texts."""
    return json.dumps(sorted(access.readers), ensure_ascii=False)


def to_access(readers: str) -> Access:
    """Read back what ``readers_text`` wrote."""
    return Access(frozenset(json.loads(readers)))


def about_text(about: About) -> str:
    """Return what a document is about as it is stored."""
    known = about != About()
    return json.dumps([about.names, about.periods, about.kind] if known else [], ensure_ascii=False)


@lru_cache(maxsize=256)
def to_about(text: str) -> About:
    """Read back what ``about_text`` wrote; the chunks of a document share one record."""
    stored = json.loads(text)
    return About(tuple(stored[0]), tuple(stored[1]), stored[2]) if stored else About()


def document_values(item: IndexedDocument, *, fingerprint: str, indexed: str) -> Values:
    """Return the row of a document."""
    document = item.document
    return {
        "id": document.id,
        "source_id": document.source,
        "title": document.title,
        "text": document.text,
        "version": document.version,
        "fingerprint": fingerprint,
        "media_type": document.media_type,
        "language": item.language,
        "sections": json.dumps([(s.title, s.level, s.start, s.end) for s in document.sections]),
        "pages": json.dumps([(p.number, p.start, p.end, p.name) for p in document.pages]),
        "modified": document.modified.isoformat() if document.modified else None,
        "indexed": indexed,
        "readers": readers_text(document.access),
        "characters": len(document.text),
        "page_count": len(document.pages),
        "chunk_count": len(item.chunks),
    }


def chunk_values(item: IndexedDocument) -> list[Values]:
    """Return the rows of a document's chunks, vectors included."""
    return [
        {
            "id": chunk.id,
            "document_id": chunk.document_id,
            "ordinal": chunk.ordinal,
            "start": chunk.start,
            "end": chunk.end,
            "text": chunk.text,
            "title": chunk.title,
            "headings": json.dumps(chunk.headings, ensure_ascii=False),
            "page": chunk.page,
            "language": chunk.language,
            "lead": chunk.lead,
            "about": about_text(chunk.about),
            "vector_key": key,
            "vector": vector.tobytes(),
        }
        for chunk, vector, key in zip(item.chunks, item.vectors, item.vector_keys, strict=True)
    ]


def record_values(records: Iterable[DocumentEntity | Mention | Relation | Edit]) -> list[Values]:
    """Return the rows of records whose fields are columns."""
    return [{name: getattr(record, name) for name in record.__slots__} for record in records]


def to_document(row: Row[Any]) -> Document:
    """Return the document of a whole row."""
    return Document(
        id=row.id,
        source=row.source_id,
        title=row.title,
        text=row.text,
        version=row.version,
        media_type=row.media_type,
        language=row.language,
        sections=tuple(Section(*section) for section in json.loads(row.sections)),
        pages=tuple(Page(*page) for page in json.loads(row.pages)),
        modified=datetime.fromisoformat(row.modified) if row.modified else None,
        access=to_access(row.readers),
    )


def to_info(row: Row[Any]) -> DocumentInfo:
    """Return the listing of a row without its texts."""
    return DocumentInfo(
        id=row.id,
        source=row.source_id,
        title=row.title,
        language=row.language,
        media_type=row.media_type,
        characters=row.characters,
        chunks=row.chunk_count,
        pages=row.page_count,
        modified=row.modified,
        indexed=row.indexed,
        readers=tuple(json.loads(row.readers)),
    )


def to_chunk(row: Row[Any]) -> Chunk:
    """Return the chunk of a row."""
    return Chunk(
        id=row.id,
        document_id=row.document_id,
        ordinal=row.ordinal,
        start=row.start,
        end=row.end,
        text=row.text,
        title=row.title,
        headings=tuple(json.loads(row.headings)),
        page=row.page,
        language=row.language,
        lead=row.lead,
        about=to_about(row.about),
    )
