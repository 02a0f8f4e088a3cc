"""The extractive reader: from a question and passages to spans of their text.

An encoder reads question and passage together and gives every word piece a score for beginning and for ending the
answer (Devlin et al. 2019). A span's score is measured against that of no answer, which the first piece stands for
(Rajpurkar et al. 2018), so that spans of different passages compare.
"""

from __future__ import annotations

import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.models import check_weights
from rag.records import Passage

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

WEIGHTS, CARD = "reader.safetensors", "reader.json"
BUILTIN_READER = Path(__file__).parent / "weights" / "reader"
LONGEST = 320
"""Word pieces read at once, question included; what is longer is read in overlapping windows."""
STRIDE = 64
"""Word pieces that windows share."""
LONGEST_QUESTION = 64
"""Word pieces of a question that are read."""
LONGEST_SPAN = 30
"""Word pieces of an answer."""
_BATCH_PIECES = 4096
_EDGES = ",.;:!?\"'“”‘’«»()[]|"
_POINTS = ".,:"
_LEAD = re.compile(
    r"(?:in|on|at|by|during|from|to|for|since|about|around|approximately|the|a|an) (?=\S)", re.IGNORECASE
)
"""What leads to an answer and is no part of it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a passage that may answer."""

    passage: int
    """Index into the passages that were read."""
    start: int
    end: int
    """Half-open character offsets into ``Passage.text``."""
    text: str
    score: float
    """Its logits less those of no answer in this passage: higher is better, comparable across the passages of a
    question; above 0 the reader finds an answer more likely than none."""


def open_model(base: Path, weights: Path | None = None, *, dropout: float = 0.0) -> tuple[Any, PreTrainedTokenizerBase]:
    """Return a span model in evaluation mode and its tokenizer.

    Parameters
    ----------
    base
        The folder of the encoder.
    weights
        A folder with ``WEIGHTS``: the tensors that differ from the encoder's; None: an untrained head.
    dropout
        For training.

    Raises
    ------
    ModelError
        The weights cannot be read, or were not made for this encoder.
    """
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForQuestionAnswering, AutoTokenizer
    from transformers.utils import logging

    # Its bars and its advice to developers would be drawn between our lines.
    cast(Any, logging).disable_progress_bar()
    cast(Any, logging).set_verbosity_error()
    config = AutoConfig.from_pretrained(base)
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
    torch.manual_seed(0)
    model: Any = AutoModelForQuestionAnswering.from_config(config)  # type: ignore[no-untyped-call]
    encoder = AutoModel.from_pretrained(base, config=config)
    missing = model.base_model.load_state_dict(encoder.state_dict(), strict=False).missing_keys
    if missing:
        raise ModelError(f"the encoder in {base} lacks {', '.join(missing[:3])}")
    if weights is not None:
        unknown = model.load_state_dict(load_tensors(weights / WEIGHTS), strict=False).unexpected_keys
        if unknown:
            raise ModelError(f"{weights / WEIGHTS} is not made for the encoder in {base}: it has {unknown[0]}")
    return model.eval(), AutoTokenizer.from_pretrained(base)


def load_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Return a reader's tensors as float32, by name.

    Raises
    ------
    ModelError
        They cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return {name: tensor.float() for name, tensor in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"the reader's weights {path} cannot be read: {error}; train it anew") from error


def split_title(title: str, text: str) -> tuple[str, int]:
    """Return what is read of a passage, its title before its text, and where the text begins there."""
    lead = f"{title}. " if title else ""
    return lead + text, len(lead)


