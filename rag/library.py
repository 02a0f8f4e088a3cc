"""The documents of a knowledge base: they come in from sources, by hand, and go."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from connectors import (
    EVERYONE,
    Access,
    Claiming,
    Connector,
    Document,
    Failed,
    SourceError,
    Viewer,
    may_read,
    open_source,
)
from connectors.base import NO_CLAIM
from rag.errors import KnowledgeBaseError
from rag.scope import Within, documents_within, scope_of

if TYPE_CHECKING:
    from connectors.formats.pdf_image import PageImage
    from knowledge.index import Indexer
    from knowledge.overlap import Overlap
    from knowledge.records import DocumentInfo
    from knowledge.store import Store
    from knowledge.sync import Progress, SyncReport

_UPLOADS_FOR = "uploads-for"
_MAX_FILE_BYTES = 2**28
_DELETED = "deleted"
"""Among a source's options: the documents that were deleted from it by hand."""

LOCAL = Viewer("local")
"""Who asks when nobody is named: reads what everyone may read."""


class Library:
    """The part of ``Wellspring`` that writes, lists and hands out documents; parameters as there."""

    def __init__(
        self, folder: Path, *, store: Store, indexer: Indexer, source_options: Mapping[str, Any] | None = None
    ) -> None:
        self.folder = folder
        self.store = store
        self._indexer = indexer
        self._source_options = dict(source_options or {})
        self._max_file_bytes = int(self._source_options.get("max_file_bytes", _MAX_FILE_BYTES))
        self._writing = threading.RLock()
        """Held while documents come in or go."""

    def sync(
        self,
        *locations: str | Path,
        progress: Progress | None = None,
        readers: Sequence[str] | None = None,
        **options: Any,
    ) -> list[SyncReport]:
        """Bring the knowledge base up to date with sources, and remember them with their options.

        Parameters
        ----------
        locations
            Paths or URLs; none: every source that is remembered.
        progress
            Called with the report so far and the document in hand.
        readers
            Principals who may read the documents (``"user:ann"``, ``"group:hr"``, ``"*"``). None: as remembered, at
            first everyone.
        options
            For the connector: ``include``, ``exclude``, ``recursive``, ``follow_links``, … None: as remembered.

        Raises
        ------
        SourceError
            A source that was named cannot be read at all. One that was only remembered is a failure in its report.
        KnowledgeBaseError
            No location is given and none is remembered.
        """
        from knowledge.sync import SyncReport

        given = {key: value for key, value in options.items() if value is not None}
        if readers is not None:
            given["readers"] = sorted(Access.of(readers).readers)
        if locations:
            return [self._sync_one(str(location), given, progress) for location in locations]
        remembered = self.sources()
        if not remembered:
            raise KnowledgeBaseError(f"{self.folder} knows no source yet: name a path, as in 'rag index PATH'")
        reports = []
        for location in remembered:
            with self._writing:
                if location not in self.sources():
                    # Forgotten while another one was read: it must not come back, for everyone to read.
                    continue
                try:
                    reports.append(self._sync_one(location, given, progress))
                except SourceError as error:
                    reports.append(
                        SyncReport(location, failed=1, failures=[Failed(location, _without(location, str(error)))])
                    )
        return reports

    def sources(self, *, viewer: Viewer | None = None) -> list[str]:
        """Return the locations that ``sync()`` goes through, in order; with ``viewer`` those whose documents are theirs
        to read.
        """
        found = [source.options for source in self.store.sources() if "location" in source.options]
        return [
            str(options["location"])
            for options in found
            if viewer is None or may_read(viewer, Access(frozenset(_readers(options))))
        ]

    def readers(self, location: str | Path) -> tuple[str, ...]:
        """Return the principals who may read what comes from a source (``"*"``: everyone)."""
        return tuple(_readers(self._options(open_source(str(location)).id)))

    def forget(self, location: str | Path) -> None:
        """Forget a source and delete what is stored of its documents; the originals are not touched.

        Raises
        ------
        KnowledgeBaseError
            No such source is remembered.
        """
        with self._writing:
            source_id = open_source(str(location)).id
            if source_id not in {source.id for source in self.store.sources()}:
                raise KnowledgeBaseError(
                    f"there is no source {str(location)!r}: give it as it was indexed; "
                    f"there are: {', '.join(self.sources()) or 'none'}"
                )
            self.store.remove_source(source_id)

    def sync_from(self, connector: Connector, *, progress: Progress | None = None) -> SyncReport:
        """Bring the knowledge base up to date with a connector of your own; ``sync()`` does not remember it."""
        with self._writing:
            return self._sync_with(connector, self._options(connector.id), progress, self._overlap(connector))

    def _sync_one(self, location: str, given: dict[str, Any], progress: Progress | None) -> SyncReport:
        source_id = open_source(location).id
        # From here on: a document that is deleted after the options were read would come back.
        with self._writing:
            options: dict[str, Any] = {**self._options(source_id), **given, "location": source_id}
            overlap: Overlap | None = None
            # The connector is told of the overlap, which is found out from the connector.
            connector = self._open(location, options, leave=lambda id: overlap is not None and overlap.leaves(id))
            overlap = self._overlap(connector)
            return self._sync_with(connector, options, progress, overlap)

    def _open(self, location: str, options: Mapping[str, Any], **more: Any) -> Connector:
        """Open a source with what is remembered of it."""
        arguments = {key: value for key, value in options.items() if key not in ("location", "readers", _DELETED)}
        access = Access(frozenset(_readers(options)))
        return open_source(location, **self._source_options, **arguments, access=access, **more)

    def _overlap(self, connector: Connector) -> Overlap | None:
        """Return what a source shares with others; None where it cannot tell which documents are its own."""
        from knowledge.overlap import Overlap

        if not isinstance(connector, Claiming):
            return None
        return Overlap(connector, self.store, lambda: self._claiming(connector.id))

    def _claiming(self, place: str) -> dict[str, Claiming]:
        """Return the sources that may share something with ``place`` and can tell which documents are theirs, by id.

        These are those that are remembered, and the folders of uploaded files, also where they were not indexed yet.
        """
        known = {source.id: source.options for source in self.store.sources() if "location" in source.options}
        for folder in (self.uploads, *(self.folder / _UPLOADS_FOR).glob("*")):
            if folder.is_dir():
                known.setdefault(open_source(str(folder)).id, {})
        found: dict[str, Claiming] = {}
        for source_id, options in known.items():
            # Another kind of place shares nothing with this one, and its library may take long to load, or be gone.
            if source_id == place or _kind(source_id) != _kind(place):
                continue
            with suppress(SourceError):
                connector = self._open(source_id, options)
                if isinstance(connector, Claiming):
                    found[source_id] = connector
        return found

    def _options(self, source_id: str) -> dict[str, Any]:
        """Return what is remembered of a source; of one that is not known, nothing."""
        return next((dict(source.options) for source in self.store.sources() if source.id == source_id), {})

    def _sync_with(
        self, connector: Connector, options: dict[str, Any], progress: Progress | None, overlap: Overlap | None
    ) -> SyncReport:
        """Sync, where the options were read under the lock that is held."""
        from knowledge.sync import sync

        known = {source.id for source in self.store.sources()}
        self.store.add_source(connector.id, options)
        try:
            deleted = options.get(_DELETED, ())
            return sync(connector, self.store, self._indexer, progress=progress, without=deleted, overlap=overlap)
        except SourceError:
            if connector.id not in known:
                self.store.remove_source(connector.id)
            raise

    def upload(self, name: str, data: bytes | BinaryIO, *, readers: Iterable[str] = (EVERYONE,)) -> Path:
        """Keep a file in the knowledge base's own folder. Returns where it lies.

        ``sync(kb.uploads)`` indexes it; one for certain readers ``sync(kb.uploads_for(readers), readers=readers)``.
        Only the last part of ``name`` counts. A file of the same name, for the same readers, is replaced, all at once.
        """
        from rag.uploads import keep

        return keep(self.uploads_for(readers), name, data)

    @property
    def uploads(self) -> Path:
        """The folder of uploaded files."""
        return self.folder / "uploads"

    def uploads_for(self, readers: Iterable[str]) -> Path:
        """Return the folder of files that were uploaded for certain readers: a source of its own."""
        named = sorted(Access.of(readers).readers)
        if named == [EVERYONE]:
            return self.uploads
        digest = hashlib.sha256("\n".join(named).encode()).hexdigest()
        return self.folder / _UPLOADS_FOR / digest[:16]

    def is_upload(self, place: str | Path) -> bool:
        """Tell whether a folder is one of uploaded files."""
        folder = Path(place).absolute()
        return folder == self.uploads.absolute() or folder.parent == (self.folder / _UPLOADS_FOR).absolute()

    def delete(self, document_id: str) -> None:
        """Delete a document for good: an uploaded file itself; of another source, what is stored.

        The source, and every other that it lies in, is told to leave the document out from now on; the original is not
        touched.

        Raises
        ------
        KnowledgeBaseError
            There is no such document.
        """
        from knowledge.records import ChangeSet

        with self._writing:
            document = self.store.document(document_id)
            if document is None and self.is_upload(Path(document_id).parent):
                # It could not be read, so nothing is stored of it but the failure.
                Path(document_id).unlink(missing_ok=True)
                self.store.commit(ChangeSet(str(Path(document_id).parent), recovered=(document_id,)))
                return
            if document is None:
                raise KnowledgeBaseError(f"there is no document {document_id!r}; 'rag documents' lists them")
            if self.is_upload(document.source):
                Path(document.id).unlink(missing_ok=True)
            else:
                # One that leaves it to another source today would bring it back when that one is forgotten.
                around = {
                    id for id, other in self._claiming(document_id).items() if other.claim(document_id) > NO_CLAIM
                }
                for source in self.store.sources():
                    if source.id in {document.source, *around}:
                        deleted = [*cast("list[str]", source.options.get(_DELETED, [])), document_id]
                        self.store.add_source(source.id, {**source.options, _DELETED: deleted})
            self.store.commit(ChangeSet(document.source, deletes=(document_id,)))

    # What is there

    def documents(self, *, viewer: Viewer = LOCAL) -> list[DocumentInfo]:
        """Return the documents that ``viewer`` may read, by id."""
        principals = viewer.principals
        return [info for info in self.store.documents() if not principals.isdisjoint(info.readers)]

    def documents_within(self, within: Within, *, viewer: Viewer = LOCAL) -> frozenset[str]:
        """Return the ids of the documents that a question within these documents and folders is asked of.

        Raises
        ------
        ScopeError
            A name stands for none that ``viewer`` may read.
        """
        documents, names = self.documents(viewer=viewer), scope_of(within)
        return documents_within(names, documents) if names else frozenset(info.id for info in documents)

    def document(self, document_id: str, *, viewer: Viewer = LOCAL) -> Document | None:
        """Return a document with its text, or None when it is not there or not for ``viewer``."""
        document = self.store.document(document_id)
        return document if document and may_read(viewer, document.access) else None

    def original(self, document_id: str, *, viewer: Viewer = LOCAL) -> bytes | None:
        """Return the file that a document was made from, byte for byte.

        None where the document is not for ``viewer``, or where its file is not there any more as it was indexed.
        """
        from rag.original import original

        document = self.document(document_id, viewer=viewer)
        return None if document is None else original(self.store, document, max_bytes=self._max_file_bytes)

    def page_image(
        self, document_id: str, page: int, *, quote: str = "", width: int = 1000, viewer: Viewer = LOCAL
    ) -> PageImage | None:
        """Return a page of a PDF as a picture, ``width`` pixels wide, with ``quote`` marked where it is found.

        None where the document is no PDF or not for ``viewer``, or where its file is not there any more as it was
        indexed: what is stored is its text.
        """
        from rag.original import page_image

        document = self.document(document_id, viewer=viewer)
        if document is None:
            return None
        return page_image(self.store, document, page, quote=quote, width=width, max_bytes=self._max_file_bytes)

    def failures(self, *, viewer: Viewer = LOCAL) -> list[Failed]:
        """Return the documents that could not be read at their last try, of sources that ``viewer`` may read."""
        found = []
        for source in self.store.sources():
            readers = cast("list[str]", source.options.get("readers", [EVERYONE]))
            if may_read(viewer, Access(frozenset(readers))):
                found += self.store.failures(source.id)
        return sorted(found, key=lambda failure: failure.document_id)


def _without(prefix: str, message: str) -> str:
    """Return a message without the name that it begins with."""
    return message.removeprefix(prefix).strip()


def _kind(place: str) -> str:
    """Return the scheme of a URL; of a path, nothing."""
    return place.partition("://")[0] if "://" in place else ""


def _readers(options: Mapping[str, object]) -> list[str]:
    return cast("list[str]", options.get("readers", [EVERYONE]))
