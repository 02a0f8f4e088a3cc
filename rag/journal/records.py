"""The nouns of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rag.records import Answer


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """A conversation as a list shows it."""

    id: str
    title: str
    created: datetime
    """With time zone, as all times here: UTC."""
    updated: datetime
    """When its last turn came, or it was renamed."""
    turns: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, times in ISO 8601."""
        return {
            "id": self.id,
            "title": self.title,
            "created": self.created.isoformat(),
            "updated": self.updated.isoformat(),
            "turns": self.turns,
        }


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A question of a kept conversation, and its answer."""

    id: int
    question: str
    """As it was typed."""
    answer: Answer | None
    """Without passages. None: it is withheld, because it rests on a document that the viewer may not read now."""
    when: datetime
    helpful: bool | None = None
    """How the viewer rated the answer; None: not at all."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; ``answer`` is None where it is withheld."""
        return {
            "id": self.id,
            "question": self.question,
            "answer": self.answer and self.answer.as_dict(),
            "when": self.when.isoformat(),
            "helpful": self.helpful,
        }


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody thinks of an answer."""

    id: str
    viewer: str
    """Whose it is, by id."""
    question: str
    answer: Answer | None
    """None: it is withheld, as in ``KeptTurn``."""
    helpful: bool
    comment: str
    when: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; ``answer`` is None where it is withheld."""
        return {
            "id": self.id,
            "viewer": self.viewer,
            "question": self.question,
            "answer": self.answer and self.answer.as_dict(),
            "helpful": self.helpful,
            "comment": self.comment,
            "when": self.when.isoformat(),
        }
