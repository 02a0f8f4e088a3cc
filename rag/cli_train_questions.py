"""The command ``rag train make-questions``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.errors import RagError
from rag.terminal import asking, opened, print_json, who

if TYPE_CHECKING:
    from rag.training.questions import Progress


@click.command("make-questions")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("questions.jsonl"),
    show_default=True,
    help="Write them there.",
)
@click.option("-n", "most", default=500, show_default=True, type=click.IntRange(min=1), help="How many at most.")
@click.option("--seed", default=1, show_default=True, help="Another seed takes other parts of the documents.")
@asking
def make_questions(out: Path, most: int, seed: int, kb: Path | None, viewer: str | None, as_json: bool) -> None:
    """Propose questions with their answers from your documents, for you to review and the reader to learn from.

    They are made by rules, so some are odd: look through the file before you train on it.
    """
    if out.exists():
        raise RagError(f"{out} is there already, perhaps reviewed: name another file with --out, or remove it")
    from rag.training.questions import make_questions as make

    with opened(kb, llm="none") as base, _progress(most) as shown:
        rows = list(make(base, viewer=who(viewer, base), most=most, seed=seed, progress=shown))
    if not rows:
        raise RagError("no question could be made: the documents you may read have no plain sentences that name things")
    _write(out, rows)
    languages, kinds = _counts(rows, "language"), _counts(rows, "kind")
    if as_json:
        print_json({"out": str(out), "questions": len(rows), "languages": languages, "kinds": kinds})
        return
    documents = len({row["document"] for row in rows})
    click.echo(f"{len(rows)} questions from {documents} documents in {out}")
    if len(rows) < most:
        click.echo(f"(of {most} asked for: the rules find no more in the documents that you may read)")
    for name, counts in (("language", languages), ("kind", kinds)):
        click.echo(f"{name:>10}  " + ", ".join(f"{count} {value}" for value, count in counts.items()))
    click.echo(
        "\nNext: look through the file. Delete the lines with odd questions or wrong answers, mend what is worth it\n"
        f'("start" counts characters of "context"), and set "reviewed" to true. Then: rag train reader {out}'
    )


def _counts(rows: list[dict[str, Any]], key: str) -> dict[str, int]:
    return dict(sorted(Counter(row[key] for row in rows).items(), key=lambda item: (-item[1], item[0])))


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.part")
    draft.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    draft.replace(path)


@contextmanager
def _progress(most: int) -> Iterator[Progress | None]:
    """Show how far it is, on a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=most, label="questions", file=sys.stderr) as bar:

        def advance(made: int, document: str) -> None:
            bar.update(made - bar.pos)

        yield advance
