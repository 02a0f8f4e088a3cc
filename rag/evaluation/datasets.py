"""Evaluation sets, told by their shape.

*   ``multihop``: a folder with corpus.json (a list of {title, text}, each one document) and questions.json (a list of
    {id, split, type, question, answers, gold: positions in the corpus}).
*   ``reading``: a JSON file, a list of {title, language, paragraphs: [{context, questions: [{id, question,
    answers}]}]}. Every paragraph is a document.
*   ``financebench``: a folder with pdfs/ and questions.json (a list of {id, document, question, answer, evidence:
    [{page (0-based), text}]}).
*   ``robustness``: a JSON file, a list of {id, query, answer, positive: [...], negative: [...]} and, in sets with
    contradictions, {positive_wrong: [...], fakeanswer} (RGB; Chen et al. 2024). Every passage is a document.
*   ``documents``: a folder with documents/ and questions.json (a list of {id, language, question, answers, gold: paths
    below the folder}); no gold means that the documents hold no answer.
*   ``questions``: a JSON file, a list of {id, question, answers, gold} as above, without documents: it is asked of a
    knowledge base that is there. Gold are ids of documents, or paths from the file's folder on. ``Journal.questions``
    makes such sets of feedback.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from connectors import EVERYONE, Access, Change, Checkpoint, Document, Upsert, Viewer
from rag.errors import DatasetError
from rag.library import LOCAL

SEED = 20
"""Of every sample that is drawn."""
NOISE, REJECTION, CONFLICT = "noise", "rejection", "conflict"
_READ = {
    NOISE: ("positive", "negative"),
    REJECTION: ("negative",),
    CONFLICT: ("positive", "positive_wrong"),
}
"""The ways in which ``robustness`` sets ask, and the passages that may be read in each."""
_REQUIRED = {NOISE: ("positive",), REJECTION: ("negative",), CONFLICT: ("positive", "positive_wrong")}
"""Without these there is nothing to ask in that way."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what is right."""

    id: str
    text: str
    answers: tuple[str, ...]
    """References: any of them is right, unless ``parts`` says more."""
    gold: frozenset[str]
    """Ids of the documents that hold the answer; empty: none does, or it is not told which do."""
    pages: frozenset[tuple[str, int]] = frozenset()
    """(document id, 1-based page) of the evidence, where the set tells."""
    split: str = ""
    type: str = ""
    viewer: Viewer = LOCAL
    """Who asks."""
    parts: tuple[tuple[str, ...], ...] = ()
    """Where an answer has several parts: the alternatives of each."""
    fake: str = ""
    """The wrong answer that ``contradicting`` documents give."""
    contradicting: frozenset[str] = frozenset()
    entry: str = ""
    """The id of the set's entry, where that is asked in several ways."""

    @property
    def answerable(self) -> bool:
        """Whether the documents hold an answer."""
        return is_answerable(self.gold, self.answers, self.type)

    @property
    def needed(self) -> tuple[tuple[str, ...], ...]:
        """What a right answer must hold: of each part one alternative."""
        return self.parts or (self.answers,)


def is_answerable(gold: Collection[str], answers: Collection[str], type: str) -> bool:
    """Tell whether the documents hold an answer to a question: some are named, or there is one to be found.

    Of robustness sets the answer is known also where its documents are held back.
    """
    return bool(gold) or (bool(answers) and type != REJECTION)


class Text(NamedTuple):
    """A document of a set that has them in one file."""

    id: str
    title: str
    text: str
    readers: tuple[str, ...] = (EVERYONE,)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Documents and questions about them."""

    name: str
    kind: str
    questions: tuple[Question, ...]
    folder: Path | None = None
    """Where the documents lie as files, or None …"""
    documents: tuple[Text, ...] = ()
    """… and they are here."""

    def __len__(self) -> int:
        """The number of the set's entries, each counted once however many ways it is asked in."""
        return len({question.entry or question.id for question in self.questions})

    def selected(self, *, split: str | None = None, limit: int | None = None) -> Dataset:
        """Return the set with the questions of one part, or a seeded sample of ``limit`` of them.

        Documents that none of their viewers may read are left out, too.

        Raises
        ------
        DatasetError
            No question is left.
        """
        questions = [q for q in self.questions if split is None or q.split == split]
        if not questions:
            raise DatasetError(f"{self.name} has no questions" + (f" of the split {split!r}" if split else ""))
        entries = list(dict.fromkeys(q.entry or q.id for q in questions))
        if limit is not None and limit < len(entries):
            sample = set(random.Random(SEED).sample(entries, limit))
            questions = [q for q in questions if (q.entry or q.id) in sample]
        principals = frozenset[str]().union(*(q.viewer.principals for q in questions))
        readable = tuple(d for d in self.documents if not principals.isdisjoint(d.readers))
        return replace(self, questions=tuple(questions), documents=readable)


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
            for document in self._dataset.documents:
                version = hashlib.sha256(f"{document.title}\0{document.text}".encode()).hexdigest()
                yield Upsert(
                    Document(
                        id=document.id,
                        source=self.id,
                        title=document.title,
                        text=document.text,
                        version=version,
                        access=Access(frozenset(document.readers)),
                    )
                )
        yield Checkpoint(digest)


def load_dataset(path: Path) -> Dataset:
    """Read the set at ``path``, of whatever kind.

    Raises
    ------
    DatasetError
        Nothing is there, it has no known shape, or two of its questions have one id.
    """
    # As the filesystem connector writes paths, without "..": ids of documents are compared with theirs.
    dataset = _load(Path(os.path.abspath(path)))
    seen: set[str] = set()
    for question in dataset.questions:
        if question.id in seen:
            raise DatasetError(f"{path} has two questions with the id {question.id}")
        seen.add(question.id)
    return dataset


