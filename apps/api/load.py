"""How quickly a server answers many who ask at the same time: ``python -m apps.api.load URL``.

Each asker sends one question after another as a streamed chat completion. Told are, for every number of askers, how
many questions were answered, how many failed, and p50 and p95 of the seconds to the first piece of the answer and to
its end. What is streamed is checked, so that the two are close together.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import click

_TIMEOUT = 300
_QUESTION = "How many days of annual leave do employees get?"


@dataclass(slots=True)
class Figures:
    """What one run measured."""

    askers: int
    first: list[float] = field(default_factory=list)
    """Seconds to the first piece, one a question."""
    whole: list[float] = field(default_factory=list)
    """Seconds to the end."""
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, float | int | None]:
        """Return the figures as plain values."""
        return {
            "askers": self.askers,
            "answered": len(self.whole),
            "failed": len(self.failures),
            "per_second": round(len(self.whole) / self.seconds, 2) if self.seconds else 0.0,
            "first_p50": percentile(self.first, 50),
            "first_p95": percentile(self.first, 95),
            "whole_p50": percentile(self.whole, 50),
            "whole_p95": percentile(self.whole, 95),
        }


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the value that ``percent`` of the values do not exceed; None where there are none.

    >>> percentile([3.0, 1.0, 2.0], 50)
    2.0
    """
    if not values:
        return None
    place = max(0, -(-len(values) * percent // 100) - 1)
    return round(sorted(values)[place], 3)


def measure(url: str, questions: Sequence[str], *, askers: int, seconds: float, key: str = "") -> Figures:
    """Let ``askers`` ask for ``seconds``; questions that were sent by then are waited for."""
    figures = Figures(askers)
    lock = threading.Lock()
    began = time.perf_counter()

    def ask(number: int) -> None:
        turn = number
        while time.perf_counter() - began < seconds:
            try:
                first, whole = ask_once(url, questions[turn % len(questions)], key=key)
            except (OSError, ValueError, http.client.HTTPException) as error:
                with lock:
                    figures.failures.append(str(error) or type(error).__name__)
                # Not again at once: a server that refuses is not to be run over.
                time.sleep(0.2)
            else:
                with lock:
                    figures.first.append(first)
                    figures.whole.append(whole)
            turn += askers

    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(askers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures.seconds = time.perf_counter() - began
    return figures


def ask_once(url: str, question: str, *, key: str = "") -> tuple[float, float]:
    """Return the seconds to the first piece of an answer and to its end.

    Raises
    ------
    ValueError
        The server did not answer the question.
    OSError, HTTPException
        It could not be reached.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=_TIMEOUT)
    body = {"model": "wellspring", "stream": True, "messages": [{"role": "user", "content": question}]}
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    began = time.perf_counter()
    first = None
    try:
        connection.request("POST", f"{parts.path.rstrip('/')}/v1/chat/completions", json.dumps(body), headers)
        reply = connection.getresponse()
        if reply.status != 200:
            raise ValueError(f"{reply.status}: {reply.read(500).decode(errors='replace')}")
        for line in reply:
            if not line.startswith(b"data: {"):
                continue
            chunk = json.loads(line[6:])
            if "error" in chunk:
                raise ValueError(chunk["error"]["message"])
            if first is None and any(choice["delta"].get("content") for choice in chunk["choices"]):
                first = time.perf_counter() - began
    finally:
        connection.close()
    if first is None:
        raise ValueError("the stream ended without an answer")
    return first, time.perf_counter() - began


@click.command()
@click.argument("url")
@click.option("--key", default="", help="The API key.")
@click.option("--askers", default="1,8,32", show_default=True, help="How many ask at the same time; several runs.")
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(min=0.1), help="For each run.")
@click.option(
    "--questions",
    type=click.Path(path_type=Path, exists=True),
    help='JSON: [{"question": …}], as examples/questions.json.',
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(url: str, key: str, askers: str, seconds: float, questions: Path | None, as_json: bool) -> None:
    """Measure the server at URL."""
    asked = [str(one["question"]) for one in json.loads(questions.read_text("utf-8"))] if questions else [_QUESTION]
    runs = []
    for count in (int(part) for part in askers.split(",")):
        figures = measure(url, asked, askers=count, seconds=seconds, key=key)
        told = figures.as_dict()
        runs.append(told)
        if not as_json:
            click.echo(
                f"{count:>4} askers: {told['answered']} answered, {told['failed']} failed, {told['per_second']}/s; "
                f"first piece p50 {told['first_p50']} s, p95 {told['first_p95']} s; "
                f"whole p50 {told['whole_p50']} s, p95 {told['whole_p95']} s"
            )
        for failure in sorted(set(figures.failures))[:5]:
            click.echo(f"failed: {failure}", err=True)
    if as_json:
        click.echo(json.dumps({"runs": runs}))


if __name__ == "__main__":
    main()
