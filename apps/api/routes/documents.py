"""``/api/documents``: what is indexed."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile

import rag
from apps.api import jobs as sync
from apps.api.callers import Caller, needs
from apps.api.errors import ErrorDetail, Problem, missing
from apps.api.routes.jobs import Job, Wait, begin, ended
from apps.api.schemas import Failure, failures
from apps.api.service import Served, Service

router = APIRouter(prefix="/api", tags=["documents"])
_MOST_FILES = 100
_PRINCIPAL = re.compile(r"\*|(?:user|group):.{1,200}")
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": _MOST_FILES,
                            "description": "With curl: -F file=@handbook.pdf -F file=@prices.xlsx",
                        },
                        "readers": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "user:ID, group:NAME or *; without: whoever may read uploads.",
                            "examples": [["group:hr"]],
                        },
                    },
                    "required": ["file"],
                    "additionalProperties": False,
                }
            }
        },
    }
}
Id = Annotated[
    str, Query(min_length=1, max_length=4096, description="As listed.", examples=["/srv/documents/handbook/leave.docx"])
]


class Document(BaseModel):
    """A document that is indexed."""

    id: str
    source: str
    title: str
    language: str
    media_type: str
    characters: int
    chunks: int
    pages: int
    modified: str | None = Field(description="ISO 8601, UTC.")
    indexed: str = Field(description="ISO 8601, UTC.")
    readers: list[str] = Field(description="Who may read it: user:ID, group:NAME, *.")


class DocumentList(BaseModel):
    """Documents by id."""

    documents: list[Document]
    total: int = Field(description="How many there are, listed or not.")
    failed: list[Failure]


class Page(BaseModel):
    """A page, a slide or a sheet of a document."""

    number: int = Field(description="From 1.")
    start: int = Field(description="Characters, half open.")
    end: int
    name: str


class Text(BaseModel):
    """A document's text, as citations count its characters."""

    id: str
    title: str
    text: str
    pages: list[Page]


class File(BaseModel):
    """What became of a file that was sent."""

    name: str = Field(description="As sent.", examples=["handbook.pdf"])
    document: str = Field(description="The id that it has as a document, or would have.")
    state: Literal["indexed", "failed", "waiting"]
    reason: str = Field(
        description="Why it failed, or still waits after its job; else empty.", examples=["is empty; it holds no text"]
    )


class Uploaded(BaseModel):
    """Files that were sent, and the job that indexes them."""

    files: list[File] = Field(description="In the order in which they were sent.")
    documents: list[str] = Field(description="The ids of those that are indexed or will be.")
    job: Job


class Unread(Uploaded):
    """Files none of which could be read: nothing of them is kept."""

    error: ErrorDetail


class Deleted(BaseModel):
    """A document that is gone."""

    id: str
    deleted: bool = True


