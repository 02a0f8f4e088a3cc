"""Conversations in the sidebar, and feedback."""

from __future__ import annotations

import time

from streamlit.testing.v1 import AppTest

import rag
from apps.ui.markup import plain
from connectors import Access
from connectors.testing import MemoryConnector

from .conftest import TEXTS, Make
from .test_pages import EN, ask, ask_page, html, session_of

WEIGHT = "How many kilograms does the Kestrel pump weigh?"
VALVE = "At how many bar does the Osprey valve open?"


def pills(test: AppTest, key: str) -> object:
    return next(group for group in test.button_group if group.key == key)


def talk(test: AppTest) -> str:
    found: str = test.session_state["conversation"]
    return found


def test_conversations_are_kept_opened_renamed_exported_and_deleted(make: Make) -> None:
    kb = make(TEXTS)
    test = ask(ask_page(session_of(kb)), WEIGHT)
    first = talk(test)
    test.button(key="new").click().run()
    assert not test.chat_message
    ask(test, VALVE)
    second = talk(test)
    titles = [one.title for one in kb.journal.conversations(viewer=rag.Viewer("local"))]
    assert titles == [VALVE, WEIGHT]
    test.button(key=f"talk-{first}").click().run()
    assert "14 kilograms" in html(test)
    assert "6 bar" not in html(test)
    # Somebody who comes back finds the same.
    again = ask_page(session_of(kb))
    again.button(key=f"talk-{second}").click().run()
    assert "6 bar" in html(again)
    again.text_input(key=f"title-{second}-{VALVE}").set_value("About valves")
    next(b for b in again.button if b.label == EN("talks.rename")).click().run()
    assert not again.exception
    assert kb.journal.conversation(second, viewer=rag.Viewer("local")).title == "About valves"
    again.button(key="talk_delete").click().run()
    assert len(kb.journal.conversations(viewer=rag.Viewer("local"))) == 2, "nothing is deleted before it is confirmed"
    again.button(key="talk_delete_confirm").click().run()
    assert not again.exception
    assert [one.id for one in kb.journal.conversations(viewer=rag.Viewer("local"))] == [first]
    assert not again.chat_message


def test_nobody_sees_anothers_conversations(make: Make) -> None:
    kb = make(TEXTS)
    kb.sync_from(MemoryConnector({"secret": "The Heron mast is 9 metres tall."}, id="p", access=Access.of(["eve"])))
    eve = ask(ask_page(session_of(kb, "eve")), "How many metres tall is the Heron mast?")
    assert "9 metres" in html(eve)
    ann = ask_page(session_of(kb, "ann"))
    assert [b.key for b in ann.sidebar.button] == ["new"]
    ann.session_state["conversation"] = talk(eve)
    ann.run()
    assert not ann.exception
    assert "9 metres" not in html(ann)
    assert not ann.chat_message


def test_an_answer_is_withheld_when_its_document_is_not_the_viewers_any_more(make: Make) -> None:
    kb = make(TEXTS)
    texts = {"secret": "The Heron mast is 9 metres tall."}
    kb.sync_from(MemoryConnector(texts, id="p", access=Access.of(["eve"])))
    eve = ask(ask_page(session_of(kb, "eve")), "How many metres tall is the Heron mast?")
    kb.sync_from(MemoryConnector(texts, id="p", access=Access.of(["bob"])))
    eve.run()
    assert "9 metres" not in html(eve)
    assert EN("ask.withheld") in html(eve)


def test_feedback_is_kept_with_its_comment_and_withdrawn(make: Make) -> None:
    kb = make(TEXTS)
    test = ask(ask_page(session_of(kb)), WEIGHT)
    (turn,) = kb.journal.turns(talk(test), viewer=rag.Viewer("local"))
    pills(test, f"rate-{turn.id}").set_value(False).run()  # type: ignore[attr-defined]
    assert not test.exception
    assert [one.helpful for one in kb.journal.feedback(viewer=rag.LOCAL)] == [False]
    test.text_area(key=f"comment-text-{turn.id}").set_value("15 kilograms")
    next(b for b in test.button if b.label == EN("rate.send")).click().run()
    assert [one.comment for one in kb.journal.feedback(viewer=rag.LOCAL)] == ["15 kilograms"]
    pills(test, f"rate-{turn.id}").set_value(None).run()  # type: ignore[attr-defined]
    assert not test.exception
    assert kb.journal.feedback(viewer=rag.LOCAL) == []


def test_a_chip_opens_the_source_and_closes_it(make: Make) -> None:
    kb = make(TEXTS)
    test = ask(ask_page(session_of(kb)), WEIGHT)
    (turn,) = kb.journal.turns(talk(test), viewer=rag.Viewer("local"))
    assert "ws-source" not in html(test)
    pills(test, f"source-{turn.id}").set_value(1).run()  # type: ignore[attr-defined]
    assert not test.exception
    assert "<mark>The Kestrel pump weighs 14 kilograms.</mark>" in html(test)
    assert 'title="memory/pump manual"' in html(test)
    test.button(key=f"source-close-{turn.id}").click().run()
    assert "ws-source" not in html(test)


def test_topics_named_like_files_come_last(make: Make) -> None:
    bare = {f"todo{n}": "Buy milk." for n in range(8)}
    assert "Überblick" in html(ask_page(session_of(make({**bare, "Überblick": "Pumps run."}))))


def test_suggested_questions_keep_no_capital_of_a_sentence(make: Make) -> None:
    jobs = "Jobs which are not collected are deleted after 12 hours. The printers stand in every corridor."
    made = make({"printers": jobs, "pump": "The Kestrel pump was built by Aino Rautala in 2016."}).suggestions()
    assert any("Kestrel" in question for question in made)
    assert not any("Jobs" in question for question in made)


def test_suggested_questions_are_asked_by_a_press(make: Make) -> None:
    session = session_of(make({"pump": "The Kestrel pump was built by Aino Rautala in 2016. It weighs 14 kilograms."}))
    for _ in range(1200):
        if session.suggestions.ready(session) is not None:
            break
        time.sleep(0.05)
    found = session.suggestions.ready(session)
    assert found
    test = ask_page(session)
    assert test.button(key="suggested-0").label == plain(found[0])
    test.button(key="suggested-0").click().run()
    assert not test.exception
    assert test.chat_message[0].name == "user"
    assert len(test.chat_message) == 2
