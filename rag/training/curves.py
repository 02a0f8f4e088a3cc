"""The curves of a training run, as a PNG. Importing this module needs matplotlib."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rag.training.loop import History

_LOSS = "negative_loss"
"""The held-out loss among the figures, of which higher is better."""
_SIZE = (8.0, 3.2)
"""Inches."""


def draw_curves(history: History, path: Path) -> None:
    """Draw the loss and the validation's figures over the steps."""
    figure = Figure(figsize=_SIZE, layout="constrained")
    left, right = figure.subplots(1, 2)
    steps, losses = zip(*history.losses, strict=True)
    left.plot(steps, losses, marker="o", markersize=3, label="training")
    left.set_ylabel("loss")
    checked = [check["step"] for check in history.checks]
    for name in history.checks[0]:
        if name == _LOSS:
            left.plot(checked, [-check[name] for check in history.checks], marker="o", markersize=3, label="held out")
            left.legend(frameon=False)
        elif name not in ("step", "seconds"):
            right.plot(checked, [check[name] for check in history.checks], marker="o", markersize=3, label=name)
    right.axvline(history.best_step, color="0.7", linestyle=":", label="kept")
    right.set_ylabel("held-out questions")
    right.legend(frameon=False)
    for axes in (left, right):
        axes.set_xlabel("step")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
