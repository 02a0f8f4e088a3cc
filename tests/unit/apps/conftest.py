"""A knowledge base without weights, for the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

import rag
from connectors.testing import MemoryConnector
from knowledge.extract import SpacyExtractor
from knowledge.index import Indexer
from knowledge.store import SQLiteStore
from knowledge.testing import HashEmbedder
from rag.chain import Answerer
from rag.testing import ScriptedLLM

HOSTILE = "<script>window.hacked=1</script> <img src=x onerror=window.hacked=1> [x](javascript:alert(1))"
TEXTS = {
    "pump manual": "The Kestrel pump weighs 14 kilograms. It runs at 230 volts.",
    "<b>bold</b> *title*": f"The Osprey valve opens at 6 bar. {HOSTILE}",
}

Make = Callable[..., rag.Wellspring]


@pytest.fixture(scope="session", autouse=True)
def _packages_read_once() -> Iterator[None]:
    """Let Streamlit look for components among the installed packages once, not in each run of a page."""
    with pytest.MonkeyPatch.context() as patch:
        look = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", look)
        yield


@pytest.fixture(autouse=True)
def _nothing_of_another_test() -> Iterator[None]:
    """Empty what pages keep for their process: it serves one knowledge base, here each test has its own."""
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Return what makes a knowledge base of ``texts`` whose model says ``reply``."""
    opened: list[rag.Wellspring] = []

    def build(texts: dict[str, str], reply: str = "NO ANSWER", *, threshold: float = 0.0) -> rag.Wellspring:
        folder = tmp_path / f"kb{len(opened)}"
        embedder = HashEmbedder()
        model = ScriptedLLM(replies=[reply])
        store = SQLiteStore(folder / "knowledge.sqlite")
        kb = rag.Wellspring(
            folder,
            store=store,
            indexer=Indexer(embedder, SpacyExtractor()),
            answerer=lambda: Answerer(model, embedder, store, passages=4, threshold=threshold),
        )
        opened.append(kb)
        if texts:
            kb.sync_from(MemoryConnector(texts))
        return kb

    yield build
    for kb in opened:
        kb.close()


@pytest.fixture
def kb(make: Make) -> rag.Wellspring:
    """Return a knowledge base of two documents, one of them hostile."""
    return make(TEXTS)
