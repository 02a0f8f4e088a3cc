"""Runs over question files in a thread of their own."""

from __future__ import annotations

import logging
import threading

import rag
from apps.ui.jobs import PROBLEMS


class _Stopped(Exception):
    """Raised inside a run to end it; nothing of it is kept."""


class Trial:
    """One run. Written by its thread, read by the page.

    Parameters
    ----------
    evaluations
        Where it is kept, and who asks.
    viewer
        Whose it is.
    name, data
        The question file.
    """

    def __init__(self, evaluations: rag.Evaluations, viewer: rag.Viewer, name: str, data: bytes | str) -> None:
        self.viewer = viewer
        self.name = name
        self.done = 0
        self.total: int | None = None
        self.run: rag.KeptRun | None = None
        self.problem: str | None = None
        """Why it failed, in a plain line; empty when it was unexpected and the log tells more."""
        self.stopped = False
        self._evaluations = evaluations
        self._data = data
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="evaluation", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Tell it to stop at the next question."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> None:
        """Return when it has ended, or after ``seconds``."""
        self._thread.join(seconds)

    def _ask(self) -> None:
        try:
            self.run = self._evaluations.run(self.name, self._data, asked=self._asked)
        except _Stopped:
            self.stopped = True
        except PROBLEMS as error:
            self.problem = str(error)
        except OSError as error:
            self.problem = f"{error.strerror or error}: {error.filename}"
        except Exception:
            # The thread's last chance to say anything: without this the page would wait for nothing.
            logging.getLogger(__name__).exception("an evaluation failed")
            self.problem = ""

    def _asked(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        if self._stop.is_set():
            raise _Stopped


class Trials:
    """At most one run at a time: two would only wait for each other."""

    def __init__(self) -> None:
        self.current: Trial | None = None
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether a run is at work."""
        return self.current is not None and self.current.running

    def start(self, kb: rag.Wellspring, viewer: rag.Viewer, name: str, data: bytes | str) -> Trial | None:
        """Start a run; None when one is at work."""
        with self._lock:
            if self.running:
                return None
            self.current = Trial(rag.Evaluations(kb, viewer=viewer), viewer, name, data)
            return self.current
