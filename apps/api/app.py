"""The application: routes, and what every request goes through."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

import rag
from apps.api.bodies import BodyLimit
from apps.api.callers import Gate
from apps.api.errors import LOG, ErrorReply, handle_errors
from apps.api.jobs import Jobs
from apps.api.keys import Keys
from apps.api.metrics import Measured, Metrics
from apps.api.routes import (
    ask,
    chat,
    documents,
    embeddings,
    feedback,
    front,
    graph,
    health,
    jobs,
    models,
    search,
    sources,
    widget,
)
from apps.api.service import Service
from apps.api.work import ANSWERING, Work

_ABOUT = """\
Answers from a company's own documents, with the places to check. `/v1` speaks OpenAI's language; `/api` has the rest.

Send a key as `Authorization: Bearer KEY` (`rag keys create`); a server that one person runs for themselves needs none.
Everything runs on behalf of the key's viewer: what that viewer may not read does not exist.
"""
_TAGS = [
    {"name": "ask", "description": "Questions and checked answers."},
    {"name": "openai", "description": "What clients of OpenAI's API call."},
    {"name": "search", "description": "Passages, without an answer."},
    {"name": "documents", "description": "What is indexed."},
    {"name": "sources", "description": "Where documents come from, and the jobs that bring them in."},
    {"name": "graph", "description": "The knowledge graph, as the viewer may see it."},
    {"name": "feedback", "description": "What people thought of answers."},
    {"name": "health", "description": "For those who run the server."},
]
_AGAIN_SECONDS = 5.0
"""Between tries to load the knowledge base."""
_ERRORS = {
    "4XX": {"model": ErrorReply, "description": "The request cannot be served; the message says why."},
    "5XX": {"model": ErrorReply, "description": "The server cannot serve it; the message says what it can."},
}


def create_app(
    kb: rag.Wellspring,
    *,
    keys: Keys | None,
    origins: Sequence[str] = (),
    largest_upload: int = 256 * 2**20,
    temperature: float = 0.0,
    answering: int = ANSWERING,
) -> FastAPI:
    """Return the API over a knowledge base.

    Parameters
    ----------
    keys
        Who may call. As long as none was ever made, and for None always: single-user mode, for this machine alone.
    origins
        Of web pages that may call from a browser.
    largest_upload
        Bytes of the files in one upload.
    temperature
        The chat model's, where a request names none.
    answering
        Questions that are answered at the same time.
    """
    metrics = Metrics()
    service = Service(kb, Work(answering=answering), Jobs(kb), metrics, temperature)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        closing = threading.Event()
        threading.Thread(target=_load, args=(service, closing), name="loading", daemon=True).start()
        yield
        closing.set()
        service.work.close()
        service.jobs.close()

    app = FastAPI(
        title="Wellspring",
        version=version("wellspring"),
        description=_ABOUT,
        openapi_tags=_TAGS,
        # The pages that FastAPI would serve load scripts from elsewhere; /docs is routes/front.py's.
        docs_url=None,
        redoc_url=None,
        lifespan=running,
        responses=_ERRORS,  # type: ignore[arg-type]
        redirect_slashes=False,
    )
    app.state.service = service
    handle_errors(app)
    for noun in (
        chat,
        models,
        embeddings,
        ask,
        search,
        documents,
        sources,
        jobs,
        graph,
        feedback,
        health,
        widget,
        front,
    ):
        app.include_router(noun.router)
    # The last added is the first that a request meets.
    app.add_middleware(BodyLimit, largest_upload=largest_upload)
    app.add_middleware(Gate, keys=keys, origins=origins)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(Measured, metrics=metrics)
    return app


def _load(service: Service, closing: threading.Event) -> None:
    """Search and ask once, so that the first who asks need not wait for indexes and weights; again until it works."""
    told = ""
    while not closing.is_set():
        try:
            hits = service.kb.search("Wellspring", k=1)
            service.kb.ask(f"What is said of {hits[0].title if hits else 'it'}?")
        except Exception as error:
            # Not the end: the operator may mend it, and requests are told.
            if str(error) != told and not closing.is_set():
                told = str(error)
                LOG.error("the knowledge base cannot be searched: %s", error)
            closing.wait(_AGAIN_SECONDS)
        else:
            service.ready.set()
            return
