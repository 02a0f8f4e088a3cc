"""The script that Streamlit runs, from the top, on every click: one process, many people."""

from __future__ import annotations

import argparse
import sys

import streamlit as st

import rag
from apps.text import LANGUAGES, Text, closest_language
from apps.ui import ask, evaluate, graph, library, settings, who
from apps.ui.background import PROBLEMS
from apps.ui.jobs import Jobs
from apps.ui.markup import ICON, LOGO, STYLE, plain
from apps.ui.session import Session
from apps.ui.suggested import Suggestions
from apps.ui.trials import Trials

_NAME = "Wellspring"


def main(arguments: list[str]) -> None:
    """Draw the page that the browser is at, for the knowledge base that ``arguments`` name."""
    options = parse(arguments)
    if options.auth:
        signed_in = who.signed_in(options.groups_claim, name=_NAME, language=options.language)
        if signed_in is None:
            return
        viewer = signed_in
    else:
        viewer = rag.Viewer.parse(options.viewer) if options.viewer else rag.LOCAL
    try:
        kb, jobs, suggestions, trials = open_once(options.kb)
    except PROBLEMS as error:
        text = Text(closest_language(st.context.locale))
        st.error(text("app.cannot_open", reason=plain(str(error))), icon=":material/error:")
        return
    draw(
        kb,
        jobs,
        viewer,
        language=options.language,
        named=bool(options.viewer) or options.auth,
        local=not options.auth,
        edits=not options.editors or options.editors in viewer.groups,
        suggestions=suggestions,
        trials=trials,
    )


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read what ``rag ui`` passes on."""
    parser = argparse.ArgumentParser(prog=_NAME)
    parser.add_argument("--kb")
    parser.add_argument("--viewer")
    parser.add_argument("--language", default="auto")
    parser.add_argument("--auth", action="store_true")
    parser.add_argument("--groups-claim", default=who.GROUPS_CLAIM)
    parser.add_argument("--editors")
    return parser.parse_args(arguments)


@st.cache_resource(show_spinner=False)
def open_once(kb: str | None) -> tuple[rag.Wellspring, Jobs, Suggestions, Trials]:
    """Open the knowledge base for everyone who has the page open."""
    return rag.open(kb, tell=lambda line: print(line, file=sys.stderr)), Jobs(), Suggestions(), Trials()


def draw(
    kb: rag.Wellspring,
    jobs: Jobs,
    viewer: rag.Viewer,
    *,
    language: str,
    named: bool,
    suggestions: Suggestions | None = None,
    trials: Trials | None = None,
    local: bool = True,
    edits: bool = True,
) -> None:
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
    suggestions, trials
        Shared by everyone, too; None: for this run alone.
    local
        Whether the person sits at this machine, and did not have to sign in.
    edits
        Whether they may add and delete documents.
    """
    st.set_page_config(page_title=_NAME, page_icon=ICON, initial_sidebar_state="auto")
    st.logo(LOGO, icon_image=ICON)
    st.html(STYLE)
    first = closest_language(st.context.locale) if language == "auto" else language
    # The switch stands below the navigation, whose titles need its value.
    text = Text(st.session_state.setdefault("language", first))
    session = Session(kb, viewer, text, jobs, suggestions or Suggestions(), trials or Trials(), local, edits)
    library_page = st.Page(
        lambda: library.page(session, ask=ask_page),
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
    others = [
        st.Page(lambda: graph.page(session), title=text("graph.nav"), icon=":material/hub:", url_path="graph"),
        st.Page(
            lambda: evaluate.page(session),
            title=text("evaluate.nav"),
            icon=":material/fact_check:",
            url_path="evaluate",
        ),
        st.Page(
            lambda: settings.page(session), title=text("settings.nav"), icon=":material/settings:", url_path="settings"
        ),
    ]
    chosen = st.navigation([ask_page, library_page, *others])
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
        if not local:
            st.button(text("app.sign_out"), icon=":material/logout:", type="tertiary", on_click=st.logout, key="logout")
    chosen.run()


if __name__ == "__main__":
    main(sys.argv[1:])
