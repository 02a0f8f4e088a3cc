"""The routes under /api, in single-user mode."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from helpers.api import LEAVE, SECRET, company, events, message, served

import rag

UPLOAD = {"wait": 60}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Wellspring]:
    base, _ = company(tmp_path_factory.mktemp("native"))
    with base:
        yield base


@pytest.fixture(scope="module")
def client(kb: rag.Wellspring) -> Iterator[TestClient]:
    with served(kb, largest_upload=10_000) as client:
        yield client


def ids(client: TestClient, **query: str) -> list[str]:
    return [document["id"] for document in client.get("/api/documents", params=query).json()["documents"]]


def test_an_answer_has_its_places(client: TestClient, kb: rag.Wellspring) -> None:
    answer = client.post("/api/ask", json={"question": LEAVE}).json()
    assert "27 days" in answer["answer"]
    assert (answer["question"], answer["asked"], answer["abstained"]) == (LEAVE, "", False)
    for citation in answer["citations"]:
        document = kb.document(citation["document"])
        assert document is not None
        assert document.text[citation["start"] : citation["end"]] == citation["quote"]


def test_it_says_when_it_is_ready(client: TestClient) -> None:
    # The server's own first question runs beside the requests.
    end = time.monotonic() + 60
    while client.get("/readyz").status_code != 200 and time.monotonic() < end:
        time.sleep(0.05)
    assert client.get("/readyz").json() == {"status": "ok"}


def test_a_history_completes_a_follow_up(client: TestClient) -> None:
    history = [{"question": LEAVE, "answer": "27 days [1]"}]
    answer = client.post("/api/ask", json={"question": "And in Tampere?", "history": history}).json()
    assert answer["asked"] == "How many days of annual leave do employees in Tampere get?"
    assert answer["question"] == "And in Tampere?"
    assert client.post("/api/ask", json={"question": "And in Tampere?"}).json()["asked"] == ""


def test_events_end_with_the_checked_answer(tmp_path: Path) -> None:
    base, _ = company(tmp_path, replies=["Employees get a hundred days. [1]"])
    with base, served(base) as client:
        sent = events(client.post("/api/ask", json={"question": LEAVE, "stream": True}).text)
        assert [name for name, _ in sent] == ["found", "final"]
        assert sent[0][1]["passages"][0]["number"] == 1
        assert "27 days" in sent[-1][1]["answer"]
        assert "hundred" not in json.dumps(sent)
        sent = events(client.post("/api/ask", json={"question": LEAVE, "stream": True, "drafts": True}).text)
        assert "hundred" in "".join(data["text"] for name, data in sent if name == "draft")
        assert "hundred" not in sent[-1][1]["answer"]


def test_some_documents_are_asked_alone(client: TestClient) -> None:
    asked = {"question": LEAVE, "within": ["leave.md"]}
    answer = client.post("/api/ask", json=asked).json()
    assert "27 days" in answer["answer"]
    assert answer["within"] == ["leave.md"]
    others = [path.rsplit("/", 1)[1] for path in ids(client) if not path.endswith("leave.md")]
    assert "27 days" not in client.post("/api/ask", json={**asked, "within": others}).text
    hits = client.post("/api/search", json=asked).json()["hits"]
    assert {hit["title"] for hit in hits} == {"Leave policy"}
    chat = {"model": "wellspring", "messages": [{"role": "user", "content": LEAVE}], "within": ["leave.md"]}
    assert "27 days" in client.post("/v1/chat/completions", json=chat).json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize("name", ["never.md", "secret.md"])
@pytest.mark.parametrize("more", [{}, {"stream": True}])
def test_documents_that_are_not_there_cannot_be_asked(client: TestClient, name: str, more: dict[str, bool]) -> None:
    reply = client.post("/api/ask", json={"question": LEAVE, "within": [name], **more})
    assert f"no document or folder '{name}'" in message(reply, 404)
    assert reply.json()["error"]["param"] == "within"
    for within in ([], [""], "leave.md"):
        message(client.post("/api/ask", json={"question": LEAVE, "within": within, **more}), 400)


def test_search_finds_passages(client: TestClient) -> None:
    hits = client.post("/api/search", json={"question": LEAVE, "k": 2.0}).json()["hits"]
    assert len(hits) == 2
    assert hits[0]["title"] == "Leave policy"
    assert hits[0]["why"]


def test_what_others_may_read_is_not_there(client: TestClient, kb: rag.Wellspring) -> None:
    hidden = next(info.id for info in kb.store.documents() if info.title == "Falcon")
    assert hidden not in ids(client)
    assert "77 pounds" not in client.post("/api/ask", json={"question": SECRET}).text
    assert "Falcon costs" not in client.post("/api/search", json={"question": SECRET, "k": 50}).text
    for method, path in (("GET", "/api/documents/text"), ("DELETE", "/api/documents")):
        one = client.request(method, path, params={"id": hidden})
        other = client.request(method, path, params={"id": hidden + "x"})
        assert message(one, 404).replace(hidden, "") == message(other, 404).replace(hidden + "x", "")
    assert kb.store.document(hidden) is not None


def test_documents_are_listed_and_read(client: TestClient) -> None:
    listed = client.get("/api/documents", params={"contains": "LEAVE"}).json()
    assert [document["title"] for document in listed["documents"]] == ["Leave policy"]
    assert listed["total"] == 1
    found = client.get("/api/documents/text", params={"id": listed["documents"][0]["id"]}).json()
    assert "27 days of annual leave" in found["text"]
    assert client.get("/api/documents", params={"limit": 1}).json()["total"] == 3
    assert len(ids(client, limit="1", offset="1")) == 1


def test_an_upload_is_indexed_asked_about_and_deleted(client: TestClient, kb: rag.Wellspring) -> None:
    files = [("file", ("heron.md", b"# Heron\n\nThe Heron mast is 9 metres tall.\n")), ("file", ("bad.pdf", b"%PDF-1"))]
    reply = client.post("/api/documents", files=files, params=UPLOAD)
    assert reply.status_code == 201, reply.text
    told = reply.json()
    assert told["job"]["state"] == "done"
    assert told["job"]["counts"]["added"] == 1
    assert [Path(failure["document"]).name for failure in told["job"]["failures"]] == ["bad.pdf"]
    heron, bad = (file["document"] for file in told["files"])
    assert [(file["name"], file["state"]) for file in told["files"]] == [("heron.md", "indexed"), ("bad.pdf", "failed")]
    assert told["files"][1]["reason"] == told["job"]["failures"][0]["reason"]
    assert told["documents"] == [heron]
    assert heron in ids(client)
    assert bad in {failure["document"] for failure in client.get("/api/documents").json()["failed"]}
    assert "9 metres" in client.post("/api/ask", json={"question": "How tall is the Heron mast?"}).json()["answer"]
    for id in (heron, bad):
        assert client.delete("/api/documents", params={"id": id}).json() == {"id": id, "deleted": True}
        message(client.delete("/api/documents", params={"id": id}), 404)
    assert heron not in ids(client)
    assert not list(kb.uploads.iterdir())
    assert told["job"]["id"] in [job["id"] for job in client.get("/api/jobs").json()["jobs"]]


@pytest.mark.parametrize(
    ("name", "data"),
    [("empty.txt", b""), ("random.pdf", bytes(range(256)) * 8), ("binary.txt", bytes(range(256)) * 8)],
)
def test_a_file_that_cannot_be_read_is_refused_and_leaves_nothing(
    client: TestClient, kb: rag.Wellspring, name: str, data: bytes
) -> None:
    reply = client.post("/api/documents", files=[("file", (name, data))], params=UPLOAD)
    told = reply.json()
    (file,) = told["files"]
    assert (reply.status_code, file["name"], file["state"], told["documents"]) == (422, name, "failed", [])
    assert told["error"] == {
        "message": f"The file {file['reason']}.",
        "type": "invalid_request_error",
        "param": "file",
        "code": "files_unreadable",
    }
    assert told["job"]["counts"]["failed"] == 1
    assert not list(kb.uploads.iterdir())
    assert client.get("/api/documents").json()["failed"] == []


def test_a_file_that_cannot_be_read_does_not_take_the_place_of_one_that_could(
    client: TestClient, kb: rag.Wellspring
) -> None:
    def upload(data: bytes) -> Any:
        return client.post("/api/documents", files=[("file", ("gull.txt", data))] * 2, params=UPLOAD)

    (id,) = upload(b"The Gull is white.").json()["documents"]
    refused = upload(b"").json()
    assert [(file["document"], file["state"]) for file in refused["files"]] == [(id, "failed")] * 2
    assert client.get("/api/documents").json()["failed"] == []
    assert [path.read_bytes() for path in kb.uploads.iterdir()] == [b"The Gull is white."]
    kb.sync(kb.uploads)
    assert "white" in client.get("/api/documents/text", params={"id": id}).json()["text"]
    client.delete("/api/documents", params={"id": id})
    assert not list(kb.uploads.iterdir())


def test_what_failed_earlier_is_not_told_again(client: TestClient, kb: rag.Wellspring) -> None:
    bad = ("file", ("bad.pdf", b"%PDF-1"))
    first = client.post("/api/documents", files=[bad, ("file", ("a.txt", b"The Auk is black."))], params=UPLOAD)
    assert first.status_code == 201
    second = client.post("/api/documents", files=[("file", ("b.txt", b"The Booby is blue."))], params=UPLOAD).json()
    assert [(file["name"], file["state"], file["reason"]) for file in second["files"]] == [("b.txt", "indexed", "")]
    for job in (second["job"], client.get(f"/api/jobs/{second['job']['id']}").json()):
        assert (job["failures"], job["counts"]["failed"], job["counts"]["added"]) == ([], 0, 1)
    # A job over the place itself is about all that lies there.
    client.post("/api/jobs", json={"locations": [str(kb.uploads.absolute())]})
    job = client.get("/api/jobs").json()["jobs"][0]
    assert client.get(f"/api/jobs/{job['id']}", params=UPLOAD).json()["counts"]["failed"] == 1
    for file in (*first.json()["files"], *second["files"]):
        client.delete("/api/documents", params={"id": file["document"]})


def test_files_wait_where_their_job_is_not_over(
    client: TestClient, kb: rag.Wellspring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*locations: str, **options: object) -> list[rag.SyncReport]:
        raise rag.RagError("the disk is full")

    files = [("file", ("auk.txt", b""))]
    release, sync = threading.Event(), kb.sync
    with monkeypatch.context() as slow:
        slow.setattr(kb, "sync", lambda *places, **options: release.wait(120) and sync(*places, **options))
        reply = client.post("/api/documents", files=files)
        release.set()
        client.get(f"/api/jobs/{reply.json()['job']['id']}", params=UPLOAD)
    (file,) = reply.json()["files"]
    assert (reply.status_code, file["state"], reply.json()["documents"]) == (202, "waiting", [file["document"]])
    with monkeypatch.context() as failing:
        failing.setattr(kb, "sync", broken)
        reply = client.post("/api/documents", files=files, params=UPLOAD)
    (file,) = reply.json()["files"]
    assert (reply.status_code, file["state"], file["reason"]) == (202, "waiting", "the disk is full")
    assert [path.name for path in kb.uploads.iterdir()] == ["auk.txt"]
    client.delete("/api/documents", params={"id": file["document"]})


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow.txt", "a\x00b.txt", "名" * 300, "名" * 100 + "." + "名" * 20],
)
def test_hostile_names_stay_in_the_uploads(client: TestClient, kb: rag.Wellspring, name: str) -> None:
    reply = client.post("/api/documents", files=[("file", (name, b"The Petrel is blue."))], params=UPLOAD)
    assert reply.status_code == 201, reply.text
    (id,) = reply.json()["documents"]
    assert Path(id).parent == kb.uploads.absolute()
    assert Path(id).name.isprintable()
    client.delete("/api/documents", params={"id": id})
    assert not list(kb.uploads.iterdir())


@pytest.mark.parametrize(
    "name", [".a.txt", " .a.txt", "....txt", "x/.a", "x.tmp", "~$a.docx", "b.txt~", "a.EXE", "a.png"]
)
def test_names_that_no_source_reads_are_refused(client: TestClient, kb: rag.Wellspring, name: str) -> None:
    files = [("file", ("good.txt", b"The Petrel is blue.")), ("file", (name, b"The Petrel is red."))]
    said = message(client.post("/api/documents", files=files), 400)
    assert name.rpartition("/")[2].strip() in said
    assert "not read" in said
    assert not list(kb.uploads.iterdir())


def test_what_lies_in_its_place_has_a_job(
    client: TestClient, kb: rag.Wellspring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many jobs wait, and also where a disk fails half-way."""
    monkeypatch.setattr("apps.api.jobs._MOST_WAITING", 0)
    message(client.post("/api/jobs", json={}), 429)
    files = [("file", (f"{name}.txt", b"The Petrel is blue.")) for name in "ab"]

    def replace(source: Path, target: Path) -> None:
        if target.name == "b.txt":
            raise OSError(28, "No space left on device")
        source.rename(target)

    with monkeypatch.context() as failing:
        failing.setattr("rag.uploads.os.replace", replace)
        message(client.post("/api/documents", files=files), 500)
    assert [path.name for path in kb.uploads.iterdir()] == ["a.txt"]
    id = client.get("/api/jobs").json()["jobs"][0]["id"]
    assert client.get(f"/api/jobs/{id}", params=UPLOAD).json()["counts"]["added"] == 1

    class Torn:
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input"):
        list(rag.keep_uploads(kb.uploads, [("c.txt", b"whole"), ("d.txt", Torn())]))  # type: ignore[list-item]
    assert [path.name for path in kb.uploads.iterdir()] == ["a.txt"]
    client.delete("/api/documents", params={"id": str(kb.uploads.absolute() / "a.txt")})
    assert not list(kb.uploads.iterdir())


