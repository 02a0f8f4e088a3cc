"""The store in one SQLite file, in WAL mode."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, create_engine, delete, event, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import SQLAlchemyError

from connectors import Access, Document, Failed
from knowledge.about import About
from knowledge.errors import StoreError
from knowledge.records import (
    ChangeSet,
    Chunk,
    DocumentEntity,
    DocumentInfo,
    Edit,
    IndexedDocument,
    Mention,
    Relation,
    Vectors,
)
from knowledge.store import rows
from knowledge.store import tables as t
from knowledge.store.base import ChunkRef, SourceInfo
from knowledge.store.migrations import MIGRATIONS, migrate, schema

_BATCH = 5000
"""Ids in one statement: below SQLite's limit on variables."""
_WAIT = 60
"""Seconds to wait for another process's transaction."""
_PAUSE = 0.02
"""Seconds between two tries where SQLite itself does not wait."""
_CHUNK = [column for column in t.chunks.c if column.name not in ("vector_key", "vector")]
_INFO = [column for column in t.documents.c if column.name not in ("text", "sections", "pages")]
_PLACE = (t.chunks.c.document_id, t.chunks.c.ordinal)
T = TypeVar("T")


class SQLiteStore:
    """Rows in one SQLite file; see ``knowledge.store.base`` for the contract.

    Parameters
    ----------
    path
        The file; made, with its folders, when missing.

    Raises
    ------
    StoreError
        The file cannot be opened, is no database of ours, or was written by a newer release.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _WAIT})
        event.listen(self._engine, "connect", _set_up)
        event.listen(self._engine, "begin", _begin)
        try:
            with self._told():
                path.parent.mkdir(parents=True, exist_ok=True)
            with self._reading() as connection:
                current = schema(connection, path)
            if current < len(MIGRATIONS):
                with self._writing() as connection:
                    migrate(connection, path)
        except StoreError:
            self.close()
            raise

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """See ``Store``."""
        with self._reading() as connection:
            # A deferred transaction sees the state of its first read from then on.
            connection.execute(select(t.meta.c.key).limit(1)).all()
            self._local.connection = connection
            try:
                yield
            finally:
                self._local.connection = None

    def generation(self) -> int:
        """See ``Store``."""
        with self._reading() as connection:
            return _generation(connection)

    def commit(self, changes: ChangeSet) -> None:
        """See ``Store``."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        replaced = [item.document.id for item in changes.upserts]
        with self._writing() as connection:
            visible = _take_over(connection, changes.source_id, [*changes.adopted, *replaced])
            mine = _owned(connection, changes.source_id, changes.deletes)
            visible = _remove(connection, [*mine, *replaced]) or visible
            for item in changes.upserts:
                _insert(connection, item, changes.fingerprint, now)
                visible = True
            for document_id, access in changes.access:
                visible = _set_access(connection, changes.source_id, document_id, access) or visible
            for some in _batches(changes.recovered):
                connection.execute(delete(t.failures).where(t.failures.c.document_id.in_(some)))
            for failure in changes.failures:
                _set_failure(connection, changes.source_id, failure)
            source = update(t.sources).where(t.sources.c.id == changes.source_id)
            if changes.cursor is not None:
                connection.execute(source.values(cursor=changes.cursor, fingerprint=changes.fingerprint))
            elif changes.forget_cursor:
                connection.execute(source.values(cursor=None))
            if visible:
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
            if _remove(connection, list(connection.execute(mine).scalars())):
                _raise_generation(connection)
            connection.execute(delete(t.failures).where(t.failures.c.source_id == source_id))
            connection.execute(delete(t.sources).where(t.sources.c.id == source_id))

    def sources(self) -> list[SourceInfo]:
        """See ``Store``."""
        with self._reading() as connection:
            found = connection.execute(select(t.sources).order_by(t.sources.c.id)).all()
        return [SourceInfo(row.id, json.loads(row.options), row.cursor, row.fingerprint) for row in found]

    def versions(self, source_id: str) -> dict[str, tuple[str, str]]:
        """See ``Store``."""
        d = t.documents.c
        mine = select(d.id, d.fingerprint, d.version).where(d.source_id == source_id).order_by(d.id)
        with self._reading() as connection:
            return {row.id: (row.fingerprint, row.version) for row in connection.execute(mine)}

    def documents(self) -> list[DocumentInfo]:
        """See ``Store``."""
        with self._reading() as connection:
            return list(map(rows.to_info, connection.execute(select(*_INFO).order_by(t.documents.c.id))))

    def document(self, document_id: str) -> Document | None:
        """See ``Store``."""
        with self._reading() as connection:
            row = connection.execute(select(t.documents).where(t.documents.c.id == document_id)).one_or_none()
        return None if row is None else rows.to_document(row)

    def access(self) -> dict[str, Access]:
        """See ``Store``."""
        with self._reading() as connection:
            found = connection.execute(select(t.documents.c.id, t.documents.c.readers)).all()
        return {row.id: rows.to_access(row.readers) for row in found}

    def failures(self, source_id: str | None = None) -> list[Failed]:
        """See ``Store``."""
        f = t.failures.c
        statement = select(f.document_id, f.reason).order_by(f.document_id)
        if source_id is not None:
            statement = statement.where(f.source_id == source_id)
        with self._reading() as connection:
            return [Failed(row.document_id, row.reason) for row in connection.execute(statement)]

    def chunk_refs(self) -> list[ChunkRef]:
        """See ``Store``."""
        c = t.chunks.c
        statement = select(c.id, c.document_id, c.start, c.end, c.page).order_by(*_PLACE)
        with self._reading() as connection:
            return [ChunkRef(*row) for row in connection.execute(statement).all()]

    def chunks(self, ids: Iterable[int] | None = None) -> list[Chunk]:
        """See ``Store``."""
        with self._reading() as connection:
            if ids is None:
                return list(map(rows.to_chunk, connection.execute(select(*_CHUNK).order_by(*_PLACE)).all()))
            found: list[Chunk] = []
            for some in _batches(sorted(set(ids))):
                statement = select(*_CHUNK).where(t.chunks.c.id.in_(some))
                found.extend(map(rows.to_chunk, connection.execute(statement).all()))
        return sorted(found, key=lambda chunk: (chunk.document_id, chunk.ordinal))

    def near(self, ids: Iterable[int], *, reach: int) -> list[int]:
        """See ``Store``."""
        hit, around = t.chunks.alias(), t.chunks.alias()
        same = around.c.document_id == hit.c.document_id
        close = around.c.ordinal.between(hit.c.ordinal - reach, hit.c.ordinal + reach)
        found: set[int] = set()
        with self._reading() as connection:
            for some in _batches(sorted(set(ids))):
                statement = select(around.c.id).select_from(hit.join(around, same & close)).where(hit.c.id.in_(some))
                found.update(connection.execute(statement).scalars())
        return sorted(found)

    def text(self, document_id: str, start: int, end: int) -> str | None:
        """See ``Store``."""
        d = t.documents.c
        statement = select(func.substr(d.text, start + 1, end - start)).where(d.id == document_id)
        with self._reading() as connection:
            return connection.execute(statement).scalar_one_or_none()

    def abouts(self) -> dict[str, About]:
        """See ``Store``."""
        c = t.chunks.c
        with self._reading() as connection:
            found = connection.execute(select(c.document_id, c.about).where(c.ordinal == 0)).all()
        return {row.document_id: rows.to_about(row.about) for row in found}

    def vectors(self, dimension: int) -> Vectors:
        """See ``Store``."""
        with self._reading() as connection:
            blobs = connection.execute(select(t.chunks.c.vector).order_by(*_PLACE)).scalars().all()
        width = dimension * np.dtype(np.float32).itemsize
        if any(len(blob) != width for blob in blobs):
            raise StoreError(
                f"the knowledge base {self._path} holds vectors of another length than {dimension}: "
                "they were made by another embedder; run 'rag sync' to index the documents again"
            )
        return np.frombuffer(b"".join(blobs), dtype=np.float32).reshape(-1, dimension)

    def vectors_by_key(self, keys: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """See ``Store``."""
        c = t.chunks.c
        known: dict[str, NDArray[np.float32]] = {}
        with self._reading() as connection:
            for some in _batches(sorted(set(keys))):
                statement = select(c.vector_key, c.vector).where(c.vector_key.in_(some))
                for row in connection.execute(statement):
                    known[row.vector_key] = np.frombuffer(row.vector, dtype=np.float32)
        return known

    def entities(self) -> list[DocumentEntity]:
        """See ``Store``."""
        e = t.entities.c
        with self._reading() as connection:
            found = connection.execute(select(t.entities).order_by(e.document_id, e.key)).all()
        return [DocumentEntity(*row) for row in found]

    def mentions(self) -> list[Mention]:
        """See ``Store``."""
        m = t.mentions.c
        statement = select(t.mentions).order_by(m.chunk_id, m.start, m.end)
        with self._reading() as connection:
            return [Mention(*row) for row in connection.execute(statement).all()]

    def relations(self) -> list[Relation]:
        """See ``Store``."""
        r = t.relations.c
        statement = select(t.relations).order_by(r.chunk_id, r.start, r.predicate, r.subject, r.object)
        with self._reading() as connection:
            return [Relation(*row) for row in connection.execute(statement).all()]

    def edits(self) -> dict[int, Edit]:
        """See ``Store``."""
        with self._reading() as connection:
            found = connection.execute(select(t.edits).order_by(t.edits.c.number)).all()
        return {number: Edit(*fields) for number, *fields in found}

    def add_edit(self, edit: Edit) -> int:
        """See ``Store``."""
        with self._writing() as connection:
            values = rows.record_values([edit])[0]
            number = connection.execute(insert(t.edits).values(values).returning(t.edits.c.number)).scalar_one()
            _raise_generation(connection)
        return int(number)

    def remove_edit(self, number: int) -> bool:
        """See ``Store``."""
        with self._writing() as connection:
            if found := connection.execute(delete(t.edits).where(t.edits.c.number == number)).rowcount:
                _raise_generation(connection)
        return found > 0

    def close(self) -> None:
        """See ``Store``."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        frozen = getattr(self._local, "connection", None)
        if frozen is not None:
            yield frozen
            return
        with self._told(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            self._told(),
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite and the file system raise into one line."""
        try:
            yield
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            reason = " ".join(str(cause).split())
            raise StoreError(f"the knowledge base {self._path} cannot be used: {reason}") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreError(f"the knowledge base {self._path} cannot be opened: {reason}") from error


def _set_up(connection: Any, _record: object) -> None:
    """Prepare a new connection. We begin transactions ourselves, so that reading never takes the write lock."""
    connection.isolation_level = None
    use_log(connection)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def use_log(connection: Any) -> None:
    """Switch a database to write-ahead logging. SQLite does not wait for others there as it does elsewhere."""
    until = time.monotonic() + _WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _batches(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]


def _generation(connection: Connection) -> int:
    return int(connection.execute(select(t.meta.c.value).where(t.meta.c.key == "generation")).scalar_one())


def _raise_generation(connection: Connection) -> None:
    newer = str(_generation(connection) + 1)
    connection.execute(update(t.meta).where(t.meta.c.key == "generation").values(value=newer))


def _take_over(connection: Connection, source_id: str, document_ids: Sequence[str]) -> bool:
    """Make documents that other sources have this source's, and forget those sources' cursors; tell of any such."""
    d, f, taken = t.documents.c, t.failures.c, False
    for some in _batches(document_ids):
        others = (d.id.in_(some), d.source_id != source_id)
        losing = list(connection.execute(select(d.source_id).where(*others).distinct()).scalars())
        if losing:
            connection.execute(update(t.sources).where(t.sources.c.id.in_(losing)).values(cursor=None))
            connection.execute(update(t.documents).where(*others).values(source_id=source_id))
            taken = True
        connection.execute(update(t.failures).where(f.document_id.in_(some)).values(source_id=source_id))
    return taken


def _owned(connection: Connection, source_id: str, document_ids: Sequence[str]) -> list[str]:
    """Leave out the documents that another source has; of those that are not stored a failure may be."""
    d = t.documents.c
    others: set[str] = set()
    for some in _batches(document_ids):
        others.update(connection.execute(select(d.id).where(d.id.in_(some), d.source_id != source_id)).scalars())
    return [document_id for document_id in document_ids if document_id not in others]


def _remove(connection: Connection, document_ids: list[str]) -> bool:
    """Delete documents with everything derived from them; tell whether any was stored."""
    removed = 0
    for some in _batches(document_ids):
        theirs = select(t.chunks.c.id).where(t.chunks.c.document_id.in_(some))
        for table in (t.mentions, t.relations):
            connection.execute(delete(table).where(table.c.chunk_id.in_(theirs)))
        connection.execute(delete(t.chunks).where(t.chunks.c.document_id.in_(some)))
        for table in (t.entities, t.failures):
            connection.execute(delete(table).where(table.c.document_id.in_(some)))
        removed += connection.execute(delete(t.documents).where(t.documents.c.id.in_(some))).rowcount
    return removed > 0


def _insert(connection: Connection, item: IndexedDocument, fingerprint: str, now: str) -> None:
    document = rows.document_values(item, fingerprint=fingerprint, indexed=now)
    for table, values in (
        (t.documents, [document]),
        (t.chunks, rows.chunk_values(item)),
        (t.entities, rows.record_values(item.extraction.entities)),
        (t.mentions, rows.record_values(item.extraction.mentions)),
        (t.relations, rows.record_values(item.extraction.relations)),
    ):
        # For an empty list SQLAlchemy would insert a row of defaults.
        if values:
            connection.execute(insert(table), values)


def _set_access(connection: Connection, source_id: str, document_id: str, access: Access) -> bool:
    """Write the readers of a source's document; tell whether they are others than before."""
    readers, d = rows.readers_text(access), t.documents.c
    other = (d.id == document_id, d.source_id == source_id, d.readers != readers)
    return connection.execute(update(t.documents).where(*other).values(readers=readers)).rowcount > 0


def _set_failure(connection: Connection, source_id: str, failure: Failed) -> None:
    values = {"source_id": source_id, "reason": failure.reason}
    statement = upsert(t.failures).values(document_id=failure.document_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["document_id"], set_=values))
