"""The options of ``rag ui``, without a server."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from apps.ui import command
from apps.ui.app import parse


def test_help_names_the_options() -> None:
    result = CliRunner().invoke(command.ui, ["--help"])
    assert result.exit_code == 0
    assert all(option in result.output for option in ("--kb", "--port", "--host", "--viewer", "--language"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_other_hosts_are_refused_in_one_line(host: str) -> None:
    result = CliRunner().invoke(command.ui, ["--host", host])
    assert result.exit_code == 1
    assert host in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_an_unknown_language_is_wrong_usage() -> None:
    assert CliRunner().invoke(command.ui, ["--language", "xx"]).exit_code == 2


def test_the_server_is_started_with_everything_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[list[str], str, int]] = []
    monkeypatch.setattr(command, "serve", lambda *call: started.append(call))
    monkeypatch.setattr(command, "free_port", lambda host, port: port or 4321)
    arguments = ["--kb", str(tmp_path), "--port", "0", "--viewer", "ann,hr", "--language", "zh"]
    result = CliRunner().invoke(command.ui, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    ((line, host, port),) = started
    assert (host, port) == ("127.0.0.1", 4321)
    assert line[:4] == [sys.executable, "-m", "streamlit", "run"]
    split = line.index("--")
    options = parse(line[split + 1 :])
    assert (options.kb, options.viewer, options.language) == (str(tmp_path), "ann,hr", "zh")
    flags = line[5:split]
    assert "--browser.gatherUsageStats=false" in flags
    assert "--server.headless=true" in flags
    assert "--server.port=4321" in flags
    assert "--client.toolbarMode=minimal" in flags
    assert "--server.allowedHosts=127.0.0.1" in flags


def test_uploads_may_be_as_large_as_files(tmp_path: Path) -> None:
    assert "--server.maxUploadSize=3" in command.server_flags("127.0.0.1", 1, max_upload_bytes=3 * 2**20)
    assert "--server.maxUploadSize=1" in command.server_flags("127.0.0.1", 1, max_upload_bytes=10)


class TakenSocket:
    """A socket whose port somebody else has."""

    def __init__(self, family: int) -> None:
        pass

    def __enter__(self) -> TakenSocket:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def setsockopt(self, *option: int) -> None:
        pass

    def bind(self, address: tuple[str, int]) -> None:
        raise OSError(98, "Address already in use")


def test_a_taken_port_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", TakenSocket)
    with pytest.raises(click.ClickException, match=r"port 8501 of 127\.0\.0\.1 cannot be used") as raised:
        command.free_port("127.0.0.1", 8501)
    assert "\n" not in raised.value.message


def test_a_server_that_does_not_start_is_told() -> None:
    child = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    child.wait()
    with pytest.raises(click.ClickException, match="ended with status 3"):
        command.wait_until_ready(child, "127.0.0.1", 9)
