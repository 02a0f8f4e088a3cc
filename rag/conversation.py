"""A conversation: questions that may leave out what was said before.

The rules that complete them are in ``rag/followup/``. All that a conversation knows is its own turns, and of the
knowledge base the names that its viewer's own graph holds; nothing passes from one conversation to another.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from connectors import Viewer
from rag.aio import in_thread, last_answer
from rag.errors import ConversationError
from rag.followup import Name, Names, Past
from rag.followup import rewrite as complete
from rag.followup.model import rewrite_by_model
from rag.followup.names import no_names
from rag.library import LOCAL
from rag.prompts import small_talk, unknowing
from rag.records import Answer, Event, Final
from rag.scope import Within, scope_of
from rag.sdk import readable

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from knowledge.graph import KnowledgeGraph
    from rag.sdk import Wellspring

_VERSION = 1
"""Of what ``as_dict`` returns."""
_MOST_TURNS = 100


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer."""

    question: str
    """As it was typed."""
    asked: str
    """As it was understood: it stands by itself."""
    answer: Answer
    """Without the passages that were read: a conversation keeps little."""


def rewrite(question: str, turns: Sequence[Turn], *, names: Names = no_names) -> str:
    """Return a question that stands by itself, with what it leaves out taken from the turns before.

    A question that stands by itself already is returned as it is, byte for byte.

    Parameters
    ----------
    turns
        The turns before, the oldest first.
    names
        Finds the names in a text that the viewer may know of (``names_of``).
    """
    return complete(question, [_past(turn) for turn in turns], names=names)


def names_of(graph: KnowledgeGraph) -> Names:
    """Return what finds the names that a viewer's graph knows in a text, each with its types."""

    def find(text: str) -> list[Name]:
        spans: dict[tuple[int, int], set[str]] = {}
        for hit in graph.names.find(text):
            if not graph.is_value(hit.key):
                spans.setdefault((hit.start, hit.end), set()).add(graph.entity(hit.key).type)
        return [Name(start, end, frozenset(types)) for (start, end), types in sorted(spans.items())]

    return find


