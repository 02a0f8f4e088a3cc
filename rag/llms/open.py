"""One setting to one chat model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from rag.errors import ModelError
from rag.llms.adapter import adapted_gguf
from rag.llms.engine import Engine
from rag.llms.local import LocalChatModel
from rag.llms.openvino import OpenVinoEngine, openvino_available
from rag.llms.transformers import TransformersEngine
from rag.models import LLM, ModelCache

BUILTIN = "builtin"


def open_chat_model(
    name: str,
    *,
    models: ModelCache,
    runtime: str = "auto",
    adapter: Path | None = None,
    max_tokens: int = 96,
    temperature: float = 0.0,
) -> BaseChatModel:
    """Return the chat model that a setting names. Nothing is loaded before its first use.

    Parameters
    ----------
    name
        ``builtin``; a path that ends in ``.gguf``; ``hf:NAME`` for a hub name or a local folder; else
        ``provider:model`` for LangChain's ``init_chat_model`` (``ollama:qwen3``, ``openai:gpt-5-mini``, …).
    runtime
        What runs GGUF files: ``openvino``, ``transformers``, or ``auto`` for the first that is installed.
    adapter
        The folder of a LoRA adapter for a local model, as ``rag train llm`` writes it.

    Raises
    ------
    ModelError
        The name is not understood, the file is missing, or the provider's package is not installed.
    """
    if name == BUILTIN:
        engine = _gguf(_adapted(lambda: models.weights(LLM), adapter, models), LLM.name, runtime)
    elif name.endswith(".gguf"):
        path = Path(name).expanduser()
        if not path.is_file():
            raise ModelError(f"there is no model file {path}: check the setting 'llm'")
        engine = _gguf(_adapted(lambda: path, adapter, models), path.stem, runtime)
    elif name.startswith("hf:"):
        engine = TransformersEngine(name.removeprefix("hf:"), name=name.removeprefix("hf:"), adapter=adapter)
    elif adapter is not None:
        raise ModelError(f"the setting 'llm_adapter' is for local models, not for {name!r}: set it to none")
    else:
        return _provider(name, max_tokens, temperature)
    return LocalChatModel(engine=engine, max_tokens=max_tokens, temperature=temperature)


def _adapted(weights: Callable[[], Path], adapter: Path | None, models: ModelCache) -> Callable[[], Path]:
    return weights if adapter is None else lambda: adapted_gguf(weights(), adapter, models.folder / "adapted")


def _gguf(weights: object, name: str, runtime: str) -> Engine:
    if runtime not in ("auto", "openvino", "transformers"):
        raise ModelError(f"the setting 'llm_runtime' is {runtime!r}; it can be auto, openvino or transformers")
    if runtime == "transformers" or (runtime == "auto" and not openvino_available()):
        return TransformersEngine(weights, name=name)  # type: ignore[arg-type]
    return OpenVinoEngine(weights, name=name)  # type: ignore[arg-type]


def _provider(name: str, max_tokens: int, temperature: float) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    if ":" not in name:
        raise ModelError(f"the setting 'llm' is {name!r}; it can be builtin, provider:model, hf:NAME or a .gguf path")
    try:
        model = init_chat_model(name, max_tokens=max_tokens, temperature=temperature)
    except ImportError as error:
        raise ModelError(f"the chat model {name!r} needs a package: {_one_line(error)}") from error
    except ValueError as error:
        raise ModelError(f"the chat model {name!r} cannot be set up: {_one_line(error)}") from error
    if not isinstance(model, BaseChatModel):
        raise ModelError(f"the chat model {name!r} cannot be set up: it names no single model")
    return model


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
