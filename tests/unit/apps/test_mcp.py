"""The MCP server, as a client sees it: in this process, and as a process of its own on standard input and output."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from helpers.bases import small_base
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent

import rag
from apps.mcp.command import mcp
from apps.mcp.server import make_server

ROOT = Path(rag.__file__).parents[1]
TEXTS = {
    "bt3.md": "# BT3\n\nThe BT3 costs 1850 pounds. The BT3 weighs 3 kilograms.\n",
    "secret & more.md": "# Falcon\n\nThe Falcon costs 77 pounds. The Falcon project is led by Mara Quist.\n",
}
ANN, EVE = rag.Viewer("ann"), rag.Viewer("eve", frozenset({"board"}))
QUESTION, SECRET = "How much does the BT3 cost?", "How much does the Falcon cost?"
SERVE = "from apps.mcp.command import mcp; mcp()"


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[rag.Wellspring]:
    base, _ = small_base(tmp_path, TEXTS, readers={"secret & more.md": ["group:board"]})
    with base:
        yield base


def talk(
    kb: rag.Wellspring,
    viewer: rag.Viewer,
    does: Callable[[Client], Awaitable[None]],
    mode: str = "auto",
    within: list[str] | None = None,
) -> None:
    async def main() -> None:
        async with Client(make_server(kb, viewer, within), mode=mode) as client:
            await does(client)

    asyncio.run(main())


async def told(client: Client, tool: str, **arguments: object) -> str:
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert isinstance(content, TextContent)
    return f"error: {content.text}" if result.is_error else content.text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_tools(kb, tmp_path, mode) -> None:
    async def does(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["ask_documents", "search_documents"]
        assert [tool.input_schema["required"] for tool in tools] == [["question"], ["query"]]
        result = await client.call_tool("ask_documents", {"question": QUESTION})
        answer = rag.Answer.from_dict(result.structured_content)
        assert "1850" in answer.answer
        assert result.content[0].text == answer.as_text()
        assert f"[1] BT3 ({tmp_path}/docs/bt3.md)" in result.content[0].text
        hits = (await client.call_tool("search_documents", {"query": QUESTION})).structured_content["hits"]
        assert hits[0]["title"] == "BT3"

    talk(kb, ANN, does, mode)


def test_each_server_has_its_viewer(kb) -> None:
    async def ann(client: Client) -> None:
        assert "77 pounds" not in await told(client, "ask_documents", question=SECRET)
        assert "Falcon" not in await told(client, "search_documents", query=SECRET)
        listed = (await client.list_resources()).resources
        assert [resource.name for resource in listed] == ["BT3"]
        hidden = listed[0].uri.replace("docs%2Fbt3.md", "docs-secret%20%26%20more.md%2Fsecret%20%26%20more.md")
        for uri in (hidden, listed[0].uri + "x", "file:///etc/passwd", "wellspring:///..%2F..%2Fetc%2Fpasswd"):
            with pytest.raises(MCPError, match="there is no document"):
                await client.read_resource(uri)

    async def eve(client: Client) -> None:
        assert "77 pounds" in await told(client, "ask_documents", question=SECRET)
        uris = [resource.uri for resource in (await client.list_resources()).resources]
        texts = [(await client.read_resource(uri)).contents[0].text for uri in uris]
        assert sorted("Mara Quist" in text for text in texts) == [False, True]

    talk(kb, ANN, ann)
    talk(kb, EVE, eve)


def test_a_server_may_keep_to_some_documents(kb) -> None:
    everything: list[str] = []

    async def all_of_it(client: Client) -> None:
        everything.extend(resource.uri for resource in (await client.list_resources()).resources)

    async def some(client: Client) -> None:
        assert "77 pounds" not in await told(client, "ask_documents", question=SECRET)
        assert "Falcon" not in await told(client, "search_documents", query=SECRET)
        (resource,) = (await client.list_resources()).resources
        assert resource.name == "BT3"
        (other,) = set(everything) - {resource.uri}
        with pytest.raises(MCPError, match="there is no document"):
            await client.read_resource(other)

    talk(kb, EVE, all_of_it)

    async def nothing(client: Client) -> None:
        assert (await client.list_resources()).resources == []
        assert "no document or folder" in await told(client, "ask_documents", question=QUESTION)

    talk(kb, EVE, some, within=["bt3.md"])
    talk(kb, EVE, nothing, within=["gone.md"])


def test_bad_calls(kb) -> None:
    async def does(client: Client) -> None:
        assert await told(client, "ask_documents") == "error: ask_documents takes question, as text"
        assert await told(client, "search_documents", query=["a"]) == "error: search_documents takes query, as text"
        assert await told(client, "search_documents", query="") == "Nothing was found."
        assert "ask a question" in await told(client, "ask_documents", question=" ")
        assert await told(client, "ask_documents", question="\ud7ff\0" * 9000)
        with pytest.raises(MCPError, match="no tool 'delete'"):
            await client.call_tool("delete", {})
        with pytest.raises(MCPError, match="cursor"):
            await client.list_resources(cursor="x")

    talk(kb, ANN, does)


def test_many_documents_come_in_pages(kb, monkeypatch) -> None:
    monkeypatch.setattr("apps.mcp.server._PAGE", 1)

    async def does(client: Client) -> None:
        first = await client.list_resources()
        second = await client.list_resources(cursor=first.next_cursor)
        assert len({resource.uri for page in (first, second) for resource in page.resources}) == 2
        assert second.next_cursor is None

    talk(kb, EVE, does)


def test_failures_are_told_plainly_and_logged(tmp_path, caplog) -> None:
    base, _ = small_base(tmp_path, TEXTS)

    class Broken(type(base)):
        def ask(self, question: str, *, viewer: rag.Viewer = ANN) -> rag.Answer:
            raise {"a": rag.RagError("the chat model failed"), "v": ValueError("secret value")}.get(
                question, RuntimeError("secret detail")
            )

        async def aask(self, question: str, **options: Any) -> rag.Answer:
            return self.ask(question)

    base.__class__ = Broken

    async def does(client: Client) -> None:
        assert await told(client, "ask_documents", question="a") == "error: the chat model failed"
        for question in ("x", "v"):
            told_of = await told(client, "ask_documents", question=question)
            assert told_of == "error: the server failed; its log says why"

    with base:
        talk(base, ANN, does)
    assert "secret detail" in caplog.text
    assert "secret value" in caplog.text


def test_over_standard_input_and_output(kb, tmp_path) -> None:
    """What anything prints goes to standard error, not among the messages."""
    noisy = (
        "import rag; found = rag.Wellspring.documents\n"
        "def documents(*given, **named): print('noise', flush=True); return found(*given, **named)\n"
        f"rag.Wellspring.documents = documents\n{SERVE}"
    )
    environment = {"WELLSPRING_EMBEDDER": "hash", "WELLSPRING_LLM": "none", "WELLSPRING_READER": "none"}
    command = ["-c", noisy, "--kb", str(tmp_path), "--viewer", "eve,board"]
    server = StdioServerParameters(command=sys.executable, args=command, env=environment, cwd=ROOT)
    strays: list[object] = []

    async def keep(message: object) -> None:
        strays.append(message)

    async def main() -> None:
        with (tmp_path / "errors").open("w") as errors:
            async with Client(stdio_client(server, errlog=errors), message_handler=keep) as client:
                assert len((await client.list_tools()).tools) == 2
                both = await asyncio.gather(
                    told(client, "ask_documents", question=SECRET), told(client, "search_documents", query=QUESTION)
                )
                assert "77 pounds" in both[0]
                assert "1850 pounds" in both[1]
                assert len((await client.list_resources()).resources) == 2

    asyncio.run(main())
    assert strays == []
    assert (tmp_path / "errors").read_text() == "noise\n"


def test_bad_use(tmp_path) -> None:
    missing = CliRunner().invoke(mcp, ["--kb", str(tmp_path / "nothing")])
    assert missing.exit_code == 1
    assert "run 'rag index PATH' first" in missing.output
    assert CliRunner().invoke(mcp, ["--kb", str(tmp_path), "--viewer", ",hr"]).exit_code == 2


def test_a_missing_package_is_named(tmp_path) -> None:
    code = (
        f"import sys; sys.modules['mcp'] = sys.modules['mcp.server'] = None; sys.modules['mcp_types'] = None; {SERVE}"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (run.returncode, run.stderr) == (
        1,
        "Error: rag mcp needs the package 'mcp': pip install 'wellspring[mcp]'\n",
    )


def test_the_command_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["entry-points"]["wellspring.commands"]["mcp"].partition(":")
    assert getattr(import_module(module), name) is mcp
