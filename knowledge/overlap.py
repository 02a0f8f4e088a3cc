"""What becomes of a document that several sources hold: the nearest one decides over it, and reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors import Claiming
from connectors.base import NO_CLAIM
from knowledge.store import Store


class Overlap:
    """The documents that one source shares with others.

    Parameters
    ----------
    connector
        The source.
    store
        Tells what other sources have now.
    others
        Returns the other sources by id, as they are at the time of the call.
    """

    def __init__(self, connector: Claiming, store: Store, others: Callable[[], Mapping[str, Claiming]]) -> None:
        self.access = connector.access
        self._connector = connector
        self._store = store
        self._look = others
        self._others: Mapping[str, Claiming] = {}
        self.look()

    def look(self) -> None:
        """See which other sources there are now."""
        self._others = self._look()

    def leaves(self, document_id: str) -> bool:
        """Tell whether another source is nearer to a document."""
        nearest = max((other.claim(document_id) for other in self._others.values()), default=NO_CLAIM)
        return nearest > NO_CLAIM and nearest > self._connector.claim(document_id)

    def adopts(self) -> list[str]:
        """Return the stored documents of other sources that this one is nearest to."""
        return [
            document_id
            for source_id, other in self._others.items()
            for document_id in self._store.versions(source_id)
            if (mine := self._connector.claim(document_id)) > NO_CLAIM
            and mine > other.claim(document_id)
            and not self.leaves(document_id)
        ]
