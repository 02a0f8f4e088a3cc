"""Chunks hold all of the text, once, at exact places."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import Page, Section
from connectors.formats import parse
from knowledge.chunk import MAX_PIECES, chunk_document, chunk_id, count_pieces
from knowledge.testing import make_document

WORDS = st.sampled_from(
    ["pump", "Überprüfung", "2024", "valve.", "清洗泵。", "\n", "\n\n", " ", "_" * 9, "e.g.", "x" * 70, "é" * 60, "—"]
)
TEXTS = st.one_of(st.lists(WORDS, max_size=120).map(" ".join), st.lists(WORDS, max_size=120).map("".join), st.text())


@st.composite
def documents(draw):
    text = draw(TEXTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    pages = tuple(Page(n, a, b) for n, (a, b) in enumerate(pairwise([0, *cuts, len(text)]), start=1))
    starts = sorted(set(draw(st.lists(st.integers(0, max(len(text) - 1, 0)), max_size=4))))
    sections = tuple(Section(f"S{n}", draw(st.integers(1, 3)), a, len(text)) for n, a in enumerate(starts))
    return make_document("d", text, pages=pages if draw(st.booleans()) else (), sections=sections)


@settings(max_examples=150, deadline=None)
@given(documents(), st.sampled_from([5, 30, MAX_PIECES]))
def test_chunks_are_the_text(document, max_pieces) -> None:
    chunks = chunk_document(document, max_pieces=max_pieces)
    covered = [False] * len(document.text)
    end = 0
    for ordinal, chunk in enumerate(chunks):
        assert chunk.ordinal == ordinal
        assert end <= chunk.start < chunk.end
        assert chunk.text == document.text[chunk.start : chunk.end] == chunk.text.strip()
        assert count_pieces(chunk.text) <= max_pieces
        assert chunk.id == chunk_id(document.id, chunk.start, chunk.end)
        assert -(2**63) <= chunk.id < 2**63
        covered[chunk.start : chunk.end] = [True] * (chunk.end - chunk.start)
        end = chunk.end
        pages = [page for page in document.pages if page.start <= chunk.start and chunk.end <= page.end]
        assert chunk.page in [page.number for page in pages] if document.pages else chunk.page is None
    assert all(kept or character.isspace() for kept, character in zip(covered, document.text, strict=True))
    assert chunk_document(document, max_pieces=max_pieces) == chunks


def test_paragraphs_stay_whole() -> None:
    first, second = "One paragraph of words. " * 20, "Another paragraph of words. " * 20
    chunks = chunk_document(make_document("d", f"{first.strip()}\n\n{second.strip()}"))
    assert [chunk.text for chunk in chunks] == [first.strip(), second.strip()]


def test_long_paragraph_breaks_between_sentences() -> None:
    chunks = chunk_document(make_document("d", "The pump is cleaned once a year by the supplier. " * 60))
    assert len(chunks) > 1
    assert all(chunk.text.endswith("supplier.") and chunk.text.startswith("The pump") for chunk in chunks)


@pytest.mark.parametrize("text", ["x" * 5000, "长" * 5000, "_" * 3000, "1" * 3000])
def test_unbroken_text(text) -> None:
    chunks = chunk_document(make_document("d", text))
    assert "".join(chunk.text for chunk in chunks) == text
    assert all(count_pieces(chunk.text) <= MAX_PIECES for chunk in chunks)


def test_chinese() -> None:
    text = "差旅费应在三十天内报销。超过期限的，须经部门经理批准。" * 20
    chunks = chunk_document(make_document("d", text))
    assert len(chunks) > 1
    assert {chunk.language for chunk in chunks} == {"zh"}
    assert all(chunk.text.endswith("。") for chunk in chunks)


def test_nested_headings() -> None:
    body = "Words that fill a section with enough to stand alone. " * 6
    text = f"# Manual\n\nIntro. {body}\n\n## Care\n\n{body}\n\n### Oil\n\n{body}\n\n## Parts\n\n{body}\n"
    parsed = parse(text.encode(), "manual.md")
    document = make_document("manual.md", parsed.text, sections=parsed.sections, title="Manual")
    chunks = chunk_document(document)
    assert [chunk.headings for chunk in chunks] == [
        ("Manual",),
        ("Manual", "Care"),
        ("Manual", "Care", "Oil"),
        ("Manual", "Parts"),
    ]
    assert chunks[2].context == "Manual › Care › Oil"
    assert chunks[2].passage == f"Manual › Care › Oil\n{chunks[2].text}"


def test_small_sections_join_under_their_common_heading() -> None:
    text = "A\n\nB\n\none\n\nC\n\ntwo"
    sections = (
        Section("A", 1, 0, len(text)),
        Section("B", 2, text.index("B"), text.index("C")),
        Section("C", 2, text.index("C"), len(text)),
    )
    (chunk,) = chunk_document(make_document("d", text, sections=sections))
    assert chunk.headings == ("A",)


def test_pages_are_not_joined() -> None:
    document = make_document("d", "one\ntwo", pages=(Page(1, 0, 3), Page(2, 4, 7)))
    assert [(chunk.page, chunk.text) for chunk in chunk_document(document)] == [(1, "one"), (2, "two")]


def test_without_a_title_the_text_stands_alone() -> None:
    (chunk,) = chunk_document(make_document("d", "Some words.", title=""))
    assert chunk.passage == "\nSome words."


def test_what_a_long_document_is_about_and_the_nearest_headings_go_along() -> None:
    text = "Acme plc\nFor the year ended May 31, 2021\n" + "Words and words. " * 20
    heads = [f"Heading number {n} " + "x" * 60 for n in range(5)]
    sections = tuple(Section(title, n, 0, len(text)) for n, title in enumerate(heads, start=1))
    chunk, *_ = chunk_document(make_document("d", text, title="T", sections=sections, pages=(Page(1, 0, len(text)),)))
    assert chunk.context == " › ".join(["T", "Acme 2021", *heads[-2:]])
    assert chunk.headings == tuple(heads)


def test_blank_text() -> None:
    assert chunk_document(make_document("d", " \n\n\t ")) == ()


def test_ids_do_not_change() -> None:
    assert chunk_id("test/a", 0, 10) == chunk_id("test/a", 0, 10)
    assert len({chunk_id("test/a", 0, 10), chunk_id("test/a", 0, 11), chunk_id("test/b", 0, 10)}) == 3
    assert count_pieces("") == 0
