"""``rag serve`` as a process, over the example documents with the built-in models, and the clients that people use."""

from __future__ import annotations

import http.client
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
from helpers.serve import call, served, status
from langchain_core.messages import AIMessage, HumanMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

import rag
from apps.api.keys import SCOPES, Keys
from apps.api.load import measure

ROOT = Path(__file__).parents[2]
QUESTION = "What IP rating does the Skerry 40 have?"
ANSWER = "IP68"
CHINESE = "一线城市住宿标准上限是多少？"
UNANSWERABLE = "How many tonnes of carbon dioxide did our business flights cause in 2025?"
ASKERS = 50
SECONDS = 10.0
MEMORY_GROWTH = 600 * 2**20
"""Bytes that fifty askers may add to what the server holds once it is warm."""
BOARD = rag.Viewer("eve", frozenset({"board"}))


class Company:
    """A server with keys, over the example documents and one that is the board's."""

    def __init__(self, url: str, child: subprocess.Popen[str], folder: Path) -> None:
        self.url = url
        self.child = child
        keys = Keys(folder)
        plain = sorted(SCOPES.keys() - {"admin"})
        self.key = keys.create("bot", scopes=plain, rate="1000000/minute")[1]
        self.board = keys.create("board", scopes=plain, viewer=BOARD)[1]
        self.rare = keys.create("rare", rate="2/hour")[1]
        keys.close()

    def client(self, key: str = "", **options: Any) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=key or self.key, max_retries=0, timeout=300, **options)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    place = tmp_path_factory.mktemp("api")
    documents = shutil.copytree(ROOT / "examples" / "documents", place / "documents")
    hidden = place / "board"
    hidden.mkdir()
    (hidden / "merger.md").write_text(
        "# Project Falcon\n\nThe Falcon merger costs 77 million pounds.\n", encoding="utf-8"
    )
    folder = place / "kb"
    with rag.open(folder) as kb:
        kb.sync(documents)
        kb.sync(hidden, readers=["group:board"])
    keys = Keys(folder)
    # One key before the server starts: from then on every request needs one.
    keys.create("first")
    keys.close()
    with served(folder) as (child, url):
        yield Company(url, child, folder)
        child.terminate()
        assert child.wait(60) == 0
        assert child.stderr is not None
        assert "Traceback" not in child.stderr.read()


def test_the_openai_client_gets_answers_with_citations(company: Company) -> None:
    with company.client() as client:
        done = client.chat.completions.create(model="wellspring", messages=[{"role": "user", "content": QUESTION}])
        assert ANSWER in (done.choices[0].message.content or "")
        told = done.wellspring  # type: ignore[attr-defined]
        assert ANSWER in told["citations"][0]["quote"]
        assert not told["abstained"]
        assert told["confidence"] > 0.3
        quoted = told["citations"][0]
        text = call(company.url, f"/api/documents/text?id={quoted['document']}", key=company.key)["text"]
        assert text[quoted["start"] : quoted["end"]] == quoted["quote"]


def test_the_openai_client_streams_what_is_checked(company: Company) -> None:
    messages: Any = [{"role": "user", "content": CHINESE}]
    with company.client() as client:
        whole = client.chat.completions.create(model="wellspring", messages=messages).choices[0].message.content
        with client.chat.completions.create(
            model="wellspring", messages=messages, stream=True, stream_options={"include_usage": True}
        ) as stream:
            chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole
    assert "550" in (whole or "")
    assert chunks[-1].usage is not None
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-2].wellspring["citations"]  # type: ignore[attr-defined]


def test_the_openai_client_is_told_what_is_wrong(company: Company) -> None:
    messages: Any = [{"role": "user", "content": QUESTION}]
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": {}}}
    with company.client() as client:
        with pytest.raises(openai.NotFoundError, match="no model 'gpt-5'"):
            client.chat.completions.create(model="gpt-5", messages=messages)
        with pytest.raises(openai.BadRequestError, match="tools is not supported"):
            client.chat.completions.create(model="wellspring", messages=messages, tools=[tool])
        with pytest.raises(openai.BadRequestError, match="n is not supported"):
            client.chat.completions.create(model="wellspring", messages=messages, n=2)
        assert {model.id for model in client.models.list()} >= {"wellspring"}
    with company.client("ws_1234_wrong") as client, pytest.raises(openai.AuthenticationError, match="not known"):
        client.models.list()
    with company.client(company.rare) as client:
        client.models.list()
        client.models.list()
        with pytest.raises(openai.RateLimitError) as limited:
            client.models.list()
        assert int(limited.value.response.headers["Retry-After"]) > 0


