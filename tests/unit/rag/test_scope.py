"""Questions that are asked of some documents only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.bases import small_base

import rag
from connectors import Viewer
from rag.scope import scope_of

TEXTS = {
    "hr/leave.md": "# Leave policy\n\nEmployees in Dundee get 27 days of annual leave.\n",
    "hr/old/leave.md": "# Leave policy of 2019\n\nEmployees in Dundee get 22 days of annual leave.\n",
    "sales/terms.md": "# Terms of sale\n\nCustomers in Dundee pay within 30 days. Leave the crate in the hall.\n",
    "board/plans.md": "# Plans\n\nEmployees in Dundee are to get 99 days of annual leave.\n",
}
READERS = {"board/plans.md": ["group:board"]}
ANN, EVE = Viewer("ann"), Viewer("eve", frozenset({"board"}))
LEAVE = "How many days of annual leave do employees in Dundee get?"


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[rag.Wellspring]:
    base, _ = small_base(tmp_path, TEXTS, readers=READERS)
    with base:
        yield base


def within(kb: rag.Wellspring, names: str | list[str], viewer: Viewer = ANN) -> set[str]:
    return {"/".join(id.split("/")[-2:]) for id in kb.documents_within(names, viewer=viewer)}


def test_names_are_whole_steps_of_a_path(kb: rag.Wellspring) -> None:
    terms = next(info for info in kb.documents() if info.title == "Terms of sale")
    assert within(kb, "hr") == {"hr/leave.md", "old/leave.md"}
    assert within(kb, "hr/old/") == within(kb, "/old") == {"old/leave.md"}
    assert within(kb, "leave.md") == {"hr/leave.md", "old/leave.md"}
    assert within(kb, "hr/leave.md") == {"hr/leave.md"}
    assert within(kb, [terms.id, "old", "old"]) == {"sales/terms.md", "old/leave.md"}
    assert within(kb, terms.source) >= {"sales/terms.md"}
    for name in ("h", "leav", "hr/terms.md", "Hr", "*"):
        with pytest.raises(rag.ScopeError, match="there is no document or folder"):
            kb.ask(LEAVE, within=name)


def test_asking_nothing_is_refused() -> None:
    assert scope_of(None) == ()
    for names in ([], "", " ", ["hr", "/"]):
        with pytest.raises(rag.ScopeError, match="within nothing"):
            scope_of(names)


def test_an_answer_comes_from_what_is_asked_and_says_so(kb: rag.Wellspring) -> None:
    assert "27 days" in kb.ask(LEAVE, within=["hr/leave.md"]).answer
    old = kb.ask(LEAVE, within="old")
    assert "22 days" in old.answer
    assert "27" not in old.answer
    assert old.within == ("old",)
    assert rag.Answer.from_dict(old.as_dict()).within == ("old",)
    assert kb.ask(LEAVE).within == ()
    assert {hit.title for hit in kb.search(LEAVE, within="sales")} == {"Terms of sale"}


def test_hits_are_those_of_an_index_that_never_held_anything_else(kb: rag.Wellspring, tmp_path: Path) -> None:
    alone, _ = small_base(tmp_path / "alone", {name: text for name, text in TEXTS.items() if name.startswith("hr/")})
    with alone:
        expected = [(hit.title, hit.score, hit.why, hit.signals) for hit in alone.search(LEAVE)]
    assert [(hit.title, hit.score, hit.why, hit.signals) for hit in kb.search(LEAVE, within="hr")] == expected
    assert expected


def test_nobody_reads_more_by_naming_it(kb: rag.Wellspring) -> None:
    assert within(kb, "plans.md", EVE) == {"board/plans.md"}
    assert "99 days" in kb.ask(LEAVE, viewer=EVE, within="board").answer
    messages = []
    for name in ("plans.md", "never.md"):
        with pytest.raises(rag.ScopeError) as caught:
            kb.ask(LEAVE, viewer=ANN, within=name)
        messages.append(str(caught.value).replace(name, ""))
    assert len(set(messages)) == 1, "what is hidden is told as what is not there"
    everything = kb.search(LEAVE, viewer=ANN, within=[str(Path(kb.documents()[0].source).parent)])
    assert "Plans" not in {hit.title for hit in everything}


def test_what_is_asked_keeps_up_with_its_folder(kb: rag.Wellspring) -> None:
    retriever = kb.as_retriever(viewer=ANN, within="old")
    (before,) = retriever.invoke(LEAVE)
    assert "22 days" in before.page_content
    old = Path(next(info.id for info in kb.documents() if info.title == "Leave policy of 2019"))
    (old.parent / "more.md").write_text("# More\n\nEmployees in Dundee get 5 more days of annual leave.\n")
    kb.sync()
    assert {found.metadata["title"] for found in retriever.invoke(LEAVE)} == {"Leave policy of 2019", "More"}


def test_conversations_runnables_and_tools_keep_to_it(kb: rag.Wellspring) -> None:
    talk = kb.conversation(viewer=ANN, within="old")
    assert "22 days" in talk.ask(LEAVE).answer
    again = rag.Conversation.from_dict(talk.as_dict(), kb, viewer=ANN)
    assert "22 days" in again.ask(LEAVE).answer
    assert "22 days" in kb.as_runnable(viewer=ANN, within="old").invoke(LEAVE).answer
    ask, search = kb.as_tools(viewer=ANN, within="old")
    for told in (ask.invoke({"question": LEAVE}), search.invoke({"query": LEAVE})):
        assert "22 days" in told
        assert "27 days" not in told
    assert "22 days" in asyncio.run(kb.aask(LEAVE, within="old")).answer
    assert {hit.title for hit in asyncio.run(kb.asearch(LEAVE, within="old"))} == {"Leave policy of 2019"}
    assert rag.Conversation.from_dict({**talk.as_dict(), "within": []}, kb, viewer=ANN).within is None
