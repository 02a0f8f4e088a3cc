"""Files that people hand in: kept in the knowledge base's own folder, whole or not at all."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import BinaryIO

_LONGEST = 200
"""Bytes of a name; file systems take 255, and the ending comes on top."""


def file_name(name: str) -> str:
    """Return the name that an uploaded file is kept under: the last part of ``name``, made harmless.

    >>> file_name("../../etc/passwd")
    'passwd'
    """
    plain = name.replace("\\", "/").rpartition("/")[2].lstrip(".").strip() or "upload"
    stem, dot, ending = "".join(c if c.isprintable() else "_" for c in plain).rpartition(".")
    short = (stem or ending).encode(errors="replace")[:_LONGEST].decode(errors="ignore")
    return f"{short}{dot}{ending[:20]}" if stem else short


def keep(folder: Path, name: str, data: bytes | BinaryIO) -> Path:
    """Write a file into ``folder``, in the place of one of that name. Returns where it lies.

    It appears all at once: whoever reads the folder never sees a part of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(name)
    # Its name has a dot in front: no source reads it.
    with NamedTemporaryFile(dir=folder, prefix=".", suffix=".tmp", delete=False) as part:
        try:
            copyfileobj(BytesIO(data) if isinstance(data, bytes) else data, part)
            part.close()
            os.replace(part.name, path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
    return path
