"""reStructuredText: docutils reads it; includes, raw blocks and files are off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors.formats.base import Parsed, TextBuilder, check_length, clean, corrupt_file
from connectors.formats.encoding import decode
from connectors.formats.table import table_lines

if TYPE_CHECKING:
    from docutils import nodes

MIN_LINE_LIMIT = 10_000
"""Characters: docutils' own default. It also bounds what substitutions may expand to."""
NEVER = 5
"""docutils reports nothing and stops at nothing."""


def read(data: bytes, *, max_chars: int) -> Parsed:
    """Return the text without markup; sections nest as in the document."""
    from docutils.core import publish_doctree

    text = clean(decode(data))
    check_length(len(text), max_chars)
    settings = {
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "report_level": NEVER,
        "halt_level": NEVER,
        "doctitle_xform": False,
        "docinfo_xform": False,
        "syntax_highlight": "none",
        "line_length_limit": max(MIN_LINE_LIMIT, *map(len, text.split("\n"))),
        "_disable_config": True,
    }
    builder = TextBuilder(max_chars=max_chars)
    with corrupt_file("reStructuredText"):
        _walk(publish_doctree(text, settings_overrides=settings).children, builder, 0)
    return builder.build("text/x-rst")


def _walk(children: Sequence[nodes.Node], builder: TextBuilder, level: int) -> None:
    from docutils import nodes

    for node in children:
        if isinstance(node, nodes.section):
            _walk(node.children, builder, level + 1)
        elif isinstance(node, nodes.title) and level:
            builder.heading(node.astext(), level)
        elif isinstance(node, nodes.table):
            _table(node, builder)
        elif isinstance(node, nodes.comment | nodes.substitution_definition | nodes.target):
            continue
        elif isinstance(node, nodes.system_message):
            # A directive that docutils does not know, such as one of Sphinx: its source is quoted here.
            for block in node.findall(nodes.literal_block):
                builder.block(block.astext())
        elif isinstance(node, nodes.enumerated_list) and node["enumtype"] == "arabic":
            for number, item in enumerate(node.children, start=node.get("start", 1)):
                text, *rest = item.children or [nodes.Text("")]
                builder.block(f"{number}. {text.astext()}", gap="\n")
                _walk(rest, builder, level)
        elif isinstance(node, nodes.list_item) and len(node.children) == 1:
            builder.block(f"- {node.astext()}", gap="\n")
        elif isinstance(node, nodes.TextElement):
            builder.block(node.astext())
        elif isinstance(node, nodes.Element):
            _walk(node.children, builder, level)


def _table(table: nodes.table, builder: TextBuilder) -> None:
    from docutils import nodes

    for caption in table.findall(nodes.title):
        builder.block(caption.astext())
    rows = [[entry.astext() for entry in row.findall(nodes.entry)] for row in table.findall(nodes.row)]
    builder.lines(table_lines(rows, header=any(table.findall(nodes.thead))))
