"""The journal: whose things are whose, what is withheld, and what is kept."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.bases import small_base

import rag
from connectors import Viewer
from rag.evaluation.datasets import load_dataset
from rag.journal import Journal
from rag.records import Answer, Citation, Side
from rag.sdk import JOURNAL, Wellspring

TEXTS = {
    "bt3.md": "# BT3\n\nThe BT3 costs 1850 pounds. The BT3 weighs 3 kilograms.\n",
    "sd6.md": "# SD6\n\nThe SD6 costs 3990 pounds. The SD6 weighs 6 kilograms.\n",
    "secret.md": "# Falcon\n\nThe Falcon costs 7719 pounds. The Falcon project is led by Mara Quist.\n",
}
ANN, EVE = Viewer("ann"), Viewer("eve", frozenset({"board"}))
BEFORE = Viewer("ann", frozenset({"board"}))
"""Ann, while she was in the group."""


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[Wellspring]:
    base, _ = small_base(tmp_path, TEXTS, readers={"secret.md": ["group:board"]})
    with base:
        yield base


def plain(kb: Wellspring, question: str = "How much does the BT3 cost?", viewer: Viewer = ANN) -> Answer:
    return replace(kb.ask(question, viewer=viewer), passages=())


def test_answers_round_trip() -> None:
    cited = Citation("a/b.pdf", "B", 3, "It is “ten”.", 5, 17, 2, ("Costs", "Fees"))
    answer = Answer(
        "q",
        "ten [2]",
        False,
        0.9,
        (cited,),
        (),
        "ten",
        (Side("ten", 2, "2023"),),
        (Side("six", 2),),
        "quote",
        "zh",
        {"total": 0.1},
        "Q?",
    )
    assert Answer.from_dict(json.loads(json.dumps(answer.as_dict()))) == answer
    with pytest.raises(KeyError):
        Answer.from_dict({"question": "q"})


def test_turns_come_back_in_order_with_all_that_a_page_shows(kb) -> None:
    journal, answers = kb.journal, [plain(kb), plain(kb, "How much does the SD6 cost?")]
    talk = journal.start(viewer=ANN)
    numbers = [journal.add_turn(talk, answer, viewer=ANN) for answer in answers]
    turns = journal.turns(talk, viewer=ANN)
    assert [turn.id for turn in turns] == numbers
    assert [turn.answer for turn in turns] == answers
    assert answers[0].citations[0].headings
    (listed,) = journal.conversations(viewer=ANN)
    assert (listed.id, listed.title, listed.turns) == (talk, "How much does the BT3 cost?", 2)
    assert listed.created < listed.updated
    assert listed.created.utcoffset() is not None


def test_nothing_passes_from_one_viewer_to_another(kb) -> None:
    journal = kb.journal
    talk = journal.start(viewer=ANN, title="Prices")
    journal.add_turn(talk, plain(kb), viewer=ANN)
    rating = journal.rate(plain(kb), helpful=True, viewer=ANN)
    for other in (EVE, Viewer("Ann"), Viewer("ann "), Viewer("")):
        assert journal.conversations(viewer=other) == []
        assert journal.feedback(viewer=other) == []
        for wrong in (
            lambda who: journal.turns(talk, viewer=who),
            lambda who: journal.past(talk, viewer=who),
            lambda who: journal.conversation(talk, viewer=who),
            lambda who: journal.add_turn(talk, plain(kb), viewer=who),
            lambda who: journal.rename(talk, "Mine", viewer=who),
            lambda who: journal.delete(talk, viewer=who),
            lambda who: journal.export(talk, viewer=who),
            lambda who: journal.withdraw(rating, viewer=who),
        ):
            with pytest.raises(rag.NotKeptError):
                wrong(other)
    assert journal.conversation(talk, viewer=ANN).turns == 1


def test_who_lost_a_group_reads_no_old_answers_of_its_documents(kb) -> None:
    journal = kb.journal
    talk = journal.start(viewer=BEFORE)
    chat = kb.conversation(viewer=BEFORE)
    for question in ("How much does the Falcon cost?", "Who leads it?", "How much does the BT3 cost?"):
        answer = chat.ask(question)
        journal.add_turn(talk, answer, viewer=BEFORE)
        journal.rate(answer, helpful=True, viewer=BEFORE)
    assert all(turn.answer for turn in journal.turns(talk, viewer=BEFORE))
    turns = journal.turns(talk, viewer=ANN)
    assert [turn.answer is None for turn in turns] == [True, True, False]
    assert [turn.question for turn in journal.past(talk, viewer=ANN)] == ["How much does the BT3 cost?"]
    seen = [
        journal.export(talk, viewer=ANN),
        journal.export(talk, viewer=ANN, format="json"),
        json.dumps([one.as_dict() for one in journal.feedback(viewer=ANN)]),
        json.dumps(journal.questions(viewer=ANN)),
    ]
    assert not any(word in text for word in ("7719", "Mara", "secret.md") for text in seen)
    assert "may not read now" in seen[0]
    assert len(journal.feedback(viewer=ANN)) == 3
    assert "Mara" in json.dumps([one.as_dict() for one in journal.feedback(viewer=BEFORE)])


def test_everyones_feedback_is_read_with_the_readers_rights(kb) -> None:
    journal, fay = kb.journal, Viewer("fay")
    for question in ("How much does the Falcon cost?", "How much does the BT3 cost?"):
        journal.rate(plain(kb, question, BEFORE), helpful=False, comment=f"Not so: {question}", viewer=BEFORE)
    assert journal.feedback(viewer=fay) == []
    told, withheld = journal.feedback(viewer=fay, everyone=True)
    assert told.answer is not None
    assert "BT3" in told.question
    assert "BT3" in told.comment
    assert (withheld.viewer, withheld.helpful) == ("ann", False)
    assert (withheld.answer, withheld.question, withheld.comment) == (None, "", "")
    assert all("BT3" in entry["question"] for entry in journal.questions(viewer=fay, everyone=True))
    board = Viewer("bob", BEFORE.groups)
    assert all(one.answer and one.comment for one in journal.feedback(viewer=board, everyone=True))
    assert "Falcon" in json.dumps(journal.questions(viewer=board, everyone=True))


def test_what_was_completed_from_hidden_answers_is_hidden(kb) -> None:
    """A question that was completed may hold words of an earlier answer, also where its own answer cites others."""
    journal = kb.journal
    talk = journal.start(viewer=BEFORE)
    journal.add_turn(talk, plain(kb, "Who leads the Falcon project?", BEFORE), viewer=BEFORE)
    told = replace(plain(kb), question="What does she sell?", asked="What does Mara Quist sell?")
    journal.rate(told, helpful=True, viewer=BEFORE)
    assert journal.feedback(viewer=BEFORE)[0].answer is None
    journal.add_turn(talk, told, viewer=BEFORE)
    journal.rate(told, helpful=True, viewer=BEFORE)
    assert journal.feedback(viewer=BEFORE)[0].answer == told
    assert journal.turns(talk, viewer=ANN)[1].answer is None
    assert journal.feedback(viewer=ANN)[0].answer is None


def test_what_rests_on_deleted_documents_is_withheld(kb, tmp_path) -> None:
    journal, answer = kb.journal, plain(kb)
    talk = journal.start(viewer=ANN)
    journal.add_turn(talk, answer, viewer=ANN)
    assert journal.turns(talk, viewer=ANN)[0].answer == answer
    (tmp_path / "docs" / "bt3.md").unlink()
    kb.sync()
    assert journal.turns(talk, viewer=ANN)[0].answer is None


def test_a_kept_conversation_goes_on(kb) -> None:
    talk = kb.journal.start(viewer=ANN)
    kb.journal.add_turn(talk, kb.conversation(viewer=ANN).ask("How much does the BT3 cost?"), viewer=ANN)
    chat = kb.conversation(viewer=ANN, past=kb.journal.past(talk, viewer=ANN))
    assert chat.ask("And the SD6?").asked == "How much does the SD6 cost?"


def test_rename_search_delete(kb) -> None:
    journal = kb.journal
    prices, other = journal.start(viewer=ANN), journal.start(viewer=ANN, title="Other  things\n" + "x" * 200)
    journal.add_turn(prices, plain(kb), viewer=ANN)
    assert [one.id for one in journal.conversations(viewer=ANN)] == [prices, other]
    assert journal.conversation(other, viewer=ANN).title.startswith("Other things x")
    assert len(journal.conversation(other, viewer=ANN).title) == 120
    journal.rename(other, "50% off", viewer=ANN)
    assert [one.title for one in journal.conversations(viewer=ANN)] == ["50% off", "How much does the BT3 cost?"]
    assert [one.id for one in journal.conversations(viewer=ANN, words="bt3 COST")] == [prices]
    assert [one.id for one in journal.conversations(viewer=ANN, words="%")] == [other]
    assert journal.conversations(viewer=EVE, words="bt3") == []
    with pytest.raises(rag.JournalError, match="cannot be empty"):
        journal.rename(other, " \n", viewer=ANN)
    journal.delete(prices, viewer=ANN)
    with pytest.raises(rag.NotKeptError):
        journal.turns(prices, viewer=ANN)
    with sqlite3.connect(kb.folder / JOURNAL) as file:
        assert file.execute("SELECT count(*) FROM turns").fetchone() == (0,)
    file.close()


def test_export(kb) -> None:
    talk = kb.journal.start(viewer=ANN, title="<b>Prices</b>")
    answer = plain(kb)
    evil = replace(answer.citations[0], title="<img src=x>", quote="a\n![](http://x) `<script>`")
    kb.journal.add_turn(talk, replace(answer, citations=(evil,)), viewer=ANN)
    text = kb.journal.export(talk, viewer=ANN)
    assert "## How much does the BT3 cost?" in text
    assert "1850" in text
    assert "> a\n> \\!\\[\\]" in text
    assert not any(live in text.replace("\\<", "") for live in ("<b>", "<img", "<script"))
    told = json.loads(kb.journal.export(talk, viewer=ANN, format="json"))
    assert told["title"] == "<b>Prices</b>"
    assert Answer.from_dict(told["turns"][0]["answer"]).citations == (evil,)
    with pytest.raises(rag.JournalError, match="markdown or json"):
        kb.journal.export(talk, viewer=ANN, format="pdf")


def test_one_rating_an_answer(kb) -> None:
    journal, answer = kb.journal, plain(kb)
    talk = journal.start(viewer=ANN)
    journal.add_turn(talk, answer, viewer=ANN)
    assert journal.turns(talk, viewer=ANN)[0].helpful is None
    first = journal.rate(answer, helpful=True, viewer=ANN)
    assert journal.turns(talk, viewer=ANN)[0].helpful is True
    assert journal.rate(answer, helpful=False, comment=" It is 1900. ", viewer=ANN) == first
    assert journal.turns(talk, viewer=ANN)[0].helpful is False
    assert journal.rate(answer, helpful=True, viewer=EVE) != first
    (mine,) = journal.feedback(viewer=ANN)
    assert (mine.helpful, mine.comment, mine.viewer, mine.answer) == (False, "It is 1900.", "ann", answer)
    assert {one.viewer for one in journal.feedback(viewer=ANN, everyone=True)} == {"ann", "eve"}
    journal.withdraw(first, viewer=ANN)
    assert journal.turns(talk, viewer=ANN)[0].helpful is None
    assert journal.feedback(viewer=ANN) == []


def test_feedback_becomes_questions_that_evaluation_reads(kb, tmp_path) -> None:
    journal, right, wrong = kb.journal, plain(kb), plain(kb, "How much does the SD6 cost?")
    unknown = replace(right, question="Who is king?", answer="I don't know.", abstained=True, short="", citations=())
    journal.rate(right, helpful=True, viewer=ANN)
    journal.rate(wrong, helpful=False, comment="4100 pounds", viewer=ANN)
    journal.rate(plain(kb, "What weighs 6 kilograms?"), helpful=False, viewer=ANN)
    journal.rate(unknown, helpful=True, viewer=ANN)
    entries = journal.questions(viewer=ANN, folder=tmp_path)
    assert [(entry["question"], entry["type"], entry["gold"]) for entry in entries] == [
        (right.question, "helpful", ["docs/bt3.md"]),
        (wrong.question, "wrong", ["docs/sd6.md"]),
        (unknown.question, "helpful", []),
    ]
    assert [entry["answers"] for entry in entries] == [[right.short or right.answer], ["4100 pounds"], []]
    assert entries[0]["quotes"] == [right.citations[0].quote]
    (tmp_path / "docs").rename(tmp_path / "documents")
    (tmp_path / "questions.json").write_text(json.dumps(journal.questions(viewer=ANN)), encoding="utf-8")
    dataset = load_dataset(tmp_path)
    assert next(question.gold for question in dataset.questions) == {str(tmp_path / "docs" / "bt3.md")}


def test_limits(kb, monkeypatch) -> None:
    journal, answer = kb.journal, plain(kb)
    talk = journal.start(viewer=ANN)
    with pytest.raises(rag.JournalError, match="4000"):
        journal.rate(answer, helpful=False, comment="x" * 4001, viewer=ANN)
    with pytest.raises(rag.JournalError, match="too long"):
        journal.add_turn(talk, replace(answer, answer="x" * 1_000_001), viewer=ANN)
    journal.add_turn(talk, replace(answer, question="\ud800\0" + "é" * 5000), viewer=ANN)
    (turn,) = journal.turns(talk, viewer=ANN)
    assert turn.question.strip("?") == "é" * 3999
    monkeypatch.setattr("rag.journal.journal._MOST_TURNS", 1)
    with pytest.raises(rag.JournalError, match="begin a new one"):
        journal.add_turn(talk, answer, viewer=ANN)
    monkeypatch.setattr("rag.journal.journal._MOST_CONVERSATIONS", 1)
    with pytest.raises(rag.JournalError, match="delete some"):
        journal.start(viewer=ANN)
    journal.start(viewer=EVE)
    monkeypatch.setattr("rag.journal.journal._MOST_RATINGS", 1)
    journal.rate(answer, helpful=True, viewer=ANN)
    journal.rate(answer, helpful=False, viewer=ANN)
    with pytest.raises(rag.FullError, match="withdraw some"):
        journal.rate(replace(answer, question="Another?"), helpful=True, viewer=ANN)
    journal.rate(answer, helpful=True, viewer=EVE)
    assert len(journal.feedback(viewer=ANN, everyone=True)) == 2
    assert [one.viewer for one in journal.feedback(viewer=ANN, everyone=True, limit=1, offset=1)] == ["ann"]
    with pytest.raises(rag.JournalError):
        journal.turns("\ud800", viewer=ANN)


def test_old_things_go(kb, tmp_path) -> None:
    journal = kb.journal
    old, new = journal.start(viewer=ANN, title="old"), journal.start(viewer=ANN, title="new")
    journal.add_turn(old, plain(kb), viewer=ANN)
    journal.rate(plain(kb), helpful=True, viewer=ANN)
    with sqlite3.connect(kb.folder / JOURNAL) as file:
        file.execute("UPDATE conversations SET updated = '2020-01-01T00:00:00+00:00' WHERE id = ?", (old,))
        file.execute("UPDATE ratings SET created = '2020-01-01T00:00:00+00:00'")
    file.close()
    assert len(journal.conversations(viewer=ANN)) == 2
    pruned = Journal(kb.folder / JOURNAL, kb.store, keep_days=30)
    assert [one.id for one in pruned.conversations(viewer=ANN)] == [new]
    assert pruned.feedback(viewer=ANN) == []
    pruned.close()


def test_many_threads_and_two_openings(kb) -> None:
    answer = plain(kb)
    other = Journal(kb.folder / JOURNAL, kb.store)
    talk = kb.journal.start(viewer=ANN)

    def write(journal: Journal) -> None:
        for _ in range(20):
            journal.add_turn(talk, answer, viewer=ANN)
            journal.turns(talk, viewer=ANN)

    threads = [threading.Thread(target=write, args=(journal,)) for journal in (kb.journal, other) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kb.journal.conversation(talk, viewer=ANN).turns == 160
    other.close()


def test_a_failed_write_leaves_nothing(kb) -> None:
    journal = kb.journal
    talk = journal.start(viewer=ANN)
    with sqlite3.connect(kb.folder / JOURNAL) as file:
        file.execute("CREATE TRIGGER no BEFORE UPDATE ON conversations BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(rag.JournalError, match="disk is full"):
        journal.add_turn(talk, plain(kb), viewer=ANN)
    assert journal.turns(talk, viewer=ANN) == []
    file.execute("DROP TRIGGER no")
    file.close()
    journal.add_turn(talk, plain(kb), viewer=ANN)


def test_bad_files(kb, tmp_path) -> None:
    (tmp_path / "junk").write_bytes(b"no database" * 500)
    with pytest.raises(rag.JournalError, match="junk"):
        Journal(tmp_path / "junk", kb.store)
    with pytest.raises(rag.JournalError, match="no journal"):
        Journal(tmp_path / "knowledge.sqlite", kb.store)
    with pytest.raises(rag.JournalError):
        Journal(tmp_path / "junk" / "below", kb.store)
    kb.journal.start(viewer=ANN)
    with sqlite3.connect(tmp_path / JOURNAL) as file:
        file.execute("PRAGMA user_version=2")
    file.close()
    with pytest.raises(rag.JournalError, match="newer release"):
        Journal(tmp_path / JOURNAL, kb.store)


def test_the_journal_is_made_on_first_use_and_closed_with_its_base(tmp_path) -> None:
    base, _ = small_base(tmp_path, TEXTS)
    with base:
        base.ask("How much does the BT3 cost?")
        assert not (tmp_path / JOURNAL).exists()
        journal = base.journal
        talk = journal.start(viewer=ANN)
        assert base.journal is journal
    with pytest.raises(rag.JournalError):
        journal.turns(talk, viewer=ANN)
    assert sorted(path.name for path in tmp_path.glob(f"{JOURNAL}*")) == [JOURNAL]