@router.get("/documents", summary="List documents")
async def listed(
    service: Served,
    caller: Annotated[Caller, needs("documents:read")],
    contains: Annotated[str, Query(max_length=1000, description="Only where the id or the title holds this.")] = "",
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> DocumentList:
    """List the documents that the key's viewer may read, and those that could not be read at the last try."""
    kb, viewer, part = service.kb, caller.viewer, contains.casefold()
    infos, failed = await service.work.look(lambda: (kb.documents(viewer=viewer), kb.failures(viewer=viewer)))
    found = [info for info in infos if part in info.id.casefold() or part in info.title.casefold()]
    return DocumentList(
        documents=[_document(info) for info in found[offset : offset + limit]],
        total=len(found),
        failed=failures(failed),
    )


@router.get("/documents/text", summary="Read a document")
async def text(id: Id, service: Served, caller: Annotated[Caller, needs("documents:read")]) -> Text:
    """Return a document's text, as citations count its characters."""
    found = await service.work.look(lambda: service.kb.document(id, viewer=caller.viewer))
    if found is None:
        raise missing("document", id)
    pages = [Page(number=page.number, start=page.start, end=page.end, name=page.name) for page in found.pages]
    return Text(id=found.id, title=found.title, text=found.text, pages=pages)


@router.post(
    "/documents",
    status_code=202,
    responses={
        201: {"model": Uploaded, "description": "The job is over; `files` tells what could not be read."},
        202: {"description": "Files wait for the job, or for the next one where it did not come to its end."},
        422: {"model": Unread, "description": "The job is over and could read none of the files; nothing is kept."},
    },
    openapi_extra=_FORM,
    summary="Upload documents",
)
async def upload(
    request: Request,
    response: Response,
    service: Served,
    caller: Annotated[Caller, needs("documents:write")],
    wait: Wait = 0,
) -> Uploaded:
    """Take files in, all or none, and begin a job that indexes them. A file of the same name is replaced.

    Where the key's viewer may not read what is uploaded, a file gets a name of its own instead and replaces none.
    Answers 201 when the job is over, 202 before, and 422 where it is over and none of the files could be read: then
    all is as it was before. Of several files some of which cannot be read, these are kept as failures. Everyone may
    read what is uploaded, unless the operator gave the uploads other readers, or the form has fields 'readers': the
    key's viewer and groups, or '*'; of a key with the scope admin, anyone.
    """
    # Read here and not by a parameter: not before the caller is known to be allowed it.
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FILES) as form:
        files, readers = _files(form), _readers(form, caller)
        begun, taken = await service.work.store(_take, service, caller, files, readers)
    try:
        job = await ended(service, begun.id, wait)
        told = _told(job, taken, caller)
        if all(file.state == "failed" for file in told.files):
            await service.work.change(_undo, service, taken)
            raise _unread(told)
    finally:
        _tidy(taken)
    response.status_code = 202 if any(file.state == "waiting" for file in told.files) else 201
    return told


@router.delete("/documents", summary="Delete a document")
async def delete(id: Id, service: Served, caller: Annotated[Caller, needs("documents:write")]) -> Deleted:
    """Delete a document for good: an uploaded file itself; of another source, what is stored of it.

    Waits for the job that is running.
    """

    def known() -> bool:
        kb, viewer = service.kb, caller.viewer
        return kb.document(id, viewer=viewer) is not None or id in {f.document_id for f in kb.failures(viewer=viewer)}

    if not await service.work.look(known):
        raise missing("document", id)
    try:
        await service.work.change(service.kb.delete, id)
    except rag.KnowledgeBaseError as error:
        # Somebody else was quicker, or it is a failure of a source that only its operator can mend.
        raise missing("document", id) from error
    return Deleted(id=id)


def _files(form: FormData) -> list[UploadFile]:
    files = [value for name, value in form.multi_items() if name == "file" and isinstance(value, UploadFile)]
    if not files or len(files) + len(form.getlist("readers")) != len(form.multi_items()):
        raise Problem(
            400, "Send a form (multipart/form-data) with one or more files named 'file'.", code="no_file", param="file"
        )
    return files


def _readers(form: FormData, caller: Caller) -> list[str]:
    """Return who shall read what is uploaded; nobody in particular: as all uploads."""
    readers = [value.strip() for value in form.getlist("readers") if isinstance(value, str)]
    if len(readers) != len(form.getlist("readers")) or not all(map(_PRINCIPAL.fullmatch, readers)):
        raise Problem(400, "readers: write user:ID, group:NAME or *.", code="invalid_value", param="readers")
    if not caller.may("admin") and not caller.viewer.principals.issuperset(readers):
        raise Problem(
            403, "readers: you may name yourself, your groups and *.", code="readers_not_allowed", param="readers"
        )
    return readers


@dataclass(slots=True)
class _Taken:
    """A file in its place."""

    sent: str
    """Its name as sent."""
    path: Path
    earlier: Path | None = None
    """A copy of what lay there before."""
    stamp: tuple[int, int] = (0, 0)
    """Tells it from a file that takes its place later."""

    def set_aside(self) -> None:
        """Copy what the file is going to replace."""
        if self.path.is_file():
            # Its name has a dot in front: no source reads it.
            self.earlier = self.path.with_name(f".{secrets.token_hex(8)}.tmp")
            shutil.copy2(self.path, self.earlier)


