"""A knowledge base as parts of LangChain: a runnable, and tools for agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import BaseTool, StructuredTool

from rag.records import Answer, SearchHit

if TYPE_CHECKING:
    from connectors import Viewer
    from rag.scope import Within
    from rag.sdk import Wellspring

ASK = (
    "Answer a question from the company's documents. Returns the answer with numbered citations, each with its "
    "document, page and a verbatim quote, or says that the documents do not tell. Ask one complete question at a time."
)
"""What a model is told of the tool that answers."""
SEARCH = (
    "Search the company's documents. Returns the passages that answer best to the query, numbered, each with its "
    "document and page."
)
"""What a model is told of the tool that searches."""
NOTHING = "Nothing was found."


def runnable(base: Wellspring, viewer: Viewer, within: Within) -> Runnable[str | dict[str, Any], Answer]:
    """Return what ``Wellspring.as_runnable`` describes."""

    def ask(given: str | dict[str, Any]) -> Answer:
        return base.ask(_question(given), viewer=viewer, within=within)

    async def aask(given: str | dict[str, Any]) -> Answer:
        return await base.aask(_question(given), viewer=viewer, within=within)

    return RunnableLambda(ask, afunc=aask, name="wellspring")


def tools(base: Wellspring, viewer: Viewer, within: Within, k: int) -> list[BaseTool]:
    """Return what ``Wellspring.as_tools`` describes."""

    def ask(question: Annotated[str, "A complete question."]) -> tuple[str, Answer]:
        answer = base.ask(question, viewer=viewer, within=within)
        return answer.as_text(), answer

    async def aask(question: Annotated[str, "A complete question."]) -> tuple[str, Answer]:
        answer = await base.aask(question, viewer=viewer, within=within)
        return answer.as_text(), answer

    def search(query: Annotated[str, "What to look for."]) -> tuple[str, list[SearchHit]]:
        hits = base.search(query, k=k, viewer=viewer, within=within)
        return hits_text(hits), hits

    return [
        StructuredTool.from_function(
            ask, aask, name="ask_documents", description=ASK, response_format="content_and_artifact"
        ),
        StructuredTool.from_function(
            search, name="search_documents", description=SEARCH, response_format="content_and_artifact"
        ),
    ]


def hits_text(hits: list[SearchHit]) -> str:
    """Return hits as text, numbered from 1."""
    return "\n\n".join(f"[{number}] {hit.as_text()}" for number, hit in enumerate(hits, 1)) or NOTHING


def _question(given: str | dict[str, Any]) -> str:
    return given if isinstance(given, str) else str(given["question"])
