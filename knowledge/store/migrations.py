"""The database's schema, step by step.

A step once released never changes; a new need is a new step at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, inspect, select, text, update
from sqlalchemy.schema import CreateColumn

from knowledge.errors import StoreError
from knowledge.store import tables

VERSION_KEY = "schema"


def m001_first(connection: Connection) -> None:
    """Create the tables: those of today, which later steps leave alone where they find them."""
    tables.metadata.create_all(connection, checkfirst=False)
    connection.execute(tables.meta.insert(), [{"key": VERSION_KEY, "value": "0"}, {"key": "generation", "value": "0"}])


def m002_entities(connection: Connection) -> None:
    """Make room for documents' entities, relations' modality, and operators' edits.

    What an older release extracted is dropped: its documents' fingerprint is not today's, so that the next sync
    extracts them again.
    """
    tables.relations.drop(connection, checkfirst=True)
    connection.execute(tables.mentions.delete())
    tables.metadata.create_all(connection)


def m003_about(connection: Connection) -> None:
    """Make room for tables' leads and for what documents are about; the next sync fills it."""
    present = {column["name"] for column in inspect(connection).get_columns(tables.chunks.name)}
    for column in (tables.chunks.c.lead, tables.chunks.c.about):
        if column.name not in present:
            definition = CreateColumn(column).compile(dialect=connection.dialect)
            connection.execute(text(f"ALTER TABLE {tables.chunks.name} ADD COLUMN {definition}"))


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (m001_first, m002_entities, m003_about)


def schema(connection: Connection, place: object) -> int:
    """Return the number of steps that the database has gone; 0 for an empty one.

    Parameters
    ----------
    place
        Names the database in errors.

    Raises
    ------
    StoreError
        The database is not ours, or was written by a newer release.
    """
    present = inspect(connection).get_table_names()
    if not present:
        return 0
    version = select(tables.meta.c.value).where(tables.meta.c.key == VERSION_KEY)
    value = connection.execute(version).scalar_one_or_none() if tables.meta.name in present else None
    if value is None:
        raise StoreError(f"{place} is the database of another program: name another folder")
    if int(value) > len(MIGRATIONS):
        raise StoreError(
            f"the knowledge base {place} has schema {value}, this release knows {len(MIGRATIONS)}: upgrade wellspring"
        )
    return int(value)


def migrate(connection: Connection, place: object) -> None:
    """Bring the database to the newest schema, inside the caller's transaction."""
    current = schema(connection, place)
    for step in MIGRATIONS[current:]:
        step(connection)
    if current < len(MIGRATIONS):
        newest = {"value": str(len(MIGRATIONS))}
        connection.execute(update(tables.meta).where(tables.meta.c.key == VERSION_KEY).values(newest))
