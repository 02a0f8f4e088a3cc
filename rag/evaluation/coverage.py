"""How much of what is known to be true the graph connects: ``python -m rag.evaluation.coverage FOLDER [--split S]``.

FOLDER is a ``multihop`` set whose questions have ``triples`` (subject, predicate, object). For every gold pair
(subject, object) it is looked whether the graph holds both names, whether a typed relation joins them (in either
direction, whatever its predicate; a year is also met by a date of that year), and whether any edge or a shared sentence
does: an edge is a relation or the title that an entity gives to the document whose chunk names the other. Explicit
aliases are no typed relation.
"""

from __future__ import annotations

import json
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from connectors import Document
from knowledge.chunk import chunk_document
from knowledge.extract import Extractor, SpacyExtractor
from knowledge.graph import KnowledgeGraph
from knowledge.index import extract_all
from knowledge.language import sentences
from knowledge.records import ALIAS, DocumentEntity, Mention, Relation
from knowledge.resolve.corpus import resolve_corpus
from knowledge.types import DATE
from knowledge.values import find_values


class Coverage:
    """A corpus as it was extracted, to be asked about pairs of names."""

    def __init__(self, corpus: Iterable[tuple[str, str]], extractor: Extractor, *, workers: int = 0) -> None:
        documents = [
            Document(id=f"corpus/{place}", source="corpus", title=title, text=text, version="")
            for place, (title, text) in enumerate(corpus)
        ]
        pairs = [(document, chunk_document(document)) for document in documents]
        began = time.perf_counter()
        extractions = extract_all(extractor, pairs, workers=workers)
        self.seconds = time.perf_counter() - began
        entities: list[DocumentEntity] = []
        mentions: list[Mention] = []
        relations: list[Relation] = []
        for extraction in extractions:
            entities += extraction.entities
            mentions += extraction.mentions
            relations += extraction.relations
        chunks = [chunk for _, some in pairs for chunk in some]
        of_chunk = {chunk.id: chunk.document_id for chunk in chunks}
        self.graph = KnowledgeGraph.build(chunks, entities, mentions, relations)
        resolved = resolve_corpus(entities, mentions, of_chunk, relations).of
        self.relations = len(relations)
        self.mentions = len(mentions)
        self.words = sum(len(document.text.split()) for document in documents)
        self.dates = {m.entity for m in mentions if m.type == DATE}
        self.joined = {
            frozenset((resolved[of_chunk[r.chunk_id], r.subject], resolved[of_chunk[r.chunk_id], r.object]))
            for r in relations
            if r.predicate != ALIAS
        }
        starts = {document.id: [start for start, _ in sentences(document.text, "en")] for document in documents}
        self.sentences: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self.chunks: dict[str, set[str]] = defaultdict(set)
        for m in mentions:
            document_id = of_chunk[m.chunk_id]
            entity = resolved[document_id, m.entity]
            self.sentences[entity].add((document_id, bisect_right(starts[document_id], m.start)))
            self.chunks[entity].add(document_id)
        self.titled: dict[str, set[str]] = defaultdict(set)
        for document in documents:
            for entity in self.meant(document.title):
                self.titled[entity].add(document.id)

    def meant(self, name: str) -> set[str]:
        """Return the keys of what a name, or a date, may mean."""
        plain = name.strip('" ')
        # What follows a comma tells a name from others ("Kearney, Nebraska"); the graph may have it without.
        forms = (plain, plain.partition(", ")[0])
        found = next((keys for form in forms if (keys := {e.key for e in self.graph.candidates(form)})), set())
        values = tuple(value.key for value in find_values(f"in {name}", "en") if value.type == DATE)
        return found | {key for key in self.dates if values and key.strip("~/").startswith(values)}

    def pair(self, subject: str, target: str) -> tuple[bool, bool, bool]:
        """Tell whether both names are known, joined by a relation, and joined at all."""
        subjects, targets = self.meant(subject), self.meant(target)
        typed = any(frozenset((s, t)) in self.joined for s in subjects for t in targets)
        shared = typed or any(
            self.sentences[s] & self.sentences[t] or self.titled[s] & self.chunks[t] or self.titled[t] & self.chunks[s]
            for s in subjects
            for t in targets
        )
        return bool(subjects and targets), typed, shared


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--split", type=click.Choice(["tune", "test"]), help="Only the questions of one part.")
@click.option("--workers", default=0, help="Processes that extract; 0: as many as there are cores.")
@click.option("--missed", help="Show the pairs of this predicate that no relation joins.")
@click.option("--pipeline", default="builtin", help="The English spaCy pipeline.")
def main(folder: Path, split: str | None, workers: int, missed: str | None, pipeline: str) -> None:
    """Print the shares of gold pairs as one JSON object."""
    corpus = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    questions = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    triples = {
        tuple(triple) for question in questions if split in (None, question["split"]) for triple in question["triples"]
    }
    extractor = SpacyExtractor(pipeline=pipeline)
    coverage = Coverage([(entry["title"], entry["text"]) for entry in corpus], extractor, workers=workers)
    counts: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    for subject, predicate, target in sorted(triples):
        told = coverage.pair(subject, target)
        counts[predicate].append(told)
        counts["all"].append(told)
        if predicate == missed and not told[1]:
            click.echo(f"{subject} | {target} | known {told[0]}, shared {told[2]}", err=True)
    ordered = sorted(counts.items(), key=lambda item: -len(item[1]))
    result: dict[str, Any] = {
        "pairs": len(triples),
        "extract_seconds": round(coverage.seconds, 1),
        "words": coverage.words,
        "entities": len(coverage.graph.entities()),
        "mentions": coverage.mentions,
        "relations": coverage.relations,
        **{
            name: {
                "pairs": len(told),
                "known": _share(one[0] for one in told),
                "relation": _share(one[1] for one in told),
                "any": _share(one[2] for one in told),
            }
            for name, told in ordered
        },
    }
    click.echo(json.dumps(result, indent=2))


def _share(values: Iterable[bool]) -> float:
    listed = list(values)
    return round(sum(listed) / len(listed), 3)


if __name__ == "__main__":
    main()