def test_the_openai_client_gets_the_embedders_vectors(company: Company) -> None:
    with company.client() as client:
        name = next(model.id for model in client.models.list() if model.id != "wellspring")
        texts = ["annual leave", "days of holiday", "radar gauge"]
        # The client asks for base64 where it is not told otherwise.
        packed = [item.embedding for item in client.embeddings.create(model=name, input=texts).data]
        plain = [
            item.embedding for item in client.embeddings.create(model=name, input=texts, encoding_format="float").data
        ]
    assert packed[0] == pytest.approx(plain[0], abs=1e-6)

    def cosine(one: list[float], other: list[float]) -> float:
        return sum(a * b for a, b in zip(one, other, strict=True))

    assert cosine(plain[0], plain[0]) == pytest.approx(1, abs=1e-3)
    assert cosine(plain[0], plain[1]) > cosine(plain[0], plain[2])
    embedder = OpenAIEmbeddings(
        model=name, base_url=f"{company.url}/v1", api_key=company.key, check_embedding_ctx_length=False
    )
    assert embedder.embed_query(texts[0]) == pytest.approx(plain[0], abs=1e-5)


def test_langchain_talks_to_it(company: Company) -> None:
    model = ChatOpenAI(
        model="wellspring", base_url=f"{company.url}/v1", api_key=company.key, temperature=0, max_retries=0
    )
    first = HumanMessage("What IP rating does the Skerry 40 have?")
    reply = model.invoke([first])
    assert ANSWER in str(reply.text)
    assert reply.usage_metadata is not None
    follow_up = [first, AIMessage(str(reply.text)), HumanMessage("And the Skerry 20?")]
    assert "".join(str(chunk.text) for chunk in model.stream(follow_up)) == str(model.invoke(follow_up).text)


def test_an_unanswerable_question_is_not_answered(company: Company) -> None:
    told = call(company.url, "/api/ask", {"question": UNANSWERABLE}, company.key)
    assert told["abstained"]
    assert not told["citations"]


def test_what_a_key_may_not_read_is_not_there(company: Company) -> None:
    question = {"question": "How much does the Falcon merger cost?"}
    assert "77 million" in call(company.url, "/api/ask", question, company.board)["answer"]
    assert "77 million" not in json.dumps(call(company.url, "/api/ask", question, company.key))
    assert "Falcon" not in json.dumps(call(company.url, "/api/search", {**question, "k": 100}, company.key))
    assert "Falcon" not in json.dumps(call(company.url, "/api/documents", key=company.key))


def test_a_client_that_hangs_up_stops_the_work(company: Company) -> None:
    def cancelled() -> float:
        return metric(company, 'wellspring_answers_total{outcome="cancelled"}')

    before = cancelled()
    for streamed in (True, False):
        connection = http.client.HTTPConnection(urlsplit(company.url).netloc, timeout=60)
        body = json.dumps(
            {"question": "How do all the suppliers compare in price and in delivery?", "stream": streamed}
        )
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {company.key}"}
        connection.request("POST", "/api/ask", body, headers)
        connection.close()
    deadline = time.monotonic() + 30
    while cancelled() < before + 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert cancelled() == before + 2
    assert metric(company, "wellspring_requests_open") == 1


