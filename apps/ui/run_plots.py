"""What came of a run of questions, drawn: figures, outcomes, confidence."""

from __future__ import annotations

from typing import Literal

import streamlit as st

import rag
from apps.ui.markup import heading
from apps.ui.session import Session

_FIGURES = ("accuracy", "rejection", "citation_precision", "recall@5", "abstained", "seconds_p50")
"""Shown large, as far as a run has them."""


def figures(session: Session, run: rag.KeptRun, before: rag.KeptRun | None) -> None:
    """Draw a run's figures, each with what changed since another run."""
    text = session.text
    there = [name for name in _FIGURES if name in run.figures]
    with st.container(horizontal=True, gap="medium"):
        for name in there:
            value, time = run.figures[name], name == "seconds_p50"
            delta = None
            if before is not None and name in before.figures:
                change = value - before.figures[name]
                delta = f"{change:+.2f}" if time else f"{change * 100:+.0f}"
            key = f"figure.{name.partition('@')[0]}"
            shown = text("ask.seconds", seconds=f"{value:.2f}") if time else f"{value * 100:.0f} %"
            colour: Literal["inverse", "off", "normal"] = (
                "inverse" if time else "off" if name == "abstained" else "normal"
            )
            st.metric(text.strings[key], shown, delta, delta_color=colour, help=text.strings[f"{key}_help"])


def plots(session: Session, results: list[rag.Result]) -> None:
    """Draw how the questions came out, and how far the confidence can be trusted."""
    text = session.text
    answered = [one for one in results if one.confidence is not None]
    if not answered:
        return
    right, wrong, nothing = text("evaluate.right"), text("evaluate.wrong"), text("evaluate.unanswered")
    left, middle = st.columns(2)
    with left:
        st.html(heading(text("evaluate.plot_outcome")))
        kinds = sorted({one.type for one in results})
        rows = {
            name: [sum(outcome(session, one) == name for one in results if one.type == kind) for kind in kinds]
            for name in (right, nothing, wrong)
        }
        st.bar_chart(
            {"kind": [kind or text("evaluate.every") for kind in kinds], **rows},
            x="kind",
            y=[right, nothing, wrong],
            color=["#14a394", "#94a3b8", "#d97706"],
            x_label="",
            y_label=text("evaluate.questions"),
            height=260,
        )
    with middle:
        st.html(heading(text("evaluate.plot_confidence")))
        given = [one for one in answered if one.abstained is False]
        bins = [f"{n * 10}-{n * 10 + 10}" for n in range(10)]

        def count(good: bool) -> list[int]:
            return [
                sum(min(int((one.confidence or 0) * 10), 9) == n and one.right == good for one in given)
                for n in range(10)
            ]

        st.bar_chart(
            {"confidence": bins, right: count(True), wrong: count(False)},
            x="confidence",
            y=[right, wrong],
            color=["#14a394", "#d97706"],
            x_label=text("evaluate.confidence"),
            y_label=text("evaluate.questions"),
            sort=False,
            height=260,
        )


def outcome(session: Session, result: rag.Result) -> str:
    """Return what came of a question, in words: not to answer what has no answer is right."""
    if result.abstained:
        return session.text("evaluate.right" if not result.answerable else "evaluate.unanswered")
    return session.text("evaluate.right" if result.right else "evaluate.wrong")
