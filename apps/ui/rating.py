"""What people think of an answer: helpful or wrong, with a comment."""

from __future__ import annotations

import streamlit as st

import rag
from apps.ui.background import PROBLEMS
from apps.ui.markup import plain
from apps.ui.session import Session

_LONGEST = 4000
"""Characters of a comment."""


def buttons(session: Session, turn: rag.KeptTurn) -> None:
    """Draw the two buttons, and after one was pressed a place for a comment."""
    text = session.text
    names = {True: ":material/thumb_up: " + text("rate.helpful"), False: ":material/thumb_down: " + text("rate.wrong")}
    key = f"rate-{turn.id}"
    st.pills(
        text("rate.label"),
        [True, False],
        format_func=lambda helpful: names[helpful],
        default=turn.helpful if key not in st.session_state else None,
        label_visibility="collapsed",
        on_change=_rated,
        args=(session, turn, key),
        key=key,
    )
    if turn.helpful is None or turn.answer is None:
        return
    with st.popover(text("rate.comment"), icon=":material/edit_note:", type="tertiary", key=f"comment-open-{turn.id}"):
        _comment(session, turn, turn.answer, turn.helpful)


def _rated(session: Session, turn: rag.KeptTurn, key: str) -> None:
    helpful: bool | None = st.session_state[key]
    if turn.answer is None:
        return
    kept = _kept(session, turn.answer, turn)
    try:
        if helpful is None:
            if kept is not None:
                session.kb.journal.withdraw(kept.id, viewer=session.viewer)
            return
        comment = kept.comment if kept else ""
        session.kb.journal.rate(turn.answer, helpful=helpful, viewer=session.viewer, comment=comment)
    except PROBLEMS as error:
        st.toast(plain(str(error)), icon=":material/error:")
        return
    st.toast(session.text("rate.thanks"), icon=":material/check:")


def _comment(session: Session, turn: rag.KeptTurn, answer: rag.Answer, helpful: bool) -> None:
    text = session.text
    kept = _kept(session, answer, turn)
    with st.form(f"comment-{turn.id}", border=False):
        written = st.text_area(
            text("rate.comment_helpful" if helpful else "rate.comment_wrong"),
            value=kept.comment if kept else "",
            max_chars=_LONGEST,
            key=f"comment-text-{turn.id}",
        )
        sent = st.form_submit_button(text("rate.send"), type="primary")
    if sent:
        try:
            session.kb.journal.rate(answer, helpful=helpful, viewer=session.viewer, comment=written or "")
        except PROBLEMS as error:
            st.error(plain(str(error)))
        else:
            st.success(text("rate.kept"), icon=":material/check:")


def _kept(session: Session, answer: rag.Answer, turn: rag.KeptTurn) -> rag.Feedback | None:
    """Return what this viewer said of an answer before."""
    if turn.helpful is None:
        return None
    return next((one for one in session.kb.journal.feedback(viewer=session.viewer) if one.answer == answer), None)
