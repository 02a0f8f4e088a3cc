"""The public sets of English questions that the built-in models learn from, and the passages they are about.

``data`` is a folder with ``reading/`` and ``multihop/`` as docs/evaluation.md describes them. What figures are reported
on is left out: of XQuAD the articles of its test part, of 2WikiMultihopQA and HotpotQA the questions of split test and
the passages that answer them. The last four of XQuAD's tune articles are left out as well: the confidence is fitted on
them.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from rag.training.data import Row, read_rows

SEED = 5
SINGLE = ("qamr", "policyqa", "covidqa")
"""Sets of questions about one text."""
PAIRED = ("2wiki", "hotpotqa")
"""Sets of questions about two documents."""
_LONGEST_ANSWER = {"policyqa": 100, "covidqa": 160}
"""Characters: longer answers of these sets are whole paragraphs."""
_HELD_OUT = 0.04
"""Share of each set's contexts that is kept for validation."""
_UNSEEN_ARTICLES = 4
_NEAR = 120
"""Characters around an answer in which words of the question tell which of its places is meant."""
_SHORTEST, _LONGEST = 150, 1600
"""Characters of a passage that questions are written about."""
_LEAST, _MOST = 250, 1200
"""The same of a paragraph of a paper."""


@dataclass(frozen=True, slots=True)
class Text:
    """A passage that questions may be written about."""

    title: str
    text: str
    source: str


def single(data: Path, name: str) -> tuple[list[Row], list[Row]]:
    """Return the questions of a set of ``SINGLE``: those to train on and those kept for validation, of other texts."""
    rows = read_rows(data / "reading" / "train" / f"{name}_en.jsonl").rows
    rows = [changed(row, id=f"{name}-{number}", source=name) for number, row in enumerate(rows)]
    rows = [row for row in rows if len(row.texts[0]) <= _LONGEST_ANSWER.get(name, 1000)]
    kept = _kept(rows)
    return [row for row in rows if row.context not in kept], [row for row in rows if row.context in kept]


def _kept(rows: Sequence[Row]) -> set[str]:
    """Return the contexts for validation: the same for every seed, so that runs can go on from one another."""
    contexts = sorted({row.context for row in rows})
    return set(random.Random(SEED).sample(contexts, max(1, round(_HELD_OUT * len(contexts)))))


def pairs(data: Path, name: str, draw: random.Random) -> Iterator[Row]:
    """Yield questions of a set of ``PAIRED``, split tune, about both documents as one text, a title before each."""
    folder = data / "multihop" / name
    corpus = json.loads((folder / "corpus.json").read_text("utf-8"))
    for question in json.loads((folder / "questions.json").read_text("utf-8")):
        answer = question["answers"][0]
        if question["split"] != "tune" or question["type"] not in ("compositional", "inference", "bridge"):
            continue
        places = list(question["gold"])
        last = corpus[places[-1]]["text"].find(answer)
        if last < 0 or len(places) > 3:
            continue
        for copy in range(2):
            others = draw.sample(range(len(corpus)), copy)
            order = [*places, *others]
            draw.shuffle(order)
            text, start = "", 0
            for place in order:
                if text:
                    text += "\n\n"
                if place == places[-1]:
                    start = len(text) + len(corpus[place]["title"]) + 2 + last
                text += f"{corpus[place]['title']}: {corpus[place]['text']}"
            if text[start : start + len(answer)] == answer:
                yield Row(
                    f"{name}-{question['id']}-{copy}",
                    question["question"],
                    text,
                    ((start, start + len(answer)),),
                    "en",
                    source=name,
                )


def xquad(data: Path) -> list[Row]:
    """Return XQuAD's questions to train on."""
    return [
        Row(f"xquad-{asked['id']}", asked["question"], text, (place,), "en", source="xquad", title=title)
        for title, paragraph in _paragraphs(data)
        for asked in paragraph["questions"]
        for text in [paragraph["context"]]
        if (place := _place(text, asked["question"], asked["answers"][0])) is not None
    ]


def _paragraphs(data: Path) -> list[tuple[str, Any]]:
    """Return title and paragraph of XQuAD's articles to train on. Every second article is of its tune part."""
    articles = json.loads((data / "reading" / "xquad_en_dev.json").read_text("utf-8"))
    tune = [article for position, article in enumerate(articles) if position % 2]
    return [
        (str(article["title"]).replace("_", " "), paragraph)
        for article in tune[:-_UNSEEN_ARTICLES]
        for paragraph in article["paragraphs"]
    ]


def _place(text: str, question: str, answer: str) -> tuple[int, int] | None:
    """Return where an answer stands; the set does not say, so of several places it is that with the most of the
    question's words around it."""
    asked = set(re.findall(r"\w+", question.lower()))

    def shared(place: tuple[int, int]) -> int:
        around = text[max(0, place[0] - _NEAR) : place[1] + _NEAR].lower()
        return len(asked & set(re.findall(r"\w+", around)))

    return max((found.span() for found in re.finditer(re.escape(answer), text)), key=shared, default=None)


def passages(data: Path) -> list[Text]:
    """Return the passages that questions may be written about, of all sets but QAMR, whose texts are sentences."""
    found: list[Text] = []
    for name in PAIRED:
        folder = data / "multihop" / name
        questions = json.loads((folder / "questions.json").read_text("utf-8"))
        tested = {place for question in questions if question["split"] == "test" for place in question["gold"]}
        corpus = json.loads((folder / "corpus.json").read_text("utf-8"))
        found += [Text(one["title"], one["text"], name) for n, one in enumerate(corpus) if n not in tested]
    # The few paragraphs by people come thrice, each time with other answers drawn.
    found += 3 * [Text(title, paragraph["context"], "xquad") for title, paragraph in _paragraphs(data)]
    papers = sorted({row.context for row in single(data, "covidqa")[0]})
    for paper in papers:
        whole = [text for text in paper.split("\n") if _LEAST < len(text) < _MOST and "http" not in text]
        found += [Text("", text, "covidqa") for text in whole[:2]]
    found += [Text("", text, "policyqa") for text in sorted({row.context for row in single(data, "policyqa")[0]})]
    return [one for one in found if _SHORTEST < len(one.text) < _LONGEST]
