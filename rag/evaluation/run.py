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
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors import Viewer
from knowledge.embed import Embedder
from knowledge.records import Vectors
from rag.build import build, open_embedder
from rag.errors import DatasetError
from rag.evaluation.datasets import SEED, CorpusConnector, Dataset, Question, load_dataset
from rag.evaluation.judge import is_right, judged
from rag.evaluation.metrics import recall
from rag.evaluation.report import write_report
from rag.evaluation.results import Result, write_results
from rag.evaluation.uncertainty import overall
from rag.records import SearchHit
from rag.sdk import Wellspring
from rag.settings import Settings, load_settings

_DEPTH = 60
"""Chunks looked at a question, so that 20 different documents are among them."""
_CURVE = 20
_RECALL_AT = {"multihop": (1, 2, 5, 10, 20), **dict.fromkeys(("reading", "documents", "questions"), (1, 2, 5, 10))}
_ANSWERED = frozenset({"reading", "robustness", "documents", "questions"})
"""Kinds of sets that are about answers."""
_SHOWN_HITS, _SHOWN_CHARACTERS = 10, 240
"""What is kept of the hits for people to read."""
_PLACE_AND_LIMITS = frozenset({"kb", "models", "workers", "journal_days", "max_file_bytes", "max_text_chars"})
"""Settings that no figure depends on."""
_PACKAGES = ("wellspring", "sentence-transformers", "torch", "transformers", "langchain", "spacy", "faiss-cpu", "numpy")

Progress = Callable[[Any, str], None]
Tell = Callable[[str], None]
Asked = Callable[[int, int], None]
"""Called after each question with how many are done, and of how many."""


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
    """A knowledge base that holds what a set asks for."""

    base: Wellspring
    kind: str
    """The set's."""
    embedder: TimedEmbedder | None = None
    """The base's; None: searches are timed with the question's embedding only."""
    settings: Settings | None = None
    """What the base was made from."""
    index_seconds: float | None = None
    """For indexing and building all caches; None: nothing was indexed."""

    def ask_all(self, questions: Sequence[Question], *, answers: bool, asked: Asked | None = None) -> list[Result]:
        """Search for every question; with ``answers`` also answer it. The first is asked once more, and not timed."""
        for question in questions[:1]:
            # Models load when first used, which is no part of any question's time.
            self.ask(question, answers=answers)
        results = []
        for question in questions:
            results.append(self.ask(question, answers=answers))
            if asked:
                asked(len(results), len(questions))
        return results

    def ask(self, question: Question, *, answers: bool) -> Result:
        """Search for one question, and with ``answers`` also answer it."""
        embedded = self.embedder.question_seconds if self.embedder else 0.0
        began = time.perf_counter()
        hits = self.base.search(question.text, k=_DEPTH, viewer=question.viewer)
        seconds = time.perf_counter() - began
        embedding = (self.embedder.question_seconds if self.embedder else 0.0) - embedded
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
        result.figures["query_ms"] = 1000 * seconds
        if self.embedder:
            result.figures["search_ms"] = 1000 * (seconds - embedding)
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
        told = answer.as_dict()
        result.answer, result.short, result.abstained = answer.answer, answer.short, answer.abstained
        result.confidence, result.origin = answer.confidence, answer.origin
        result.citations, result.sides = told["citations"], told["sides"]
        result.right = is_right(question, answer)
        result.figures |= judged(question, answer, kind=self.kind, text_of=lambda id: self._text(id, question.viewer))
        result.figures["seconds_per_question"] = seconds

    def _text(self, document_id: str, viewer: Viewer) -> str | None:
        document = self.base.document(document_id, viewer=viewer)
        return document.text if document else None

    def ask_withheld(self, questions: Sequence[Question], results: Sequence[Result]) -> None:
        """Ask what was not answered once more, without a threshold, and put what comes into ``Result.withheld``.

        Questions and results are in one order. This is done beside the run that is measured, in a knowledge base opened
        for it: that run's answers and times are those of the threshold in use, whatever the chain does below it.
        """
        again = [pair for pair in zip(questions, results, strict=True) if pair[1].abstained]
        if not again:
            return
        assert self.settings
        with build(replace(self.settings, answer_threshold=0.0), embedder=self.embedder) as base:
            for question, result in again:
                answer = base.ask(question.text, viewer=question.viewer)
                result.withheld = {
                    "answer": answer.answer,
                    "short": answer.short,
                    "abstained": answer.abstained,
                    "confidence": answer.confidence,
                    "right": is_right(question, answer),
                }


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
    progress: Progress | None = None,
    tell: Tell | None = None,
    **overrides: Any,
) -> Iterator[Bench]:
    """Index a set, and give the knowledge base to be asked.

    Parameters
    ----------
    kb
        Folder of the knowledge base to index into; None: a fresh one, thrown away afterwards.
    overrides
        Settings by name (``llm="none"``); None: as they are.
    """
    with tempfile.TemporaryDirectory(prefix="wellspring-eval-") as fresh:
        settings = load_settings({**overrides, "kb": kb or fresh})
        embedder = TimedEmbedder(open_embedder(settings, tell=tell))
        with build(settings, tell=tell, embedder=embedder) as base:
            began = time.perf_counter()
            if dataset.folder:
                base.sync(dataset.folder, progress=progress)
            elif dataset.documents:
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
    curve: bool | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
    tell: Tell | None = None,
    **overrides: Any,
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
    curve
        Whether to ask what was not answered once more without a threshold, for the figures of the confidence; None:
        where no chat model has to write for that.
    out
        Where to write figures.json, results.jsonl, settings.json, report.md and report.html.
    overrides
        Settings by name (``llm="none"``, ``answer_threshold=0.5``); None: as they are.
    """
    dataset = load_dataset(path).selected(split=split, limit=limit)
    if dataset.kind == "questions" and kb is None:
        raise DatasetError(f"{path} has questions without documents: name the knowledge base to ask with --kb")
    _make(out)
    used = {"set": str(path), "kind": dataset.kind, "split": split or "all", "limit": limit, "seed": SEED}
    with prepared(dataset, kb=kb, progress=progress, tell=tell, **overrides) as bench:
        return _measured(bench, dataset, used, answers=answers, curve=curve, out=out, tell=tell)


def evaluate_base(
    base: Wellspring,
    path: Path,
    *,
    viewer: Viewer | None = None,
    answers: bool | None = None,
    split: str | None = None,
    limit: int | None = None,
    out: Path | None = None,
    asked: Asked | None = None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Ask the questions of a set of a knowledge base as it is: see ``Wellspring.evaluate``."""
    dataset = load_dataset(path).selected(split=split, limit=limit)
    if viewer is not None:
        dataset = replace(dataset, questions=tuple(replace(q, viewer=viewer) for q in dataset.questions))
    _make(out)
    used = {"set": str(path), "kind": dataset.kind, "split": split or "all", "limit": limit, "seed": SEED}
    bench = Bench(base, dataset.kind, settings=base.settings)
    return _measured(bench, dataset, used, answers=answers, curve=False, out=out, asked=asked, tell=tell)


