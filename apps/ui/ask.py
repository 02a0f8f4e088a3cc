"""The page where people ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

import rag
from apps.ui.cards import answer_html, citation_html, draft_html, passage_html
from apps.ui.jobs import PROBLEMS
from apps.ui.markup import escape, plain
from apps.ui.session import Session

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_EXAMPLES = 8
"""Titles named on the empty page."""
_CLOSEST = 3
"""Passages offered when there is no answer."""
_LONGEST = 2000
"""Characters of a question."""


@dataclass(slots=True)
class Turn:
    """A question and what came of it. With neither answer nor problem it is still to be answered."""

    question: str
    answer: rag.Answer | None = None
    problem: str | None = None


def page(session: Session, *, library: StreamlitPage | None = None) -> None:
    """Draw the page.

    Parameters
    ----------
    session
        What every page is given.
    library
        The page to send people to who have no documents yet.
    """
    text = session.text
    documents = session.kb.documents(viewer=session.viewer)
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    if not documents and not turns:
        _no_documents(session, library)
        return
    question = st.chat_input(text("ask.placeholder"), max_chars=_LONGEST, submit_mode="disable", key="question")
    if question and question.strip():
        turns.append(Turn(question.strip()))
    if turns:
        st.sidebar.button(text("ask.clear"), icon=":material/delete_sweep:", on_click=turns.clear, width="stretch")
    else:
        _welcome(session, documents)
    for turn in turns:
        _show_turn(session, turn, last=turn is turns[-1])


def _no_documents(session: Session, library: StreamlitPage | None) -> None:
    text = session.text
    st.title(text("ask.empty_title"), anchor=False)
    st.write(text("ask.empty"))
    if library is not None:
        st.page_link(library, label=text("ask.to_library"), icon=":material/arrow_forward:")


def _welcome(session: Session, documents: list[rag.DocumentInfo]) -> None:
    text = session.text
    st.title(text("ask.title"), anchor=False)
    st.write(text("ask.intro"))
    # The newest ones: what somebody has just added is what they want to ask about. Those in their language first.
    newest = sorted(documents, key=lambda info: (info.indexed, info.modified or ""), reverse=True)
    newest.sort(key=lambda info: info.language != text.language)
    titles = list(dict.fromkeys(info.title for info in newest))
    tags = "".join(f'<span class="ws-tag">{escape(title)}</span>' for title in titles[:_EXAMPLES])
    if len(titles) > _EXAMPLES:
        tags += f"<span>{escape(text('ask.more', count=len(titles) - _EXAMPLES))}</span>"
    st.html(f'<div>{escape(text("ask.examples"))}</div><div class="ws-tags">{tags}</div>')
    st.caption(text("ask.tip"))


def _show_turn(session: Session, turn: Turn, *, last: bool) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        st.html(f'<div class="ws-text">{escape(turn.question)}</div>')
    with st.chat_message("assistant", avatar=":material/water_drop:"):
        if last and turn.answer is None and turn.problem is None:
            _answer(session, turn)
        elif turn.answer is not None:
            st.html(answer_html(turn.answer, session.text))
        if turn.answer is not None:
            _show_sources(session, turn.answer)
        if turn.problem is not None:
            st.error(session.text("ask.failed", reason=plain(turn.problem)), icon=":material/error:")


def _answer(session: Session, turn: Turn) -> None:
    """Answer a question while people watch: the draft is shown as one, then replaced by what was checked."""
    text = session.text
    place = st.empty()
    draft = ""
    if session.jobs.running:
        st.caption(text("ask.indexing"))
    try:
        with st.spinner(text("ask.searching")):
            events = session.kb.stream(turn.question, viewer=session.viewer)
            event = next(events)
        with st.spinner(text("ask.writing")):
            while not isinstance(event, rag.Final):
                if isinstance(event, rag.Draft):
                    draft += event.text
                    place.html(draft_html(draft, text))
                event = next(events)
    except PROBLEMS as error:
        place.empty()
        turn.problem = str(error)
        return
    turn.answer = event.answer
    place.html(answer_html(turn.answer, text))


def _show_sources(session: Session, answer: rag.Answer) -> None:
    """Show citations, or what came closest. Documents are fetched anew: a card shows what is true now."""
    kb, viewer, text = session.kb, session.viewer, session.text
    for citation in answer.citations:
        st.html(citation_html(citation, kb.document(citation.document, viewer=viewer), text))
    if answer.abstained and answer.passages:
        with st.expander(text("ask.closest"), icon=":material/search:"):
            for passage in answer.passages[:_CLOSEST]:
                card = passage_html(passage, kb.document(passage.document, viewer=viewer), text)
                if card:
                    st.html(card)
