"""From training rows to what the chat model is trained on: numbered passages, with questions and the right replies.

Questions come in sheets: a few passages and some questions about each of them, so that every passage is a distractor
for the questions about the others, and the text of the passages is run through the model once for all questions. Some
questions on a sheet are about texts that are not on it: the reply to these is a refusal.

The reply to learn is the answer as it stands in the passage and the passage's number ("20 days [2]"). A model of 135M
parameters copies a few words more reliably than it builds a sentence around them, and what it copies is what
``rag.cite`` can check; the sentence around it is quoted beside it anyway.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.language import search_tokens, sentences
from rag.prompts import NO_ANSWER
from rag.records import Passage
from rag.training.data import Row

_SHEET_BYTES = 1000
"""UTF-8 bytes of a sheet's passages: about 230 tokens of English."""
_PASSAGE_BYTES = 800
"""Longer contexts are cut between sentences."""
_QUESTIONS_EACH = 5
"""Questions of one passage on one sheet."""
_MOST_PASSAGES = 4
_JOINED = 0.3
"""Share of short contexts that become the second half of the passage before them: passages of documents hold more than
one sentence."""
_SHORT = 300
"""UTF-8 bytes of a context that may be joined to another."""
_TITLED = 0.5
"""Share of passages without a title that get their first name as one: documents have titles."""
_CANDIDATES = 24
"""Questions about other texts from which those that share most words with a sheet are asked there."""
_LONGEST_REPLY = 160
"""UTF-8 bytes: longer answers are paragraphs, which nobody wants to be told."""
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the reply to learn."""

    question: str
    reply: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Passages, and questions to answer from them; each question is a conversation of its own."""

    passages: tuple[Passage, ...]
    questions: tuple[Asked, ...]
    language: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """A passage to be, and questions about it; offsets of answers are into ``text``."""

    text: str
    title: str
    language: str
    rows: tuple[Row, ...]


def make_sheets(rows: Sequence[Row], *, refused: float = 0.15, seed: int = 1) -> list[Sheet]:
    """Return sheets on which every row with a short answer is asked once.

    Parameters
    ----------
    refused
        Share of questions whose answer is not on their sheet, beside rows that have no answer anyway.
    seed
        The same rows and seed give the same sheets.
    """
    draw = random.Random(seed)
    sheets: list[Sheet] = []
    for language in sorted({row.language for row in rows}):
        mine = [row for row in rows if row.language == language and _sayable(row)]
        portions = [portion for piece in _pieces(mine) for portion in _portions(piece, draw)]
        draw.shuffle(portions)
        answered = [row for row in mine if row.answers]
        sheets += [_sheet(group, answered, refused, draw) for group in _groups(portions)]
    draw.shuffle(sheets)
    return sheets


def reply_for(row: Row, number: int) -> str:
    """Return the reply to learn for a row whose context is passage ``number``."""
    if not row.answers:
        return NO_ANSWER
    # The shortest of the given answers is the easiest to copy and to check.
    text = min(row.texts, key=len).strip()
    return f"{text.rstrip('.,;:。，；：')} [{number}]"


def _sayable(row: Row) -> bool:
    """Tell whether the reply to a row is neither a paragraph nor nothing but signs."""
    if not row.answers:
        return True
    shortest = min(row.texts, key=len)
    return len(shortest.encode()) <= _LONGEST_REPLY and any(sign.isalnum() for sign in shortest)


def _pieces(rows: Iterable[Row]) -> Iterator[_Piece]:
    """Yield the contexts, long ones cut between sentences, each with its rows."""
    by_context = defaultdict[tuple[str, str], list[Row]](list)
    for row in rows:
        by_context[row.context, row.title].append(row)
    for (context, title), mine in by_context.items():
        cuts = _cuts(context, mine[0].language)
        for start, end in cuts:
            text = context[start:end].strip()
            lead = start + len(context[start:end]) - len(context[start:end].lstrip())
            kept = tuple(_moved(mine, text, lead, first=(start, end) == cuts[0]))
            if kept:
                yield _Piece(text, title, kept[0].language, kept)


