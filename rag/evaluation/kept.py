"""Runs over question files, kept beside the knowledge base and compared: each viewer's own."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors import Viewer, may_read
from rag.errors import DatasetError
from rag.evaluation.compare import Comparison, compare
from rag.evaluation.results import Result, read_results

if TYPE_CHECKING:
    from rag.sdk import Wellspring

FOLDER = "evaluations"
"""Within the knowledge base's folder."""
_ABOUT = "run.json"
_MOST_QUESTIONS = 5000
_MOST_BYTES = 16 * 2**20
_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run over a question file."""

    id: str
    name: str
    """The file's, without ending: runs of one name can be compared."""
    when: datetime
    """UTC."""
    questions: int
    figures: dict[str, Any]
    """Over all questions."""
    settings: dict[str, Any]
    """What it was run with."""


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """A question in two runs."""

    id: str
    question: str
    before: Result
    after: Result

    @property
    def changed(self) -> bool:
        """Whether it came out otherwise."""
        return self.before.right != self.after.right or self.before.answer != self.after.answer

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, ``other`` (another answer, no better or worse), or ``same``."""
        one, other = self.before.quality or 0.0, self.after.quality or 0.0
        if one != other:
            return "better" if other > one else "worse"
        return "other" if self.changed else "same"


class Evaluations:
    """A viewer's runs over question files, asked of the knowledge base as it is.

    Nobody else sees them. What came of a question is told only as far as the viewer may read it now: an answer that
    cites a document which is gone, or not for the viewer any more, is left out (``Result.hidden``), as in the journal.

    Parameters
    ----------
    base
        What is asked.
    viewer
        Who asks.
    """

    def __init__(self, base: Wellspring, *, viewer: Viewer) -> None:
        self._base = base
        self._viewer = viewer
        self._folder = base.folder / FOLDER

    def run(self, name: str, data: bytes | str, *, asked: Callable[[int, int], None] | None = None) -> KeptRun:
        """Ask all questions of a file, and keep what comes of it. What ``asked`` raises ends it; nothing is kept then.

        Parameters
        ----------
        name
            The file's.
        data
            JSON: a list of {question, answers} with, as far as is known, id and gold (ids, or the ends of ids, of the
            documents that hold the answer). No answers mean that the documents hold none.
        asked
            Called after each question with how many are done, and of how many.

        Raises
        ------
        DatasetError
            It is no such file, and what is wrong with it.
        """
        entries = self._read(name, data)
        stem = _NAME.sub("_", Path(name.replace("\\", "/")).stem).strip("._")[:80] or "questions"
        number = uuid.uuid4().hex
        place = self._folder / f".{number}"
        place.mkdir(parents=True)
        try:
            file = place / f"{stem}.json"
            file.write_text(json.dumps(entries, ensure_ascii=False, indent=1), encoding="utf-8")
            self._base.evaluate(file, viewer=self._viewer, out=place, asked=asked)
            about = {"viewer": _named(self._viewer), "name": stem, "when": datetime.now(UTC).isoformat()}
            (place / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
            place.rename(self._folder / number)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return self._kept(self._folder / number, about)

    def runs(self) -> list[KeptRun]:
        """Return the viewer's runs, the newest first."""
        found = []
        for place in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            about = self._about(place)
            if about is not None:
                found.append(self._kept(place, about))
        return sorted(found, key=lambda run: run.when, reverse=True)

    def results(self, run: str) -> list[Result]:
        """Return what came of each question of a run.

        Raises
        ------
        DatasetError
            The viewer has no such run.
        """
        return list(self._read_results(self._place(run)).values())

    def compare(self, before: str, after: str) -> tuple[Comparison, list[QuestionChange]]:
        """Return what differs between two runs, over all and question by question (those that changed most first).

        Raises
        ------
        DatasetError
            The viewer has no such runs, or they are of different files.
        """
        one, other = self._place(before), self._place(after)
        comparison = compare(one, other)
        first, second = self._read_results(one), self._read_results(other)
        order = {change.id: place for place, change in enumerate(comparison.changes)}
        both = [QuestionChange(key, second[key].question, first[key], second[key]) for key in first if key in second]
        return comparison, sorted(both, key=lambda one: (order.get(one.id, len(order)), not one.changed))

    def delete(self, run: str) -> None:
        """Delete a run.

        Raises
        ------
        DatasetError
            The viewer has no such run.
        """
        shutil.rmtree(self._place(run))

    def _place(self, run: str) -> Path:
        place = self._folder / run
        # An id is the name of a folder, never a way to another one.
        if not re.fullmatch(r"[0-9a-f]{32}", run) or self._about(place) is None:
            raise DatasetError(f"there is no run {run!r}")
        return place

    def _read_results(self, place: Path) -> dict[str, Result]:
        """Return what came of each question, without what the viewer may not read now."""
        readers = self._base.store.access()
        readable = {document for document, access in readers.items() if may_read(self._viewer, access)}
        return {key: _readable(result, readable) for key, result in read_results(place)[1].items()}

    def _about(self, place: Path) -> dict[str, Any] | None:
        """Return what is noted of a run, if it is this viewer's."""
        try:
            about: dict[str, Any] = json.loads((place / _ABOUT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return about if about.get("viewer") == _named(self._viewer) else None

    def _kept(self, place: Path, about: dict[str, Any]) -> KeptRun:
        figures, _ = read_results(place)
        settings = json.loads((place / "settings.json").read_text(encoding="utf-8"))
        when = datetime.fromisoformat(about["when"])
        return KeptRun(place.name, about["name"], when, int(figures.get("questions", 0)), figures, settings)

    def _read(self, name: str, data: bytes | str) -> list[dict[str, Any]]:
        """Return the questions of a file with all that an evaluation set needs."""
        if len(data) > _MOST_BYTES:
            raise DatasetError(f"{name} has {len(data):,} bytes; a question file has at most {_MOST_BYTES:,}")
        try:
            entries = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{name} is not JSON: {error}") from error
        if not isinstance(entries, list) or not entries:
            raise DatasetError(f'{name} is not a list of questions: [{{"question": …, "answers": [ … ]}}, …]')
        if len(entries) > _MOST_QUESTIONS:
            raise DatasetError(f"{name} has {len(entries):,} questions; at most {_MOST_QUESTIONS:,} are asked at once")
        documents = [info.id for info in self._base.documents(viewer=self._viewer)]
        made = [_question(name, place, entry, documents) for place, entry in enumerate(entries, 1)]
        seen: set[str] = set()
        for entry in made:
            if entry["id"] in seen:
                raise DatasetError(f"{name} has two questions with the id {entry['id']}")
            seen.add(entry["id"])
        try:
            json.dumps(made, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise DatasetError(f"{name} holds half a character (a lone surrogate)") from error
        return made


def _readable(result: Result, documents: Set[str]) -> Result:
    """Return a result without what rests on other documents."""
    if not all(citation["document"] in documents for citation in result.citations):
        # What was found tells of the same documents as what was said.
        result = replace(result, hidden=True, answer="", short="", citations=[], sides=[], hits=[], withheld={})
    return replace(
        result,
        hits=[hit for hit in result.hits if hit["document"] in documents],
        retrieved=[document for document in result.retrieved if document in documents],
    )


def _question(name: str, place: int, entry: Any, documents: Sequence[str]) -> dict[str, Any]:
    if not isinstance(entry, dict) or not isinstance(entry.get("question"), str) or not entry["question"].strip():
        raise DatasetError(f'{name}: entry {place} has no "question"')
    answers = entry.get("answers", [])
    gold = entry.get("gold", [])
    for key, value in (("answers", answers), ("gold", gold)):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise DatasetError(f'{name}: "{key}" of entry {place} is not a list of texts')
    return {
        "id": str(entry.get("id", place)),
        "question": entry["question"],
        "answers": answers,
        "gold": [_found(one, documents) for one in gold],
        "type": str(entry.get("type", "")),
        "split": str(entry.get("split", "")),
    }


def _found(gold: str, documents: Sequence[str]) -> str:
    """Return the id of the document that ``gold`` names: itself, or one that ends with as much of its path."""
    parts = gold.replace("\\", "/").strip("/").split("/")
    if gold not in documents:
        for start in range(len(parts)):
            end = "/" + "/".join(parts[start:])
            held = [document for document in documents if document.endswith(end)]
            if len(held) == 1:
                return held[0]
            if held:
                break
    return gold


def _named(viewer: Viewer) -> list[str]:
    return sorted(viewer.principals)
