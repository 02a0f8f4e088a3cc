"""A training run as a user sees it: data, model, loss, training, validation; and what it leaves in a folder."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from jinja2 import Environment
from safetensors import SafetensorError

from rag.errors import TrainingError
from rag.reader import CARD, WEIGHTS, read_card
from rag.training.data import LANGUAGES, Row, held_out, read_rows, too_long
from rag.training.loop import History, Plan, Progress, Tell, fit, why
from rag.training.spans import SpanTask
from rag.training.spans_zh import ChineseSpanTask

CURVES, CURVES_PICTURE, README = "curves.json", "curves.png", "README.md"
GENTLE = 5e-5
"""The learning rate that goes on from a trained reader: a higher one undoes more than a few questions teach."""
_LEAST_ROWS = 20
"""Fewer cannot be split into rows to train on and rows to validate with."""
_LICENCES = {
    "qamr": "MIT",
    "policyqa": "MIT",
    "covidqa": "Apache-2.0",
    "drcd": "CC BY-SA 3.0",
    "cmrc2018": "CC BY-SA 4.0",
    "2wiki": "Apache-2.0",
    "hotpotqa": "CC BY-SA 4.0",
    "xquad": "CC BY-SA 4.0",
    "written": "that of the passages asked about",
    "tables": "MIT (made up for this project)",
    "proposed": "that of the documents asked about",
}
"""Of the training data, by source."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run left."""

    out: Path
    before: dict[str, float]
    """Figures over the held-out questions before training …"""
    after: dict[str, float]
    """… and with the best checkpoint."""
    card: dict[str, Any]


def train_reader(
    data: Path,
    *,
    base: Callable[[], Path],
    start: Path | None,
    out: Path,
    language: str = "en",
    plan: Plan | None = None,
    check: Path | None = None,
    progress: Progress | None = None,
    tell: Tell = lambda line: None,
) -> Trained:
    """Train a reader on questions with known answers.

    Parameters
    ----------
    data
        A JSONL file (see ``rag.training.data``).
    base
        Returns the folder of the encoder, which the English reader is trained with.
    start
        A reader's folder to go on from; None: the English one from the encoder.
    out
        Where the reader goes, with its checkpoints, curves and card. A run that was cut short goes on from there.
    language
        ``en`` or ``zh``: which reader. Questions in the other one are left out.
    check
        Questions to validate with; None: a tenth of the data, by context.

    Raises
    ------
    TrainingError, ModelError
    """
    plan = plan or (Plan(learning_rate=GENTLE) if start else Plan())
    about = _start(start, language)
    rows, kept = _rows(data, check, language, tell)
    _folder(out)
    task: SpanTask | ChineseSpanTask
    if language == "zh" and start:
        task = ChineseSpanTask.going_on(start, rows, kept, dropout=plan.dropout, seed=plan.seed)
        if unknown := task.unknown([*rows, *kept]):
            tell(f"data: {unknown}")
    else:
        encoder = base()
        task = SpanTask(encoder, rows, kept, start=start, dropout=plan.dropout)
        about = {"base": encoder.name}
    if task.too_long:
        tell(f"data: {too_long(task.too_long)}")
    if not task.lengths():
        raise TrainingError(f"{data} has no question to train on: {too_long(task.too_long)}")
    weights = sum(weight.numel() for weight in task.model.parameters() if weight.requires_grad)
    tell(f"model: {about['base']}{f' from {start}' if start else ''}, {weights / 1e6:.1f} M weights to train")
    tell("loss: cross entropy of where the answer begins and ends; no answer is the first piece")
    before = task.validate()
    tell(f"before: {_figures(before)}")
    history = fit(task, plan, out, before=before, progress=progress, tell=tell)
    after = best_figures(history, before)
    _tell_after(history, after, tell)
    with _writing(out):
        task.save(out)
    card = {
        "name": f"Extractive reader, {LANGUAGES[language]}",
        "task": "finds the span of a passage that answers a question, or that there is none",
        "language": language,
        "start": start.name if start else "",
        **about,
        "sha256": hashlib.sha256((out / WEIGHTS).read_bytes()).hexdigest(),
        **_recipe(data, rows, plan, history, before, after),
    }
    write_run(out, card, history, tell=tell, name=CARD)
    return Trained(out, before, after, card)


def train_llm(
    data: Path,
    *,
    base: Path,
    start: Path | None,
    out: Path,
    plan: Plan | None = None,
    check: Path | None = None,
    progress: Progress | None = None,
    tell: Tell = lambda line: None,
) -> Trained:
    """Train an adapter of the chat model on questions with known answers: to answer in the passage's words, or refuse.

    Parameters
    ----------
    data, out, check
        As for the reader.
    base
        A GGUF file, or a folder as transformers writes it.
    start
        The folder of an adapter to go on from; None: an untrained one.

    Raises
    ------
    TrainingError, ModelError
    """
    from rag.llms.adapter import Adapter
    from rag.training.llm import CARD as LLM_CARD
    from rag.training.llm import default_plan, train_adapter

    plan = plan or default_plan(start)
    if start is not None:
        Adapter.load(start)  # what is wrong with it is told before the data are read
    rows, kept = _rows(data, check, None, tell)
    _folder(out)
    with _writing(out):
        before, history = train_adapter(base, rows, kept, out, start=start, plan=plan, progress=progress, tell=tell)
    after = best_figures(history, before)
    _tell_after(history, after, tell)
    card = {
        "name": "Adapter of the chat model",
        "task": "answers from numbered passages in their own words with the passage's number, or refuses",
        "base": base.stem,
        "start": start.name if start else "",
        "language": ", ".join(sorted({row.language for row in rows})),
        **_recipe(data, rows, plan, history, before, after),
    }
    write_run(out, card, history, tell=tell, name=LLM_CARD)
    return Trained(out, before, after, card)