def read_card(folder: Path) -> dict[str, Any]:
    """Return what is known about a reader's weights: language, data, licences, recipe, scores.

    Raises
    ------
    ModelError
        It cannot be read.
    """
    try:
        card: dict[str, Any] = dict(json.loads((folder / CARD).read_text("utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise ModelError(f"the reader's card {folder / CARD} cannot be read: {error}; train it anew") from error
    return card


class PassageReader(ABC):
    """Reads passages for answers. Loads on first use; one reading at a time.

    Parameters
    ----------
    weights
        The folder of the trained tensors (``WEIGHTS``) and their card (``CARD``).
    sha256
        What the file of tensors must have; None: anything.
    """

    def __init__(self, weights: Path, *, sha256: str | None = None) -> None:
        self._weights = weights
        self._sha256 = sha256
        self._loading = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    @property
    def card(self) -> dict[str, Any]:
        """What is known about the weights; see ``read_card``."""
        return read_card(self._weights)

    def read(self, question: str, passages: Sequence[Passage], *, most: int = 3) -> list[Span]:
        """Return up to ``most`` spans of each passage that do not overlap, best first over all."""
        if not passages or not question.strip():
            return []
        with self._loading:
            if self._loaded is None:
                check_weights(self._weights / WEIGHTS, self._sha256)
                self._loaded = self._load()
            found = self._find(*self._loaded, question, passages, most)
        spans = [
            Span(number, start, end, passages[number].text[start:end], score)
            for number, answers in enumerate(found)
            # Trimming can leave nothing of a span, and make spans touch that did not.
            for start, end, score in distinct([answer for answer in answers if answer[0] < answer[1]], most)
        ]
        return sorted(spans, key=lambda span: -span.score)

    @abstractmethod
    def _load(self) -> tuple[Any, Any]:
        """Return the network and what it reads text with."""

    @abstractmethod
    def _find(
        self, network: Any, symbols: Any, question: str, passages: Sequence[Passage], most: int
    ) -> list[list[tuple[int, int, float]]]:
        """Return up to ``most`` trimmed spans (start, end, score) of each passage, offsets into its text."""


class Reader(PassageReader):
    """Reads English passages.

    Parameters
    ----------
    base
        Returns the folder of the encoder.
    weights, sha256
        As for every reader.
    """

    def __init__(self, base: Callable[[], Path], weights: Path, *, sha256: str | None = None) -> None:
        super().__init__(weights, sha256=sha256)
        self._base = base

    def _load(self) -> tuple[Any, Any]:
        return open_model(self._base(), self._weights)

    def _find(
        self, network: Any, symbols: Any, question: str, passages: Sequence[Passage], most: int
    ) -> list[list[tuple[int, int, float]]]:
        texts = [split_title(passage.title, passage.text) for passage in passages]
        found = predict(network, symbols, [question] * len(texts), [text for text, _ in texts], most=most)
        return [
            [
                (*trimmed(passage.text, start - lead, end - lead), score)
                for start, end, score in answers
                if start >= lead
            ]
            for passage, (_, lead), answers in zip(passages, texts, found, strict=True)
        ]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span of whole words, without what only leads to an answer ("in 1886", "the V&A") or surrounds it."""
    while _inside(text, start):
        start -= 1
    while _inside(text, end):
        end += 1
    while start < end and (text[start].isspace() or text[start] in _EDGES):
        start += 1
    while start < end and (text[end - 1].isspace() or text[end - 1] in _EDGES):
        # A bracket that closes one of the span's own belongs to it.
        if text[end - 1] in ")]" and text.count("(", start, end) + text.count("[", start, end) > 0:
            break
        end -= 1
    lead = _LEAD.match(text, start, end)
    return (lead.end(), end) if lead else (start, end)


def _inside(text: str, place: int) -> bool:
    """Tell whether a place is inside a word or a number ("5.5", "1,000")."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if after in _POINTS:
        return before.isdigit() and text[place + 1 : place + 2].isdigit()
    if before in _POINTS:
        return after.isdigit() and text[place - 2 : place - 1].isdigit()
    return not (before.isspace() or after.isspace() or before in _EDGES or after in _EDGES)


def encode(tokenizer: PreTrainedTokenizerBase, questions: Sequence[str], texts: Sequence[str], *, longest: int) -> Any:
    """Return windows over question and text as the tokenizer gives them, with offsets and which text each is of."""
    cut = [_shortened(tokenizer, question) for question in questions]
    return tokenizer(
        cut,
        list(texts),
        truncation="only_second",
        max_length=longest,
        stride=STRIDE,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )


def _shortened(tokenizer: PreTrainedTokenizerBase, question: str) -> str:
    """Return as much of a question as is read."""
    question = question[: 20 * LONGEST_QUESTION]
    pieces = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    return question if len(pieces) <= LONGEST_QUESTION else question[: pieces[LONGEST_QUESTION - 1][1]]


def predict(
    model: Any, tokenizer: PreTrainedTokenizerBase, questions: Sequence[str], texts: Sequence[str], *, most: int = 1
) -> list[list[tuple[int, int, float]]]:
    """Return for each question and text up to ``most`` spans (start, end, score), best first; offsets into the text."""
    import torch

    windows = encode(tokenizer, questions, texts, longest=LONGEST)
    order = sorted(range(len(windows["input_ids"])), key=lambda w: len(windows["input_ids"][w]))
    found: list[list[tuple[int, int, float]]] = [[] for _ in texts]
    with torch.inference_mode():
        while order:
            batch = [order.pop()]
            longest = len(windows["input_ids"][batch[0]])
            while order and (len(batch) + 1) * longest <= _BATCH_PIECES:
                batch.append(order.pop())
            begin, end = (logits.cpu().numpy() for logits in logits_of(model, windows, batch))
            for row, window in enumerate(batch):
                size = len(windows["input_ids"][window])
                inside = np.array([part == 1 for part in windows.sequence_ids(window)])
                offsets = windows["offset_mapping"][window]
                for first, last, score in best_spans(begin[row, :size], end[row, :size], inside, most=most):
                    found[windows["overflow_to_sample_mapping"][window]].append(
                        (offsets[first][0], offsets[last][1], score)
                    )
    return [distinct(spans, most) for spans in found]


def logits_of(model: Any, windows: Any, batch: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the scores of beginning and ending, float32, (batch, longest), of windows by number."""
    import torch

    longest = max(len(windows["input_ids"][window]) for window in batch)
    device = next(model.parameters()).device

    def padded(name: str) -> torch.Tensor:
        rows = [windows[name][window] for window in batch]
        return torch.tensor([row + [0] * (longest - len(row)) for row in rows], device=device)

    result = model(
        input_ids=padded("input_ids"),
        attention_mask=padded("attention_mask"),
        token_type_ids=padded("token_type_ids"),
    )
    return result.start_logits.float(), result.end_logits.float()


def best_spans(
    begin: NDArray[np.float32], end: NDArray[np.float32], inside: NDArray[np.bool_], *, most: int
) -> list[tuple[int, int, float]]:
    """Return up to ``most`` spans (first piece, last piece, score against no answer) that do not overlap.

    Parameters
    ----------
    begin, end
        float32, (pieces,); the first piece stands for no answer.
    inside
        bool, (pieces,): the pieces of the passage.
    """
    pieces = np.flatnonzero(inside)
    if not len(pieces):
        return []
    scores = begin[pieces][:, None] + end[pieces][None, :]
    ahead = np.arange(len(pieces))
    reach = ahead[None, :] - ahead[:, None]
    scores[(reach < 0) | (reach >= LONGEST_SPAN)] = -np.inf
    found: list[tuple[int, int, float]] = []
    while len(found) < most:
        first, last = np.unravel_index(int(scores.argmax()), scores.shape)
        score = scores[first, last]
        if not np.isfinite(score):
            break
        found.append((int(pieces[first]), int(pieces[last]), float(score - begin[0] - end[0])))
        scores[: last + 1, first:] = -np.inf
    return found


def distinct(spans: list[tuple[int, int, float]], most: int) -> list[tuple[int, int, float]]:
    """Return the best spans; of overlapping ones, which windows that share text give, the best."""
    kept: list[tuple[int, int, float]] = []
    for start, end, score in sorted(spans, key=lambda span: -span[2]):
        if all(end <= other[0] or other[1] <= start for other in kept):
            kept.append((start, end, score))
    return kept[:most]
