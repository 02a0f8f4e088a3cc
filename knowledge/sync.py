"""Changes to rows: what keeps the store equal to its sources.

Change sets are committed as they fill up; a cursor goes in with the last of the changes before its checkpoint. Killed
in between, the next run gets the same changes again from the connector and passes over those whose version is stored.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors import AccessChanged, Change, Checkpoint, Connector, Delete, Document, Failed, Upsert
from knowledge.index import Indexer
from knowledge.records import ChangeSet, Chunk
from knowledge.store import Store
from knowledge.store.sqlite import text_key

_CHUNKS = 512
"""A change set is committed when it holds this many chunks."""


@dataclass(slots=True)
class SyncReport:
    """What a run did."""

    source: str
    added: int = 0
    changed: int = 0
    deleted: int = 0
    unchanged: int = 0
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
) -> SyncReport:
    """Bring the store up to date with one source, which must have been added to the store.

    Raises
    ------
    SourceError
        The source cannot be read at all; nothing is changed.
    StoreError
        The store cannot be written; what was committed before stays.
    """
    return _Run(connector, store, indexer, progress).run()


class _Run:
    """One run over one source."""

    def __init__(
        self, connector: Connector, store: Store, indexer: Indexer, progress: Progress | None
    ) -> None:
        self.connector = connector
        self.store = store
        self.indexer = indexer
        self.progress = progress
        self.report = SyncReport(connector.id)
        self.stored = store.versions(connector.id)
        self.seen: set[str] = set()
        self.upserts: list[tuple[Document, tuple[Chunk, ...]]] = []
        self.deletes: list[str] = []
        self.access: list[AccessChanged] = []
        self.failures: list[Failed] = []

    def run(self) -> SyncReport:
        began = time.perf_counter()
        source = next(source for source in self.store.sources() if source.id == self.connector.id)
        whole = source.cursor is None or source.fingerprint != self.indexer.fingerprint
        before = len(self.stored)
        for change in self.connector.changes(None if whole else source.cursor):
            self.take(change)
            if sum(len(chunks) for _, chunks in self.upserts) >= _CHUNKS:
                self.commit(None)
        if whole:
            self.drop_unseen()
        self.forget_failures()
        report = self.report
        report.documents = len(self.stored)
        report.unchanged = (
            before
            - report.changed
            - report.deleted
            - sum(f.document_id in self.stored for f in report.failures)
        )
        report.failed = len(report.failures)
        report.seconds = round(time.perf_counter() - began, 3)
        return report

    def take(self, change: Change) -> None:
        match change:
            case Upsert(document):
                self.upsert(document)
            case Delete(document_id):
                if self.stored.pop(document_id, None) is not None:
                    self.report.deleted += 1
                    self.deletes.append(document_id)
            case AccessChanged(document_id, _):
                self.seen.add(document_id)
                self.access.append(change)
            case Failed(document_id, _):
                self.seen.add(document_id)
                self.failures.append(change)
                self.report.failures.append(change)
                self.report.failed += 1
            case Checkpoint(cursor):
                self.commit(cursor)
        if self.progress and not isinstance(change, Checkpoint):
            self.progress(self.report, _document_id(change))

    def upsert(self, document: Document) -> None:
        self.seen.add(document.id)
        version = f"{self.indexer.fingerprint}\0{document.version}"
        known = self.stored.get(document.id)
        if known == version:
            self.access.append(AccessChanged(document.id, document.access))
            return
        if known is None:
            self.report.added += 1
        elif known.partition("\0")[0] == self.indexer.fingerprint:
            self.report.changed += 1
        self.stored[document.id] = version
        self.upserts.append((document, self.indexer.cut(document)))

    def commit(self, cursor: str | None) -> None:
        """Embed, extract and write what has gathered."""
        keys = {chunk.id: text_key(chunk) for _, chunks in self.upserts for chunk in chunks}
        by_text = self.store.vectors_by_text(keys.values(), self.indexer.fingerprint) if keys else {}
        known = {chunk_id: by_text[key] for chunk_id, key in keys.items() if key in by_text}
        indexed, embedded = self.indexer.finish(self.upserts, known)
        self.report.chunks_embedded += embedded
        self.store.commit(
            ChangeSet(
                source_id=self.connector.id,
                upserts=tuple(indexed),
                deletes=tuple(self.deletes),
                access=tuple((change.document_id, change.access) for change in self.access),
                failures=tuple(self.failures),
                cursor=cursor,
                fingerprint=self.indexer.fingerprint,
            )
        )
        for gathered in (self.upserts, self.deletes, self.access, self.failures):
            gathered.clear()

    def drop_unseen(self) -> None:
        """After a run without a cursor: delete what the source no longer has, but nothing under a failed place."""
        failed = tuple(failure.document_id.rstrip("/") + "/" for failure in self.report.failures)
        for document_id in sorted(self.stored.keys() - self.seen):
            if not (failed and document_id.startswith(failed)):
                self.take(Delete(document_id))
        self.commit(None)

    def forget_failures(self) -> None:
        """What failed at an earlier run and not at this one is well again, or gone."""
        failing = {failure.document_id for failure in self.report.failures}
        earlier = {failure.document_id for failure in self.store.failures(self.connector.id)}
        if recovered := earlier - failing:
            self.store.commit(ChangeSet(self.connector.id, recovered=tuple(sorted(recovered))))


def _document_id(change: Change) -> str:
    match change:
        case Upsert(document):
            return document.id
        case Delete(document_id) | AccessChanged(document_id, _) | Failed(document_id, _):
            return document_id
        case Checkpoint():
            return ""
