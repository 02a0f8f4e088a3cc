"""Conversations over a small knowledge base: what they remember, and what never passes from one to another."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.bases import small_base

from connectors import Viewer
from rag.conversation import Conversation
from rag.errors import ConversationError
from rag.records import Final
from rag.sdk import Wellspring
from rag.testing import ScriptedLLM

TEXTS = {
    "bt3.md": "# BT3\n\nThe BT3 costs 1850 pounds. The BT3 weighs 3 kilograms.\n",
    "sd6.md": "# SD6\n\nThe SD6 costs 3990 pounds. The SD6 weighs 6 kilograms.\n",
    "leave.md": "# Leave\n\nEmployees in Dundee get 27 days of leave. Employees in Tampere get 30 days of leave.\n",
    "secret.md": "# Falcon\n\nThe Falcon costs 77 pounds. The Falcon project is led by Mara Quist.\n",
}
ANN, EVE = Viewer("ann"), Viewer("eve", frozenset({"board"}))


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[Wellspring]:
    base, _ = small_base(tmp_path, TEXTS, readers={"secret.md": ["group:board"]})
    with base:
        yield base


def test_a_follow_up_finds_its_document(kb) -> None:
    talk = kb.conversation()
    first = talk.ask("How much does the BT3 cost?")
    assert (first.asked, first.question) == ("", "How much does the BT3 cost?")
    second = talk.ask("And the SD6?")
    assert (second.asked, second.question) == ("How much does the SD6 cost?", "And the SD6?")
    assert second.as_dict()["asked"] == "How much does the SD6 cost?"
    assert "3990" in second.answer
    third = talk.ask("How much does it weigh?")
    assert third.asked == "How much does the SD6 weigh?"
    assert "6 kilograms" in third.answer


def test_what_is_streamed_is_remembered(kb) -> None:
    talk = kb.conversation()
    *_, last = talk.stream("How many days of leave do employees in Dundee get?")
    assert isinstance(last, Final)
    *_, last = talk.stream("and in Tampere?")
    assert last.answer.asked == "How many days of leave do employees in Tampere get?"
    assert "30 days" in last.answer.answer
    assert [turn.question for turn in talk.turns] == [
        "How many days of leave do employees in Dundee get?",
        "and in Tampere?",
    ]


def test_what_is_not_finished_is_not_remembered(kb) -> None:
    talk = kb.conversation()
    events = talk.stream("How much does the BT3 cost?")
    next(events)
    events.close()
    assert talk.turns == ()
    assert talk.ask("And the SD6?").asked == ""


def test_two_conversations_do_not_mix(kb) -> None:
    one, other = kb.conversation(), kb.conversation()
    one.ask("How much does the BT3 cost?")
    other.ask("How many days of leave do employees in Dundee get?")
    assert one.ask("And the SD6?").asked == "How much does the SD6 cost?"
    assert other.ask("and in Tampere?").asked == "How many days of leave do employees in Tampere get?"
    assert kb.conversation().ask("And the SD6?").asked == ""


def test_a_viewer_hears_nothing_of_another(kb) -> None:
    eve, ann = kb.conversation(viewer=EVE), kb.conversation(viewer=ANN)
    assert "77" in eve.ask("How much does the Falcon cost?").answer
    ann.ask("How much does the BT3 cost?")
    for question in ("Who leads it?", "And the Falcon?", "why?", "How much does that one cost?", "Is she there?"):
        eve.ask(question)
        answer = ann.ask(question)
        told = json.dumps({**answer.as_dict(), "question": "", "asked": "", "timings": {}})
        assert not any(word in told for word in ("77", "Mara", "secret"))
        if "Falcon" not in question:
            assert "Mara" not in answer.asked
    assert not any(citation.title == "Falcon" for turn in ann.turns for citation in turn.answer.citations)


def test_hidden_names_do_not_steer_what_is_understood(tmp_path) -> None:
    """What a question is understood as is the same with a hidden document and without it."""
    hidden = dict(TEXTS) | {
        "secret.md": "# Dundee\n\nSD6 is a city in BT3. Tampere is a person who was born in Leave.\n"
    }
    with small_base(tmp_path / "a", hidden, readers={"secret.md": ["group:board"]})[0] as kb:
        del hidden["secret.md"]
        with small_base(tmp_path / "b", hidden)[0] as without:
            talks = [base.conversation(viewer=ANN) for base in (kb, without)]
            for question in ("How much does the BT3 cost?", "And the SD6?", "and in Tampere?", "Is it there?"):
                asked = {talk.ask(question).asked for talk in talks}
                assert len(asked) == 1


def test_threads(kb) -> None:
    kb.ask("warm")
    failures: list[object] = []

    def talk(first: str, follow: str, understood: str) -> None:
        for _ in range(5):
            conversation = kb.conversation()
            conversation.ask(first)
            if conversation.ask(follow).asked != understood:
                failures.append(conversation.turns)

    pairs = [
        ("How much does the BT3 cost?", "And the SD6?", "How much does the SD6 cost?"),
        ("How much does the SD6 weigh?", "And the BT3?", "How much does the BT3 weigh?"),
        ("How many days do employees in Dundee get?", "in Tampere?", "How many days do employees in Tampere get?"),
    ]
    threads = [threading.Thread(target=talk, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_one_conversation_in_several_threads(kb) -> None:
    talk = kb.conversation(turns=4)
    threads = [threading.Thread(target=talk.ask, args=(f"How much does the BT{n} cost?",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(talk.turns) == 4
    assert all(turn.answer.question == turn.question for turn in talk.turns)


def test_an_answer_that_comes_after_clearing_is_not_remembered(kb) -> None:
    talk = kb.conversation()
    events = talk.stream("How much does the BT3 cost?")
    next(events)
    talk.clear()
    assert isinstance([*events][-1], Final)
    assert talk.turns == ()


def test_memory_is_bounded(kb) -> None:
    talk = kb.conversation(turns=2)
    for question in ("How much does the BT3 cost?", "leave? " * 30_000, "And the SD6?", "x" * 100_000):
        talk.ask(question)
        gc.collect()
    assert len(talk.turns) == 2
    assert all(len(turn.question) <= 4000 and len(turn.asked) <= 4000 for turn in talk.turns)
    assert all(turn.answer.passages == () for turn in talk.turns)
    assert len(json.dumps(talk.as_dict())) < 50_000
    for turns in (0, -1, 1000):
        with pytest.raises(ConversationError):
            kb.conversation(turns=turns)


@pytest.mark.parametrize(
    "question", ["", "  \n", "\0\0", "it it it", "它它它", "?" * 5000, "\x1b[31mred\x1b[0m", "'; --"]
)
def test_hostile_questions_are_answered(kb, question) -> None:
    talk = kb.conversation()
    talk.ask("How much does the BT3 cost?")
    assert talk.ask(question).answer
    assert talk.ask("And the SD6?").answer


def test_kept_as_plain_values(kb) -> None:
    talk = kb.conversation(viewer=ANN, turns=3)
    talk.ask("How much does the BT3 cost?")
    kept = json.loads(json.dumps(talk.as_dict()))
    again = Conversation.from_dict(kept, kb, viewer=ANN)
    assert again.turns == talk.turns
    assert again.as_dict() == talk.as_dict()
    assert again.ask("And the SD6?").asked == "How much does the SD6 cost?"


def test_what_is_kept_is_its_viewers(kb) -> None:
    talk = kb.conversation(viewer=EVE)
    talk.ask("How much does the Falcon cost?")
    kept = talk.as_dict()
    with pytest.raises(ConversationError, match="another viewer"):
        Conversation.from_dict(kept, kb, viewer=ANN)
    # Out of the group, what was heard in it is not gone on with.
    with pytest.raises(ConversationError, match="another viewer"):
        Conversation.from_dict(kept, kb, viewer=Viewer("eve"))
    for damaged in (
        {},
        {**kept, "version": 2},
        {**kept, "turns": [{}]},
        {**kept, "most": "many"},
        {**kept, "turns": 5},
    ):
        with pytest.raises(ConversationError):
            Conversation.from_dict(damaged, kb, viewer=EVE)


def test_a_model_completes_only_what_leaves_something_out(kb) -> None:
    model = ScriptedLLM(replies=["How much does the SD6 cost in pounds?", "How much does the SD6 cost?"])
    talk = kb.conversation(model=model)
    talk.ask("How much does the BT3 cost?")
    talk.ask("How many days of leave do employees in Dundee get?")
    assert model.prompts == []
    # The SD6 has not been talked about: the rules complete the question.
    assert talk.ask("And in Tampere?").asked == "How many days of leave do employees in Tampere get?"
    assert len(model.prompts) == 1
