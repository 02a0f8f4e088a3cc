"""The pages, run by Streamlit's own test runner."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import rag
from apps.text import Text
from apps.ui.jobs import Job, Jobs
from apps.ui.library import table_key
from apps.ui.markup import plain
from apps.ui.session import Session

from .conftest import TEXTS, Make

EN, ZH = Text("en"), Text("zh")


def run_page(page: object, session: object) -> None:  # its source is run alone: no imported names
    page(session)


def run_app(kb: object, language: str) -> None:
    import rag
    from apps.ui.app import draw
    from apps.ui.jobs import Jobs

    draw(kb, Jobs(), rag.Viewer("ann"), language=language, named=True)


def session_of(kb: rag.Wellspring, viewer: str = "local") -> Session:
    return Session(kb, rag.Viewer(viewer), EN, Jobs())


def ask_page(session: Session) -> AppTest:
    from apps.ui import ask

    return AppTest.from_function(run_page, args=(ask.page, session), default_timeout=60).run()


def library_page(session: Session) -> AppTest:
    from apps.ui import library

    return AppTest.from_function(run_page, args=(library.page, session), default_timeout=60).run()


def ask(test: AppTest, question: str) -> AppTest:
    return test.chat_input[0].set_value(question).run()


def html(test: AppTest) -> str:
    """Return all HTML in which no script runs."""
    return "\n".join(element.value for element in test.html if not element.proto.unsafe_allow_javascript)


def gone_to(test: AppTest) -> list[str]:
    """Return what the scripts of the page bring into the window; nothing else may be in HTML whose scripts run."""
    running = [element.value for element in test.html if element.proto.unsafe_allow_javascript]
    places = [
        re.fullmatch(r'<span class="ws-go" data-to="([\w-]+)"></span><script>[^<>&]+</script>', one) for one in running
    ]
    assert all(places)
    return [place[1] for place in places if place]


def finished(test: AppTest) -> AppTest:
    """Return the page after its job has ended."""
    job: Job = test.session_state["job"]
    job.wait(60)
    assert not job.running
    return test.run()


def test_an_empty_knowledge_base_sends_people_to_the_library(make: Make) -> None:
    test = ask_page(session_of(make({})))
    assert not test.exception
    assert test.title[0].value == EN("ask.empty_title")
    assert not test.chat_input


def test_the_first_view_names_documents(kb: rag.Wellspring) -> None:
    test = ask_page(session_of(kb))
    assert not test.exception
    assert "pump manual" in html(test)
    assert "&lt;b&gt;bold&lt;/b&gt;" in html(test)


def test_an_answer_comes_with_its_source(make: Make) -> None:
    kb = make(TEXTS, "The Kestrel pump weighs 14 kilograms. [1]")
    test = ask(ask_page(session_of(kb)), "How many kilograms does the Kestrel pump weigh?")
    assert not test.exception
    assert [message.name for message in test.chat_message] == ["user", "assistant"]
    assert "<mark>The Kestrel pump weighs 14 kilograms.</mark>" in html(test)
    assert "ws-draft" not in html(test)


def test_hostile_text_stays_text(make: Make) -> None:
    test = ask(ask_page(session_of(make(TEXTS))), "At how many bar does the Osprey valve open?")
    assert not test.exception
    assert "&lt;script&gt;" in html(test)
    assert "<script" not in html(test)
    assert re.findall(r"<img[^>]*src=\"(?!data:image)", html(test)) == []
    assert "onerror=window" not in re.sub('alt="[^"]*"', "", html(test).replace("&lt;img src=x onerror=window", ""))
    assert "<b>bold" not in html(test)
    assert len(gone_to(test)) == 1


def test_what_people_came_for_is_brought_into_the_window_once(make: Make) -> None:
    kb = make(TEXTS)
    test = ask_page(session_of(kb))
    assert gone_to(test) == ["welcome"]
    first = gone_to(ask(test, "How many kilograms does the Kestrel pump weigh?"))
    assert gone_to(test.run()) == first, "the browser runs the script again when it changes"
    assert gone_to(ask(test, "At how many bar does the Osprey valve open?")) != first


def test_an_abstention_offers_what_came_closest(make: Make) -> None:
    test = ask(ask_page(session_of(make(TEXTS, threshold=1.0))), "Who paints the Kestrel pump?")
    assert not test.exception
    assert EN("ask.abstained") in html(test)
    assert test.expander[0].label == EN("ask.closest")
    assert "230 volts" in "".join(element.value for element in test.expander[0].get("html"))


def test_a_problem_is_one_plain_message(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise rag.RagError("the *model* is missing")

    kb = make(TEXTS)
    monkeypatch.setattr(kb, "stream", fail)
    test = ask(ask_page(session_of(kb)), "What?")
    assert not test.exception
    assert test.error[0].value == EN("ask.failed", reason=r"the \*model\* is missing")


def test_clearing_the_conversation(make: Make) -> None:
    test = ask(ask_page(session_of(make(TEXTS))), "At how many bar does the Osprey valve open?")
    test.button(key="new").click().run()
    assert not test.chat_message
    assert test.title[0].value == EN("ask.title")


def test_a_question_may_go_on_from_the_one_before(make: Make) -> None:
    test = ask(ask_page(session_of(make(TEXTS))), "How many kilograms does the Kestrel pump weigh?")
    ask(test, "and the Osprey valve?")
    assert not test.exception
    understood = EN("ask.understood", question=plain("How many kilograms does the Osprey valve weigh?"))
    assert understood in [caption.value for caption in test.caption]
    test.button(key="new").click().run()
    ask(test, "and the Osprey valve?")
    assert understood not in [caption.value for caption in test.caption]


FOLDERS = {"hr/leave.txt": "Employees in Dundee get 27 days of leave.", "sales/terms.txt": "Customers pay in 30 days."}


def test_some_documents_are_asked_alone(make: Make, tmp_path: Path) -> None:
    for name, told in FOLDERS.items():
        (tmp_path / "docs" / name).parent.mkdir(parents=True)
        (tmp_path / "docs" / name).write_text(told, encoding="utf-8")
    kb = make({}, threshold=0.5)
    kb.sync(tmp_path / "docs")
    test = ask_page(session_of(kb))
    box = test.multiselect(key="within_box")
    assert box.options == ["docs/", "docs/hr/", "docs/sales/", "leave (leave.txt)", "terms (terms.txt)"]
    box.set_value([str(tmp_path / "docs" / "sales")]).run()
    question = "How many days of leave do employees in Dundee get?"
    ask(test, question)
    assert not test.exception
    assert EN("ask.abstained") in html(test)
    only = plain(EN("scope.asked", names="sales"))
    assert only in [caption.value for caption in test.caption]
    opened = test.session_state["conversation"]
    test.button(key="new").click().run()
    assert test.multiselect(key="within_box").value == [], "another conversation asks all again"
    test.button(key=f"talk-{opened}").click().run()
    assert test.multiselect(key="within_box").value == [str(tmp_path / "docs" / "sales")], "it goes on as it was"
    test.button(key="ask_all").click().run()
    assert not test.exception
    assert "27 days" in html(test)
    assert test.multiselect(key="within_box").value == []
    kb.delete(str(tmp_path / "docs" / "sales" / "terms.txt"))
    assert not test.run().exception
    assert not test.multiselect, "there is one document"


def test_a_deleted_document_vanishes_from_the_cards(make: Make) -> None:
    kb = make(TEXTS)
    test = ask(ask_page(session_of(kb)), "How many kilograms does the Kestrel pump weigh?")
    kb.delete("memory/pump manual")
    test.run()
    assert EN("ask.withheld") in html(test)
    assert "230 volts" not in html(test)


def test_the_language_switch(make: Make) -> None:
    test = AppTest.from_function(run_app, args=(make(TEXTS), "zh"), default_timeout=60).run()
    assert not test.exception
    assert test.title[0].value == ZH("ask.title")
    test.button_group[0].set_value("en").run()
    assert not test.exception
    assert test.title[0].value == EN("ask.title")
    assert test.sidebar.caption[0].value == EN("app.viewer", viewer="ann")


def test_the_library_lists_what_the_viewer_may_read(make: Make) -> None:
    from connectors import Access
    from connectors.testing import MemoryConnector

    kb = make(TEXTS)
    kb.sync_from(MemoryConnector({"secret": "Only for Eve."}, id="private", access=Access.of(["eve"])))
    local = library_page(session_of(kb))
    assert not local.exception
    assert set(local.dataframe[0].value["title"]) == set(TEXTS)
    eve = library_page(session_of(kb, "eve"))
    assert set(eve.dataframe[0].value["title"]) == {*TEXTS, "secret"}


def test_the_filter(kb: rag.Wellspring) -> None:
    test = library_page(session_of(kb))
    test.text_input(key="filter").set_value("PUMP").run()
    assert list(test.dataframe[0].value["title"]) == ["pump manual"]
    test.text_input(key="filter").set_value("nothing like it").run()
    assert not test.dataframe
    assert EN("library.no_match") in [element.value for element in test.markdown]


def test_failures_are_listed_with_their_reasons(make: Make) -> None:
    from connectors.testing import MemoryConnector

    kb = make({})
    kb.sync_from(MemoryConnector({"good": "Fine."}, broken={"bad.pdf": "it is encrypted"}))
    test = library_page(session_of(kb))
    assert EN("library.failures", count=1) in [expander.label for expander in test.expander]
    assert "it is encrypted" in test.dataframe[0].value.to_string()


def tick(test: AppTest, kb: rag.Wellspring, *rows: int) -> AppTest:
    key = table_key(kb.documents())
    test.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return test.run()


def test_preview_and_deletion(kb: rag.Wellspring) -> None:
    test = tick(library_page(session_of(kb)), kb, 0)
    assert not test.exception
    assert "&lt;script&gt;" in html(test)
    assert "<script" not in html(test)
    test.button(key="delete").click().run()
    assert not test.exception
    assert len(kb.documents()) == 2, "nothing is deleted before it is confirmed"
    test.button(key="delete_confirm").click().run()
    assert not test.exception
    assert [info.title for info in kb.documents()] == ["pump manual"]


def test_uploads_are_indexed(make: Make) -> None:
    kb = make({})
    test = library_page(session_of(kb))
    assert not test.exception
    test.file_uploader[0].set_value([("heron.txt", b"The Heron mast is 9 metres tall.", "text/plain")])
    next(b for b in test.button if b.label == EN("library.upload_button")).click().run()
    test = finished(test)
    assert not test.exception
    assert [info.title for info in kb.documents()] == ["heron"]
    assert test.success
    assert (kb.uploads / "heron.txt").is_file()


def test_an_upload_may_be_for_oneself(make: Make) -> None:
    kb = make({})
    test = library_page(session_of(kb, "ann"))
    test.selectbox(key="upload_readers").select("user:ann")
    test.file_uploader[0].set_value([("heron.txt", b"The Heron mast is 9 metres tall.", "text/plain")])
    next(b for b in test.button if b.label == EN("library.upload_button")).click().run()
    test = finished(test)
    assert not test.exception
    assert [info.title for info in kb.documents(viewer=rag.Viewer("ann"))] == ["heron"]
    assert kb.documents(viewer=rag.Viewer("eve")) == []
    assert EN("library.source_uploads") in html(test)


def test_an_upload_that_nothing_would_read_is_told(make: Make) -> None:
    kb = make({})
    test = library_page(session_of(kb))
    files = [
        ("setup.exe", b"MZ", "application/x-msdownload"),
        ("heron.txt", b"The Heron is 9 metres tall.", "text/plain"),
    ]
    test.file_uploader[0].set_value(files)
    next(b for b in test.button if b.label == EN("library.upload_button")).click().run()
    assert not test.exception
    assert "are not read" in test.error[0].value
    test = finished(test)
    assert test.error[0].value.count("setup") == 1, "still there, and named once"
    assert test.success
    assert [path.name for path in kb.uploads.iterdir()] == ["heron.txt"]


def upload(test: AppTest, name: str, data: bytes) -> AppTest:
    test.file_uploader[0].set_value([(name, data, "application/octet-stream")])
    return next(b for b in test.button if b.label == EN("library.upload_button")).click().run()


def test_an_upload_that_cannot_be_read_is_named_with_the_reason(make: Make) -> None:
    kb = make({})
    test = finished(upload(library_page(session_of(kb)), "*new*.pdf", b"%PDF-1.7 nothing"))
    assert not test.exception
    assert not test.success
    assert plain("*new*.pdf") in test.warning[0].value
    assert plain(kb.failures()[0].reason) in test.warning[0].value


def test_what_came_of_an_earlier_upload_does_not_stand_beside_another(make: Make) -> None:
    test = finished(upload(library_page(session_of(make({}))), "heron.txt", b"The Heron is 9 metres tall."))
    assert test.success
    test = upload(test, "setup.exe", b"MZ")
    assert test.error
    assert not test.success
    test = finished(upload(test, "osprey.txt", b"The Osprey opens at 6 bar."))
    assert test.success
    assert not test.error


def test_an_uploaded_file_can_be_had_back(make: Make) -> None:
    kb = make({})
    test = finished(upload(library_page(session_of(kb)), "heron.txt", b"The Heron is 9 metres tall."))
    test = tick(test, kb, 0)
    assert [button.label for button in test.download_button] == [EN("library.original")]
    (kb.uploads / "heron.txt").write_text("Another one, not indexed yet.", encoding="utf-8")
    assert not test.run().download_button


def test_a_folder_is_indexed_and_a_missing_one_is_told(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "one.txt").write_text("The Heron mast is 9 metres tall.", encoding="utf-8")
    kb = make({})
    test = library_page(session_of(kb))
    button = EN("library.folder_button")
    test.text_input(key="folder_path").set_value(f' "{folder}" ')
    next(b for b in test.button if b.label == button).click().run()
    test = finished(test)
    assert len(kb.documents()) == 1
    test.text_input(key="folder_path").set_value(str(tmp_path / "missing"))
    next(b for b in test.button if b.label == button).click().run()
    test = finished(test)
    assert not test.exception
    assert len(test.error) == 1
    assert "\n" not in test.error[0].value


def test_checking_for_changes_without_a_source_is_told(make: Make) -> None:
    test = library_page(session_of(make({})))
    test.button(key="resync").click().run()
    test = finished(test)
    assert not test.exception
    assert len(test.error) == 1