def _make(out: Path | None) -> None:
    if out:
        # Before the work, so that a folder that cannot be written is told at once.
        out.mkdir(parents=True, exist_ok=True)


def _measured(
    bench: Bench,
    dataset: Dataset,
    used: dict[str, Any],
    *,
    answers: bool | None,
    curve: bool | None,
    out: Path | None,
    asked: Asked | None = None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Ask, count, and write down; ``used`` tells of what."""
    if answers is None:
        answers = dataset.kind in _ANSWERED
    results = bench.ask_all(dataset.questions, answers=answers, asked=asked)
    if curve is None:
        curve = bench.settings is not None and bench.settings.llm == "none"
    if curve and answers:
        bench.ask_withheld(dataset.questions, results)
    figures: dict[str, Any] = {"dataset": dataset.name, "questions": len(dataset), **overall(results)}
    if bench.index_seconds is not None:
        figures["index_seconds"] = round(bench.index_seconds, 2)
    if out:
        used |= {"answers": answers, "curve": curve and answers, **_used(bench)}
        titles = {document.id: document.title for document in dataset.documents}
        write_results(out, figures, results, used)
        write_report(out, figures, results, used, titles=titles, tell=tell)
    return figures


def _used(bench: Bench) -> dict[str, Any]:
    """Return what a run depends on, beside the set."""
    settings = asdict(bench.settings) if bench.settings else {}
    return {
        **{name: value for name, value in settings.items() if name not in _PLACE_AND_LIMITS},
        "glossary": settings.get("glossary") and str(settings["glossary"]),
        "embedder": bench.base.embedder.name,
        "cores": os.cpu_count(),
        "date": datetime.now().astimezone().isoformat(sep=" ", timespec="minutes"),
        **{package: version(package) for package in _PACKAGES},
    }
