"""One run over one set: index, ask, count."""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rag.build import open_knowledge_base
from rag.errors import DatasetError
from rag.evaluation.datasets import CorpusConnector, Dataset, Question, load_dataset
from rag.evaluation.metrics import contains, exact_match, f1, recall
from rag.sdk import Wellspring

_SEED = 20
_DEPTH = 60
"""Chunks looked at a question, so that 20 different documents are among them."""
_RECALL_AT = {"multihop": (1, 2, 5, 10, 20), "reading": (1, 2, 5, 10), "documents": (1, 2, 5, 10)}


@dataclass(slots=True)
class Result:
    """What came of one question."""

    id: str
    question: str
    answers: list[str]
    gold: list[str]
    retrieved: list[str]
    """Document ids, best first, each once."""
    figures: dict[str, float] = field(default_factory=dict)
    answer: str = ""
    abstained: bool | None = None
    confidence: float | None = None
    origin: str = ""
    cited: list[str] = field(default_factory=list)


def evaluate(
    path: Path,
    *,
    kb: Path | None = None,
    answers: bool | None = None,
    split: str | None = None,
    limit: int | None = None,
    out: Path | None = None,
    llm: str | None = None,
    progress: Callable[[Any, str], None] | None = None,
    tell: Callable[[str], None] | None = None,
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
        Where to write figures.json and results.jsonl.
    llm
        The chat model, as in settings.
    """
    dataset = load_dataset(path)
    questions = _chosen(dataset, split, limit)
    if answers is None:
        answers = dataset.kind in ("reading", "documents")
    with ExitStack() as stack:
        folder = kb or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wellspring-eval-")))
        base = stack.enter_context(open_knowledge_base(folder, tell=tell, llm=llm))
        began = time.perf_counter()
        _index(base, dataset, progress)
        base.retriever()
        index_seconds = time.perf_counter() - began
        results = [_ask(base, question, dataset.kind, answers) for question in questions]
    figures = {
        "dataset": dataset.name,
        "questions": len(questions),
        **_summary(results, answered=answers),
        "index_seconds": round(index_seconds, 2),
    }
    if out:
        _write(out, figures, results)
    return figures


def _chosen(dataset: Dataset, split: str | None, limit: int | None) -> list[Question]:
    questions = [q for q in dataset.questions if split is None or q.split == split]
    if not questions:
        raise DatasetError(f"{dataset.name} has no questions of the split {split!r}")
    if limit is not None and limit < len(questions):
        questions = random.Random(_SEED).sample(questions, limit)
    return questions


def _index(base: Wellspring, dataset: Dataset, progress: Callable[[Any, str], None] | None) -> None:
    if dataset.folder:
        base.sync(dataset.folder, progress=progress)
    else:
        base.sync_from(CorpusConnector(dataset), progress=progress)


def _ask(base: Wellspring, question: Question, kind: str, answers: bool) -> Result:
    began = time.perf_counter()
    hits = base.search(question.text, k=_DEPTH)
    figures = {"query_ms": 1000 * (time.perf_counter() - began)}
    retrieved = list(dict.fromkeys(hit.document for hit in hits))
    result = Result(question.id, question.text, list(question.answers), sorted(question.gold), retrieved, figures)
    if question.gold and kind != "financebench":
        figures |= {f"recall@{k}": recall(question.gold, retrieved, k) for k in _RECALL_AT[kind]}
    if kind == "financebench":
        pages = [f"{hit.document}#{hit.page}" for hit in hits]
        wanted = {f"{document}#{page}" for document, page in question.pages}
        figures["document_recall@5"] = recall(question.gold, [hit.document for hit in hits[:5]], 5)
        # One page of the evidence among the hits is enough to answer from.
        figures |= {f"page_recall@{k}": float(bool(wanted & set(pages[:k]))) for k in (5, 10)}
    if answers:
        _answer(base, question, result)
    return result


def _answer(base: Wellspring, question: Question, result: Result) -> None:
    began = time.perf_counter()
    answer = base.ask(question.text)
    figures = result.figures
    figures["seconds"] = time.perf_counter() - began
    result.answer, result.abstained = answer.answer, answer.abstained
    result.confidence, result.origin = answer.confidence, answer.origin
    result.cited = [citation.document for citation in answer.citations]
    figures["abstained"] = float(answer.abstained)
    if not question.gold:
        figures["rejection"] = float(answer.abstained)
        return
    told = "" if answer.abstained else answer.answer
    quotes = "\n".join(citation.quote for citation in answer.citations)
    figures["em"] = exact_match(told, question.answers)
    figures["f1"] = f1(told, question.answers)
    figures["accuracy"] = float(contains(told, question.answers))
    figures["contains"] = float(contains(f"{told}\n{quotes}", question.answers))
    if result.cited:
        figures["citation_precision"] = sum(c in question.gold for c in result.cited) / len(result.cited)


def _summary(results: Sequence[Result], *, answered: bool) -> dict[str, float]:
    """Return the mean of every figure over the questions that have it."""
    names = dict.fromkeys(name for result in results for name in result.figures)
    values = {name: [r.figures[name] for r in results if name in r.figures] for name in names}
    times = sorted(values.pop("query_ms"))
    seconds = values.pop("seconds", [])
    figures = {name: round(statistics.fmean(of), 4) for name, of in values.items()}
    figures["query_ms_p50"] = round(statistics.median(times), 2)
    figures["query_ms_p95"] = round(times[min(len(times) - 1, int(0.95 * len(times)))], 2)
    if answered:
        figures["seconds_per_question"] = round(statistics.fmean(seconds), 3)
    return figures


def _write(out: Path, figures: dict[str, Any], results: Sequence[Result]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    lines = (json.dumps(asdict(result), ensure_ascii=False) for result in results)
    (out / "results.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
