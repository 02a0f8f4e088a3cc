"""The built-in models themselves, on the example documents."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

import rag
from rag.evaluation import evaluate
from rag.llms import open_chat_model
from rag.llms.local import LocalChatModel
from rag.llms.transformers import TransformersEngine
from rag.models import LLM, ModelCache
from rag.sdk import Wellspring
from rag.settings import load_settings

EXAMPLES = Path(rag.__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wellspring]:
    """The example documents, indexed with the built-in embedder, asked with the built-in chat model."""
    with rag.open(tmp_path_factory.mktemp("kb"), llm="builtin", embedder="builtin") as opened:
        (report,) = opened.sync(EXAMPLES / "documents")
        assert report.failed == 0
        yield opened


@pytest.mark.parametrize(
    ("question", "language", "held"),
    [
        ("I am starting in the Dundee office this year. How many days of annual leave do I get?", "en", "27"),
        ("青溪湖示范项目是谁牵头的？", "zh", "宋知遥"),
    ],
)
def test_answers_are_cited_verbatim(base: Wellspring, question: str, language: str, held: str) -> None:
    answer = base.ask(question)
    assert answer.language == language
    assert not answer.abstained, answer
    assert held in answer.answer
    assert answer.citations
    for citation in answer.citations:
        document = base.document(citation.document)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote


def test_streaming_drafts(base: Wellspring) -> None:
    found, *drafts, final = base.stream("How many days of annual leave do employees in Dundee get?")
    assert isinstance(found, rag.Found)
    assert drafts
    assert all(isinstance(draft, rag.Draft) for draft in drafts)
    assert isinstance(final, rag.Final)


def test_who_stops_reading_stops_the_model(base: Wellspring) -> None:
    events = base.stream("What is the IP rating of the Skerry 40?")
    assert len(list(islice(events, 2))) == 2
    events.close()  # type: ignore[attr-defined]
    assert base.ask("What is the IP rating of the Skerry 40?").answer


def test_transformers_opens_the_same_file() -> None:
    model = open_chat_model("builtin", models=ModelCache(load_settings().models), runtime="transformers", max_tokens=8)
    assert isinstance(model, LocalChatModel)
    assert isinstance(model.engine, TransformersEngine)
    assert model.engine.name.startswith(LLM.name)
    pieces = [str(chunk.text) for chunk in model.stream("What is the capital of France?")]
    assert "".join(pieces).strip()
    assert len(pieces) > 1


def test_the_examples_keep_above_the_floor(tmp_path: Path) -> None:
    figures = evaluate(EXAMPLES, llm="none", out=tmp_path)
    assert figures["accuracy"] >= 0.6, json.dumps(figures)
    assert figures["rejection"] >= 0.6, json.dumps(figures)
