"""What came of a run of questions, drawn: figures, outcomes, confidence."""

from __future__ import annotations

from collections import Counter
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
    with st.container(key="figures"):
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
    colours = {right: "#14a394", nothing: "#94a3b8", wrong: "#d97706"}
    with left:
        st.html(heading(text("evaluate.plot_outcome")))
        _bars(
            session,
            Counter((one.type or text("evaluate.every"), outcome(session, one)) for one in results),
            sorted({one.type or text("evaluate.every") for one in results}),
            colours,
            x=text("evaluate.kind"),
            alt=text("evaluate.plot_outcome"),
        )
    with middle:
        st.html(heading(text("evaluate.plot_confidence")))
        given = [one for one in answered if one.abstained is False]
        bins = [f"{n * 10}-{n * 10 + 10}" for n in range(10)]
        _bars(
            session,
            Counter((bins[min(int((one.confidence or 0) * 10), 9)], right if one.right else wrong) for one in given),
            bins,
            {right: colours[right], wrong: colours[wrong]},
            x=text("evaluate.confidence"),
            alt=text("evaluate.plot_confidence"),
        )


def _bars(
    session: Session, counts: Counter[tuple[str, str]], kinds: list[str], colours: dict[str, str], *, x: str, alt: str
) -> None:
    """Draw bars of counted outcomes, one for each kind, even where nothing was counted.

    Streamlit's own bars can be zoomed, and so take the mouse wheel from the page.
    """
    text = session.text
    questions = text("evaluate.questions")
    rows = [
        {"kind": kind, "outcome": name, "order": order, "count": counts[kind, name]}
        for kind in kinds
        for order, name in enumerate(colours)
    ]
    st.vega_lite_chart(
        rows,
        {
            "mark": {"type": "bar"},
            "encoding": {
                "x": {"field": "kind", "type": "nominal", "sort": kinds, "title": None},
                "y": {
                    "field": "count",
                    "type": "quantitative",
                    "title": questions,
                    "axis": {"tickMinStep": 1, "format": "d"},
                },
                "color": {
                    "field": "outcome",
                    "type": "nominal",
                    "scale": {"domain": list(colours), "range": list(colours.values())},
                    "legend": {"orient": "bottom", "title": None},
                },
                "order": {"field": "order"},
                "tooltip": [
                    {"field": "kind", "title": x},
                    {"field": "outcome", "title": text("evaluate.outcome")},
                    {"field": "count", "title": questions},
                ],
            },
        },
        height=260,
        alt=alt,
    )


def outcome(session: Session, result: rag.Result) -> str:
    """Return what came of a question, in words: not to answer what has no answer is right."""
    if result.abstained:
        return session.text("evaluate.right" if not result.answerable else "evaluate.unanswered")
    return session.text("evaluate.right" if result.right else "evaluate.wrong")
