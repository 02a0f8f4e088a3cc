"""The chain from a question to a checked answer.

``answer_chain`` (``rag.chain_links``) is plain LangChain. ``Answerer`` runs its links, streams the draft,
and makes an answer that the passages bear out: the reader's short answer with the sentence that holds it, in the
model's words where what it claims is borne out and answers the same; what each source says, where sources disagree;
else "I don't know".
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.language_models import BaseChatModel

from connectors import Document, Viewer, may_read
from knowledge.embed import Embedder
from knowledge.language import detect_language, search_tokens
from knowledge.store import Store
from rag.candidates import Candidate, same
from rag.chain_links import KnowledgeRetriever, generation_step, retrieval_step, to_document, to_passage
from rag.cite import Claim, check_claims, cite
from rag.compared import compared, read_comparison
from rag.confidence import agreed
from rag.conflict import disagreeing, document_date, newest_first
from rag.errors import ModelError, UnsupportedError
from rag.evidence import Evidence, evidence_at, in_context, is_row
from rag.facts import FactAnswer, FactFinder, sentence, title_search
from rag.listing import listed, read_listing
from rag.polar import answering, is_polar, polarity_of
from rag.procedure import SURE as PROCEDURE_SURE
from rag.procedure import is_how, procedure
from rag.prompts import NO_ANSWER, reply, small_talk
from rag.question import AskedQuestion
from rag.records import Answer, Citation, Draft, Event, Final, Found, Passage, Side
from rag.retrieve import Retriever
from rag.rivals import Rivals
from rag.versions import has_version
from rag.weigh import Best, SpanReader, Weighed, Weigher, alternatives, best_of, replied
from rag.wording import disagreement, numbers, quoted, written

_CLOSE = 0.1
"""A model's claim may rest on a sentence that scores this much less than the best."""
_PLAIN = 0.85
"""An answer this sure needs no alternatives beside it …"""
_ALONE = 0.6
"""… and its sentence, from this on, no other one around it."""
_SURE = 0.5
"""A reader this sure is not overruled by a chat model that says something else."""
_HOPELESS = 1 / 3
"""Below this part of the threshold no reply of a chat model makes an answer of what was found."""
_BARE = 2
"""Words beside the short answer that make no sentence of it."""
_READABLE = frozenset({"fact", "chain"})
"""Kinds of answers from facts that a reader may find as well."""
_OPENING = 400
"""Characters at a document's beginning that may tell when it is from."""


