"""Indexing, in the background."""

from __future__ import annotations

import os
from pathlib import Path

import rag
from apps.ui.background import Background, OneAtATime

_COUNTED = 100_000
"""Files are counted up to here, for the progress bar."""


class Job(Background):
    """One run: what was committed stays where it is stopped.

    Parameters
    ----------
    kb
        What is brought up to date.
    locations
        Which sources; none: all that are remembered.
    readers
        Principals who may read the documents; None: as remembered.
    by
        Who started it.
    """

    def __init__(
        self,
        kb: rag.Wellspring,
        locations: tuple[str, ...],
        readers: tuple[str, ...] | None = None,
        by: rag.Viewer = rag.LOCAL,
    ) -> None:
        super().__init__(by)
        self.document = ""
        """The id of the document in hand."""
        self.reports: list[rag.SyncReport] = []
        self._kb = kb
        self._locations = locations
        self._readers = readers

    def count(self, name: str) -> int:
        """Return a count of the reports by its name, ``added`` for example."""
        return sum(int(getattr(report, name)) for report in self.reports)

    def failures(self) -> list[rag.Failed]:
        """Return what could not be read, of all reports."""
        return [failure for report in self.reports for failure in report.failures]

    def work(self) -> None:
        """Sync; ``total`` is how many files there seem to be."""
        self.total = _count_files(self._locations)
        self.reports = self._kb.sync(*self._locations, progress=self._progress, readers=self._readers)

    def _progress(self, report: rag.SyncReport, document: str) -> None:
        self.done += 1
        self.document = document
        self.go_on()


class Jobs(OneAtATime[Job]):
    """The jobs of one page server."""

    def index(
        self,
        kb: rag.Wellspring,
        *locations: str | Path,
        readers: tuple[str, ...] | None = None,
        by: rag.Viewer = rag.LOCAL,
    ) -> Job | None:
        """Start a job; None when one is at work."""
        return self.begin(lambda: Job(kb, tuple(map(str, locations)), readers, by))


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
