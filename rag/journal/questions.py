"""Feedback as questions for evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag.journal.records import Feedback
from rag.journal.rows import cited


def as_question(one: Feedback, folder: Path | None) -> dict[str, Any] | None:
    """Return an entry of an evaluation set (``Journal.questions``), or None where nothing is to be learnt."""
    answer = one.answer
    if answer is None or not (one.helpful or (one.comment and answer.citations)):
        return None
    right = [] if answer.abstained else [answer.short or answer.answer]
    return {
        "id": f"feedback-{one.id[:16]}",
        "language": answer.language,
        "question": answer.asked or one.question,
        "answers": right if one.helpful else [one.comment],
        "gold": [_named(document, folder) for document in sorted(cited(answer))],
        "type": "helpful" if one.helpful else "wrong",
        "quotes": [citation.quote for citation in answer.citations],
        "comment": one.comment,
    }


def _named(document: str, folder: Path | None) -> str:
    if folder is None or not Path(document).is_relative_to(folder.absolute()):
        return document
    return Path(document).relative_to(folder.absolute()).as_posix()
