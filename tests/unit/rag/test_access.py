"""What a viewer finds is what a knowledge base without the hidden documents would find: same order, scores, reasons.

The texts are such that a hidden document would show if it could: it shares titles, names, aliases, relations, rare
words, organisations and periods with documents that may be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors import Access, Page, Viewer, may_read
from knowledge.caches import open_caches
from knowledge.extract import SpacyExtractor
from knowledge.index import Indexer
from knowledge.records import ChangeSet, Edit, IndexedDocument
from knowledge.store import SQLiteStore
from knowledge.testing import HashEmbedder, make_document
from rag.retrieve import Retriever

PEOPLE = ("Mara Quist", "Tom Birch", "Ann Lee", "John Smith")
PLACES = ("Dundee", "Bergen", "Oslo")
FIRMS = ("Acme Corp", "International Pump Works", "Galaxy")
HEAD = "Consolidated Statements of Income (in millions)\n\n| Line | 2022 | 2023 |\n|---|---|---|\n"
LONG = "The zymurgy report of Dundee tells how kegs are cleaned by Tom Birch. " * 20
# File name, title, text. A form feed parts pages.
WRITTEN = (
    ("ipw1", "International Pump Works", "International Pump Works (IPW) was founded by Ann Lee. IPW sits in Oslo."),
    ("ipw2", "Pumps", "IPW sold 300 pumps to Acme Corp. Lee was born in Bergen."),
    ("ipw3", "Paint", "Industrial Paint Workshop (IPW) works in Dundee. John Smith leads Industrial Paint Workshop."),
    ("orion1", "Orion", "Orion is a project that is led by Mara Quist."),
    ("orion2", "Orion", "Orion is a ship. It was built in Bergen and belongs to Galaxy."),
    ("orion3", "Orion (constellation)", "Orion is seen in winter. Betelgeuse is its quokka."),
    ("rare1", "Quokka", "A quokka eats leaves. Tom Birch keeps a quokka in Dundee."),
    ("rare2", "Leaves", "Leaves fall in autumn; a quokka likes them."),
    ("rare3", "Leaves", "Leaves fall in autumn; a quokka likes them."),
    ("alias1", "Galaxy", "Galaxy is a firm in Bergen. Galaxy is also known as Milky Works."),
    ("alias2", "Contract", "Milky Works supplies pumps to IPW. The contract ends in 2023."),
    ("alias3", "Robert Stone", "Robert Stone, also known as Bob, works for Galaxy in Oslo."),
    ("alias4", "Visit", "Bob came to Dundee with Mara Quist."),
    ("acme1", "Acme Ltd", "Acme Ltd acquired Acme GmbH in 2019. ACME makes pumps."),
    ("ACME_2022_10K.pdf", "Acme 2022", f"Acme Corp\n{HEAD}| Net sales | 90 | 95 |\n| Operating income | 9 | 8 |\n"),
    ("ACME_2023_10K.pdf", "Acme 2023", f"Acme Corp\n{HEAD}| Net sales | 95 | 99 |\n| Operating income | 8 | 7 |\n"),
    ("GALAXY_2023_10K.pdf", "Galaxy 2023", f"Galaxy Inc\n{HEAD}| Net sales | 5 | 9 |\n| Operating income | 1 | 2 |\n"),
    ("ACME_2023_notes.pdf", "Notes", f"Acme Corp\nNotes to net sales of 2023.\f{LONG}\fThe operating margin fell."),
    ("zh1", "北京星河有限公司", "北京星河有限公司（以下简称“星河”）位于北京。星河由王伟创立。"),
    ("zh2", "王伟", "王伟出生于上海。"),
    ("zh3", "星河", "星河 (Galaxy) 是一家公司，住宿上限为550元。"),
)
MADE = tuple(
    (f"made{number}", title, f"{title} is known to {person}. {firm} sent {person} to {place}{more}.")
    for number, (person, place, firm) in enumerate(product(PEOPLE, PLACES, FIRMS))
    for title in [(person, place, firm, f"Memo {number % 5}")[number % 4]]
    for more in [("", " with a quokka", " for pumps")[number % 3]]
)
EDITS = (
    Edit("merge", "Acme Ltd", "Acme Corp"),
    Edit("split", "IPW", "International Pump Works"),
    Edit("pin", "Bob", "Robert Stone"),
    Edit("merge", "Galaxy", "Oslo"),
)
QUESTIONS = (
    "Who founded IPW?",
    "Where was the founder of International Pump Works born?",
    "Who leads Orion?",
    "orion quokka",
    "What does the quokka of Tom Birch eat?",
    "To whom did Milky Works supply pumps?",
    "Where is Bob's firm?",
    "What was the operating margin of Acme in 2023?",
    "What were Galaxy's net sales in FY2022?",
    "Where is the zymurgy report?",
    "Memo 3",
    "John Smith, Ann Lee and Mara Quist in Dundee, Bergen and Oslo",
    "星河由谁创立？",
    "王伟出生在哪里？",
)
GROUPS = ("hr", "it", "law", "lab")
READERS = (["*"], ["*"], ["ann"], *([f"group:{group}"] for group in GROUPS), ["bob", "group:hr", "group:law"], [])
INDEXER = Indexer(HashEmbedder(), SpacyExtractor())


@cache
def indexed() -> dict[str, IndexedDocument]:
    """Return all documents by id, with what is derived from each."""
    documents = []
    for name, title, text in (*WRITTEN, *MADE):
        parts = text.split("\f")
        starts = [sum(len(part) + 1 for part in parts[:number]) for number in range(len(parts))]
        pages = tuple(
            Page(number, start, start + len(part))
            for number, (start, part) in enumerate(zip(starts, parts, strict=True), 1)
        )
        given = {"pages": pages} if name.endswith(".pdf") else {}
        documents.append(make_document(name, text.replace("\f", "\n"), title=title, **given))
    found, _ = INDEXER.finish([(document, INDEXER.cut(document)) for document in documents], {})
    return {item.document.id: item for item in found}


@dataclass(frozen=True)
class Base:
    """Documents with their readers."""

    readers: dict[str, Access]
    edits: Sequence[Edit]

    def seen_by(self, viewer: Viewer) -> Base:
        """Return a base that never held anything else."""
        return replace(self, readers={d: a for d, a in self.readers.items() if may_read(viewer, a)})


def opened(base: Base, folder: Path) -> tuple[SQLiteStore, Retriever]:
    store = SQLiteStore(folder / "kb.sqlite")
    items = [indexed()[document] for document in base.readers]
    store.add_source("test", {})
    upserts = tuple(replace(i, document=replace(i.document, access=base.readers[i.document.id])) for i in items)
    store.commit(ChangeSet("test", upserts=upserts))
    for edit in base.edits:
        store.add_edit(edit)
    return store, Retriever(open_caches(store, folder / "caches", dimension=64), store, INDEXER.embedder)


def ranking(retriever: Retriever, question: str, viewer: Viewer) -> list[object]:
    """Return everything that is told of what comes up, best first, and all signals to the last digit."""
    collected = retriever.collect(question, viewer=viewer)
    signals: Any = collected and (collected[2].numbers.tolist(), collected[2].rows.tolist())
    return [*retriever.search(question, viewer=viewer, k=99), signals]


def check(base: Base, asked: Iterable[tuple[Viewer, Sequence[str]]], folder: Path) -> None:
    store, whole = opened(base, folder / "whole")
    for number, (viewer, questions) in enumerate(asked):
        fresh_store, fresh = opened(base.seen_by(viewer), folder / str(number))
        for question in questions:
            assert ranking(whole, question, viewer) == ranking(fresh, question, viewer), (base, viewer, question)
        fresh_store.close()
    store.close()


@pytest.mark.parametrize("seed", range(12))
def test_hidden_documents_change_nothing(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    documents = random.sample(sorted(indexed()), random.randint(5, 40))
    base = Base({document: Access.of(random.choice(READERS)) for document in documents}, random.sample(EDITS, 2))
    viewers = [Viewer(random.choice(["ann", "bob"]), frozenset(random.sample(GROUPS, n))) for n in (0, 1, 1, 2, 3, 4)]
    check(base, [(viewer, random.sample(QUESTIONS, 2)) for viewer in viewers], tmp_path)


def test_one_hidden_document_changes_nothing(tmp_path: Path) -> None:
    """Everybody may read all written documents but one."""
    names = [name for name, *_ in WRITTEN]
    base = Base({f"test/{name}": Access.of([f"group:{name}"]) for name in names}, EDITS[:1])
    viewers = [Viewer("ann", frozenset(names) - {hidden}) for hidden in names]
    check(base, [(viewer, QUESTIONS[number % 4 :: 4]) for number, viewer in enumerate(viewers)], tmp_path)


def test_questions_find_something(tmp_path: Path) -> None:
    """Were everything empty, everything would be equal."""
    store, retriever = opened(Base({document: Access() for document in indexed()}, ()), tmp_path)
    for question in QUESTIONS:
        assert len(retriever.search(question, viewer=Viewer("ann"), k=5)) == 5
    store.close()