def _cuts(context: str, language: str) -> list[tuple[int, int]]:
    """Return half-open stretches of whole sentences, each as long as a passage may be (one sentence may be longer)."""
    if len(context.encode()) <= _PASSAGE_BYTES:
        return [(0, len(context))]
    cuts: list[tuple[int, int]] = []
    begin = end = 0
    for start, stop in sentences(context, language):
        if end > begin and len(context[begin:stop].encode()) > _PASSAGE_BYTES:
            cuts.append((begin, end))
            begin = start
        end = stop
    return [*cuts, (begin, end)]


def _moved(rows: Iterable[Row], text: str, start: int, *, first: bool) -> Iterator[Row]:
    """Yield the rows with an answer inside a stretch of their context; those without one go with the first."""
    for row in rows:
        inside = tuple((s - start, e - start) for s, e in row.answers if start <= s and e <= start + len(text))
        if inside or (first and not row.answers):
            yield replace(row, context=text, answers=inside)


def _portions(piece: _Piece, draw: random.Random) -> Iterator[_Piece]:
    """Yield the piece with a few of its questions at a time."""
    rows = draw.sample(piece.rows, len(piece.rows))
    for begin in range(0, len(rows), _QUESTIONS_EACH):
        yield replace(piece, rows=tuple(rows[begin : begin + _QUESTIONS_EACH]))


def _groups(portions: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Yield portions that fit on a sheet together; a text is on a sheet once."""
    group: list[_Piece] = []
    waiting = list(portions)
    while waiting:
        size = 0
        left: list[_Piece] = []
        for portion in waiting[: 8 * _MOST_PASSAGES]:
            length = len(portion.text.encode())
            fits = not group or size + length <= _SHEET_BYTES
            if len(group) < _MOST_PASSAGES and fits and all(portion.text != other.text for other in group):
                group.append(portion)
                size += length
            else:
                left.append(portion)
        waiting = left + waiting[8 * _MOST_PASSAGES :]
        yield group
        group = []


def _sheet(group: Sequence[_Piece], others: Sequence[Row], refused: float, draw: random.Random) -> Sheet:
    passages: list[Passage] = []
    asked: list[Asked] = []
    for piece in draw.sample(list(group), len(group)):
        short = len(piece.text.encode()) <= _SHORT
        if passages and short and len(passages[-1].text.encode()) <= _SHORT and draw.random() < _JOINED:
            text = f"{passages[-1].text} {piece.text}"
            passages[-1] = replace(passages[-1], text=text, end=len(text))
        else:
            passages.append(_passage(piece, len(passages) + 1, draw))
        asked += [Asked(row.question, reply_for(row, len(passages))) for row in piece.rows]
    count = sum(item.reply != NO_ANSWER for item in asked) * refused / (1 - refused)
    missing = int(count) + (draw.random() < count % 1)
    asked += [Asked(row.question, NO_ANSWER) for row in _strangers(passages, others, missing, draw)]
    draw.shuffle(asked)
    return Sheet(tuple(passages), tuple(asked), group[0].language)


def _passage(piece: _Piece, number: int, draw: random.Random) -> Passage:
    named = _NAME.search(piece.text) if not piece.title and draw.random() < _TITLED else None
    return Passage(
        number=number,
        document="",
        title=named[0] if named else piece.title,
        page=None,
        headings=(),
        text=piece.text,
        start=0,
        end=len(piece.text),
        language=piece.language,
        score=0.0,
        why="",
    )


def _strangers(passages: Sequence[Passage], rows: Sequence[Row], count: int, draw: random.Random) -> list[Row]:
    """Return questions that the passages do not answer, of those drawn the ones that share most words with them."""
    if not count:
        return []
    text = "\n".join(passage.text for passage in passages)
    words = set(search_tokens(text))
    drawn = [
        row
        for row in draw.sample(list(rows), min(len(rows), count * _CANDIDATES))
        if all(row.context not in passage.text and passage.text not in row.context for passage in passages)
        and not any(answer.casefold() in text.casefold() for answer in row.texts)
    ]
    drawn.sort(key=lambda row: -len(words & set(search_tokens(row.question))))
    return drawn[:count]
