"""The loop on a model of a few weights: what is learnt, kept, gone on from and told."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from rag.errors import TrainingError
from rag.training.loop import Batches, Plan, fit, why

PLAN = Plan(epochs=6, tokens=40, learning_rate=0.05, check_every=4, patience=100)


class Line:
    """Learns y = 2x + 1."""

    measures: tuple[str, ...] = ("fit", "even")

    def __init__(self, *, stop_at: int | None = None, bad_after: int | None = None, name: str = "line") -> None:
        torch.manual_seed(0)
        self.model: nn.Module = nn.Linear(1, 1)
        self._points = torch.linspace(-1, 1, 40)[:, None]
        self._stop_at, self._bad_after, self._name = stop_at, bad_after, name
        self.steps = self.checks = 0

    def lengths(self) -> Sequence[int]:
        return [3 + n % 5 for n in range(40)]

    def loss(self, examples: Sequence[int]) -> Tensor:
        if self.steps == self._stop_at:
            raise KeyboardInterrupt
        self.steps += 1
        points = self._points[list(examples)]
        return ((self.model(points) - 2 * points - 1) ** 2).mean()

    def validate(self) -> dict[str, float]:
        self.checks += 1
        error = float(((self.model(self._points).detach() - 2 * self._points - 1) ** 2).mean())
        worse = self._bad_after is not None and self.checks > self._bad_after
        return {"fit": -1000.0 if worse else -error, "even": 0.0}

    def fingerprint(self) -> str:
        return self._name


def weights(task: Line) -> list[float]:
    return [float(value) for weight in task.model.parameters() for value in weight.detach().flatten()]


def test_the_loss_falls_and_the_best_weights_are_left(tmp_path: Path) -> None:
    task = Line()
    history = fit(task, PLAN, tmp_path)
    losses = [loss for _, loss in history.losses]
    assert losses[-1] < 0.5 * losses[0]
    assert history.checks[-1]["step"] == history.steps
    assert -task.validate()["fit"] == pytest.approx(-max(check["fit"] for check in history.checks))


def test_a_run_that_was_cut_short_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = Line()
    expected = fit(whole, PLAN, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(Line(stop_at=18), PLAN, tmp_path / "cut")
    rest = Line()
    history = fit(rest, PLAN, tmp_path / "cut")
    assert rest.steps == expected.steps - 16
    assert weights(rest) == weights(whole)
    assert history.losses == expected.losses


class Noisy(Line):
    """The same with dropout."""

    def __init__(self, **options: int) -> None:
        super().__init__(**options)
        self.model = nn.Sequential(nn.Dropout(0.3), self.model)


def test_averaged_weights_and_dropout_go_on_to_the_same_end(tmp_path: Path) -> None:
    plan = replace(PLAN, average=0.9)
    whole = Noisy()
    expected = fit(whole, plan, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(Noisy(stop_at=18), plan, tmp_path / "cut")
    rest = Noisy()
    assert fit(rest, plan, tmp_path / "cut").losses == expected.losses
    assert weights(rest) == weights(whole)


def test_the_average_is_validated_and_left(tmp_path: Path) -> None:
    seen: list[list[float]] = []

    class Watched(Line):
        def loss(self, examples: Sequence[int]) -> Tensor:
            seen.append(weights(self))
            return super().loss(examples)

    task = Watched()
    history = fit(task, replace(PLAN, average=0.5, check_every=1000), tmp_path)
    last = load_file(tmp_path / "checkpoint" / "weights.safetensors")
    seen.append([float(last[name]) for name, _ in task.model.named_parameters()])
    mean = seen[0]
    for step, after in enumerate(seen[1:]):
        kept = min(0.5, (step + 1) / (step + 20))
        mean = [kept * old + (1 - kept) * new for old, new in zip(mean, after, strict=True)]
    assert weights(task) == pytest.approx(mean, abs=1e-5)
    assert weights(task) != pytest.approx(seen[-1], abs=1e-5)
    assert task.validate()["fit"] == pytest.approx(history.checks[-1]["fit"])


def test_a_checkpoint_that_was_being_put_in_place_is_found(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(Line(stop_at=18), PLAN, tmp_path)
    (tmp_path / "checkpoint").rename(tmp_path / "checkpoint.old")
    rest = Line()
    fit(rest, PLAN, tmp_path)
    assert rest.steps < 18 + rest.checks * 4


def test_it_stops_when_validation_no_longer_gets_better(tmp_path: Path) -> None:
    task = Line(bad_after=2)
    history = fit(task, replace(PLAN, patience=3), tmp_path)
    assert history.stopped_early
    assert history.best_step == 8
    assert len(history.checks) == 5


def test_what_got_no_better_than_before_is_not_kept(tmp_path: Path) -> None:
    task, told = Line(), list[str]()
    untrained = weights(task)
    history = fit(task, replace(PLAN, patience=3), tmp_path, before={"fit": 0.0, "even": 0.0}, tell=told.append)
    assert (history.best_step, history.stopped_early) == (0, True)
    assert weights(task) == untrained
    assert "no better than before training" in told[-1]
    again = Line()
    assert (
        fit(again, replace(PLAN, patience=3), tmp_path, before={"fit": 0.0, "even": 0.0}, tell=told.append) == history
    )
    assert weights(again) == untrained
    assert again.steps == 0
    assert any("complete" in line for line in told)


def test_equals_are_told_apart_by_the_next_figure(tmp_path: Path) -> None:
    class Slow(Line):
        measures = ("even", "fit")

    history = fit(Slow(), PLAN, tmp_path, before={"fit": -100.0, "even": 0.0})
    assert history.best_step == max(history.checks, key=lambda check: check["fit"])["step"] > 0


def test_where_it_goes_on_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(Line(stop_at=18), PLAN, tmp_path)
    told = list[str]()
    fit(Line(), PLAN, tmp_path, tell=told.append)
    assert "going on from step 16" in told[0]


@pytest.mark.parametrize("name", ["history.json", "weights.safetensors", "optimizer.safetensors"])
def test_a_damaged_checkpoint_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(Line(stop_at=18), PLAN, tmp_path)
    (tmp_path / "checkpoint" / name).write_bytes(b"{")
    with pytest.raises(TrainingError, match="is damaged"):
        fit(Line(), PLAN, tmp_path)


def test_safetensors_reasons_are_told_as_the_system_says_them() -> None:
    wrapped = SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    assert why(wrapped) == why(OSError(28, "No space left on device")) == "No space left on device"


def test_other_data_is_not_gone_on_with(tmp_path: Path) -> None:
    fit(Line(), PLAN, tmp_path)
    with pytest.raises(TrainingError, match="another run"):
        fit(Line(name="other"), PLAN, tmp_path)
    with pytest.raises(TrainingError, match="another run"):
        fit(Line(), replace(PLAN, learning_rate=0.1), tmp_path)


def test_a_checkpoint_that_cannot_be_written_is_told_and_the_last_one_kept(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(Line(stop_at=18), PLAN, tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "checkpoint").iterdir()}
    # A file where the next checkpoint is drafted, as a full disk leaves no room for the folder.
    (tmp_path / "checkpoint.draft").write_text("x")
    with pytest.raises(TrainingError, match="the last complete one is kept"):
        fit(Line(), PLAN, tmp_path)
    assert {path: path.read_bytes() for path in (tmp_path / "checkpoint").iterdir()} == before


def test_progress_tells_every_step(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    history = fit(Line(), PLAN, tmp_path, progress=lambda *line: told.append(line))
    assert [step for step, _, _ in told] == list(range(1, history.steps + 1))
    assert "fit" in told[-1][2]


def test_batches_hold_every_example_once_and_keep_to_their_tokens() -> None:
    lengths = [n % 50 + 1 for n in range(500)]
    batches = Batches(lengths, tokens=200, seed=3)
    for number in (0, 1):
        epoch = batches.epoch(number)
        assert sorted(example for batch in epoch for example in batch) == list(range(500))
        assert all(len(batch) * max(lengths[e] for e in batch) <= 200 for batch in epoch)
    assert batches.epoch(0) == Batches(lengths, tokens=200, seed=3).epoch(0) != batches.epoch(1)
