"""Documents from a folder, a file, a zip archive or an object store, through fsspec."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from connectors.access import Access
from connectors.base import Claim
from connectors.errors import FormatError, SourceError
from connectors.formats import DEFAULT_MAX_CHARS, parse
from connectors.records import AccessChanged, Change, Checkpoint, Delete, Document, Failed, Upsert
from connectors.sources.cursor import Known, Memory, load
from connectors.sources.listing import Entry, Listing, Patterns, Walk, ignore_lines
from connectors.sources.location import Location, below, printable, problem

DEFAULT_MAX_FILE_BYTES = 256 * 2**20
MIN_CHECKPOINT = 64
"""Changes between two checkpoints, at least …"""
CHECKPOINT_SHARE = 0.05
"""… and this share of the known files: a cursor lists them all, so a fixed step would cost their square."""

_WORD_GAPS = re.compile(r"[_\s]+|(?<!\d)-+|-+(?!\d)")


class FilesystemConnector:
    """A folder, or one file, on any filesystem that fsspec knows.

    Every real file gives one document; its id is the absolute path, or the URL. Links to files and folders inside
    the root are followed, but nothing is listed twice; those that lead out of it are reported, and followed only
    with ``follow_links``. A file whose size and modification time are as before is not read.

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
    follow_links
        Whether to follow links that lead out of the root: whoever may read the source then reads what lies there.
    max_file_bytes
        Larger files are reported, and not read.
    max_chars
        Longer texts are reported.
    storage_options
        For the filesystem: keys, endpoints. They enter no id and no cursor.
    leave
        Tells of a document's id whether another source brings that document. It is then no part of this one.

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
        follow_links: bool = False,
        max_file_bytes: int = DEFAULT_MAX_FILE_BYTES,
        max_chars: int = DEFAULT_MAX_CHARS,
        storage_options: Mapping[str, Any] | None = None,
        leave: Callable[[str], bool] | None = None,
    ) -> None:
        self.access = Access() if access is None else access
        self.max_file_bytes = max_file_bytes
        self.max_chars = max_chars
        self._follow_links = follow_links
        self._patterns = Patterns(include, exclude, recursive=recursive)
        self._leave = leave
        self._ignores_read = False
        self._real_folders: dict[str, str] = {}
        self._location = Location(location, storage_options or {})

    @property
    def id(self) -> str:
        """The root: an absolute POSIX path, or a URL without user name and password."""
        return self._location.id

    def claim(self, document_id: str) -> Claim:
        """See ``Claiming``. Where links lead to one file, the source around its real place is nearer."""
        relative, local = self._location.inside(document_id), self._location.local
        as_named = len(self.id) if relative is not None and self._takes(relative) else 0
        if not local or not os.path.isabs(document_id):
            return as_named, as_named
        root, real = printable(self._real_place(self._location.root)), printable(self._real_place(document_id))
        if (real, root) == (document_id, self.id):
            return as_named, as_named
        relative = below(real, root)
        return len(root) if relative is not None and self._takes(relative) else 0, as_named

    def _real_place(self, path: str) -> str:
        """Return where links lead; each folder is looked at once, for a source may be asked about all of another's."""
        folder, _, name = path.rpartition("/")
        if folder not in self._real_folders:
            self._real_folders[folder] = os.path.realpath(folder or "/").rstrip("/")
        place = f"{self._real_folders[folder]}/{name}"
        return os.path.realpath(place) if os.path.islink(place) else place

    def _takes(self, relative: str) -> bool:
        """Tell whether the walk would take a file; the root itself was named, and needs to match no pattern."""
        if not relative:
            return True
        if not self._ignores_read:
            self._ignores_read = True
            # Where its ignore file cannot be read, the source cannot be listed either, and claims what it may hold.
            with suppress(SourceError, OSError), self._location.connect() as filesystem:
                self._patterns.read(ignore_lines(filesystem, self._location.root))
        return self._patterns.takes(relative)

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
            listing = Walk(filesystem, self._location, self._patterns, follow_links=self._follow_links).run()
            if self._leave is not None:
                listing.files = [entry for entry in listing.files if not self._leave(entry.id)]
            yield from _Run(self, filesystem, listing, memory, readers).changes()


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
        for place, reason in sorted(self._listing.outside.items()):
            yield Failed(place, reason, gone=True)
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
