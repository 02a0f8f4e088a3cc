"""What the built-in reader is trained on: ``python -m rag.training.mixture DATA OUT [--synthetic FILE]``.

DATA is the folder of the public sets (docs/training.md names them and their licences). QAMR asks about single
sentences; so that the reader learns to find the right one, some are put among sentences that are about similar things,
and some questions are put to such sentences alone, which do not answer them. Questions of 2WikiMultihopQA and HotpotQA
(split tune) are put to their two documents together. Questions that a model wrote (``rag.training.writer``) are varied
so that a like passage, or one about another name or year, is told from one that answers.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import log
from pathlib import Path

import click

from knowledge.language import search_tokens
from knowledge.wordlists import word_lists
from rag.training.data import Row, read_rows, write_rows
from rag.training.public import PAIRED, SEED, SINGLE, pairs, single, xquad

WRITTEN = "written"
"""Source of questions that ``rag.training.writer`` writes."""
_ALIKE = 25
"""Sentences that are most like one, from which its neighbours are drawn."""
_NEIGHBOURS = (0, 0, 0, 0, 0, 1, 1, 2, 2, 3)
_EMPTY = 0.12
"""Share of questions that are put to texts without their answer."""
_NEAREST = 6
"""Passages that are most like a written question's, from which others for it are drawn."""
_UNTITLED, _BESIDE = 0.4, 0.35
"""Shares of written questions whose passage is read without its title, and with another one beside it."""
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)+")


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--synthetic", type=click.Path(path_type=Path, dir_okay=False), help="Proposed or written questions to add."
)
@click.option("--qamr", type=click.FloatRange(0, 1), default=1.0, help="Share of QAMR's questions.")
@click.option(
    "--xquad", "copies", type=click.IntRange(min=0), default=0, help="Times that XQuAD's questions are added."
)
@click.option("--proposed", type=click.FloatRange(0, 1), default=1.0, help="Share of the proposed questions.")
@click.option(
    "--negatives", type=click.FloatRange(0, 1), default=0.16, help="Share of written questions put to a like passage."
)
@click.option(
    "--exchanged", type=click.FloatRange(0, 1), default=0.1, help="Share of them that get another name or year."
)
@click.option("--tables", type=click.IntRange(min=0), default=0, help="Questions about made-up tables.")
@click.option("--seed", type=int, default=SEED)
def main(
    data: Path,
    out: Path,
    synthetic: Path | None,
    qamr: float,
    copies: int,
    proposed: float,
    negatives: float,
    exchanged: float,
    tables: int,
    seed: int,
) -> None:
    """Write OUT/train.jsonl and OUT/check.jsonl."""
    draw = random.Random(seed)
    train, check = known(data, draw, qamr=qamr, copies=copies)
    train += made_tables(tables, draw)
    if synthetic:
        added = read_rows(synthetic).rows
        written = [row for row in added if row.source == WRITTEN]
        others = [replace(row, source="proposed") for row in added if row.source != WRITTEN]
        train += _sample(others, proposed, draw)
        train += varied(written, draw, negatives=negatives, exchanged=exchanged)
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", train), ("check", check)):
        write_rows(out / f"{name}.jsonl", rows)
        counts = Counter(row.source for row in rows)
        click.echo(f"{name}: {len(rows)} {dict(counts)}, {sum(not row.answers for row in rows)} without an answer")


