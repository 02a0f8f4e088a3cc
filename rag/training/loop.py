"""The training loop that the reader and the chat model share.

Batches hold about equally many tokens, of examples of about one length: on a processor the time of a step goes with the
padded tokens. The learning rate rises linearly and falls linearly to zero (Devlin et al. 2019). Every ``check_every``
steps the model is validated and a checkpoint written: the trained tensors and the optimiser's (safetensors, nothing is
pickled) with the history (JSON), first beside the old checkpoint and then in its place, so that whenever a run is
killed the last complete one is there, and the same call goes on from it to the same result. Where no validation is
better than before training, the weights stay what they were.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from rag.errors import TrainingError

_POOL = 50
"""Batches' worth of examples that are sorted by length together."""
_CLIP = 1.0
"""Largest norm of a step's gradient."""
_BYTES = 4
"""Of a number in a checkpoint. Of a weight there are itself, the optimiser's two moments and its average, if any."""
_CHECKPOINT, _BEST, _HISTORY = "checkpoint", "best.safetensors", "history.json"
_WEIGHTS, _AVERAGE, _OPTIMIZER = "weights.safetensors", "average.safetensors", "optimizer.safetensors"
_YOUNG = 20
"""Steps about which the average of the weights is still young and forgets sooner."""

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and a line for a person."""
Tell = Callable[[str], None]
"""Called with a line for a person."""


class Task(Protocol):
    """What is trained, and on what."""

    model: nn.Module
    """Parameters that require gradients are trained and saved; the others are neither."""
    measures: tuple[str, ...]
    """The figures of ``validate`` that tell the best checkpoint, each where those before it are equal; higher is
    better.
    """

    def lengths(self) -> Sequence[int]:
        """Return the length of every training example in tokens."""
        ...

    def loss(self, examples: Sequence[int]) -> Tensor:
        """Return the mean loss over training examples by number, a scalar with its graph."""
        ...

    def validate(self) -> dict[str, float]:
        """Return figures over held-out questions."""
        ...

    def fingerprint(self) -> str:
        """Return what tells this task and its data from others: a checkpoint of another one is not gone on from."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train."""

    epochs: float = 2.0
    tokens: int = 2048
    """Tokens of a batch, padding included."""
    learning_rate: float = 2e-4
    warm_up: float = 0.06
    """Share of the steps in which the learning rate rises."""
    decay: float = 0.01
    """AdamW's weight decay (Loshchilov & Hutter 2019)."""
    check_every: int = 200
    """Steps between validations, each with a checkpoint."""
    patience: int = 5
    """Validations without a better one after which training stops."""
    seed: int = 1
    dropout: float = 0.0
    """Share of activations that a step leaves out, for tasks that have dropout (Srivastava et al. 2014). It costs a
    third of the time on a processor, for little where there are few passes over the data."""
    average: float = 0.0
    """How much of the running average of the weights each step keeps, as 0.998; the average is what is validated and
    left (Polyak & Juditsky 1992). 0: the weights themselves."""
    device: str = ""
    """As PyTorch names it; empty: a GPU where there is one."""

    @property
    def place(self) -> torch.device:
        """The device."""
        return torch.device(self.device or ("cuda" if torch.cuda.is_available() else "cpu"))

    def precision(self) -> torch.autocast:
        """Return the context that a step is computed in: bfloat16 on a GPU, float32 on a processor."""
        return torch.autocast(self.place.type, torch.bfloat16, enabled=self.place.type == "cuda")


@dataclass(slots=True)
class History:
    """What happened so far."""

    losses: list[tuple[int, float]] = field(default_factory=list)
    """(step, mean training loss since the point before)."""
    checks: list[dict[str, float]] = field(default_factory=list)
    """``step``, ``seconds`` and the task's figures at each validation."""
    best_step: int = 0
    """Of the best validation; 0: none was better than before training."""
    steps: int = 0
    """Steps planned."""
    seconds: float = 0.0
    """Of training, over all sittings."""
    stopped_early: bool = False


