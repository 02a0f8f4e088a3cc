"""The command ``rag eval``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag.terminal import json_option, kb_option, llm_option, print_json, progress, tell

if TYPE_CHECKING:
    from rag.evaluation.compare import Comparison

_CHANGES = 10
"""Questions that a comparison lists."""


@click.command("eval")
@click.argument("dataset", required=False, type=click.Path(path_type=Path))
@click.option("--answers/--no-answers", default=None, help="Also answer; default: by the kind of set.")
@click.option("--split", help="Only this part: tune or test.")
@click.option("--limit", type=click.IntRange(min=1), help="A seeded sample of so many questions.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a report and every question's result there.")
@click.option(
    "--compare",
    nargs=2,
    metavar="A B",
    type=click.Path(path_type=Path),
    help="Compare two runs by the folders that --out named.",
)
@click.option("--markdown", is_flag=True, help="Print a comparison as a table in Markdown.")
@click.option(
    "--curve/--no-curve",
    default=None,
    help="Also ask without a threshold what was not answered, for the figures of the confidence; "
    "default: where no chat model has to write for that.",
)
@click.option("--threshold", type=click.FloatRange(0, 1), help="Instead of the setting answer_threshold.")
@click.option("--reader", help="builtin, none, or the folder of a trained reader.")
@kb_option
@llm_option
@json_option
@click.pass_context
def evaluate(
    context: click.Context,
    dataset: Path | None,
    answers: bool | None,
    split: str | None,
    limit: int | None,
    out: Path | None,
    compare: tuple[Path, Path] | None,
    markdown: bool,
    curve: bool | None,
    threshold: float | None,
    reader: str | None,
    kb: Path | None,
    llm: str | None,
    as_json: bool,
) -> None:
    """Measure retrieval and answers on DATASET, or compare two runs; the set's kind is told by its shape.

    Without --kb the set is indexed into a knowledge base of its own, which is thrown away.
    """
    if compare is not None:
        given = {name for name, value in context.params.items() if value is not None}
        others = given - {"compare", "markdown", "as_json"}
        if others:
            raise click.UsageError(f"--compare cannot be combined with {', '.join(sorted(others))}")
        _compare(*compare, markdown=markdown, as_json=as_json)
        return
    if markdown:
        raise click.UsageError("--markdown goes with --compare")
    if dataset is None:
        raise click.UsageError("name a DATASET, or two runs to --compare")
    from rag.evaluation import evaluate as run

    with progress() as shown:
        figures = run(
            dataset,
            kb=kb,
            answers=answers,
            split=split,
            limit=limit,
            curve=curve,
            out=out,
            progress=shown,
            tell=tell,
            llm=llm,
            answer_threshold=threshold,
            reader=reader,
        )
    if as_json:
        print_json(figures)
        return
    for key, value in figures.items():
        click.echo(f"{key:>22}  {value}")


def _compare(a: Path, b: Path, *, markdown: bool, as_json: bool) -> None:
    from rag.evaluation.compare import compare

    comparison = compare(a, b)
    if as_json:
        print_json(comparison.as_dict())
    elif markdown:
        click.echo(comparison.as_markdown())
    else:
        _show(comparison)


def _show(comparison: Comparison) -> None:
    click.echo(f"{comparison.dataset}, {comparison.questions} questions that both asked; difference: B - A")
    click.echo(f"{'':>22}{'A':>10}{'B':>10}{'difference':>12}  {'95 % interval':<22}{'better':>6}{'worse':>6}")
    for one in comparison.differences:
        means = f"{one.a:>10.4f}{one.b:>10.4f}{one.diff:>+12.4f}"
        interval = f"{one.low:+.4f} … {one.high:+.4f}"
        counts = f"{one.better:>6}{one.worse:>6}" if one.counted else ""
        click.echo(f"{one.figure:>22}{means}  {interval:<22}{counts}")
    if comparison.changes:
        click.echo(f"\nmost changed, of {len(comparison.changes)} questions with other figures:")
    for change in comparison.changes[:_CHANGES]:
        click.echo(f"{change.change:+.3f}  {change.id}  {change.question}")
