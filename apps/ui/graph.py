"""The page where people look around in the knowledge graph."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate

import streamlit as st

import rag
from apps.ui.background import PROBLEMS
from apps.ui.markup import distinct, escape, heading, plain
from apps.ui.session import Session

_FOUND = 12
"""Entities offered for a search, or to begin with."""
_NEAR = 24
"""Neighbours offered."""
_FACTS = 25
"""Facts shown before somebody asks for more."""
_PATHS = 3
_SIZES = (20, 40, 80)
"""Entities in a drawing."""
_SECONDS = 8.0
"""After this the page goes on without the drawing, which is finished meanwhile."""
_REFRESH = 1.0
"""Seconds between two looks at a drawing that takes longer."""
_DRAWINGS = 64
"""Drawings that are kept."""

Drawing = tuple[str, int, int, int]
"""An SVG, how many entities are drawn, how many connections, and how many of these were left out."""


class Drawings:
    """Drawings, made one after the other in a thread of their own and kept for the next who asks."""

    def __init__(self) -> None:
        self._one = ThreadPoolExecutor(1, thread_name_prefix="drawing")
        self._kept: dict[object, Future[Drawing]] = {}

    def get(self, key: object, draw: Callable[[], Drawing], *, seconds: float) -> Drawing | None:
        """Return a drawing; None when it takes longer."""
        made = self._kept.get(key)
        if made is None:
            while len(self._kept) >= _DRAWINGS:
                self._kept.pop(next(iter(self._kept)), None)
            made = self._kept[key] = self._one.submit(draw)
        try:
            return made.result(seconds)
        except TooLate:
            return None
        except Exception:
            # It may go better the next time that somebody asks.
            self._kept.pop(key, None)
            raise

    def finished(self, key: object) -> bool:
        """Tell whether nobody needs to wait for a drawing."""
        made = self._kept.get(key)
        return made is None or made.done()


def page(session: Session) -> None:
    """Draw the page."""
    text = session.text
    st.set_page_config(layout="wide")
    st.title(text("graph.title"), anchor=False)
    try:
        with st.spinner(text("graph.opening")):
            explorer = _explorer(session.kb, session.viewer, session.kb.store.generation(), session.viewer.principals)
            entities = len(explorer.entities())
    except PROBLEMS as error:
        st.error(text("graph.failed", reason=plain(str(error))), icon=":material/error:")
        return
    if not entities:
        st.write(text("graph.empty"))
        return
    st.caption(text("graph.counts", entities=f"{entities:,}"))
    entity = _chosen(explorer)
    _search(session, explorer, begin=entity is None)
    if entity is None:
        _drawing(session, explorer, None)
        return
    _head(session, entity)
    names = ("graph.drawing", "graph.said", "graph.near", "graph.paths", "graph.where")
    drawn, said, near, paths, where = st.tabs([text(name) for name in names])
    with drawn:
        _drawing(session, explorer, entity)
    with said:
        _facts(session, explorer, entity)
    with near:
        _neighbours(session, explorer, entity)
    with paths:
        _paths(session, explorer, entity)
    with where:
        _documents(session, explorer, entity)


@st.cache_resource(max_entries=16, show_spinner=False)
def _explorer(_kb: rag.Wellspring, _viewer: rag.Viewer, generation: int, principals: frozenset[str]) -> rag.Explorer:
    """Return what looks around for a viewer; kept, since what it works out of the whole graph takes a while."""
    return _kb.explore(viewer=_viewer)


@st.cache_resource(show_spinner=False)
def _drawings() -> Drawings:
    return Drawings()


def _chosen(explorer: rag.Explorer) -> rag.Entity | None:
    key: str | None = st.session_state.get("entity")
    if key is None:
        return None
    try:
        return explorer.find(key)
    except rag.RagError:
        # Its documents are gone.
        return None


def _go(key: str | None) -> None:
    st.session_state["entity"] = key
    st.session_state.pop("path_to", None)


def _search(session: Session, explorer: rag.Explorer, *, begin: bool) -> None:
    """Draw the search, and what it finds; with ``begin``, before anything is searched, what is most mentioned."""
    text = session.text
    words = st.text_input(
        text("graph.search"),
        placeholder=text("graph.search_placeholder"),
        icon=":material/search:",
        label_visibility="collapsed",
        key="graph_search",
    )
    needle = (words or "").strip()
    if not needle and not begin:
        return
    found = explorer.entities(contains=needle)
    if not found:
        st.write(text("graph.none"))
        return
    label = text("graph.found", count=f"{len(found):,}") if needle else text("graph.begin")
    _pick(session, label, found[:_FOUND], key=f"found-{needle}")
    if len(found) > _FOUND and needle:
        st.caption(text("graph.more", count=f"{len(found) - _FOUND:,}"))


def _pick(session: Session, label: str, entities: list[rag.Entity], *, key: str) -> None:
    """Offer entities to go to."""
    names = _names(session, entities)

    def go() -> None:
        _go(st.session_state[key])
        # A search has done its work with this.
        st.session_state["graph_search"] = ""
        # What was picked is open now; the next press must count again.
        st.session_state[key] = None

    st.pills(
        label,
        list(names),
        format_func=lambda one: names[one],
        on_change=go,
        key=key,
    )


def _names(session: Session, entities: list[rag.Entity]) -> dict[str, str]:
    """Return what each entity is called where one is picked, by its key."""
    return distinct({one.key: f"{plain(one.name)} · {plain(_type(session, one.type))}" for one in entities})


def _type(session: Session, kind: str) -> str:
    return session.text.strings.get(f"entity.{kind.lower()}", kind.lower())


def _head(session: Session, entity: rag.Entity) -> None:
    text = session.text
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(entity.name), anchor=False, width="content")
        st.button(text("graph.back"), type="tertiary", icon=":material/close:", on_click=_go, args=(None,), key="back")
    about = [_type(session, entity.type), text("graph.mentions", count=entity.mentions)]
    if entity.aliases:
        about.append(text("graph.aliases", names=", ".join(entity.aliases[:6])))
    st.caption(plain(" · ".join(about)))


def _drawing(session: Session, explorer: rag.Explorer, entity: rag.Entity | None) -> None:
    text = session.text
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        size = st.segmented_control(text("graph.size"), _SIZES, default=_SIZES[0], required=True, key="graph_size")
        hops = 1
        if entity is not None:
            hops = st.segmented_control(text("graph.hops"), (1, 2), default=1, required=True, key="graph_hops") or 1
    dark = st.context.theme.type == "dark"
    names = {kind: session.text.strings[f"entity.{kind.lower()}"] for kind in rag.ENTITY_TYPES}
    key = (id(explorer), entity and entity.key, hops, size, dark, session.text.language)

    def draw() -> Drawing:
        picture = rag.Picture(explorer, around=entity, hops=hops, limit=size or _SIZES[0])
        return picture.svg(dark=dark, names=names), len(picture.entities), picture.connections, picture.left_out

    with st.spinner(text("graph.drawing_now")):
        made = _drawings().get(key, draw, seconds=_SECONDS)
    if made is None:
        _wait(session, key)
        return
    svg, drawn, connections, left_out = made
    told = escape(text("graph.picture", name=entity.name) if entity else text("graph.picture_all"))
    data = base64.b64encode(svg.encode("utf-8", "replace")).decode()
    st.html(f'<div class="ws-graph" tabindex="0"><img alt="{told}" src="data:image/svg+xml;base64,{data}"></div>')
    total = len(explorer.entities())
    parts = [text("graph.drawn", drawn=drawn, total=f"{total:,}", connections=connections)]
    if left_out:
        parts.append(text("graph.left_out", count=left_out))
    st.caption(" ".join(parts))


def _wait(session: Session, key: object) -> None:
    """Let people read on; the drawing comes when it is finished."""
    text = session.text

    @st.fragment(run_every=_REFRESH)
    def watch() -> None:
        if _drawings().finished(key):
            st.rerun(scope="app")
        st.info(text("graph.slow", seconds=f"{_SECONDS:.0f}"), icon=":material/hourglass_top:")

    watch()


def _facts(session: Session, explorer: rag.Explorer, entity: rag.Entity) -> None:
    text = session.text
    facts = explorer.facts(entity)
    if not facts:
        st.write(text("graph.nothing_said"))
        return
    every = st.session_state.get("facts_all") == entity.key
    for fact in facts if every else facts[:_FACTS]:
        modality = f" ({fact.modality})" if fact.modality else ""
        said = f"{text('graph.not')} {fact.predicate}" if fact.negated else fact.predicate
        _evidence(session, f"{fact.subject} — {said}{modality} — {fact.object}", fact)
    if len(facts) > _FACTS and not every:
        st.button(
            text("graph.all_facts", count=len(facts)),
            on_click=lambda: st.session_state.update(facts_all=entity.key),
            key="facts_more",
        )


def _evidence(session: Session, said: str, place: rag.Fact | rag.Step) -> None:
    """Draw what is said, with the sentence and the document that say so."""
    page = session.text("card.page", page=place.page) if place.page else ""
    st.html(
        f'<div class="ws-card"><div class="ws-head"><span class="ws-title">{escape(said)}</span></div>'
        f'<div class="ws-quote">{escape(" ".join(place.quote.split()))}</div>'
        f'<div class="ws-place">{escape(place.title)} {escape(page)}</div></div>'
    )


def _neighbours(session: Session, explorer: rag.Explorer, entity: rag.Entity) -> None:
    text = session.text
    near = explorer.neighbours(entity)
    if not near:
        st.write(text("graph.alone"))
        return
    said = [one.entity for one in near if one.relations]
    together = [one.entity for one in near if not one.relations]
    for label, some, name in (("graph.near_said", said, "said"), ("graph.near_together", together, "together")):
        if some:
            _pick(session, text(label, count=len(some)), some[:_NEAR], key=f"near-{name}-{entity.key}")
            if len(some) > _NEAR:
                st.caption(text("graph.more", count=f"{len(some) - _NEAR:,}"))


def _paths(session: Session, explorer: rag.Explorer, entity: rag.Entity) -> None:
    text = session.text
    words = st.text_input(
        text("graph.path_to", name=plain(entity.name)),
        placeholder=text("graph.search_placeholder"),
        key=f"path-{entity.key}",
    )
    if not (words or "").strip():
        st.caption(text("graph.path_explain"))
        return
    found = [one for one in explorer.candidates(words.strip()) if one.key != entity.key]
    found += [one for one in explorer.entities(contains=words.strip()) if one.key != entity.key and one not in found]
    if not found:
        st.write(text("graph.none"))
        return
    key = f"path-which-{entity.key}-{words}"
    by_key = {one.key: one for one in found[:_FOUND]}
    names = _names(session, found[:_FOUND])
    which = st.pills(
        text("graph.path_which"),
        list(names),
        format_func=lambda one: names[one],
        default=next(iter(by_key)),
        required=True,
        key=key,
    )
    with st.spinner(text("graph.path_looking")):
        paths = explorer.paths(entity, by_key[which], limit=_PATHS)
    if not paths:
        st.write(text("graph.no_path", name=plain(by_key[which].name)))
    for number, steps in enumerate(paths, 1):
        st.html(heading(text("graph.path", number=number, steps=len(steps))))
        for step in steps:
            _evidence(session, _stepped(session, step), step)


def _stepped(session: Session, step: rag.Step) -> str:
    if not step.predicate:
        return f"{step.source} … {step.target}"
    said = f"{session.text('graph.not')} {step.predicate}" if step.negated else step.predicate
    source, target = (step.source, step.target) if step.forward else (step.target, step.source)
    return f"{source} — {said} — {target}"


def _documents(session: Session, explorer: rag.Explorer, entity: rag.Entity) -> None:
    rows = "".join(
        f'<li><span class="ws-title">{escape(title)}</span> <span class="ws-place">{escape(key)}</span></li>'
        for key, title in explorer.documents(entity)
    )
    st.html(f'<ul class="ws-list">{rows}</ul>')