def test_an_upload_does_not_wait_for_what_waits_for_a_job(
    client: TestClient, kb: rag.Wellspring, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, release = ids(client)[0], threading.Event()
    monkeypatch.setattr(kb, "delete", lambda _: release.wait(120))
    with ThreadPoolExecutor(4) as pool:
        deleting = [pool.submit(client.delete, "/api/documents", params={"id": id}) for _ in range(3)]
        try:
            files = [("file", ("tern.txt", b"The Tern is white."))]
            uploading = pool.submit(client.post, "/api/documents", files=files, params=UPLOAD)
            uploaded = uploading.result(60)
        finally:
            release.set()
        assert uploaded.status_code == 201
        assert [done.result(60).status_code for done in deleting] == [200] * 3
    monkeypatch.undo()
    client.delete("/api/documents", params={"id": uploaded.json()["documents"][0]})


def test_too_large_an_upload_leaves_nothing(client: TestClient, kb: rag.Wellspring) -> None:
    files = [("file", ("small.txt", b"small")), ("file", ("large.txt", b"x" * 200_000))]
    assert "10000 bytes" in message(client.post("/api/documents", files=files), 413)

    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(1000):
            yield b"y" * 1000

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    message(client.post("/api/documents", content=endless(), headers=headers), 413)
    assert not kb.uploads.exists() or not list(kb.uploads.iterdir())


def test_forms_without_files_are_refused(client: TestClient) -> None:
    assert "'file'" in message(client.post("/api/documents"), 400)
    assert "'file'" in message(client.post("/api/documents", data={"file": "text"}), 400)
    assert "'file'" in message(client.post("/api/documents", files={"other": ("a.txt", b"a")}), 400)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    message(client.post("/api/documents", content=b"--x\r\nrubbish", headers=headers), 400)
    message(client.post("/api/documents", content=b"", headers={"Content-Type": "multipart/form-data"}), 400)


def test_sources_come_and_go(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "plover.md").write_text("# Plover\n\nThe Plover buoy weighs 310 kilograms.\n", encoding="utf-8")
    begun = client.post("/api/sources", json={"location": str(tmp_path), "readers": ["user:local"]})
    assert begun.status_code == 202
    job = client.get(f"/api/jobs/{begun.json()['id']}", params=UPLOAD).json()
    assert (job["state"], job["counts"]["added"], job["problem"]) == ("done", 1, "")
    assert {"location": str(tmp_path)} in client.get("/api/sources").json()["sources"]
    (document,) = client.get("/api/documents", params={"contains": "plover"}).json()["documents"]
    assert document["readers"] == ["user:local"]
    again = client.post("/api/jobs", json={"locations": [str(tmp_path)]}).json()
    assert client.get(f"/api/jobs/{again['id']}", params=UPLOAD).json()["counts"]["unchanged"] == 1
    assert client.delete("/api/sources", params={"location": str(tmp_path)}).json()["forgotten"]
    assert not client.get("/api/documents", params={"contains": "plover"}).json()["documents"]
    message(client.delete("/api/sources", params={"location": str(tmp_path)}), 404)
    message(client.post("/api/jobs", json={"locations": [str(tmp_path)]}), 404)


def test_a_place_that_is_not_there_fails_in_a_line(client: TestClient, tmp_path: Path) -> None:
    begun = client.post("/api/sources", json={"location": str(tmp_path / "missing")}).json()
    job = client.get(f"/api/jobs/{begun['id']}", params=UPLOAD).json()
    assert job["state"] == "failed"
    assert "missing" in job["problem"]
    assert str(tmp_path / "missing") not in client.get("/api/sources").text
    message(client.get("/api/jobs/none"), 404)
    message(client.delete("/api/jobs/none"), 404)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "parsing"),
        (b"[]", "dictionary"),
        (b'{"question": 7}', "question"),
        (b'{"question": ""}', "question"),
        (b'{"question": "\\ud800"}', "question"),
        (b'{"question": "x", "temperature": NaN}', "temperature"),
        (b'{"question": "x", "temperature": 9}', "temperature"),
        (b'{"question": "x", "stream": "yes"}', "stream"),
        (b'{"question": "x", "viewer": "eve"}', "viewer"),
        (b'{"question": "x", "history": [{"question": "y"}]}', "history.0.answer"),
        (json.dumps({"question": "x" * 4001}).encode(), "4000"),
    ],
)
def test_bad_bodies_are_told(client: TestClient, body: bytes, says: str) -> None:
    said = message(client.post("/api/ask", content=body, headers={"Content-Type": "application/json"}), 400)
    assert says in said