def _start(start: Path | None, language: str) -> dict[str, Any]:
    """Return what the card of a Chinese reader takes over from the one that training starts from.

    Raises
    ------
    TrainingError
        Training cannot start from there.
    """
    if start is None:
        if language == "zh":
            raise TrainingError(
                "the Chinese reader needs more than questions to begin with: start from the built-in one (--from "
                "builtin) or from a folder, or teach one from texts with python -m rag.training.chinese"
            )
        return {}
    card = read_card(start)
    if card.get("language") != language:
        raise TrainingError(
            f"the reader in {start} is for {card.get('language')!r}, not for {language!r} as the questions are: name "
            "another one with --from, or other questions with --language"
        )
    return {"base": card.get("base", ""), **{name: card[name] for name in ("shape", "alphabet") if name in card}}


def best_figures(history: History, names: Mapping[str, float]) -> dict[str, float]:
    """Return the figures of the checkpoint that was kept."""
    best = next((check for check in history.checks if check["step"] == history.best_step), None)
    return {name: best[name] if best else value for name, value in names.items()}


def _rows(data: Path, check: Path | None, language: str | None, tell: Tell) -> tuple[list[Row], list[Row]]:
    """Return the rows to train on and those to validate with, telling what is wrong with the others."""
    checked = read_rows(data, language=language)
    for line in checked.lines():
        tell(f"data: {line}")
    if check:
        validation = read_rows(check, language=language)
        for line in validation.lines():
            tell(f"data to validate with: {line}")
        rows, kept = checked.rows, validation.rows
    else:
        rows, kept = held_out(checked.rows)
    texts = {row.context for row in rows}
    if len(rows) < _LEAST_ROWS or not kept:
        count = len({row.context for row in checked.rows})
        raise TrainingError(
            f"{data} has {len(checked.rows)} questions about {count} text{'s' * (count != 1)}; at least "
            f"{_LEAST_ROWS} to train on are needed, and others about other texts to validate with. "
            "'rag train make-questions' proposes some from your documents"
        )
    seen = sum(row.context in texts for row in kept)
    told = f"{seen} of them about texts that are trained on, so the figures flatter" if seen else "about other texts"
    tell(f"data: {len(rows)} questions to train on, {len(kept)} to validate with, {told}")
    return rows, kept


def _folder(out: Path) -> None:
    """Make the folder for the result; what is wrong with it is told before hours of training."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass
    except OSError as error:
        reason = "it is a file" if isinstance(error, FileExistsError) else why(error)
        raise TrainingError(f"cannot write into {out}: {reason}; name another folder with --out") from error


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Tell plainly where the result cannot be written: the training itself is not lost."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            f"cannot write the result into {out}: {why(error)}; the training is kept there: make room and give "
            "the same command again"
        ) from error


def _tell_after(history: History, after: Mapping[str, float], tell: Tell) -> None:
    if history.best_step:
        tell(f"after: {_figures(after)} (step {history.best_step} of {history.steps})")
    else:
        tell(
            "after: no validation was better than before training, so the weights are left as they were; more "
            "questions, or a smaller --learning-rate, may help"
        )


def write_run(out: Path, card: Mapping[str, Any], history: History, *, tell: Tell, name: str) -> None:
    """Write the card as JSON under ``name`` and as a page, and the curves as JSON and as a picture."""
    page = files("rag").joinpath("templates/model_card.md").read_text(encoding="utf-8")
    text = Environment(autoescape=False, trim_blocks=True, lstrip_blocks=True).from_string(page).render(**card)
    with _writing(out):
        (out / name).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (out / CURVES).write_text(json.dumps(asdict(history), indent=1) + "\n", encoding="utf-8")
        (out / README).write_text(text + "\n", encoding="utf-8")
    try:
        from rag.training.curves import draw_curves
    except ImportError:
        tell(f"no {CURVES_PICTURE}: plots need matplotlib; pip install 'wellspring[report]'")
        return
    with _writing(out):
        draw_curves(history, out / CURVES_PICTURE)


def _recipe(
    data: Path,
    rows: Sequence[Row],
    plan: Plan,
    history: History,
    before: Mapping[str, float],
    after: Mapping[str, float],
) -> dict[str, Any]:
    """Return what a card says of the data, the training and the scores."""
    sources = Counter(row.source or "unnamed" for row in rows)
    return {
        "data": data.name,
        "sources": [
            {"name": source, "questions": count, "licence": _LICENCES.get(source, "")}
            for source, count in sources.most_common()
        ],
        "plan": asdict(plan),
        "steps": history.steps,
        "best_step": history.best_step,
        "minutes": round(history.seconds / 60, 2),
        "before": dict(before),
        "after": dict(after),
        "made": date.today().isoformat(),
        "versions": {package: version(package) for package in ("wellspring", "torch", "transformers")},
    }


def _figures(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())


def table(sections: Sequence[tuple[str, Sequence[Mapping[str, Any]]]], names: Sequence[str]) -> list[str]:
    """Return figures of several runs side by side, a figure a line, in sections with a title each."""
    lines = [f"{'':>22}" + "".join(f"{name:>10}" for name in names)]
    for title, rows in sections:
        lines += ["", title] if len(lines) > 1 else [title]
        for figure, first in rows[0].items():
            values = [row.get(figure) for row in rows]
            if isinstance(first, int | float) and all(isinstance(value, int | float) for value in values):
                lines.append(f"{figure:>22}" + "".join(f"{value:>10.3f}" for value in values))
    return lines
