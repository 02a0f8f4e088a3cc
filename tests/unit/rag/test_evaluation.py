import json
from pathlib import Path
from typing import Any

import pytest
from helpers.bases import small_base
from helpers.sets import documents, financebench, multihop, reading, robustness, write

from connectors import Access, Upsert, Viewer
from rag.errors import DatasetError
from rag.evaluation import evaluate
from rag.evaluation.datasets import CorpusConnector, Dataset, Question, load_dataset
from rag.evaluation.metrics import contains, exact_match, f1, holds, recall
from rag.evaluation.run import prepared


def test_multihop(tmp_path: Path) -> None:
    dataset = load_dataset(multihop(tmp_path / "wiki"))
    assert (dataset.name, dataset.kind, dataset.folder) == ("wiki", "multihop", None)
    assert dataset.documents[0] == ("wiki/000000", "Orion", "Orion is led by Mara.", ("*",))
    one, two = dataset.questions
    assert (one.id, one.text, one.answers, one.split, one.type) == ("1", "Who leads Orion?", ("Mara",), "tune", "hop")
    assert two.gold == {"wiki/000000", "wiki/000001"}


def test_reading(tmp_path: Path) -> None:
    dataset = load_dataset(reading(tmp_path / "squad.json"))
    assert (dataset.name, dataset.kind) == ("squad", "reading")
    assert dataset.documents[0][:3] == ("squad/0000-000", "Annual leave", "Everyone gets 27 days of annual leave.")
    assert [question.split for question in dataset.questions] == ["test", "tune"]
    assert [question.gold for question in dataset.questions] == [{"squad/0000-000"}, {"squad/0001-000"}]


def test_financebench(tmp_path: Path) -> None:
    dataset = load_dataset(financebench(tmp_path / "fb"))
    document = str(tmp_path / "fb" / "pdfs" / "3M.pdf")
    assert (dataset.kind, dataset.folder, dataset.documents) == ("financebench", tmp_path / "fb" / "pdfs", ())
    (question,) = dataset.questions
    assert (question.gold, question.pages, question.answers) == ({document}, {(document, 2)}, ("35",))


def test_documents_are_known_by_the_connector_s_paths(tmp_path: Path) -> None:
    folder = financebench(tmp_path / "fb")
    assert load_dataset(folder / ".." / "fb") == load_dataset(folder)


def test_financebench_is_divided_by_documents(tmp_path: Path) -> None:
    names = ["c.pdf", "a.pdf", "b.pdf", "a.pdf"]
    asked = [
        {"id": n, "document": name, "question": "?", "answer": "x", "evidence": []} for n, name in enumerate(names)
    ]
    (tmp_path / "pdfs").mkdir()
    write(tmp_path / "questions.json", asked)
    assert [question.split for question in load_dataset(tmp_path).questions] == ["test", "test", "tune", "test"]


def test_robustness(tmp_path: Path) -> None:
    dataset = load_dataset(robustness(tmp_path / "rgb.json"))
    assert (dataset.name, dataset.kind, len(dataset)) == ("rgb", "robustness", 2)
    noise, rejection, conflict, *others = dataset.questions
    assert [question.id for question in dataset.questions] == [
        "0/noise",
        "0/rejection",
        "0/conflict",
        "1/noise",
        "1/rejection",
    ]
    assert noise.gold == conflict.gold == {"rgb/0/positive/0"}
    assert (rejection.gold, noise.contradicting) == (frozenset(), frozenset())
    assert (conflict.contradicting, conflict.fake) == ({"rgb/0/positive_wrong/0"}, "Tom Birch")
    assert [question.split for question in (noise, *others)] == ["test", "tune", "tune"]
    assert others[0].needed == (("Ann Lee", "A. Lee"), ("Ian Gow",))
    assert {text.title for text in dataset.documents} == {""}, "a title would be searched"