def known(data: Path, draw: random.Random, *, qamr: float, copies: int) -> tuple[list[Row], list[Row]]:
    """Return questions that people wrote, to train on and to validate with.

    Parameters
    ----------
    qamr
        Share of QAMR's questions.
    copies
        How often XQuAD's are taken, once with their passage and once with one that does not answer them.
    """
    train: list[Row] = []
    check: list[Row] = []
    for name in SINGLE:
        mine, others = single(data, name)
        if name == "qamr":
            train += _placed(_sample(mine, qamr, draw), draw)
            check += _placed(_sample(others, 400 / len(others), draw), draw)
        else:
            train += _emptied(mine, draw)
            check += _sample(others, 100 / max(100, len(others)), draw)
    for name in PAIRED:
        train += pairs(data, name, draw)
    asked = xquad(data) if copies else []
    near = _neighbours(asked)
    for copy in range(copies):
        rows = [replace(row, id=f"{row.id}-{copy}") for row in asked]
        train += [one for row in rows for one in (row, _elsewhere(row, near[row.context], draw)) if one]
    return train, check


def varied(rows: Sequence[Row], draw: random.Random, *, negatives: float, exchanged: float) -> Iterator[Row]:
    """Yield written questions about their passage, at times beside another, about one like it that does not answer
    them, or with another name or year, for which there is no answer (shares ``negatives`` and ``exchanged``)."""
    near = _neighbours(rows)
    for row in rows:
        others = near[row.context]
        chance = draw.random()
        odd = None
        if chance < negatives:
            odd = _elsewhere(row, others, draw)
        elif chance >= 1 - exchanged:
            odd = _exchanged(row, [other.context for other in others], draw)
        yield odd or _beside(row, others, draw)


