"""Causal language models through Hugging Face transformers: hub names, local folders and GGUF files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.llms.engine import Sampling


class TransformersEngine:
    """A model run by transformers, on a GPU where there is one.

    Parameters
    ----------
    source
        A hub name, or returns the path of a folder or a GGUF file; called on first use.
    name
        The model's name.
    """

    def __init__(self, source: str | Callable[[], Path], *, name: str) -> None:
        self._source = source
        self._name = name
        self._loaded: tuple[Any, Any] | None = None
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """The model and what runs it."""
        return f"{self._name} (transformers)"

    def generate(self, messages: Sequence[dict[str, str]], sampling: Sampling) -> Iterator[str]:
        """Yield the reply piece by piece."""
        from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

        tokenizer, model = self._load()
        inputs = tokenizer.apply_chat_template(
            list(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(model.device)
        streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
        abandoned = threading.Event()

        class Abandoned(StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> bool:
                return abandoned.is_set()

        options: dict[str, Any] = {
            "max_new_tokens": sampling.max_tokens,
            "do_sample": sampling.temperature > 0,
        }
        if sampling.temperature > 0:
            options["temperature"] = sampling.temperature
        if sampling.stop:
            options |= {"stop_strings": list(sampling.stop), "tokenizer": tokenizer}
        failures: list[BaseException] = []

        def run() -> None:
            try:
                model.generate(
                    **inputs,
                    **options,
                    streamer=streamer,
                    stopping_criteria=StoppingCriteriaList([Abandoned()]),
                )
            except BaseException as error:  # it belongs to the reader
                failures.append(error)
                streamer.end()  # type: ignore[no-untyped-call]

        thread = threading.Thread(target=run, name="generation", daemon=True)
        thread.start()
        try:
            yield from (piece for piece in streamer if piece)
        finally:
            abandoned.set()
            thread.join()
        if failures:
            raise failures[0]

    def _load(self) -> tuple[Any, Any]:
        with self._loading:
            if self._loaded is None:
                from transformers import AutoModelForCausalLM, AutoTokenizer

                source = self._source if isinstance(self._source, str) else self._source()
                options: dict[str, Any] = {}
                if isinstance(source, Path) and source.suffix == ".gguf":
                    options["gguf_file"] = source.name
                    source = source.parent
                try:
                    tokenizer = AutoTokenizer.from_pretrained(str(source), **options)
                    model: Any = AutoModelForCausalLM.from_pretrained(str(source), **options)
                except (OSError, ValueError) as error:
                    reason = str(error).strip().splitlines()[0]
                    raise ModelError(f"the model {self._name} cannot be loaded: {reason}") from error
                self._loaded = tokenizer, model.eval().to(_device())
        return self._loaded


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