def metric(company: Company, name: str) -> float:
    request = urllib.request.Request(f"{company.url}/metrics", headers={"Authorization": f"Bearer {company.key}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as reply:
        lines = reply.read().decode().splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def test_fifty_askers_at_once(company: Company) -> None:
    entries = json.loads((ROOT / "examples" / "questions.json").read_text("utf-8"))
    questions = [entry["question"] for entry in entries if entry["answers"]][:8]
    measure(company.url, questions, askers=4, seconds=2, key=company.key)
    before = memory(company.child.pid)
    alone = [call(company.url, "/api/ask", {"question": question}, company.key)["answer"] for question in questions]
    figures = measure(company.url, questions, askers=ASKERS, seconds=SECONDS, key=company.key)
    assert figures.failures == []
    assert len(figures.whole) >= ASKERS
    assert memory(company.child.pid) - before < MEMORY_GROWTH
    again = [call(company.url, "/api/ask", {"question": question}, company.key)["answer"] for question in questions]
    assert again == alone


def memory(pid: int) -> int:
    """Return the bytes that a process has in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def test_conversations_at_once_keep_their_order(company: Company) -> None:
    """Each asker's follow-up is completed from that asker's own messages, whatever the others ask meanwhile."""
    from concurrent.futures import ThreadPoolExecutor

    places = {"Dundee": "Tampere", "Tampere": "Dundee"}

    def talk(place: str) -> str:
        question = f"How many days of annual leave do employees in {place} get?"
        first = call(company.url, "/api/ask", {"question": question}, company.key)
        history = [{"question": question, "answer": first["answer"]}]
        body = {"question": f"And in {places[place]}?", "history": history}
        asked: str = call(company.url, "/api/ask", body, company.key)["asked"]
        return asked

    with ThreadPoolExecutor(16) as pool:
        asked = list(pool.map(talk, [*places] * 16))
    assert asked == [f"How many days of annual leave do employees in {places[place]} get?" for place in [*places] * 16]


def test_an_upload_while_others_ask(company: Company) -> None:
    boundary = "xyzzy"
    text = "The Heron mast at Ardverikie is 9 metres tall."
    form = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="heron.txt"\r\n\r\n{text}\r\n'
        f"--{boundary}--\r\n"
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Authorization": f"Bearer {company.key}"}
    request = urllib.request.Request(f"{company.url}/api/documents?wait=120", form.encode(), headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=300) as reply:
        assert reply.status == 201
        (id,) = json.loads(reply.read())["documents"]
    answer = call(company.url, "/api/ask", {"question": "How tall is the Heron mast at Ardverikie?"}, company.key)
    assert "9 metres" in answer["answer"]
    call(company.url, f"/api/documents?id={id}", key=company.key, method="DELETE")
    with pytest.raises(urllib.error.HTTPError) as gone:
        call(company.url, f"/api/documents/text?id={id}", key=company.key)
    gone.value.close()
    assert gone.value.code == 404


def test_the_contract_holds_for_made_up_requests(tmp_path: Path) -> None:
    """Schemathesis makes requests up from the OpenAPI description, right ones and wrong ones."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "leave.md").write_text(
        "# Leave\n\nEmployees in Dundee get 27 days of leave.\n", encoding="utf-8"
    )
    folder = tmp_path / "kb"
    with rag.open(folder, embedder="hash", llm="none") as kb:
        kb.sync(tmp_path / "docs")
    keys = Keys(folder)
    # Without admin: made-up sources are places of this machine.
    _, key = keys.create("made up", scopes=SCOPES.keys() - {"admin"}, rate="1000000/minute")
    keys.close()
    # That a body is too large is told before it is read. That seed and top_p need temperature 0, and which files are
    # read, is more than a schema can say.
    (tmp_path / "schemathesis.toml").write_text(
        "[checks.negative_data_rejection]\nexpected-statuses = [400, 401, 403, 404, 405, 409, 413, 422]\n"
        + "".join(
            f'[[operations]]\ninclude-path = "{path}"\nchecks.positive_data_acceptance.enabled = false\n'
            for path in ("/v1/chat/completions", "/api/documents")
        ),
        encoding="utf-8",
    )
    with served(folder, "--llm", "none", env={"WELLSPRING_EMBEDDER": "hash"}) as (child, url):
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"),
            *("run", f"{url}/openapi.json", "--header", f"Authorization: Bearer {key}"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "5"),
            *("--seed", "1", "--continue-on-failure", "--no-color", "--generation-database", "none"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=1200)
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        assert re.search(r"\d{3,} generated", done.stdout), done.stdout[-2000:]
        assert child.poll() is None
        assert status(url, "/healthz") == 200


def test_one_person_at_this_machine_needs_no_set_up(tmp_path: Path) -> None:
    with served(tmp_path / "kb", "--llm", "none", env={"WELLSPRING_EMBEDDER": "hash"}) as (child, url):
        assert call(url, "/api/ask", {"question": "What is it?"})["abstained"]
        assert status(url, "/api/documents", Host="evil.example") == 403
        os.kill(child.pid, signal.SIGINT)
        assert child.wait(30) == 0
        assert child.stderr is not None
        assert "Traceback" not in child.stderr.read()


def test_others_are_not_served_without_a_key(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rag.cli", "serve", "--kb", str(tmp_path / "kb"), "--host", "0.0.0.0"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path, env=env)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "rag keys create" in done.stderr
    assert done.stdout == ""
