"""File formats: bytes → text with section and page marks.

``parse`` is the one entry. Parsers are imported when a file needs them.
"""

from __future__ import annotations

from collections.abc import Callable

from connectors.errors import FormatError
from connectors.formats import data as _data
from connectors.formats import docx, eml, html, pdf, plain, pptx, rst, xlsx
from connectors.formats.base import DEFAULT_MAX_CHARS, Parsed
from connectors.formats.detect import SUFFIXES, UNSUPPORTED_SUFFIXES, detect

__all__ = ["DEFAULT_MAX_CHARS", "FORMATS", "SUFFIXES", "UNSUPPORTED_SUFFIXES", "Parsed", "parse"]

FORMATS = "formats-2"
"""Changes when files are read as another text: what was indexed before is read again by the next sync."""
_READERS: dict[str, Callable[..., Parsed]] = {
    "text": plain.read_text,
    "markdown": plain.read_markdown,
    "rst": rst.read,
    "html": html.read,
    "pdf": pdf.read,
    "docx": docx.read,
    "pptx": pptx.read,
    "xlsx": xlsx.read,
    "csv": _data.read_csv,
    "json": _data.read_json,
    "jsonl": _data.read_jsonl,
}


def parse(data: bytes, name: str, *, max_chars: int = DEFAULT_MAX_CHARS) -> Parsed:
    """Turn one file into text with marks.

    Parameters
    ----------
    data
        The whole file.
    name
        Its file name or path; the suffix says the format, and the content is checked against it.
    max_chars
        The longest text allowed, in characters.

    Returns
    -------
    Parsed
        The text is never blank, and holds no control characters but ``\\n`` and ``\\t``.

    Raises
    ------
    FormatError
        The file cannot be turned into text. The message continues a sentence that begins with the file's
        name, such as "is empty; …".
    """
    if not data.strip():
        raise FormatError("is empty; there is nothing to index")
    kind = detect(data, name)
    if kind == "eml":
        parsed = eml.read(
            data,
            max_chars=max_chars,
            parse_attachment=lambda inner, label: _attachment(inner, label, max_chars),
        )
    else:
        parsed = _READERS[kind](data, max_chars=max_chars)
    if not parsed.text.strip():
        raise FormatError("is empty; it holds no text")
    return parsed


def _attachment(data: bytes, name: str, max_chars: int) -> Parsed:
    """Read a mail's attachment; mail in mail is not opened, so that nothing nests without end."""
    if name.lower().endswith(".eml"):
        raise FormatError("is a mail inside a mail; save it as a file of its own")
    return parse(data, name, max_chars=max_chars)
