"""``rag serve`` as a process, for the tests of what people reach over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]


@contextmanager
def served(
    kb: Path, *options: str, env: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command on a free port; yield it with its address, once it is ready."""
    child = subprocess.Popen(
        [sys.executable, "-m", "rag.cli", "serve", "--kb", str(kb), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=kb.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
    )
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        line = child.stdout.readline()
        match = re.match(r"Wellspring's API is at (http://127\.0\.0\.1:\d+) \(", line)
        assert match, child.stderr.read()
        wait_until_ready(match[1])
        yield child, match[1]
    finally:
        child.terminate()
        child.wait(60)
        child.stdout.close()
        child.stderr.close()


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 300
    while status(url, "/readyz") != 200:
        assert time.monotonic() < deadline, "the server did not get ready"
        time.sleep(0.2)


def status(url: str, path: str, **headers: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def call(url: str, path: str, body: Any = None, key: str = "", method: str | None = None) -> Any:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", data, headers, method=method)
    # No proxy that the environment names is to be asked for this machine.
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=300) as reply:
        return json.loads(reply.read())
