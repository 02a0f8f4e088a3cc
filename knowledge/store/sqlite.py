"""The store in one SQLite file, in WAL mode."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, create_engine, delete, event, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import SQLAlchemyError

from connectors import Access, Document, Failed, Page, Section
from knowledge.errors import StoreError
from knowledge.records import (
    ChangeSet,
    Chunk,
    DocumentInfo,
    IndexedDocument,
    Mention,
    Relation,
    Vectors,
)
from knowledge.store import tables as t
from knowledge.store.base import ChunkRef, SourceInfo
from knowledge.store.migrations import migrate

_BATCH = 5000
"""Ids in one statement: below SQLite's limit on variables."""


def text_key(chunk: Chunk) -> str:
    """Return the key of what is embedded of a chunk: equal keys have equal vectors."""
    return hashlib.blake2b(f"{chunk.context}\0{chunk.text}".encode(), digest_size=16).hexdigest()


class SQLiteStore:
    """Rows in one SQLite file; see ``knowledge.store.base`` for the contract.

    Parameters
    ----------
    path
        The file; made, with its folders, when missing.

    Raises
    ------
    StoreError
        The file cannot be opened, is no database, or was written by a newer release.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 60})
            event.listen(self._engine, "connect", _set_up)
            event.listen(self._engine, "begin", _begin)
            with self._engine.begin() as connection:
                migrate(connection)

    def generation(self) -> int:
        """See ``Store``."""
        with self._reading() as connection:
            value = connection.execute(
                select(t.meta.c.value).where(t.meta.c.key == "generation")
            ).scalar_one()
        return int(value)

    def commit(self, changes: ChangeSet) -> None:
        """See ``Store``."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        replaced = [item.document.id for item in changes.upserts]
        with self._writing() as connection:
            visible = self._remove(connection, [*replaced, *changes.deletes])
            for item in changes.upserts:
                _insert(connection, item, changes.fingerprint, now)
            for document_id, access in changes.access:
                readers = json.dumps(sorted(access.readers))
                other = (t.documents.c.id == document_id, t.documents.c.readers != readers)
                row = update(t.documents).where(*other).values(readers=readers)
                visible = connection.execute(row).rowcount > 0 or visible
            for some in _batches(list(changes.recovered)):
                connection.execute(delete(t.failures).where(t.failures.c.document_id.in_(some)))
            for failure in changes.failures:
                values = {"source_id": changes.source_id, "reason": failure.reason}
                statement = upsert(t.failures).values(document_id=failure.document_id, **values)
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["document_id"], set_=values)
                )
            if changes.cursor is not None:
                source = update(t.sources).where(t.sources.c.id == changes.source_id)
                connection.execute(source.values(cursor=changes.cursor, fingerprint=changes.fingerprint))
            if visible or changes.upserts:
                _raise_generation(connection)

    def add_source(self, source_id: str, options: Mapping[str, object]) -> None:
        """See ``Store``."""
        values = {"options": json.dumps(dict(options), ensure_ascii=False, sort_keys=True)}
        statement = upsert(t.sources).values(id=source_id, fingerprint="", **values)
        with self._writing() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def remove_source(self, source_id: str) -> None:
        """See ``Store``."""
        with self._writing() as connection:
            mine = select(t.documents.c.id).where(t.documents.c.source_id == source_id)
            if self._remove(connection, list(connection.execute(mine).scalars())):
                _raise_generation(connection)
            connection.execute(delete(t.failures).where(t.failures.c.source_id == source_id))
            connection.execute(delete(t.sources).where(t.sources.c.id == source_id))

    def sources(self) -> list[SourceInfo]:
        """See ``Store``."""
        with self._reading() as connection:
            rows = connection.execute(select(t.sources).order_by(t.sources.c.id)).all()
        return [SourceInfo(row.id, json.loads(row.options), row.cursor, row.fingerprint) for row in rows]

    def versions(self, source_id: str) -> dict[str, str]:
        """See ``Store``."""
        d = t.documents.c
        with self._reading() as connection:
            rows = connection.execute(
                select(d.id, d.version, d.fingerprint).where(d.source_id == source_id).order_by(d.id)
            )
            return {row.id: f"{row.fingerprint}\0{row.version}" for row in rows}

    def documents(self) -> list[DocumentInfo]:
        """See ``Store``."""
        columns = [column for column in t.documents.c if column.name not in ("text", "sections", "pages")]
        with self._reading() as connection:
            rows = connection.execute(select(*columns).order_by(t.documents.c.id)).all()
        return [
            DocumentInfo(
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
            for row in rows
        ]

    def document(self, document_id: str) -> Document | None:
        """See ``Store``."""
        with self._reading() as connection:
            row = connection.execute(select(t.documents).where(t.documents.c.id == document_id)).one_or_none()
        return None if row is None else _document(row)

    def access(self) -> dict[str, Access]:
        """See ``Store``."""
        with self._reading() as connection:
            rows = connection.execute(select(t.documents.c.id, t.documents.c.readers)).all()
        return {row.id: Access(frozenset(json.loads(row.readers))) for row in rows}

    def failures(self, source_id: str | None = None) -> list[Failed]:
        """See ``Store``."""
        statement = select(t.failures).order_by(t.failures.c.document_id)
        if source_id is not None:
            statement = statement.where(t.failures.c.source_id == source_id)
        with self._reading() as connection:
            rows = connection.execute(statement).all()
        return [Failed(row.document_id, row.reason) for row in rows]

    def chunk_refs(self) -> list[ChunkRef]:
        """See ``Store``."""
        c = t.chunks.c
        with self._reading() as connection:
            rows = connection.execute(
                select(c.id, c.document_id, c.start, c.end).order_by(c.document_id, c.ordinal)
            )
            return [ChunkRef(*row) for row in rows]

    def chunks(self, ids: Iterable[int] | None = None) -> list[Chunk]:
        """See ``Store``."""
        order = (t.chunks.c.document_id, t.chunks.c.ordinal)
        with self._reading() as connection:
            if ids is None:
                return [_chunk(row) for row in connection.execute(select(t.chunks).order_by(*order))]
            found = []
            for some in _batches(sorted(set(ids))):
                found += map(_chunk, connection.execute(select(t.chunks).where(t.chunks.c.id.in_(some))))
        return sorted(found, key=lambda chunk: (chunk.document_id, chunk.ordinal))

    def vectors(self, dimension: int) -> Vectors:
        """See ``Store``."""
        statement = select(t.chunks.c.vector).order_by(t.chunks.c.document_id, t.chunks.c.ordinal)
        with self._reading() as connection:
            blob = b"".join(connection.execute(statement).scalars())
        return np.frombuffer(blob, dtype=np.float32).reshape(-1, dimension)

    def vectors_by_text(self, keys: Iterable[str], fingerprint: str) -> dict[str, NDArray[np.float32]]:
        """See ``Store``."""
        c = t.chunks.c
        known: dict[str, NDArray[np.float32]] = {}
        joined = t.chunks.join(t.documents, c.document_id == t.documents.c.id)
        with self._reading() as connection:
            for some in _batches(sorted(set(keys))):
                statement = (
                    select(c.text_key, c.vector)
                    .select_from(joined)
                    .where(c.text_key.in_(some), t.documents.c.fingerprint == fingerprint)
                )
                for row in connection.execute(statement):
                    known[row.text_key] = np.frombuffer(row.vector, dtype=np.float32)
        return known

    def mentions(self) -> list[Mention]:
        """See ``Store``."""
        m = t.mentions.c
        with self._reading() as connection:
            return [
                Mention(*row) for row in connection.execute(select(m).order_by(m.chunk_id, m.start, m.end))
            ]

    def relations(self) -> list[Relation]:
        """See ``Store``."""
        r = t.relations.c
        with self._reading() as connection:
            rows = connection.execute(
                select(r).order_by(r.chunk_id, r.start, r.predicate, r.subject, r.object)
            )
            return [Relation(*row) for row in rows]

    def close(self) -> None:
        """See ``Store``."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _told(self._path), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _told(self._path), self._engine.connect().execution_options(writes=True) as connection:
            with connection.begin():
                yield connection

    @staticmethod
    def _remove(connection: Connection, document_ids: list[str]) -> bool:
        """Delete documents with everything derived from them; tell whether any was stored."""
        removed = 0
        for some in _batches(document_ids):
            theirs = select(t.chunks.c.id).where(t.chunks.c.document_id.in_(some))
            for table in (t.mentions, t.relations):
                connection.execute(delete(table).where(table.c.chunk_id.in_(theirs)))
            connection.execute(delete(t.chunks).where(t.chunks.c.document_id.in_(some)))
            connection.execute(delete(t.failures).where(t.failures.c.document_id.in_(some)))
            removed += connection.execute(delete(t.documents).where(t.documents.c.id.in_(some))).rowcount
        return removed > 0


def _set_up(connection: Any, _record: object) -> None:
    """Prepare a new connection: we begin transactions ourselves, so that reading never takes the write lock."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise StoreError(
            f"the knowledge base {path} cannot be used: {cause}; is it a wellspring database?"
        ) from error
    except OSError as error:
        raise StoreError(f"the knowledge base {path} cannot be opened: {error.strerror or error}") from error


