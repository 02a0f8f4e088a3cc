"""The page where question files are run and their runs compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st

import rag
from apps.ui.background import PROBLEMS
from apps.ui.markup import distinct, escape, heading, plain
from apps.ui.run_plots import figures, outcome, plots
from apps.ui.session import Session
from apps.ui.trials import Trial

_REFRESH = 0.7
"""Seconds between two looks at a run that is at work."""
_MOST_BYTES = 16 * 2**20
_EXAMPLE = '[{"question": "How many days of leave do we get?", "answers": ["27 days", "27"], "gold": ["leave.md"]}]'
_CUT = 300
"""Characters of an answer in a table."""


def page(session: Session) -> None:
    """Draw the page."""
    text = session.text
    st.set_page_config(layout="wide")
    st.title(text("evaluate.title"), anchor=False)
    st.write(text("evaluate.intro"))
    if not session.kb.documents(viewer=session.viewer):
        st.info(text("evaluate.no_documents"), icon=":material/info:")
        return
    evaluations = rag.Evaluations(session.kb, viewer=session.viewer)
    runs = evaluations.runs()
    with st.expander(text("evaluate.new"), icon=":material/play_circle:", expanded=not runs):
        _forms(session)
    _progress(session)
    if runs:
        _shown(session, evaluations, runs)
    else:
        st.caption(text("evaluate.none"))


def _forms(session: Session) -> None:
    text = session.text
    names = ["upload", "path", "feedback"] if session.local else ["upload", "feedback"]
    for name, tab in zip(names, st.tabs([text(_TABS[name]) for name in names]), strict=True):
        with tab:
            {"upload": _upload, "path": _path, "feedback": _feedback}[name](session)


_VERDICTS = {
    "better": "evaluate.better",
    "worse": "evaluate.worse",
    "other": "evaluate.other",
    "same": "evaluate.same",
}
_TABS = {"upload": "evaluate.upload_tab", "path": "evaluate.path_tab", "feedback": "evaluate.feedback_tab"}


def _upload(session: Session) -> None:
    text = session.text
    with st.form("questions", border=False):
        file = st.file_uploader(
            text("evaluate.file"), type=["json"], help=text("evaluate.file_help"), key="question_file"
        )
        st.caption(text("evaluate.format"))
        st.code(_EXAMPLE, language="json")
        sent = st.form_submit_button(text("evaluate.run"), type="primary", disabled=session.trials.running)
    if sent and file is None:
        st.warning(text("evaluate.file_none"))
    elif sent and file is not None:
        _start(session, file.name, file.getvalue())


def _path(session: Session) -> None:
    text = session.text
    with st.form("questions_path", border=False):
        path = st.text_input(text("evaluate.path"), placeholder=text("evaluate.path_placeholder"), key="question_path")
        sent = st.form_submit_button(text("evaluate.run"), type="primary", disabled=session.trials.running)
    named = (path or "").strip().strip("\"'")
    if not sent:
        return
    if not named:
        st.warning(text("evaluate.path_none"))
        return
    file = Path(named).expanduser()
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        st.error(text("evaluate.unreadable", name=plain(named), reason=plain(error.strerror or str(error))))
        return
    _start(session, file.name, data)


def _feedback(session: Session) -> None:
    """Offer feedback as questions: people read it over before anything is measured with it."""
    text = session.text
    found = session.kb.journal.questions(viewer=session.viewer)
    if not found:
        st.write(text("evaluate.feedback_none"))
        return
    st.write(text("evaluate.feedback_explain"))
    column = st.column_config
    rows = [
        {
            "use": one["type"] != "wrong",
            "question": one["question"],
            "answer": " | ".join(one["answers"]),
            "kind": text("rate.wrong" if one["type"] == "wrong" else "rate.helpful"),
        }
        for one in found
    ]
    edited: list[dict[str, Any]] = st.data_editor(
        rows,
        hide_index=True,
        num_rows="fixed",
        disabled=["kind"],
        column_config={
            "use": column.CheckboxColumn(text("evaluate.use"), width="small"),
            "question": column.TextColumn(text("evaluate.question"), width="large"),
            "answer": column.TextColumn(text("evaluate.expected"), width="medium"),
            "kind": column.TextColumn(text("evaluate.said"), width="small"),
        },
        key=f"feedback-{len(found)}",
    )
    chosen = [
        {
            "id": one["id"],
            "language": one["language"],
            "question": row["question"] or one["question"],
            "answers": [part for part in (row["answer"] or "").split(" | ") if part.strip()],
            "gold": one["gold"],
            "type": one["type"],
        }
        for one, row in zip(found, edited, strict=True)
        if row["use"]
    ]
    data = json.dumps(chosen, ensure_ascii=False, indent=1)
    with st.container(horizontal=True):
        if st.button(
            text("evaluate.run_feedback", count=len(chosen)),
            type="primary",
            disabled=session.trials.running or not chosen,
            key="run_feedback",
        ):
            _start(session, "feedback.json", data)
        st.download_button(
            text("evaluate.download"),
            data,
            file_name="feedback.json",
            mime="application/json",
            icon=":material/download:",
            disabled=not chosen,
            on_click="ignore",
            key="download_feedback",
        )


def _start(session: Session, name: str, data: bytes | str) -> None:
    trial = session.trials.ask(session.kb, session.viewer, name, data)
    if trial is None:
        st.warning(session.text("evaluate.busy"))
    else:
        st.session_state["trial"] = trial


def _progress(session: Session) -> None:
    text = session.text
    trial: Trial | None = st.session_state.get("trial")
    at_work = session.trials.current
    if at_work is not None and at_work.running and at_work.by.principals == session.viewer.principals:
        trial = at_work
    if trial is None or trial.by.principals != session.viewer.principals:
        if session.trials.running:
            st.caption(text("evaluate.busy"))
        return
    if trial.running:
        _live(session, trial)
    elif trial.stopped:
        st.warning(text("evaluate.stopped"), icon=":material/stop_circle:")
    elif trial.problem is not None:
        reason = plain(trial.problem) or text("app.unexpected")
        st.error(text("evaluate.failed", reason=reason), icon=":material/error:")


def _live(session: Session, trial: Trial) -> None:
    text = session.text

    @st.fragment(run_every=_REFRESH)
    def watch() -> None:
        if not trial.running:
            if trial.run is not None:
                st.session_state["run"] = trial.run.id
            st.rerun(scope="app")
        if trial.total:
            line = text("evaluate.progress", done=trial.done, total=trial.total, name=plain(trial.name))
        else:
            line = text("evaluate.starting")
        st.progress(min(trial.done / trial.total, 0.99) if trial.total else 0.0, line)
        label = text("indexing.stopping" if trial.stopping else "indexing.stop")
        st.button(label, icon=":material/stop_circle:", on_click=trial.stop, disabled=trial.stopping, key="trial_stop")

    watch()


def _shown(session: Session, evaluations: rag.Evaluations, runs: list[rag.KeptRun]) -> None:
    """Show one run, and what differs from another."""
    text = session.text
    by_id = {run.id: run for run in runs}
    names = distinct({run.id: _named(session, run) for run in runs})
    if st.session_state.get("run") not in by_id:
        st.session_state["run"] = runs[0].id
    left, right = st.columns(2)
    with left:
        chosen = st.selectbox(text("evaluate.which"), list(by_id), format_func=lambda one: names[one], key="run")
    run = by_id[chosen]
    others = {one.id: one for one in runs if one.name == run.name and one.id != run.id}
    with right:
        against = st.selectbox(
            text("evaluate.against"),
            [None, *others],
            format_func=lambda one: names[one] if one else text("evaluate.no_other"),
            disabled=not others,
            key=f"against-{run.id}",
        )
    before = others[against] if against else None
    figures(session, run, before)
    if before is not None:
        _differences(session, evaluations, before, run)
    results = evaluations.results(run.id)
    plots(session, results)
    if before is None:
        _questions(session, results)
    _delete(session, evaluations, run)


def _named(session: Session, run: rag.KeptRun) -> str:
    when = f"{run.when.astimezone():%Y-%m-%d %H:%M:%S}"
    return session.text("evaluate.run_named", name=run.name, when=when, count=run.questions)


def _questions(session: Session, results: list[rag.Result]) -> None:
    text, column = session.text, st.column_config
    st.subheader(text("evaluate.by_question"), anchor=False)
    st.dataframe(
        [
            {
                "outcome": outcome(session, one),
                "question": one.question,
                "expected": " | ".join(one.answers) or text("evaluate.no_answer"),
                "answer": _answer(session, one),
                "confidence": one.confidence,
            }
            for one in results
        ],
        hide_index=True,
        column_config={
            "outcome": column.TextColumn(text("evaluate.outcome"), width="small"),
            "question": column.TextColumn(text("evaluate.question"), width="large"),
            "expected": column.TextColumn(text("evaluate.expected"), width="medium"),
            "answer": column.TextColumn(text("evaluate.answer"), width="medium"),
            "confidence": column.ProgressColumn(
                text("evaluate.confidence"), min_value=0, max_value=1, format="percent", width="small"
            ),
        },
    )


def _differences(session: Session, evaluations: rag.Evaluations, before: rag.KeptRun, after: rag.KeptRun) -> None:
    """Show what differs between two runs, over all and question by question."""
    text, column = session.text, st.column_config
    try:
        comparison, changes = evaluations.compare(before.id, after.id)
    except PROBLEMS as error:
        st.error(plain(str(error)))
        return
    st.subheader(text("evaluate.differences"), anchor=False)
    changed = [name for name in after.settings if before.settings.get(name) != after.settings[name]]
    told = [f"{name}: {before.settings.get(name)} → {after.settings[name]}" for name in changed if name != "date"]
    told = [line for line in told if not line.startswith("set:")]
    st.caption(plain(text("evaluate.changed_settings", settings="; ".join(told) or "–")))
    verdicts = {name: text(key) for name, key in _VERDICTS.items()}
    counts = {name: sum(one.verdict == name for one in changes) for name in verdicts}
    which = st.segmented_control(
        text("evaluate.show"),
        list(verdicts),
        format_func=lambda name: f"{verdicts[name]} ({counts[name]})",
        selection_mode="multi",
        default=["better", "worse", "other"],
        label_visibility="collapsed",
        key="verdicts",
    )
    shown = [one for one in changes if one.verdict in which]
    if shown:
        table = st.dataframe(
            [
                {
                    "verdict": verdicts[one.verdict],
                    "question": one.question,
                    "expected": " | ".join(one.after.answers) or text("evaluate.no_answer"),
                    "before": _answer(session, one.before),
                    "after": _answer(session, one.after),
                }
                for one in shown
            ],
            hide_index=True,
            on_select="rerun",
            selection_mode="single-row",
            column_config={
                "verdict": column.TextColumn(text("evaluate.outcome"), width="small"),
                "question": column.TextColumn(text("evaluate.question"), width="large"),
                "expected": column.TextColumn(text("evaluate.expected"), width="medium"),
                "before": column.TextColumn(text("evaluate.before"), width="medium"),
                "after": column.TextColumn(text("evaluate.after"), width="medium"),
            },
            key=f"changes-{before.id}-{after.id}-{'-'.join(which)}",
        )
        rows = [row for row in table["selection"]["rows"] if row < len(shown)]
        if rows:
            _beside(session, shown[rows[0]])
    else:
        st.write(text("evaluate.no_changes"))
    with st.expander(text("evaluate.intervals"), icon=":material/monitoring:"):
        st.dataframe(
            [
                {
                    "figure": one.figure,
                    "before": one.a,
                    "after": one.b,
                    "difference": one.diff,
                    "low": one.low,
                    "high": one.high,
                }
                for one in comparison.differences
            ],
            hide_index=True,
            column_config={
                "figure": column.TextColumn(text("evaluate.figure")),
                "before": column.NumberColumn(text("evaluate.before"), format="%.3f"),
                "after": column.NumberColumn(text("evaluate.after"), format="%.3f"),
                "difference": column.NumberColumn(text("evaluate.difference"), format="%+.3f"),
                "low": column.NumberColumn(text("evaluate.low"), format="%+.3f"),
                "high": column.NumberColumn(text("evaluate.high"), format="%+.3f"),
            },
        )


def _beside(session: Session, change: rag.QuestionChange) -> None:
    """Show both answers to a question in full."""
    text = session.text
    st.html(heading(change.question))
    for label, result, place in zip(
        ("evaluate.before", "evaluate.after"), (change.before, change.after), st.columns(2), strict=True
    ):
        answer = text("ask.withheld") if result.hidden else result.answer
        quotes = "".join(f'<div class="ws-quote">{escape(str(one["quote"]))}</div>' for one in result.citations)
        place.html(
            f'<div class="ws-card"><div class="ws-path">{escape(text(label))}: '
            f"{escape(outcome(session, result))}</div>"
            f'<div class="ws-text">{escape(answer)}</div>{quotes}</div>'
        )


def _delete(session: Session, evaluations: rag.Evaluations, run: rag.KeptRun) -> None:
    text = session.text
    with st.popover(text("evaluate.delete"), icon=":material/delete:", type="tertiary", key="run_delete"):
        st.write(text("evaluate.delete_explain"))
        if st.button(text("talks.delete_confirm"), type="primary", key="run_delete_confirm"):
            try:
                evaluations.delete(run.id)
            except PROBLEMS as error:
                st.error(plain(str(error)))
            else:
                st.rerun()


def _answer(session: Session, result: rag.Result) -> str:
    """Return an answer in few words, or why there is none to be seen."""
    return session.text("ask.withheld") if result.hidden else _cut(result.short or result.answer)


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _CUT else flat[: _CUT - 1] + "…"
