"""One run over one set: index, ask, count.

The parts can be used alone: ``prepared`` indexes a set and gives a ``Bench``, whose ``ask_all`` may be called as often
as one likes.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.embed import Embedder
from knowledge.records import Vectors
from rag.build import build, open_embedder
from rag.evaluation.datasets import SEED, CorpusConnector, Dataset, Question, load_dataset
from rag.evaluation.metrics import contains, exact_match, f1, holds, recall
from rag.evaluation.report import write_report
from rag.evaluation.results import Result, summary, write_results
from rag.records import Answer, SearchHit
from rag.sdk import Wellspring
from rag.settings import Settings, load_settings

_DEPTH = 60
"""Chunks looked at a question, so that 20 different documents are among them."""
_CURVE = 20
_RECALL_AT = {"multihop": (1, 2, 5, 10, 20), "reading": (1, 2, 5, 10), "documents": (1, 2, 5, 10)}
_ANSWERED = frozenset({"reading", "robustness", "documents"})
"""Kinds of sets that are about answers."""
_SHOWN_HITS, _SHOWN_CHARACTERS = 10, 240
"""What is kept of the hits for people to read."""
_PACKAGES = ("wellspring", "sentence-transformers", "torch", "transformers", "langchain", "spacy", "faiss-cpu", "numpy")

Progress = Callable[[Any, str], None]
Tell = Callable[[str], None]


class TimedEmbedder:
    """An embedder that counts the seconds which it spends on questions; else the one that it is given."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.question_seconds = 0.0

    @property
    def name(self) -> str:
        """Names the embedder; vectors are those of the one inside."""
        return self._embedder.name

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._embedder.dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32, (len(texts), dimension), rows of unit length."""
        return self._embedder.embed_passages(texts)

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """Return float32, (dimension,), unit length."""
        began = time.perf_counter()
        vector = self._embedder.embed_question(text)
        self.question_seconds += time.perf_counter() - began
        return vector


@dataclass(frozen=True, slots=True)
class Bench:
    """A knowledge base that holds the documents of a set."""

    base: Wellspring
    kind: str
    """The set's."""
    embedder: TimedEmbedder
    """The base's."""
    settings: Settings
    index_seconds: float
    """For indexing and building all caches."""

    def ask_all(self, questions: Sequence[Question], *, answers: bool) -> list[Result]:
        """Search for every question; with ``answers`` also answer it. The first is asked once more, and not timed."""
        for question in questions[:1]:
            # Models load when first used, which is no part of any question's time.
            self.ask(question, answers=answers)
        return [self.ask(question, answers=answers) for question in questions]

    def ask(self, question: Question, *, answers: bool) -> Result:
        """Search for one question, and with ``answers`` also answer it."""
        embedded = self.embedder.question_seconds
        began = time.perf_counter()
        hits = self.base.search(question.text, k=_DEPTH, viewer=question.viewer)
        seconds = time.perf_counter() - began
        embedded = self.embedder.question_seconds - embedded
        retrieved = list(dict.fromkeys(hit.document for hit in hits))[:_CURVE]
        result = Result(
            id=question.id,
            question=question.text,
            answers=list(question.answers),
            gold=sorted(question.gold),
            retrieved=retrieved,
            type=question.type,
            split=question.split,
            pages=sorted(question.pages),
            hits=[_shown(hit) for hit in hits[:_SHOWN_HITS]],
        )
        self._count_retrieval(question, hits, result)
        if answers:
            self._answer(question, result)
        result.figures |= {"query_ms": 1000 * seconds, "search_ms": 1000 * (seconds - embedded)}
        return result

    def _count_retrieval(self, question: Question, hits: Sequence[SearchHit], result: Result) -> None:
        """Count what was found; not in robustness sets, where every right passage holds the whole answer."""
        if self.kind == "financebench":
            pages = [(hit.document, hit.page) for hit in hits]
            result.figures["document_recall@5"] = recall(question.gold, [hit.document for hit in hits[:5]], 5)
            # One page of the evidence among the hits is enough to answer from.
            result.curve = [float(not question.pages.isdisjoint(pages[:k])) for k in range(1, _CURVE + 1)]
            result.figures |= {f"page_recall@{k}": result.curve[k - 1] for k in (5, 10)}
        elif question.gold and self.kind in _RECALL_AT:
            result.curve = [round(recall(question.gold, result.retrieved, k), 4) for k in range(1, _CURVE + 1)]
            result.figures |= {f"recall@{k}": result.curve[k - 1] for k in _RECALL_AT[self.kind]}

    def _answer(self, question: Question, result: Result) -> None:
        began = time.perf_counter()
        answer = self.base.ask(question.text, viewer=question.viewer)
        seconds = time.perf_counter() - began
        result.answer, result.abstained = answer.answer, answer.abstained
        result.confidence, result.origin = answer.confidence, answer.origin
        result.citations = answer.as_dict()["citations"]
        result.figures |= {"abstained": float(answer.abstained), "seconds_per_question": seconds}
        if not question.gold:
            result.figures["rejection"] = float(answer.abstained)
        elif question.contradicting:
            result.figures["conflict_detected"] = float(tells_both(question, answer))
        else:
            result.figures |= _rightness(question, answer, whole=self.kind != "robustness")


