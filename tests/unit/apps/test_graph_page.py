"""The page Graph."""

from __future__ import annotations

import base64
import re

import pytest
from streamlit.testing.v1 import AppTest

import rag
from connectors import Access
from connectors.testing import MemoryConnector

from .conftest import HOSTILE, Make
from .test_pages import EN, html, run_page, session_of

TEXTS = {
    "Aino Rautala": f"Aino Rautala was born in Tampere. Aino Rautala works for Kestrel Ltd. {HOSTILE}",
    "Kestrel Ltd": "Kestrel Ltd is a company based in Dundee. Kestrel Ltd was founded by Tom Birch.",
}


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page does about a slow drawing is tested by itself, not by a slow machine."""
    monkeypatch.setattr("apps.ui.graph._SECONDS", 60.0)


def graph_page(kb: rag.Wellspring, viewer: str = "local") -> AppTest:
    from apps.ui import graph

    return AppTest.from_function(run_page, args=(graph.page, session_of(kb, viewer)), default_timeout=60).run()


def group(test: AppTest, start: str) -> object:
    return next(one for one in test.button_group if (one.key or "").startswith(start))


def drawn(test: AppTest) -> str:
    """Return the SVG."""
    match = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html(test))
    assert match
    return base64.b64decode(match[1]).decode()


def opened(test: AppTest, kb: rag.Wellspring, name: str) -> AppTest:
    test.session_state["entity"] = kb.explore().find(name).key
    return test.run()


def test_an_empty_graph_says_what_to_do(make: Make) -> None:
    test = graph_page(make({}))
    assert not test.exception
    assert EN("graph.empty") in [element.value for element in test.markdown]


def test_search_neighbours_facts_and_documents(make: Make) -> None:
    kb = make(TEXTS)
    test = graph_page(kb)
    assert not test.exception
    assert "Kestrel Ltd" in drawn(test)
    test.text_input(key="graph_search").set_value("rauta").run()
    key = kb.explore().find("Aino Rautala").key
    group(test, "found-rauta").set_value(key).run()  # type: ignore[attr-defined]
    assert not test.exception
    assert test.subheader[0].value == "Aino Rautala"
    assert "works" in html(test) or "Tampere" in html(test)
    assert "Aino Rautala works for Kestrel Ltd." in html(test)
    assert "memory/Aino Rautala" in html(test)
    assert "<script" not in html(test)
    assert "<script" not in drawn(test)
    test.button(key="back").click().run()
    assert not test.subheader


def test_paths_between_two_entities(make: Make) -> None:
    kb = make(TEXTS)
    test = opened(graph_page(kb), kb, "Aino Rautala")
    key = kb.explore().find("Aino Rautala").key
    test.text_input(key=f"path-{key}").set_value("Tom Birch").run()
    assert not test.exception
    assert "Kestrel Ltd was founded by Tom Birch." in html(test)
    assert re.search("steps: [12]<", html(test))


def test_what_others_may_read_is_not_in_the_graph(make: Make) -> None:
    kb = make(TEXTS)
    secret = {"Project Osprey": "Project Osprey is led by Eve Harrow. Eve Harrow works for Kestrel Ltd."}
    kb.sync_from(MemoryConnector(secret, id="private", access=Access.of(["eve"])))
    eve = graph_page(kb, "eve")
    eve.text_input(key="graph_search").set_value("Harrow").run()
    assert group(eve, "found-Harrow")
    ann = graph_page(kb, "ann")
    assert "Harrow" not in drawn(ann)
    ann.text_input(key="graph_search").set_value("Harrow").run()
    assert EN("graph.none") in [element.value for element in ann.markdown]
    ann.session_state["entity"] = kb.explore(viewer=rag.Viewer("eve")).find("Eve Harrow").key
    ann.run()
    assert not ann.exception
    assert "Harrow" not in html(ann)
    assert not ann.subheader


def test_a_slow_drawing_does_not_hold_the_page_up() -> None:
    import threading

    from apps.ui.graph import Drawings

    drawings, go = Drawings(), threading.Event()

    def slow() -> tuple[str, int, int, int]:
        go.wait(60)
        return "<svg/>", 1, 0, 0

    assert drawings.get("key", slow, seconds=0.05) is None
    assert not drawings.finished("key")
    go.set()
    assert drawings.get("key", slow, seconds=60) == ("<svg/>", 1, 0, 0)
    assert drawings.finished("key")
