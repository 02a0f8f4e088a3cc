"""Which files of a folder are documents: the walk, the patterns, and what tells that a file has changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from connectors.errors import SourceError
from connectors.formats import UNSUPPORTED_SUFFIXES
from connectors.sources.location import Location, printable, problem

IGNORE_FILE = ".wellspringignore"
DEFAULT_IGNORES = (
    ".*",
    "~$*",
    "*~",
    "*.tmp",
    "*.swp",
    "node_modules/",
    "__pycache__/",
    "Thumbs.db",
    "desktop.ini",
)

# What filesystems call the things that change with a file's content. "created" is all that some tell.
_STAMPS = (
    "etag",
    "ETag",
    "CRC",
    "date_time",
    "mtime",
    "LastModified",
    "last_modified",
    "updated",
    "modified",
)
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that is to be a document."""

    path: str
    """On the filesystem."""
    id: str
    size: int
    """Bytes, as listed."""
    stamp: str
    """With the size, tells whether to read the file again; empty where the filesystem does not say."""
    modified: datetime | None


@dataclass(slots=True)
class Listing:
    """What a walk found."""

    files: list[Entry] = field(default_factory=list)
    """Sorted by id."""
    failures: dict[str, str] = field(default_factory=dict)
    """Id of a place that could not be looked at → why. What lies under it is unknown."""
    outside: dict[str, str] = field(default_factory=dict)
    """Id of a link that leads out of the source and is not followed → what to do about it."""

    def hides(self, document_id: str) -> bool:
        """Tell whether the document lies at or under a place that could not be looked at."""
        return any(document_id == place or document_id.startswith(f"{place.rstrip('/')}/") for place in self.failures)


class Patterns:
    """Which files of a folder are taken: patterns in gitignore's syntax, relative to the root; a folder's ends in "/".

    Parameters
    ----------
    include, exclude
        As for ``FilesystemConnector``.
    recursive
        Whether files in folders are taken.
    """

    def __init__(self, include: Iterable[str], exclude: Iterable[str], *, recursive: bool) -> None:
        self.recursive = recursive
        self._include = _spec(include, "include")
        self._exclude = tuple(exclude)
        self.read(())

    def read(self, lines: Iterable[str]) -> None:
        """Take in an ignore file's ``lines``: after the defaults and before ``exclude``; the last match wins."""
        self._ignored = _spec((*DEFAULT_IGNORES, *lines, *self._exclude), "exclude")

    def ignores(self, relative: str) -> bool:
        """Tell whether a file, a link or, with a slash at the end, a folder is excluded."""
        return bool(self._ignored.match_file(relative))

    def takes_file(self, relative: str) -> bool:
        """Tell whether a file is taken, where the folders that it lies in are gone into."""
        suffix = PurePosixPath(relative).suffix.lower()
        return (
            suffix not in UNSUPPORTED_SUFFIXES
            and not self.ignores(relative)
            and bool(self._include.match_file(relative))
        )

    def takes_folder(self, relative: str) -> bool:
        """Tell whether a folder, named without a slash at the end, is gone into from the one above it."""
        return self.recursive and not self.ignores(f"{relative}/")

    def takes(self, relative: str) -> bool:
        """Tell whether a walk that begins at the root would come upon a file of this name, and take it."""
        folders = [relative[:end] for end, character in enumerate(relative) if character == "/"]
        return all(map(self.takes_folder, folders)) and self.takes_file(relative)


def ignore_lines(filesystem: Any, root: str) -> list[str]:
    """Return the lines of the ignore file in a folder; none where there is no such file."""
    try:
        data: bytes = filesystem.cat_file(f"{root}/{IGNORE_FILE}".lstrip("/" if not root else ""))
    except FileNotFoundError:
        return []
    return data.decode("utf-8-sig", errors="surrogateescape").splitlines()