def test_in_robustness_sets_everyone_has_passages_of_their_own(tmp_path: Path) -> None:
    dataset = load_dataset(robustness(tmp_path / "rgb.json"))

    def read(question: Question) -> list[str]:
        return [text.id for text in dataset.documents if not question.viewer.principals.isdisjoint(text.readers)]

    assert {question.id: read(question) for question in dataset.questions} == {
        "0/noise": ["rgb/0/positive/0", "rgb/0/negative/0"],
        "0/rejection": ["rgb/0/negative/0"],
        "0/conflict": ["rgb/0/positive/0", "rgb/0/positive_wrong/0"],
        "1/noise": ["rgb/1/positive/0", "rgb/1/positive/1", "rgb/1/negative/0", "rgb/1/negative/1"],
        "1/rejection": ["rgb/1/negative/0", "rgb/1/negative/1"],
    }
    upsert = next(iter(CorpusConnector(dataset).changes(None)))
    assert isinstance(upsert, Upsert)
    assert upsert.document.access == Access(frozenset({"group:rgb/0/noise", "group:rgb/0/conflict"}))


def test_a_sample_takes_an_entry_in_all_its_ways_and_with_its_passages_alone(tmp_path: Path) -> None:
    dataset = load_dataset(robustness(tmp_path / "rgb.json"))
    sample = dataset.selected(limit=1)
    assert sample == dataset.selected(limit=1)
    assert len(sample) == len({question.entry for question in sample.questions}) == 1
    (entry,) = {question.entry for question in sample.questions}
    assert len(sample.questions) == {"0": 3, "1": 2}[entry]
    assert {text.id.split("/")[1] for text in sample.documents} == {entry}
    assert dataset.selected(limit=9) == dataset.selected() == dataset
    assert {question.entry for question in dataset.selected(split="tune").questions} == {"1"}


def test_two_questions_with_one_id_are_told(tmp_path: Path) -> None:
    asked = [{"id": 1, "question": "?", "answers": [], "gold": []}] * 2
    write(tmp_path / "documents" / "a.md", "x")
    write(tmp_path / "questions.json", asked)
    with pytest.raises(DatasetError, match="two questions with the id 1"):
        load_dataset(tmp_path)


def test_documents(tmp_path: Path) -> None:
    dataset = load_dataset(documents(tmp_path / "mine"))
    assert (dataset.name, dataset.kind, dataset.folder) == ("mine", "documents", tmp_path / "mine" / "documents")
    one, two = dataset.questions
    assert one.gold == {str(tmp_path / "mine" / "documents" / "leave.md")}
    assert (two.gold, two.answers, two.split) == (frozenset(), (), "test")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no evaluation set of a known kind"),
        ({"corpus.json": []}, "cannot read .*questions.json: No such file"),
        ({"corpus.json": "[", "questions.json": []}, "corpus.json is not JSON"),
        ({"corpus.json": {}, "questions.json": []}, "corpus.json is not a JSON list"),
        ({"corpus.json": [{"title": "x"}], "questions.json": []}, "not the shape .*'text'"),
        ({"corpus.json": [1], "questions.json": []}, "not the shape"),
        (
            {"corpus.json": [], "questions.json": [{"id": 1, "question": "?", "answers": [], "gold": [5]}]},
            "not the shape .*index out of range",
        ),
        ({"documents/a.md": "x", "questions.json": [{"id": 1}]}, "not the shape .*'question'"),
    ],
)
def test_a_folder_of_the_wrong_shape_is_told(tmp_path: Path, files: dict[str, Any], words: str) -> None:
    for name, value in files.items():
        write(tmp_path / name, value)
    with pytest.raises(DatasetError, match=words) as error:
        load_dataset(tmp_path)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{",
        "{}",
        "[1]",
        '[{"title": "x"}]',
        '[{"title": "x", "paragraphs": [{}]}]',
        '[{"query": "x"}]',
        '[{"query": "x", "answer": "y", "positive": 1}]',
    ],
)
def test_a_file_of_the_wrong_shape_is_told(tmp_path: Path, value: str) -> None:
    with pytest.raises(DatasetError) as error:
        load_dataset(write(tmp_path / "set.json", value))
    assert len(str(error.value).splitlines()) == 1


