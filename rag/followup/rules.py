"""From a question and the turns before it to a question that stands by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.language import HAN, detect_language
from rag.followup.chinese import ChineseReading
from rag.followup.chinese_followup import rewrite_chinese
from rag.followup.english import EnglishReading
from rag.followup.english_followup import rewrite_english
from rag.followup.names import Names, Past, no_names

_HAN = re.compile(f"[{HAN}]")
_PARTICLE = re.compile("[呢吗吧][?？]*$")
"""Of a Chinese question, even of one that is a foreign name besides."""
LONGEST = 300
"""Characters: whoever writes more has said it all."""
LONGEST_RESULT = 600
"""Characters of a question that was put together: chains of follow-ups do not grow without end."""


def rewrite(question: str, past: Sequence[Past], *, names: Names = no_names) -> str:
    """Return a question that stands by itself: ``question`` itself, byte for byte, where it does.

    Parameters
    ----------
    past
        The turns before, the oldest first.
    names
        Finds the names that whoever asks may know of.
    """
    if len(question) > LONGEST:
        return question
    asked = " ".join(question.split())
    turns = [turn for turn in past if any(map(str.isalnum, turn.asked)) and len(turn.asked) <= LONGEST_RESULT]
    if not turns or not asked.isprintable() or not any(map(str.isalnum, asked)):
        return question
    readings = [
        (ChineseReading if detect_language(turn.asked) == "zh" else EnglishReading)(turn, names) for turn in turns
    ]
    chinese = detect_language(asked) == "zh" or (_HAN.search(asked) and isinstance(readings[-1], ChineseReading))
    complete = rewrite_chinese if chinese or _PARTICLE.search(asked) else rewrite_english
    completed = complete(asked, readings, names)
    return completed if completed and completed != asked and len(completed) <= LONGEST_RESULT else question
