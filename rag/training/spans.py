"""Training the extractive reader: windows over question and context, and where the answer begins and ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rag.evaluation.metrics import exact_match, f1
from rag.reader import WEIGHTS, encode, logits_of, open_model, predict, split_title
from rag.training.data import Row

_WINDOW = 256
"""Word pieces of a training window, question included: attention over longer ones costs more than it teaches."""
_EMPTY_WINDOWS = 1
"""Windows of a long context without the answer that are trained on, too."""


@dataclass(frozen=True, slots=True)
class Target:
    """A window, and the pieces at which its answer begins and ends; 0 and 0 where it holds none."""

    window: int
    first: int
    last: int


class SpanTask:
    """Teaches an encoder to find answers. The word embeddings stay as they are: few words are in the training data."""

    measures: tuple[str, ...] = ("f1", "em")

    def __init__(
        self, base: Path, train: Sequence[Row], check: Sequence[Row], *, start: Path | None = None, dropout: float = 0.0
    ) -> None:
        model, self._tokenizer = open_model(base, start, dropout=dropout)
        self.model: nn.Module = model
        for weight in model.base_model.embeddings.word_embeddings.parameters():
            weight.requires_grad_(False)
        self._check = check
        self.too_long: list[Row] = []
        """Those of ``train`` that nothing is learnt from, as no window holds an answer of theirs whole."""
        self._started = hashlib.sha256((start / WEIGHTS).read_bytes()).hexdigest() if start else ""
        texts = [split_title(row.title, row.context) for row in train]
        self._windows = encode(self._tokenizer, [row.question for row in train], [t for t, _ in texts], longest=_WINDOW)
        self._targets = self._targeted(train, [lead for _, lead in texts])

    def lengths(self) -> Sequence[int]:
        """Return the pieces of every window that is trained on."""
        return [len(self._windows["input_ids"][target.window]) for target in self._targets]

    def loss(self, examples: Sequence[int]) -> Tensor:
        """Return the mean cross entropy of where answers begin and end."""
        targets = [self._targets[example] for example in examples]
        begin, end = logits_of(self.model, self._windows, [target.window for target in targets])
        allowed = torch.zeros(begin.shape, dtype=torch.bool)
        for row, target in enumerate(targets):
            parts = self._windows.sequence_ids(target.window)
            allowed[row, : len(parts)] = torch.tensor([part == 1 for part in parts])
        allowed[:, 0] = True
        allowed = allowed.to(begin.device)
        first = torch.tensor([target.first for target in targets], device=begin.device)
        last = torch.tensor([target.last for target in targets], device=begin.device)
        least = torch.finfo(begin.dtype).min
        return 0.5 * (
            cross_entropy(begin.masked_fill(~allowed, least), first)
            + cross_entropy(end.masked_fill(~allowed, least), last)
        )

    def validate(self) -> dict[str, float]:
        """Return exact match and F1 over held-out questions."""
        texts = [split_title(row.title, row.context)[0] for row in self._check]
        answers = predict(self.model, self._tokenizer, [row.question for row in self._check], texts)
        told = [
            text[found[0][0] : found[0][1]] if found and found[0][2] > 0 else ""
            for text, found in zip(texts, answers, strict=True)
        ]
        return scored(told, self._check)

    def fingerprint(self) -> str:
        """Return a digest of the data, those to check with too, and of what the training starts from."""
        digest = hashlib.sha256(f"{self._started}{told_apart(self._check)}".encode())
        for target in self._targets:
            digest.update(json.dumps([self._windows["input_ids"][target.window], target.first, target.last]).encode())
        return digest.hexdigest()

    def save(self, out: Path) -> None:
        """Write the trained tensors, as ``rag.reader`` reads them."""
        write_weights({name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}, out)

    def _targeted(self, rows: Sequence[Row], leads: Sequence[int]) -> list[Target]:
        samples: list[int] = self._windows["overflow_to_sample_mapping"]
        places = [
            self._place(window, [(start + leads[sample], end + leads[sample]) for start, end in rows[sample].answers])
            for window, sample in enumerate(samples)
        ]
        found = {sample for sample, place in zip(samples, places, strict=True) if place is not None}
        # Their windows hold parts of the answer: to call them empty would teach the reader to find nothing there.
        lost = {sample for sample, row in enumerate(rows) if row.answers and sample not in found}
        self.too_long = [rows[sample] for sample in sorted(lost)]
        targets: list[Target] = []
        empty: dict[int, int] = {}
        for window, (sample, place) in enumerate(zip(samples, places, strict=True)):
            if sample in lost:
                continue
            if place is not None:
                targets.append(Target(window, *place))
            elif empty.get(sample, 0) < _EMPTY_WINDOWS:
                empty[sample] = empty.get(sample, 0) + 1
                targets.append(Target(window, 0, 0))
        return targets

    def _place(self, window: int, spans: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
        """Return the first and last piece of the first answer that lies in a window."""
        offsets = self._windows["offset_mapping"][window]
        parts = self._windows.sequence_ids(window)
        inside = [piece for piece, part in enumerate(parts) if part == 1]
        for start, end in spans:
            covered = [piece for piece in inside if offsets[piece][1] > start and offsets[piece][0] < end]
            if covered and offsets[covered[0]][0] <= start and offsets[covered[-1]][1] >= end:
                return covered[0], covered[-1]
        return None


def scored(told: Sequence[str], rows: Sequence[Row]) -> dict[str, float]:
    """Return exact match and F1 of answers; "" is right where there is none."""
    pairs = list(zip(told, rows, strict=True))
    return {
        "em": _mean([exact_match(answer, row.texts) if row.answers else float(not answer) for answer, row in pairs]),
        "f1": _mean([f1(answer, row.texts) if row.answers else float(not answer) for answer, row in pairs]),
    }


def told_apart(check: Sequence[Row]) -> str:
    """Return what tells questions to check with from others, whose figures would not compare."""
    return json.dumps([(row.title, row.question, row.context, row.answers) for row in check])


def write_weights(weights: Mapping[str, Tensor], out: Path) -> None:
    """Write a reader's tensors in half precision."""
    draft = out / f"{WEIGHTS}.draft"
    save_file({name: weight.detach().half().contiguous() for name, weight in weights.items()}, draft)
    draft.replace(out / WEIGHTS)  # whoever reads with it meanwhile has the old one or the new one


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
