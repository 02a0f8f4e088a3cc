"""Kept conversations as text."""

from __future__ import annotations

import json
from collections.abc import Sequence

from knowledge.language import detect_language
from rag.journal.records import KeptConversation, KeptTurn
from rag.prompts import reply
from rag.records import Answer, Citation


def as_json(conversation: KeptConversation, turns: Sequence[KeptTurn]) -> str:
    """Return one JSON object: the conversation's fields, and its turns as a list."""
    told = {**conversation.as_dict(), "turns": [turn.as_dict() for turn in turns]}
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def as_markdown(conversation: KeptConversation, turns: Sequence[KeptTurn]) -> str:
    """Return a text with a heading for every question, its answer, and the quotes that it rests on."""
    parts = [f"# {_line(conversation.title)}", f"{conversation.created:%Y-%m-%d %H:%M} UTC"]
    for turn in turns:
        parts += [f"## {_line(turn.question)}", *_told(turn.answer, turn.question)]
    return "\n\n".join(parts) + "\n"


def _told(answer: Answer | None, question: str) -> list[str]:
    if answer is None:
        return [f"*{reply(detect_language(question), 'withheld')}*"]
    asked = [f"*{_line(answer.asked)}*"] if answer.asked else []
    return [*asked, _escaped(answer.answer), *map(_cited, answer.citations)]


def _cited(citation: Citation) -> str:
    page = f", p. {citation.page}" if citation.page else ""
    quote = "\n".join(f"> {_escaped(line)}" for line in citation.quote.splitlines())
    title, document = _line(citation.title), _line(citation.document)
    return f"[{citation.number}] {title}{page} ({document})\n\n{quote}"


def _line(text: str) -> str:
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    """Documents' text stays text: no HTML, image or link of it comes alive where the file is shown."""
    for mark in "\\`*_<>![]|#":
        text = text.replace(mark, f"\\{mark}")
    return text
