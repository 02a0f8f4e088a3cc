"""Changes to rows: what keeps the store equal to its sources.

Change sets are committed as they fill up. A cursor is stored only when it accounts for everything that is stored of
its source; a change set that is committed before its checkpoint takes the cursor away. So a run that is killed is
either continued from a cursor that tells the truth, or starts over without one, passing over documents whose version
is stored and deleting those that the source no longer has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from connectors import (
    Access,
    AccessChanged,
    Change,
    Checkpoint,
    Connector,
    Delete,
    Document,
    Failed,
    Upsert,
)
from knowledge.index import Indexer
from knowledge.records import ChangeSet, Chunk
from knowledge.store import Store

BATCH = 512
"""Chunks."""


@dataclass(slots=True)
class SyncReport:
    """What a run did."""

    source: str
    added: int = 0
    changed: int = 0
    deleted: int = 0
    unchanged: int = 0
    """Stored before and after with the same content; counted at the end of the run."""
    failed: int = 0
    failures: list[Failed] = field(default_factory=list)
    chunks_embedded: int = 0
    documents: int = 0
    """How many documents of the source are stored after the run."""
    seconds: float = 0.0


Progress = Callable[[SyncReport, str], None]
"""Called with the report so far and the id of the document in hand."""


def sync(
    connector: Connector,
    store: Store,
    indexer: Indexer,
    *,
    progress: Progress | None = None,
    batch: int = BATCH,
    without: Collection[str] = (),
) -> SyncReport:
    """Bring the store up to date with one source, which must have been added to the store.

    Parameters
    ----------
    progress
        Called after each change.
    batch
        How many chunks a change set gathers, at most, before it is committed; one document is never divided.
    without
        Ids of documents that are not to be stored, whatever the source says.

    Raises
    ------
    SourceError
        The source cannot be read at all; nothing is changed.
    StoreError
        The store cannot be written; what was committed before stays.
    """
    return _Run(connector, store, indexer, progress, batch, frozenset(without)).run()


class _Run:
    """One run over one source."""

    def __init__(
        self,
        connector: Connector,
        store: Store,
        indexer: Indexer,
        progress: Progress | None,
        batch: int,
        without: frozenset[str],
    ) -> None:
        self.without = without
        self.connector = connector
        self.store = store
        self.indexer = indexer
        self.progress = progress
        self.batch = batch
        self.report = SyncReport(connector.id)
        source = next(source for source in store.sources() if source.id == connector.id)
        self.start = source.cursor if source.fingerprint == indexer.fingerprint else None
        self.latest: str | None = None
        self.before = store.versions(connector.id)
        self.stored = dict(self.before)
        # What is stored and not accounted for by the cursor that this run is on the way to.
        self.uncovered = set(self.before) if self.start is None else set()
        self.added: set[str] = set()
        self.changed: set[str] = set()
        self.deleted: set[str] = set()
        self.failing: dict[str, Failed] = {}
        # The change set in the making.
        self.upserts: dict[str, tuple[Document, tuple[Chunk, ...]]] = {}
        self.deletes: set[str] = set()
        self.access: dict[str, Access] = {}
        self.failures: dict[str, Failed] = {}

    def run(self) -> SyncReport:
        began = time.perf_counter()
        for change in self.connector.changes(self.start):
            self.take(change)
            if sum(len(chunks) for _, chunks in self.upserts.values()) >= self.batch:
                self.commit(None)
        if self.start is None:
            self.drop_vanished()
        self.forget_failures()
        self.count()
        kept = self.before.keys() & self.stored.keys()
        self.report.unchanged = len(kept - self.changed - self.failing.keys())
        self.report.failures = [failure for _, failure in sorted(self.failing.items())]
        self.report.seconds = round(time.perf_counter() - began, 3)
        return self.report

    def take(self, change: Change) -> None:
        """Note one change; a later one on the same document takes the place of an earlier."""
        match change:
            case Upsert(document) if document.id in self.without:
                self.delete(document.id)
            case Upsert(document):
                self.upsert(document)
            case Delete(document_id):
                self.delete(document_id)
            case AccessChanged(document_id, access):
                self.access[document_id] = access
            case Failed(document_id, _):
                self.failures[document_id] = self.failing[document_id] = change
            case Checkpoint(cursor):
                self.latest = cursor
                self.commit(cursor)
        if self.progress and not isinstance(change, Checkpoint):
            self.count()
            self.progress(self.report, _document_id(change))

    def upsert(self, document: Document) -> None:
        self.uncovered.discard(document.id)
        self.deleted.discard(document.id)
        self.failures.pop(document.id, None)
        self.failing.pop(document.id, None)
        version = (self.indexer.fingerprint, document.version)
        if self.stored.get(document.id) == version:
            self.access[document.id] = document.access
            return
        self.stored[document.id] = version
        self.access.pop(document.id, None)
        self.upserts[document.id] = (document, self.indexer.cut(document))
        before = self.before.get(document.id)
        if before is None:
            self.added.add(document.id)
        elif before[1] != document.version:
            self.changed.add(document.id)

    def delete(self, document_id: str) -> None:
        for gathered in (self.upserts, self.access, self.failures, self.failing):
            gathered.pop(document_id, None)
        self.uncovered.discard(document_id)
        self.added.discard(document_id)
        if self.stored.pop(document_id, None) is not None:
            self.deletes.add(document_id)
        if document_id in self.before:
            self.deleted.add(document_id)

    def commit(self, cursor: str | None) -> None:
        """Embed, extract and write what has gathered."""
        if self.uncovered:
            cursor = None
        visible = bool(self.upserts or self.deletes or self.access)
        if cursor is None and not visible and not self.failures:
            return
        documents = list(self.upserts.values())
        keys = {self.indexer.vector_key(chunk) for _, chunks in documents for chunk in chunks}
        indexed, embedded = self.indexer.finish(documents, self.store.vectors_by_key(keys))
        self.report.chunks_embedded += embedded
        self.store.commit(
            ChangeSet(
                source_id=self.connector.id,
                upserts=tuple(indexed),
                deletes=tuple(sorted(self.deletes)),
                access=tuple(self.access.items()),
                failures=tuple(self.failures.values()),
                cursor=cursor,
                forget_cursor=visible and cursor is None,
                fingerprint=self.indexer.fingerprint,
            )
        )
        self.upserts.clear()
        self.deletes.clear()
        self.access.clear()
        self.failures.clear()

    def drop_vanished(self) -> None:
        """After a run without a cursor: delete what did not come, but nothing that failed or lies under it."""
        for document_id in sorted(self.uncovered):
            if not self.failed(document_id):
                self.take(Delete(document_id))
        self.commit(self.latest)

    def forget_failures(self) -> None:
        """What failed at an earlier run and not at this one is well again, or gone."""
        earlier = {failure.document_id for failure in self.store.failures(self.connector.id)}
        if recovered := sorted(document_id for document_id in earlier if not self.failed(document_id)):
            self.store.commit(ChangeSet(self.connector.id, recovered=tuple(recovered)))

    def failed(self, document_id: str) -> bool:
        """Tell whether a document, or a place that it lies under, could not be read at this run."""
        return any(place in self.failing for place in _places(document_id))

    def count(self) -> None:
        report = self.report
        report.added = len(self.added)
        report.changed = len(self.changed)
        report.deleted = len(self.deleted)
        report.failed = len(self.failing)
        report.documents = len(self.stored)


def _places(document_id: str) -> Iterable[str]:
    """Yield a document's id and every place above it, with and without a slash at the end."""
    yield document_id
    for end, character in enumerate(document_id):
        if character == "/":
            yield document_id[:end]
            yield document_id[: end + 1]


def _document_id(change: Change) -> str:
    match change:
        case Upsert(document):
            return document.id
        case Delete(document_id) | AccessChanged(document_id, _) | Failed(document_id, _):
            return document_id
        case Checkpoint():
            return ""
