"""The options of ``rag serve``, without a server."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from apps.api import command
from apps.api.keys import Keys


def refused(tmp_path: Path, *options: str) -> str:
    result = CliRunner().invoke(command.serve, ["--kb", str(tmp_path), "--port", "0", *options])
    assert result.exit_code == 1, result.output
    assert len(result.output.strip().splitlines()) == 1
    return result.output


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5"])
def test_others_are_not_served_without_a_key(tmp_path: Path, host: str) -> None:
    assert "rag keys create" in refused(tmp_path, "--host", host)
    assert not list(tmp_path.iterdir())
    keys = Keys(tmp_path)
    keys.create("old", lifetime=timedelta(seconds=-1))
    key, _ = keys.create("gone")
    keys.revoke(key.id)
    assert "rag keys create" in refused(tmp_path, "--host", host)
    keys.create("good")
    assert command.keys_needed(keys, host, local=False)
    keys.close()
    assert "--local" in refused(tmp_path, "--host", host, "--local")


def test_this_machine_needs_no_key_until_there_is_one(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    assert not command.keys_needed(keys, "127.0.0.1", local=False)
    assert not list(tmp_path.iterdir())
    key, _ = keys.create("bot")
    keys.revoke(key.id)
    assert command.keys_needed(keys, "localhost", local=False)
    assert not command.keys_needed(keys, "127.0.0.1", local=True)
    keys.close()


@pytest.mark.parametrize("origin", ["*", "example.org", "https://example.org/", "https://", "ftp://example.org"])
def test_what_is_no_origin_is_wrong_usage(origin: str) -> None:
    assert CliRunner().invoke(command.serve, ["--cors", origin]).exit_code == 2


def test_addresses_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    class Taken:
        def __init__(self, *kind: int) -> None:
            self.closed = False

        def setsockopt(self, *option: int) -> None:
            pass

        def bind(self, address: object) -> None:
            raise OSError(98, "Address already in use")

        def close(self) -> None:
            self.closed = True

    place = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 8000))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **how: [place])
    monkeypatch.setattr(socket, "socket", Taken)
    with pytest.raises(click.ClickException, match=r"port 8000 of 127\.0\.0\.1 cannot be used"):
        command.listen("127.0.0.1", 8000)
