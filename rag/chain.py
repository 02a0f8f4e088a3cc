"""The chain from a question to a checked answer.

``answer_chain`` is plain LangChain: retriever → prompt → chat model → parser. ``Answerer`` runs it, streams its draft,
and turns the draft into an answer that the passages bear out: the model's own claims where they are borne out by
sentences that answer the question, else the best of those sentences themselves, else "I don't know".
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from knowledge.embed import Embedder
from knowledge.language import detect_language
from knowledge.store import Store
from rag.cite import Claim, check_claims, cite
from rag.confidence import confidence
from rag.errors import ModelError
from rag.evidence import Chosen, Evidence, choose_evidence, follow_up, rank_evidence
from rag.prompts import NO_ANSWER, numbered, prompt, reply
from rag.question import AskedQuestion
from rag.reading import read_hits
from rag.records import Answer, Draft, Event, Final, Found, Passage
from rag.retrieve import Retriever

_HITS = 8
"""Hits whose sentences are weighed as evidence."""
_BRIDGED = 4
"""New hits of the second search, which the names in the first one's best sentences lead to."""
_COVERED = 0.9
"""A sentence that holds this part of the question leaves nothing to search on for."""
_CLOSE = 0.1
"""A model's claim may rest on a sentence that scores this much less than the best."""
_TERSE = 60
"""Characters: a shorter quote is shown with its document's title."""


class KnowledgeRetriever(BaseRetriever):
    """A ``Retriever`` as LangChain sees it, for one viewer. Documents carry their ``Passage`` in the metadata."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    store: SkipValidation[Store]
    """Where the neighbours of hits come from."""
    viewer: Viewer
    k: int = _HITS

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        hits = self.retriever.search(query, viewer=self.viewer, k=self.k)
        return [
            LangChainDocument(
                id=f"{passage.document}#{passage.start}-{passage.end}",
                page_content=passage.text,
                metadata={"source": passage.document, "title": passage.title, "passage": passage},
            )
            for passage in read_hits(hits, store=self.store, retriever=self.retriever, viewer=self.viewer)
        ]


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


class Answerer:
    """Answers questions.

    Parameters
    ----------
    model
        Any LangChain chat model; None: answers are quotes only.
    embedder
        For weighing sentences against the question.
    store
        Where the neighbours of hits come from.
    passages
        How many passages the model reads.
    threshold
        Below this confidence (0 to 1) the answer is that the documents do not say.
    """

    def __init__(
        self, model: BaseChatModel | None, embedder: Embedder, store: Store, *, passages: int, threshold: float
    ) -> None:
        self._model = model
        self._embedder = embedder
        self._store = store
        self._passages = passages
        self._threshold = threshold

    def stream(self, question: str, retriever: Retriever, *, viewer: Viewer) -> Iterator[Event]:
        """Yield ``Found``, then ``Draft``s as the model writes, and at last one ``Final``."""
        clock = _Clock()
        language = detect_language(question)
        if not question.strip():
            yield Final(_abstention(question, language, "empty", 0.0, (), clock))
            return
        asked = AskedQuestion.read(question, idf=retriever.view(viewer).lexical.idf)
        documents, ranked = self._gathered(asked, retriever, viewer)
        passages = tuple(_passage(document) for document in documents)
        clock.lap("retrieve")
        yield Found(passages)
        chosen = choose_evidence(asked, ranked)
        sure = round(confidence(chosen, asked.language), 4) if chosen else 0.0
        if chosen is None or sure < self._threshold:
            key = "unknown" if passages else "nothing"
            yield Final(_abstention(question, language, key, sure, passages, clock))
            return
        draft = ""
        if self._model is not None:
            for piece in self._generate(self._model, question, documents):
                draft += piece
                yield Draft(piece)
            clock.lap("generate")
        claims = _accepted(asked, draft, ranked, chosen)
        clock.lap("check")
        if claims:
            text, origin = _written(claims), "model"
            citations = cite([claim.evidence for claim in claims])
        else:
            text, origin = _quoted(chosen.evidence), "quote"
            citations = cite(chosen.evidence)
        yield Final(
            Answer(
                question=question,
                answer=text,
                abstained=False,
                confidence=sure,
                citations=citations,
                passages=passages,
                origin=origin,
                language=language,
                timings=clock.timings(),
            )
        )

    def _gathered(
        self, asked: AskedQuestion, retriever: Retriever, viewer: Viewer
    ) -> tuple[list[LangChainDocument], list[Evidence]]:
        """Retrieve, weigh the sentences, and where names in the best ones lead on, follow them."""
        source = KnowledgeRetriever(retriever=retriever, store=self._store, viewer=viewer)
        documents = retrieval_step(source).invoke({"question": asked.text})["documents"]
        ranked = rank_evidence(asked, [_passage(document) for document in documents], embedder=self._embedder)
        if ranked and ranked[0].coverage < _COVERED and (next_search := follow_up(asked, ranked)):
            source = KnowledgeRetriever(retriever=retriever, store=self._store, viewer=viewer, k=_HITS + _BRIDGED)
            found = retrieval_step(source).invoke({"question": next_search})["documents"]
            known = [_passage(document) for document in documents]
            new = [document for document in found if not any(_overlap(_passage(document), old) for old in known)]
            new = new[:_BRIDGED]
            more = _numbered(new, len(documents) + 1)
            documents = documents + more
            ranked += rank_evidence(asked, [_passage(document) for document in more], embedder=self._embedder)
            ranked.sort(key=lambda item: -item.score)
        return _reordered(documents, ranked)

    def _generate(self, model: BaseChatModel, question: str, documents: Sequence[LangChainDocument]) -> Iterator[str]:
        state = {"question": question, "documents": documents}
        try:
            yield from generation_step(model, passages=self._passages).stream(state)
        except ModelError:
            raise
        except Exception as error:  # each provider's library raises its own
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise ModelError(f"the chat model failed ({reason}); check the setting 'llm', or set it to none") from error

    def weigh(self, question: str, retriever: Retriever, *, viewer: Viewer) -> Chosen | None:
        """Return the sentences that answer a question best, however weakly."""
        asked = AskedQuestion.read(question, idf=retriever.view(viewer).lexical.idf)
        _, ranked = self._gathered(asked, retriever, viewer)
        return choose_evidence(asked, ranked)

    def ask(self, question: str, retriever: Retriever, *, viewer: Viewer) -> Answer:
        """Return the checked answer."""
        *_, last = self.stream(question, retriever, viewer=viewer)
        assert isinstance(last, Final)
        return last.answer


def _passage(document: LangChainDocument) -> Passage:
    passage: Passage = document.metadata["passage"]
    return passage


def _overlap(one: Passage, other: Passage) -> bool:
    return one.document == other.document and one.start < other.end and other.start < one.end


def _numbered(documents: Sequence[LangChainDocument], first: int) -> list[LangChainDocument]:
    """Number passages from ``first`` on."""
    return [
        document.model_copy(
            update={"metadata": {**document.metadata, "passage": replace(_passage(document), number=number)}}
        )
        for number, document in enumerate(documents, first)
    ]


def _reordered(
    documents: Sequence[LangChainDocument], ranked: Sequence[Evidence]
) -> tuple[list[LangChainDocument], list[Evidence]]:
    """Put the passages that hold the best sentences first, and number them anew."""
    places = {_passage(document).number: document for document in documents}
    order = list(dict.fromkeys([item.passage.number for item in ranked] + list(places)))
    renumbered = _numbered([places[old] for old in order], 1)
    passages = dict(zip(order, map(_passage, renumbered), strict=True))
    return renumbered, [replace(item, passage=passages[item.passage.number]) for item in ranked]


def _accepted(asked: AskedQuestion, draft: str, ranked: Sequence[Evidence], chosen: Chosen) -> list[Claim]:
    """Return the draft's claims, if they are borne out by sentences that answer the question; else nothing."""
    if draft.strip().strip(".").upper() == NO_ANSWER:
        return []
    needed = {item.place for item in chosen.evidence}
    told = [
        claim
        for claim in check_claims(draft, ranked, asked=asked.weights.keys())
        if claim.evidence.place in needed or claim.evidence.score >= ranked[0].score - _CLOSE
    ]
    # Where the question asks for a number, a date or a name, a claim must have it, and an answer that needs two
    # places must tell both.
    complete = len(needed) == 1 or needed <= {claim.evidence.place for claim in told}
    return told if complete and any(asked.fits(claim.text) for claim in told) else []


