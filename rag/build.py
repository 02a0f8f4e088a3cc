"""Settings to objects: the only file that does so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import SettingsError
from rag.models import CHINESE_READER_SHA256, EMBEDDER, READER_SHA256, ModelCache
from rag.sdk import Wellspring
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from knowledge.embed import Embedder
    from rag.chain import Answerer
    from rag.weigh import SpanReader

DATABASE = "knowledge.sqlite"
_SURE_READER = 0.6
"""Confidence from which on the built-in chat model, which is tiny, has nothing to add to the reader's answer."""
_BUILTIN_LANGUAGES = ("en",)
"""What the built-in chat model was taught to answer."""
_BUILTIN_PASSAGES = 2
"""Passages that the built-in chat model reads at most: each costs it a quarter of a second on two cores."""


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
        ours = settings.llm == "builtin" and settings.llm_adapter in ("builtin", "none", "")
        if settings.llm != "none":
            model = open_chat_model(
                settings.llm,
                models=models,
                runtime=settings.llm_runtime,
                adapter=adapter_folder(settings),
                max_tokens=settings.llm_max_tokens,
                temperature=settings.llm_temperature,
            )
        return Answerer(
            model,
            embedder,
            store,
            readers=open_readers(settings, models),
            passages=min(settings.passages, _BUILTIN_PASSAGES) if ours else settings.passages,
            threshold=settings.answer_threshold,
            # Whoever trained the model for their questions wants to hear it.
            ask_model_below=_SURE_READER if ours else 1.0,
            model_languages=_BUILTIN_LANGUAGES if ours else None,
        )

    return Wellspring(
        settings.kb,
        store=store,
        indexer=Indexer(embedder, extractor, settings.workers),
        answerer=answerer,
        source_options={"max_file_bytes": settings.max_file_bytes, "max_chars": settings.max_text_chars},
        journal_days=settings.journal_days,
        settings=settings,
    )


def model_cache(settings: Settings, *, tell: Callable[[str], None] | None = None) -> ModelCache:
    """Return the cache of the built-in models' weights."""
    return ModelCache(settings.models, tell=tell)


def reader_folder(name: str, language: str = "en") -> Path | None:
    """Return the folder of a reader's weights: ``builtin``, ``none``, or a folder that ``rag train reader`` wrote.

    Parameters
    ----------
    language
        Which of the built-in ones.

    Raises
    ------
    SettingsError
        The folder holds no reader.
    """
    from rag.reader import BUILTIN_READER, WEIGHTS
    from rag.readers.chinese import BUILTIN_CHINESE_READER

    if name == "none":
        return None
    if name == "builtin":
        return BUILTIN_CHINESE_READER if language == "zh" else BUILTIN_READER
    folder = Path(name).expanduser()
    if not (folder / WEIGHTS).is_file():
        raise SettingsError(
            f"the setting 'reader' is {name!r}, and there is no {WEIGHTS}; it can be builtin, none, or a folder that "
            "'rag train reader' wrote"
        )
    return folder


def adapter_folder(settings: Settings) -> Path | None:
    """Return the folder of the chat model's adapter; None where it has none."""
    from rag.llms.adapter import BUILTIN_ADAPTER

    if settings.llm_adapter == "builtin":
        return BUILTIN_ADAPTER if settings.llm == "builtin" else None
    return None if settings.llm_adapter in ("", "none") else Path(settings.llm_adapter).expanduser()


def open_readers(settings: Settings, models: ModelCache) -> dict[str, SpanReader]:
    """Return the readers by language; a trained one stands in for the built-in one of its language. Loads no model.

    Raises
    ------
    SettingsError, ModelError
        The setting ``reader`` names no reader, or one whose card cannot be read.
    """
    from rag.reader import BUILTIN_READER, Reader, read_card
    from rag.readers.chinese import ChineseReader

    # Without weights there is no encoder either that a reader could read with.
    folder = None if settings.embedder == "hash" else reader_folder(settings.reader)
    if folder is None:
        return {}

    def encoder() -> Path:
        return models.ensure(EMBEDDER)

    readers: dict[str, SpanReader] = {
        "en": Reader(encoder, BUILTIN_READER, sha256=READER_SHA256),
        "zh": ChineseReader(sha256=CHINESE_READER_SHA256),
    }
    if settings.reader != "builtin":
        language = read_card(folder).get("language")
        if language not in readers:
            raise SettingsError(f"the reader in {folder} is for {language!r}; readers are for {' and '.join(readers)}")
        readers[language] = ChineseReader(folder) if language == "zh" else Reader(encoder, folder)
    return readers


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
