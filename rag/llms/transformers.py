"""Causal language models through Hugging Face transformers: hub names, local folders and GGUF files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from rag.errors import ModelError
from rag.llms.adapter import Adapter, adapt
from rag.llms.engine import TURN_TOKENS, Sampling
from rag.llms.pump import pump
from rag.llms.spans import SpanRule, span_processor
from rag.prompts import NO_ANSWER


class TransformersEngine:
    """A model run by transformers, on a GPU where there is one.

    Parameters
    ----------
    source
        A hub name, or returns the path of a folder or a GGUF file; called on first use.
    name
        The model's name.
    adapter
        The folder of a LoRA adapter that is added to the weights.
    spans
        Whether replies are held to the words of the last message (``rag.llms.spans``); they are then greedy.
    """

    def __init__(
        self, source: str | Callable[[], Path], *, name: str, adapter: Path | None = None, spans: bool = False
    ) -> None:
        self._source = source
        self._name = name
        self._adapter = adapter
        self._spans = spans
        self._loaded: tuple[Any, Any] | None = None
        self._loading = threading.Lock()
        self._turn = threading.Lock()

    @property
    def name(self) -> str:
        """The model and what runs it."""
        return f"{self._name} (transformers)"

    def generate(self, messages: Sequence[dict[str, str]], sampling: Sampling) -> Iterator[str]:
        """Yield the reply piece by piece."""
        from transformers import LogitsProcessorList, StoppingCriteria, StoppingCriteriaList, TextStreamer

        tokenizer, model = self._load()

        def run(emit: Callable[[str], bool]) -> None:
            class Pieces(TextStreamer):
                read = True

                def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
                    self.read = emit(text)  # after each token, at times with nothing

            class Abandoned(StoppingCriteria):
                def __call__(self, input_ids: Any, scores: Any, **_: Any) -> bool:
                    return not pieces.read

            pieces = Pieces(tokenizer, skip_prompt=True, skip_special_tokens=True)
            inputs = tokenizer.apply_chat_template(
                list(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
            ).to(model.device)
            sampled = sampling.temperature > 0 and not self._spans
            options: dict[str, Any] = {
                "max_new_tokens": sampling.max_tokens,
                "do_sample": sampled,
                "eos_token_id": _ends(tokenizer, model),
            }
            if sampled:
                options["temperature"] = sampling.temperature
            if sampling.stop:
                options |= {"stop_strings": list(sampling.stop), "tokenizer": tokenizer}
            if self._spans:
                rule = SpanRule(messages[-1]["content"], fixed=[NO_ANSWER])
                processor = span_processor(tokenizer, rule, begin=inputs["input_ids"].shape[1])
                options["logits_processor"] = LogitsProcessorList([processor])
            criteria = StoppingCriteriaList([Abandoned()])
            model.generate(**inputs, **options, streamer=pieces, stopping_criteria=criteria)

        yield from (piece for piece in pump(run, self._turn) if piece)

    def _load(self) -> tuple[Any, Any]:
        with self._loading:
            if self._loaded is None:
                source = self._source if isinstance(self._source, str) else self._source()
                tokenizer, model = open_model(source, self._name)
                if self._adapter is not None:
                    adapt(model, Adapter.load(self._adapter))
                self._loaded = tokenizer, model.eval().to(_device())
        return self._loaded


def open_model(source: str | Path, name: str) -> tuple[Any, Any]:
    """Return tokenizer and model of a hub name, a folder or a GGUF file.

    Raises
    ------
    ModelError
        There is none, or it cannot be loaded.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    # Its bars would be drawn between our lines.
    cast(Any, logging).disable_progress_bar()
    options: dict[str, Any] = {}
    if isinstance(source, Path) and source.suffix == ".gguf":
        options["gguf_file"] = source.name
        source = source.parent
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(source), **options)
        model = AutoModelForCausalLM.from_pretrained(str(source), **options)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"the model {name} cannot be loaded: {reason}") from error
    return tokenizer, model


def _ends(tokenizer: Any, model: Any) -> list[int] | None:
    """Return the tokens that end a reply."""
    own = model.generation_config.eos_token_id
    known = tokenizer.get_vocab()
    ends = {known[token] for token in TURN_TOKENS if token in known}
    ends |= {own} if isinstance(own, int) else set(own or ())
    return sorted(ends) or None


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
