"""Guards the parsers of zip-based formats: nothing opens such a file before it has passed here."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZipFile

from connectors.errors import FormatError
from connectors.formats.base import corrupt_file

MAX_TOTAL_BYTES = 512 * 2**20
"""Of all members together, unpacked."""
MAX_RATIO = 200
"""Unpacked to packed; office files reach about 50."""
RATIO_FROM_BYTES = 10 * 2**20
"""Smaller members may have any ratio."""
MAX_MEMBERS = 10_000
CHUNK = 1 << 20

_PROLOG = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def member_names(data: bytes) -> list[str]:
    """Return the names in a zip file's directory; nothing is unpacked.

    Raises
    ------
    FormatError
        The directory is damaged.
    """
    with corrupt_file("a zip file"), ZipFile(BytesIO(data)) as archive:
        return archive.namelist()


def check_zip(data: bytes, *, max_total: int = MAX_TOTAL_BYTES) -> None:
    """Make sure that unpacking ``data`` is safe: sizes as told and as they are, and no XML entities.

    Raises
    ------
    FormatError
        It would unpack to too much, is encrypted or damaged, or holds XML with a document type.
    """
    with corrupt_file("a zip file"), ZipFile(BytesIO(data)) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise _bomb(f"it holds {len(members):,} members, and the limit is {MAX_MEMBERS:,}")
        if sum(member.file_size for member in members) > max_total:
            raise _bomb(f"it unpacks to more than {max_total:,} bytes")
        left = max_total
        for member in members:
            large = member.file_size > RATIO_FROM_BYTES
            if large and member.file_size > MAX_RATIO * max(member.compress_size, 1):
                raise _bomb(f"a member unpacks to more than {MAX_RATIO} times its size")
            if member.flag_bits & 1:
                raise FormatError("is encrypted; save a copy without a password")
            # The directory may lie, so count what comes out; in chunks, as an unbounded read would inflate it
            # all.
            with archive.open(member) as stream:
                head = chunk = stream.read(CHUNK)
                while chunk:
                    left -= len(chunk)
                    if left < 0:
                        raise _bomb(f"it unpacks to more than {max_total:,} bytes")
                    chunk = stream.read(CHUNK)
            if member.filename.endswith((".xml", ".rels", ".vml")):
                _check_prolog(head)


def _check_prolog(head: bytes) -> None:
    """Refuse a document type: office files may have none, and entities that expand without end live there."""
    for mark in _MARKS:
        head = head.removeprefix(mark)
    head = head.replace(b"\0", b"")  # UTF-16
    prolog = _PROLOG.match(head)
    if prolog and head.startswith(b"<!", prolog.end()):
        raise FormatError("is not safe to open: its XML declares entities; save it from an office program")


def _bomb(reason: str) -> FormatError:
    return FormatError(f"is not safe to unpack: {reason}; if you trust it, split it into smaller files")
