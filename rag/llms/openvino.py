"""GGUF files on the CPU through OpenVINO GenAI."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rag.llms.engine import TURN_TOKENS, Sampling
from rag.llms.pump import pump


def openvino_available() -> bool:
    """Tell whether openvino-genai is installed (it has wheels for x86-64 only)."""
    return find_spec("openvino_genai") is not None


class OpenVinoEngine:
    """A GGUF file run by OpenVINO.

    Parameters
    ----------
    weights
        Returns the file; called on first use.
    name
        The model's name.
    """

    def __init__(self, weights: Callable[[], Path], *, name: str) -> None:
        self._weights = weights
        self._name = name
        self._pipeline: Any = None
        self._loading = threading.Lock()
        self._turn = threading.Lock()

    @property
    def name(self) -> str:
        """The model and what runs it."""
        return f"{self._name} (openvino)"

    def generate(self, messages: Sequence[dict[str, str]], sampling: Sampling) -> Iterator[str]:
        """Yield the reply piece by piece."""
        import openvino_genai

        pipeline = self._loaded()

        def run(emit: Callable[[str], bool]) -> None:
            tokenizer = pipeline.get_tokenizer()
            prompt = tokenizer.apply_chat_template(list(messages), add_generation_prompt=True)
            # The model's own: a fresh one knows no token that ends a reply.
            config = pipeline.get_generation_config()
            config.do_sample = False
            config.max_new_tokens = sampling.max_tokens
            config.apply_chat_template = False
            # Its keys are bytes.
            known = tokenizer.get_vocab()
            config.stop_token_ids |= {known[token] for name in TURN_TOKENS if (token := name.encode()) in known}
            if sampling.temperature > 0:
                config.do_sample = True
                config.temperature = sampling.temperature
            if sampling.stop:
                config.stop_strings = set(sampling.stop)
            status = openvino_genai.StreamingStatus
            pipeline.generate(prompt, config, lambda text: status.RUNNING if emit(text) else status.CANCEL)

        return pump(run, self._turn)

    def _loaded(self) -> Any:
        with self._loading:
            if self._pipeline is None:
                import openvino_genai

                self._pipeline = openvino_genai.LLMPipeline(str(self._weights()), "CPU")
        return self._pipeline