def test_a_set_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no evaluation set at"):
        load_dataset(tmp_path / "none")


def test_the_corpus_comes_once(tmp_path: Path) -> None:
    connector = CorpusConnector(load_dataset(multihop(tmp_path / "wiki")))
    assert connector.id == "dataset:wiki"
    *upserts, checkpoint = connector.changes(None)
    assert len(upserts) == 2
    assert list(connector.changes(checkpoint.cursor)) == [checkpoint]  # type: ignore[union-attr]
    assert len(list(connector.changes("other"))) == 3


def test_recall() -> None:
    assert recall({"a", "b"}, ["x", "a", "b"], 2) == 0.5
    assert recall({"a", "b"}, ["x", "a", "b"], 3) == 1.0
    assert recall({"a"}, ["x", "x", "x", "a"], 2) == 1.0, "a document counts once"
    assert recall({"a"}, [], 5) == 0.0
    assert recall(set(), ["a"], 5) == 0.0


@pytest.mark.parametrize(
    ("answer", "reference", "equal"),
    [
        ("The Answer.", "answer", True),
        ("27 days [1]", "27 days", True),
        ("1,480 euros", "1480 euros", True),
        ("27 days", "28 days", False),
        ("550元。", "550元", True),
        ("５５０元", "550元", True),
        ("上限550元", "550元", False),
    ],
)
def test_exact_match(answer: str, reference: str, equal: bool) -> None:
    assert exact_match(answer, [reference, "something else"]) == float(equal)


def test_f1() -> None:
    assert f1("27 days of leave", ["27 days"]) == pytest.approx(2 / 3)
    assert f1("the 27 days", ["no", "27 days"]) == 1.0
    assert f1("thirty", ["27 days"]) == 0.0
    assert f1("", ["27 days"]) == 0.0
    assert f1("27 days", []) == 0.0
    assert f1("上限为五百元", ["五百元"]) == pytest.approx(2 / 3), "characters in Chinese"


@pytest.mark.parametrize(
    ("text", "reference", "held"),
    [
        ("It costs 1,480 euros.", "1480", True),
        ("It costs 1480 euros.", "1,480 euros", True),
        ("It costs 1,480 euros.", "480", False),
        ("There are 27 days.", "7 days", False),
        ("There are 27 days.", "27 day", False),
        ("A 14-week lead time.", "14 week", True),
        ("Price: $4.5", "4.5", True),
        ("上限为550元。", "550元", True),
        ("上限为1550元。", "550元", False),
        ("由王小明负责", "王小明", True),
        ("anything", "", False),
        ("", "x", False),
    ],
)
def test_contains(text: str, reference: str, held: bool) -> None:
    assert contains(text, [reference]) is held


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Led by Ann Lee and Ian Gow.", True),
        ("Led by Ian Gow and A. Lee.", True),
        ("Led by Ann Lee.", False),
        ("Led by Ian Gow.", False),
    ],
)
def test_holds_every_part_as_one_of_its_alternatives(text: str, held: bool) -> None:
    assert holds(text, [["Ann Lee", "A. Lee"], ["Ian Gow"]]) is held
    assert not holds(text, [])


@pytest.fixture
def weightless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLSPRING_EMBEDDER", "hash")


