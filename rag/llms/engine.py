"""What runs a local model. The contract: messages in, pieces of text out, as they are made.

An engine loads its weights on first use. ``generate`` may be called from any thread; an engine makes one reply at a
time, and the others wait their turn. A consumer that stops reading stops the generation; one that pauses holds up
nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

TURN_TOKENS = ("<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|start_header_id|>", "<start_of_turn>", "<end_of_turn>")
"""What begins or ends a turn in the templates of chat models. Any of them ends a reply: a small model may go on with
the next turn without ending its own.
"""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen."""

    max_tokens: int = 96
    temperature: float = 0.0
    """0 takes the likeliest token every time."""
    stop: tuple[str, ...] = ()


class Engine(Protocol):
    """Something that runs a local model. The module's docstring is the contract."""

    @property
    def name(self) -> str:
        """For logs and results: the model and what runs it."""
        ...

    def generate(self, messages: Sequence[dict[str, str]], sampling: Sampling) -> Iterator[str]:
        """Yield the reply to messages of ``{"role": …, "content": …}`` piece by piece."""
        ...