def test_large_bodies_and_wrong_types_are_told(client: TestClient) -> None:
    message(client.post("/api/ask", content=b'"' + b"x" * 5_000_000, headers={"Content-Type": "application/json"}), 413)
    plain = client.post("/api/ask", content=b'{"question": "x"}', headers={"Content-Type": "text/plain"})
    assert "Content-Type: application/json" in message(plain, 400)
    assert "Content-Type" not in message(client.post("/api/ask", json="x"), 400)
    message(client.get("/api/ask"), 405)
    assert client.put("/api/documents").headers["Allow"] == "GET, POST, DELETE"
    message(client.get("/nowhere"), 404)
    message(client.get("/api/documents", params={"limit": "many"}), 400)
    message(client.get("/api/documents/text"), 400)


def test_odd_questions_have_answers(client: TestClient) -> None:
    for question in (" ", "\x00", "<script>", "?" * 4000, "\u202e", "' OR 1=1 --"):
        reply = client.post("/api/ask", json={"question": question})
        assert reply.status_code == 200, reply.text


def test_the_openapi_describes_every_route(client: TestClient) -> None:
    api = client.get("/openapi.json").json()
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            assert operation["tags"], (method, path)
            assert operation["summary"]
            assert operation["responses"]["4XX"]
            assert ("422" in operation["responses"]) == ((method, path) == ("post", "/api/documents"))
    assert "/docs" not in api["paths"]
