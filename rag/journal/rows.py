"""Between records and what the journal's file holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from connectors import Viewer
from rag.errors import JournalError
from rag.journal.records import KeptConversation
from rag.records import Answer
from rag.sdk import LONGEST_QUESTION

_TITLE = 120
"""Characters of a title; what follows is cut off."""
_ANSWER = 1_000_000
"""Characters of an answer as JSON."""


def to_conversation(row: tuple[str, str, str, str, int]) -> KeptConversation:
    """Return a conversation from id, title, times of beginning and change, and number of turns."""
    number, title, created, updated, turns = row
    return KeptConversation(number, title, datetime.fromisoformat(created), datetime.fromisoformat(updated), turns)


def to_answer(kept: str) -> Answer:
    """Return the answer that ``to_kept`` wrote down."""
    try:
        return Answer.from_dict(json.loads(kept))
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"the journal holds a damaged answer: {error!r}") from error


def to_kept(answer: Answer) -> str:
    """Return an answer as JSON, or raise JournalError where it is too long."""
    # ASCII: half of a surrogate pair, which a model may write, is no UTF-8.
    kept = json.dumps(replace(answer, question=answer.question[:LONGEST_QUESTION]).as_dict())
    if len(kept) > _ANSWER:
        raise JournalError(f"the answer is too long to be kept: {len(kept)} characters of JSON, the most is {_ANSWER}")
    return kept


def cited(answer: Answer) -> set[str]:
    """Return the ids of the documents that an answer cites."""
    return {citation.document for citation in answer.citations}


def listed(documents: Iterable[str]) -> str:
    """Return ids as JSON: equal sets, equal texts."""
    return json.dumps(sorted(documents))


def rating_id(answer: Answer, viewer: Viewer) -> str:
    """Return the id of what a viewer thinks of an answer."""
    told = json.dumps([viewer.id, answer.question, answer.asked, answer.answer])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def titled(title: str) -> str:
    """Return a title of one line that is not too long."""
    line = " ".join(clean(title).split())
    return line if len(line) <= _TITLE else f"{line[: _TITLE - 1].rstrip()}…"


def clean(text: str) -> str:
    """Return a text that SQLite keeps as it is."""
    return text.encode(errors="replace").decode().replace("\0", "")


def now() -> str:
    """Return the time, UTC, in a form whose order is that of time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