def _written(claims: Sequence[Claim]) -> str:
    numbers = _numbers([claim.evidence for claim in claims])
    return " ".join(f"{claim.text} [{number}]" for claim, number in zip(claims, numbers, strict=True))


def _quoted(evidence: Sequence[Evidence]) -> str:
    """Write sentences as they stand; what is too short to be understood alone gets its document's title in front."""
    numbers = _numbers(evidence)
    return "\n\n".join(
        f"{item.passage.title}: {item.text} [{number}]"
        if item.passage.title and (len(item.text) < _TERSE or " | " in item.text)
        else f"{item.text} [{number}]"
        for item, number in zip(evidence, numbers, strict=True)
    )


def _numbers(evidence: Sequence[Evidence]) -> list[int]:
    """Return the number that ``cite`` gives to each."""
    by_place = {(citation.document, citation.start, citation.end): citation.number for citation in cite(evidence)}
    return [by_place[item.place] for item in evidence]


def _abstention(
    question: str, language: str, key: str, sure: float, passages: tuple[Passage, ...], clock: _Clock
) -> Answer:
    return Answer(
        question=question,
        answer=reply(language, key),
        abstained=True,
        confidence=sure,
        passages=passages,
        origin="none",
        language=language,
        timings=clock.timings(),
    )


class _Clock:
    """Seconds by step."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = round(now - self._last, 4)
        self._last = now

    def timings(self) -> dict[str, float]:
        return {**self._laps, "total": round(time.perf_counter() - self._began, 4)}