class Answerer:
    """Answers questions.

    Parameters
    ----------
    model
        Any LangChain chat model; None: answers are the reader's and quotes only.
    embedder
        For weighing sentences against the question.
    store
        Where the neighbours of hits come from.
    readers
        What finds short answers, by language.
    passages
        How many passages the model reads.
    threshold
        Below this confidence (0 to 1) the answer is that the documents do not say.
    ask_model_below
        Confidence (0 to 1) from which on the model is not asked: for a model that knows less than the reader.
    model_languages
        Languages of the questions that the model is asked; None: all.
    """

    def __init__(
        self,
        model: BaseChatModel | None,
        embedder: Embedder,
        store: Store,
        *,
        readers: Mapping[str, SpanReader] | None = None,
        passages: int,
        threshold: float,
        ask_model_below: float = 1.0,
        model_languages: Collection[str] | None = None,
    ) -> None:
        self._model = model
        self._facts = FactFinder()
        self._weigher = Weigher(embedder, readers or {})
        self._store = store
        self._passages = passages
        self._threshold = threshold
        self._ask_model_below = ask_model_below
        self._model_languages = model_languages

    def stream(
        self, question: str, retriever: Retriever, *, viewer: Viewer, temperature: float | None = None
    ) -> Iterator[Event]:
        """Yield ``Found``, then ``Draft``s as the model writes, and at last one ``Final``.

        Raises
        ------
        ModelError
            The chat model failed.
        UnsupportedError
            ``temperature`` is given, and the chat model has none.
        """
        clock = _Clock()
        language = detect_language(question)
        talk = small_talk(question) if question.strip() else "empty"
        if talk:
            yield Final(_abstention(question, language, talk, 0.0, (), clock))
            return
        asked, weighed = self._weighed(question, retriever, viewer)
        clock.lap("retrieve")
        yield Found(weighed.passages)
        best = best_of(weighed, asked.language)
        newer = retriever.view(viewer).newer
        outdated = set() if has_version(question) else newer.keys()
        steps = procedure(asked, sorted(weighed.passages, key=lambda passage: passage.document in outdated))
        if steps is not None:
            best = Best((steps,), None, max(PROCEDURE_SURE, best.sure if best else 0.0), steps=True)
        fact = self._fact(asked, weighed, best, retriever, viewer)
        clock.lap("facts")
        draft = ""
        if fact is None and steps is None and self._model is not None and self._worth_asking(best, language):
            model = self._model if temperature is None else _warmed(self._model, temperature)
            for piece in self._generate(model, question, weighed.passages):
                draft += piece
                yield Draft(piece)
            weighed = replied(weighed, draft, asked.language)
            best = best_of(weighed, asked.language)
            clock.lap("generate")
        sure = fact.sure if fact else best.sure if best else 0.0
        if (fact is None and best is None) or sure < self._threshold:
            key = "unknown" if weighed.passages else "nothing"
            yield Final(_abstention(question, language, key, sure, weighed.passages, clock))
            return
        if fact is not None:
            worked = _worked_out(asked, fact, best, clock)
            yield Final(replace(worked, answer=worked.answer + _outdated(worked.citations, newer, language)))
            return
        assert best is not None
        told = self._told(asked, draft, weighed, best, newer.keys())
        told["answer"] += _outdated(told["citations"], newer, language) if not told.get("sides") else ""
        clock.lap("check")
        yield Final(
            Answer(
                question=question,
                abstained=False,
                passages=weighed.passages,
                language=language,
                timings=clock.timings(),
                **told,
            )
        )

    def weigh(self, question: str, retriever: Retriever, *, viewer: Viewer) -> Weighed:
        """Return what the documents hold for a question, however weakly it answers."""
        return self._weighed(question, retriever, viewer)[1]

    def ask(self, question: str, retriever: Retriever, *, viewer: Viewer) -> Answer:
        """Return the checked answer."""
        *_, last = self.stream(question, retriever, viewer=viewer)
        assert isinstance(last, Final)
        return last.answer

    def _weighed(self, question: str, retriever: Retriever, viewer: Viewer) -> tuple[AskedQuestion, Weighed]:
        asked = AskedQuestion.read(question, idf=retriever.view(viewer).lexical.idf)

        def search(text: str, k: int) -> list[Passage]:
            source = KnowledgeRetriever(retriever=lambda: retriever, store=self._store, viewer=viewer, k=k)
            return list(map(to_passage, retrieval_step(source).invoke({"question": text})["documents"]))

        view = retriever.view(viewer)
        # Who names a year or a version means that one.
        outdated = () if has_version(question) else view.newer.keys()
        return asked, self._weigher.weigh(asked, search, Rivals(view.graph, question), outdated=outdated)

    def _fact(
        self, asked: AskedQuestion, weighed: Weighed, best: Best | None, retriever: Retriever, viewer: Viewer
    ) -> FactAnswer | None:
        """Work the answer out from facts; None where the question is not of that kind, or the reader is surer."""
        names = retriever.view(viewer).graph.names
        newer = {} if has_version(asked.text) else retriever.view(viewer).newer

        def current(ranked: Sequence[Evidence]) -> list[Evidence]:
            return sorted(ranked, key=lambda item: item.passage.document in newer)

        plan = read_comparison(asked.text, asked.language, lambda text: [(h.start, h.end) for h in names.find(text)])
        if plan is not None:
            told = compared(
                plan, asked.language, lambda text: current(self._weighed(text, retriever, viewer)[1].ranked)
            )
            if told is not None:
                return told
        listing = read_listing(asked.text, asked.language)
        if listing is not None:
            told = listed(listing, asked, current(weighed.ranked), lambda id: self._document(id, viewer))
            if told is not None:
                return told
        fact = self._facts.answer(
            asked.text,
            weighed.passages,
            retriever.graph_for(viewer),
            language=asked.language,
            find=title_search(retriever, self._store, viewer),
        )
        if fact is None or (fact.kind in _READABLE and best is not None and best.sure >= fact.sure):
            return None
        return fact

    def _document(self, id: str, viewer: Viewer) -> Document | None:
        document = self._store.document(id)
        return document if document and may_read(viewer, document.access) else None

    def _worth_asking(self, best: Best | None, language: str) -> bool:
        """Tell whether the chat model may change what is answered."""
        speaks = self._model_languages is None or language in self._model_languages
        return speaks and best is not None and _HOPELESS * self._threshold <= best.sure < self._ask_model_below

    def _generate(self, model: BaseChatModel, question: str, passages: Sequence[Passage]) -> Iterator[str]:
        state = {"question": question, "documents": list(map(to_document, passages))}
        try:
            yield from generation_step(model, passages=self._passages).stream(state)
        except ModelError:
            raise
        except Exception as error:  # each provider's library raises its own
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise ModelError(f"the chat model failed ({reason}); check the setting 'llm', or set it to none") from error

    def _told(
        self, asked: AskedQuestion, draft: str, weighed: Weighed, best: Best, outdated: Collection[str]
    ) -> dict[str, Any]:
        """Return what the answer says: its text and short form, citations, whose words they are, and how sure."""
        if best.candidate is not None:
            found = weighed.found
            if best.candidate.evidence.passage.document not in outdated and not has_version(asked.text):
                # What held until a document's newest version is no other side.
                found = tuple(one for one in found if one.evidence.passage.document not in outdated)
            others = disagreeing(best.candidate, found, one_value=bool(asked.kinds))
            if others:
                return self._sides([best.candidate, *others], asked.language, best.sure)
        claims = _accepted(asked, draft, weighed, best)
        agree = bool(best.short) and any(same(best.short, claim.text) for claim in claims)
        if claims and not (agree and _bare(claims, best.short)) and (agree or not best.short or best.sure < _SURE):
            text, evidence, origin = written(claims), [claim.evidence for claim in claims], "model"
            short = best.short if agree else _shortest(claims, weighed.found)
        elif best.steps:
            evidence, origin, short = list(best.evidence), "quote", ""
            text = quoted(evidence)
        elif is_polar(asked.text, asked.language):
            whole = answering(asked, weighed.ranked)
            evidence, origin = [whole] if whole else list(best.evidence), "quote"
            said = polarity_of(asked, evidence[-1])
            short = "" if said is None else reply(asked.language, "yes" if said else "no")
            text = quoted(evidence, lead=short)
        else:
            evidence = [in_context(asked, item, more=best.sure < _ALONE) for item in best.evidence]
            short, origin = "" if is_how(asked.text) else best.short, "quote"
            text = quoted(evidence, short)
        # On rows of tables the reader's other spans are mostly odd cells.
        plain = best.sure >= _PLAIN or best.steps or is_row(best.evidence[-1]) or is_polar(asked.text, asked.language)
        others = [] if plain else alternatives(short, evidence, weighed.found)
        shown = [*evidence, *(one.evidence for one in others)]
        marks = numbers(shown)[len(evidence) :]
        return {
            "answer": text,
            "short": short,
            "alternatives": tuple(Side(one.short, mark) for one, mark in zip(others, marks, strict=True)),
            "citations": cite(shown),
            "origin": origin,
            "confidence": best.sure,
        }

    def _sides(self, found: Sequence[Candidate], language: str, sure: float) -> dict[str, Any]:
        """Return an answer that tells what each source says."""

        def dated(candidate: Candidate) -> tuple[Candidate, str]:
            passage = candidate.evidence.passage
            opening = self._store.text(passage.document, 0, _OPENING) or ""
            return candidate, document_date(passage.title, opening)

        sides = newest_first([dated(candidate) for candidate in found])
        evidence = [candidate.evidence for candidate, _ in sides]
        marks = numbers(evidence)
        return {
            "answer": disagreement(sides, language),
            "short": sides[0][0].short,
            "sides": tuple(
                Side(candidate.short, mark, date) for (candidate, date), mark in zip(sides, marks, strict=True)
            ),
            "citations": cite(evidence),
            "origin": "quote",
            "confidence": sure,
        }