def fit(
    task: Task,
    plan: Plan,
    out: Path,
    *,
    before: Mapping[str, float] | None = None,
    progress: Progress | None = None,
    tell: Tell = lambda line: None,
) -> History:
    """Train, and leave the task's model with the weights of its best validation.

    Parameters
    ----------
    out
        Folder for checkpoints; where it holds one of this task and plan, training goes on from there.
    before
        The task's figures without training: only what is better is kept. None: the best validation is kept in any case.

    Raises
    ------
    TrainingError
        The folder holds a checkpoint of another task or plan, or a checkpoint cannot be written; what was written
        before stays.
    """
    batches = Batches(task.lengths(), tokens=plan.tokens, seed=plan.seed)
    total = max(1, math.ceil(plan.epochs * batches.count(0)))
    task.model.to(plan.place)
    trained = {name: weight for name, weight in task.model.named_parameters() if weight.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=plan.learning_rate, weight_decay=plan.decay)
    identity = hashlib.sha256(f"{task.fingerprint()}|{plan}|{sorted(trained)}".encode()).hexdigest()
    initial = {name: weight.detach().clone() for name, weight in trained.items()}
    average: dict[str, Tensor] = {}
    history = _resumed(out, identity, trained, average, optimizer) or History(steps=total)
    if plan.average and not average:
        average = _copied(trained)
    done = int(history.checks[-1]["step"]) if history.checks else 0
    if done == total or history.stopped_early:
        tell(f"training: {out} holds this run, complete")
    else:
        _room(out, (4 if plan.average else 3) * sum(weight.numel() for weight in trained.values()))
        begin = f"going on from step {done} of {total}" if done else f"{total} steps"
        tell(f"training: {begin}, checkpoints in {out}")
    began = time.perf_counter() - history.seconds
    running: list[float] = []
    for step, examples in batches.stream(done, total):
        if history.stopped_early:
            break
        task.model.train()
        for group in optimizer.param_groups:
            group["lr"] = plan.learning_rate * _rate(step, total, plan.warm_up)
        # What dropout leaves out follows from the step: a run that goes on draws the same.
        torch.manual_seed(plan.seed * total + step)
        with plan.precision():
            loss = task.loss(examples)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained.values(), _CLIP)
        optimizer.step()
        optimizer.zero_grad()
        kept = min(plan.average, (step + 1) / (step + _YOUNG))
        for name, mean in average.items():
            mean.lerp_(trained[name].detach(), 1 - kept)
        running.append(loss.item())
        if not math.isfinite(running[-1]):
            raise TrainingError(f"the loss became {running[-1]} at step {step}; try a smaller learning rate")
        last = step + 1 == total
        if (step + 1) % plan.check_every == 0 or last:
            history.losses.append((step + 1, sum(running) / len(running)))
            running = []
            history.seconds = time.perf_counter() - began
            task.model.eval()
            weights = _copied(trained)
            if average:
                _load(trained, average)
            with torch.inference_mode(), plan.precision():
                figures = task.validate()
            _load(trained, weights)
            history.checks.append({"step": step + 1, "seconds": round(history.seconds, 1), **figures})
            others = [*history.checks[:-1], *([before] if before else [])]
            better = all(_merit(task, figures) > _merit(task, other) for other in others)
            if better:
                history.best_step = step + 1
            since = sum(check["step"] > history.best_step for check in history.checks)
            history.stopped_early = since >= plan.patience and not last
            _write(out, identity, trained, average, optimizer, history, better=better)
        if progress:
            progress(step + 1, total, _line(history, running))
    if history.stopped_early:
        best = f"at step {history.best_step}" if history.best_step else "before training"
        tell(
            f"training: stopped at step {history.checks[-1]['step']} of {total}, as the last {plan.patience} "
            f"validations were no better than {best}"
        )
    if history.checks:
        with _readable(out / _CHECKPOINT):
            _load(trained, load_file(out / _CHECKPOINT / _BEST) if history.best_step else initial)
    task.model.eval()
    return history


