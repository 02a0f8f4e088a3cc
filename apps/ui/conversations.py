"""The conversations in the sidebar: each viewer's own, kept in the journal."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Literal

import streamlit as st

import rag
from apps.ui import scope
from apps.ui.background import PROBLEMS
from apps.ui.markup import plain
from apps.ui.session import Session

_SHOWN = 12
"""Conversations listed before somebody asks for more."""
_SEARCHED = 6
"""From so many on there is a box to search them with."""
_LONGEST_TITLE = 120
_CURRENT = "conversation"
_EXPORTS: tuple[tuple[str, Literal["markdown", "json"], str, str], ...] = (
    ("talks.markdown", "markdown", "md", "text/markdown"),
    ("talks.json", "json", "json", "application/json"),
)
"""Label, format, ending and media type of what a conversation can be exported as."""


def current() -> str | None:
    """Return the id of the conversation that is open; None: a new one."""
    found: str | None = st.session_state.get(_CURRENT)
    return found


def turns(session: Session) -> list[rag.KeptTurn]:
    """Return the turns of the open conversation; none where it is new, or not this viewer's."""
    opened = current()
    if opened is None:
        return []
    try:
        return session.kb.journal.turns(opened, viewer=session.viewer)
    except rag.NotKeptError:
        # Deleted elsewhere, or somebody else's.
        _open(None)
        return []


def going_on(session: Session) -> rag.Conversation:
    """Return what the next question may refer to."""
    opened = current()
    past = session.kb.journal.past(opened, viewer=session.viewer) if opened else ()
    return session.kb.conversation(viewer=session.viewer, within=scope.chosen() or None, past=past)


def keep(session: Session, answer: rag.Answer) -> int:
    """Keep an answer in the open conversation, beginning one where there is none; return its turn's id."""
    journal = session.kb.journal
    opened = current()
    if opened is None:
        opened = journal.start(viewer=session.viewer)
        chosen = scope.chosen()
        _open(opened)
        scope.choose(chosen)
    return journal.add_turn(opened, answer, viewer=session.viewer)


def sidebar(session: Session) -> None:
    """Draw the list, and what can be done with the open conversation."""
    text = session.text
    journal = session.kb.journal
    with st.sidebar:
        st.button(
            text("talks.new"), icon=":material/add_comment:", on_click=_open, args=(None,), width="stretch", key="new"
        )
        every = journal.conversations(viewer=session.viewer)
        if not every:
            return
        words = ""
        if len(every) >= _SEARCHED:
            words = st.text_input(
                text("talks.search"),
                placeholder=text("talks.search"),
                icon=":material/search:",
                label_visibility="collapsed",
                key="talks_search",
            )
        shown = journal.conversations(viewer=session.viewer, words=words) if words else every
        more = st.session_state.get("talks_all", False) or bool(words)
        with st.container(key="talks", gap=None):
            for kept in shown if more else shown[:_SHOWN]:
                _row(session, kept)
        if not shown:
            st.caption(text("talks.none"))
        if len(shown) > _SHOWN and not more:
            st.button(
                text("talks.more", count=len(shown) - _SHOWN),
                type="tertiary",
                on_click=lambda: st.session_state.update(talks_all=True),
                key="talks_more",
            )


def _row(session: Session, kept: rag.KeptConversation) -> None:
    title = plain(kept.title) or session.text("talks.untitled")
    if kept.id != current():
        st.button(title, type="tertiary", on_click=_open, args=(kept.id,), width="stretch", key=f"talk-{kept.id}")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, key="talk_open"):
        st.button(title, type="secondary", width="stretch", key=f"talk-{kept.id}")
        with st.popover(
            "", icon=":material/more_vert:", help=session.text("talks.actions"), type="tertiary", key="talk_actions"
        ):
            _actions(session, kept)


def _actions(session: Session, kept: rag.KeptConversation) -> None:
    text, journal = session.text, session.kb.journal
    with st.form("talk_rename", border=False):
        title = st.text_input(
            text("talks.title"), value=kept.title, max_chars=_LONGEST_TITLE, key=f"title-{kept.id}-{kept.title}"
        )
        renamed = st.form_submit_button(text("talks.rename"))
    if renamed:
        try:
            journal.rename(kept.id, title or "", viewer=session.viewer)
        except PROBLEMS as error:
            st.error(plain(str(error)))
        else:
            st.rerun()
    with st.container(horizontal=True, gap="xsmall"):
        for label, form, ending, kind in _EXPORTS:
            st.download_button(
                text(label),
                # Written when it is asked for: other people's rights may have changed since the page was drawn.
                partial(journal.export, kept.id, viewer=session.viewer, format=form),
                file_name=f"wellspring-{kept.created:%Y-%m-%d}.{ending}",
                mime=kind,
                icon=":material/download:",
                on_click="ignore",
                key=f"export-{form}",
            )
    st.divider()
    if not st.session_state.get("talk_deleting"):
        st.button(
            text("talks.delete"),
            icon=":material/delete:",
            on_click=lambda: st.session_state.update(talk_deleting=True),
            key="talk_delete",
        )
        return
    st.caption(text("talks.delete_explain"))
    with st.container(horizontal=True):
        st.button(
            text("talks.delete_confirm"),
            type="primary",
            on_click=_delete,
            args=(session, kept.id),
            key="talk_delete_confirm",
        )
        st.button(
            text("talks.keep"), on_click=lambda: st.session_state.pop("talk_deleting", None), key="talk_delete_cancel"
        )


def _delete(session: Session, conversation: str) -> None:
    # Somebody may have been quicker in another window.
    with suppress(rag.NotKeptError):
        session.kb.journal.delete(conversation, viewer=session.viewer)
    _open(None)


def open_new() -> None:
    """Begin a conversation."""
    _open(None)


def _open(conversation: str | None) -> None:
    st.session_state.pop("talk_deleting", None)
    scope.forget()
    # A question that is still to be answered belongs to what was open.
    st.session_state.pop("here", None)
    st.session_state[_CURRENT] = conversation
