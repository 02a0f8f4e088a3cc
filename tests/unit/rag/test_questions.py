"""Questions proposed from English texts, and from a knowledge base."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.bases import small_base

from connectors import Viewer
from knowledge.extract.english.pipeline import EnglishPipeline
from rag.cli_train_questions import make_questions as command
from rag.errors import RagError
from rag.library import LOCAL
from rag.training.questions import Proposed, make_questions, pick, propose
from rag.training.questions_verbs import base_form, past_of

LIFE = (
    "Ann Lee (2 June 1904 – 10 June 1989) was a Norwegian film director and producer. She was born in Bergen. "
    'In 1931, Lee directed the drama "Cold Harbour". She moved to Chicago in 1946. The drama was written by Tom Birch.'
)
WORK = "The factory in Leith employs 340 people. Skerry Instruments opened a laboratory in Oslo in 2015."


@pytest.fixture(scope="module")
def pipeline() -> EnglishPipeline:
    return EnglishPipeline()


@pytest.fixture(scope="module")
def life(pipeline: EnglishPipeline) -> dict[str, str]:
    return {one.question: one.answer for one in propose(LIFE, "en", title="Ann Lee", pipeline=pipeline)}


@pytest.mark.parametrize(
    ("word", "lemma", "tag", "base"),
    [
        ("directed", "direct", "VBD", "direct"),
        ("wrote", "wrote", "VBD", "write"),
        ("has", "have", "VBZ", "have"),
        ("carries", "carry", "VBZ", "carry"),
        ("stopped", "stop", "VBD", "stop"),
        ("starred", "starre", "VBD", ""),
    ],
)
def test_a_lemma_counts_only_where_its_form_can_be_made_of_it(word, lemma, tag, base) -> None:
    assert base_form(word, lemma, tag) == base


def test_the_past_of_a_passive() -> None:
    assert [past_of(word) for word in ("written", "directed", "born")] == ["wrote", "directed", ""]


def test_pronouns_become_the_name(life) -> None:
    assert life["Where was Ann Lee born?"] == "Bergen"
    assert not any(word in question.split() for question in life for word in ("she", "She", "her"))


def test_lives_in_brackets(life) -> None:
    dates = {answer: question for question, answer in life.items()}
    assert "born" in dates["2 June 1904"] or "birth" in dates["2 June 1904"]
    assert "die" in dates["10 June 1989"] or "death" in dates["10 June 1989"]


def test_do_support(life) -> None:
    moved = [question for question, answer in life.items() if answer == "1946"]
    assert moved
    assert all(" did Ann Lee move" in question for question in moved)


def test_of_a_named_thing_its_kind_is_asked(life) -> None:
    (question,) = [question for question, answer in life.items() if answer == "Cold Harbour"]
    assert question.startswith("Which drama did Ann Lee direct")


def test_what_someone_is(life) -> None:
    assert life["What was Ann Lee's nationality?"] == "Norwegian"


def test_counts(pipeline: EnglishPipeline) -> None:
    found = {one.question: one for one in propose(WORK, "en", pipeline=pipeline)}
    asked = found["How many people does the factory in Leith employ?"]
    assert (asked.answer, asked.kind) == ("340", "count")


@pytest.mark.parametrize("title", ["Ann Lee", ""])
def test_offsets_and_bounds(pipeline: EnglishPipeline, title: str) -> None:
    found = list(propose(LIFE, "en", title=title, pipeline=pipeline))
    assert found
    for one in found:
        assert LIFE[one.start : one.end] == one.answer
        assert one.sentence_start <= one.start < one.end <= one.sentence_end
        assert LIFE[one.sentence_end - 1] == "."
        assert len(one.question.split()) <= 20
        assert len(one.answer.split()) <= 8
        assert one.question[0].isupper()
        assert one.question.endswith("?")


@pytest.mark.parametrize(
    "text",
    [
        "She was born in Bergen.",
        "The company moved to Oslo in 1946.",
        "He may have moved to Oslo in 1946.",
        "Ann Lee never moved to Oslo.",
        "Did Ann Lee move to Oslo in 1946?",
        "Ann Lee | Oslo | 1946.",
    ],
)
def test_what_is_not_said_plainly_is_not_asked(pipeline: EnglishPipeline, text: str) -> None:
    assert list(propose(text, "en", pipeline=pipeline)) == []


def test_the_same_text_gives_the_same_questions(pipeline: EnglishPipeline) -> None:
    first, second = (list(propose(LIFE, "en", title="Ann Lee", pipeline=pipeline)) for _ in range(2))
    assert first == second


def _one(start: int, kind: str) -> Proposed:
    return Proposed(f"What is {start}?", "x", start, start + 1, 0, 100, kind)


def test_pick_mixes_kinds_and_answers() -> None:
    proposed = [_one(1, "date"), _one(2, "date"), _one(3, "place"), _one(3, "object")]
    picked = pick(proposed, 3, seed="a")
    assert len(picked) == 3
    assert {one.kind for one in picked} >= {"date"}
    assert len({one.start for one in picked}) == 3
    assert picked == pick(list(reversed(proposed)), 3, seed="a") or len({one.kind for one in picked}) >= 2
    assert len(pick([_one(1, "definition"), _one(2, "definition")], 2, seed="a")) == 1


TEXTS = {
    "ann.md": f"# Ann Lee\n\n{LIFE}\n",
    "tom.md": "# Tom Birch\n\nTom Birch was born in Dundee in 1911. He wrote the drama Cold Harbour.\n",
    "copy.md": "# Tom Birch\n\nTom Birch was born in Dundee in 1911.\n",
    "pay.md": "# Mara Quist\n\nMara Quist was born in Leith in 1950.\n",
    "zh.md": "# 李明\n\n李明于1962年出生于上海。\n",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory):
    opened, _ = small_base(tmp_path_factory.mktemp("kb"), TEXTS, readers={"pay.md": ["group:hr"]})
    with opened:
        yield opened


def test_rows(base) -> None:
    rows = list(make_questions(base, viewer=LOCAL, most=50, seed=1))
    assert {row["language"] for row in rows} == {"en", "zh"}
    for row in rows:
        (answer,) = row["answers"]
        assert row["context"][answer["start"] :].startswith(answer["text"])
        assert row["quote"] in row["context"]
        assert answer["text"] in row["quote"]
        assert (row["source"], row["reviewed"]) == ("proposed", False)
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({row["question"] for row in rows}) == len(rows), "two documents say the same"


def test_what_a_viewer_may_not_read_is_not_asked(base) -> None:
    def titles(viewer: Viewer) -> set[str]:
        return {row["title"] for row in make_questions(base, viewer=viewer, most=50, seed=1)}

    assert "Mara Quist" not in titles(LOCAL)
    assert "Mara Quist" in titles(Viewer.parse("ann,hr"))


def test_documents_take_turns(base) -> None:
    rows = list(make_questions(base, viewer=LOCAL, most=6, seed=1))
    assert len(rows) == 6
    assert len({row["document"] for row in rows}) > 1
    assert rows == list(make_questions(base, viewer=LOCAL, most=6, seed=1))
    assert rows != list(make_questions(base, viewer=LOCAL, most=6, seed=2))


def test_progress(base) -> None:
    told: list[tuple[int, str]] = []
    made = list(make_questions(base, viewer=LOCAL, most=50, seed=1, progress=lambda *step: told.append(step)))
    assert {title for _, title in told} >= {"Ann Lee", "李明"}
    assert [count for count, _ in told] == sorted(count for count, _ in told)
    assert told[-1][0] <= len(made)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    base, _ = small_base(tmp_path / "kb", TEXTS)
    base.close()
    values = {"EMBEDDER": "hash", "LLM": "none", "KB": tmp_path / "kb", "MODELS": tmp_path / "models"}
    for name, value in values.items():
        monkeypatch.setenv(f"WELLSPRING_{name}", str(value))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_command(settings: Path) -> None:
    done = CliRunner().invoke(command, ["-n", "7"])
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in (settings / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 7
    assert done.output.startswith("7 questions from ")
    assert "rag train reader questions.jsonl" in done.output
    assert "date" in done.output


def test_command_as_json(settings: Path) -> None:
    done = CliRunner().invoke(command, ["--out", "deep/asked.jsonl", "--json"])
    told = json.loads(done.output)
    assert told["questions"] == sum(told["kinds"].values()) == sum(told["languages"].values())
    assert len((settings / "deep/asked.jsonl").read_text(encoding="utf-8").splitlines()) == told["questions"]


def test_command_keeps_what_was_reviewed(settings: Path) -> None:
    (settings / "questions.jsonl").write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(command, [])
    assert isinstance(done.exception, RagError)
    assert (settings / "questions.jsonl").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("Security corrections ended on 31 December 2025.", "did security corrections end?", "31 December 2025"),
        (
            "Employees in Dundee get 27 days of annual leave.",
            "How many days of annual leave do employees in Dundee get?",
            "27",
        ),
        ("Twelve people work in the Dundee workshop.", "How many people work in the Dundee workshop?", "Twelve"),
        ("Finished pumps are tested in Oslo.", "Where are finished pumps tested?", "Oslo"),
        (
            "Skerry Instruments must answer complaints within five days.",
            "how many days must Skerry Instruments",
            "five",
        ),
    ],
)
def test_company_sentences(pipeline: EnglishPipeline, text: str, question: str, answer: str) -> None:
    found = {one.question: one.answer for one in propose(text, "en", pipeline=pipeline)}
    assert [told for asked, told in found.items() if question in asked] == [answer], found
