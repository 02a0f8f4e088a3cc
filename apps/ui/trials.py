"""Runs over question files, in the background."""

from __future__ import annotations

import rag
from apps.ui.background import Background, OneAtATime


class Trial(Background):
    """One run: nothing of it is kept where it is stopped.

    Parameters
    ----------
    evaluations
        Where it is kept.
    by
        Who asks.
    name, data
        The question file.
    """

    def __init__(self, evaluations: rag.Evaluations, by: rag.Viewer, name: str, data: bytes | str) -> None:
        super().__init__(by)
        self.name = name
        self.run: rag.KeptRun | None = None
        self._evaluations = evaluations
        self._data = data

    def work(self) -> None:
        """Ask all questions."""
        self.run = self._evaluations.run(self.name, self._data, asked=self._asked)

    def _asked(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        self.go_on()


class Trials(OneAtATime[Trial]):
    """The runs of one page server."""

    def ask(self, kb: rag.Wellspring, by: rag.Viewer, name: str, data: bytes | str) -> Trial | None:
        """Start a run; None when one is at work."""
        return self.begin(lambda: Trial(rag.Evaluations(kb, viewer=by), by, name, data))