def _take(
    service: Service, caller: Caller, files: list[UploadFile], readers: list[str]
) -> tuple[sync.Job, list[_Taken]]:
    """Put files in their places and begin the job over them."""
    kb = service.kb
    uploads = (kb.uploads_for(readers) if readers else kb.uploads).absolute()
    options = {} if uploads == kb.uploads.absolute() else {"readers": readers}
    try:
        named = [(_name(kb, caller.viewer, file.filename or "", uploads), file.file) for file in files]
    except rag.UploadError as error:
        raise Problem(400, f"{error}.", code="file_not_read", param="file") from error
    kept: dict[str, None] = {}
    taken: list[_Taken] = []
    job = None
    try:
        for file, (name, _) in zip(files, named, strict=True):
            # A name in a strange encoding need not be text that can be sent back.
            sent = (file.filename or "").encode(errors="replace").decode()
            taken.append(_Taken(sent, uploads / name))
            taken[-1].set_aside()
        for path in rag.keep_uploads(uploads, named):
            kept[str(path)] = None
        for one in taken:
            one.stamp = _stamp(one.path)
    except BaseException:
        _tidy(taken)
        raise
    finally:
        # Also where a disk failed half-way: what lies there is indexed, or nobody would ever hear of it.
        if kept:
            job = begin(service, caller, str(uploads), documents=tuple(kept), must=True, **options)
    assert job is not None
    return job, taken


def _told(job: sync.Job, taken: list[_Taken], caller: Caller) -> Uploaded:
    """Return what became of files, as far as it is known."""
    sent = Job.of(job, caller)
    reasons = {failure.document: failure.reason for failure in sent.failures}
    ended: Literal["indexed", "waiting"] = "indexed" if job.state == "done" else "waiting"
    why = sent.problem or ("The job was stopped; the next one goes on." if job.state == "stopped" else "")
    found = []
    for one in taken:
        id = str(one.path)
        failed = id in reasons
        found.append(
            File(name=one.sent, document=id, state="failed" if failed else ended, reason=reasons[id] if failed else why)
        )
    ids = dict.fromkeys(file.document for file in found if file.state != "failed")
    return Uploaded(files=found, documents=list(ids), job=sent)


def _unread(told: Uploaded) -> Problem:
    reasons = {file.document: file.reason for file in told.files}
    one = next(iter(reasons.values())) if len(reasons) == 1 else ""
    said = f"The file {one}." if one else "None of the files could be read; 'files' tells why."
    return Problem(422, said, code="files_unreadable", param="file", beside=told.model_dump(mode="json"))


def _undo(service: Service, taken: list[_Taken]) -> None:
    """Let the uploads be as they were before files came that cannot be read."""
    restored = set()
    for one in {one.path: one for one in taken}.values():
        if _stamp(one.path) != one.stamp:
            # Another upload has taken its place since.
            continue
        if one.earlier is None:
            # The failure goes with the file.
            service.kb.delete(str(one.path))
        else:
            one.earlier.replace(one.path)
            restored.add(one.path.parent)
    for folder in restored:
        # What is indexed is what lies there again: this only takes the failure away.
        service.kb.sync(folder)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_ino, found.st_mtime_ns


def _tidy(taken: list[_Taken]) -> None:
    for one in taken:
        if one.earlier is not None:
            one.earlier.unlink(missing_ok=True)


def _name(kb: rag.Wellspring, viewer: rag.Viewer, name: str, uploads: Path) -> str:
    """Return the name to keep a file under: one of its own where another's, which ``viewer`` may not read, could lie.

    Not only where one does lie: the name would tell.
    """
    kept = rag.upload_name(name)
    id = str(uploads / kept)
    readers = next((s.options.get("readers") for s in kb.store.sources() if Path(s.id) == uploads), None)
    hidden = readers is not None and viewer.principals.isdisjoint(cast("list[str]", readers))
    if hidden or (kb.store.document(id) is not None and kb.document(id, viewer=viewer) is None):
        return rag.upload_name(name, mark=f"-{secrets.token_hex(8)}")
    return kept


def _document(info: rag.DocumentInfo) -> Document:
    told: Mapping[str, Any] = {name: getattr(info, name) for name in Document.model_fields if name != "readers"}
    return Document(**told, readers=list(info.readers))
