"""The source of a citation, beside the answer: the page as a picture, else the text around the quote."""

from __future__ import annotations

import base64
from pathlib import PurePosixPath

import streamlit as st

import rag
from apps.ui.cards import marked, place_html
from apps.ui.markup import escape, go_to, plain
from apps.ui.session import Session

_BEFORE, _AFTER = 500, 2500
"""Characters of text shown around a quote: the quote is in sight without scrolling."""
_WIDTH = 1000
"""Pixels of a page's picture."""
_TITLE = 34
"""Characters of a title on a chip."""


def opened(turn: int) -> int | None:
    """Return the number of the citation whose source is open at a turn."""
    number: int | None = st.session_state.get(f"source-{turn}")
    return number


def chips(session: Session, turn: int, answer: rag.Answer) -> None:
    """Draw a chip for every citation; pressed, its source opens, and pressed again it closes."""
    if not answer.citations:
        return
    by_number = {citation.number: citation for citation in answer.citations}
    st.pills(
        session.text("source.open"),
        list(by_number),
        format_func=lambda number: _label(session, by_number[number]),
        key=f"source-{turn}",
    )


def panel(session: Session, turn: int, citation: rag.Citation) -> None:
    """Draw the source of a citation. The document is fetched anew: it may be gone, or not for this viewer any more."""
    text = session.text
    document = session.kb.document(citation.document, viewer=session.viewer)
    with st.container(border=True, key=f"source-panel-{turn}"):
        with st.container(horizontal=True, vertical_alignment="top", wrap=False, gap="small"):
            st.html(place_html(citation, document, text))
            st.button(
                "",
                icon=":material/close:",
                help=text("source.close"),
                type="tertiary",
                on_click=_close,
                args=(turn,),
                key=f"source-close-{turn}",
            )
        if document is None:
            st.write(text("card.gone"))
            return
        if document.text[citation.start : citation.end] != citation.quote:
            st.caption(text("card.changed"))
            st.html(f'<div class="ws-source"><mark>{escape(citation.quote)}</mark></div>')
            return
        if citation.page is None or not _pages(session, turn, document, citation, citation.page):
            _text(session, document, citation)
        told = escape(text("card.location", location=where(document)))
        st.html(f'<div class="ws-place" title="{escape(document.id)}">{told}</div>')
        # Where there is no room beside the answer it stands below, where nobody would see that it has opened.
        arrived = go_to(f"source-panel-{turn}", f"{turn}-{citation.number}", narrow=True)
        st.html(arrived, unsafe_allow_javascript=True)


def _pages(session: Session, turn: int, document: rag.Document, citation: rag.Citation, cited: int) -> bool:
    """Draw the page, and the way to those around it; False where there is no picture of it."""
    text = session.text
    key = f"source-page-{turn}-{citation.number}"
    number: int = st.session_state.get(key, cited)
    image = _image(session.kb, session.viewer, document.id, document.version, number, citation.quote)
    if image is None:
        return False
    if image.pages > 1:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            _turn(session, key, number - 1, "source.before", ":material/chevron_left:", disabled=number <= 1)
            st.caption(text("source.page_of", page=number, pages=image.pages))
            _turn(session, key, number + 1, "source.after", ":material/chevron_right:", disabled=number >= image.pages)
    described = text("source.picture", page=number, title=document.title, quote=citation.quote)
    data = base64.b64encode(image.png).decode()
    st.html(f'<img class="ws-sheet" alt="{escape(described)}" src="data:image/png;base64,{data}">')
    if number == cited and not image.marks:
        st.caption(text("source.unmarked"))
        _text(session, document, citation)
    return True


def _turn(session: Session, key: str, number: int, label: str, icon: str, *, disabled: bool) -> None:
    st.button(
        "",
        icon=icon,
        help=session.text(label),
        type="tertiary",
        disabled=disabled,
        on_click=lambda: st.session_state.update({key: number}),
        key=f"{key}-{label}",
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _image(
    _kb: rag.Wellspring, _viewer: rag.Viewer, document: str, version: str, page: int, quote: str
) -> rag.PageImage | None:
    """Return a page's picture. Kept by the document's version, and asked for only after the viewer was checked."""
    return _kb.page_image(document, page, quote=quote, width=_WIDTH, viewer=_viewer)


def _text(session: Session, document: rag.Document, citation: rag.Citation) -> None:
    shown = marked(document.text, citation.start, citation.end, _BEFORE, after=_AFTER)
    st.html(f'<div class="ws-source">{shown}</div>')


def _label(session: Session, citation: rag.Citation) -> str:
    title = citation.title if len(citation.title) <= _TITLE else citation.title[: _TITLE - 1].rstrip() + "…"
    page = f", {session.text('card.page', page=citation.page)}" if citation.page else ""
    return f"**{citation.number}**  {plain(title)}{plain(page)}"


def where(document: rag.Document | rag.DocumentInfo) -> str:
    """Return where a document lies within its source, which is called by its last name."""
    source = document.source.rstrip("/")
    if document.id.startswith(source + "/"):
        return PurePosixPath(source).name + document.id[len(source) :]
    return PurePosixPath(document.id).name if document.id == source else document.id


def _close(turn: int) -> None:
    st.session_state[f"source-{turn}"] = None
