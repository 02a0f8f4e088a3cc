"""A chat model rewrites a follow-up question; what it writes is taken only where all of it comes from the dialogue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from knowledge.language import HAN, detect_language
from rag.followup.names import Names, Past, no_names
from rag.prompts import followup_prompt

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_LONGEST = 300
"""Characters of a rewritten question."""
_NAMED = re.compile(rf"[^\W_{HAN}]*\d[^\W_{HAN}]*|(?<!^)\b[A-Z][\w'’-]*")
_WORD = re.compile(rf"[^\W_{HAN}]+")
_HAN = re.compile(f"[{HAN}]")
_FUNCTION = frozenset(
    "的了是在和与及或吗呢么什哪谁几多少个我你他她它们这那有为对被把从到请问要会能可以如何怎样时候里久长大高重远"
)
"""Characters that say nothing of their own."""


def rewrite_by_model(
    model: BaseChatModel, question: str, past: Sequence[Past], *, names: Names = no_names
) -> str | None:
    """Return a follow-up question as a chat model completes it.

    None where the model fails or brings in a name or a number that was not said: whatever a document's text makes a
    model write, only words of this dialogue are ever searched for.
    """
    language = detect_language(question)
    said = [line for turn in past for line in (turn.asked, turn.short or turn.answer[:_LONGEST]) if line]
    dialogue = "\n".join(said)
    try:
        reply = model.invoke(followup_prompt(language, dialogue, question))
    except Exception:  # each provider's library raises its own; the rules have an answer
        return None
    written = " ".join(str(reply.text).split())
    return written if is_of_dialogue(written, f"{dialogue}\n{question}", names) else None


def is_of_dialogue(written: str, dialogue: str, names: Names = no_names) -> bool:
    """Tell whether all names and numbers of a text are in a dialogue."""
    if not written or len(written) > _LONGEST or not written.isprintable():
        return False
    held = dialogue.casefold()
    words = set(_WORD.findall(held))
    known = [written[name.start : name.end] for name in names(written)]
    if any(name.casefold() not in held for name in known):
        return False
    named = _NAMED.findall(written)
    if any(part not in words for name in named for part in _WORD.findall(name.casefold().removesuffix("'s"))):
        return False
    return set(_HAN.findall(written)) <= set(_HAN.findall(dialogue)) | _FUNCTION
