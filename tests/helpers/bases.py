"""A small knowledge base without weights, with a scripted chat model."""

from __future__ import annotations

from pathlib import Path

from knowledge.extract import SpacyExtractor
from knowledge.index import Indexer
from knowledge.store import SQLiteStore
from knowledge.testing import HashEmbedder
from rag.chain import Answerer
from rag.sdk import Wellspring
from rag.testing import ScriptedLLM, ScriptedReader

TEXTS = {
    "leave.md": "# Leave policy\n\nEmployees in Dundee get 27 days of annual leave. Unused days lapse in March.\n",
    "skerry.md": "# Skerry 40\n\nThe Skerry 40 is a radar gauge. Responsible engineer: Aino Rautala.\n",
    "staff.md": "# Staff\n\nName: Aino Rautala | Extension: 5127\nName: Tom Birch | Extension: 5200\n",
    "travel.md": "# 差旅通知\n\n一线城市住宿上限为550元。省会城市住宿上限为460元。\n",
}


def small_base(
    folder: Path,
    texts: dict[str, str] | None = None,
    *,
    replies: list[str] | None = None,
    threshold: float = 0.0,
    readers: dict[str, list[str]] | None = None,
    spans: dict[str, float] | None = None,
) -> tuple[Wellspring, ScriptedLLM]:
    """Return a knowledge base of ``texts``, which become files in ``folder/docs``, and its chat model.

    A file with ``readers`` lies in a folder of its own, ``folder/docs-NAME``. ``spans`` are what the span reader
    finds, with scores; None: there is no span reader.
    """
    model = ScriptedLLM(replies=replies or ["NO ANSWER"])
    embedder = HashEmbedder()
    span_readers = dict.fromkeys(("en", "zh"), ScriptedReader(spans)) if spans is not None else {}
    store = SQLiteStore(folder / "knowledge.sqlite")
    base = Wellspring(
        folder,
        store=store,
        indexer=Indexer(embedder, SpacyExtractor()),
        answerer=lambda: Answerer(model, embedder, store, readers=span_readers, passages=3, threshold=threshold),
    )
    (folder / "docs").mkdir(parents=True)
    for name, text in (TEXTS if texts is None else texts).items():
        mine = (readers or {}).get(name)
        place = folder / (f"docs-{name}" if mine else "docs")
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
        if mine:
            base.sync(place, readers=mine)
    base.sync(folder / "docs")
    return base, model
