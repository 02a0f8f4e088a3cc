"""The pages Evaluate and Settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import rag
from apps.ui.session import Session
from apps.ui.trials import Trial
from connectors import Access
from connectors.testing import MemoryConnector

from .conftest import TEXTS, Make
from .test_pages import EN, html, run_page, session_of

QUESTIONS = [
    {"question": "How many kilograms does the Kestrel pump weigh?", "answers": ["14"], "gold": ["pump manual"]},
    {"id": "valve", "question": "At how many bar does the Osprey valve open?", "answers": ["7 bar"]},
    {"id": "none", "question": "Who paints the Kestrel pump?", "answers": [], "gold": []},
]
ANN = rag.Viewer("ann")


def evaluate_page(session: Session) -> AppTest:
    from apps.ui import evaluate

    return AppTest.from_function(run_page, args=(evaluate.page, session), default_timeout=30).run()


def finished(test: AppTest) -> AppTest:
    trial: Trial = test.session_state["trial"]
    trial.wait(30)
    assert not trial.running
    return test.run()


def upload(test: AppTest, data: bytes) -> AppTest:
    test.file_uploader[0].set_value([("questions.json", data, "application/json")])
    next(b for b in test.button if b.label == EN("evaluate.run")).click().run()
    return finished(test)


def test_without_documents_it_says_what_to_do(make: Make) -> None:
    test = evaluate_page(session_of(make({})))
    assert not test.exception
    assert test.info[0].value == EN("evaluate.no_documents")


def test_a_file_is_run_shown_compared_and_deleted(make: Make) -> None:
    kb = make(TEXTS)
    test = evaluate_page(session_of(kb))
    assert EN("evaluate.none") in [caption.value for caption in test.caption]
    test = upload(test, json.dumps(QUESTIONS).encode())
    assert not test.exception
    (run,) = rag.Evaluations(kb, viewer=rag.LOCAL).runs()
    assert (run.name, run.questions) == ("questions", 3)
    assert test.metric[0].label == EN("figure.accuracy")
    assert len(test.dataframe[0].value) == 3
    later = rag.Evaluations(kb, viewer=rag.LOCAL).run(
        "questions.json", json.dumps([{**QUESTIONS[0], "answers": ["15"]}, *QUESTIONS[1:]])
    )
    about = kb.folder / "evaluations" / run.id / "run.json"
    second = later.when.replace(microsecond=0).isoformat()
    about.write_text(json.dumps({**json.loads(about.read_text(encoding="utf-8")), "when": second}), encoding="utf-8")
    test = evaluate_page(session_of(kb))
    first, other = test.selectbox(key="run").options
    assert other == f"{first} (2)", "two runs of one second"
    test.selectbox(key=f"against-{later.id}").set_value(run.id).run()
    assert not test.exception
    assert EN("evaluate.differences") in [one.value for one in test.subheader]
    table = test.dataframe[0].value
    assert list(table["verdict"]) == [EN("evaluate.worse")]
    test.button(key="run_delete_confirm").click().run()
    assert not test.exception
    assert [one.id for one in rag.Evaluations(kb, viewer=rag.LOCAL).runs()] == [run.id]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"{nothing", "is not JSON"),
        (b"[]", "is not a list of questions"),
        (b'[{"query": "x"}]', 'entry 1 has no "question"'),
        (b'[{"question": "x?", "answers": "14"}]', '"answers" of entry 1'),
        (b'[{"id": 1, "question": "x?"}, {"id": 1, "question": "y?"}]', "two questions with the id 1"),
        (b"[" * 100_000, "is not JSON"),
        (b'[{"question": "lone \\ud800?"}]', "half a character"),
    ],
)
def test_a_bad_file_is_told_in_one_line_and_leaves_nothing(make: Make, data: bytes, told: str) -> None:
    kb = make(TEXTS)
    with pytest.raises(rag.RagError) as caught:
        rag.Evaluations(kb, viewer=rag.LOCAL).run("x.json", data)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert rag.Evaluations(kb, viewer=rag.LOCAL).runs() == []


def test_the_page_tells_of_a_bad_file(make: Make) -> None:
    test = upload(evaluate_page(session_of(make(TEXTS))), b"{nothing")
    assert not test.exception
    assert len(test.error) == 1


def test_stopping_leaves_nothing(make: Make) -> None:
    kb = make(TEXTS)

    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        rag.Evaluations(kb, viewer=rag.LOCAL).run("x.json", json.dumps(QUESTIONS), asked=stop)
    assert list((kb.folder / "evaluations").iterdir()) == []


def test_runs_are_their_viewers_own(make: Make) -> None:
    kb = make(TEXTS)
    run = rag.Evaluations(kb, viewer=ANN).run("../../x.json", json.dumps(QUESTIONS[:1]))
    assert run.name == "x"
    other = rag.Evaluations(kb, viewer=rag.LOCAL)
    assert other.runs() == []
    for name in (run.id, "..", "../evaluations/" + run.id):
        with pytest.raises(rag.RagError):
            other.results(name)
        with pytest.raises(rag.RagError):
            other.delete(name)
    with_groups = rag.Viewer("ann", frozenset({"hr"}))
    assert rag.Evaluations(kb, viewer=with_groups).runs() == [], "made when ann could read other things"
    assert [one.id for one in rag.Evaluations(kb, viewer=ANN).runs()] == [run.id]
    test = evaluate_page(session_of(kb))
    assert EN("evaluate.none") in [caption.value for caption in test.caption]


def test_what_rests_on_what_its_viewer_may_not_read_now_is_withheld(make: Make) -> None:
    kb = make({})
    pump, valve = (MemoryConnector({name: text}, id=name) for name, text in TEXTS.items())
    for connector in (pump, valve):
        kb.sync_from(connector)
    evaluations = rag.Evaluations(kb, viewer=ANN)
    first, second = (evaluations.run("x.json", json.dumps(QUESTIONS[:2])).id for _ in range(2))
    weight, opening = evaluations.results(first)
    assert "14" in weight.answer
    assert "14 kilograms" in str([weight.hits, weight.citations])
    pump.access = Access.of(["group:board"])
    kb.sync_from(pump)
    for told in (evaluations.results(first)[0], evaluations.compare(first, second)[1][0].before):
        assert told.hidden
        assert not any((told.answer, told.short, told.citations, told.sides, told.hits, told.withheld))
        assert (told.right, told.figures) == (weight.right, weight.figures)
    other = evaluations.results(first)[1]
    assert (other.hidden, other.answer, other.citations) == (False, opening.answer, opening.citations)
    assert "14 kilograms" in str(opening.hits), "found beside"
    assert "14 kilograms" not in str(other)
    test = evaluate_page(session_of(kb, "ann"))
    assert test.dataframe[0].value["answer"].iloc[0] == EN("ask.withheld")
    pump.access = Access()
    kb.sync_from(pump)
    assert evaluations.results(first) == [weight, opening]
    del pump.texts["pump manual"]
    kb.sync_from(pump)
    assert evaluations.results(second)[0].hidden


def test_feedback_becomes_questions_whose_gold_is_found_by_the_end_of_its_path(make: Make, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pump.txt").write_text(TEXTS["pump manual"], encoding="utf-8")
    kb = make({})
    kb.sync(tmp_path / "docs")
    question = {"question": "How many kilograms does the Kestrel pump weigh?", "answers": ["14"]}
    named = rag.Evaluations(kb, viewer=ANN).run("x.json", json.dumps([{**question, "gold": ["docs/pump.txt"]}]))
    assert named.figures["recall@5"] == 1.0
    answer = kb.ask("How many kilograms does the Kestrel pump weigh?")
    kb.journal.rate(answer, helpful=True, viewer=rag.LOCAL)
    kb.journal.rate(kb.ask("At how many volts does the Kestrel pump run?"), helpful=True, viewer=ANN)
    test = evaluate_page(session_of(kb))
    assert not test.exception
    test.button(key="run_feedback").click().run()
    test = finished(test)
    assert not test.exception
    (run,) = rag.Evaluations(kb, viewer=rag.LOCAL).runs()
    assert (run.name, run.questions) == ("feedback", 1)
    assert run.figures["recall@5"] == 1.0


def test_settings_tells_what_is_in_force_and_what_is_missing(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    from apps.ui import settings

    monkeypatch.setenv("WELLSPRING_ANSWER_THRESHOLD", "0.45")
    monkeypatch.setenv("WELLSPRING_MODELS", str(tmp_path))
    test = AppTest.from_function(run_page, args=(settings.page, session_of(make(TEXTS))), default_timeout=20).run()
    assert not test.exception
    assert "0.45" in html(test)
    assert EN("setting.answer_threshold") in html(test).replace("&#x27;", "'")
    assert EN("settings.changed") in html(test)
    assert test.warning, "weights are missing"
    assert "rag models pull" in html(test)
    assert "2 documents, 0 failed" in html(test)


def test_every_setting_is_explained() -> None:
    names = {info.name for info in rag.explained(rag.load_settings(environment={}))}
    assert {f"setting.{name}" for name in names} == {key for key in EN.strings if key.startswith("setting.")}
    assert not any(info.changed for info in rag.explained(rag.load_settings(environment={})))