def _load(path: Path) -> Dataset:
    if not path.exists():
        raise DatasetError(f"there is no evaluation set at {path}")
    try:
        if path.is_file():
            entries = _json(path)
            return _told_by(entries)(path, entries)
        if (path / "corpus.json").is_file():
            return _multihop(path, _json(path / "corpus.json"), _json(path / "questions.json"))
        if (path / "pdfs").is_dir():
            return _financebench(path, _json(path / "questions.json"))
        if (path / "documents").is_dir():
            questions = _documents(path, _json(path / "questions.json"))
            return Dataset(path.name, "documents", questions, folder=path / "documents")
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise DatasetError(
            f"{path} has not the shape of a known evaluation set: {error!r}; see docs/evaluation.md"
        ) from error
    raise DatasetError(f"{path} is no evaluation set of a known kind; see docs/evaluation.md")


def _told_by(entries: list[dict[str, Any]]) -> Callable[[Path, list[dict[str, Any]]], Dataset]:
    first = entries[0] if entries else {}
    if "question" in first:
        return lambda path, entries: Dataset(path.stem, "questions", _documents(path.parent, entries))
    return _robustness if "query" in first else _reading


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


def _part(position: int) -> str:
    """Return the split of what comes undivided: every second part is for choosing weights and thresholds."""
    return "tune" if position % 2 else "test"


def _multihop(path: Path, corpus: list[dict[str, Any]], questions: list[dict[str, Any]]) -> Dataset:
    ids = [f"{path.name}/{position:06d}" for position in range(len(corpus))]
    return Dataset(
        name=path.name,
        kind="multihop",
        documents=tuple(Text(ids[i], str(entry["title"]), str(entry["text"])) for i, entry in enumerate(corpus)),
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
            documents.append(Text(document_id, title, str(paragraph["context"])))
            questions += [
                Question(
                    id=str(q["id"]),
                    text=q["question"],
                    answers=tuple(q["answers"]),
                    gold=frozenset({document_id}),
                    split=_part(a),
                )
                for q in paragraph["questions"]
            ]
    return Dataset(path.stem, "reading", tuple(questions), documents=tuple(documents))


def _financebench(path: Path, questions: list[dict[str, Any]]) -> Dataset:
    folder = path / "pdfs"
    splits = {name: _part(place) for place, name in enumerate(sorted({q["document"] for q in questions}))}

    def one(q: Mapping[str, Any]) -> Question:
        document = str(folder / q["document"])
        return Question(
            id=str(q["id"]),
            text=q["question"],
            answers=(q["answer"],),
            gold=frozenset({document}),
            pages=frozenset((document, int(evidence["page"]) + 1) for evidence in q["evidence"]),
            split=q.get("split", splits[q["document"]]),
            type=q.get("type", ""),
        )

    return Dataset(path.name, "financebench", tuple(map(one, questions)), folder=folder)


def _robustness(path: Path, entries: list[dict[str, Any]]) -> Dataset:
    """Ask every entry in up to three ways, each on behalf of a viewer who may read the passages for it alone."""
    documents: list[Text] = []
    questions: list[Question] = []
    for place, entry in enumerate(entries):
        name = str(entry.get("id", place))
        parts = _parts(entry["answer"])
        ids: dict[str, frozenset[str]] = {}
        for role in ("positive", "negative", "positive_wrong"):
            readers = tuple(f"group:{path.stem}/{name}/{way}" for way, roles in _READ.items() if role in roles)
            # No title: whatever was written there would be embedded and searched.
            texts = [
                Text(f"{path.stem}/{name}/{role}/{n}", "", str(text), readers)
                for n, text in enumerate(entry.get(role, ()))
            ]
            documents += texts
            ids[role] = frozenset(text.id for text in texts)
        questions += [
            Question(
                id=f"{name}/{way}",
                text=entry["query"],
                answers=tuple(alternative for part in parts for alternative in part),
                gold=ids["positive"] if "positive" in roles else frozenset(),
                split=entry.get("split", _part(place)),
                type=way,
                viewer=Viewer("evaluation", frozenset({f"{path.stem}/{name}/{way}"})),
                parts=parts,
                fake=str(entry.get("fakeanswer", "")),
                contradicting=ids["positive_wrong"] if "positive_wrong" in roles else frozenset(),
                entry=name,
            )
            for way, roles in _READ.items()
            if all(ids[role] for role in _REQUIRED[way])
        ]
    return Dataset(path.stem, "robustness", tuple(questions), documents=tuple(documents))


def _parts(answer: Any) -> tuple[tuple[str, ...], ...]:
    """Return the alternatives of each part: ``"a"``, ``["a", "b"]`` (both) or ``[["a", "A"], "b"]`` (one of each)."""
    parts = answer if isinstance(answer, list) else [answer]
    return tuple(tuple(map(str, part)) if isinstance(part, list) else (str(part),) for part in parts)


def _documents(folder: Path, questions: list[dict[str, Any]]) -> tuple[Question, ...]:
    return tuple(
        Question(
            id=str(q["id"]),
            text=q["question"],
            answers=tuple(q["answers"]),
            # What is absolute, as ids of files are, stays as it is.
            gold=frozenset(gold if "://" in gold else str(folder / gold) for gold in q["gold"]),
            split=q.get("split", ""),
            type=q.get("type", ""),
        )
        for q in questions
    )
