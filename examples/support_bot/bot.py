"""The bot: from a customer's message to what is written to whom."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import rag

from .doubt import doubt_about
from .states import State, States
from .texts import escaped, language_of, listed, say, small_talk, wants_person

_PRONOUN = re.compile(r"\b(?:it|this|that|they|them)\b|它|这个|那个", re.IGNORECASE)
_DONE = re.compile(r"^\s*done\s+(\S+)\s*$", re.IGNORECASE)
_TURNS = 10
"""Of a summary: the last ones."""
_PAST = 6
"""Turns that a question may refer to."""
_SHORT = 4
"""Words of a reply to a question back; a longer message is a new question."""


@dataclass(frozen=True, slots=True)
class Message:
    """What the bot writes."""

    channel: str
    text: str


class Bot:
    """Answers customers from what they may read, and knows when to leave it to a person.

    Messages of one customer must come one after the other; those of several may come at the same time.

    Parameters
    ----------
    kb
        Answers come from there, and conversations are kept in its journal.
    states
        Where the bot stands with each customer.
    groups
        Every customer belongs to these: together with what everyone may read, it is all that they hear of.
    agents
        The channel of the people who take over.
    threshold
        Below this confidence (0 to 1) an answer is not given.
    patience
        After so many questions in a row that cannot be answered, a person takes over.
    idle_seconds
        A conversation that rested for so long is over: the next question does not refer to it.
    """

    def __init__(
        self,
        kb: rag.Wellspring,
        states: States,
        *,
        groups: frozenset[str] = frozenset(),
        agents: str = "agents",
        threshold: float = 0.5,
        patience: int = 1,
        idle_seconds: float = 3600,
    ) -> None:
        self._kb = kb
        self._states = states
        self._groups = groups
        self._agents = agents
        self._threshold = threshold
        self._patience = patience
        self._idle = idle_seconds

    def hear(self, user: str, channel: str, text: str) -> list[Message]:
        """Return what is to be written after a message; takes as long as answering does."""
        text = text.strip()[: rag.LONGEST_QUESTION]
        if channel == self._agents:
            return self._from_agents(text)
        state = self._states.get(user)
        if state.conversation and time.time() - state.when > self._idle and not state.with_person:
            state = State()
        state.channel = channel
        try:
            return self._replies(user, text, state) if text else []
        finally:
            self._states.put(user, state)

    def _replies(self, user: str, text: str, state: State) -> list[Message]:
        language = language_of(text)
        if state.with_person:
            return [Message(self._agents, say("summary", "said", user=user, text=escaped(text)))]
        if wants_person(text):
            return self._hand_over(user, text, state, "asked")
        talk = small_talk(text)
        if talk:
            return [Message(state.channel, say(language, talk))]
        try:
            return self._answered(user, text, state, language)
        except (rag.RagError, rag.KnowledgeError):
            return self._hand_over(user, text, state, "failed")

    def _answered(self, user: str, text: str, state: State, language: str) -> list[Message]:
        viewer, journal = self._viewer(user), self._kb.journal
        asked_back = bool(state.pending)
        question = _completed(state, text)
        state.pending, state.options = "", []
        past = journal.past(self._conversation(viewer, state), viewer=viewer)[-_PAST:]
        answer = self._kb.conversation(viewer=viewer, past=past).ask(question)
        if not asked_back:
            understood = answer.asked or question
            doubt = doubt_about(self._kb, understood, answer, viewer=viewer, first=not past)
            if doubt:
                state.pending, state.options = understood, list(doubt.options)
                options = [escaped(option) for option in doubt.options]
                return [Message(state.channel, listed(language, options) if options else say(language, "topic"))]
        journal.add_turn(state.conversation, answer, viewer=viewer)
        if answer.abstained or answer.confidence < self._threshold:
            state.unsure += 1
            if state.unsure >= self._patience:
                return self._hand_over(user, text, state, "unsure", answer)
            return [Message(state.channel, say(language, "unsure"))]
        state.unsure = 0
        return [Message(state.channel, _told(answer, language))]

    def _hand_over(
        self, user: str, text: str, state: State, reason: str, answer: rag.Answer | None = None
    ) -> list[Message]:
        summary = self._summary(user, text, state, reason, answer)
        state.with_person, state.pending, state.options, state.unsure = True, "", [], 0
        return [
            Message(state.channel, say(language_of(text), f"handed_{reason}")),
            Message(self._agents, summary),
        ]

    def _summary(self, user: str, text: str, state: State, reason: str, answer: rag.Answer | None) -> str:
        """Return what the person who takes over must know."""
        turns = self._turns(user, state)
        if answer is not None:
            # It was kept as a turn, and is told by itself.
            turns = turns[:-1]
        why = say("summary", reason, confidence=answer.confidence if answer else 0.0)
        parts = [say("summary", "head", user=user, reason=why), say("summary", "last", text=escaped(text))]
        if turns:
            parts.append(say("summary", "before"))
            parts += [_summed(number, turn) for number, turn in enumerate(turns[-_TURNS:], 1)]
        if answer is not None and not answer.abstained:
            parts.append(say("summary", "draft", answer=escaped(answer.answer)))
        return "\n".join([*parts, say("summary", "back", user=user)])

    def _from_agents(self, text: str) -> list[Message]:
        """People among themselves; only that they are done with a customer is for the bot."""
        done = _DONE.match(text)
        if not done:
            return []
        user = done[1]
        state = self._states.get(user)
        if not state.with_person:
            return [Message(self._agents, say("summary", "unknown", user=escaped(user)))]
        turns = self._turns(user, state)
        # What follows is another conversation.
        self._states.put(user, State(channel=state.channel))
        return [Message(state.channel, say(language_of(turns[-1].question if turns else ""), "resumed"))]

    def _turns(self, user: str, state: State) -> Sequence[rag.KeptTurn]:
        """Return what was said, as far as it can be had: a person takes over without it, too."""
        try:
            return self._kb.journal.turns(state.conversation, viewer=self._viewer(user)) if state.conversation else ()
        except rag.RagError:
            return ()

    def _conversation(self, viewer: rag.Viewer, state: State) -> str:
        kept = {one.id for one in self._kb.journal.conversations(viewer=viewer)} if state.conversation else set()
        if state.conversation not in kept:
            state.conversation = self._kb.journal.start(viewer=viewer)
        return state.conversation

    def _viewer(self, user: str) -> rag.Viewer:
        return rag.Viewer(user, self._groups)


def _completed(state: State, text: str) -> str:
    """Return the question that a reply to a question back makes; or the message, if it is no such reply."""
    if not state.pending:
        return text
    choice = _chosen(state.options, text)
    if choice is None:
        # Nothing was offered, or something else is meant: a few words tell what the question is about.
        short = len(text.split()) <= _SHORT and len(text) <= 40 and not text.endswith(("?", "？"))
        if not short:
            return text
        choice = text
    words = choice.split()
    part = next((at for at in range(len(words) - 1, 0, -1) if " ".join(words[:at]) in state.pending), 0)
    if part:
        return state.pending.replace(" ".join(words[:part]), choice, 1)
    if _PRONOUN.search(state.pending):
        return _PRONOUN.sub(lambda _: choice, state.pending, count=1)
    return f"{state.pending.rstrip(' ?？')}: {choice}?"


def _chosen(options: Sequence[str], text: str) -> str | None:
    plain = text.strip(" .!。！#").lower()
    if plain.isdecimal() and 1 <= int(plain) <= len(options):
        return options[int(plain) - 1]
    held = [option for option in options if plain and plain in option.lower()]
    named = [option for option in options if option.lower() in plain]
    found = named or held
    return found[0] if len(found) == 1 else None


def _told(answer: rag.Answer, language: str) -> str:
    parts = [escaped(answer.answer), "", say(language, "sources")]
    for citation in answer.citations:
        page = say(language, "page", page=citation.page) if citation.page else ""
        values = {"title": escaped(citation.title), "quote": escaped(" ".join(citation.quote.split()))}
        parts.append(say(language, "source", number=citation.number, page=page, **values))
    return "\n".join(parts)


def _summed(number: int, turn: rag.KeptTurn) -> str:
    question = escaped(" ".join(turn.question.split()))
    if turn.answer is None:
        return f"{number}. {question}\n   → {say('summary', 'withheld')}"
    titles = "".join(f"; {title}" for title in dict.fromkeys(escaped(one.title) for one in turn.answer.citations))
    answer = escaped(turn.answer.short or turn.answer.answer)
    values = {"answer": answer, "confidence": turn.answer.confidence, "titles": titles}
    return say("summary", "turn", number=number, question=question, **values)