def _rightness(question: Question, answer: Answer, *, whole: bool) -> dict[str, float]:
    """Compare an answer with the references; with ``whole`` also as SQuAD does."""
    told = "" if answer.abstained else answer.answer
    quotes = "\n".join(citation.quote for citation in answer.citations)
    figures = {
        "accuracy": float(holds(told, question.needed)),
        "contains": float(holds(f"{told}\n{quotes}", question.needed)),
    }
    if whole:
        figures |= {"em": exact_match(told, question.answers), "f1": f1(told, question.answers)}
    if answer.citations:
        right = sum(citation.document in question.gold for citation in answer.citations)
        figures["citation_precision"] = right / len(answer.citations)
    return figures


def tells_both(question: Question, answer: Answer) -> bool:
    """Tell whether an answer quotes the true answer from a right document and the fake one from a contradicting one."""

    def quoted(documents: frozenset[str]) -> str:
        return "\n".join(citation.quote for citation in answer.citations if citation.document in documents)

    return holds(quoted(question.gold), question.needed) and contains(quoted(question.contradicting), [question.fake])


def _shown(hit: SearchHit) -> dict[str, Any]:
    return {
        "document": hit.document,
        "title": hit.title,
        "page": hit.page,
        "score": hit.score,
        "why": hit.why,
        "text": " ".join(hit.text.split())[:_SHOWN_CHARACTERS],
    }


@contextmanager
def prepared(
    dataset: Dataset,
    *,
    kb: Path | None = None,
    llm: str | None = None,
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> Iterator[Bench]:
    """Index a set, and give the knowledge base to be asked.

    Parameters
    ----------
    kb
        Folder of the knowledge base to index into; None: a fresh one, thrown away afterwards.
    llm
        The chat model, as in settings.
    """
    with tempfile.TemporaryDirectory(prefix="wellspring-eval-") as fresh:
        settings = load_settings({"kb": kb or fresh, "llm": llm})
        embedder = TimedEmbedder(open_embedder(settings, tell=tell))
        with build(settings, tell=tell, embedder=embedder) as base:
            began = time.perf_counter()
            if dataset.folder:
                base.sync(dataset.folder, progress=progress)
            else:
                base.sync_from(CorpusConnector(dataset), progress=progress)
            base.retriever()
            yield Bench(base, dataset.kind, embedder, settings, time.perf_counter() - began)


def evaluate(
    path: Path,
    *,
    kb: Path | None = None,
    answers: bool | None = None,
    split: str | None = None,
    limit: int | None = None,
    out: Path | None = None,
    llm: str | None = None,
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Run a set and return its figures as one flat mapping.

    Parameters
    ----------
    path
        The set; its kind is told by its shape (see ``rag.evaluation.datasets``).
    kb
        Folder of the knowledge base to index into; None: a fresh one, thrown away afterwards.
    answers
        Whether to generate answers; None: for sets that are about answers.
    split
        Only questions of this part.
    limit
        A seeded sample of so many questions.
    out
        Where to write figures.json, results.jsonl, settings.json, report.md and report.html.
    llm
        The chat model, as in settings.
    """
    dataset = load_dataset(path).selected(split=split, limit=limit)
    if answers is None:
        answers = dataset.kind in _ANSWERED
    if out:
        # Before the work, so that a folder that cannot be written is told at once.
        out.mkdir(parents=True, exist_ok=True)
    with prepared(dataset, kb=kb, llm=llm, progress=progress, tell=tell) as bench:
        results = bench.ask_all(dataset.questions, answers=answers)
    figures: dict[str, Any] = {
        "dataset": dataset.name,
        "questions": len(dataset),
        **summary(results),
        "index_seconds": round(bench.index_seconds, 2),
    }
    if out:
        used = {
            "set": str(path),
            "kind": dataset.kind,
            "split": split or "all",
            "limit": limit,
            "seed": SEED,
            "answers": answers,
            **_used(bench),
        }
        write_results(out, figures, results, used)
        write_report(out, figures, results, used, titles={d.id: d.title for d in dataset.documents}, tell=tell)
    return figures


def _used(bench: Bench) -> dict[str, Any]:
    """Return what a run depends on, beside the set."""
    settings = bench.settings
    return {
        "embedder": bench.embedder.name,
        "llm": settings.llm,
        "pipeline": settings.pipeline,
        "passages": settings.passages,
        "answer_threshold": settings.answer_threshold,
        "cores": os.cpu_count(),
        "date": datetime.now().astimezone().isoformat(sep=" ", timespec="minutes"),
        **{package: version(package) for package in _PACKAGES},
    }
