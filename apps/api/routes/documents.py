"""``/api/documents``: what is indexed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile

import rag
from apps.api.callers import Caller, needs
from apps.api.errors import Problem, missing
from apps.api.routes.jobs import Job, Wait, begin, ended
from apps.api.schemas import Failure, failures
from apps.api.service import Served

router = APIRouter(prefix="/api", tags=["documents"])
_MOST_FILES = 100
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
                        }
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
    """Take files in and begin a job that indexes them. A file of the same name is replaced.

    Answers 201 when the job is over, 202 before. Everyone may read what is uploaded, unless the operator gave the
    uploads other readers.
    """
    # Read here and not by a parameter: not before the caller is known to be allowed it.
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FILES) as form:
        files = _files(form)
        paths = [await service.work.change(service.kb.upload, file.filename or "", file.file) for file in files]
    ids = tuple(dict.fromkeys(str(path.absolute()) for path in paths))
    uploads = str(service.kb.uploads.absolute())
    job = await ended(service, begin(service, caller, uploads, documents=ids).id, wait)
    response.status_code = 201 if job.over else 202
    return Uploaded(documents=list(ids), job=Job.of(job, caller))


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
    if not files or len(files) != len(form.multi_items()):
        raise Problem(
            400, "Send a form (multipart/form-data) with one or more files named 'file'.", code="no_file", param="file"
        )
    return files


def _document(info: rag.DocumentInfo) -> Document:
    told: Mapping[str, Any] = {name: getattr(info, name) for name in Document.model_fields if name != "readers"}
    return Document(**told, readers=list(info.readers))
