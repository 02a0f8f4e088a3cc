"""The part of the Library page that tells where documents come from."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import PurePosixPath

import streamlit as st

import rag
from apps.ui import intake
from apps.ui.background import PROBLEMS
from apps.ui.markup import escape, plain
from apps.ui.session import Session


def listed(session: Session, documents: list[rag.DocumentInfo]) -> None:
    """Draw the sources whose documents the viewer may read, and what can be done with each."""
    text = session.text
    locations = session.kb.sources(viewer=session.viewer)
    if not locations:
        return
    failures = session.kb.failures(viewer=session.viewer)
    with st.expander(text("library.sources", count=len(locations)), icon=":material/dns:"):
        for location in locations:
            count = sum(info.source == location for info in documents)
            below = (location.rstrip("/") + "/", f"zip://{location}")
            failed = sum(one.document_id == location or one.document_id.startswith(below) for one in failures)
            name = (
                text("library.source_uploads")
                if session.kb.is_upload(location)
                else PurePosixPath(location).name or location
            )
            told = text(
                "library.source_counts",
                documents=count,
                failed=failed,
                readers=readers_named(session, session.kb.readers(location)),
            )
            with st.container(horizontal=True, vertical_alignment="center", border=True):
                st.html(
                    f'<div class="ws-title">{escape(name)}</div><div class="ws-place">{escape(location)}</div>'
                    f'<div class="ws-place">{escape(told)}</div>'
                )
                if session.edits:
                    _actions(session, location)


def _actions(session: Session, location: str) -> None:
    text = session.text
    key = f"{zlib.crc32(location.encode('utf-8', 'replace')):08x}"
    st.button(
        text("library.source_sync"),
        icon=":material/sync:",
        disabled=session.jobs.running,
        on_click=intake.start,
        args=(session, location),
        key=f"sync-{key}",
    )
    with st.popover(
        text("library.source_forget"), icon=":material/delete:", disabled=session.jobs.running, key=f"forget-{key}"
    ):
        st.write(text("library.source_forget_explain"))
        if st.button(text("library.source_forget_confirm"), type="primary", key=f"forget-confirm-{key}"):
            try:
                session.kb.forget(location)
            except PROBLEMS as error:
                st.error(text("library.delete_failed", reason=plain(str(error))))
            else:
                st.rerun()


def readers_named(session: Session, readers: Iterable[str]) -> str:
    """Return who may read something, in words."""
    text = session.text
    named = []
    for reader in sorted(readers):
        kind, _, name = reader.partition(":")
        if reader == rag.EVERYONE:
            return text("library.everyone")
        named.append(text("library.group" if kind == "group" else "library.user", name=name or reader))
    return ", ".join(named) or text("library.nobody")
