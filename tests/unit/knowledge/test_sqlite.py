"""What the SQLite store does beyond the contract."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing

import pytest

from connectors import Failed
from knowledge.about import NOTHING_SAID
from knowledge.errors import StoreError
from knowledge.records import ChangeSet
from knowledge.store import SQLiteStore
from knowledge.store.migrations import MIGRATIONS


def told(path) -> str:
    with pytest.raises(StoreError) as raised:
        SQLiteStore(path)
    message = str(raised.value)
    assert message.isprintable()
    assert str(path) in message
    return message


def execute(path, *statements) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_not_a_database(tmp_path) -> None:
    path = tmp_path / "kb.sqlite"
    path.write_text("This is a text, and long enough to be taken for a header. " * 40)
    assert "not a database" in told(path)


def test_database_of_another_program(tmp_path) -> None:
    path = tmp_path / "kb.sqlite"
    execute(path, "CREATE TABLE songs (title TEXT)")
    assert "another program" in told(path)


def test_newer_schema(tmp_path) -> None:
    path = tmp_path / "kb.sqlite"
    SQLiteStore(path).close()
    execute(path, f"UPDATE meta SET value = '{len(MIGRATIONS) + 1}' WHERE key = 'schema'")
    assert "upgrade" in told(path)


def test_older_schema(tmp_path) -> None:
    path = tmp_path / "kb.sqlite"
    SQLiteStore(path).close()
    execute(path, "ALTER TABLE chunks DROP COLUMN lead", "ALTER TABLE chunks DROP COLUMN about")
    execute(path, "UPDATE meta SET value = '2' WHERE key = 'schema'")
    document = "INSERT INTO documents VALUES ('d','s','T','Text','1','f','','en','[]','[]',NULL,'','[]',4,0,1)"
    chunk = "INSERT INTO chunks VALUES (1,'d',0,0,4,'Text','T','[]',NULL,'en','key',x'')"
    execute(path, "INSERT INTO sources VALUES ('s','{}',NULL,'')", document, chunk)
    with closing(SQLiteStore(path)) as store:
        (found,) = store.chunks()
        assert (found.text, found.lead, found.about) == ("Text", "", NOTHING_SAID)
        assert store.abouts() == {"d": NOTHING_SAID}


def test_place_that_cannot_be(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    told(tmp_path / "file" / "kb.sqlite")
    (tmp_path / "folder").mkdir()
    told(tmp_path / "folder")


def test_unknown_source(store) -> None:
    with pytest.raises(StoreError) as raised:
        store.commit(ChangeSet("unknown", failures=(Failed("x", "y"),)))
    assert str(raised.value).isprintable()


def test_reading_does_not_wait_for_a_writer(store, tmp_path) -> None:
    with closing(sqlite3.connect(tmp_path / "kb.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = threading.Event()

        def read() -> None:
            store.documents()
            SQLiteStore(tmp_path / "kb.sqlite").close()
            done.set()

        reader = threading.Thread(target=read)
        reader.start()
        assert done.wait(50)
        other.execute("ROLLBACK")
        reader.join()


def test_two_processes_may_make_it_at_once(tmp_path) -> None:
    problems: list[BaseException] = []

    def make() -> None:
        try:
            SQLiteStore(tmp_path / "kb.sqlite").close()
        except StoreError as error:
            problems.append(error)

    threads = [threading.Thread(target=make) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
