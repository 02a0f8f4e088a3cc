"""The page where people ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

import rag
from apps.ui import conversations, rating, scope, source
from apps.ui.background import PROBLEMS
from apps.ui.cards import alternatives_html, answer_html, citation_html, draft_html, passage_html, sides_html
from apps.ui.markup import escape, go_to, plain
from apps.ui.session import Session
from apps.ui.suggested import Suggestions
from apps.ui.trail import trail_html

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.navigation.page import StreamlitPage

_EXAMPLES = 8
"""Titles named on the empty page."""
_CLOSEST = 3
"""Passages offered when there is no answer."""
_LONGEST = 2000
"""Characters of a question."""
_REFRESH = 0.7
"""Seconds between two looks at whether questions have been thought of."""
_BESIDE = (5, 6)
"""Widths of an answer and of the source beside it."""
_LAST = "last"
"""Key of the container with what people came for."""


@dataclass(slots=True)
class Here:
    """What this browser is at, beside what the journal keeps."""

    pending: str | None = None
    """A question that is still to be answered."""
    problem: tuple[str, str] | None = None
    """The last question, and why it was not answered."""
    unkept: tuple[rag.Answer, str] | None = None
    """The last answer, and why the journal does not keep it."""
    passages: dict[int, tuple[rag.Passage, ...]] = field(default_factory=dict)
    """By turn: what was read, which the journal does not keep."""


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
    turns = conversations.turns(session)
    here = _here(session)
    conversations.sidebar(session)
    documents = session.kb.documents(viewer=session.viewer)
    if not documents and not turns:
        _no_documents(session, library)
        return
    scope.go_on(turns)
    # Asked for by name: where Streamlit itself puts the box at the bottom, it also keeps the page at its end.
    with st.bottom:
        if len(documents) > 1:
            scope.picker(session, documents)
        typed = st.chat_input(text("ask.placeholder"), max_chars=_LONGEST, submit_mode="disable", key="question")
    if typed and typed.strip():
        _asked(typed.strip())
    # The text reads better in a column; a source beside it needs the room.
    st.set_page_config(layout="wide" if any(source.opened(turn.id) for turn in turns) else "centered")
    # Written to when there is something to go to; it stands first so that whatever comes moves no other element.
    go = st.empty()
    after = here.pending is not None or here.problem is not None or here.unkept is not None
    if not turns and not after:
        with st.container(key=_LAST):
            _welcome(session, documents)
        _go(go, "welcome")
    for turn in turns:
        last = turn is turns[-1] and not after
        with st.container(key=_LAST if last else None):
            _show_turn(session, turn, here)
            if last:
                _elsewhere(session, turn)
        if last:
            _go(go, turn.id)
    if not after:
        return
    with st.container(key=_LAST):
        if here.pending is not None:
            _question(here.pending)
            _go(go, "asked")
            _answer_pending(session, here, here.pending)
        elif here.unkept is not None:
            answer, reason = here.unkept
            _question(answer.question)
            with _reply():
                _body(session, answer)
                st.warning(text("ask.unkept", reason=plain(reason)), icon=":material/warning:")
        elif here.problem is not None:
            _question(here.problem[0])
            with _reply():
                st.error(text("ask.failed", reason=plain(here.problem[1])), icon=":material/error:")
        if here.pending is None:
            _go(go, "ended")


def _go(place: DeltaGenerator, what: str | int) -> None:
    place.html(go_to(_LAST, what), unsafe_allow_javascript=True)


def _here(session: Session) -> Here:
    """Return what this browser is at; another viewer's or conversation's is never gone on with."""
    key = (sorted(session.viewer.principals), conversations.current())
    kept: tuple[object, Here] | None = st.session_state.get("here")
    if kept is None or kept[0] != key:
        st.session_state["here"] = (key, Here())
    here: Here = st.session_state["here"][1]
    return here


def _asked(question: str) -> None:
    here: Here = st.session_state["here"][1]
    here.pending, here.problem, here.unkept = question, None, None


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
    _suggestions(session)
    # The newest ones: what somebody has just added is what they want to ask about. Those in their language first.
    newest = sorted(documents, key=lambda info: (info.indexed, info.modified or ""), reverse=True)
    newest.sort(key=lambda info: info.language != text.language)
    # "todo" is a file's name, as nothing inside it says what it is: those last.
    newest.sort(key=lambda info: info.title.islower() and " " not in info.title)
    titles = list(dict.fromkeys(info.title for info in newest))
    tags = "".join(f'<span class="ws-tag">{escape(title)}</span>' for title in titles[:_EXAMPLES])
    if len(titles) > _EXAMPLES:
        tags += f"<span>{escape(text('ask.more', count=len(titles) - _EXAMPLES))}</span>"
    st.html(f'<div>{escape(text("ask.examples"))}</div><div class="ws-tags">{tags}</div>')
    st.caption(text("ask.tip"))


def _suggestions(session: Session) -> None:
    """Offer questions; while they are still being thought of, look again and again, and say nothing: none may come."""
    suggestions: Suggestions = session.suggestions
    if suggestions.ready(session) is None:

        @st.fragment(run_every=_REFRESH)
        def watch() -> None:
            if suggestions.ready(session) is not None:
                st.rerun(scope="app")

        watch()
        return
    found = suggestions.ready(session) or []
    if not found:
        return
    st.html(f"<div>{escape(session.text('ask.suggested'))}</div>")
    with st.container(key="suggested", gap="xsmall"):
        for number, question in enumerate(found):
            st.button(
                plain(question),
                icon=":material/arrow_outward:",
                on_click=_asked,
                args=(question,),
                key=f"suggested-{number}",
            )


def _question(question: str) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        st.html(f'<div class="ws-text">{escape(question)}</div>')


def _reply() -> DeltaGenerator:
    return st.chat_message("assistant", avatar=":material/water_drop:")


def _show_turn(session: Session, turn: rag.KeptTurn, here: Here) -> None:
    _question(turn.question)
    with _reply():
        answer = turn.answer
        if answer is None:
            st.html(f'<div class="ws-unknown">{escape(session.text("ask.withheld"))}</div>')
            return
        opened = next((c for c in answer.citations if c.number == source.opened(turn.id)), None)
        left, right = st.columns(_BESIDE, gap="medium") if opened else (st.container(), None)
        with left:
            _body(session, answer)
            source.chips(session, turn.id, answer)
            _cards(session, answer, here.passages.get(turn.id, ()), opened=opened)
            _trail(session, answer)
            rating.buttons(session, turn)
        if right is not None and opened is not None:
            with right:
                source.panel(session, turn.id, opened)


def _elsewhere(session: Session, turn: rag.KeptTurn) -> None:
    """Offer to ask all documents what those that were chosen do not tell."""
    answer = turn.answer
    if answer is not None and answer.abstained and answer.within:

        def ask() -> None:
            scope.choose(())
            _asked(turn.question)

        st.button(session.text("scope.ask_all"), icon=":material/travel_explore:", on_click=ask, key="ask_all")


def _body(session: Session, answer: rag.Answer) -> None:
    st.html(answer_html(answer, session.text))
    if answer.asked:
        st.caption(session.text("ask.understood", question=plain(answer.asked)))
    scope.told(session, answer)
    for block in (sides_html(answer, session.text), alternatives_html(answer, session.text)):
        if block:
            st.html(block)


def _cards(
    session: Session, answer: rag.Answer, passages: tuple[rag.Passage, ...], *, opened: rag.Citation | None
) -> None:
    """Show citations, or what came closest. Documents are fetched anew: a card shows what is true now.

    The citation whose source is ``opened`` is shown there.
    """
    kb, viewer, text = session.kb, session.viewer, session.text
    for citation in answer.citations:
        if citation == opened:
            continue
        st.html(citation_html(citation, kb.document(citation.document, viewer=viewer), text))
    if answer.abstained and passages:
        with st.expander(text("ask.closest"), icon=":material/search:"):
            for passage in passages[:_CLOSEST]:
                card = passage_html(passage, kb.document(passage.document, viewer=viewer), text)
                if card:
                    st.html(card)


def _trail(session: Session, answer: rag.Answer) -> None:
    if answer.abstained or not answer.citations:
        return
    with st.expander(session.text("ask.trail"), icon=":material/account_tree:"):
        try:
            found = session.kb.trail(answer, viewer=session.viewer)
        except PROBLEMS as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        if found is not None:
            st.html(trail_html(found, session.text, theme=st.context.theme.type))


def _answer_pending(session: Session, here: Here, question: str) -> None:
    """Answer a question while people watch: the draft is shown as one, then replaced by what was checked."""
    text = session.text
    with _reply():
        place = st.empty()
        draft = ""
        if session.jobs.running:
            st.caption(text("ask.indexing"))
        try:
            with st.spinner(text("ask.searching")):
                events = conversations.going_on(session).stream(question)
                event = next(events)
            with st.spinner(text("ask.writing")):
                while not isinstance(event, rag.Final):
                    if isinstance(event, rag.Draft):
                        draft += event.text
                        place.html(draft_html(draft, text))
                    event = next(events)
        except PROBLEMS as error:
            here.pending, here.problem = None, (question, str(error))
            st.rerun()
        here.pending = None
        answer = event.answer
    try:
        turn = conversations.keep(session, answer)
    except PROBLEMS as error:
        here.unkept = answer, str(error)
        st.rerun()
    # The conversation may have begun only now.
    _here(session).passages = {**here.passages, turn: answer.passages}
    st.rerun()
