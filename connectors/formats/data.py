"""Data in text: CSV, TSV, JSON and JSON Lines, written so that each record can be read alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from io import StringIO

from connectors.errors import FormatError
from connectors.formats.base import Parsed, TextBuilder, check_length, clean
from connectors.formats.encoding import decode
from connectors.formats.table import table_lines

DELIMITERS = ",;\t|"
SAMPLE_ROWS = 50
LONGEST_RECORD = 600
"""Characters: a record without inner structure becomes one line, like a row of a table, unless that is longer."""


def read_csv(data: bytes, *, max_chars: int) -> Parsed:
    """Return one line a row; the delimiter is the one that makes the rows most alike.

    Raises
    ------
    FormatError
        A quote is left open, so that the rest of the file is one field.
    """
    text = _decoded(data, max_chars)
    builder = TextBuilder(max_chars=max_chars)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        builder.lines(table_lines(reader))
    except csv.Error as error:
        raise FormatError(f"is not valid CSV (line {reader.line_num}: {error}); is a quote left open?") from error
    return builder.build("text/tab-separated-values" if reader.dialect.delimiter == "\t" else "text/csv")


def read_json(data: bytes, *, max_chars: int) -> Parsed:
    """Return "path: value" lines, and one line for each flat object of a list. Numbers stay as written.

    Raises
    ------
    FormatError
        The text is not JSON; the message names line and column.
    """
    text = _decoded(data, max_chars)
    if _is_lines(text):
        return read_jsonl(data, max_chars=max_chars)
    value = _loads(text, 1)
    builder = TextBuilder(max_chars=max_chars)
    for record in value if isinstance(value, list) else [value]:
        builder.lines(_flat(record))
    title = value.get("title") if isinstance(value, dict) else None
    return builder.build("application/json", title=title if isinstance(title, str) else "")


def read_jsonl(data: bytes, *, max_chars: int) -> Parsed:
    """Return one paragraph a line.

    Raises
    ------
    FormatError
        A line is not JSON; the message names it.
    """
    builder = TextBuilder(max_chars=max_chars)
    for number, line in enumerate(_decoded(data, max_chars).split("\n"), start=1):
        if line.strip():
            builder.lines(_flat(_loads(line, number)))
    return builder.build("application/jsonl")


def _decoded(data: bytes, max_chars: int) -> str:
    text = clean(decode(data))
    check_length(len(text), max_chars)
    return text


def _delimiter(text: str) -> str:
    """Choose what makes most of the first rows equally wide; csv.Sniffer misreads prose."""
    best, delimiter = (0, 0), DELIMITERS[0]
    for candidate in DELIMITERS:
        rows = csv.reader(StringIO(text, newline=""), delimiter=candidate)
        try:
            widths = [len(row) for row, _ in zip(rows, range(SAMPLE_ROWS), strict=False) if row]
        except csv.Error:
            continue  # not this one: the real reading reports what is wrong
        width = max(set(widths), key=widths.count, default=1)
        if width > 1 and (widths.count(width), width) > best:
            best, delimiter = (widths.count(width), width), candidate
    return delimiter


def _is_lines(text: str) -> bool:
    """Tell JSON Lines under the name .json: the first line is an object by itself and more follows."""
    first, _, rest = text.strip().partition("\n")
    if not (first.startswith("{") and first.rstrip().endswith("}") and rest.strip().startswith("{")):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False  # then the whole text is read as JSON, and that reports the mistake
    return True


def _loads(text: str, line: int) -> object:
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        where = f"line {line + error.lineno - 1} column {error.colno}"
        raise FormatError(f"is not valid JSON ({where}: {error.msg}); correct it there") from error
    except RecursionError as error:
        raise FormatError(f"is not readable JSON (line {line}: it nests too deep); flatten it") from error


def _flat(value: object, path: str = "") -> Iterator[str]:
    """Yield "path: value" lines, flat records as one line each; empty values are left out."""
    label = f"{path}: " if path else ""
    if isinstance(value, dict):
        if (row := _row(value, path)) and len(row) <= LONGEST_RECORD:
            yield row
            return
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        if any(isinstance(item, dict | list) for item in value):
            for number, item in enumerate(value, start=1):
                record = isinstance(item, dict) and bool(_row(item, ""))
                yield from _flat(item, "" if record else f"{path} {number}".strip())
        elif items := _scalars(value):
            yield label + ", ".join(items)
    elif items := _scalars([value]):
        yield label + items[0]


def _row(record: dict[str, object], path: str) -> str:
    """Return "path.key: value | path.key: value", or "" for a record with inner structure."""
    if any(isinstance(value, dict | list) for value in record.values()):
        return ""
    pairs = ((f"{path}.{key}" if path else key, _scalars([value])) for key, value in record.items())
    return " | ".join(f"{label}: {words[0]}" for label, words in pairs if words)


def _scalars(values: Sequence[object]) -> list[str]:
    words = (str(value).lower() if isinstance(value, bool) else str(value) for value in values if value is not None)
    return [word for word in words if word.strip()]
