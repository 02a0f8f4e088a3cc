"""The part of the Library page through which documents come in."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import streamlit as st

import rag
from apps.ui.jobs import Job
from apps.ui.markup import plain
from apps.ui.session import Session

_REFRESH = 0.5
"""Seconds between two looks at a running job."""
_NAMED = 5
"""Files named that could not be read; the page lists all of them."""


def forms(session: Session) -> None:
    """Draw the ways by which documents come in."""
    text = session.text
    if session.local:
        upload, folder = st.tabs([text("library.upload_tab"), text("library.folder_tab")])
        with upload:
            _upload(session)
        with folder:
            _folder(session)
    else:
        # A path would be one of the machine that serves the page.
        _upload(session)
    st.button(
        text("library.resync"),
        icon=":material/sync:",
        disabled=session.jobs.running,
        on_click=lambda: start(session, *session.kb.sources(viewer=session.viewer)),
        key="resync",
    )


def progress(session: Session) -> None:
    """Draw the running job, or how the last one that this person started ended, and what was not taken in for it."""
    for message in st.session_state.get("refused", ()):
        st.error(message, icon=":material/error:")
    job: Job | None = session.jobs.current if session.jobs.running else st.session_state.get("job")
    if job is None:
        return
    if job.by.principals != session.viewer.principals:
        if job.running:
            st.caption(session.text("indexing.busy"))
        return
    if job.running:
        _live(session, job)
    else:
        _ended(session, job)


def _upload(session: Session) -> None:
    text = session.text
    with st.form("upload", clear_on_submit=True, border=False):
        files = st.file_uploader(
            text("library.upload_label"),
            accept_multiple_files=True,
            help=text("library.upload_help"),
            key="files",
        )
        readers = _readers(session, key="upload_readers")
        sent = st.form_submit_button(text("library.upload_button"), type="primary", disabled=session.jobs.running)
    if not sent:
        return
    _forget_last()
    if not files:
        st.warning(text("library.upload_none"))
        return
    saved, refused = 0, []
    for file in files:
        try:
            session.kb.upload(file.name, file.getvalue(), readers=readers or (rag.EVERYONE,))
            saved += 1
        except rag.UploadError as error:
            # It begins with the file's name.
            refused.append(text("library.upload_refused", reason=plain(str(error))))
        except OSError as error:
            reason = plain(error.strerror or str(error))
            refused.append(text("library.upload_failed", name=plain(file.name), reason=reason))
    if saved:
        everyone = readers in (None, (rag.EVERYONE,))
        folder = session.kb.uploads if everyone else session.kb.uploads_for(readers or ())
        start(session, str(folder), readers=None if everyone else readers)
    # Kept beside the job: the page is drawn again when that is done.
    st.session_state["refused"] = refused


def _folder(session: Session) -> None:
    text = session.text
    with st.form("folder", border=False):
        location = st.text_input(
            text("library.folder_label"),
            placeholder=text("library.folder_placeholder"),
            help=text("library.folder_help"),
            key="folder_path",
        )
        readers = _readers(session, key="folder_readers")
        sent = st.form_submit_button(text("library.folder_button"), type="primary", disabled=session.jobs.running)
    if not sent:
        return
    _forget_last()
    # As copied from a file manager: with quotation marks around it.
    named = (location or "").strip().strip("\"'")
    if not named:
        st.warning(text("library.folder_none"))
        return
    start(session, str(Path(named).expanduser()) if named.startswith("~") else named, readers=readers)


def _readers(session: Session, *, key: str) -> tuple[str, ...] | None:
    """Ask who may read the documents: everyone, the viewer, or one of their groups. None: as remembered."""
    text, viewer = session.text, session.viewer
    if viewer == rag.LOCAL:
        return None
    names = {rag.EVERYONE: text("library.everyone"), f"user:{viewer.id}": text("library.only_me")}
    names |= {f"group:{name}": text("library.group", name=plain(name)) for name in sorted(viewer.groups)}
    chosen = st.selectbox(text("library.readers"), list(names), format_func=lambda one: names[one], key=key)
    return (chosen,)


def start(session: Session, *locations: str, readers: tuple[str, ...] | None = None) -> None:
    """Begin to bring sources up to date."""
    _forget_last()
    job = session.jobs.index(session.kb, *locations, readers=readers, by=session.viewer)
    if job is None:
        st.warning(session.text("indexing.busy"))
    else:
        st.session_state["job"] = job


def _forget_last() -> None:
    """Stop telling how the last job ended: something else was asked for."""
    st.session_state.pop("job", None)
    st.session_state.pop("refused", None)


def _live(session: Session, job: Job) -> None:
    text = session.text

    @st.fragment(run_every=_REFRESH)
    def watch() -> None:
        if not job.running:
            # The whole page again: the table has changed.
            st.rerun(scope="app")
        share = min(job.done / job.total, 0.99) if job.total else 0.0
        st.progress(share, _line(session, job))
        label = text("indexing.stopping" if job.stopping else "indexing.stop")
        st.button(label, icon=":material/stop_circle:", on_click=job.stop, disabled=job.stopping, key="stop")

    watch()


def _line(session: Session, job: Job) -> str:
    """Return what a running job is at."""
    text = session.text
    name = plain(PurePosixPath(job.document).name)
    if not job.done:
        return text("indexing.starting")
    if job.total is None:
        return text("indexing.progress", done=job.done, name=name)
    if job.done >= job.total:
        return text("indexing.computing", done=job.done)
    return text("indexing.progress_of", done=job.done, total=job.total, name=name)


def _ended(session: Session, job: Job) -> None:
    text = session.text
    if job.stopped:
        st.warning(text("indexing.stopped"), icon=":material/stop_circle:")
    elif job.problem is not None:
        reason = plain(job.problem) or text("app.unexpected")
        st.error(text("indexing.failed", reason=reason), icon=":material/error:")
    else:
        counts = {key: job.count(key) for key in ("added", "changed", "deleted", "unchanged", "failed")}
        told = text("indexing.done", seconds=f"{job.seconds:.1f}", **counts)
        failures = job.failures()
        if not failures:
            st.success(told, icon=":material/check_circle:")
            return
        lines = [
            text("indexing.unreadable", name=plain(PurePosixPath(one.document_id).name), reason=plain(one.reason))
            for one in failures[:_NAMED]
        ]
        if len(failures) > _NAMED:
            lines.append(text("indexing.more_unreadable", count=len(failures) - _NAMED))
        st.warning("\n".join([told, "", *(f"- {line}" for line in lines)]), icon=":material/warning:")
