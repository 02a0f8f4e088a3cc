"""Settings to objects: the only file that does so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.models import EMBEDDER, ModelCache
from rag.sdk import Wellspring
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from knowledge.embed import Embedder
    from rag.chain import Answerer

DATABASE = "knowledge.sqlite"


def open_knowledge_base(
    folder: str | Path | None = None, *, tell: Callable[[str], None] | None = None, **overrides: Any
) -> Wellspring:
    """Open a knowledge base, making an empty one when there is none. Also known as ``rag.open``.

    Parameters
    ----------
    folder
        Where it lies; None: the setting ``kb``.
    tell
        Called with a line for a person before something slow, such as fetching weights.
    overrides
        Settings by name (``llm="ollama:qwen3"``); see ``rag/defaults.toml``.

    Raises
    ------
    SettingsError, StoreError, GlossaryError
    """
    return build(load_settings({"kb": folder, **overrides}), tell=tell)


def build(
    settings: Settings, *, tell: Callable[[str], None] | None = None, embedder: Embedder | None = None
) -> Wellspring:
    """Return a knowledge base made as the settings say. Loads no model.

    Parameters
    ----------
    embedder
        Used instead of the one that the settings name.
    """
    from knowledge.extract import SpacyExtractor
    from knowledge.glossary import Glossary
    from knowledge.index import Indexer
    from knowledge.store import SQLiteStore

    models = model_cache(settings, tell=tell)
    embedder = embedder or open_embedder(settings, tell=tell)
    glossary = Glossary.load(settings.glossary) if settings.glossary else None
    extractor = SpacyExtractor(pipeline=settings.pipeline, glossary=glossary)

    store = SQLiteStore(settings.kb / DATABASE)

    def answerer() -> Answerer:
        from rag.chain import Answerer
        from rag.llms import open_chat_model

        model = None
        if settings.llm != "none":
            model = open_chat_model(
                settings.llm,
                models=models,
                runtime=settings.llm_runtime,
                max_tokens=settings.llm_max_tokens,
                temperature=settings.llm_temperature,
            )
        return Answerer(model, embedder, store, passages=settings.passages, threshold=settings.answer_threshold)

    return Wellspring(
        settings.kb,
        store=store,
        indexer=Indexer(embedder, extractor, settings.workers),
        answerer=answerer,
        source_options={"max_file_bytes": settings.max_file_bytes, "max_chars": settings.max_text_chars},
    )


def model_cache(settings: Settings, *, tell: Callable[[str], None] | None = None) -> ModelCache:
    """Return the cache of the built-in models' weights."""
    return ModelCache(settings.models, tell=tell)


def open_embedder(settings: Settings, *, tell: Callable[[str], None] | None = None) -> Embedder:
    """Return the embedder that the settings name. Loads no model."""
    from knowledge.embed import SentenceTransformerEmbedder

    if settings.embedder == "hash":
        from knowledge.testing import HashEmbedder

        return HashEmbedder()
    if settings.embedder == "builtin":
        models = model_cache(settings, tell=tell)
        return SentenceTransformerEmbedder(lambda: models.ensure(EMBEDDER), name=EMBEDDER.name, dimension=384)
    return SentenceTransformerEmbedder(settings.embedder.removeprefix("hf:"), name=settings.embedder)
