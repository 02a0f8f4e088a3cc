"""Questions and answers proposed from texts, for people to review and for the extractive reader to learn from."""

from __future__ import annotations

import hashlib
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.extract.english.pipeline import EnglishPipeline
from knowledge.extract.english.topic import Topic
from rag.training.questions_clauses import read
from rag.training.questions_en import ask
from rag.training.questions_naming import Asked
from rag.training.questions_zh import ask_chinese

if TYPE_CHECKING:
    from connectors import Viewer
    from knowledge.records import Chunk, DocumentInfo
    from rag.sdk import Wellspring

Progress = Callable[[int, str], None]
"""Called with how many questions there are so far, and the title of the document in hand."""
OF_A_CHUNK = 3
"""Questions."""
_LEAST_OF_A_DOCUMENT = 10
"""Questions that a document may give, however many documents there are."""
_BATCH = 32
"""Chunks that are read at once."""
_WEIGHTS = {"nationality": 0.4, "definition": 0.6, "profession": 0.5, "kind": 0.5, "date": 0.9}
"""How readily a kind is picked; others 1. These come from opening sentences, which all look alike."""
_OF_A_SENTENCE = 2
"""Questions, unless there are too few."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A question that a text answers."""

    question: str
    answer: str
    start: int
    end: int
    """Half-open character offsets of the answer in the text."""
    sentence_start: int
    sentence_end: int
    """Half-open character offsets of the sentence that says so."""
    kind: str
    """What is asked for: ``date``, ``place``, ``person``, …"""


def propose(text: str, language: str, *, title: str = "", pipeline: EnglishPipeline) -> Iterator[Proposed]:
    """Yield questions that ``text`` answers; the same text and title give the same questions.

    Parameters
    ----------
    language
        ``"en"`` or ``"zh"``.
    title
        What the text is about: pronouns that stand for it are replaced by it. Empty: nothing is known.
    pipeline
        Reads English; Chinese is read by rules and words.
    """
    yield from propose_all([text], language, topics=[Topic(title)], pipeline=pipeline)[0]


def propose_all(
    texts: Sequence[str], language: str, *, topics: Sequence[Topic], pipeline: EnglishPipeline
) -> list[list[Proposed]]:
    """Return what ``propose`` yields for each of several texts: a pipeline reads many at once far faster.

    A topic remembers what a text says that it is, so that further texts of its document may call it so.
    """
    if language == "zh":
        return [_proposed(text, ask_chinese(text, topic)) for text, topic in zip(texts, topics, strict=True)]
    return [_proposed(reading.text, ask(reading)) for reading in read(texts, topics, pipeline)]


def _proposed(text: str, asked: Iterator[Asked]) -> list[Proposed]:
    return [Proposed(a.question, text[a.start : a.end], a.start, a.end, *a.sentence, a.kind) for a in asked]


def pick(proposed: Sequence[Proposed], most: int, *, seed: str) -> list[Proposed]:
    """Return at most ``most`` questions of one text, of different kinds and answers as far as there are.

    A weighted shuffle (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006), then a first round
    with one question of each kind and a second with what is left.
    """
    dice = random.Random(seed)
    order = sorted(proposed, key=lambda one: -(dice.random() ** (1 / _WEIGHTS.get(one.kind, 1.0))))
    chosen: list[Proposed] = []
    for again in (False, True):
        for one in order:
            if len(chosen) < most and _is_new(one, chosen, again=again):
                chosen.append(one)
    return sorted(chosen, key=lambda one: (one.start, one.question))


def _is_new(one: Proposed, chosen: Sequence[Proposed], *, again: bool) -> bool:
    """Tell whether a question asks for something else than those chosen; in the second round kinds may repeat."""
    if any(one.start < other.end and other.start < one.end for other in chosen):
        return False
    alike = any(one.kind == other.kind for other in chosen)
    if again:
        return not alike or one.kind not in ("definition", "kind")
    return not alike and sum(one.sentence_start == other.sentence_start for other in chosen) < _OF_A_SENTENCE


