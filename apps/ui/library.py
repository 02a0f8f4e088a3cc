"""The page where documents are listed, read, added and deleted."""

from __future__ import annotations

import zlib
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import streamlit as st

import rag
from apps.ui import conversations, intake, scope, source, sources
from apps.ui.background import PROBLEMS
from apps.ui.markup import escape, plain
from apps.ui.session import Session

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_PREVIEW = 20_000
"""Characters of a document that are shown."""
_NAMED = 10
"""Documents named when asking whether to delete them."""


def page(session: Session, *, ask: StreamlitPage | None = None) -> None:
    """Draw the page.

    Parameters
    ----------
    session
        What every page is given.
    ask
        The page to send people to who want to ask the documents that they have ticked.
    """
    text = session.text
    documents = session.kb.documents(viewer=session.viewer)
    # A table needs the room; the other page reads better in a column.
    st.set_page_config(layout="wide")
    st.title(text("library.title"), anchor=False)
    if documents:
        characters = sum(info.characters for info in documents)
        st.caption(text("library.counts", documents=f"{len(documents):,}", characters=f"{characters:,}"))
    else:
        st.write(text("library.empty"))
    if session.edits:
        with st.expander(text("library.add"), icon=":material/add:", expanded=not documents):
            intake.forms(session)
        intake.progress(session)
    sources.listed(session, documents)
    _failures(session)
    if documents:
        _documents(session, documents, ask)


def _failures(session: Session) -> None:
    text = session.text
    failures = session.kb.failures(viewer=session.viewer)
    if not failures:
        return
    with st.expander(text("library.failures", count=len(failures)), icon=":material/warning:"):
        rows = [
            {
                text("library.column_title"): PurePosixPath(failure.document_id).name,
                text("library.column_reason"): failure.reason,
                text("library.column_location"): failure.document_id,
            }
            for failure in failures
        ]
        st.dataframe(rows, hide_index=True)


def _documents(session: Session, documents: list[rag.DocumentInfo], ask: StreamlitPage | None) -> None:
    """Show the table, and what is done with its ticked rows."""
    text = session.text
    wanted = st.text_input(
        text("library.filter"),
        placeholder=text("library.filter_placeholder"),
        icon=":material/search:",
        label_visibility="collapsed",
        live=True,
        key="filter",
    )
    needle = (wanted or "").casefold().strip()
    shown = [info for info in documents if needle in f"{info.title}\n{info.id}".casefold()]
    if not shown:
        st.write(text("library.no_match"))
        return
    failed = {failure.document_id for failure in session.kb.failures(viewer=session.viewer)}
    table = st.dataframe(
        [_row(session, info, stale=info.id in failed) for info in shown],
        hide_index=True,
        placeholder="",
        column_config=_columns(session),
        on_select="rerun",
        selection_mode="multi-row",
        key=table_key(shown),
    )
    # Ticks are row numbers; rows that are not there any more may come from the moment before a change.
    chosen = [shown[row] for row in table["selection"]["rows"] if row < len(shown)]
    if not chosen:
        _stop_asking()
        st.caption(text("library.select"))
        return
    with st.container(horizontal=True):
        asked = ask is not None and st.button(
            text("library.ask", count=len(chosen)), icon=":material/forum:", key="ask_these"
        )
        if session.edits:
            st.button(
                text("library.delete", count=len(chosen)),
                icon=":material/delete:",
                disabled=session.jobs.running,
                on_click=lambda: st.session_state.update(deleting=True),
                key="delete",
            )
    if ask is not None and asked:
        conversations.open_new()
        scope.choose([info.id for info in chosen])
        st.switch_page(ask)
    if session.edits and st.session_state.get("deleting"):
        _ask_before_deleting(session, chosen)
    _preview(session, chosen[-1])


def table_key(shown: list[rag.DocumentInfo]) -> str:
    """Return a widget key that changes with the rows, so that a tick never moves on to another document."""
    return f"documents-{zlib.crc32(chr(0).join(info.id for info in shown).encode('utf-8', 'replace')):08x}"


