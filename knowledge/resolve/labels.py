"""What labels, models and titles of papers tell of names: "City: Leeds" of Leeds, "Logbox 16" of Logbox."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from knowledge.records import DocumentEntity, Relation
from knowledge.resolve.forms import normal
from knowledge.types import NAME, ORG, PERSON, PLACE, PRODUCT
from knowledge.wordlists import word_lists

_BRACKET = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
_MODEL = re.compile(r"([A-Z][A-Za-z]{2,20}) [A-Z]{0,2}\d{1,3}[A-Za-z]?")


def plain_label(label: str) -> str:
    """Return a label without marks and brackets, in lower case."""
    return " ".join(_BRACKET.sub("", label).strip(" \t*_").casefold().split())


def label_kind(label: str) -> str:
    """Return the type of what stands under a label, or nothing."""
    plain = plain_label(label)
    if kind := _columns().get(plain):
        return kind
    last = plain.rpartition(" ")[2]
    return word_lists("resolve", "labels")["last"].get(last, "") if last != plain else ""


@cache
def label_words(name: str) -> frozenset[str]:
    """Return a list of labels or of cells."""
    return frozenset(word_lists("resolve", "labels")["labels"][name])


@cache
def _columns() -> dict[str, str]:
    return {label: kind for kind, labels in word_lists("resolve", "labels")["columns"].items() for label in labels}


def is_paper(name: str) -> bool:
    """Tell whether a name is a paper's: "Logbox User Manual"."""
    return any(_before(name, end) for ends in word_lists("resolve", "labels")["papers"].values() for end in ends)


def paper_subject(title: str) -> str:
    """Return the product that a paper is about whose title says so: "Logbox" of "Logbox user manual"; else nothing."""
    ends = word_lists("resolve", "labels")["papers"]["products"]
    return next(filter(None, (_before(title, end) for end in ends)), "")


def _before(name: str, end: str) -> str:
    return name[: -len(end)].strip(" -–—:") if name.lower().endswith(" " + end) else ""


def told_nodes(
    nodes: Sequence[DocumentEntity], chunk_documents: Mapping[int, str], relations: Iterable[Relation]
) -> list[DocumentEntity]:
    """Return the nodes, with the type that another document tells of a name which a recogniser guessed at.

    A column tells what its values are, and a model that the word before it is a product. A word that is a part of
    somebody's name stays what it is.
    """
    of = {(node.document_id, node.key): node for node in nodes}
    told: dict[str, set[str]] = defaultdict(set)
    for relation in relations:
        document = chunk_documents.get(relation.chunk_id, "")
        kind, key = label_kind(relation.predicate), relation.object
        if plain_label(relation.predicate) in label_words("personal"):
            kind, key = PERSON, relation.subject
        node = of.get((document, key)) if kind else None
        if node is not None and node.type == kind:
            told[normal(node.name)].add(kind)
    given: set[str] = set()
    surnames: set[str] = set()
    subjects: set[str] = set()
    for node in nodes:
        if node.type == PERSON and " " in node.name:
            *first, last = map(normal, node.name.split())
            given.update(first)
            surnames.add(last)
        elif node.type == PRODUCT and (model := _MODEL.fullmatch(node.name)):
            told[normal(model[1])].add(PRODUCT)
        elif subject := paper_subject(node.name):
            subjects.add(normal(subject))
    for name in subjects - told.keys():
        told[name].add(PRODUCT)
    # "Curlew Basic" may have been taken for a person, and tells nothing of Curlew.
    people = surnames | {name for name in given if told.get(name) != {PRODUCT}}
    return [node if normal(node.name) in people else _told(node, told, subjects) for node in nodes]


def _told(node: DocumentEntity, told: Mapping[str, set[str]], subjects: Container[str]) -> DocumentEntity:
    name = normal(node.name)
    kinds = told.get(name, set())
    if node.type not in (PERSON, PLACE, ORG, NAME) or node.qualifier or len(kinds) != 1:
        return node
    (kind,) = kinds
    # One word may name a person and much else; and a maker may be called as its models are.
    unsure = " " not in node.name and kind not in (PLACE, PRODUCT)
    maker = kind == PRODUCT and node.type == ORG and name not in subjects
    return node if unsure or maker or kind == node.type else replace(node, type=kind)
