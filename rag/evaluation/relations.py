"""Relations against annotated sentences: ``python -m rag.evaluation.relations ANNOTATIONS DATA [--split S]``.

The annotations (tests/data/relations.json) hold no text: a list of {set, split, document, paragraph?, start, end, hash,
relations}, with offsets into the document of the public set under DATA, the sentence's BLAKE2b hash to tell that it is
the same, and for each relation {subject, object: half-open offsets into the sentence, or "topic": what the document is
about; predicates: ways of saying it; inverse: ways of saying it the other way round; negated?, modal?, optional?}.

A found relation is right when its sides are mentioned at (or, for "topic", are) the annotated sides, it is negated as
annotated, and it holds all content words of one of the predicates and at most one more; Chinese predicates are right
when one contains the other. What only matches optional annotations counts neither as right nor as wrong. Precision is
right / (right + wrong), recall the share of the annotations that are not optional and were found.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from connectors import Document, Upsert, open_source
from knowledge.chunk import chunk_document
from knowledge.extract import Extractor, SpacyExtractor
from knowledge.language import search_tokens
from knowledge.records import ALIAS, Extraction, Relation
from knowledge.resolve import entity_key
from rag.errors import DatasetError

_LEAST_SHARED = 0.5
"""Of the shorter of two sentences: from here on they are one."""


@dataclass(slots=True)
class Score:
    """Counts; ``right_found`` counts annotations, ``right`` what was found."""

    right: int = 0
    wrong: int = 0
    found: int = 0
    required: int = 0
    sentences: int = 0
    errors: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, float | int]:
        """Return precision, recall and F1, 0 to 1, with the counts behind them."""
        precision = self.right / max(1, self.right + self.wrong)
        recall = self.found / max(1, self.required)
        return {
            "sentences": self.sentences,
            "extracted": self.right + self.wrong,
            "annotated": self.required,
            "precision": round(precision, 3),
            "recall": round(recall, 3),
            "f1": round(2 * precision * recall / max(1e-9, precision + recall), 3),
        }


def score(annotations: Sequence[Mapping[str, Any]], data: Path, extractor: Extractor) -> dict[str, Score]:
    """Return the score of each set, and of all under ``all``.

    Raises
    ------
    DatasetError
        A set is missing, or a sentence is not the one that was annotated.
    """
    scores: dict[str, Score] = defaultdict(Score)
    by_document: dict[tuple[str, Any, Any], list[Mapping[str, Any]]] = defaultdict(list)
    for entry in annotations:
        by_document[entry["set"], entry["document"], entry.get("paragraph")].append(entry)
    for document, entries in _documents(data, by_document):
        found = extractor.extract(document, chunk_document(document))
        for entry in entries:
            sentence = document.text[entry["start"] : entry["end"]]
            if hashlib.blake2b(sentence.encode(), digest_size=6).hexdigest() != entry["hash"]:
                raise DatasetError(f"{document.id}: the annotated sentence is not there; is the set another version?")
            for name in (entry["set"], "all"):
                _judge(entry, document, sentence, found, scores[name])
    return dict(scores)


def _documents(
    data: Path, wanted: Mapping[tuple[str, Any, Any], list[Mapping[str, Any]]]
) -> Iterator[tuple[Document, list[Mapping[str, Any]]]]:
    corpus = _read(data / "multihop/2wiki/corpus.json")
    articles = {article["title"]: article for article in _read(data / "reading/cmrc2018_zh_dev.json")}
    for (name, place, paragraph), entries in wanted.items():
        if name == "2wiki":
            yield _document(f"{name}/{place}", corpus[place]["title"], corpus[place]["text"]), entries
        elif name == "cmrc":
            text = articles[place]["paragraphs"][paragraph]["context"]
            yield _document(f"{name}/{place}/{paragraph}", place, text), entries
        else:
            path = data / "financebench/pdfs" / place
            if not path.is_file():
                raise DatasetError(f"{path} is not there")
            yield next(c.document for c in open_source(str(path)).changes(None) if isinstance(c, Upsert)), entries


def _document(name: str, title: str, text: str) -> Document:
    return Document(id=name, source="annotated", title=title, text=text, version="")


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from error


def _judge(entry: Mapping[str, Any], document: Document, sentence: str, found: Extraction, score: Score) -> None:
    required = [gold for gold in entry["relations"] if not gold.get("optional")]
    optional = [gold for gold in entry["relations"] if gold.get("optional")]
    score.sentences += 1
    score.required += len(required)
    reached: set[int] = set()
    for relation in found.relations:
        if relation.predicate == ALIAS or not _overlap(relation.start, relation.end, entry["start"], entry["end"]):
            continue
        hits = [place for place, gold in enumerate(required) if _matches(gold, entry, document, relation, found)]
        if hits:
            score.right += 1
            reached.update(hits)
        elif not any(_matches(gold, entry, document, relation, found) for gold in optional):
            score.wrong += 1
            score.errors.append(f"- {relation.subject} | {relation.predicate} | {relation.object}\n    {sentence}")
    score.found += len(reached)
    for place, gold in enumerate(required):
        if place not in reached:
            sides = [g if g == "topic" else sentence[slice(*g)] for g in (gold["subject"], gold["object"])]
            score.errors.append(f"+ {sides[0]} | {'/'.join(gold['predicates'][:3])} | {sides[1]}\n    {sentence}")


def _overlap(start: int, end: int, other_start: int, other_end: int) -> bool:
    shared = min(end, other_end) - max(start, other_start)
    return shared >= _LEAST_SHARED * min(end - start, other_end - other_start)


def _matches(
    gold: Mapping[str, Any], entry: Mapping[str, Any], document: Document, relation: Relation, found: Extraction
) -> bool:
    if gold.get("negated", False) != relation.negated:
        return False

    def at(side: Any, key: str) -> bool:
        if side == "topic":
            return key == entity_key(document.title) or _stands_in(entry, document, key, found)
        start, end = (entry["start"] + offset for offset in side)
        return any(m.entity == key and m.start < end and start < m.end for m in found.mentions)

    forth = at(gold["subject"], relation.subject) and at(gold["object"], relation.object)
    back = at(gold["subject"], relation.object) and at(gold["object"], relation.subject)
    return (forth and _says(relation.predicate, gold["predicates"])) or (
        back and _says(relation.predicate, gold.get("inverse", ()))
    )


def _stands_in(entry: Mapping[str, Any], document: Document, key: str, found: Extraction) -> bool:
    """Tell whether in the sentence an entity is called by a word that is not its name."""
    return any(
        m.entity == key
        and entry["start"] <= m.start < entry["end"]
        and (m.name[0].islower() or not _shares(m.name, key))
        for m in found.mentions
    )


def _shares(name: str, key: str) -> bool:
    return not set(entity_key(name).split()).isdisjoint(key.split())


def _says(predicate: str, accepted: Sequence[str]) -> bool:
    said = set(search_tokens(predicate))
    for wanted in accepted:
        if not wanted.isascii():
            if wanted in predicate or predicate in wanted:
                return True
            continue
        words = set(search_tokens(wanted))
        if not words and said and wanted.split()[-1:] == predicate.split()[-1:]:
            # Where the preposition alone is accepted, a noun before it says no more: "player from".
            return True
        if (words or not said) and words <= said and len(said) <= len(words) + 1:
            return True
    return False


@click.command()
@click.argument("annotations", type=click.Path(path_type=Path, exists=True))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--split", type=click.Choice(["tune", "test"]), help="Only the sentences of one part.")
@click.option("--only", help="Only the sentences of one set.")
@click.option("--errors", is_flag=True, help="Show what was wrongly found (-) and what was missed (+).")
@click.option("--pipeline", default="builtin", help="The English spaCy pipeline.")
def main(annotations: Path, data: Path, split: str | None, only: str | None, errors: bool, pipeline: str) -> None:
    """Print precision and recall of relations as one JSON object."""
    entries = [
        entry
        for entry in json.loads(annotations.read_text(encoding="utf-8"))
        if split in (None, entry["split"]) and only in (None, entry["set"])
    ]
    try:
        scores = score(entries, data, SpacyExtractor(pipeline=pipeline))
    except DatasetError as error:
        raise click.ClickException(str(error)) from error
    if errors:
        print("\n".join(scores["all"].errors), file=sys.stderr)
    click.echo(json.dumps({name: one.figures() for name, one in scores.items()}, indent=2))


if __name__ == "__main__":
    main()
