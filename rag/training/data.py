"""Training questions: a JSONL file read, checked and cleaned.

A row is {question, context, answers: [{text, start}]} with optional {id, source, language, title}; no answers means
that the context does not hold one. What is wrong with a row is counted by kind and told with the lines; the others are
used.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knowledge.language import HAN, detect_language
from rag.errors import TrainingError

LANGUAGES = {"en": "English", "zh": "Chinese"}
"""Those that can be taught."""
_TAG = re.compile(r"([a-z]{2,3})(?:[-_]\w+)*", re.IGNORECASE)
"""A language as it is named elsewhere: "en-GB", "fr"; group 1 is the language itself."""
_LETTER = rf"[^\W{HAN}]"
"""What words and numbers are made of; Chinese words have no borders that could be told."""
_ELSEWHERE = "each reader is taught its own language, these with --language {}; 'rag train llm' learns from both"
_ROW = '{"question": "…", "context": "…", "answers": [{"text": "…", "start": 0}]}'
_NAMED = 5
"""Lines of each kind that are named."""


@dataclass(frozen=True, slots=True)
class Row:
    """A question about a text."""

    id: str
    question: str
    context: str
    answers: tuple[tuple[int, int], ...]
    """Half-open character offsets into ``context``; empty: it holds no answer."""
    language: str
    source: str = ""
    title: str = ""
    line: int = field(default=0, compare=False)
    """1-based, in the file that it was read from; 0: it was not."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The answers as they stand in the context."""
        return tuple(self.context[start:end] for start, end in self.answers)


@dataclass(slots=True)
class Checked:
    """The good rows of a file, and what is wrong with the others."""

    rows: list[Row] = field(default_factory=list)
    problems: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """1-based lines by what is wrong with them."""
    elsewhere: str = ""
    """The language of rows that were left out for it."""
    moved: int = 0
    """Answers whose offset was wrong and whose text stands elsewhere in the context, where they are taken from."""

    def lines(self) -> Iterator[str]:
        """Yield what was found, a line a kind."""
        if self.moved:
            yield f"{_count(range(self.moved), 'answer')} with a wrong 'start' found elsewhere in the context"
        for problem, numbers in self.problems.items():
            yield f"{_count(numbers, 'row')} left out: {problem} {_lines(numbers)}"
        if self.elsewhere:
            yield _ELSEWHERE.format(self.elsewhere)
        counts = defaultdict[str, int](int)
        for row in self.rows:
            counts[row.language] += 1
        told = ", ".join(f"{count} {language}" for language, count in sorted(counts.items()))
        yield f"{_count(self.rows, 'row')} to use" + (f" ({told})" if told else "")


def read_rows(path: Path, *, language: str | None = None) -> Checked:
    """Read a file of training questions.

    Parameters
    ----------
    language
        Rows of other languages are left out; None: all are used.

    Raises
    ------
    TrainingError
        The file cannot be read, or no row of it can be used.
    """
    checked = Checked()
    seen: set[str] = set()
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    _check(line, number, checked, seen, language)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text: save it as UTF-8"
        raise TrainingError(f"cannot read the training questions {path}: {reason}") from error
    if not checked.rows:
        *wrong, _ = checked.lines()
        told = "; ".join(wrong) or "it is empty"
        advice = "" if checked.elsewhere else f". Each line is one question: {_ROW}"
        raise TrainingError(f"{path} has no question to train on: {told}{advice}")
    return checked


def main_language(path: Path) -> str:
    """Return the language of most questions of a file, English where as many are Chinese.

    Raises
    ------
    TrainingError
        As ``read_rows``.
    """
    counts = Counter(row.language for row in read_rows(path).rows)
    return max(LANGUAGES, key=counts.__getitem__)


def too_long(rows: Sequence[Row]) -> str:
    """Return a line for a person about rows whose answers no window holds whole."""
    return f"{_count(rows, 'answer')} too long for a window {_lines([row.line for row in rows])}"


def _lines(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:_NAMED])) + (", …" if len(numbers) > _NAMED else "")
    return f"(line{'s' * (len(numbers) > 1)} {named})"


def _count(values: Sequence[object], noun: str) -> str:
    return f"{len(values)} {noun}{'s' * (len(values) != 1)}"


