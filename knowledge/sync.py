"""Changes to rows: what keeps the store equal to its sources.

Change sets are committed as they fill up. A cursor is stored only when it accounts for everything that is stored of
its source; a change set that is committed before its checkpoint takes the cursor away. So a run that is killed is
either continued from a cursor that tells the truth, or starts over without one, passing over documents whose version
is stored and deleting those that the source no longer has.

A document that several sources hold belongs to the nearest one (``knowledge.overlap``): a run takes what others have of
its documents before it changes anything else, with the readers that its source says, and leaves alone what is nearer to
another source, also to one that comes in while it runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain, islice

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
from knowledge.overlap import Overlap
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
    overlap: Overlap | None = None,
) -> SyncReport:
    """Bring the store up to date with one source, which must have been added to the store.

    Parameters
    ----------
    progress
        Called after each change.
    batch
        How many chunks a change set gathers before it is committed. One document is never divided; one that has as many
        is committed by itself.
    without
        Ids of documents that are not to be stored, whatever the source says.
    overlap
        What the source shares with others; None: nothing.

    Raises
    ------
    SourceError
        The source cannot be read at all; nothing is changed.
    StoreError
        The store cannot be written; what was committed before stays.
    """
    return _Run(connector, store, indexer, progress, batch, frozenset(without), overlap).run()


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
        overlap: Overlap | None,
    ) -> None:
        self.without = without
        self.overlap = overlap
        self.connector = connector
        self.store = store
        self.indexer = indexer
        self.progress = progress
        self.batch = batch
        self.report = SyncReport(connector.id)
        self.adopts = overlap.adopts() if overlap else []
        source = next(source for source in store.sources() if source.id == connector.id)
        # The cursor knows nothing of what is adopted: whether it is still there, a run without one finds out.
        self.start = None if self.adopts or source.fingerprint != indexer.fingerprint else source.cursor
        self.latest: str | None = None
        self.before: dict[str, tuple[str, str]] = {}
        self.stored: dict[str, tuple[str, str]] = {}
        # What is stored and not accounted for by the cursor that this run is on the way to.
        self.uncovered: set[str] = set()
        # The cursor accounts for something that was not stored: another source brings it.
        self.passed_over = False
        self.added: set[str] = set()
        self.changed: set[str] = set()
        self.deleted: set[str] = set()
        self.failing: dict[str, Failed] = {}
        # Places of which nothing is known at this run: what is stored there stays.
        self.unseen: set[str] = set()
        # The change set in the making.
        self.upserts: dict[str, tuple[Document, tuple[Chunk, ...]]] = {}
        self.deletes: set[str] = set()
        self.access: dict[str, Access] = {}
        self.failures: dict[str, Failed] = {}

    def run(self) -> SyncReport:
        began = time.perf_counter()
        changes = iter(self.connector.changes(self.start))
        # A source that cannot be read raises here, before anything is changed.
        first = list(islice(changes, 1))
        self.begin()
        for change in chain(first, changes):
            self.take(change)
            if self.gathered() >= self.batch:
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

    def begin(self) -> None:
        """Take over what other sources have of this one's documents, and see what is stored."""
        if self.overlap and self.adopts:
            access = tuple((document_id, self.overlap.access) for document_id in self.adopts)
            self.store.commit(ChangeSet(self.connector.id, adopted=tuple(self.adopts), access=access))
        self.before = self.store.versions(self.connector.id)
        self.stored = dict(self.before)
        if self.start is None:
            self.uncovered = set(self.before)

    def gathered(self) -> int:
        """Return how many chunks the change set in the making has."""
        return sum(len(chunks) for _, chunks in self.upserts.values())

    def take(self, change: Change) -> None:
        """Note one change; a later one on the same document takes the place of an earlier."""
        match change:
            case Upsert(document) if document.id in self.without:
                self.delete(document.id)
            case Upsert(document) if self.leaves(document.id):
                self.pass_over(document.id)
            case Upsert(document):
                self.upsert(document)
            case Delete(document_id):
                self.delete(document_id)
            case AccessChanged(document_id, access):
                self.access[document_id] = access
            case Failed(document_id, _, gone):
                if not gone:
                    self.unseen.add(document_id)
                # The nearer source tells of it, to those who may know.
                if not self.leaves(document_id):
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
        self.unseen.discard(document.id)
        version = (self.indexer.fingerprint, document.version)
        if self.stored.get(document.id) == version:
            self.access[document.id] = document.access
            return
        chunks = self.indexer.cut(document)
        if len(chunks) >= self.batch:
            # It takes long by itself: what came before must not be lost with it when the run is killed.
            self.commit(None)
        self.stored[document.id] = version
        self.access.pop(document.id, None)
        self.upserts[document.id] = (document, chunks)
        before = self.before.get(document.id)
        if before is None:
            self.added.add(document.id)
        elif before[1] != document.version:
            self.changed.add(document.id)

    def delete(self, document_id: str) -> None:
        for gathered in (self.upserts, self.access, self.failures, self.failing):
            gathered.pop(document_id, None)
        self.unseen.discard(document_id)
        self.uncovered.discard(document_id)
        self.added.discard(document_id)
        if self.stored.pop(document_id, None) is not None:
            self.deletes.add(document_id)
        if document_id in self.before:
            self.deleted.add(document_id)

    def leaves(self, document_id: str) -> bool:
        """Tell whether a document is another source's to bring."""
        return self.overlap is not None and self.overlap.leaves(document_id)

    def pass_over(self, document_id: str) -> None:
        """Leave a document to another source, though the cursor to come counts it as handed over."""
        self.delete(document_id)
        self.passed_over = True

    def commit(self, cursor: str | None) -> None:
        """Embed, extract and write what has gathered."""
        if cursor is None and not (self.upserts or self.deletes or self.access or self.failures):
            return
        documents = list(self.upserts.values())
        keys = {self.indexer.vector_key(chunk) for _, chunks in documents for chunk in chunks}
        indexed, embedded = self.indexer.finish(documents, self.store.vectors_by_key(keys))
        self.report.chunks_embedded += embedded
        self.look_again()
        if self.uncovered or self.passed_over:
            cursor = None
        visible = bool(self.upserts or self.deletes or self.access)
        self.store.commit(
            ChangeSet(
                source_id=self.connector.id,
                upserts=tuple(item for item in indexed if item.document.id in self.upserts),
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

    def look_again(self) -> None:
        """Pass over what a nearer source took since it was read: one that came in meanwhile, by another process."""
        if self.overlap and self.upserts:
            self.overlap.look()
            for document_id in [id for id in self.upserts if self.leaves(id)]:
                self.pass_over(document_id)

    def drop_vanished(self) -> None:
        """After a run without a cursor: delete what did not come, but nothing that failed or lies under it."""
        for document_id in sorted(self.uncovered):
            if not self.hidden(document_id):
                self.take(Delete(document_id))
        self.commit(self.latest)

    def forget_failures(self) -> None:
        """What failed at an earlier run and not at this one is well again, or gone."""
        earlier = {failure.document_id for failure in self.store.failures(self.connector.id)}
        still = {id for id in earlier if id in self.failing or self.hidden(id)}
        if recovered := sorted(earlier - still):
            self.store.commit(ChangeSet(self.connector.id, recovered=tuple(recovered)))

    def hidden(self, document_id: str) -> bool:
        """Tell whether a document, or a place that it lies under, could not be read at this run."""
        return any(place in self.unseen for place in _places(document_id))

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
