"""``rag chat``: a conversation on the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import rag
from rag.terminal import kb_option, llm_option, opened, print_answer, tell, viewer_option, who, within_option

_NEW = "/new"
_PROMPT = "> "


@click.command()
@kb_option
@viewer_option
@within_option
@llm_option
def chat(kb: Path | None, viewer: str | None, within: tuple[str, ...], llm: str | None) -> None:
    """Ask one question after another; each may refer to those before.

    Questions are read from the terminal or a pipe, one a line. /new starts a new conversation; the end of the input
    (Ctrl-D) ends it.
    """
    with opened(kb, llm=llm) as base:
        conversation = base.conversation(viewer=who(viewer, base), within=within or None)
        while (line := _line()) is not None:
            if line == _NEW:
                conversation.clear()
                tell("new conversation")
            elif line:
                _answer(conversation, line)


def _line() -> str | None:
    """Return the next line, None at the end of the input."""
    if sys.stdin.isatty():
        click.echo(_PROMPT, nl=False, err=True)
    line = sys.stdin.readline()
    return line.strip() if line else None


def _answer(conversation: rag.Conversation, question: str) -> None:
    try:
        answer = conversation.ask(question)
    except rag.RagError as error:
        # The next question may be answered all the same.
        tell(f"rag: {error}")
        return
    if answer.asked:
        click.echo(f"understood as: {answer.asked}")
    print_answer(answer)
    click.echo()
