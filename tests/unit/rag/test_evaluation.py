import json
from pathlib import Path
from typing import Any

import pytest
from helpers.make import pdf

from rag.errors import DatasetError
from rag.evaluation import evaluate
from rag.evaluation.datasets import CorpusConnector, load_dataset
from rag.evaluation.metrics import contains, exact_match, f1, recall


def write(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def multihop(folder: Path) -> Path:
    write(folder / "corpus.json", [{"title": "Orion", "text": "Orion is led by Mara."}, {"title": "M", "text": "Tea."}])
    write(
        folder / "questions.json",
        [
            {"id": 1, "split": "tune", "type": "hop", "question": "Who leads Orion?", "answers": ["Mara"], "gold": [0]},
            {"id": 2, "split": "test", "type": "hop", "question": "Tea?", "answers": ["a", "b"], "gold": [0, 1]},
        ],
    )
    return folder


def reading(path: Path) -> Path:
    def article(title: str, language: str, context: str, question: str, answer: str) -> dict[str, Any]:
        asked = [{"id": title, "question": question, "answers": [answer]}]
        return {"title": title, "language": language, "paragraphs": [{"context": context, "questions": asked}]}

    articles = [
        article("Annual_leave", "en", "Everyone gets 27 days of annual leave.", "How many days of leave?", "27 days"),
        article("住宿", "zh", "住宿上限为550元。", "住宿上限是多少？", "550元"),
    ]
    return write(path, articles)


def financebench(folder: Path) -> Path:
    (folder / "pdfs").mkdir(parents=True)
    (folder / "pdfs" / "3M.pdf").write_bytes(pdf(["Nothing here.", "Revenue was 35 million dollars."]))
    evidence = [{"page": 1, "text": "Revenue was 35 million dollars."}]
    asked = {"id": "f", "document": "3M.pdf", "question": "What was revenue?", "answer": "35", "evidence": evidence}
    write(folder / "questions.json", [asked])
    return folder


def documents(folder: Path) -> Path:
    write(folder / "documents" / "leave.md", "# Leave\n\nEmployees in Dundee get 27 days of annual leave.\n")
    write(folder / "documents" / "skerry.md", "# Skerry 40\n\nThe Skerry 40 is a radar gauge made by Acme.\n")
    write(
        folder / "questions.json",
        [
            {
                "id": "q1",
                "language": "en",
                "question": "How many days of annual leave do employees in Dundee get?",
                "answers": ["27 days"],
                "gold": ["documents/leave.md"],
            },
            {"id": "q2", "question": "Who invented the zeppelin?", "answers": [], "gold": [], "split": "test"},
        ],
    )
    return folder


def test_multihop(tmp_path: Path) -> None:
    dataset = load_dataset(multihop(tmp_path / "wiki"))
    assert (dataset.name, dataset.kind, dataset.folder) == ("wiki", "multihop", None)
    assert dataset.documents[0] == ("wiki/000000", "Orion", "Orion is led by Mara.")
    one, two = dataset.questions
    assert (one.id, one.text, one.answers, one.split, one.type) == ("1", "Who leads Orion?", ("Mara",), "tune", "hop")
    assert two.gold == {"wiki/000000", "wiki/000001"}


def test_reading(tmp_path: Path) -> None:
    dataset = load_dataset(reading(tmp_path / "squad.json"))
    assert (dataset.name, dataset.kind) == ("squad", "reading")
    assert dataset.documents[0] == ("squad/0000-000", "Annual leave", "Everyone gets 27 days of annual leave.")
    assert [question.split for question in dataset.questions] == ["test", "tune"]
    assert [question.gold for question in dataset.questions] == [{"squad/0000-000"}, {"squad/0001-000"}]


def test_financebench(tmp_path: Path) -> None:
    dataset = load_dataset(financebench(tmp_path / "fb"))
    document = str(tmp_path / "fb" / "pdfs" / "3M.pdf")
    assert (dataset.kind, dataset.folder, dataset.documents) == ("financebench", tmp_path / "fb" / "pdfs", ())
    (question,) = dataset.questions
    assert (question.gold, question.pages, question.answers) == ({document}, {(document, 2)}, ("35",))


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


@pytest.mark.parametrize("value", ["", "{", "{}", "[1]", '[{"title": "x"}]', '[{"title": "x", "paragraphs": [{}]}]'])
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


@pytest.fixture
def weightless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLSPRING_EMBEDDER", "hash")


@pytest.mark.usefixtures("weightless")
def test_evaluating_documents(tmp_path: Path) -> None:
    figures = evaluate(documents(tmp_path / "mine"), llm="none", out=tmp_path / "out")
    assert (figures["dataset"], figures["questions"]) == ("mine", 2)
    assert figures["recall@1"] == figures["recall@10"] == 1.0
    assert figures["accuracy"] == figures["contains"] == figures["citation_precision"] == figures["rejection"] == 1.0
    assert figures["abstained"] == 0.5
    assert 0 < figures["f1"] < 1
    assert {"index_seconds", "query_ms_p50", "query_ms_p95", "seconds_per_question", "em"} <= figures.keys()
    assert json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8")) == figures
    rows = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["abstained"]) for row in rows] == [("q1", False), ("q2", True)]
    assert "27 days" in rows[0]["answer"]


@pytest.mark.usefixtures("weightless")
def test_evaluating_retrieval_alone(tmp_path: Path) -> None:
    figures = evaluate(multihop(tmp_path / "wiki"), llm="none", kb=tmp_path / "kb")
    assert (figures["recall@2"], figures["recall@20"]) == (1.0, 1.0)
    assert not {"em", "f1", "abstained", "seconds_per_question"} & figures.keys()
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


def test_a_decimal_point_is_part_of_its_number() -> None:
    assert contains("It is 3.5 percent.", ["3.5 percent"])
    assert not contains("It is 3.5 percent.", ["35 percent"])
