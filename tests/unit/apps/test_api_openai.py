"""The routes under /v1, which clients of OpenAI's API call."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from helpers.api import LEAVE, company, events, message, served

import rag
from apps.api.words import count, cut, pieces
from rag.prompts import reply

USER = {"role": "user", "content": LEAVE}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Wellspring]:
    base, _ = company(tmp_path_factory.mktemp("openai"), replies=["Employees get a hundred days. [1]"])
    with base:
        yield base


@pytest.fixture(scope="module")
def client(kb: rag.Wellspring) -> Iterator[TestClient]:
    with served(kb) as client:
        yield client


def chat(client: TestClient, *messages: dict[str, Any], **parameters: Any) -> Any:
    body = {"model": "wellspring", "messages": list(messages or [USER]), **parameters}
    return client.post("/v1/chat/completions", json=body)


def test_an_answer_in_openais_shape(client: TestClient) -> None:
    done = chat(client).json()
    assert done["object"] == "chat.completion"
    assert done["id"].startswith("chatcmpl-")
    (choice,) = done["choices"]
    assert choice["message"]["role"] == "assistant"
    assert "27 days" in choice["message"]["content"]
    assert "hundred" not in choice["message"]["content"]
    assert choice["finish_reason"] == "stop"
    assert done["usage"]["prompt_tokens"] == len(LEAVE.split())
    assert done["usage"]["total_tokens"] == done["usage"]["prompt_tokens"] + done["usage"]["completion_tokens"]
    extension = done["wellspring"]
    assert extension["citations"][0]["quote"] in "Employees in Dundee get 27 days of annual leave."
    assert (extension["abstained"], extension["sides"], extension["asked"], extension["notes"]) == (False, [], "", [])
    assert 0 <= extension["confidence"] <= 1


def test_a_stream_is_the_checked_answer_in_pieces(client: TestClient) -> None:
    whole = chat(client).json()
    sent = [data for _, data in events(chat(client, stream=True, stream_options={"include_usage": True}).text)]
    assert sent.pop() == "[DONE]"
    usage = sent.pop()
    assert usage["choices"] == []
    assert usage["usage"] == whole["usage"]
    assert {chunk["id"] for chunk in sent} == {usage["id"]}
    assert {chunk["object"] for chunk in sent} == {"chat.completion.chunk"}
    deltas = [chunk["choices"][0]["delta"] for chunk in sent]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert len(deltas) > 5
    assert "".join(delta.get("content", "") for delta in deltas) == whole["choices"][0]["message"]["content"]
    assert [chunk["choices"][0]["finish_reason"] for chunk in sent] == [None] * (len(sent) - 1) + ["stop"]
    assert sent[-1]["wellspring"]["citations"] == whole["wellspring"]["citations"]
    assert "usage" not in events(chat(client, stream=True).text)[0][1]


def test_follow_ups_work_from_the_messages(client: TestClient) -> None:
    first = chat(client).json()["choices"][0]["message"]
    done = chat(client, USER, first, {"role": "user", "content": "And in Tampere?"}).json()
    assert done["wellspring"]["asked"] == "How many days of annual leave do employees in Tampere get?"
    # And from there on, though nobody tells the server how the question before was understood.
    again = {"role": "user", "content": "And in Oulu?"}
    done = chat(client, USER, first, {"role": "user", "content": "And in Tampere?"}, first, again).json()
    assert done["wellspring"]["asked"] == "How many days of annual leave do employees in Oulu get?"
    assert chat(client, {"role": "user", "content": "And in Oulu?"}).json()["wellspring"]["asked"] == ""


def test_i_do_not_know_is_nothing_to_refer_to(kb: rag.Wellspring) -> None:
    talk = kb.conversation()
    talk.recall("Who leads the Skerry 40?", reply("en", "unknown"))
    talk.recall(LEAVE, "27 days")
    assert [turn.answer.abstained for turn in talk.turns] == [True, False]


def test_parts_of_text_are_read(client: TestClient) -> None:
    parts = [{"type": "text", "text": LEAVE}]
    assert "27 days" in chat(client, {"role": "user", "content": parts}).text


def test_system_messages_are_told_to_have_no_effect(client: TestClient) -> None:
    done = chat(client, {"role": "system", "content": "Say it as a pirate."}, USER).json()
    assert "27 days" in done["choices"][0]["message"]["content"]
    assert "System messages" in done["wellspring"]["notes"][0]


def test_length_and_stops_are_honoured(client: TestClient) -> None:
    whole = chat(client).json()["choices"][0]["message"]["content"]
    (choice,) = chat(client, max_tokens=3).json()["choices"]
    assert choice["finish_reason"] == "length"
    assert whole.startswith(choice["message"]["content"])
    assert len(choice["message"]["content"].split()) == 3
    assert chat(client, max_completion_tokens=2, max_tokens=9).json()["usage"]["completion_tokens"] == 2
    assert chat(client, max_tokens=1000).json()["choices"][0]["finish_reason"] == "stop"
    (choice,) = chat(client, stop=["days", "annual"]).json()["choices"]
    assert choice["message"]["content"] == whole[: whole.index("days")]
    sent = [data for _, data in events(chat(client, max_tokens=3, stream=True).text)]
    assert sent[-2]["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize(
    "parameters",
    [
        {
            "n": 1,
            "user": "ann",
            "metadata": {"a": "b"},
            "logprobs": False,
            "tools": [],
            "response_format": {"type": "text"},
        },
        {"temperature": 0, "top_p": 0.1, "seed": 7, "presence_penalty": 0, "frequency_penalty": 0.0, "logit_bias": {}},
        {"temperature": None, "max_tokens": None, "stop": None, "n": None, "tools": None, "stream": None},
    ],
)
def test_what_changes_nothing_is_taken(client: TestClient, parameters: dict[str, Any]) -> None:
    assert chat(client, **parameters).status_code == 200


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("n", 2),
        ("n", True),
        ("tools", [{"type": "function", "function": {"name": "f"}}]),
        ("functions", [{"name": "f"}]),
        ("tool_choice", "required"),
        ("response_format", {"type": "json_object"}),
        ("logprobs", True),
        ("top_logprobs", 3),
        ("presence_penalty", 1),
        ("frequency_penalty", -0.5),
        ("logit_bias", {"50256": -100}),
        ("modalities", ["text", "audio"]),
        ("audio", {"voice": "alloy"}),
        ("reasoning_effort", "high"),
        ("web_search_options", {}),
        ("verbosity", "low"),
        ("store", True),
        ("stream_options", {"include_usage": True}),
        ("temperature", 3),
        ("temperature", "warm"),
        ("max_tokens", 0),
        ("stop", ["a", "b", "c", "d", "e"]),
        ("stream", "yes"),
        ("made_up", 1),
    ],
)
def test_what_cannot_be_honoured_is_refused(client: TestClient, parameter: str, value: Any) -> None:
    refused = chat(client, **{parameter: value})
    assert parameter in message(refused, 400)
    assert refused.json()["error"]["param"].startswith(parameter)


@pytest.mark.parametrize(
    ("parameter", "value", "why"),
    [
        ("tools", [{"type": "function", "function": {"name": "f"}}], "answers from documents and calls no tools"),
        ("tool_choice", "required", "calls no tools"),
        ("n", 2, "one answer"),
        ("response_format", {"type": "json_object"}, "the field wellspring"),
        ("store", True, "send what came before"),
        ("verbosity", "low", "max_tokens"),
        ("made_up", 1, "no parameter"),
        ("stream_options", {"include_usage": True}, "set stream"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(client: TestClient, parameter: str, value: Any, why: str) -> None:
    said = message(chat(client, **{parameter: value}), 400)
    assert why in said
    assert "eave it out" in said or "eave them out" in said
    assert "can only be" not in said


def test_seed_and_top_p_need_a_cold_model(client: TestClient) -> None:
    assert "seed" in message(chat(client, temperature=0.5, seed=1), 400)
    assert "top_p" in message(chat(client, temperature=0.5, top_p=0.5), 400)


def test_a_temperature_that_the_model_does_not_have_is_told(client: TestClient) -> None:
    assert "temperature" in message(chat(client, temperature=0.5), 400)
    (error,) = (data for _, data in events(chat(client, temperature=0.5, stream=True).text) if "error" in data)
    assert "temperature" in error["error"]["message"]


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([], "messages"),
        ([{"role": "assistant", "content": "Hello"}], "last message"),
        ([USER, {"role": "assistant", "content": "Hello"}], "last message"),
        ([USER, {"role": "system", "content": "x"}], "last message"),
        ([{"role": "user", "content": " "}], "last message"),
        ([{"role": "user"}], "no content"),
        ([{"role": "wizard", "content": "x"}], "role"),
        ([{"role": "tool", "content": "x", "tool_call_id": "1"}, USER], "tools"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}], "text"),
        ([{"role": "user", "content": "x" * 4001}], "too long"),
        ("hello", "messages"),
    ],
)
def test_messages_that_cannot_be_answered_are_told(client: TestClient, messages: Any, says: str) -> None:
    body = {"model": "wellspring", "messages": messages}
    assert says in message(client.post("/v1/chat/completions", json=body), 400)


def test_models_are_listed_and_others_unknown(client: TestClient) -> None:
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["wellspring", "hash-64"]
    assert client.get("/v1/models/hash-64").json()["object"] == "model"
    message(client.get("/v1/models/gpt-5"), 404)
    for refused in (
        chat(client, model="gpt-5"),
        client.post("/v1/embeddings", json={"model": "text-embedding-3-small", "input": "x"}),
    ):
        assert "wellspring" in message(refused, 404) or "hash-64" in refused.text
        assert refused.json()["error"]["code"] == "model_not_found"


def test_embeddings_are_the_embedders(client: TestClient, kb: rag.Wellspring) -> None:
    texts = ["annual leave", "差旅"]
    wanted = kb.embedder.embed_passages(texts)
    done = client.post("/v1/embeddings", json={"model": "hash-64", "input": texts}).json()
    assert [vector["index"] for vector in done["data"]] == [0, 1]
    assert np.allclose([vector["embedding"] for vector in done["data"]], wanted)
    assert done["usage"] == {"prompt_tokens": 4, "total_tokens": 4}
    body = {"model": "hash-64", "input": texts[0], "encoding_format": "base64", "dimensions": 64}
    (vector,) = client.post("/v1/embeddings", json=body).json()["data"]
    assert np.allclose(np.frombuffer(base64.b64decode(vector["embedding"]), dtype="<f4"), wanted[0])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": [""]}, "input"),
        ({"input": [1, 2, 3]}, "input"),
        ({"input": ["x"] * 2049}, "input"),
        ({"dimensions": 32}, "64"),
        ({"encoding_format": "int8"}, "encoding_format"),
    ],
)
def test_what_cannot_be_embedded_is_told(client: TestClient, wrong: dict[str, Any], says: str) -> None:
    body = {"model": "hash-64", "input": "x", **wrong}
    assert says in message(client.post("/v1/embeddings", json=body), 400)


@pytest.mark.parametrize("text", ["", " ", "27 days [1]", "  a\n\nb  ", "一线城市550元。 ok", "\u3000x"])
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


def test_tokens_are_words_and_characters() -> None:
    assert count("一线城市 is ok") == 6
    assert cut("a b c d", most=2, stops=[]) == ("a b", "length")
    assert cut("a b c d", most=2, stops=["b"]) == ("a ", "stop")
    assert cut("a b", most=2, stops=["x"]) == ("a b", "stop")


def test_an_empty_base_says_so(tmp_path: Path) -> None:
    with rag.open(tmp_path, embedder="hash", llm="none") as base, served(base) as client:
        done = chat(client).json()
        assert done["wellspring"]["abstained"]
        assert done["choices"][0]["message"]["content"] == reply("en", "nothing")
        assert client.get("/api/graph/entities").json() == {"entities": []}
        assert client.get("/api/documents").json() == {"documents": [], "total": 0, "failed": []}