def held_out(rows: Sequence[Row], *, share: float = 0.1, most: int = 400, seed: int = 1) -> tuple[list[Row], list[Row]]:
    """Split rows into those to train on and those to validate with; a context is never on both sides."""
    contexts = sorted({row.context for row in rows})
    random.Random(seed).shuffle(contexts)
    kept: set[str] = set()
    by_context = defaultdict[str, list[Row]](list)
    for row in rows:
        by_context[row.context].append(row)
    wanted = min(round(share * len(rows)), most)
    count = 0
    for context in contexts[: len(contexts) // 2]:
        if count >= wanted:
            break
        kept.add(context)
        count += len(by_context[context])
    return [row for row in rows if row.context not in kept], [row for row in rows if row.context in kept]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as ``read_rows`` reads them."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            answers = [{"text": row.context[start:end], "start": start} for start, end in row.answers]
            values = {
                "id": row.id,
                "source": row.source,
                "language": row.language,
                "title": row.title,
                "context": row.context,
                "question": row.question,
                "answers": answers,
            }
            file.write(json.dumps(values, ensure_ascii=False) + "\n")


def _check(line: str, number: int, checked: Checked, seen: set[str], language: str | None) -> None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        checked.problems["not JSON"].append(number)
        return
    if not isinstance(value, dict):
        checked.problems["not a JSON object"].append(number)
        return
    missing = [key for key in ("question", "context") if not isinstance(value.get(key), str) or not value[key].strip()]
    if missing or not isinstance(value.get("answers"), list):
        checked.problems[f"no {', '.join(missing or ['answers'])}"].append(number)
        return
    source, title, row_id = (_text(value, key) for key in ("source", "title", "id"))
    if not all(map(_is_whole, (value["question"], value["context"], source, title, row_id))):
        checked.problems["half a character (a lone surrogate)"].append(number)
        return
    row_id = row_id or f"line {number}"
    if row_id in seen:
        checked.problems["an id that came before"].append(number)
        return
    spans, moved = _spans(value["context"], value["answers"])
    if spans is None:
        checked.problems["an answer that is not in its context"].append(number)
        return
    named = value.get("language")
    tag = _TAG.fullmatch(named.strip()) if isinstance(named, str) else None
    spoken = tag[1].lower() if tag else detect_language(value["question"])
    if spoken not in LANGUAGES:
        checked.problems[f"in {spoken!r}, which cannot be taught"].append(number)
        return
    if language is not None and spoken != language:
        checked.problems[f"not in {LANGUAGES[language]}"].append(number)
        checked.elsewhere = spoken
        return
    seen.add(row_id)
    checked.moved += moved
    checked.rows.append(
        Row(
            row_id,
            value["question"].strip(),
            value["context"],
            spans,
            spoken,
            source=source,
            title=title,
            line=number,
        )
    )


def _text(value: dict[str, Any], key: str) -> str:
    """Return a text or a number; "" for anything else."""
    given = value.get(key)
    return str(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else ""


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _spans(context: str, answers: Sequence[Any]) -> tuple[tuple[tuple[int, int], ...] | None, int]:
    """Return the places of answers and how many were mended; None when one is not there."""
    spans, moved = [], 0
    for answer in answers:
        text = answer.get("text") if isinstance(answer, dict) else None
        if not isinstance(text, str) or not text.strip():
            return None, 0
        given = answer.get("start")
        known = isinstance(given, int) and not isinstance(given, bool) and given >= 0
        start = (given if known else 0) + len(text) - len(text.lstrip())
        text = text.strip()
        if not known or not context.startswith(text, start):
            start = _nearest(context, text, start)
            moved += 1
            if start < 0:
                return None, 0
        spans.append((start, start + len(text)))
    return tuple(spans), moved


def _nearest(context: str, text: str, start: int) -> int:
    """Return where a text stands nearest to ``start``, as whole words if it does anywhere; -1: it is not there."""
    anywhere = re.escape(text)
    before = rf"(?<!{_LETTER})" if re.match(_LETTER, text) else ""
    after = rf"(?!{_LETTER})" if re.match(_LETTER, text[-1]) else ""
    # The 5 of "1,500" or "2.5" is no number of its own.
    before += r"(?<!\d[.,:])" if text[0].isdigit() else ""
    after += r"(?![.,:]\d)" if text[-1].isdigit() else ""
    for pattern in (before + anywhere + after, anywhere):
        places = [found.start() for found in re.finditer(f"(?={pattern})", context)]
        if places:
            return min(places, key=lambda place: abs(place - start))
    return -1