class Conversation:
    """Questions and answers of one viewer, in which a question may refer to those before.

    Made by ``kb.conversation()``.

    Safe to use from several threads: a question refers to the turns that were finished when it was asked.

    Parameters
    ----------
    base
        Where answers come from.
    viewer
        Whose conversation it is: all its answers rest on what this viewer may read.
    within
        The documents and folders that its questions are asked of; None: all that the viewer may read.
    turns
        How many turns are remembered, from 1 to 100; older ones are forgotten.
    model
        Completes questions where rules find that they leave something out; its wording is taken only where all of its
        names and numbers were said before. None: rules alone.
    past
        What was said before, the oldest first: a conversation that was kept goes on.
    """

    def __init__(
        self,
        base: Wellspring,
        *,
        viewer: Viewer = LOCAL,
        within: Within = None,
        turns: int = 6,
        model: BaseChatModel | None = None,
        past: Sequence[Turn] = (),
    ) -> None:
        if not 1 <= turns <= _MOST_TURNS:
            raise ConversationError(f"a conversation remembers from 1 to {_MOST_TURNS} turns, not {turns}")
        self.viewer = viewer
        self.within = within
        self._base = base
        self._model = model
        self._turns: deque[Turn] = deque(past, maxlen=turns)
        self._begun = 0
        """Counts the times that the conversation was cleared: an answer that comes late belongs to an old one."""
        self._lock = threading.Lock()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What is remembered, the oldest first."""
        with self._lock:
            return tuple(self._turns)

    def clear(self) -> None:
        """Forget everything; answers still on their way are not remembered either."""
        with self._lock:
            self._turns.clear()
            self._begun += 1

    def ask(self, question: str) -> Answer:
        """Return a checked answer; its ``asked`` is the question as it was understood, where that differs."""
        *_, last = self.stream(question)
        assert isinstance(last, Final)
        return last.answer

    def recall(self, question: str, answer: str) -> None:
        """Take over a turn that was kept elsewhere, as text: what it was understood as is worked out again."""
        with self._lock:
            turns, begun = tuple(self._turns), self._begun
        typed = readable(question)
        told = Answer(question=typed, answer=answer, abstained=not answer or unknowing(answer), confidence=0.0)
        self._remember(Turn(typed, self._understood(typed, turns), told), begun)

    def stream(self, question: str, *, temperature: float | None = None) -> Iterator[Event]:
        """Yield what ``Wellspring.stream`` yields; the turn is remembered when ``Final`` comes."""
        with self._lock:
            turns, begun = tuple(self._turns), self._begun
        typed = readable(question)
        asked = self._understood(typed, turns)
        for event in self._base.stream(asked, viewer=self.viewer, within=self.within, temperature=temperature):
            if isinstance(event, Final):
                answer = replace(event.answer, question=typed, asked="" if asked == typed else asked)
                self._remember(Turn(typed, asked, replace(answer, passages=())), begun)
                event = Final(answer)
            yield event

    async def aask(self, question: str) -> Answer:
        """``ask`` for asyncio."""
        return await last_answer(self.astream(question))

    def astream(self, question: str, *, temperature: float | None = None) -> AsyncGenerator[Event]:
        """``stream`` for asyncio. When it is left or cancelled, the work behind it stops at its next event."""
        return in_thread(lambda: self.stream(question, temperature=temperature))

    def _understood(self, question: str, turns: Sequence[Turn]) -> str:
        if not turns or small_talk(question):
            return question
        names = names_of(self._base.graph(viewer=self.viewer))
        asked = rewrite(question, turns, names=names)
        if asked == question or self._model is None:
            return asked
        return rewrite_by_model(self._model, question, [_past(turn) for turn in turns], names=names) or asked

    def _remember(self, turn: Turn, begun: int) -> None:
        with self._lock:
            # Nothing refers to a greeting.
            if begun == self._begun and turn.question.strip() and not small_talk(turn.question):
                self._turns.append(turn)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, from which ``from_dict`` makes the conversation again."""
        with self._lock:
            kept = [
                {"question": turn.question, "asked": turn.asked, "answer": turn.answer.as_dict()}
                for turn in self._turns
            ]
        return {
            "version": _VERSION,
            "viewer": _named(self.viewer),
            "within": list(scope_of(self.within)),
            "most": self._turns.maxlen,
            "turns": kept,
        }

    @classmethod
    def from_dict(
        cls, value: Mapping[str, Any], base: Wellspring, *, viewer: Viewer = LOCAL, model: BaseChatModel | None = None
    ) -> Self:
        """Return a conversation that was kept as plain values.

        Raises
        ------
        ConversationError
            It is somebody else's, of another version, or damaged.
        """
        if value.get("version") != _VERSION:
            raise ConversationError(
                f"a conversation of version {value.get('version')!r} was kept, but version {_VERSION} is read: "
                "begin a new one"
            )
        if value.get("viewer") != _named(viewer):
            raise ConversationError("the conversation belongs to another viewer: begin a new one")
        try:
            within = scope_of(value.get("within") or None) or None
            made = cls(base, viewer=viewer, within=within, turns=int(value["most"]), model=model)
            made._turns.extend(
                Turn(str(turn["question"]), str(turn["asked"]), Answer.from_dict(turn["answer"]))
                for turn in value["turns"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConversationError(f"the kept conversation is damaged ({error}): begin a new one") from error
        return made


def _named(viewer: Viewer) -> list[str]:
    return sorted(viewer.principals)


def _past(turn: Turn) -> Past:
    # What "I don't know" is made of is no answer that anything could refer to.
    answer = turn.answer
    return Past(turn.asked, "" if answer.abstained else answer.short, "" if answer.abstained else answer.answer)