def _batches(ids: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]


def _raise_generation(connection: Connection) -> None:
    row = t.meta.c.key == "generation"
    current = int(connection.execute(select(t.meta.c.value).where(row)).scalar_one())
    connection.execute(update(t.meta).where(row).values(value=str(current + 1)))


def _insert(connection: Connection, item: IndexedDocument, fingerprint: str, now: str) -> None:
    document = item.document
    connection.execute(
        insert(t.documents),
        {
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
            "indexed": now,
            "readers": json.dumps(sorted(document.access.readers)),
            "characters": len(document.text),
            "page_count": len(document.pages),
            "chunk_count": len(item.chunks),
        },
    )
    rows = [
        {
            "id": chunk.id,
            "document_id": chunk.document_id,
            "ordinal": chunk.ordinal,
            "start": chunk.start,
            "end": chunk.end,
            "text": chunk.text,
            "title": chunk.title,
            "headings": json.dumps(chunk.headings),
            "page": chunk.page,
            "language": chunk.language,
            "text_key": text_key(chunk),
            "vector": vector.tobytes(),
        }
        for chunk, vector in zip(item.chunks, item.vectors, strict=True)
    ]
    # One statement a table, and none for an empty list: SQLAlchemy would insert a row of defaults.
    for table, values in (
        (t.chunks, rows),
        (t.mentions, [_row(mention) for mention in item.extraction.mentions]),
        (t.relations, [_row(relation) for relation in item.extraction.relations]),
    ):
        if values:
            connection.execute(insert(table), values)


def _row(record: Mention | Relation) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__slots__}


def _chunk(row: Row[Any]) -> Chunk:
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
    )


def _document(row: Row[Any]) -> Document:
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
        access=Access(frozenset(json.loads(row.readers))),
    )