def _worked_out(asked: AskedQuestion, fact: FactAnswer, best: Best | None, clock: _Clock) -> Answer:
    """Return the answer of facts, each with the sentence that tells it."""
    passages = [replace(passage, number=number) for number, passage in enumerate(fact.passages, 1)]
    evidence = [evidence_at(asked, passages[step.passage], step.start, step.end) for step in fact.steps]
    places = {
        (step.passage, step.start, step.end): mark for step, mark in zip(fact.steps, numbers(evidence), strict=True)
    }
    agree = best is not None and bool(best.short) and same(best.short, fact.short)
    clock.lap("check")
    return Answer(
        question=asked.text,
        answer=sentence(fact, asked.language, numbers=places),
        abstained=False,
        confidence=agreed(fact.sure) if agree else round(fact.sure, 4),
        citations=cite(evidence),
        passages=tuple(passages),
        short=fact.short,
        origin="facts",
        language=asked.language,
        timings=clock.timings(),
    )


def _outdated(citations: Sequence[Citation], newer: Mapping[str, str], language: str) -> str:
    """Return what is to be said where an answer rests on a document of which there is a newer version."""
    old = next((newer[cited.document] for cited in citations[:1] if cited.document in newer), "")
    return f"\n\n{reply(language, 'newer').format(title=old)}" if old else ""


