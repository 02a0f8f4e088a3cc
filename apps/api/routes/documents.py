"""``/api/documents``: what is indexed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile

import rag
from apps.api import jobs as sync
from apps.api.callers import Caller, needs
from apps.api.errors import Problem, missing
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
                        },
                        "readers": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "user:ID, group:NAME or *; without: whoever may read uploads.",
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


class Uploaded(BaseModel):
    """Files that were taken in, and the job that indexes them."""

    documents: list[str] = Field(description="The ids that they have, or will have.")
    job: Job


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
    responses={201: {"model": Uploaded, "description": "The job is over."}},
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
    Answers 201 when the job is over, 202 before. Everyone may read what is uploaded, unless the operator gave the
    uploads other readers, or the form has fields 'readers': the key's viewer and groups, or '*'; of a key with the
    scope admin, anyone.
    """
    # Read here and not by a parameter: not before the caller is known to be allowed it.
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FILES) as form:
        files, readers = _files(form), _readers(form, caller)
        begun, ids = await service.work.store(_take, service, caller, files, readers)
    job = await ended(service, begun.id, wait)
    response.status_code = 201 if job.over else 202
    return Uploaded(documents=ids, job=Job.of(job, caller))


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


def _take(service: Service, caller: Caller, files: list[UploadFile], readers: list[str]) -> tuple[sync.Job, list[str]]:
    """Put files in their places and begin the job over them. Returns the job and the documents' ids."""
    kb = service.kb
    uploads = (kb.uploads_for(readers) if readers else kb.uploads).absolute()
    options = {} if uploads == kb.uploads.absolute() else {"readers": readers}
    try:
        named = [(_name(kb, caller.viewer, file.filename or "", uploads), file.file) for file in files]
    except rag.UploadError as error:
        raise Problem(400, f"{error}.", code="file_not_read", param="file") from error
    kept: dict[str, None] = {}
    job = None
    try:
        for path in rag.keep_uploads(uploads, named):
            kept[str(path)] = None
    finally:
        # Also where a disk failed half-way: what lies there is indexed, or nobody would ever hear of it.
        if kept:
            job = begin(service, caller, str(uploads), documents=tuple(kept), must=True, **options)
    assert job is not None
    return job, list(kept)


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
