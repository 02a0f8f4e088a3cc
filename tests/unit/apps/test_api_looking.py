"""The graph, feedback, health and figures through the API."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from helpers.api import BOARD, LEAVE, SECRET, company, message, served

import rag
from apps.api.keys import Keys


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Wellspring]:
    base, _ = company(tmp_path_factory.mktemp("looking"))
    with base:
        yield base


@pytest.fixture(scope="module")
def client(kb: rag.Wellspring) -> Iterator[TestClient]:
    with served(kb) as client:
        yield client


def test_entities_are_searched(client: TestClient) -> None:
    found = client.get("/api/graph/entities", params={"contains": "rautala"}).json()["entities"]
    assert [entity["name"] for entity in found] == ["Aino Rautala"]
    assert client.get("/api/graph/entities", params={"contains": "quist"}).json() == {"entities": []}
    assert len(client.get("/api/graph/entities", params={"limit": 1}).json()["entities"]) == 1


def test_neighbours_and_paths_have_their_sentences(client: TestClient, kb: rag.Wellspring) -> None:
    near = client.get("/api/graph/neighbours", params={"name": "Morven Instruments"}).json()
    assert "Skerry 40" in {one["entity"]["name"] for one in near["neighbours"]}
    found = client.get("/api/graph/paths", params={"source": "Skerry 40", "target": "Morven Instruments"}).json()
    for evidence in (*near["relations"], *(step for path in found["paths"] for step in path)):
        document = kb.document(evidence["document"])
        assert document is not None
        assert document.text[evidence["start"] : evidence["end"]] == evidence["quote"]
    assert found["paths"]


def test_what_others_may_read_is_in_no_graph(client: TestClient, kb: rag.Wellspring, tmp_path: Path) -> None:
    assert kb.explore(viewer=BOARD).candidates("Mara Quist")
    for name in ("Mara Quist", "Nobody Atall"):
        assert name in message(client.get("/api/graph/neighbours", params={"name": name}), 404)
        message(client.get("/api/graph/paths", params={"source": name, "target": "Skerry 40"}), 404)
    keys = Keys(tmp_path)
    _, secret = keys.create("board", viewer=BOARD)
    with served(kb, keys=keys, key=secret) as board:
        near = board.get("/api/graph/neighbours", params={"name": "Mara Quist"})
        assert "Falcon" in near.text
    keys.close()


def test_feedback_is_kept_and_withdrawn(client: TestClient) -> None:
    answer = client.post("/api/ask", json={"question": LEAVE}).json()
    kept = client.post("/api/feedback", json={"answer": answer, "helpful": False, "comment": "It is 28."})
    assert kept.status_code == 201, kept.text
    (one,) = client.get("/api/feedback").json()["feedback"]
    assert (one["id"], one["question"], one["helpful"], one["comment"]) == (
        kept.json()["id"],
        LEAVE,
        False,
        "It is 28.",
    )
    assert one["answer"] == answer
    client.post("/api/feedback", json={"answer": answer, "helpful": True})
    (one,) = client.get("/api/feedback", params={"everyone": True}).json()["feedback"]
    assert one["helpful"]
    assert client.delete(f"/api/feedback/{one['id']}").json() == {"id": one["id"]}
    message(client.delete(f"/api/feedback/{one['id']}"), 404)
    assert client.get("/api/feedback").json() == {"feedback": []}


def test_feedback_of_another_viewer_is_not_there(kb: rag.Wellspring, tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    _, ann = keys.create("ann", viewer=rag.Viewer("ann"))
    _, eve = keys.create("eve", viewer=BOARD)
    with served(kb, keys=keys, key=ann) as client:
        answer = client.post("/api/ask", json={"question": LEAVE}).json()
        id = client.post("/api/feedback", json={"answer": answer, "helpful": True}).json()["id"]
        message(client.get("/api/feedback", params={"everyone": True}), 403)
        client.headers["Authorization"] = f"Bearer {eve}"
        assert client.get("/api/feedback").json() == {"feedback": []}
        message(client.delete(f"/api/feedback/{id}"), 404)
    keys.close()


def test_who_may_only_ask_sends_feedback_and_sees_none(kb: rag.Wellspring, tmp_path: Path) -> None:
    """The key of a public page: all its visitors are one viewer."""
    keys = Keys(tmp_path)
    _, site = keys.create("site", viewer=rag.Viewer("visitor"), scopes=["ask"])
    _, clerk = keys.create("clerk", viewer=rag.Viewer("visitor"), scopes=["feedback"])
    with served(kb, keys=keys, key=site) as client:
        answer = client.post("/api/ask", json={"question": LEAVE}).json()
        id = client.post("/api/feedback", json={"answer": answer, "helpful": True}).json()["id"]
        assert "feedback" in message(client.get("/api/feedback"), 403)
        message(client.delete(f"/api/feedback/{id}"), 403)
        client.headers["Authorization"] = f"Bearer {clerk}"
        assert [one["id"] for one in client.get("/api/feedback").json()["feedback"]] == [id]
        assert client.delete(f"/api/feedback/{id}").status_code == 200
    keys.close()


def test_feedback_is_listed_in_parts_and_has_an_end(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client.post("/api/ask", json={"question": LEAVE}).json()

    def send(number: int) -> Any:
        body = {"answer": {**answer, "question": f"Question {number}?"}, "helpful": True}
        return client.post("/api/feedback", json=body)

    ids = [send(number).json()["id"] for number in range(102)]
    listed = [one["id"] for one in client.get("/api/feedback").json()["feedback"]]
    assert listed == ids[:1:-1]
    rest = client.get("/api/feedback", params={"offset": 99, "limit": 2}).json()["feedback"]
    assert [one["id"] for one in rest] == [ids[2], ids[1]]
    message(client.get("/api/feedback", params={"limit": 0}), 400)
    monkeypatch.setattr("rag.journal.journal._MOST_RATINGS", 102)
    assert "no more" in message(send(102), 429)
    assert send(7).status_code == 201
    for id in ids:
        client.delete(f"/api/feedback/{id}")
    assert send(102).status_code == 201
    client.delete(f"/api/feedback/{client.get('/api/feedback').json()['feedback'][0]['id']}")


def test_not_even_an_operator_reads_feedback_on_what_is_not_theirs(kb: rag.Wellspring, tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    _, operator = keys.create("operator", viewer=rag.Viewer("ann"), scopes=["admin"])
    _, eve = keys.create("eve", viewer=BOARD)
    with served(kb, keys=keys, key=eve) as client:
        answer = client.post("/api/ask", json={"question": SECRET}).json()
        assert "77" in answer["answer"]
        client.post("/api/feedback", json={"answer": answer, "helpful": False, "comment": "It is 78."})
        client.headers["Authorization"] = f"Bearer {operator}"
        reply = client.get("/api/feedback", params={"everyone": True})
        one = reply.json()["feedback"][0]
        assert (one["viewer"], one["answer"], one["question"], one["comment"]) == ("eve", None, "", "")
        assert "Falcon" not in reply.text
    kb.journal.withdraw(kb.journal.feedback(viewer=BOARD)[0].id, viewer=BOARD)
    keys.close()


def test_feedback_that_is_none_is_told(client: TestClient) -> None:
    answer = client.post("/api/ask", json={"question": LEAVE}).json()
    for wrong in (
        {"answer": answer},
        {"answer": {**answer, "confidence": 2}, "helpful": True},
        {"answer": {**answer, "citations": [{}]}, "helpful": True},
        {"answer": answer, "helpful": True, "comment": "x" * 4001},
        {"answer": {**answer, "answer": "x" * 50_001}, "helpful": True},
    ):
        message(client.post("/api/feedback", json=wrong), 400)


def test_figures_count_requests_and_answers(kb: rag.Wellspring) -> None:
    with served(kb) as client:
        client.post("/api/ask", json={"question": LEAVE})
        client.get("/api/jobs/one")
        client.get("/api/jobs/two")
        client.get("/made/up")
        text = client.get("/metrics").text
    assert 'wellspring_answers_total{outcome="answered"} 1.0' in text
    assert 'wellspring_answers_total{outcome="abstained"} 0.0' in text
    assert "wellspring_answer_seconds_count 1.0" in text
    assert 'wellspring_requests_total{method="POST",route="/api/ask",status="200"} 1.0' in text
    assert 'wellspring_requests_total{method="GET",route="/api/jobs/{id}",status="404"} 2.0' in text
    assert 'wellspring_requests_total{method="GET",route="other",status="404"} 1.0' in text
    assert re.search(r'wellspring_request_seconds_bucket\{le="0\.1",method="POST",route="/api/ask"\}', text)
    assert "/made/up" not in text


def test_a_server_becomes_ready_when_what_failed_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("apps.api.app._AGAIN_SECONDS", 0.01)
    base, _ = company(tmp_path)
    mended, tries = threading.Event(), itertools.count()

    def search(*asked: object, **how: object) -> list[rag.SearchHit]:
        next(tries)
        if not mended.is_set():
            raise rag.RagError("there are no weights")
        return []

    monkeypatch.setattr(base, "search", search)

    def ready(status: int) -> bool:
        end = time.monotonic() + 60
        while client.get("/readyz").status_code != status and time.monotonic() < end:
            time.sleep(0.02)
        return client.get("/readyz").status_code == status

    with base:
        with served(base) as client:
            while next(tries) < 10:
                time.sleep(0.02)
            assert ready(503)
            assert caplog.text.count("there are no weights") == 1
            mended.set()
            assert ready(200)
        mended.clear()
        with served(base):
            pass
        # A server that is closed does not try for ever.
        for thread in [thread for thread in threading.enumerate() if thread.name == "loading"]:
            thread.join(60)
            assert not thread.is_alive()


def test_health_is_open_and_tells_nothing(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
