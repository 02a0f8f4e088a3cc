"""The script that Streamlit runs, from the top, on every click: one process, many people."""

from __future__ import annotations

import argparse
import sys

import streamlit as st

import rag
from apps.text import LANGUAGES, Text, closest_language
from apps.ui import ask, library
from apps.ui.jobs import PROBLEMS, Jobs
from apps.ui.markup import ICON, LOGO, STYLE, plain
from apps.ui.session import Session

_NAME = "Wellspring"


def main(arguments: list[str]) -> None:
    """Draw the page that the browser is at, for the knowledge base that ``arguments`` name."""
    options = parse(arguments)
    viewer = rag.Viewer.parse(options.viewer) if options.viewer else rag.Viewer("local")
    try:
        kb, jobs = open_once(options.kb)
    except PROBLEMS as error:
        text = Text(closest_language(st.context.locale))
        st.error(text("app.cannot_open", reason=plain(str(error))), icon=":material/error:")
        return
    draw(kb, jobs, viewer, language=options.language, named=bool(options.viewer))


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read what ``rag ui`` passes on."""
    parser = argparse.ArgumentParser(prog=_NAME)
    parser.add_argument("--kb")
    parser.add_argument("--viewer")
    parser.add_argument("--language", default="auto")
    return parser.parse_args(arguments)


@st.cache_resource(show_spinner=False)
def open_once(kb: str | None) -> tuple[rag.Wellspring, Jobs]:
    """Open the knowledge base for everyone who has the page open."""
    return rag.open(kb, tell=lambda line: print(line, file=sys.stderr)), Jobs()


def draw(kb: rag.Wellspring, jobs: Jobs, viewer: rag.Viewer, *, language: str, named: bool) -> None:
    """Draw the frame and the page in it.

    Parameters
    ----------
    kb, jobs
        Shared by everyone.
    viewer
        On whose behalf.
    language
        ``auto``, or that of the page until the person picks another.
    named
        Whether to say who the viewer is.
    """
    st.set_page_config(page_title=_NAME, page_icon=ICON, initial_sidebar_state="auto")
    st.logo(LOGO, icon_image=ICON)
    st.html(STYLE)
    first = closest_language(st.context.locale) if language == "auto" else language
    # The switch stands below the navigation, whose titles need its value.
    text = Text(st.session_state.setdefault("language", first))
    session = Session(kb, viewer, text, jobs)
    library_page = st.Page(
        lambda: library.page(session),
        title=text("library.nav"),
        icon=":material/folder_open:",
        url_path="library",
    )
    ask_page = st.Page(
        lambda: ask.page(session, library=library_page),
        title=text("ask.nav"),
        icon=":material/forum:",
        url_path="ask",
        default=True,
    )
    chosen = st.navigation([ask_page, library_page])
    with st.sidebar:
        st.segmented_control(
            text("app.language"),
            list(LANGUAGES),
            format_func=lambda name: LANGUAGES[name],
            required=True,
            label_visibility="collapsed",
            key="language",
        )
        if named:
            st.caption(text("app.viewer", viewer=plain(viewer.id)))
    chosen.run()


if __name__ == "__main__":
    main(sys.argv[1:])
