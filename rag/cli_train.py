"""``rag train``: teach the reader or the chat model from questions with known answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from rag.cli_train_questions import make_questions
from rag.settings import load_settings
from rag.terminal import json_option, print_json, stacked, tell

if TYPE_CHECKING:
    from rag.training.loop import Plan
    from rag.training.run import Trained

_LINES = 20
"""How many lines tell of a run's steps, where there is no terminal."""
_ONCE = ("index_seconds", "questions")
"""Figures of an evaluation that have nothing to do with what was trained."""
training = stacked(
    click.argument("data", type=click.Path(path_type=Path)),
    click.option("--out", type=click.Path(path_type=Path), help="Where the result goes."),
    click.option("--check", type=click.Path(path_type=Path), help="Held-out questions."),
    click.option("--epochs", type=click.FloatRange(min=0, min_open=True), help="Passes over the data."),
    click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True)),
    click.option("--check-every", type=click.IntRange(min=1), help="Steps between validations with checkpoints."),
    click.option(
        "--eval",
        "measured",
        type=click.Path(path_type=Path),
        help="An evaluation set to be run before and after.",
    ),
    json_option,
)


@click.group()
def train() -> None:
    """Teach the reader or the chat model from questions with known answers."""


train.add_command(make_questions)


@train.command()
@training
@click.option("--language", type=click.Choice(["en", "zh"]), help="Which reader; default: that of most questions.")
@click.option("--from", "start", default="builtin", help="builtin, none (English: the bare encoder), or a folder.")
def reader(
    data: Path,
    out: Path | None,
    check: Path | None,
    measured: Path | None,
    language: str | None,
    start: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a reader, English or Chinese, on DATA, a JSONL file of {question, context, answers: [{text, start}]}.

    A run that was cut short goes on when the same command is given again. Use the result by the setting 'reader'.
    """
    from rag.build import model_cache, reader_folder
    from rag.models import EMBEDDER
    from rag.training.data import main_language
    from rag.training.loop import Plan
    from rag.training.run import GENTLE, train_reader

    settings = load_settings()
    out = out or Path("trained-reader")
    compare = comparison(measured, {"reader": start}, {"reader": str(out)})
    language = language or main_language(data)
    old = reader_folder(start, language)
    plan = planned(Plan(learning_rate=GENTLE) if old else Plan(), options)
    with progress_bar() as shown:
        result = train_reader(
            data,
            base=lambda: model_cache(settings, tell=tell).ensure(EMBEDDER),
            start=old,
            out=out,
            language=language,
            plan=plan,
            check=check,
            progress=shown,
            tell=tell,
        )
    told = f'the reader is in {out}; to use it: reader = "{out}" in wellspring.toml, or WELLSPRING_READER={out}'
    report(result, compare(), told, as_json=as_json)


@train.command()
@training
@click.option("--from", "start", default="builtin", help="builtin, none, or an adapter's folder.")
def llm(
    data: Path,
    out: Path | None,
    check: Path | None,
    measured: Path | None,
    start: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Train an adapter of the built-in chat model on DATA, as for the reader; needs the extra 'train'.

    Use the result by the setting 'llm_adapter'.
    """
    from importlib.util import find_spec

    from rag.build import adapter_folder, model_cache
    from rag.errors import TrainingError
    from rag.models import LLM
    from rag.training.llm import default_plan
    from rag.training.run import train_llm

    if find_spec("peft") is None:
        raise TrainingError("training the chat model needs peft: pip install 'wellspring[train]'")
    out = out or Path("trained-llm")
    ours = {"llm": "builtin"}
    old = adapter_folder(load_settings(ours | {"llm_adapter": start}))
    plan = planned(default_plan(old), options)
    compare = comparison(measured, ours | {"llm_adapter": start}, ours | {"llm_adapter": str(out)})
    base = model_cache(load_settings(), tell=tell).weights(LLM)
    with progress_bar() as shown:
        result = train_llm(data, base=base, start=old, out=out, plan=plan, check=check, progress=shown, tell=tell)
    told = (
        f'the adapter is in {out}; to use it: llm_adapter = "{out}" in wellspring.toml, or WELLSPRING_LLM_ADAPTER={out}'
    )
    report(result, compare(), told, as_json=as_json)


def planned(plan: Plan, options: Mapping[str, Any]) -> Plan:
    """Return a plan with the options that were given."""
    return replace(plan, **{key: value for key, value in options.items() if value is not None})


def comparison(
    measured: Path | None, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Callable[[], list[dict[str, Any]]]:
    """Return what runs an evaluation set with the settings before and after, with answers.

    A set that cannot be read is told now, not when the training is over.
    """
    if measured is None:
        return list
    from rag.evaluation import evaluate
    from rag.evaluation.datasets import load_dataset

    load_dataset(measured)

    def run() -> list[dict[str, Any]]:
        # The documents are the same: they are indexed once.
        with TemporaryDirectory() as kb:
            return [evaluate(measured, kb=Path(kb), answers=True, tell=tell, **given) for given in (before, after)]

    return run


def report(result: Trained, runs: Sequence[Mapping[str, Any]], told: str, *, as_json: bool) -> None:
    """Print the figures before and after, of the held-out questions and of the evaluation set, in one table."""
    from rag.training.run import table

    if as_json:
        figures: dict[str, Any] = {"out": str(result.out), "before": result.before, "after": result.after}
        if runs:
            figures["eval"] = dict(zip(("before", "after"), runs, strict=True))
        print_json(figures)
        return
    sections: list[tuple[str, Sequence[Mapping[str, Any]]]] = [("held-out questions", [result.before, result.after])]
    if runs:
        name = f"{runs[0]['dataset']}, whole answers"
        sections.append((name, [{k: v for k, v in run.items() if k not in _ONCE} for run in runs]))
    click.echo("\n".join(table(sections, ["before", "after"])))
    click.echo(f"\n{told}")


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None] | None]:
    """Show training steps: a bar on a terminal, elsewhere a line now and then."""
    if not sys.stderr.isatty():

        def now_and_then(step: int, total: int, line: str) -> None:
            if step % max(1, total // _LINES) == 0 or step == total:
                tell(f"step {step} of {total}  {line}")

        yield now_and_then
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(bar_width=30), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("")
        yield lambda step, total, line: bar.update(task, total=total, completed=step, description=line)
