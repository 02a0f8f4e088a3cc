"""Teach the Chinese reader: ``python -m rag.training.chinese ENCODER DATA OUT``.

ENCODER is the folder of the built-in embedder, whose body the reader has; DATA that of the public sets
(docs/evaluation.md). New embeddings of Chinese characters are learnt from texts with characters hidden (Devlin et al.
2019), then the whole from questions with known answers. Of CMRC's articles those at odd positions are used, and the
last third of these is kept to validate with.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rag.reader import CARD, WEIGHTS
from rag.readers.chinese import MASK, SPECIAL, new_network, numbered_alphabet, simplified
from rag.training.data import Row, read_rows
from rag.training.loop import Plan, fit
from rag.training.spans_zh import ChineseSpanTask

_STRETCH = 256
"""Characters of a text that are read at once while some are hidden."""
_HIDDEN = 0.09
"""Share of the characters at which a hidden stretch of one or two begins."""
_DROPOUT = 0.1
_SPECIAL_PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


class HiddenCharacters:
    """Teaches the network to guess hidden characters."""

    measures: tuple[str, ...] = ("negative_loss",)

    def __init__(self, network: Any, texts: Sequence[str], alphabet: dict[str, int], *, seed: int = 1) -> None:
        size = network.head.in_features
        guess = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size))
        self.model: nn.Module = nn.ModuleDict({"network": network, "guess": guess})
        numbers = [alphabet.get(letter, 1) for text in texts for letter in simplified("".join(text.split()))]
        stretches = torch.tensor(numbers[: len(numbers) // _STRETCH * _STRETCH]).view(-1, _STRETCH)
        kept = max(1, len(stretches) // 50)
        self._check, self._train = stretches[:kept], stretches[kept:]
        self._draw = torch.Generator().manual_seed(seed)

    def lengths(self) -> Sequence[int]:
        """Return the characters of each stretch."""
        return [_STRETCH] * len(self._train)

    def loss(self, examples: Sequence[int]) -> Tensor:
        """Return the mean cross entropy of hidden characters."""
        return self._loss(self._train[list(examples)])

    def validate(self) -> dict[str, float]:
        """Return the loss on texts that are not trained on, negated."""
        return {"negative_loss": -round(self._loss(self._check).item(), 4)}

    def fingerprint(self) -> str:
        """Return a digest of the texts."""
        return hashlib.sha256(self._train.numpy().tobytes()).hexdigest()

    def _loss(self, wanted: Tensor) -> Tensor:
        begins = torch.rand(wanted.shape, generator=self._draw) < _HIDDEN
        hidden = begins.clone()
        hidden[:, 1:] |= begins[:, :-1]
        hidden &= wanted >= SPECIAL
        seen = wanted.masked_fill(hidden, MASK)
        parts: Any = self.model
        bert = parts["network"].bert
        none = torch.zeros_like(seen)
        device = next(self.model.parameters()).device
        words = bert.embeddings.word_embeddings(seen.to(device)) + parts["network"].match(none.to(device))
        states = bert(inputs_embeds=words, token_type_ids=none.to(device)).last_hidden_state[hidden.to(device)]
        scores = parts["guess"](states) @ bert.embeddings.word_embeddings.weight.T
        return cross_entropy(scores, wanted[hidden].to(device))


def started(card: dict[str, Any], encoder: Path) -> nn.Module:
    """Return a network with the body of an encoder, and its embeddings of the characters that it knows."""
    from transformers import AutoModel, AutoTokenizer

    network: Any = new_network(card, dropout=_DROPOUT)
    old, known = AutoModel.from_pretrained(encoder), AutoTokenizer.from_pretrained(encoder).get_vocab()
    body = {name: weight for name, weight in old.state_dict().items() if "word_embeddings" not in name}
    network.bert.load_state_dict(body, strict=False)
    source = old.embeddings.word_embeddings.weight.data
    target = network.bert.embeddings.word_embeddings.weight.data
    target.normal_(0, 0.02).add_(source.mean(0))
    for number, piece in enumerate([*_SPECIAL_PIECES, *card["alphabet"]]):
        if piece in known:
            target[number] = source[known[piece]]
    # What is shared says nothing yet: at random it would disturb what the body knows.
    network.match.weight.data.zero_()
    module: nn.Module = network
    return module


def read_data(data: Path) -> tuple[list[Row], list[Row], list[str]]:
    """Return questions to train on, questions to validate with, and texts."""
    drcd = read_rows(data / "reading" / "train" / "drcd_zh.jsonl").rows
    articles = json.loads((data / "reading" / "cmrc2018_zh_dev.json").read_text("utf-8"))[1::2]
    cmrc: list[list[Row]] = []
    for article in articles:
        rows = []
        for paragraph in article["paragraphs"]:
            context = paragraph["context"]
            for question in paragraph["questions"]:
                spans = tuple((at, at + len(text)) for text in question["answers"] if (at := context.find(text)) >= 0)
                if spans:
                    rows.append(Row(question["id"], question["question"], context, spans, "zh", source="cmrc2018"))
        cmrc.append(rows)
    third = len(cmrc) * 2 // 3
    mine, kept = ([row for rows in part for row in rows] for part in (cmrc[:third], cmrc[third:]))
    train = [*drcd, *mine, *mine]
    texts = sorted({row.context for row in [*train, *kept]})
    for path in sorted((data / "treebanks").glob("zh_*.conllu")):
        lines = path.read_text("utf-8").splitlines()
        texts.append("".join(line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")))
    return train, kept, texts


@click.command()
@click.argument("encoder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--passes", type=(float, float), default=(60, 10), help="Over the texts, and over the questions.")
def main(encoder: Path, data: Path, out: Path, passes: tuple[float, float]) -> None:
    """Write the Chinese reader into OUT."""
    train, check, texts = read_data(data)
    counts = Counter(letter for text in texts for letter in simplified(text) if not letter.isspace())
    config = json.loads((encoder / "config.json").read_text("utf-8"))
    names = ("hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers", "max_position_embeddings")
    letters = "".join(letter for letter, count in counts.most_common() if count > 1)
    shape = {name: config[name] for name in names}
    card: dict[str, Any] = {"base": encoder.name, "language": "zh", "shape": shape, "alphabet": letters}
    alphabet = numbered_alphabet(letters)
    network = started(card, encoder)
    hidden = HiddenCharacters(network, texts, alphabet)
    fit(
        hidden,
        Plan(epochs=passes[0], tokens=16384, learning_rate=6e-4, check_every=500),
        out / "characters",
        progress=_show,
    )
    spans = ChineseSpanTask(network, train, check, alphabet)
    plan = Plan(epochs=passes[1], tokens=16384, learning_rate=2e-4, check_every=500)
    history = fit(spans, plan, out / "spans", progress=_show)
    spans.save(out)
    card |= {"sha256": hashlib.sha256((out / WEIGHTS).read_bytes()).hexdigest(), "checks": history.checks}
    (out / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1), "utf-8")


def _show(step: int, total: int, line: str) -> None:
    if step % 100 == 0:
        click.echo(f"{step} of {total}  {line}")


if __name__ == "__main__":
    main()