class Walk:
    """Lists a location once."""

    def __init__(self, filesystem: Any, location: Location, patterns: Patterns, *, follow_links: bool) -> None:
        self._filesystem = filesystem
        self._location = location
        self._patterns = patterns
        self._follow_links = follow_links
        self._real_root = os.path.realpath(location.root)
        self._links: list[str] = []
        self._seen: set[str] = set()
        """Real paths of what has been listed; local files only."""
        self._listing = Listing()

    def run(self) -> Listing:
        """List everything.

        Raises
        ------
        SourceError
            The root, or its ignore file, cannot be read.
        """
        root = self._location.root
        try:
            info = self._filesystem.info(root) if root else {"type": "directory"}
            if info["type"] == "directory":
                self._patterns.read(ignore_lines(self._filesystem, root))
                children = self._filesystem.ls(root, detail=True)
            elif info["type"] == "file":
                self._listing.files.append(self._entry(info))
                return self._listing
            else:
                raise SourceError(f"{self._location.id} is neither a file nor a folder; name one")
        except SourceError:
            raise
        except Exception as error:  # see Location.connect: storage libraries raise exceptions of their own
            raise SourceError(f"{self._location.id} {problem(error)}") from error
        self._walk(root, children)
        self._listing.files.sort(key=lambda entry: entry.id)
        return self._listing

    def _walk(self, root: str, children: list[dict[str, Any]]) -> None:
        pending = self._folder(root, children)
        while pending or self._links:
            if pending:
                path = pending.pop()
            # Links come last, so that a document has the id of its own place wherever that is listed too.
            elif link := self._follow(self._links.pop(self._links.index(min(self._links)))):
                path = link
            else:
                continue
            try:
                children = self._filesystem.ls(path, detail=True)
            except Exception as error:  # see Location.connect
                self._fail(path, error)
            else:
                pending += self._folder(path, children)

    def _folder(self, path: str, children: list[dict[str, Any]]) -> list[str]:
        """Take a folder's files, and return its folders."""
        real = os.path.realpath(path) if self._location.local else path
        if real in self._seen:
            return []
        self._seen.add(real)
        folders = []
        for info in children:
            name = info["name"].rstrip("/")
            if name == path:  # object stores list a folder's own marker
                continue
            if info.get("islink"):
                self._links.append(name)
            elif info["type"] == "directory":
                if self._patterns.takes_folder(self._relative(name)):
                    folders.append(name)
            elif info["type"] != "other":  # a pipe or a socket: reading one waits for ever
                self._file(info | {"name": name}, f"{real}/{PurePosixPath(name).name}")
        return folders

    def _follow(self, path: str) -> str | None:
        """Take a link to a file, or return one to a folder that has not been listed."""
        relative, real = self._relative(path), os.path.realpath(path)
        if self._patterns.ignores(relative) or real in self._seen:
            return None
        inside = real == self._real_root or real.startswith(f"{self._real_root.rstrip('/')}/")
        try:
            info = self._filesystem.info(path)
        except OSError as error:
            # A target that is gone is told as such; but it is not waited for where it would not be followed.
            if inside or self._follow_links:
                self._fail(path, error)
            else:
                self._refuse(path, real)
            return None
        folder = info["type"] == "directory"
        if not (self._patterns.takes_folder(relative) if folder else self._patterns.takes_file(relative)):
            return None
        if not inside and not self._follow_links:
            self._refuse(path, real)
            return None
        # A link to a folder above the root would bring in everything else that lies there.
        if folder and self._real_root.startswith(f"{real.rstrip('/')}/"):
            return None
        if info["type"] == "file":
            self._file(info, real)
        return path if folder else None

    def _refuse(self, path: str, real: str) -> None:
        self._listing.outside[self._location.id_of(path)] = (
            f"is a link that leads out of the source, to {printable(real)}, and is not followed; "
            "index that place itself, or give --follow-links (follow_links) if whoever reads this source may read that"
        )

    def _file(self, info: dict[str, Any], real: str) -> None:
        if real not in self._seen and self._patterns.takes_file(self._relative(info["name"])):
            self._seen.add(real)
            self._listing.files.append(self._entry(info))

    def _entry(self, info: dict[str, Any]) -> Entry:
        path = info["name"]
        return Entry(path, self._location.id_of(path), int(info.get("size") or 0), _stamp(info), _modified(info))

    def _relative(self, path: str) -> str:
        return path[len(self._location.root) :].lstrip("/")

    def _fail(self, path: str, error: Exception) -> None:
        self._listing.failures[self._location.id_of(path)] = problem(error)


def _spec(lines: Iterable[str], what: str) -> Any:
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        raise SourceError(f"a pattern to {what} is not valid: {' '.join(str(error).split())}; correct it") from error


def _stamp(info: dict[str, Any]) -> str:
    """Return what the filesystem says of the content's state, as one string; local files give mtime in ns."""
    if isinstance(mtime := info.get("mtime"), float):
        info = info | {"mtime": round(mtime * 1e9)}
    known = [str(info[key]) for key in _STAMPS if info.get(key) is not None]
    return " ".join(known) or str(info.get("created") or "")


def _modified(info: dict[str, Any]) -> datetime | None:
    value = next((info[key] for key in _TIMES if info.get(key)), None)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None  # a form of date that only this store uses
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return datetime.fromtimestamp(value, UTC) if isinstance(value, float | int) else None
