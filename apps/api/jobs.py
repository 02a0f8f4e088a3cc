"""Sync jobs: in a thread of their own, one at a time, in the order in which they were asked for."""

from __future__ import annotations

import asyncio
import logging
import queue
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import rag

_KEPT = 200
"""Jobs that are remembered after their end."""
_MOST_WAITING = 100
_LOOK_SECONDS = 0.05
_COUNTS = ("added", "changed", "deleted", "unchanged", "failed")
_UNEXPECTED = "something went wrong that should not have; the server's log tells more"
LOG = logging.getLogger("wellspring.api")


class Busy(Exception):
    """So many jobs wait that no more is taken."""


class _Stopped(Exception):
    """Raised inside a run to end it; what was committed stays."""


@dataclass(frozen=True, slots=True)
class Job:
    """A run over sources, as it stands."""

    id: str
    owner: str
    """The id of the key that asked for it; empty in single-user mode."""
    locations: tuple[str, ...]
    """Which sources; none: all that are remembered."""
    documents: tuple[str, ...] = ()
    """For which documents its owner asked for it, by id; empty: whatever there is."""
    state: str = "waiting"
    """``waiting``, ``running``, ``done``, ``failed`` or ``stopped``."""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: datetime | None = None
    ended: datetime | None = None
    looked_at: int = 0
    """Documents so far."""
    document: str = ""
    """The id of the document in hand."""
    counts: Mapping[str, int] = field(default_factory=dict)
    own_looked_at: int = 0
    """Of ``documents``."""
    own_counts: Mapping[str, int] = field(default_factory=dict)
    """As ``counts``, but only what befell ``documents``."""
    failures: tuple[rag.Failed, ...] = ()
    problem: str = ""
    """Why it failed."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ("done", "failed", "stopped")


class Jobs:
    """The jobs of one server.

    Parameters
    ----------
    kb
        What is brought up to date.
    """

    def __init__(self, kb: rag.Wellspring) -> None:
        self._kb = kb
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._options: dict[str, dict[str, Any]] = {}
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopping: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="syncing", daemon=True)
        self._thread.start()

    def close(self, seconds: float = 5.0) -> None:
        """Stop the running job at its next document, drop those that wait, and wait for the end."""
        with self._lock:
            self._closed = True
        self._waiting.put(None)
        self._thread.join(seconds)

    def start(
        self, *locations: str, owner: str = "", documents: tuple[str, ...] = (), must: bool = False, **options: Any
    ) -> Job:
        """Take a job in. One of the same kind and owner that still waits serves instead of a new one.

        Parameters
        ----------
        locations
            Sources; none: all that are remembered.
        owner, documents
            See ``Job``.
        must
            Take it in however many wait: what it is about has happened already.
        options
            For ``Wellspring.sync``.

        Raises
        ------
        Busy
            Too many wait.
        """
        job = Job(secrets.token_hex(8), owner, locations, documents)
        with self._lock:
            for other in self._jobs.values():
                same = (other.owner, other.locations, self._options.get(other.id)) == (owner, locations, options)
                # One that is about certain documents tells of these alone.
                if same and other.state == "waiting" and bool(other.documents) == bool(documents):
                    both = tuple(dict.fromkeys((*other.documents, *documents)))
                    self._jobs[other.id] = replace(other, documents=both)
                    return self._jobs[other.id]
            if not must and sum(other.state == "waiting" for other in self._jobs.values()) >= _MOST_WAITING:
                raise Busy
            self._jobs[job.id] = job
            self._options[job.id] = options
            over = [other.id for other in self._jobs.values() if other.over]
            for id in over[: max(0, len(over) - _KEPT)]:
                del self._jobs[id]
        self._waiting.put(job.id)
        return job

    def all(self) -> list[Job]:
        """Return the jobs, the newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def get(self, id: str) -> Job | None:
        """Return a job, None where there is none of that id."""
        with self._lock:
            return self._jobs.get(id)

    def stop(self, id: str) -> None:
        """Tell a job to stop at its next document."""
        with self._lock:
            job = self._jobs.get(id)
            if job and not job.over:
                self._stopping.add(id)
            if job and job.state == "waiting":
                self._end(id, state="stopped")

    async def settled(self, id: str, seconds: float) -> Job | None:
        """Return a job when it is over, or as it is after ``seconds``."""
        until = time.monotonic() + seconds
        while (job := self.get(id)) is not None and not job.over and time.monotonic() < until:
            await asyncio.sleep(_LOOK_SECONDS)
        return job

    def _work(self) -> None:
        while (id := self._waiting.get()) is not None:
            with self._lock:
                if self._closed:
                    return
                job = self._jobs.get(id)
                if job is None or job.over:
                    continue
                self._jobs[id] = replace(job, state="running", started=datetime.now(UTC))
                options = self._options.pop(id)
            self._run(id, job.locations, options)

    def _run(self, id: str, locations: tuple[str, ...], options: dict[str, Any]) -> None:
        def progress(report: rag.SyncReport, document: str) -> None:
            with self._lock:
                if self._closed or id in self._stopping:
                    raise _Stopped
                self._jobs[id] = _looked(self._jobs[id], report, document)

        try:
            reports = self._kb.sync(*locations, progress=progress, **options)
        except _Stopped:
            self._finish(id, state="stopped")
        except (rag.RagError, rag.KnowledgeError, rag.ConnectorError) as error:
            LOG.warning("a sync job failed: %s", error)
            self._finish(id, state="failed", problem=str(error))
        except Exception:
            # The thread goes on with the next job, whatever befell this one.
            LOG.exception("a sync job failed")
            self._finish(id, state="failed", problem=_UNEXPECTED)
        else:
            failures = tuple(failure for report in reports for failure in report.failures)
            own = self._own(id)
            self._finish(id, state="done", counts=_counts(reports), own_counts=own, failures=failures)

    def _own(self, id: str) -> Mapping[str, int]:
        """Return what befell a job's documents in the end."""
        with self._lock:
            job = self._jobs[id]
        own = {**dict.fromkeys(_COUNTS, 0), **job.own_counts}
        # A source need not tell of a document that is as it was.
        own["unchanged"] = max(0, len(job.documents) - sum(own.values()))
        return own

    def _finish(self, id: str, **told: Any) -> None:
        with self._lock:
            self._end(id, **told)

    def _end(self, id: str, **told: Any) -> None:
        self._jobs[id] = replace(self._jobs[id], ended=datetime.now(UTC), document="", **told)
        self._stopping.discard(id)
        self._options.pop(id, None)


def _looked(job: Job, report: rag.SyncReport, document: str) -> Job:
    """Return a job after another document of its source; what its counts grew by is that document's."""
    counts = _counts([report])
    looked = replace(job, looked_at=job.looked_at + 1, document=document, counts=counts)
    if document not in job.documents:
        return looked
    own = {name: job.own_counts.get(name, 0) + counts[name] - job.counts.get(name, 0) for name in _COUNTS}
    return replace(looked, own_looked_at=job.own_looked_at + 1, own_counts=own)


def _counts(reports: list[rag.SyncReport]) -> dict[str, int]:
    return {name: sum(int(getattr(report, name)) for report in reports) for name in _COUNTS}
