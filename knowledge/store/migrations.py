"""The database's schema, step by step. A step once released never changes; a new need is a new step at the end."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, inspect, select, update

from knowledge.errors import StoreError
from knowledge.store import tables

VERSION_KEY = "schema"


def m001_first(connection: Connection) -> None:
    """Create the first tables."""
    tables.metadata.create_all(connection)
    connection.execute(
        tables.meta.insert(), [{"key": VERSION_KEY, "value": "0"}, {"key": "generation", "value": "0"}]
    )


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (m001_first,)


def migrate(connection: Connection) -> None:
    """Bring the database to the newest schema, inside the caller's transaction.

    Raises
    ------
    StoreError
        The database was written by a newer release.
    """
    current = 0
    if inspect(connection).has_table("meta"):
        value = connection.execute(
            select(tables.meta.c.value).where(tables.meta.c.key == VERSION_KEY)
        ).scalar_one()
        current = int(value)
    if current > len(MIGRATIONS):
        raise StoreError(
            f"the knowledge base has schema {current}, this release knows {len(MIGRATIONS)}: upgrade wellspring"
        )
    for step in MIGRATIONS[current:]:
        step(connection)
    if current < len(MIGRATIONS):
        newest = {"value": str(len(MIGRATIONS))}
        connection.execute(update(tables.meta).where(tables.meta.c.key == VERSION_KEY).values(newest))
