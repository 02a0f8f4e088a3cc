"""Work in a thread of its own: it goes on while people look at other pages, and can be stopped."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

import rag

PROBLEMS = (rag.RagError, rag.KnowledgeError, rag.ConnectorError)
"""Errors whose message is written for the person at the page."""


class _Stopped(Exception):
    """Raised inside the work to end it."""


class Background(ABC):
    """One piece of work. Written by its thread, read by the pages.

    Parameters
    ----------
    by
        Who started it: nobody else is told what it is about.
    """

    def __init__(self, by: rag.Viewer) -> None:
        self.by = by
        self.done = 0
        """How many documents or questions are done."""
        self.total: int | None = None
        """Of how many; None while that is not known."""
        self.problem: str | None = None
        """Why it failed, in a plain line; empty when it was unexpected and the log tells more."""
        self.stopped = False
        self.seconds = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def start(self) -> None:
        """Begin."""
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
        """Tell it to stop at the next document or question."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> None:
        """Return when it has ended, or after ``seconds``."""
        self._thread.join(seconds)

    @abstractmethod
    def work(self) -> None:
        """Do it; ``go_on`` is to be called now and then."""

    def go_on(self) -> None:
        """End the work here if it is to stop."""
        if self._stop.is_set():
            raise _Stopped

    def _run(self) -> None:
        began = time.monotonic()
        try:
            self.work()
        except _Stopped:
            self.stopped = True
        except PROBLEMS as error:
            self.problem = str(error)
        except OSError as error:
            self.problem = f"{error.strerror or error}: {error.filename}"
        except Exception:
            # The thread's last chance to say anything: without this the page would wait for nothing.
            logging.getLogger(__name__).exception("%s failed", type(self).__name__)
            self.problem = ""
        self.seconds = time.monotonic() - began


Work = TypeVar("Work", bound=Background)


class OneAtATime(Generic[Work]):
    """At most one piece of a kind of work at a time: two would only wait for each other."""

    def __init__(self) -> None:
        self.current: Work | None = None
        """The one at work, or the last one."""
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether one is at work."""
        return self.current is not None and self.current.running

    def begin(self, make: Callable[[], Work]) -> Work | None:
        """Start what ``make`` returns; None when one is at work."""
        with self._lock:
            if self.running:
                return None
            self.current = make()
            self.current.start()
            return self.current
