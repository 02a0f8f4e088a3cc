"""Documents from a folder, a file, a zip archive or an object store, through fsspec."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from connectors.access import Access
from connectors.errors import FormatError
from connectors.formats import DEFAULT_MAX_CHARS, parse
from connectors.records import AccessChanged, Change, Checkpoint, Delete, Document, Failed, Upsert
from connectors.sources.cursor import Known, Memory, load
from connectors.sources.listing import Entry, Listing, Patterns, Walk
from connectors.sources.location import Location, printable, problem

DEFAULT_MAX_FILE_BYTES = 256 * 2**20
MIN_CHECKPOINT = 64
"""Changes between two checkpoints, at least …"""
CHECKPOINT_SHARE = 0.05
"""… and this share of the known files: a cursor lists them all, so a fixed step would cost their square."""

_WORD_GAPS = re.compile(r"[_\s]+|(?<!\d)-+|-+(?!\d)")


class FilesystemConnector:
    """A folder, or one file, on any filesystem that fsspec knows.

    Every real file gives one document; its id is the absolute path, or the URL. Links to files are followed,
    links to folders too, but nothing is listed twice. A file whose size and modification time are as before
    is not read.

    Parameters
    ----------
    location
        A local path or a URL; a zip file is read like a folder. See ``Location``.
    include, exclude
        Patterns in gitignore's syntax, relative to the root. A file named directly needs to match none.
        Dotfiles, lock and temporary files are excluded unless an exclude pattern such as ``"!.github/"``
        brings them back; so are the patterns of a ``.wellspringignore`` file at the root.
    access
        Who may read the documents.
    recursive
        Whether to go into folders.
    max_file_bytes
        Larger files are reported, and not read.
    max_chars
        Longer texts are reported.
    storage_options
        For the filesystem: keys, endpoints. They enter no id and no cursor.

    Raises
    ------
    SourceError
        The scheme or a pattern is not valid, or a library is missing. A place that cannot be read raises it
        from ``changes``.
    """

    def __init__(
        self,
        location: str | os.PathLike[str],
        *,
        include: Iterable[str] = ("**",),
        exclude: Iterable[str] = (),
        access: Access | None = None,
        recursive: bool = True,
        max_file_bytes: int = DEFAULT_MAX_FILE_BYTES,
        max_chars: int = DEFAULT_MAX_CHARS,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        self.access = Access() if access is None else access
        self.max_file_bytes = max_file_bytes
        self.max_chars = max_chars
        self._recursive = recursive
        self._patterns = Patterns(include, exclude)
        self._location = Location(location, storage_options or {})

    @property
    def id(self) -> str:
        """The root: an absolute POSIX path, or a URL without user name and password."""
        return self._location.id

    def changes(self, cursor: str | None) -> Iterator[Change]:
        """Yield what has changed since ``cursor``: deletions first, then the files in the order of their ids.

        Raises
        ------
        SourceError
            The root cannot be reached or listed; nothing has been yielded then.
        """
        readers = tuple(sorted(self.access.readers))
        memory = load(cursor, readers=readers)
        with self._location.connect() as filesystem:
            walk = Walk(filesystem, self._location, self._patterns, recursive=self._recursive)
            yield from _Run(self, filesystem, walk.run(), memory, readers).changes()


class _Run:
    """One pass over a listing."""

    def __init__(
        self,
        connector: FilesystemConnector,
        filesystem: Any,
        listing: Listing,
        memory: Memory,
        readers: tuple[str, ...],
    ) -> None:
        self._connector = connector
        self._filesystem = filesystem
        self._listing = listing
        self._memory = memory
        self._readers = readers
        self._access_changed = memory.readers != readers
        self._since_checkpoint = 0

    def changes(self) -> Iterator[Change]:
        listed = {entry.id for entry in self._listing.files}
        for document_id in sorted(self._memory.files.keys() - listed):
            if self._listing.hides(document_id):
                yield from self._kept(document_id)
            else:
                del self._memory.files[document_id]
                yield Delete(document_id)
            yield from self._checkpoint_if_due()
        for place, reason in sorted(self._listing.failures.items()):
            yield Failed(place, reason)
        for entry in self._listing.files:
            yield from self._visit(entry)
            yield from self._checkpoint_if_due()
        # Only now do all documents have the new readers: a run that is cut short before tells them again.
        self._memory.readers = self._readers
        yield Checkpoint(self._memory.dump())

    def _visit(self, entry: Entry) -> Iterator[Change]:
        known = self._memory.files.get(entry.id)
        if known and entry.stamp and (known.size, known.stamp) == (entry.size, entry.stamp):
            yield from self._kept(entry.id)
            return
        try:
            data = self._read(entry)
            version = sha256(data).hexdigest()
            # Equal to what was handed over last, also where a damaged state came between: nothing to tell.
            document = None if known and known.sha256 == version else self._document(entry, data, version)
        except FormatError as error:
            # What was known stays, so that the old text is still deleted with the file.
            yield from self._kept(entry.id)
            yield Failed(entry.id, printable(str(error)))
            return
        self._memory.files[entry.id] = Known(entry.size, entry.stamp, version)
        self._since_checkpoint += 1
        if document is None:
            yield from self._kept(entry.id)
        else:
            yield Upsert(document)

    def _kept(self, document_id: str) -> Iterator[Change]:
        """Tell a change of readers of a document that the receiver has."""
        if self._access_changed and document_id in self._memory.files:
            self._since_checkpoint += 1
            yield AccessChanged(document_id, self._connector.access)

    def _read(self, entry: Entry) -> bytes:
        limit = self._connector.max_file_bytes
        data = b""
        if entry.size <= limit:
            try:
                with self._filesystem.open(entry.path, "rb") as file:
                    data = file.read(limit + 1)
            # Storage libraries and damaged zip members raise exceptions of their own; one file stops no run.
            except Exception as error:
                raise FormatError(problem(error)) from error
        if max(entry.size, len(data)) > limit:
            raise FormatError(
                f"is too large: {max(entry.size, len(data)):,} bytes, and the limit is {limit:,}; "
                "split the file, or raise max_file_bytes"
            )
        return data

    def _document(self, entry: Entry, data: bytes, version: str) -> Document:
        parsed = parse(data, entry.path, max_chars=self._connector.max_chars)
        return Document(
            id=entry.id,
            source=self._connector.id,
            title=parsed.title or _readable(entry.path),
            text=parsed.text,
            version=version,
            media_type=parsed.media_type,
            sections=parsed.sections,
            pages=parsed.pages,
            modified=entry.modified,
            access=self._connector.access,
        )

    def _checkpoint_if_due(self) -> Iterator[Checkpoint]:
        if self._since_checkpoint > max(MIN_CHECKPOINT, CHECKPOINT_SHARE * len(self._memory.files)):
            self._since_checkpoint = 0
            yield Checkpoint(self._memory.dump())


def _readable(path: str) -> str:
    """Return a title made of a file's name: ``3M_2022_10K.pdf`` → "3M 2022 10K"; hyphens in dates stay."""
    stem = PurePosixPath(path).stem
    return printable(_WORD_GAPS.sub(" ", stem).strip() or stem)
