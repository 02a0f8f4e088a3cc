"""The Chinese reader: an encoder of characters that finds the span of a passage that answers a question.

It has the body of the built-in English encoder under embeddings of Chinese characters that were learnt for it (Artetxe
et al. 2020, "On the cross-lingual transferability of monolingual representations"). Beside its embedding each character
says how long a stretch of characters it shares with the other text (the exact matches of Chen et al. 2017, "Reading
Wikipedia to answer open-domain questions"), which teaches much from few questions. Spans are scored as the English
reader's are (``rag.reader``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.reader import CARD, WEIGHTS, PassageReader, best_spans, distinct, load_tensors, read_card
from rag.records import Passage

if TYPE_CHECKING:
    import torch

BUILTIN_CHINESE_READER = Path(__file__).parents[1] / "weights" / "reader_zh"
LONGEST = 320
"""Characters read at once, question included; what is longer is read in overlapping windows."""
OVERLAP = 80
"""Characters that windows share."""
LONGEST_QUESTION = 64
MATCHES = 8
"""Lengths of shared stretches that are told apart, 0 to 7 characters and more."""
UNKNOWN, CLASS, SEPARATOR, MASK = 1, 2, 3, 4
SPECIAL = 5
"""Numbers below this are no characters; 0 is padding."""
_BATCH = 12
"""Windows that are computed together."""
_EDGES = " 　\n\t，。、；：,;:!?！？.·-—～~"
_PAIRS = {"》": "《", "”": "“", "」": "「", "』": "『", "）": "（", ")": "(", "】": "【", "〉": "〈", "’": "‘"}
_OPENING = frozenset(_PAIRS.values())
_TITLES = (("《", "》"), ("〈", "〉"))
_WHOLE = re.compile(r"[A-Za-z\d]+(?:(?<=\d)(?:,(?=\d{3}(?!\d))|[.．:](?=\d))[A-Za-z\d]+)*(?:(?<=\d)[%％‰])?")
"""A Latin word, or a number with its point, thousands and percent sign ("3.5", "1,000", "9:30", "25%", "SD61")."""
_COMMON = frozenset("，。的、？")
"""Single characters whose standing in both texts says nothing."""


@dataclass(frozen=True, slots=True)
class Window:
    """A question and a stretch of a text, as the network reads them. All four lists are of one length."""

    ids: list[int]
    kinds: list[int]
    """0: the question; 1: the text."""
    matches: list[int]
    """Below ``MATCHES``: of the question; from it on: of the text."""
    first: int
    """The first place of the text; the last but one is its end."""
    offset: int
    """Characters of the text before this stretch."""


def windows(question: str, text: str, alphabet: dict[str, int]) -> list[Window]:
    """Return the windows over a text, in order; both are read in simplified characters and small letters."""
    asked, read = simplified(question)[:LONGEST_QUESTION], simplified(text)
    asked_matches, read_matches = shared(asked, read), shared(read, asked)
    lead = [CLASS, *_numbers(asked, alphabet), SEPARATOR]
    room = LONGEST - len(lead) - 1
    found = []
    for start in range(0, max(1, len(read) - OVERLAP), room - OVERLAP):
        piece = read[start : start + room]
        found.append(
            Window(
                [*lead, *_numbers(piece, alphabet), SEPARATOR],
                [0] * len(lead) + [1] * (len(piece) + 1),
                [0, *asked_matches, 0, *(MATCHES + length for length in read_matches[start : start + room]), 0],
                len(lead),
                start,
            )
        )
    return found


def shared(text: str, other: str) -> list[int]:
    """Return for each character the length of the longest stretch around it that ``other`` holds, below ``MATCHES``.

    >>> shared("上海办事处", "在上海")
    [2, 2, 0, 0, 0]
    """
    lengths = [0] * len(text)
    for size in range(1, MATCHES):
        stretches = {other[at : at + size] for at in range(len(other) - size + 1)}
        places = [at for at in range(len(text) - size + 1) if text[at : at + size] in stretches]
        if not places:
            break
        for at in places:
            if size > 1 or text[at] not in _COMMON:
                lengths[at : at + size] = [size] * size
    return lengths


def simplified(text: str) -> str:
    """Return a text in simplified characters and small letters, character by character: offsets stay as they are."""
    return "".join(map(_simple, text))


@lru_cache(maxsize=20_000)
def _simple(character: str) -> str:
    simple = str(_converter().convert(character)).lower()
    return simple if len(simple) == 1 else character


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _numbers(text: str, alphabet: dict[str, int]) -> list[int]:
    return [alphabet.get(character, UNKNOWN) for character in text]


def numbered_alphabet(characters: str) -> dict[str, int]:
    """Return the number of each character."""
    return {character: number for number, character in enumerate(characters, SPECIAL)}


def new_network(card: dict[str, Any], *, dropout: float = 0.0) -> Any:
    """Return an untrained network of the shape that a card tells, a ``torch.nn.Module``.

    ``network(ids, kinds, matches, mask)``, each int64 of (batch, longest), gives float32 (batch, longest, 2): the
    scores of beginning and of ending the answer. The first place stands for no answer. ``dropout`` is for training.
    """
    import torch
    from transformers import BertConfig, BertModel

    shape = card["shape"] | {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    config = BertConfig(vocab_size=len(card["alphabet"]) + SPECIAL, **shape)

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel(config, add_pooling_layer=False)
            self.match = torch.nn.Embedding(2 * MATCHES, config.hidden_size)
            self.head = torch.nn.Linear(config.hidden_size, 2)

        def forward(
            self, ids: torch.Tensor, kinds: torch.Tensor, matches: torch.Tensor, mask: torch.Tensor
        ) -> torch.Tensor:
            seen = self.bert.embeddings.word_embeddings(ids) + self.match(matches)
            states = self.bert(inputs_embeds=seen, token_type_ids=kinds, attention_mask=mask).last_hidden_state
            scores: torch.Tensor = self.head(states)
            return scores

    return Network()


def padded(batch: Sequence[Window]) -> tuple[torch.Tensor, ...]:
    """Return ids, kinds, matches and mask of windows, int64, (batch, longest)."""
    import torch

    longest = max(len(window.ids) for window in batch)

    def rows(values: list[list[int]]) -> torch.Tensor:
        return torch.tensor([row + [0] * (longest - len(row)) for row in values])

    return (
        rows([window.ids for window in batch]),
        rows([window.kinds for window in batch]),
        rows([window.matches for window in batch]),
        rows([[1] * len(window.ids) for window in batch]),
    )


def open_network(weights: Path, *, dropout: float = 0.0) -> tuple[Any, dict[str, int]]:
    """Return a network in evaluation mode with the tensors of a folder, and the numbers of its characters.

    Raises
    ------
    ModelError
        The files cannot be read, or do not belong together.
    """
    card = read_card(weights)
    try:
        network = new_network(card, dropout=dropout)
        network.load_state_dict(load_tensors(weights / WEIGHTS))
    except (KeyError, RuntimeError) as error:
        raise ModelError(f"{weights / WEIGHTS} and {CARD} beside it do not belong together") from error
    return network.eval(), numbered_alphabet(card["alphabet"])


class ChineseReader(PassageReader):
    """Reads Chinese passages."""

    def __init__(self, weights: Path = BUILTIN_CHINESE_READER, *, sha256: str | None = None) -> None:
        super().__init__(weights, sha256=sha256)

    def _load(self) -> tuple[Any, Any]:
        return open_network(self._weights)

    def _find(
        self, network: Any, symbols: Any, question: str, passages: Sequence[Passage], most: int
    ) -> list[list[tuple[int, int, float]]]:
        texts = [passage.text for passage in passages]
        found = predict(network, symbols, [question] * len(texts), texts, most=most)
        return [
            [(*trimmed(text, start, end), score) for start, end, score in answers]
            for text, answers in zip(texts, found, strict=True)
        ]


def predict(
    network: Any, alphabet: dict[str, int], questions: Sequence[str], texts: Sequence[str], *, most: int = 1
) -> list[list[tuple[int, int, float]]]:
    """Return for each question and text up to ``most`` spans (start, end, score), best first; offsets into the text."""
    cut = [windows(question, text, alphabet) for question, text in zip(questions, texts, strict=True)]
    scores = _scores(network, [window for ones in cut for window in ones])
    found = []
    for ones in cut:
        spans = []
        for window in ones:
            begin, end = next(scores)
            inside = np.zeros(len(begin), dtype=np.bool_)
            inside[window.first : len(begin) - 1] = True
            shift = window.offset - window.first
            spans += [
                (first + shift, last + 1 + shift, score)
                for first, last, score in best_spans(begin, end, inside, most=most)
            ]
        found.append(distinct(spans, most))
    return found


def _scores(network: Any, every: Sequence[Window]) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Yield the scores of beginning and ending, float32, (characters,), of each window in order."""
    import torch

    order = sorted(range(len(every)), key=lambda number: len(every[number].ids))
    found: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
    device = next(network.parameters()).device
    with torch.inference_mode():
        for at in range(0, len(order), _BATCH):
            batch = order[at : at + _BATCH]
            parts = padded([every[number] for number in batch])
            scores = network(*(part.to(device) for part in parts)).float().cpu().numpy()
            for row, number in enumerate(batch):
                size = len(every[number].ids)
                found[number] = scores[row, :size, 0], scores[row, :size, 1]
    return iter([found[number] for number in range(len(every))])


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span of whole Latin words and numbers, without what only surrounds it.

    Brackets and quotation marks stay where both of a pair are in it; the marks of a title are made a pair where the
    other one stands directly outside.
    """
    if start < end:
        for word in _WHOLE.finditer(text):
            start = word.start() if word.start() < start < word.end() else start
            end = word.end() if word.start() < end < word.end() else end
        for opening, closing in _TITLES:
            if text.startswith(closing, end) and text.rfind(opening, start, end) > text.rfind(closing, start, end):
                end += 1
            closed = text.find(closing, start, end)
            if closed >= 0 and text.endswith(opening, 0, start) and opening not in text[start:closed]:
                start -= 1
    while start < end:
        if text[start] in _EDGES or (text[start] in _OPENING and _alone(text, start, end, text[start])):
            start += 1
        elif text[end - 1] in _EDGES or (text[end - 1] in _PAIRS and _alone(text, start, end, text[end - 1])):
            end -= 1
        else:
            break
    return start, end


def _alone(text: str, start: int, end: int, sign: str) -> bool:
    """Tell whether the other sign of a pair is missing from a span."""
    other = _PAIRS.get(sign) or next(closing for closing, opening in _PAIRS.items() if opening == sign)
    return other not in text[start:end]
