"""Who may call: keys, their scopes, rates and viewers, and single-user mode."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from helpers.api import BOARD, HOME, LEAVE, SECRET, company, message, served

import rag
from apps.api.keys import FILE, SCOPES, Keys, KeysError
from apps.api.keys_command import keys as keys_command

ANN = rag.Viewer("ann")


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Wellspring]:
    base, _ = company(tmp_path_factory.mktemp("keyed"))
    with base:
        yield base


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    found = Keys(tmp_path)
    yield found
    found.close()


@pytest.fixture
def call(kb: rag.Wellspring, keys: Keys) -> Iterator[Callable[..., TestClient]]:
    """Return what makes a client with a key of some scopes and viewer."""
    with served(kb, keys=keys) as client:

        def made(*scopes: str, viewer: rag.Viewer = ANN, rate: str = "1000/minute") -> TestClient:
            _, secret = keys.create("test", scopes=scopes, viewer=viewer, rate=rate)
            client.headers["Authorization"] = f"Bearer {secret}"
            return client

        yield made


def ask(client: TestClient, question: str = LEAVE, **headers: str) -> object:
    return client.post("/api/ask", json={"question": question}, headers=headers)


def test_a_key_opens_what_its_scopes_say(call: Callable[..., TestClient]) -> None:
    wanted = {
        "ask": ("POST", "/api/ask", {"question": LEAVE}),
        "search": ("POST", "/api/search", {"question": LEAVE}),
        "documents:read": ("GET", "/api/documents", None),
        "documents:write": ("GET", "/api/jobs", None),
        "graph": ("GET", "/api/graph/entities", None),
        "feedback": ("GET", "/api/feedback", None),
        "metrics": ("GET", "/metrics", None),
        "admin": ("GET", "/api/sources", None),
    }
    assert wanted.keys() == SCOPES.keys()
    for scope in wanted:
        client = call(scope)
        for needed, (method, path, body) in wanted.items():
            reply = client.request(method, path, json=body)
            if scope in (needed, "admin"):
                assert reply.status_code == 200, (scope, path, reply.text)
            else:
                assert needed in message(reply, 403)


def test_without_a_valid_key_nothing_opens(kb: rag.Wellspring, keys: Keys) -> None:
    key, secret = keys.create("bot", scopes=["admin"])
    _, expired = keys.create("old", lifetime=timedelta(seconds=-1))
    with served(kb, keys=keys) as client:
        for value in (
            "",
            secret,
            f"Basic {secret}",
            "Bearer ",
            "Bearer x",
            f"Bearer {secret}x",
            f"Bearer {secret[:-1]}",
        ):
            reply = ask(client, Authorization=value)
            assert "key" in message(reply, 401).lower()
            assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert "expired" in message(ask(client, Authorization=f"Bearer {expired}"), 401)
        assert ask(client, Authorization=f"Bearer {secret}").status_code == 200
        keys.revoke(key.id)
        assert "revoked" in message(ask(client, Authorization=f"Bearer {secret}"), 401)
        # Before anything of the request is looked at.
        message(client.post("/api/ask", content=b"{"), 401)
        message(client.get("/api/documents/text"), 401)
        message(client.get("/metrics"), 401)
        message(client.get("/nowhere"), 401)
        for path in ("/healthz", "/openapi.json"):
            assert client.get(path).status_code == 200


def test_the_first_key_counts_at_once(kb: rag.Wellspring, tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    with served(kb, keys=keys) as client:
        assert client.get("/api/documents").status_code == 200
        assert not list(tmp_path.iterdir())
        other = Keys(tmp_path)
        _, secret = other.create("bot")
        other.close()
        message(client.get("/api/documents"), 401)
        assert client.get("/api/documents", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
        keys.close()
        (tmp_path / FILE).unlink()
        message(client.get("/api/documents"), 401)
    with served(kb) as client:
        assert client.get("/api/documents").status_code == 200


def test_each_key_reads_what_its_viewer_may(call: Callable[..., TestClient], kb: rag.Wellspring) -> None:
    hidden = next(info.id for info in kb.store.documents() if info.title == "Falcon")
    client = call("admin", viewer=BOARD)
    assert "77 pounds" in ask(client, SECRET).json()["answer"]
    assert "77" in client.get("/api/documents/text", params={"id": hidden}).json()["text"]
    # Not even an operator's key, if its viewer may not read it.
    client = call("admin", viewer=rag.Viewer("board"))
    assert "77 pounds" not in ask(client, SECRET).text
    message(client.get("/api/documents/text", params={"id": hidden}), 404)
    message(client.delete("/api/documents", params={"id": hidden}), 404)
    assert hidden not in client.get("/api/documents").text


def test_jobs_are_their_owners(call: Callable[..., TestClient]) -> None:
    client = call("documents:write")
    told = client.post(
        "/api/documents", files={"file": ("tern.txt", b"The Tern is white.")}, params={"wait": 60}
    ).json()
    assert client.get(f"/api/jobs/{told['job']['id']}").json()["state"] == "done"
    other = call("documents:write")
    message(other.get(f"/api/jobs/{told['job']['id']}"), 404)
    message(other.delete(f"/api/jobs/{told['job']['id']}"), 404)
    assert other.get("/api/jobs").json() == {"jobs": []}
    operator = call("admin")
    assert len(operator.get("/api/jobs").json()["jobs"]) == 1
    assert operator.delete("/api/documents", params={"id": told["documents"][0]}).status_code == 200


def test_an_upload_replaces_nothing_that_its_viewer_may_not_read(tmp_path: Path) -> None:
    base, _ = company(tmp_path / "kb")
    keys = Keys(tmp_path)
    _, ann = keys.create("ann", scopes=["documents:write"], viewer=ANN)
    _, eve = keys.create("eve", scopes=["documents:write"], viewer=BOARD)
    _, operator = keys.create("operator", scopes=["admin"])

    def upload(client: TestClient, key: str, text: str, *names: str) -> tuple[list[Path], dict[str, object]]:
        files = [("file", (name, text.encode())) for name in names]
        headers = {"Authorization": f"Bearer {key}"}
        told = client.post("/api/documents", files=files, params={"wait": 60}, headers=headers).json()
        return [Path(id) for id in told["documents"]], told["job"]

    with base, served(base, keys=keys) as client:
        (base.uploads).mkdir()
        base.sync(base.uploads, readers=["group:board"])
        (plan,), job = upload(client, eve, "The plan is Falcon.", "plan.tar.txt")
        assert plan.name == "plan.tar.txt"
        assert (job["looked_at"], job["counts"]["added"]) == (1, 1)
        # The names are no different where nothing lies.
        mine, job = upload(client, ann, "The plan is mine.", "plan.tar.txt", "other")
        assert re.fullmatch(r"plan\.tar-[0-9a-f]{16}\.txt", mine[0].name)
        assert re.fullmatch(r"other-[0-9a-f]{16}", mine[1].name)
        assert plan.read_text() == "The plan is Falcon."
        # The run looked at the board's file too.
        whole = {"added": 2, "changed": 0, "deleted": 0, "unchanged": 0, "failed": 0}
        assert (job["document"], job["looked_at"], job["counts"]) == ("", 2, whole)
        reply = client.get(f"/api/jobs/{job['id']}", headers={"Authorization": f"Bearer {operator}"}).json()
        assert reply["counts"] == whole
        (again,), job = upload(client, eve, "The plan is Kestrel.", "plan.tar.txt")
        assert (again, job["counts"]["changed"]) == (plan, 1)
        _, job = upload(client, eve, "The plan is Kestrel.", "plan.tar.txt")
        assert job["counts"] == {**whole, "added": 0, "unchanged": 1}
        # Where others may read uploads now, what was not read anew is still hidden.
        base.store.add_source(str(base.uploads), {**base.store.sources()[-1].options, "readers": ["*"]})
        (other,), _ = upload(client, ann, "The plan is mine.", "plan.tar.txt")
        assert other != plan
        assert plan.read_text() == "The plan is Kestrel."
    keys.close()


def test_an_upload_may_be_for_some_only(call: Callable[..., TestClient], kb: rag.Wellspring) -> None:
    client = call("documents:write", "documents:read", viewer=BOARD)

    def upload(*readers: str) -> Any:
        parts = [("file", ("tern.txt", b"The Tern is grey.")), *(("readers", (None, one)) for one in readers)]
        return client.post("/api/documents", files=parts, params={"wait": 60})

    (id,) = upload("group:board").json()["documents"]
    (open_id,) = upload().json()["documents"]
    assert id != open_id
    assert kb.document(id, viewer=BOARD) is not None
    assert kb.document(id, viewer=ANN) is None
    assert kb.document(open_id, viewer=ANN) is not None
    assert "you may name yourself" in message(upload("user:ann"), 403)
    assert "user:ID" in message(upload("board"), 400)
    for one in (id, open_id):
        assert client.delete("/api/documents", params={"id": one}).status_code == 200
    client = call("admin")
    (id,) = upload("user:eve").json()["documents"]
    assert kb.document(id, viewer=ANN) is None
    kb.delete(id)


def test_why_a_job_failed_is_for_operators(
    call: Callable[..., TestClient],
    kb: rag.Wellspring,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def sync(*locations: str, **options: object) -> list[rag.SyncReport]:
        raise rag.RagError("/srv/secret cannot be opened")

    monkeypatch.setattr(kb, "sync", sync)
    client = call("documents:write")
    told = client.post("/api/documents", files={"file": ("tern.txt", b"The Tern is white.")}, params={"wait": 60})
    job = told.json()["job"]
    assert (job["state"], job["problem"]) == ("failed", "It could not be indexed; the server's log tells more.")
    assert "/srv/secret cannot be opened" in caplog.text
    assert "/srv/secret" in call("admin").get(f"/api/jobs/{job['id']}").json()["problem"]
    (kb.uploads / "tern.txt").unlink()


def test_too_many_requests_are_told_when_to_come_again(call: Callable[..., TestClient]) -> None:
    client = call("documents:read", rate="2/hour")
    assert [client.get("/api/documents").status_code for _ in range(2)] == [200, 200]
    reply = client.get("/api/documents")
    assert "2/hour" in message(reply, 429)
    assert 0 < int(reply.headers["Retry-After"]) <= 3600
    assert call("documents:read", rate="2/hour").get("/api/documents").status_code == 200


def test_an_operators_errors_stay_with_operators(tmp_path: Path) -> None:
    base, _ = company(tmp_path / "kb")
    keys = Keys(tmp_path)
    _, plain = keys.create("plain", scopes=["search"])
    _, full = keys.create("full", scopes=["admin"])
    base.embedder._dimension = 65  # another embedder than the one that the index was made with
    with base, served(base, keys=keys) as client:
        said = message(
            client.post("/api/search", json={"question": "x"}, headers={"Authorization": f"Bearer {plain}"}), 503
        )
        assert str(tmp_path) not in said
        said = message(
            client.post("/api/search", json={"question": "x"}, headers={"Authorization": f"Bearer {full}"}), 503
        )
        assert "rag sync" in said
        message(client.get("/readyz"), 503)
    keys.close()


def test_secrets_are_not_stored(keys: Keys, tmp_path: Path) -> None:
    key, secret = keys.create("bot", viewer=rag.Viewer("ann", frozenset({"hr"})))
    assert re.fullmatch(rf"ws_{key.id}_[\w-]{{43}}", secret)
    found = keys.find(secret)
    assert found is not None
    assert (found.id, found.viewer, found.scopes) == (key.id, key.viewer, key.scopes)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.split("_", 2)[2].encode() not in stored
    assert stat.S_IMODE(os.stat(tmp_path / FILE).st_mode) == 0o600
    assert keys.create("other")[1] != secret
    assert keys.find("") is None
    assert keys.find("ws_" + key.id + "_") is None


def test_another_process_revokes_at_once(tmp_path: Path) -> None:
    ours, theirs = Keys(tmp_path), Keys(tmp_path)
    key, secret = ours.create("bot")
    assert theirs.find(secret) is not None
    ours.revoke(key.id)
    found = theirs.find(secret)
    assert found is not None
    assert found.revoked
    ours.close()
    theirs.close()


def test_what_is_no_key_file_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, and longer than one hundred bytes " * 4)
    keys = Keys(tmp_path)
    with pytest.raises(KeysError, match="cannot be read"):
        keys.all()
    keys.close()


@pytest.mark.parametrize(
    "wrong", [{"scopes": ["everything"]}, {"scopes": []}, {"rate": "often"}, {"rate": "0"}, {"rate": ""}]
)
def test_nonsense_makes_no_key(keys: Keys, wrong: dict[str, object]) -> None:
    with pytest.raises(KeysError):
        keys.create("bot", **wrong)  # type: ignore[arg-type]
    assert keys.all() == []


def run(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(keys_command, [*arguments, "--kb", str(folder)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_makes_lists_and_revokes(tmp_path: Path) -> None:
    assert "no keys" in run(tmp_path, "list")
    secret = run(tmp_path, "create", "bot", "--viewer", "ann,hr", "--scope", "ask", "--expires", "90d").strip()
    keys = Keys(tmp_path)
    key = keys.find(secret)
    assert key is not None
    assert key.viewer == rag.Viewer("ann", frozenset({"hr"}))
    assert key.scopes == {"ask"}
    assert key.expires is not None
    assert key.expires - key.created == timedelta(days=90)
    listed = run(tmp_path, "list")
    assert key.id in listed
    assert secret not in listed
    assert f"revoked {key.id}" in run(tmp_path, "revoke", key.id)
    assert "revoked" in run(tmp_path, "list")
    made = json.loads(run(tmp_path, "create", "other", "--json"))
    assert keys.find(made["key"]) is not None
    assert "key" not in json.loads(run(tmp_path, "list", "--json"))["keys"][0]
    keys.close()
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("SELECT count(*) FROM keys").fetchone() == (2,)
    database.close()


def test_wrong_usage_of_the_command(tmp_path: Path) -> None:
    for arguments in (["create"], ["create", "x", "--scope", "all"], ["create", "x", "--expires", "soon"]):
        assert CliRunner().invoke(keys_command, [*arguments, "--kb", str(tmp_path)]).exit_code == 2
    assert isinstance(CliRunner().invoke(keys_command, ["revoke", "x", "--kb", str(tmp_path)]).exception, KeysError)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "localhost.:80"])
def test_other_names_for_this_machine_are_refused(kb: rag.Wellspring, host: str) -> None:
    with served(kb) as client:
        assert "localhost" in message(client.get("/api/documents", headers={"Host": host}), 403)


def test_pages_of_other_origins_change_nothing(kb: rag.Wellspring) -> None:
    with served(kb) as client:
        for host in ("localhost:8000", "[::1]:8000", "127.0.0.1"):
            assert client.get("/api/documents", headers={"Host": host}).status_code == 200
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            assert "origin" in message(ask(client, **headers), 403)
            message(client.delete("/api/documents", params={"id": "x"}, headers=headers), 403)
        assert ask(client, Origin=HOME).status_code == 200
        assert "proxy" in message(ask(client, **{"X-Forwarded-For": "10.0.0.1"}), 403)
        reply = client.get("/api/documents", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in reply.headers


def test_origins_are_let_in_by_name(kb: rag.Wellspring) -> None:
    friend = "https://intranet.example"
    with served(kb, origins=[friend]) as client:
        reply = ask(client, Origin=friend)
        assert reply.status_code == 200
        assert reply.headers["access-control-allow-origin"] == friend
        asked = {"Origin": friend, "Access-Control-Request-Method": "POST"}
        assert client.options("/api/ask", headers=asked).status_code == 200
        message(ask(client, Origin="https://evil.example"), 403)
        # They may ask. What else there is belongs to who sits at this machine.
        for method, path in (
            ("GET", "/api/documents"),
            ("DELETE", "/api/documents?id=x"),
            ("GET", "/api/sources"),
            ("POST", "/api/jobs"),
            ("GET", "/api/feedback"),
            ("GET", "/metrics"),
        ):
            body = {} if method == "POST" else None
            assert "scope" in message(client.request(method, path, json=body, headers={"Origin": friend}), 403)
            assert client.request(method, path, json=body, headers={"Origin": HOME}).status_code != 403
