"""The contract of a connector.

A connector is any object with an ``id`` and one method, ``changes(cursor)``.

*   ``id`` names the source for ever: two connectors over the same place have the same id.
*   ``changes(None)`` yields an ``Upsert`` for every document of the source. ``changes(cursor)``, with a
    cursor that an earlier run yielded, yields what is different since: ``Upsert`` for new and changed
    documents, ``Delete`` for vanished ones, ``AccessChanged`` where only the readers differ.
*   ``Checkpoint(cursor)`` says that all changes before it are complete. The last thing a run yields is a
    checkpoint. Between checkpoints a run may be killed: the next one starts from the last stored cursor, so
    the same change may come twice, and the receiver must not mind.
*   A cursor is an opaque string; the receiver stores it and hands it back. A cursor that the connector no
    longer understands counts as None.
*   One document that cannot be read is a ``Failed`` with a plain reason, and the run goes on. It is reported
    on every run until it can be read or has vanished. A place that cannot be *listed* is a ``Failed`` too,
    and never a ``Delete`` of what lies under it.
*   A source that cannot be read at all raises ``SourceError`` before yielding anything.
*   Documents are produced one at a time; a connector does not hold the texts of a source in memory.
*   Where sources can overlap, such as a folder and a folder in it, a connector may tell by ``claim`` how near it is
    to a document (``Claiming``). The nearest one decides who may read it, and the others leave it alone.

``connectors.testing.ConnectorContract`` checks all this: inherit it in your tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from connectors.access import Access
from connectors.records import Change


@runtime_checkable
class Connector(Protocol):
    """Something that documents come from. The module's docstring is the contract."""

    @property
    def id(self) -> str:
        """The name of the source, stable over runs."""
        ...

    def changes(self, cursor: str | None) -> Iterator[Change]:
        """Yield what has changed since ``cursor`` (None: everything)."""
        ...


Claim = tuple[int, int]
"""How near a source is to a document; of two claims the greater one is nearer."""
NO_CLAIM: Claim = (0, 0)


@runtime_checkable
class Claiming(Protocol):
    """A connector whose source may lie in another one, or around it."""

    access: Access
    """Who may read what it is nearest to, from the moment on at which that is known."""

    def claim(self, document_id: str) -> Claim:
        """Tell how near the source is to a document; ``NO_CLAIM`` where it does not take it, were it there."""
        ...
