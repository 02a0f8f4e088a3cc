"""The MCP server as an assistant starts it, with the built-in weights, over the example documents."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

import rag

ROOT = Path(rag.__file__).parents[1]
QUESTION = "What IP rating does the Skerry 40 have?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, documents: Path) -> Path:
    """Return a knowledge base of the example documents."""
    made = tmp_path_factory.mktemp("mcp") / "kb"
    with rag.open(made, llm="none") as kb:
        kb.sync(documents)
    return made


def test_an_assistant_searches_and_asks(folder: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "WELLSPRING_LLM": "none", "PYTHONPATH": str(ROOT)}
    command = ["-m", "rag.cli", "mcp", "--kb", str(folder)]
    server = StdioServerParameters(command=sys.executable, args=command, env=environment, cwd=tmp_path)

    async def main() -> None:
        with (tmp_path / "errors").open("w") as errors:
            async with Client(stdio_client(server, errlog=errors)) as client:
                tools = (await client.list_tools()).tools
                assert [tool.name for tool in tools] == ["ask_documents", "search_documents"]
                found = await client.call_tool("search_documents", {"query": QUESTION})
                assert not found.is_error
                assert "IP68" in found.content[0].text
                told = await client.call_tool("ask_documents", {"question": QUESTION})
                assert not told.is_error
                answer = rag.Answer.from_dict(told.structured_content)
                assert "IP68" in answer.answer
                (citation, *_) = answer.citations
                assert "IP68" in citation.quote
                assert f"[{citation.number}] {citation.title}" in told.content[0].text
                assert citation.document in told.content[0].text
                assert citation.document in [hit["document"] for hit in found.structured_content["hits"]]

    asyncio.run(main())
