"""Plain text and Markdown: the text stays as it is, and offsets are those of the file."""

from __future__ import annotations

import re
from itertools import pairwise

from connectors.formats.base import Heading, Parsed, check_length, clean, close_sections
from connectors.formats.encoding import decode

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE)


_CAPITALS = re.compile(r"(?:\A|(?<=\n\n))[^a-z\n]*[A-Z]{2}[^a-z\n]{0,76}(?=\n|\Z)")
_UNDERLINED = re.compile(r"^(\S[^\n]{0,78})\n([=~-])\2{2,}[ \t]*$", re.MULTILINE)
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
    """Return the Markdown source itself; a section starts with its heading's line, marks included.

    Headings inside quotes and lists are no sections. The title is the front matter's, else the first heading
    of level 1.
    """
    from markdown_it import MarkdownIt

    text = _decoded(data, max_chars)
    front = _FRONT_MATTER.match(text)
    stated = _FRONT_TITLE.search(front[1]) if front else None
    # Blanked, as the front matter's closing line would make its last line a heading.
    body = "\n" * front[0].count("\n") + text[front.end() :] if front else text
    # Markdown's own line ends; str.splitlines knows more.
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    # Inline syntax is parsed for headings only: it is most of the work.
    markdown = MarkdownIt("commonmark").disable("inline")
    inline = MarkdownIt("commonmark")
    tokens = markdown.parse(body)
    headings = []
    for token, content in pairwise(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            (parsed,) = inline.parseInline(content.content)
            pieces = (child.content or " " * (child.type == "softbreak") for child in parsed.children or ())
            if title := " ".join("".join(pieces).split()):
                headings.append(Heading(starts[token.map[0]], int(token.tag[1]), title))
    title = stated[1].strip("\"'") if stated else ""
    return Parsed(
        text=text,
        media_type="text/markdown",
        title=title or next((heading.title for heading in headings if heading.level == 1), ""),
        sections=close_sections(headings, len(text)),
    )


def _decoded(data: bytes, max_chars: int) -> str:
    text = clean(decode(data))
    check_length(len(text), max_chars)
    return text
