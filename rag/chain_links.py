"""The chain's links as LangChain sees them: retriever → prompt → chat model → parser."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough
from pydantic import ConfigDict, SkipValidation

from connectors import Viewer
from knowledge.language import detect_language
from knowledge.store import Store
from rag.prompts import numbered, prompt
from rag.reading import read_hits
from rag.records import Passage
from rag.retrieve import Retriever
from rag.weigh import HITS


class KnowledgeRetriever(BaseRetriever):
    """A ``Retriever`` as LangChain sees it, for one viewer. Documents carry their ``Passage`` in the metadata."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Callable[[], Retriever]
    """Returns what searches the present generation."""
    store: SkipValidation[Store]
    """Where the neighbours of hits come from."""
    viewer: Viewer
    k: int = HITS

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        retriever = self.retriever()
        hits = retriever.search(query, viewer=self.viewer, k=self.k)
        passages = read_hits(hits, store=self.store, retriever=retriever, viewer=self.viewer)
        return list(map(to_document, passages))


def retrieval_step(retriever: BaseRetriever) -> Runnable[Any, Any]:
    """Return the chain's first half: ``{"question"}`` → ``{"question", "documents"}``."""
    return RunnablePassthrough.assign(documents=itemgetter("question") | retriever)


def generation_step(model: BaseChatModel, *, passages: int) -> Runnable[Any, str]:
    """Return the chain's second half: ``{"question", "documents"}`` → the model's text."""

    def fill(state: dict[str, Any]) -> Any:
        read = [document.metadata["passage"] for document in state["documents"][:passages]]
        template = prompt(detect_language(state["question"]))
        return template.invoke({"question": state["question"], "passages": numbered(read)})

    return RunnableLambda(fill) | model | StrOutputParser()


def answer_chain(retriever: BaseRetriever, model: BaseChatModel, *, passages: int = 4) -> Runnable[Any, str]:
    """Return retriever → prompt → chat model → parser: from ``{"question": …}`` to the model's unchecked text."""
    return retrieval_step(retriever) | generation_step(model, passages=passages)


def to_document(passage: Passage) -> LangChainDocument:
    """Return a passage as LangChain's document."""
    return LangChainDocument(
        id=f"{passage.document}#{passage.start}-{passage.end}",
        page_content=passage.text,
        metadata={
            "source": passage.document,
            "title": passage.title,
            "page": passage.page,
            "start": passage.start,
            "end": passage.end,
            "passage": passage,
        },
    )


def to_passage(document: LangChainDocument) -> Passage:
    """Return the passage that a document of ``KnowledgeRetriever`` is of."""
    passage: Passage = document.metadata["passage"]
    return passage