@pytest.mark.usefixtures("weightless")
def test_evaluating_documents(tmp_path: Path) -> None:
    figures = evaluate(documents(tmp_path / "mine"), llm="none", out=tmp_path / "out")
    assert (figures["dataset"], figures["questions"]) == ("mine", 2)
    assert figures["recall@1"] == figures["recall@10"] == 1.0
    assert figures["accuracy"] == figures["contains"] == figures["citation_gold"] == figures["rejection"] == 1.0
    assert figures["citation_precision"] == figures["verbatim"] == 1.0
    assert {"aurc", "ece", "brier", "seconds_p50"} <= figures.keys()
    assert figures["abstained"] == 0.5
    assert 0 < figures["f1"] < 1
    times = {"index_seconds", "query_ms_p50", "query_ms_p95", "search_ms_p50", "search_ms_p95", "seconds_per_question"}
    assert {"em", *times} <= figures.keys()
    assert figures["search_ms_p50"] < figures["query_ms_p50"]
    assert json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8")) == figures
    rows = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["abstained"]) for row in rows] == [("q1", False), ("q2", True)]
    assert "27 days" in rows[0]["answer"]
    assert "27 days" in rows[0]["citations"][0]["quote"]
    assert rows[0]["hits"][0]["document"] == rows[0]["retrieved"][0] == rows[0]["gold"][0]
    assert rows[0]["curve"] == [1.0] * 20


@pytest.mark.usefixtures("weightless")
def test_evaluating_retrieval_alone(tmp_path: Path) -> None:
    figures = evaluate(multihop(tmp_path / "wiki"), llm="none", kb=tmp_path / "kb")
    assert (figures["recall@2"], figures["recall@20"]) == (1.0, 1.0)
    assert not {"em", "f1", "abstained", "seconds_per_question"} & figures.keys()
    answered = evaluate(multihop(tmp_path / "wiki"), llm="none", kb=tmp_path / "kb", answers=True)
    assert {"em", "f1", "abstained", "seconds_per_question"} <= answered.keys()
    one = evaluate(multihop(tmp_path / "wiki"), llm="none", kb=tmp_path / "kb", split="tune")
    assert (one["questions"], one["recall@1"]) == (1, 1.0)


@pytest.mark.usefixtures("weightless")
def test_evaluating_pages(tmp_path: Path) -> None:
    figures = evaluate(financebench(tmp_path / "fb"), llm="none")
    assert (figures["document_recall@5"], figures["page_recall@5"], figures["page_recall@10"]) == (1.0, 1.0, 1.0)


@pytest.mark.usefixtures("weightless")
def test_evaluating_reading_and_a_seeded_sample(tmp_path: Path) -> None:
    figures = evaluate(reading(tmp_path / "squad.json"), llm="none")
    assert (figures["questions"], figures["recall@1"]) == (2, 1.0)
    one, again = (evaluate(reading(tmp_path / "squad.json"), llm="none", limit=1, answers=False) for _ in range(2))
    assert one["questions"] == again["questions"] == 1
    assert "f1" not in one


@pytest.mark.usefixtures("weightless")
def test_a_split_without_questions_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="wiki has no questions of the split 'dev'"):
        evaluate(multihop(tmp_path / "wiki"), llm="none", split="dev")
    with pytest.raises(DatasetError, match=r"empty has no questions$"):
        evaluate(write(tmp_path / "empty.json", []), llm="none")


@pytest.mark.usefixtures("weightless")
def test_evaluating_robustness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLSPRING_ANSWER_THRESHOLD", "0.1")
    out = tmp_path / "out"
    figures = evaluate(robustness(tmp_path / "rgb.json"), llm="none", out=out)
    assert figures["questions"] == 2
    assert figures["accuracy"] == figures["contains"] == figures["citation_gold"] == figures["verbatim"] == 1.0
    assert {"rejection", "conflict_detected", "abstained", "seconds_per_question"} <= figures.keys()
    assert not {"em", "f1", "recall@1"} & figures.keys()
    rows = {row["id"]: row for row in map(json.loads, (out / "results.jsonl").read_text(encoding="utf-8").splitlines())}
    # What contradicts is read in one way of asking only, and no entry sees the other's passages.
    for key, row in rows.items():
        assert {document.split("/")[1] for document in row["retrieved"]} == {key.split("/")[0]}
        assert any("positive_wrong" in document for document in row["retrieved"]) is (key == "0/conflict")
        assert any("positive/" in document for document in row["retrieved"]) is not key.endswith("rejection")
    assert {
        key: row["figures"].keys() & {"accuracy", "rejection", "conflict_detected"} for key, row in rows.items()
    } == {
        "0/noise": {"accuracy"},
        "0/rejection": {"rejection"},
        "0/conflict": {"conflict_detected"},
        "1/noise": {"accuracy"},
        "1/rejection": {"rejection"},
    }
    assert rows["0/rejection"]["abstained"] is True
    assert (rows["0/noise"]["right"], rows["0/rejection"]["right"]) == (True, False)


