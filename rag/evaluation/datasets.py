"""Evaluation sets, told by their shape.

*   ``multihop``: a folder with corpus.json (a list of {title, text}, each one document) and questions.json (a list of
    {id, split, type, question, answers, gold: positions in the corpus}).
*   ``reading``: a JSON file, a list of {title, language, paragraphs: [{context, questions: [{id, question,
    answers}]}]}. Every paragraph is a document.
*   ``financebench``: a folder with pdfs/ and questions.json (a list of {id, document, question, answer, evidence:
    [{page (0-based), text}]}).
*   ``documents``: a folder with documents/ and questions.json (a list of {id, language, question, answers, gold: paths
    below the folder}); no gold means that the documents hold no answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors import Change, Checkpoint, Document, Upsert
from rag.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what is right."""

    id: str
    text: str
    answers: tuple[str, ...]
    gold: frozenset[str]
    """Ids of the documents that hold the answer; empty: none does."""
    pages: frozenset[tuple[str, int]] = frozenset()
    """(document id, 1-based page) of the evidence, where the set tells."""
    split: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Documents and questions about them."""

    name: str
    kind: str
    questions: tuple[Question, ...]
    folder: Path | None = None
    """Where the documents lie as files, or None …"""
    documents: tuple[tuple[str, str, str], ...] = field(default=())
    """… and they are here as (id, title, text)."""


class CorpusConnector:
    """The documents of a set that has them in one file; a connector like any other."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    @property
    def id(self) -> str:
        """The set's name."""
        return f"dataset:{self._dataset.name}"

    def changes(self, cursor: str | None) -> Iterator[Change]:
        """Yield every document, or nothing when the set is as it was."""
        digest = hashlib.sha256(repr(self._dataset.documents).encode()).hexdigest()
        if cursor != digest:
            for document_id, title, text in self._dataset.documents:
                version = hashlib.sha256(f"{title}\0{text}".encode()).hexdigest()
                yield Upsert(Document(id=document_id, source=self.id, title=title, text=text, version=version))
        yield Checkpoint(digest)


def load_dataset(path: Path) -> Dataset:
    """Read the set at ``path``, of whatever kind.

    Raises
    ------
    DatasetError
        Nothing is there, or it has no known shape.
    """
    if not path.exists():
        raise DatasetError(f"there is no evaluation set at {path}")
    try:
        if path.is_file():
            return _reading(path, _json(path))
        if (path / "corpus.json").is_file():
            return _multihop(path, _json(path / "corpus.json"), _json(path / "questions.json"))
        if (path / "pdfs").is_dir():
            return _financebench(path, _json(path / "questions.json"))
        if (path / "documents").is_dir():
            return _documents(path, _json(path / "questions.json"))
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise DatasetError(
            f"{path} has not the shape of a known evaluation set: {error!r}; see docs/evaluation.md"
        ) from error
    raise DatasetError(f"{path} is no evaluation set of a known kind; see docs/evaluation.md")


def _json(path: Path) -> list[dict[str, Any]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise DatasetError(f"{path} is not JSON: {error}") from error
    if not isinstance(data, list):
        raise DatasetError(f"{path} is not a JSON list")
    return data


def _multihop(path: Path, corpus: list[dict[str, Any]], questions: list[dict[str, Any]]) -> Dataset:
    ids = [f"{path.name}/{position:06d}" for position in range(len(corpus))]
    return Dataset(
        name=path.name,
        kind="multihop",
        documents=tuple((ids[i], str(entry["title"]), str(entry["text"])) for i, entry in enumerate(corpus)),
        questions=tuple(
            Question(
                id=str(q["id"]),
                text=q["question"],
                answers=tuple(q["answers"]),
                gold=frozenset(ids[i] for i in q["gold"]),
                split=q.get("split", ""),
                type=q.get("type", ""),
            )
            for q in questions
        ),
    )


def _reading(path: Path, articles: list[dict[str, Any]]) -> Dataset:
    documents = []
    questions = []
    for a, article in enumerate(articles):
        title = str(article["title"]).replace("_", " ")
        for p, paragraph in enumerate(article["paragraphs"]):
            document_id = f"{path.stem}/{a:04d}-{p:03d}"
            documents.append((document_id, title, str(paragraph["context"])))
            questions += [
                Question(
                    id=str(q["id"]),
                    text=q["question"],
                    answers=tuple(q["answers"]),
                    gold=frozenset({document_id}),
                    # These sets come undivided; every second article is for choosing weights and thresholds.
                    split="tune" if a % 2 else "test",
                )
                for q in paragraph["questions"]
            ]
    return Dataset(path.stem, "reading", tuple(questions), documents=tuple(documents))


def _financebench(path: Path, questions: list[dict[str, Any]]) -> Dataset:
    folder = (path / "pdfs").absolute()

    def one(q: Mapping[str, Any]) -> Question:
        document = str(folder / q["document"])
        pages = frozenset((document, int(evidence["page"]) + 1) for evidence in q["evidence"])
        return Question(
            str(q["id"]), q["question"], (q["answer"],), frozenset({document}), pages, type=q.get("type", "")
        )

    return Dataset(path.name, "financebench", tuple(map(one, questions)), folder=folder)


def _documents(path: Path, questions: list[dict[str, Any]]) -> Dataset:
    root = path.absolute()
    return Dataset(
        name=path.absolute().name,
        kind="documents",
        folder=root / "documents",
        questions=tuple(
            Question(
                id=str(q["id"]),
                text=q["question"],
                answers=tuple(q["answers"]),
                gold=frozenset(str(root / gold) for gold in q["gold"]),
                split=q.get("split", ""),
                type=q.get("type", ""),
            )
            for q in questions
        ),
    )
