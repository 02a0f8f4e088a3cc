"""Which format a file is in: what its name says, checked against what its first bytes say."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from connectors.errors import FormatError
from connectors.formats.zips import member_names

SUFFIXES = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".rst": "rst",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".eml": "eml",
}
"""Suffix → format. A file with another suffix is tried as text, unless its bytes say what it is."""

_UNSUPPORTED = """
.png .jpg .jpeg .gif .bmp .tif .tiff .webp .ico .svg .heic .psd .ai .eps .raw
.mp3 .wav .flac .ogg .m4a .aac .wma .mp4 .mov .avi .mkv .webm .wmv .mpg .mpeg
.zip .gz .tgz .bz2 .xz .zst .7z .rar .tar .jar .war .whl .iso .dmg
.exe .dll .so .dylib .o .a .class .pyc .pyo .wasm .msi .deb .rpm .apk .bin
.ttf .otf .woff .woff2 .eot .lock
"""
UNSUPPORTED_SUFFIXES = frozenset(_UNSUPPORTED.split())
"""Images, sound, archives, programs, fonts, locks: a walk passes them over, and ``parse`` refuses them."""

_NAMES = {
    "pdf": "a PDF",
    "docx": "a Word",
    "pptx": "a PowerPoint",
    "xlsx": "an Excel",
}
_OLD = (".doc", ".xls", ".ppt")
_OFFICE = {"word/": "docx", "ppt/": "pptx", "xl/": "xlsx"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (
    (b"\x89PNG\r\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"II*\0", "TIFF image"),
    (b"MM\0*", "TIFF image"),
    (b"RIFF", "RIFF media"),
    (b"ID3", "MP3 audio"),
    (b"OggS", "Ogg media"),
    (b"fLaC", "FLAC audio"),
    (b"\x1aE\xdf\xa3", "Matroska video"),
    (b"\x1f\x8b", "gzip archive"),
    (b"BZh", "bzip2 archive"),
    (b"\xfd7zXZ\0", "xz archive"),
    (b"7z\xbc\xaf", "7z archive"),
    (b"Rar!", "RAR archive"),
    (b"\x7fELF", "ELF program"),
    (b"MZ\x90", "Windows program"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"wOF", "web font"),
    (b"%!PS", "PostScript"),
    (b"{\\rtf", "RTF"),
)
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?xml[^>]*>|<!--.*?-->)*+<(?:!doctype\s+html|html[\s>])", re.I | re.S)
_HEAD = 1 << 14


def detect(data: bytes, name: str) -> str:
    """Return the format, one of the values of SUFFIXES, in which to read ``data``.

    Parameters
    ----------
    data
        The whole file.
    name
        Its file name; only the suffix matters.

    Raises
    ------
    FormatError
        The format is not supported, or the content is not what the suffix says and is nothing else either.
    """
    suffix = PurePosixPath(name).suffix.lower()
    named = SUFFIXES.get(suffix)
    found = _sniff(data)
    if found and (found == named or found in _NAMES):
        return found
    if named == "pdf" and b"%PDF-" in data[:1024]:
        return "pdf"
    if found == "html" and named not in ("markdown", "rst", "eml") and (named or not suffix or suffix in _OLD):
        return "html"
    if suffix in UNSUPPORTED_SUFFIXES:
        raise FormatError(f"is in a format ({suffix}) that is not supported; convert it, or exclude it")
    if named in _NAMES:
        raise FormatError(
            f"is not {_NAMES[named]} file although its name ends in {suffix}; it may be damaged or misnamed"
        )
    return named or "text"


def _sniff(data: bytes) -> str | None:
    """Name the format where the first bytes leave no doubt; refuse what is clearly something else."""
    head = data[:_HEAD]
    if head.lstrip().startswith(b"%PDF-"):
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_format(data)
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FormatError("is encrypted; save a copy without a password")
        raise FormatError("is in an old Office format, which is not supported; save it as docx, xlsx or pptx")
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise FormatError(f"is in a format ({what}) that is not supported; convert it, or exclude it")
    if head[4:8] == b"ftyp":
        raise FormatError("is in a format (MP4 media) that is not supported; convert it, or exclude it")
    return "html" if _HTML.match(head) else None


def _zip_format(data: bytes) -> str:
    names = member_names(data)
    for folder, kind in _OFFICE.items():
        if any(name.startswith(folder) for name in names):
            return kind
    raise FormatError("is a zip archive, which is not supported here; unpack it, or name it as a source")
