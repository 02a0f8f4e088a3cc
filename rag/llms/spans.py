"""Constrained decoding: replies made of what the passages say.

A reply may hold runs of words as they follow one another in the prompt, joined by a few small words, and markers like
``[1]``; or the refusal that the prompt asks for. What the model would write beside that is ruled out token by token, so
that a small model cannot misspell a name or mix two numbers. Among its likeliest tokens the first allowed one is taken;
where none is allowed, the reply ends.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from typing import Any

from knowledge.language import HAN

_WORD = re.compile(rf"[{HAN}]|[^\s{HAN}]+")
_EDGE = "\"'“”‘’()（）.,;:!?。，；：！？"
_MARKER = re.compile(r"(?:\[\d{1,2}\]|【\d{1,2}】)+[.。]?")
_PART_OF_MARKER = re.compile(r"[\[【]\d{0,2}[\]】]?")


@cache
def small_words() -> frozenset[str]:
    """Return the words that may stand between two runs of the passages' words."""
    lists = (files("rag").joinpath(f"templates/{name}/small_words.txt") for name in ("en", "zh"))
    return frozenset(word for found in lists for word in found.read_text(encoding="utf-8").split())


class SpanRule:
    """Tells which beginnings of a reply are allowed.

    Parameters
    ----------
    source
        The text whose words may be used: the passages, or the whole prompt.
    fixed
        Whole replies that are allowed besides.
    """

    def __init__(self, source: str, *, fixed: Collection[str] = ()) -> None:
        self._words = [plain for word in _WORD.findall(source) if (plain := _plain(word))]
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(self._words):
            self._places.setdefault(word, []).append(place)
        self._fixed = tuple(fixed)

    def allows(self, text: str, *, ended: bool = False) -> bool:
        """Tell whether a reply may begin with ``text``, or with ``ended`` be it."""
        if any(reply.startswith(text) and (not ended or reply == text) for reply in self._fixed):
            return True
        words = _WORD.findall(text)
        if not words:
            return not ended
        # The last word may go on, unless white space or the end follows it.
        open_end = not ended and not text[-1].isspace()
        places: set[int] | None = None  # where the run may stand; None: a new one may begin
        for number, word in enumerate(words):
            if _MARKER.fullmatch(word):
                places = None
                continue
            going_on = open_end and number == len(words) - 1
            if going_on and _PART_OF_MARKER.fullmatch(word):
                return True
            if not _plain(word):
                continue
            found = self._next(_plain(word), places, prefix=going_on)
            if not found and not self._small(_plain(word), prefix=going_on):
                return False
            places = found or None
        return True

    def _next(self, word: str, places: set[int] | None, *, prefix: bool) -> set[int]:
        """Return the places of a word, after those of the run before it."""
        if places is not None:
            after = {place + 1 for place in places if place + 1 < len(self._words)}
            return {place for place in after if _fits(word, self._words[place], prefix)}
        if not prefix:
            return set(self._places.get(word, ()))
        return {place for other, found in self._places.items() if other.startswith(word) for place in found}

    def _small(self, word: str, *, prefix: bool) -> bool:
        return word in small_words() or (prefix and any(small.startswith(word) for small in small_words()))


def _fits(word: str, other: str, prefix: bool) -> bool:
    return other.startswith(word) if prefix else other == word


def _plain(word: str) -> str:
    return word.strip(_EDGE).casefold()


def span_processor(tokenizer: Any, rule: SpanRule, *, begin: int, tried: int = 40) -> Any:
    """Return a logits processor of transformers that keeps greedy decoding to a rule.

    Parameters
    ----------
    begin
        Tokens of the prompt.
    tried
        The likeliest tokens that are looked at.
    """
    import torch
    from transformers import LogitsProcessor

    class Spans(LogitsProcessor):
        def __call__(self, input_ids: Any, scores: Any) -> Any:
            kept = torch.full_like(scores, -torch.inf)
            for row, tokens in enumerate(input_ids):
                said = tokenizer.decode(tokens[begin:], skip_special_tokens=True)
                chosen = tokenizer.eos_token_id
                for token in scores[row].topk(min(tried, scores.shape[-1])).indices.tolist():
                    ended = token == tokenizer.eos_token_id
                    text = said if ended else tokenizer.decode([*tokens[begin:], token], skip_special_tokens=True)
                    if rule.allows(text, ended=ended):
                        chosen = token
                        break
                kept[row, chosen] = scores[row, chosen]
            return kept

    return Spans()
