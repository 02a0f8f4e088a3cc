"""The built-in models themselves, on the example documents."""

import json
import time
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


@pytest.fixture(scope="module")
def asking(base: Wellspring) -> Iterator[Wellspring]:
    """The same knowledge base, asked with the same weights named as a file: such a model is always asked, while the
    built-in one is left alone where the reader is sure.
    """
    weights = ModelCache(load_settings().models).weights(LLM)
    with rag.open(base.folder, llm=str(weights), embedder="builtin") as opened:
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


@pytest.mark.parametrize(
    "question", ["How many days of annual leave do employees in Dundee get?", "一线城市住宿上限是多少？"]
)
def test_the_model_streams_and_what_it_wrote_is_checked(asking: Wellspring, question: str) -> None:
    found, *drafts, final = asking.stream(question)
    assert isinstance(found, rag.Found)
    assert isinstance(final, rag.Final)
    pieces = [draft.text for draft in drafts if isinstance(draft, rag.Draft)]
    assert len(pieces) == len(drafts) > 1
    assert "".join(pieces).strip()
    # It ends its reply, and does not write the next turn itself.
    assert "assistant" not in "".join(pieces)
    answer = final.answer
    assert answer.timings["generate"] > 0
    assert answer.citations
    for citation in answer.citations:
        document = asking.document(citation.document)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote
    # Whatever it wrote, what is told is borne out: a quote, or its own words with a quote for each claim.
    assert answer.origin in ("model", "quote")
    others = {other.citation for other in answer.alternatives}
    assert all(f"[{one.number}]" in answer.answer for one in answer.citations if one.number not in others)


def test_the_built_in_model_is_left_alone_where_the_reader_is_sure(base: Wellspring) -> None:
    found, final = base.stream("How many days of annual leave do employees in Dundee get?")
    assert isinstance(found, rag.Found)
    assert isinstance(final, rag.Final)
    assert "27" in final.answer.answer
    assert "generate" not in final.answer.timings


def test_who_stops_reading_stops_the_model(asking: Wellspring) -> None:
    events = asking.stream("What is the IP rating of the Skerry 40?")
    found, draft = islice(events, 2)
    assert isinstance(found, rag.Found)
    assert isinstance(draft, rag.Draft)
    events.close()  # type: ignore[attr-defined]
    assert asking.ask("What is the IP rating of the Skerry 40?").answer


def test_asking_again_while_a_reply_streams(asking: Wellspring) -> None:
    question = "What is the IP rating of the Skerry 40?"
    events = asking.stream(question)
    _, draft = islice(events, 2)
    assert isinstance(draft, rag.Draft)
    again = asking.ask(question)
    *_, final = events
    assert isinstance(final, rag.Final)
    assert final.answer.answer == again.answer


def test_transformers_opens_the_same_file() -> None:
    model = open_chat_model("builtin", models=ModelCache(load_settings().models), runtime="transformers", max_tokens=8)
    assert isinstance(model, LocalChatModel)
    assert isinstance(model.engine, TransformersEngine)
    assert model.engine.name.startswith(LLM.name)
    pieces = [str(chunk.text) for chunk in model.stream("What is the capital of France?")]
    assert "".join(pieces).strip()
    assert len(pieces) > 1
    stream = model.stream("Tell me about France.", max_tokens=2000)
    next(stream)
    began = time.perf_counter()
    stream.close()  # type: ignore[attr-defined]
    assert time.perf_counter() - began < 10


def test_the_examples_keep_above_the_floor(tmp_path: Path) -> None:
    figures = evaluate(EXAMPLES, llm="none", out=tmp_path)
    assert figures["accuracy"] >= 0.6, json.dumps(figures)
    assert figures["rejection"] >= 0.6, json.dumps(figures)
