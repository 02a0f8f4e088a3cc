"""Indexing in a thread of its own: it goes on while people look at other pages, and can be stopped."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

import rag

PROBLEMS = (rag.RagError, rag.KnowledgeError, rag.ConnectorError)
"""Errors whose message is written for the person at the page."""

_COUNTED = 100_000
"""Files are counted up to here, for the progress bar."""


class _Stopped(Exception):
    """Raised inside a run to end it; what was committed stays."""


class Job:
    """One run. Written by its thread, read by the pages.

    Parameters
    ----------
    kb
        What is brought up to date.
    locations
        Which sources; none: all that are remembered.
    readers
        Principals who may read the documents; None: as remembered.
    by
        Who started it: nobody else is told the names of the documents.
    """

    def __init__(
        self,
        kb: rag.Wellspring,
        locations: tuple[str, ...],
        readers: tuple[str, ...] | None = None,
        by: rag.Viewer = rag.LOCAL,
    ) -> None:
        self.by = by
        self.total: int | None = None
        """How many files there seem to be; None when that is not known."""
        self.done = 0
        """How many documents were looked at."""
        self.document = ""
        """The id of the document in hand."""
        self.reports: list[rag.SyncReport] = []
        self.problem: str | None = None
        """Why it failed, in a plain line; empty when it was unexpected and the log tells more."""
        self.stopped = False
        self.seconds = 0.0
        self._kb = kb
        self._locations = locations
        self._readers = readers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="indexing", daemon=True)
        self._began = time.monotonic()
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
        """Tell it to stop at the next document."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> None:
        """Return when it has ended, or after ``seconds``."""
        self._thread.join(seconds)

    def count(self, name: str) -> int:
        """Return a count of the reports by its name, ``added`` for example."""
        return sum(int(getattr(report, name)) for report in self.reports)

    def _run(self) -> None:
        try:
            self.total = _count_files(self._locations)
            self.reports = self._kb.sync(*self._locations, progress=self._progress, readers=self._readers)
        except _Stopped:
            self.stopped = True
        except PROBLEMS as error:
            self.problem = str(error)
        except Exception:
            # The thread's last chance to say anything: without this the page would wait for nothing.
            logging.getLogger(__name__).exception("indexing failed")
            self.problem = ""
        self.seconds = time.monotonic() - self._began

    def _progress(self, report: rag.SyncReport, document: str) -> None:
        self.done += 1
        self.document = document
        if self._stop.is_set():
            raise _Stopped


class Jobs:
    """At most one job at a time: two would only wait for each other."""

    def __init__(self) -> None:
        self.current: Job | None = None
        """The running job, or the last one."""
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether a job is at work."""
        return self.current is not None and self.current.running

    def start(
        self,
        kb: rag.Wellspring,
        *locations: str | Path,
        readers: tuple[str, ...] | None = None,
        by: rag.Viewer = rag.LOCAL,
    ) -> Job | None:
        """Start a job; None when one is running."""
        with self._lock:
            if self.running:
                return None
            self.current = Job(kb, tuple(str(location) for location in locations), readers, by)
            return self.current


def _count_files(locations: tuple[str, ...]) -> int | None:
    """Return about how many files lie under local paths, or None. Hidden ones are left out."""
    total = 0
    for location in locations:
        root = Path(location)
        if not root.is_dir():
            return None
        for _, folders, names in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            total += sum(not name.startswith(".") for name in names)
            if total > _COUNTED:
                return None
    return total or None