def _warmed(model: BaseChatModel, temperature: float) -> BaseChatModel:
    """Return the model with another temperature; what it has loaded is shared."""
    if "temperature" not in type(model).model_fields:
        raise UnsupportedError("the chat model has no temperature that could be set: leave it out")
    return model.model_copy(update={"temperature": temperature})


def _accepted(asked: AskedQuestion, draft: str, weighed: Weighed, best: Best) -> list[Claim]:
    """Return the draft's claims, if they are borne out by sentences that answer the question; else nothing."""
    if draft.strip().strip(".").upper() == NO_ANSWER:
        return []
    needed = {item.place for item in best.evidence}
    told = [
        claim
        for claim in check_claims(draft, weighed.ranked, asked=asked.weights.keys())
        if claim.evidence.place in needed or claim.evidence.score >= weighed.ranked[0].score - _CLOSE
    ]
    if weighed.found:
        told = [claim for claim in told if claim.evidence.place in needed or _read_there(claim, weighed.found)]
    # Where the question asks for a number, a date or a name, a claim must have it, and an answer that needs two
    # places must tell both.
    complete = len(needed) == 1 or needed <= {claim.evidence.place for claim in told}
    return told if complete and any(asked.fits(claim.text) for claim in told) else []


def _read_there(claim: Claim, found: Sequence[Candidate]) -> bool:
    """Tell whether the reader finds in a claim's evidence an answer that the claim gives, too (as QAGS; Wang et al.
    2020): words alone do not tell whether it answers the question.
    """
    return any(one.evidence.place == claim.evidence.place and same(one.short, claim.text) for one in found)


def _bare(claims: Sequence[Claim], short: str) -> bool:
    """Tell whether a model says no more than the short answer, which its sentence then tells better."""
    return sum(len(search_tokens(claim.text)) for claim in claims) <= len(search_tokens(short)) + _BARE


def _shortest(claims: Sequence[Claim], found: Sequence[Candidate]) -> str:
    """Return the reader's short answer that the claims give, or else the first claim."""
    for one in found:
        if any(same(one.short, claim.text) and one.evidence.place == claim.evidence.place for claim in claims):
            return one.short
    return claims[0].text


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