class Batches:
    """Examples in seeded order, as batches of about one length and at most so many padded tokens.

    >>> Batches([3, 3, 9, 9], tokens=18, seed=1).count(0)
    2
    """

    def __init__(self, lengths: Sequence[int], *, tokens: int, seed: int) -> None:
        self._lengths = lengths
        self._tokens = tokens
        self._seed = seed

    def epoch(self, number: int) -> list[list[int]]:
        """Return the batches of an epoch."""
        draw = random.Random(f"{self._seed}/{number}")
        order = list(range(len(self._lengths)))
        draw.shuffle(order)
        mean = max(1, sum(self._lengths) // max(1, len(self._lengths)))
        pool = max(1, _POOL * self._tokens // mean)
        batches: list[list[int]] = []
        for begin in range(0, len(order), pool):
            batch: list[int] = []
            for example in sorted(order[begin : begin + pool], key=self._lengths.__getitem__):
                if batch and (len(batch) + 1) * self._lengths[example] > self._tokens:
                    batches.append(batch)
                    batch = []
                batch.append(example)
            batches.append(batch)
        draw.shuffle(batches)
        return batches

    def count(self, number: int) -> int:
        """Return how many batches an epoch has."""
        return len(self.epoch(number))

    def stream(self, first: int, end: int) -> Iterator[tuple[int, list[int]]]:
        """Yield (step, batch) for steps from ``first`` to below ``end``, epoch after epoch."""
        step = number = 0
        while step < end:
            batches = self.epoch(number)
            if not batches:
                return
            for batch in batches:
                if first <= step < end:
                    yield step, batch
                step += 1
            number += 1


def _merit(task: Task, figures: Mapping[str, float]) -> tuple[float, ...]:
    return tuple(figures[measure] for measure in task.measures)


def _rate(step: int, total: int, warm_up: float) -> float:
    """Return the share of the learning rate, 0 to 1, at a step."""
    rising = max(1, round(total * warm_up))
    return min((step + 1) / rising, (total - step) / max(1, total - rising))


def _line(history: History, running: Sequence[float]) -> str:
    loss = f"loss {sum(running) / len(running):.3f}" if running else ""
    if not history.checks:
        return loss
    figures = ", ".join(
        f"{name} {value:.3f}" for name, value in history.checks[-1].items() if name not in ("step", "seconds")
    )
    return f"{loss}  last check: {figures}" if loss else figures


def _write(
    out: Path,
    identity: str,
    trained: dict[str, nn.Parameter],
    average: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    history: History,
    *,
    better: bool,
) -> None:
    draft = out / f"{_CHECKPOINT}.draft"
    place = out / _CHECKPOINT
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        weights = {name: weight.detach().contiguous() for name, weight in trained.items()}
        save_file(weights, draft / _WEIGHTS)
        if average:
            save_file(average, draft / _AVERAGE)
        moments: dict[str, Tensor] = {}
        for name, weight in trained.items():
            for key, value in optimizer.state[weight].items():
                moments[f"{key}/{name}"] = value.detach().contiguous()
        save_file(moments, draft / _OPTIMIZER)
        if better:
            _same_file(draft / (_AVERAGE if average else _WEIGHTS), draft / _BEST)
        elif history.best_step:
            _same_file(place / _BEST, draft / _BEST)
        (draft / _HISTORY).write_text(json.dumps({"identity": identity, **asdict(history)}, indent=1), "utf-8")
        shutil.rmtree(out / f"{_CHECKPOINT}.old", ignore_errors=True)
        if place.exists():
            place.rename(out / f"{_CHECKPOINT}.old")
        draft.rename(place)
        shutil.rmtree(out / f"{_CHECKPOINT}.old", ignore_errors=True)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        kept = (
            "the last complete one is kept: make room and give the same command again to go on from it"
            if place.exists() or (out / f"{_CHECKPOINT}.old").exists()
            else "make room, or name another folder, and begin again"
        )
        raise TrainingError(f"cannot write a checkpoint into {out}: {why(error)}; {kept}") from error


def why(error: Exception) -> str:
    """Return why a file could not be written, in a few words: safetensors wraps what the system says."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return reason.rpartition("I/O error: ")[2].partition(" (os error")[0]


def _same_file(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system knows no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _room(out: Path, numbers: int) -> None:
    """Tell at once, not after the first stretch of training, where there is no room for a checkpoint."""
    place = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < _BYTES * numbers:
        raise TrainingError(
            f"a checkpoint takes {_BYTES * numbers / 1e6:.0f} MB, and there are {free / 1e6:.0f} MB free for {out}: "
            "make room, or name another folder"
        )


@contextmanager
def _readable(place: Path) -> Iterator[None]:
    """Tell plainly of a checkpoint that cannot be read."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise TrainingError(f"the checkpoint {place} is damaged ({error}): delete it to begin again") from error


def _resumed(
    out: Path,
    identity: str,
    trained: dict[str, nn.Parameter],
    average: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
) -> History | None:
    """Read the checkpoint in ``out`` into weights, ``average`` (empty: there is none) and optimiser."""
    place = next((p for p in (out / _CHECKPOINT, out / f"{_CHECKPOINT}.old") if (p / _HISTORY).exists()), None)
    if place is None:
        return None
    with _readable(place):
        state = json.loads((place / _HISTORY).read_text("utf-8"))
        same = state.pop("identity") == identity
    if not same:
        raise TrainingError(
            f"{out} holds a checkpoint of another run (other data or options): name another folder, or delete {place}"
        )
    with _readable(place):
        history = History(**state)
        history.losses = [(int(step), float(loss)) for step, loss in history.losses]
        _load(trained, load_file(place / _WEIGHTS))
        if (place / _AVERAGE).exists():
            means = load_file(place / _AVERAGE)
            average |= {name: means[name].to(weight.device) for name, weight in trained.items()}
        moments = load_file(place / _OPTIMIZER)
    for name, weight in trained.items():
        optimizer.state[weight] = {
            # The count of steps stays on the processor, where AdamW keeps it.
            key: moments[f"{key}/{name}"].to("cpu" if key == "step" else weight.device)
            for key in ("step", "exp_avg", "exp_avg_sq")
            if f"{key}/{name}" in moments
        }
    if place.name != _CHECKPOINT:
        shutil.rmtree(out / _CHECKPOINT, ignore_errors=True)
        place.rename(out / _CHECKPOINT)
    return history


def _copied(trained: dict[str, nn.Parameter]) -> dict[str, Tensor]:
    return {name: weight.detach().clone().contiguous() for name, weight in trained.items()}


def _load(trained: dict[str, nn.Parameter], weights: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, weight in trained.items():
            weight.copy_(weights[name])