def _neighbours(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return for each context rows of the contexts that are most like it."""
    first = {row.context: row for row in reversed(rows)}
    alike = _alike(sorted(first))
    return {context: [first[other] for other in alike[context][:_NEAREST]] for context in first}


def _elsewhere(row: Row, others: Sequence[Row], draw: random.Random) -> Row | None:
    """Return a question with another passage, which does not hold its answer; None: all of them do."""
    answer = row.texts[0].lower()
    without = [other for other in others if answer not in f"{other.title} {other.context}".lower()]
    if not without:
        return None
    other = draw.choice(without)
    return replace(row, id=f"{row.id}-none", context=other.context, title=other.title, answers=())


def _exchanged(row: Row, others: Sequence[str], draw: random.Random) -> Row | None:
    """Return a question about another year or, where it holds none, another name, which like passages hold."""
    kind = _YEAR if _YEAR.search(row.question) else _NAME
    places = list(kind.finditer(row.question))
    values = [value for other in others for value in kind.findall(other)]
    values = [value for value in values if value not in row.context and value not in row.question]
    if not places or not values:
        return None
    place, value = draw.choice(places), draw.choice(values)
    question = row.question[: place.start()] + value + row.question[place.end() :]
    return replace(row, id=f"{row.id}-other", question=question, answers=())


def _beside(row: Row, others: Sequence[Row], draw: random.Random) -> Row:
    """Return a question, at times without its passage's title, at times with another passage before or after it."""
    row = replace(row, title="") if draw.random() < _UNTITLED else row
    texts = [other.context for other in others if row.texts[0].lower() not in other.context.lower()]
    if not texts or draw.random() >= _BESIDE:
        return row
    other = draw.choice(texts)
    if draw.random() < 0.5:
        return replace(row, context=f"{row.context} {other}")
    lead = len(other) + 1
    moved = tuple((start + lead, end + lead) for start, end in row.answers)
    return replace(row, context=f"{other} {row.context}", answers=moved)


def _sample(rows: Sequence[Row], share: float, draw: random.Random) -> list[Row]:
    return draw.sample(list(rows), min(len(rows), round(share * len(rows))))


def _placed(rows: Sequence[Row], draw: random.Random) -> Iterator[Row]:
    """Yield questions about sentences, some of them among others that are like theirs, or with these alone."""
    alike = _alike(sorted({row.context for row in rows}))
    for row in rows:
        empty = draw.random() < _EMPTY
        others = draw.sample(alike[row.context], draw.choice(_NEIGHBOURS) + empty)
        if empty:
            text = " ".join(others)
            if others and row.texts[0].lower() not in text.lower():
                yield replace(row, context=text, answers=())
                continue
        place = draw.randint(0, len(others))
        before = "".join(f"{other} " for other in others[:place])
        yield replace(
            row,
            context=" ".join([*others[:place], row.context, *others[place:]]),
            answers=tuple((start + len(before), end + len(before)) for start, end in row.answers),
        )


def _alike(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return for each text those that share the most of its rare words."""
    tokens = [set(search_tokens(text)) for text in texts]
    counts = Counter(token for one in tokens for token in one)
    holders = defaultdict[str, list[int]](list)
    for number, one in enumerate(tokens):
        for token in one:
            holders[token].append(number)
    found = {}
    for number, one in enumerate(tokens):
        shared = Counter[int]()
        for token in sorted(one):
            for other in holders[token]:
                shared[other] += log(len(texts) / counts[token])  # type: ignore[assignment]
        del shared[number]
        best = [other for other, _ in shared.most_common(_ALIKE)]
        rest = [other for other in range(min(len(texts), 2 * _ALIKE)) if other != number]
        found[texts[number]] = [texts[other] for other in dict.fromkeys(best + rest)]
    return found


def _emptied(rows: Sequence[Row], draw: random.Random) -> Iterator[Row]:
    """Yield questions, some of them with the text of another."""
    for row in rows:
        other = draw.choice(rows).context
        if draw.random() < _EMPTY and row.texts[0].lower() not in other.lower():
            yield replace(row, context=other, answers=())
        else:
            yield row


def made_tables(count: int, draw: random.Random) -> Iterator[Row]:
    """Yield questions about rows of made-up tables, written as connectors write tables: a row a line."""
    words = word_lists("training", "tables", package="rag")
    for number in range(count):
        table = draw.choice(words["table"])
        names = draw.sample(table["names"], draw.randint(1, min(6, len(table["names"]))))
        columns = draw.sample(table["columns"], draw.randint(2, len(table["columns"])))
        asked, column = draw.choice(names), draw.choice(columns)
        labelled = draw.random() < 0.8
        text, answer = "", None
        for name in names:
            text += "\n" if text else ""
            text += f"{table['key']}: {name}" if labelled else name
            for one in columns:
                text += f" | {one['name']}: " if labelled else " | "
                value = _value(one["kind"], words["values"], draw)
                if name == asked and one is column:
                    answer = (len(text), len(text) + len(value))
                text += value
        if not labelled:
            head = " | ".join([table["key"], *(one["name"] for one in columns)]) + "\n"
            text, answer = head + text, answer and (answer[0] + len(head), answer[1] + len(head))
        question = draw.choice(column["ask"])
        missing = draw.random() < _EMPTY and len(names) < len(table["names"])
        if missing:
            asked = draw.choice([name for name in table["names"] if name not in names])
        spans = () if missing or answer is None else (answer,)
        yield Row(f"table-{number}", question.format(key=asked), text, spans, "en", source="tables")


def _value(kind: str, values: Mapping[str, Sequence[str]], draw: random.Random) -> str:
    """Return a cell of a kind."""
    if kind in values:
        return draw.choice(values[kind])
    number = draw.randint(1, 9999)
    return {
        "small": str(draw.randint(1, 40)),
        "number": f"{number:,}" if draw.random() < 0.5 else str(number),
        "extension": str(draw.randint(1000, 9999)),
        "register": str(draw.randint(30001, 49999)),
        "money": draw.choice(["£{}", "€{}", "${}", "{} EUR", "{}", "{}.50"]).format(draw.randint(5, 999)),
        "weight": f"{draw.randint(1, 90)}{draw.choice([' kg', '.5 kg', ' g'])}",
        "duration": f"{draw.choice(['', 'net ', 'up to '])}{draw.randint(2, 60)} "
        + draw.choice(["days", "weeks", "months"]),
        "date": f"{draw.randint(2009, 2025)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
    }[kind]


if __name__ == "__main__":
    main()