def make_questions(
    base: Wellspring,
    *,
    viewer: Viewer,
    most: int,
    seed: int,
    language: str | None = None,
    progress: Progress | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield questions proposed from what ``viewer`` may read, as rows of a training file.

    Documents take turns, a chunk at a time, so that a sample of all of them comes however few are wanted; of one
    document come at most three times its share. The same knowledge base and seed give the same rows.

    Parameters
    ----------
    most
        Rows.
    language
        Only of documents in this language; None: of all.

    Yields
    ------
    dict
        ``id``, ``source`` ("proposed"), ``language``, ``title``, ``headings``, ``document``, ``page``, ``context`` (the
        chunk's text), ``question``, ``answers`` ([{text, start}]; offsets into the context), ``quote`` (the sentence
        that says so), ``kind`` and ``reviewed`` (False).
    """
    pipeline = EnglishPipeline()
    turns = _turns(base, viewer, seed, language)
    bound = max(_LEAST_OF_A_DOCUMENT, 3 * -(-most // max(len(turns), 1)))
    seen: set[tuple[str, str]] = set()
    made = 0
    while turns and made < most:
        batch = [turns.popleft() for _ in range(min(_BATCH, len(turns)))]
        for turn, chunk, proposed in _read(base, batch, pipeline):
            if progress is not None:
                progress(made, turn.info.title)
            for one in pick(proposed, min(OF_A_CHUNK, bound - turn.made), seed=f"{seed} {chunk.id}"):
                key = (chunk.language, " ".join(one.question.lower().split()))
                if made < most and key not in seen:
                    seen.add(key)
                    turn.made += 1
                    made += 1
                    yield _row(chunk, one)
            if turn.chunks and turn.made < bound:
                turns.append(turn)


@dataclass(slots=True)
class _Turn:
    """A document that questions are still taken from."""

    info: DocumentInfo
    chunks: deque[int]
    """Ids of the chunks that were not read yet."""
    topic: Topic
    made: int = 0


def _turns(base: Wellspring, viewer: Viewer, seed: int, language: str | None) -> deque[_Turn]:
    """Return the documents in a seeded order. Each one's first chunk, which says what it is about, comes first."""
    dice = random.Random(seed)
    chunks: dict[str, list[int]] = {}
    for ref in base.store.chunk_refs():
        chunks.setdefault(ref.document_id, []).append(ref.id)
    turns = []
    for info in base.documents(viewer=viewer):
        if language not in (None, info.language):
            continue
        first, *others = chunks.get(info.id) or [0]
        dice.shuffle(others)
        if info.id in chunks:
            turns.append(_Turn(info, deque([first, *others]), Topic(info.title)))
    dice.shuffle(turns)
    return deque(turns)


def _read(
    base: Wellspring, turns: Sequence[_Turn], pipeline: EnglishPipeline
) -> Iterator[tuple[_Turn, Chunk, list[Proposed]]]:
    """Yield what the next chunk of each document gives."""
    ids = [turn.chunks.popleft() for turn in turns]
    by_id = {chunk.id: chunk for chunk in base.store.chunks(ids)}
    found = [(turn, by_id[number]) for turn, number in zip(turns, ids, strict=True) if number in by_id]
    proposed: dict[int, list[Proposed]] = {}
    for language in ("en", "zh"):
        those = [(turn, chunk) for turn, chunk in found if (chunk.language == "zh") == (language == "zh")]
        texts, topics = [chunk.text for _, chunk in those], [turn.topic for turn, _ in those]
        lists = propose_all(texts, language, topics=topics, pipeline=pipeline) if those else []
        proposed.update((chunk.id, each) for (_, chunk), each in zip(those, lists, strict=True))
    for turn, chunk in found:
        yield turn, chunk, proposed[chunk.id]


def _row(chunk: Chunk, one: Proposed) -> dict[str, Any]:
    name = hashlib.sha256(f"{chunk.document_id}\n{chunk.start + one.start}\n{one.question}".encode()).hexdigest()
    return {
        "id": name[:12],
        "source": "proposed",
        "language": chunk.language,
        "title": chunk.title,
        "headings": list(chunk.headings),
        "document": chunk.document_id,
        "page": chunk.page,
        "context": chunk.text,
        "question": one.question,
        "answers": [{"text": one.answer, "start": one.start}],
        "quote": chunk.text[one.sentence_start : one.sentence_end],
        "kind": one.kind,
        "reviewed": False,
    }
