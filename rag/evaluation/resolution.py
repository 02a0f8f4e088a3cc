"""Resolution of names: ``python -m rag.evaluation.resolution NAMES [--split S] [--errors]``.

NAMES (tests/data/resolution.json) holds ``cases``, each a small corpus with mentions and the entity that each of them
means, and ``hard_pairs``: two mentions that look alike and mean two things. Figures, once for the whole extractor (a
mention that it does not find is an entity of its own) and once with the mentions and their types given, so that only
the resolution is measured: B³ precision, recall and F1 (Bagga and Baldwin 1998) over all mentions, and how many hard
pairs were wrongly merged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from connectors import Document
from knowledge.chunk import chunk_document
from knowledge.extract import Extractor, SpacyExtractor
from knowledge.extract.candidate import Candidate
from knowledge.language import STOP_WORDS
from knowledge.records import ALIAS, Chunk, DocumentEntity, Extraction, Mention, Relation
from knowledge.resolve import entity_key
from knowledge.resolve.corpus import resolve_corpus
from knowledge.resolve.document import resolve_document
from knowledge.types import VALUES

Case = Mapping[str, Any]
Place = tuple[str, int, int]
"""Document id and half-open offsets into its text."""


class GivenMentions:
    """An extractor that is told the marked mentions; all others, and relations, are what another extractor finds.

    Parameters
    ----------
    case
        An entry of the set.
    extractor
        Finds relations.
    """

    def __init__(self, case: Case, extractor: Extractor) -> None:
        self._case = case
        self._extractor = extractor

    def extract(self, document: Document, chunks: Sequence[Chunk]) -> Extraction:
        """Return the given mentions and those that lie apart from them, resolved, with the relations between them."""
        found = self._extractor.extract(document, chunks)
        given = {
            Candidate(*place[1:], str(m["type"]), "ner")
            for m in _marked(self._case)
            if (place := _place(m, self._case))[0] == document.id
        }
        others = {
            Candidate(m.start, m.end, m.type, "ner", m.entity if m.type in VALUES else "")
            for m in found.mentions
            if not any(c.start < m.end and m.start < c.end for c in given) and not _stands_in(m.name)
        }
        candidates = sorted(given | others, key=lambda c: c.start)
        resolved = resolve_document(document, candidates)
        types = {entity.key: entity.type for entity in resolved.entities}
        mentions = [
            Mention(_chunk_at(chunks, c.start), key, document.text[c.start : c.end], types[key], c.start, c.end)
            for c, key in zip(candidates, resolved.keys, strict=True)
        ]
        renamed = {m.entity: g.entity for m in found.mentions for g in mentions if m.start < g.end and g.start < m.end}
        relations = [
            Relation(
                r.chunk_id, renamed[r.subject], r.predicate, renamed[r.object], r.start, r.end, r.confidence, r.negated
            )
            for r in found.relations
            if r.predicate != ALIAS and r.subject in renamed and r.object in renamed
        ]
        aliases = [
            Relation(_chunk_at(chunks, a.start), a.key, ALIAS, a.other, a.start, a.end, 1.0) for a in resolved.aliases
        ]
        return Extraction(resolved.entities, tuple(mentions), (*relations, *aliases))


def _stands_in(name: str) -> bool:
    """Tell whether a mention is a pronoun or the like: it says nothing without the extractor that understood it."""
    return name[:1].islower() or entity_key(name) in STOP_WORDS


def _chunk_at(chunks: Sequence[Chunk], start: int) -> int:
    return next(chunk.id for chunk in chunks if chunk.start <= start < chunk.end)


def _marked(case: Case) -> list[Mapping[str, Any]]:
    return list(case["mentions"]) if "mentions" in case else [case["a"], case["b"]]


def _place(mention: Mapping[str, Any], case: Case) -> Place:
    text = next(str(d["text"]) for d in case["documents"] if d["id"] == mention["document"])
    start = -1
    for _ in range(int(mention["n"]) + 1):
        start = text.index(str(mention["text"]), start + 1)
    return str(mention["document"]), start, start + len(str(mention["text"]))


def clusters(case: Case, extractor: SpacyExtractor | GivenMentions) -> list[str]:
    """Return for each marked mention of a case the entity that it was taken for; each one not found is its own."""
    entities: list[DocumentEntity] = []
    mentions: list[Mention] = []
    relations: list[Relation] = []
    documents: dict[int, str] = {}
    for entry in case["documents"]:
        document = Document(
            id=str(entry["id"]), source="case", title=str(entry["title"]), text=str(entry["text"]), version=""
        )
        chunks = chunk_document(document)
        found = extractor.extract(document, chunks)
        entities += found.entities
        mentions += found.mentions
        relations += found.relations
        documents.update({chunk.id: document.id for chunk in chunks})
    resolution = resolve_corpus(entities, mentions, documents, relations)
    taken = []
    for number, marked in enumerate(_marked(case)):
        document_id, start, end = _place(marked, case)
        over = [
            (min(end, m.end) - max(start, m.start), m.entity)
            for m in mentions
            if documents[m.chunk_id] == document_id and m.start < end and start < m.end
        ]
        taken.append(resolution.of[document_id, max(over)[1]] if over else f"\0{number}")
    return taken


def b_cubed(gold: Sequence[Sequence[str]], taken: Sequence[Sequence[str]]) -> tuple[float, float, float]:
    """Return B³ precision, recall and F1, 0 to 1, over the mentions of all cases."""
    precisions, recalls = [], []
    for right, found in zip(gold, taken, strict=True):
        for mine, my in zip(right, found, strict=True):
            together = [g for g, f in zip(right, found, strict=True) if f == my]
            meant = [f for g, f in zip(right, found, strict=True) if g == mine]
            precisions.append(together.count(mine) / len(together))
            recalls.append(meant.count(my) / len(meant))
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return precision, recall, 2 * precision * recall / (precision + recall)


def figures(
    names: Mapping[str, Any], split: str | None, *, given: bool, errors: bool = False
) -> dict[str, float | int]:
    """Return the figures that the module's docstring tells of."""
    extractor = SpacyExtractor()
    cases, pairs = ([c for c in names[kind] if split in (None, c["split"])] for kind in ("cases", "hard_pairs"))

    def taken(case: Case) -> list[str]:
        return clusters(case, GivenMentions(case, extractor) if given else extractor)

    gold = [[str(m["entity"]) for m in case["mentions"]] for case in cases]
    found = [taken(case) for case in cases]
    merged = [pair for pair in pairs if len(set(taken(pair))) == 1]
    if errors:
        for case, right, mine in zip(cases, gold, found, strict=True):
            if len({*zip(right, mine, strict=True)}) != len({*right}) or len({*right}) != len({*mine}):
                click.echo(
                    f"{case['name']}: {list(zip([m['text'] for m in case['mentions']], right, mine, strict=True))}"
                )
        for pair in merged:
            click.echo(f"merged: {pair['name']}: {pair['a']['text']} / {pair['b']['text']}: {pair['why']}")
    precision, recall, f1 = b_cubed(gold, found)
    return {
        "mentions": sum(map(len, gold)),
        "b3_precision": round(precision, 3),
        "b3_recall": round(recall, 3),
        "b3_f1": round(f1, 3),
        "hard_pairs": len(pairs),
        "wrong_merges": len(merged),
    }


@click.command()
@click.argument("names", type=click.Path(path_type=Path, exists=True))
@click.option("--split", type=click.Choice(["tune", "test"]), help="Only the cases of one part.")
@click.option("--errors", is_flag=True, help="Show what was taken for something else.")
def main(names: Path, split: str | None, errors: bool) -> None:
    """Print B³ and the wrong merges as one JSON object."""
    parsed = json.loads(names.read_text(encoding="utf-8"))
    found = {
        "whole extractor": figures(parsed, split, given=False, errors=errors),
        "mentions given": figures(parsed, split, given=True, errors=errors),
    }
    click.echo(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
