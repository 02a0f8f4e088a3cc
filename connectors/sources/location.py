"""From what the user typed to a filesystem, a root in it, and ids that open the documents again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import SourceError

EXTRAS = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gs",
    "gcs": "gs",
    "az": "az",
    "abfs": "az",
    "abfss": "az",
    "adl": "az",
    "sftp": "sftp",
    "ssh": "sftp",
}
"""URL scheme → the extra of this distribution that brings its library."""

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Location:
    """A folder or file on any filesystem that fsspec knows.

    Parameters
    ----------
    location
        A local path, or a URL such as ``file://``, ``memory://``, ``s3://``, ``gs://``, ``az://``,
        ``sftp://``. A zip file is read like a folder: give its path or URL, or fsspec's
        ``zip://folder/inside::url-of-the-zip`` for a part of it.
    storage_options
        Passed to the filesystem: keys, endpoints, user names.

    Raises
    ------
    SourceError
        The scheme is unknown, or its library is not installed. Nothing is opened yet.
    """

    def __init__(self, location: str | os.PathLike[str], storage_options: Mapping[str, Any]) -> None:
        text = os.fspath(location)
        self.options = dict(storage_options)
        self.archive: Location | None = None
        if target := _zip_target(text):
            inner, outer = target
            self.archive = Location.__new__(Location)
            self.archive.archive = None
            self.archive.options = self.options
            self.archive._resolve(outer)
            self.local, self.root = False, inner.strip("/")
        else:
            self._resolve(text)

    def _resolve(self, text: str) -> None:
        """Find the filesystem's class and the root in it."""
        import fsspec

        scheme = urlsplit(text).scheme if "://" in text else "file"
        self.local = scheme in ("file", "local")
        try:
            self._class = fsspec.get_filesystem_class(scheme)
        except ImportError as error:
            extra = EXTRAS.get(scheme)
            advice = f"pip install 'wellspring[{extra}]'" if extra else printable(str(error))
            raise SourceError(f"{scheme}:// needs a library that is not installed; {advice}") from error
        except ValueError as error:
            raise SourceError(f"{scheme}:// is no kind of place that is known; use a path, or another URL") from error
        if self.local:
            path = text.removeprefix(f"{scheme}://")
            self.root, self._base = self._class._strip_protocol(os.path.abspath(os.path.expanduser(path))), ""
            return
        self.root = self._class._strip_protocol(text).rstrip("/")
        self._arguments = self._class._get_kwargs_from_urls(text)
        # Where the path leaves the host out, the id must name it; never a user name or a password.
        host = urlsplit(text).netloc.rpartition("@")[2] if "host" in self._arguments else ""
        self._base = "" if self.root.startswith(f"{scheme}://") else f"{scheme}://{host}"

    @property
    def id(self) -> str:
        """The root's id: an absolute POSIX path, or a URL."""
        return self.id_of(self.root)

    def inside(self, document_id: str) -> str | None:
        """Return the path of a document relative to the root: empty for the root itself, None where it is elsewhere."""
        if self.archive is not None:
            within = self.id_of("").removeprefix("zip://")
            if not document_id.startswith("zip://") or not document_id.endswith(within):
                return None
            return below(document_id.removeprefix("zip://").removesuffix(within), printable(self.root))
        return below(document_id, self.id)

    def id_of(self, path: str) -> str:
        """Return the id of ``path`` on the filesystem; printable, on one line, and valid UTF-8."""
        if self.archive is not None:
            outer = self.archive.id
            return f"zip://{printable(path)}::{outer if '://' in outer else f'file://{outer}'}"
        return printable(f"{self._base}{path}")

    @contextmanager
    def connect(self) -> Iterator[Any]:
        """Open the fsspec filesystem.

        Raises
        ------
        SourceError
            It cannot be reached, or is no zip file.
        """
        if self.archive is None:
            with _reaching(self.id):
                filesystem = self._class(**({} if self.local else self._arguments), **self.options)
                filesystem.invalidate_cache()
            yield filesystem
            return
        from fsspec.implementations.zip import ZipFileSystem

        with self.archive.connect() as outer:
            with _reaching(self.archive.id):
                file = outer.open(self.archive.root, "rb")
            with closing(file):
                with _reaching(self.archive.id):
                    archive = ZipFileSystem(file, skip_instance_cache=True)
                with closing(archive):
                    yield archive


def below(place: str, root: str) -> str | None:
    """Return ``place`` relative to the folder or file ``root``; None where it lies elsewhere."""
    root = root.rstrip("/")
    if place == root:
        return ""
    return place[len(root) :].lstrip("/") if not root or place.startswith(f"{root}/") else None


@contextmanager
def _reaching(place: str) -> Iterator[None]:
    """Turn what a filesystem raises on opening into SourceError."""
    try:
        yield
    except SourceError:
        raise
    # Every storage library has exceptions of its own (botocore, azure, paramiko, zipfile …), not all of them
    # OSError.
    except Exception as error:
        raise SourceError(f"{place} {problem(error)}") from error


def problem(error: Exception) -> str:
    """Return a predicate for "the file …": what went wrong on a filesystem, and what to do, on one line."""
    if isinstance(error, PermissionError):
        return "cannot be read: permission denied; give this user the right to read it"
    if isinstance(error, FileNotFoundError):
        return "does not exist; check the path, and that the drive is mounted"
    words = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return f"cannot be read: {printable(' '.join(words.split()))}; check it, then run again"


def printable(text: str) -> str:
    """Return ``text`` on one line and encodable as UTF-8; what is not becomes a backslash escape.

    A local file name that is not valid UTF-8 reaches Python with lone surrogates; they are shown as the bytes
    that they stand for.
    """
    return _UNPRINTABLE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _zip_target(text: str) -> tuple[str, str] | None:
    """Return (folder inside, path or URL of the zip file) where ``text`` names a zip file."""
    if text.startswith("zip://"):
        inner, found, outer = text.removeprefix("zip://").partition("::")
        return (inner.removesuffix("**").removesuffix("*"), outer) if found else ("", inner)
    if text.lower().endswith(".zip") and not os.path.isdir(text.removeprefix("file://")):
        return "", text
    return None
