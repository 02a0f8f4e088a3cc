"""Neighbouring hits are read as one passage, at exact places."""

from __future__ import annotations

from pathlib import Path

from helpers.bases import small_base

from connectors import Viewer
from knowledge.chunk import chunk_document
from knowledge.records import Chunk, Hit
from knowledge.testing import make_document
from rag.reading import join_hits, read_hits

TEXT = "\n".join(f"Item number {n} of the list is kept in the store room {n}." for n in range(60))
OTHER = f"{TEXT}\n\nAnother paragraph."


def cut(text: str) -> list[Chunk]:
    return list(chunk_document(make_document("d", text), max_pieces=60))


def reader(text: str):  # type: ignore[no-untyped-def]
    return lambda document, start, end: text[start:end] if document == "test/d" else None


def test_neighbouring_hits_become_one() -> None:
    chunks = cut(TEXT)
    passages = join_hits([Hit(chunks[4], 2.0), Hit(chunks[9], 1.5), Hit(chunks[5], 1.0)], chunks, reader(TEXT))
    assert [passage.number for passage in passages] == [1, 2]
    assert passages[0].start <= chunks[4].start
    assert passages[0].end >= chunks[5].end
    assert passages[0].score == 2.0
    for passage in passages:
        assert passage.text == TEXT[passage.start : passage.end]


def test_fragments_take_neighbours_along() -> None:
    chunks = cut(TEXT)
    (passage,) = join_hits([Hit(chunks[4], 1.0)], chunks, reader(TEXT))
    assert (passage.start, passage.end) == (chunks[3].start, chunks[5].end)
    (passage,) = join_hits([Hit(chunks[4], 1.0)], [], reader(TEXT))
    assert passage.text == chunks[4].text


def test_whole_paragraphs_and_other_sections_stay_apart() -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "Words and words. " * 12 for n in range(4)).strip()
    chunks = cut(text)
    ends = [n for n, chunk in enumerate(chunks) if chunk.text.startswith("Paragraph 2")]
    (passage,) = join_hits([Hit(chunks[ends[0]], 1.0)], chunks, reader(text))
    assert passage.text.startswith("Paragraph 2")


def test_a_changed_document_gives_the_hit_alone() -> None:
    chunks = cut(TEXT)
    (passage,) = join_hits([Hit(chunks[4], 1.0)], chunks, reader("x" * len(TEXT)))
    assert passage.text == chunks[4].text
    assert join_hits([], [], reader(TEXT)) == []


def test_only_what_the_viewer_may_read(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path, {"list.md": TEXT, "secret.md": TEXT}, readers={"secret.md": ["ann"]})
    retriever = base.retriever()
    hits = retriever.search("item number in the store room", viewer=Viewer("bob"), k=3)
    passages = read_hits(hits, store=base.store, retriever=retriever, viewer=Viewer("bob"))
    assert passages
    assert {Path(passage.document).name for passage in passages} == {"list.md"}
    for passage in passages:
        document = base.document(passage.document)
        assert document is not None
        assert document.text[passage.start : passage.end] == passage.text
