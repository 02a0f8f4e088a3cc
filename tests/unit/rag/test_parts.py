"""A knowledge base as parts of LangChain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.bases import small_base
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langchain_core.runnables import RunnableLambda
from pydantic import Field

from connectors import Viewer
from rag.records import Answer, Passage, SearchHit
from rag.sdk import Wellspring

TEXTS = {
    "bt3.md": "# BT3\n\nThe BT3 costs 1850 pounds. The BT3 weighs 3 kilograms.\n",
    "secret.md": "# Falcon\n\nThe Falcon costs 77 pounds. The Falcon project is led by Mara Quist.\n",
}
ANN, EVE = Viewer("ann"), Viewer("eve", frozenset({"board"}))
QUESTION, SECRET = "How much does the BT3 cost?", "How much does the Falcon cost?"


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[Wellspring]:
    base, _ = small_base(tmp_path, TEXTS, readers={"secret.md": ["group:board"]})
    with base:
        yield base


def test_retriever(kb, tmp_path) -> None:
    retriever = kb.as_retriever(viewer=ANN, k=1)
    (found,) = retriever.invoke(QUESTION)
    passage = found.metadata["passage"]
    assert isinstance(passage, Passage)
    assert "1850 pounds" in found.page_content == passage.text
    assert found.metadata["source"] == str(tmp_path / "docs" / "bt3.md")
    text = kb.document(found.metadata["source"]).text
    assert text[found.metadata["start"] : found.metadata["end"]] == found.page_content
    assert asyncio.run(retriever.ainvoke(QUESTION)) == [found]


def test_a_retriever_keeps_up_with_its_base_and_its_viewer(kb, tmp_path) -> None:
    ann, eve = (kb.as_retriever(viewer=viewer) for viewer in (ANN, EVE))
    assert not any("Falcon" in found.page_content for found in ann.invoke(SECRET))
    assert any("Falcon" in found.page_content for found in eve.invoke(SECRET))
    (tmp_path / "docs" / "new.md").write_text("# Osprey\n\nThe Osprey valve opens at 6 bar.\n")
    kb.sync()
    assert "Osprey" in ann.invoke("When does the Osprey valve open?")[0].page_content


def test_runnable(kb) -> None:
    ask = kb.as_runnable(viewer=ANN)
    answer = ask.invoke(QUESTION)
    assert isinstance(answer, Answer)
    assert "1850" in answer.answer
    chain = ask | RunnableLambda(lambda answer: answer.citations[0].title)
    assert chain.invoke({"question": QUESTION, "more": 1}) == "BT3"
    assert asyncio.run(chain.ainvoke(QUESTION)) == "BT3"
    assert "77" not in ask.invoke(SECRET).answer


def test_tools_tell_places_and_carry_records(kb, tmp_path) -> None:
    ask, search = kb.as_tools(viewer=ANN, k=1)
    told = ask.invoke(ToolCall(type="tool_call", id="1", name=ask.name, args={"question": QUESTION}))
    place = f"[1] BT3 ({tmp_path}/docs/bt3.md)"
    assert isinstance(told.artifact, Answer)
    assert told.content.splitlines()[-2:] == [place, "    “The BT3 costs 1850 pounds.”"]
    found = search.invoke(ToolCall(type="tool_call", id="2", name=search.name, args={"query": QUESTION}))
    assert found.content.startswith(f"{place}\n")
    assert [type(hit) for hit in found.artifact] == [SearchHit]
    assert asyncio.run(ask.ainvoke({"question": QUESTION})) == told.content
    assert asyncio.run(search.ainvoke({"query": QUESTION})) == found.content
    assert search.invoke({"query": ""}) == "Nothing was found."
    for tool in (ask, search):
        assert tool.args_schema.model_json_schema()["required"] == list(tool.args)
        assert "77" not in tool.invoke({next(iter(tool.args)): SECRET})


class ToolCaller(GenericFakeChatModel):
    """LangChain's fake, to which tools may be bound; what it is asked is kept."""

    asked: list[Any] = Field(default_factory=list)

    def bind_tools(self, tools: Sequence[Any], **options: Any) -> ToolCaller:
        self.asked.append([tool.name for tool in tools])
        return self


def test_an_agent_works_with_them(kb) -> None:
    calls = [
        ToolCall(type="tool_call", id="1", name="search_documents", args={"query": "BT3"}),
        ToolCall(type="tool_call", id="2", name="ask_documents", args={"question": QUESTION}),
    ]
    steps = [*(AIMessage(content="", tool_calls=[call]) for call in calls), AIMessage(content="1850 pounds [1]")]
    model = ToolCaller(messages=iter(steps))
    agent = create_agent(model, tools=kb.as_tools(viewer=ANN))
    messages = agent.invoke({"messages": [("user", QUESTION)]})["messages"]
    assert model.asked[0] == ["ask_documents", "search_documents"]
    found, answered = (message for message in messages if isinstance(message, ToolMessage))
    assert "1850 pounds" in found.content
    assert answered.artifact.citations[0].title == "BT3"
    assert messages[-1].content == "1850 pounds [1]"
