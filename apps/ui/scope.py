"""What the next questions are asked of: all documents, or those that a person has chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import streamlit as st

import rag
from apps.ui import source
from apps.ui.markup import distinct, plain
from apps.ui.session import Session

_CHOSEN = "within"
_BOX = "within_box"
_MOST = 500
"""Documents offered one by one; of more, folders are, and the Library finds the rest."""
_LONGEST = 40
"""Characters on the button."""


def chosen() -> tuple[str, ...]:
    """Return the documents and folders that were chosen; empty: all."""
    found: tuple[str, ...] = st.session_state.get(_CHOSEN, ())
    return found


def choose(names: Sequence[str]) -> None:
    """Ask the next questions of these documents and folders; of all where there are none."""
    st.session_state[_CHOSEN] = tuple(names)


def forget() -> None:
    """Let the next ``go_on`` choose."""
    st.session_state.pop(_CHOSEN, None)


def go_on(turns: Sequence[rag.KeptTurn]) -> None:
    """Choose what the last question of a conversation was asked of, unless something is chosen."""
    if _CHOSEN not in st.session_state:
        last = turns[-1].answer if turns else None
        choose(last.within if last else ())


def picker(session: Session, documents: list[rag.DocumentInfo]) -> None:
    """Draw the button that tells what is asked, and behind it the choice."""
    text = session.text
    names = _names(session, documents)
    # What has gone since cannot be asked any more.
    choose([name for name in chosen() if name in names])
    label = text("scope.all")
    if chosen():
        label = text("scope.only", names=", ".join(names[name] for name in chosen()))
    with st.popover(plain(_cut(label)), icon=":material/filter_alt:", type="tertiary", key="scope"):
        st.session_state[_BOX] = list(chosen())
        st.multiselect(
            text("scope.choose"),
            list(names),
            format_func=lambda name: names[name],
            placeholder=text("scope.all"),
            on_change=lambda: choose(st.session_state[_BOX]),
            key=_BOX,
        )
        st.caption(text("scope.explain" if len(documents) <= _MOST else "scope.explain_many"))


def told(session: Session, answer: rag.Answer) -> None:
    """Tell what an answer was looked for in, where that was not everything."""
    if answer.within:
        names = ", ".join(PurePosixPath(name).name for name in answer.within)
        st.caption(plain(session.text("scope.asked", names=names)))


def _names(session: Session, documents: list[rag.DocumentInfo]) -> dict[str, str]:
    """Return what can be chosen by its id or path, folders first, each with what it is called."""
    folders: dict[str, str] = {}
    files: dict[str, str] = {}
    uploads = {name: session.kb.is_upload(name) for name in {info.source for info in documents}}
    for info in documents:
        place = source.where(info)
        if len(documents) <= _MOST or info.id in chosen():
            files[info.id] = f"{info.title} ({PurePosixPath(place).name})"
        if uploads[info.source]:
            folders[info.source] = session.text("library.source_uploads")
        elif info.id.startswith(info.source.rstrip("/") + "/"):
            steps = place.split("/")
            for depth in range(1, len(steps)):
                # The folder's own id is the document's, less as many steps as come after it.
                folders[info.id.rsplit("/", len(steps) - depth)[0]] = "/".join(steps[:depth]) + "/"
    return distinct({**dict(sorted(folders.items())), **files})


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
