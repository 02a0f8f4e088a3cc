"""Plain text and Markdown: the text stays as it is, but for the pipe tables of Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from connectors.formats.base import Heading, Parsed, check_length, clean, close_sections
from connectors.formats.encoding import decode
from connectors.formats.table import table_lines

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE)


_CAPITALS = re.compile(r"(?:\A|(?<=\n\n))[^a-z\n]*[A-Z]{2}[^a-z\n]{0,76}(?=\n|\Z)")
_UNDERLINED = re.compile(r"^(\S[^\n]{0,78})\n([=~-])\2{2,}[ \t]*$", re.MULTILINE)
_PIPE = re.compile(r"(?<!\\)\|")
_MARKED = re.compile(r"[\\`*_\[\]<&!]")
"""Inline Markdown has one of these."""
_TICKS = re.compile("`+")
_CONTAINER = " \t>"
"""What stands before a table's rows in a quotation or a list."""
_FIRST_LINE = re.compile(r"\s*(\S[^\n]{0,78}[^\s.,:;!?。，：；！？|])[ \t]*\n[ \t]*\n")


def read_text(data: bytes, *, max_chars: int) -> Parsed:
    """Return the decoded text, with ``\\n`` line ends.

    Plain text has headings by custom only: a line in capitals after a blank one, an underlined line. The title is
    the first of these when the text begins with it, else a first line that stands alone.
    """
    text = _decoded(data, max_chars)
    headings = {match.start(): match[0] for match in _CAPITALS.finditer(text)}
    headings |= {match.start(): match[1] for match in _UNDERLINED.finditer(text)}
    marks = [Heading(start, 1, " ".join(line.split())) for start, line in sorted(headings.items())]
    alone = _FIRST_LINE.match(text)
    title = marks[0].title if marks and not text[: marks[0].start].strip() else alone[1] if alone else ""
    return Parsed(text=text, media_type="text/plain", title=title, sections=close_sections(marks, len(text)))


def read_markdown(data: bytes, *, max_chars: int) -> Parsed:
    """Return the Markdown source, its pipe tables row by row; a section starts with its heading's line, marks included.

    Headings inside quotes and lists are no sections. The title is the front matter's, else the first heading
    of level 1.
    """
    from markdown_it import MarkdownIt

    text = _decoded(data, max_chars)
    front = _FRONT_MATTER.match(text)
    stated = _FRONT_TITLE.search(front[1]) if front else None
    # Blanked, as the front matter's closing line would make its last line a heading.
    body = "\n" * front[0].count("\n") + text[front.end() :] if front else text
    # Inline syntax is parsed for headings and tables only: it is most of the work.
    tokens = MarkdownIt("commonmark").enable("table").disable("inline").parse(body)
    inline = MarkdownIt("commonmark")
    # Markdown's own line ends; str.splitlines knows more.
    lines = text.split("\n")
    shown = _with_rows(lines, tokens, inline, max_chars)
    starts = [0]
    for line in shown:
        starts.append(starts[-1] + (0 if line is None else len(line) + 1))
    text = "\n".join(line for line in shown if line is not None)
    headings = []
    for token, content in pairwise(tokens):
        if token.type != "heading_open" or token.level or not token.map:
            continue
        if title := _plain(content.content, inline):
            headings.append(Heading(starts[token.map[0]], int(token.tag[1]), title))
    title = stated[1].strip("\"'") if stated else ""
    return Parsed(
        text=text,
        media_type="text/markdown",
        title=title or next((heading.title for heading in headings if heading.level == 1), ""),
        sections=close_sections(headings, len(text)),
    )


def _with_rows(lines: Sequence[str], tokens: Sequence[Token], inline: MarkdownIt, max_chars: int) -> list[str | None]:
    """Return the lines with each table's rows in place of its first line, and None for the rest of it."""
    shown: list[str | None] = list(lines)
    length = sum(map(len, lines))
    for at, token in enumerate(tokens):
        if token.type != "table_open" or not token.map:
            continue
        first, end = token.map
        head = _header(tokens, at)
        if _cells(lines[first], 0) != head:
            # Something else stands before the header, as a list's mark: such a table stays as it is.
            continue
        # The parser takes whatever follows without a blank line for a row.
        last = next((n for n in range(first + 2, end) if len(head) > 1 and not _PIPE.search(lines[n])), end)
        rows = [_cells(line, len(head)) for line in lines[first + 2 : last]]
        named = [[_plain(cell, inline, cell=True) for cell in row] for row in (head, *rows)]
        written = []
        for line in table_lines(named, header=any(named[0])):
            written.append(line)
            # Each row repeats the header, which may be long.
            length += len(line) + 1
            check_length(length, max_chars)
        shown[first:last] = ["\n".join(written), *[None] * (last - first - 1)]
    return shown


def _header(tokens: Sequence[Token], table: int) -> list[str]:
    """Return the cells of the first row of the table that opens at ``table``."""
    end = next(at for at in range(table, len(tokens)) if tokens[at].type == "tr_close")
    return [token.content for token in tokens[table:end] if token.type == "inline"]


def _cells(line: str, columns: int) -> list[str]:
    """Split a row; where that gives more cells than there are ``columns``, pipes inside code part none."""
    line = line.lstrip(_CONTAINER).rstrip()
    cells = _parted(line, line)
    return _parted(line, _without_code(line)) if 0 < columns < len(cells) else cells


def _parted(line: str, seen: str) -> list[str]:
    """Return the cells between the pipes that are ``seen``."""
    cuts = [match.start() for match in _PIPE.finditer(seen)]
    cells = [line[start + 1 : end] for start, end in pairwise((-1, *cuts, len(line)))]
    # Pipes outside are no cells.
    cells = cells[bool(cuts) and not cells[0].strip() :]
    if len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return [cell.replace("\\|", "|").strip() for cell in cells]


def _without_code(line: str) -> str:
    """Return a line with its inline code blanked: a run of backticks opens what the next of its length closes."""
    runs = [match.span() for match in _TICKS.finditer(line)]
    closing: dict[int, int] = {}
    following: dict[int, int] = {}
    for start, end in reversed(runs):
        if end - start in closing:
            following[start] = closing[end - start]
        closing[end - start] = end
    parts = []
    done = 0
    for start, _ in runs:
        if start >= done and start in following:
            parts += [line[done:start], " " * (following[start] - start)]
            done = following[start]
    return "".join([*parts, line[done:]])


def _plain(source: str, inline: MarkdownIt, *, cell: bool = False) -> str:
    """Return inline Markdown as a reader sees it, on one line; of a ``cell`` with where its links lead."""
    if not _MARKED.search(source):
        return " ".join(source.split())
    (parsed,) = inline.parseInline(source)
    pieces: list[str] = []
    target = ""
    for child in parsed.children or ():
        if child.type == "link_open":
            target = str(child.attrGet("href") or "") if cell and child.info != "auto" else ""
        elif child.type == "link_close" and "://" in target:
            pieces.append(f" ({target})")
        elif child.type == "softbreak" or (cell and child.type == "html_inline"):
            pieces.append(" ")
        else:
            pieces.append(child.content)
    return " ".join("".join(pieces).split())


def _decoded(data: bytes, max_chars: int) -> str:
    text = clean(decode(data))
    check_length(len(text), max_chars)
    return text
