"""The journal's SQLite file: opened, waited for, and its troubles told in one line."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.store.sqlite import use_log
from rag.errors import JournalError

_VERSION = 1
"""Of the tables, kept as the file's ``user_version``."""
_WAIT = 60
"""Seconds to wait for another process's transaction."""
_TABLES = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    viewer TEXT NOT NULL,
    title TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL
) STRICT;
CREATE INDEX conversations_by_viewer ON conversations (viewer, updated);
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    documents TEXT NOT NULL,
    rating TEXT NOT NULL,
    created TEXT NOT NULL
) STRICT;
CREATE INDEX turns_by_conversation ON turns (conversation, id);
CREATE TABLE ratings (
    id TEXT PRIMARY KEY,
    viewer TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    documents TEXT NOT NULL,
    helpful INTEGER NOT NULL,
    comment TEXT NOT NULL,
    created TEXT NOT NULL
) STRICT;
CREATE INDEX ratings_by_viewer ON ratings (viewer);
"""


class JournalFile:
    """One connection, used by one thread at a time; other processes may have theirs.

    Raises
    ------
    JournalError
        The file cannot be opened, is no journal, or was written by a newer release.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JournalError(f"the journal {path} cannot be opened: {error.strerror or error}") from error
        with self._told():
            self._connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        try:
            with self._told():
                use_log(self._connection)
                for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
                    self._connection.execute(f"PRAGMA {pragma}")
                self._make()
        except JournalError:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection; what is read inside is of one moment."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection in a transaction that is kept whole, or, after an error, not at all."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, self._told():
            self._connection.execute(begin)
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _make(self) -> None:
        with self.writing() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise JournalError(f"the journal {self._path} was written by a newer release: install that, or move it")
            if version == 0:
                if connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
                    raise JournalError(f"{self._path} is no journal of ours: move it away")
                for statement in filter(str.strip, _TABLES.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={_VERSION}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeEncodeError) as error:
            raise JournalError(f"the journal {self._path} cannot be used: {error}") from error
