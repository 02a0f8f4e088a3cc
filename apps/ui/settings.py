"""The page that tells what is in force, and whether all is well."""

from __future__ import annotations

import streamlit as st

import rag
from apps.ui.background import PROBLEMS
from apps.ui.markup import escape, heading, plain
from apps.ui.session import Session

_GROUPS = {
    "settings.models": ("llm", "llm_runtime", "llm_adapter", "llm_max_tokens", "llm_temperature", "embedder", "reader"),
    "settings.answers": ("answer_threshold", "passages", "journal_days"),
    "settings.indexing": ("pipeline", "glossary", "workers", "max_file_bytes", "max_text_chars"),
}
"""Where each setting stands; those that are not named stand in a group of their own."""


def page(session: Session) -> None:
    """Draw the page."""
    text = session.text
    st.title(text("settings.title"), anchor=False)
    try:
        settings = session.kb.settings or rag.load_settings()
    except PROBLEMS as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    _health(session, settings)
    st.subheader(text("settings.in_force"), anchor=False)
    st.write(text("settings.how"))
    st.code('# wellspring.toml\nllm = "ollama:qwen3"\nanswer_threshold = 0.4', language="toml")
    infos = {info.name: info for info in rag.explained(settings)}
    grouped = [(label, [infos.pop(name) for name in names if name in infos]) for label, names in _GROUPS.items()]
    for label, some in [*grouped, ("settings.others", list(infos.values()))]:
        if some:
            st.html(heading(text(label)) + _rows(session, some))


def _health(session: Session, settings: rag.Settings) -> None:
    text = session.text
    st.subheader(text("settings.health"), anchor=False)
    with st.spinner(text("settings.looking")):
        found = rag.examine(settings, base=session.kb, viewer=session.viewer)
    bad = [one for one in found if not one.ok]
    if bad:
        st.warning(text("settings.bad", count=len(bad)), icon=":material/warning:")
        st.html(_findings(session, bad))
    else:
        st.success(text("settings.good"), icon=":material/check_circle:")
    with st.expander(text("settings.everything", count=len(found)), icon=":material/checklist:"):
        st.html(_findings(session, found))


def _findings(session: Session, found: list[rag.Finding]) -> str:
    rows = []
    for one in found:
        state = session.text("settings.ok" if one.ok else "settings.not_ok")
        advice = f'<div class="ws-place">{escape(one.advice)}</div>' if one.advice else ""
        kind = "ws-good" if one.ok else "ws-bad"
        rows.append(
            f'<li><span class="ws-state {kind}" title="{escape(state)}">{escape(state)}</span>'
            f'<div><span class="ws-title">{escape(one.what)}</span> {escape(one.state)}{advice}</div></li>'
        )
    return f'<ul class="ws-list ws-findings">{"".join(rows)}</ul>'


def _rows(session: Session, infos: list[rag.SettingInfo]) -> str:
    text = session.text
    rows = []
    for info in infos:
        told = text.strings.get(f"setting.{info.name}", "")
        value = escape(info.value) if info.value else f"<i>{escape(text('settings.unset'))}</i>"
        changed = f' <span class="ws-tag">{escape(text("settings.changed"))}</span>' if info.changed else ""
        rows.append(
            f'<li><div class="ws-head"><code>{escape(info.name)}</code> <b class="ws-value">{value}</b>{changed}</div>'
            f'<div class="ws-place">{escape(told)}</div>'
            f'<div class="ws-place"><code>{escape(info.variable)}</code></div></li>'
        )
    return f'<ul class="ws-list">{"".join(rows)}</ul>'