def _row(session: Session, info: rag.DocumentInfo, *, stale: bool) -> dict[str, Any]:
    return {
        "title": info.title,
        "state": session.text("library.stale" if stale else "library.ready"),
        "readers": sources.readers_named(session, info.readers),
        "modified": datetime.fromisoformat(info.modified) if info.modified else None,
        "location": source.where(info),
        "format": PurePosixPath(info.id).suffix.lstrip(".").upper() or info.media_type,
        "pages": info.pages or None,
        "characters": info.characters,
        "language": session.text.strings.get(f"language.{info.language}", info.language),
        "indexed": datetime.fromisoformat(info.indexed),
    }


def _columns(session: Session) -> dict[str, Any]:
    text, column = session.text, st.column_config
    moment = "YYYY-MM-DD HH:mm"
    return {
        # So wide that these are all to be seen on a screen of 1280 pixels, where the table has 820.
        "title": column.TextColumn(text("library.column_title"), width=280),
        "state": column.TextColumn(text("library.column_state"), width=80),
        "readers": column.TextColumn(text("library.column_readers"), width=125),
        "modified": column.DatetimeColumn(text("library.column_modified"), format=moment, width=135),
        "location": column.TextColumn(text("library.column_location"), width=300),
        "format": column.TextColumn(text("library.column_format"), width="small"),
        "pages": column.NumberColumn(text("library.column_pages"), width="small"),
        "characters": column.NumberColumn(text("library.column_characters"), width="small", format="localized"),
        "language": column.TextColumn(text("library.column_language"), width="small"),
        "indexed": column.DatetimeColumn(text("library.column_indexed"), format=moment),
    }


def _ask_before_deleting(session: Session, chosen: list[rag.DocumentInfo]) -> None:
    text = session.text

    @st.dialog(text("library.delete_title"), on_dismiss=_stop_asking)
    def confirm() -> None:
        names = [f'<li class="ws-text">{escape(info.title)}</li>' for info in chosen[:_NAMED]]
        st.html(f"<ul>{''.join(names)}</ul>")
        if len(chosen) > _NAMED:
            st.write(text("library.delete_more", count=len(chosen) - _NAMED))
        st.caption(text("library.delete_explain"))
        with st.container(horizontal=True):
            delete = st.button(text("library.delete_confirm"), type="primary", key="delete_confirm")
            keep = st.button(text("library.delete_cancel"), key="delete_cancel")
        if delete:
            _delete(session, chosen)
        if keep:
            _stop_asking()
            st.rerun()

    confirm()


def _stop_asking() -> None:
    st.session_state.pop("deleting", None)


def _delete(session: Session, chosen: list[rag.DocumentInfo]) -> None:
    _stop_asking()
    try:
        for info in chosen:
            session.kb.delete(info.id)
    except PROBLEMS as error:
        st.error(session.text("library.delete_failed", reason=plain(str(error))))
        return
    st.rerun()


def _preview(session: Session, info: rag.DocumentInfo) -> None:
    text = session.text
    document = session.kb.document(info.id, viewer=session.viewer)
    st.subheader(text("library.preview"), anchor=False)
    if document is None:
        st.write(text("library.preview_gone"))
        return
    st.html(f'<div class="ws-title">{escape(document.title)}</div><div class="ws-place">{escape(document.id)}</div>')
    if session.kb.is_upload(document.source):
        file = session.kb.original(document.id, viewer=session.viewer)
        if file is not None:
            st.download_button(
                text("library.original"),
                file,
                file_name=PurePosixPath(document.id).name,
                # Whatever it is, the browser is to save it, not to show it as a page of this server.
                mime="application/octet-stream",
                icon=":material/download:",
                on_click="ignore",
                key="original",
            )
    st.html(f'<div class="ws-document">{escape(document.text[:_PREVIEW])}</div>')
    if len(document.text) > _PREVIEW:
        st.caption(text("library.preview_cut", shown=f"{_PREVIEW:,}", total=f"{len(document.text):,}"))
