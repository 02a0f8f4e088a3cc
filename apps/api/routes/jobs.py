"""``/api/jobs``: runs that bring documents in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from apps.api import jobs as sync
from apps.api.callers import Caller, needs
from apps.api.errors import Problem, missing
from apps.api.schemas import Failure, Strict, failures
from apps.api.service import Served, Service

router = APIRouter(prefix="/api", tags=["sources"])
LONGEST_WAIT = 600
_FAILED = "It could not be indexed; the server's log tells more."


class Job(BaseModel):
    """A run over sources, as it stands."""

    id: str
    locations: list[str] = Field(description="Which sources; none: all that are remembered.")
    state: str = Field(description="waiting, running, done, failed or stopped.")
    created: datetime
    started: datetime | None
    ended: datetime | None
    looked_at: int = Field(description="Documents so far.")
    document: str = Field(description="The document in hand; empty for uploads.")
    counts: dict[str, int] = Field(
        description="added, changed, deleted, unchanged, failed; so far of the source in hand, or of the files sent."
    )
    failures: list[Failure]
    problem: str = Field(description="Why it failed; keys without the scope admin are told that it did.")

    @classmethod
    def of(cls, job: sync.Job, caller: Caller) -> Job:
        """Return a job as it is sent: one that was begun for an upload tells of the files of that upload alone.

        A run goes over the whole of a source, also over what failed earlier, and what others may not know of.
        """
        told = {name: getattr(job, name) for name in cls.model_fields if name not in ("locations", "failures")}
        failed = list(job.failures)
        if job.documents or not caller.may("admin"):
            told |= {"document": "", "looked_at": job.own_looked_at, "counts": dict(job.own_counts)}
            failed = [failure for failure in failed if failure.document_id in job.documents]
        if job.problem and not caller.may("admin"):
            told["problem"] = _FAILED
        return cls(**told, locations=list(job.locations), failures=failures(failed))


class JobList(BaseModel):
    """Jobs, the newest first."""

    jobs: list[Job]


class Sync(Strict):
    """What is brought up to date."""

    locations: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=4096)]],
        Field(default=[], max_length=1000, description="Sources that are remembered; none: all of them."),
    ]


Wait = Annotated[
    float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for its end before answering.", examples=[0])
]


@router.post("/jobs", status_code=202, summary="Bring sources up to date")
async def start(body: Sync, service: Served, caller: Annotated[Caller, needs("admin")]) -> Job:
    """Begin a job over sources that are remembered; it runs when those before it are over."""
    known = await service.work.look(service.kb.sources)
    for location in body.locations:
        if location not in known:
            raise missing("source", location)
    return Job.of(begin(service, caller, *body.locations), caller)


@router.get("/jobs", summary="List jobs")
async def listed(service: Served, caller: Annotated[Caller, needs("documents:write")]) -> JobList:
    """List the jobs that this key began; with the scope admin, all."""
    return JobList(jobs=[Job.of(job, caller) for job in service.jobs.all() if _mine(job, caller)])


@router.get("/jobs/{id}", summary="See how a job stands")
async def shown(id: str, service: Served, caller: Annotated[Caller, needs("documents:write")], wait: Wait = 0) -> Job:
    """Return a job as it stands, or with ``wait`` when it is over."""
    _job(service, caller, id)
    return Job.of(await ended(service, id, wait), caller)


@router.delete("/jobs/{id}", summary="Stop a job")
async def stop(id: str, service: Served, caller: Annotated[Caller, needs("documents:write")]) -> Job:
    """Stop a job at its next document; what it has stored stays."""
    _job(service, caller, id)
    service.jobs.stop(id)
    return Job.of(_job(service, caller, id), caller)


def begin(
    service: Service,
    caller: Caller,
    *locations: str,
    documents: tuple[str, ...] = (),
    must: bool = False,
    **options: object,
) -> sync.Job:
    """Take a job in on behalf of a caller."""
    try:
        return service.jobs.start(*locations, owner=caller.key, documents=documents, must=must, **options)
    except sync.Busy:
        raise Problem(
            429, "Too many jobs are waiting; try again later.", code="too_many_jobs", headers={"Retry-After": "30"}
        ) from None


async def ended(service: Service, id: str, seconds: float) -> sync.Job:
    """Return a job when it is over, or as it is after ``seconds``."""
    job = await service.jobs.settled(id, seconds)
    if job is None:
        raise missing("job", id)
    return job


def _job(service: Service, caller: Caller, id: str) -> sync.Job:
    job = service.jobs.get(id)
    if job is None or not _mine(job, caller):
        raise missing("job", id)
    return job


def _mine(job: sync.Job, caller: Caller) -> bool:
    return caller.may("admin") or job.owner == caller.key
