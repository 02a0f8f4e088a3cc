"""Files that people hand in: kept in the knowledge base's own folder, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from connectors.formats import UNSUPPORTED_SUFFIXES
from connectors.sources.listing import DEFAULT_IGNORES
from rag.errors import UploadError

_LONGEST = 200
"""Bytes of a name; file systems take 255, and mark and ending come on top."""
_LONGEST_ENDING = 20
"""Bytes."""


def upload_name(name: str, *, mark: str = "") -> str:
    """Return the name that an uploaded file is kept under: the last part of ``name``, made harmless.

    Parameters
    ----------
    mark
        Of at most 32 characters; put in front of the ending.

    Raises
    ------
    UploadError
        No source would read a file of this name.

    >>> upload_name("../../etc/passwd")
    'passwd'
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(c if c.isprintable() else "_" for c in last).strip() or "upload"
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    kept = f"{_cut(stem, _LONGEST)}{mark}{dot}{_cut(ending, _LONGEST_ENDING)}"
    _check(kept)
    return kept


def keep_uploads(folder: Path, files: Iterable[tuple[str, bytes | BinaryIO]]) -> Iterator[Path]:
    """Write files into ``folder``, each in the place of one of its name, and yield where each lies once it does.

    Nothing is put in its place before all are written, and each appears all at once: whoever reads the folder never
    sees a part of a file.

    Parameters
    ----------
    files
        Names, as ``upload_name`` gives them, and contents.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts: list[tuple[Path, Path]] = []
    try:
        for name, data in files:
            # Its name has a dot in front: no source reads it.
            with NamedTemporaryFile(dir=folder, prefix=".", suffix=".tmp", delete=False) as part:
                parts.append((Path(part.name), folder / name))
                copyfileobj(BytesIO(data) if isinstance(data, bytes) else data, part)
        for written, path in parts:
            os.replace(written, path)
            yield path
    finally:
        for written, _ in parts:
            written.unlink(missing_ok=True)


def keep(folder: Path, name: str, data: bytes | BinaryIO) -> Path:
    """Write a file into ``folder``, in the place of one of that name. Returns where it lies.

    Raises
    ------
    UploadError
        No source would read a file of this name.
    """
    (path,) = keep_uploads(folder, [(upload_name(name), data)])
    return path


def _check(name: str) -> None:
    """Refuse what would be kept for ever and never be read or listed."""
    from pathspec import GitIgnoreSpec

    suffix = PurePosixPath(name).suffix.lower()
    if suffix in UNSUPPORTED_SUFFIXES:
        raise UploadError(f"{name}: files ending in {suffix} are not read")
    if GitIgnoreSpec.from_lines(DEFAULT_IGNORES).match_file(name):
        raise UploadError(f"{name}: hidden and temporary files are not read")


def _cut(text: str, most: int) -> str:
    """Return what of a text fits into so many bytes."""
    return text.encode(errors="replace")[:most].decode(errors="ignore")