@pytest.mark.usefixtures("weightless")
def test_a_bench_is_asked_as_often_as_one_likes(tmp_path: Path) -> None:
    dataset: Dataset = load_dataset(documents(tmp_path / "mine"))
    with prepared(dataset, llm="none") as bench:
        first, again = (bench.ask_all(dataset.questions, answers=True) for _ in range(2))
    assert [(result.answer, result.retrieved) for result in first] == [(r.answer, r.retrieved) for r in again]


def test_settings_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.evaluation.run.load_settings", lambda overrides: pytest.fail(str(overrides)))
    with pytest.raises(pytest.fail.Exception, match="'reader': 'trained', 'llm': None, 'kb'"):
        evaluate(documents(tmp_path / "mine"), reader="trained", llm=None)


@pytest.mark.usefixtures("weightless")
def test_a_folder_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        evaluate(documents(tmp_path / "mine"), llm="none", out=write(tmp_path / "file", "x"), kb=tmp_path / "kb")
    assert not (tmp_path / "kb").exists()


def test_a_decimal_point_is_part_of_its_number() -> None:
    assert contains("It is 3.5 percent.", ["3.5 percent"])
    assert not contains("It is 3.5 percent.", ["35 percent"])


def test_questions_alone_are_asked_of_what_is_there(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path / "kb")
    leave = tmp_path / "kb" / "docs" / "leave.md"
    asked = [
        {"id": "1", "question": "How many days of annual leave?", "answers": ["27 days"], "gold": ["kb/docs/leave.md"]},
        {"id": "2", "question": "Who is responsible for it?", "answers": ["A"], "gold": [str(leave), "s3://b/x"]},
        {"id": "3", "question": "", "answers": [], "gold": []},
    ]
    path = write(tmp_path / "mine.json", asked)
    dataset = load_dataset(path)
    assert (dataset.name, dataset.kind, dataset.folder, dataset.documents) == ("mine", "questions", None, ())
    assert [question.gold for question in dataset.questions] == [{str(leave)}, {str(leave), "s3://b/x"}, set()]
    before = base.digest()
    told: list[tuple[int, int]] = []
    with base:
        figures = base.evaluate(path, out=tmp_path / "out", asked=lambda *done: told.append(done))
        assert base.digest() == before
        hidden = base.evaluate(path, viewer=Viewer("eve"), answers=False)
    assert (figures["dataset"], figures["questions"], figures["contains"]) == ("mine", 3, 0.5)
    assert "index_seconds" not in figures
    assert "accuracy" not in hidden
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert json.loads((tmp_path / "out" / "figures.json").read_text()) == figures
    assert "Who is responsible" in (tmp_path / "out" / "report.html").read_text()
    with pytest.raises(DatasetError, match="--kb"):
        evaluate(path)


def test_questions_alone_by_the_command(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path / "kb")
    base.close()
    asked = [{"id": "1", "question": "How many days of leave?", "answers": ["27 days"], "gold": ["kb/docs/leave.md"]}]
    path = write(tmp_path / "mine.json", asked)
    figures = evaluate(path, kb=tmp_path / "kb", embedder="hash", llm="none", reader="none")
    assert figures["recall@1"] == 1.0
