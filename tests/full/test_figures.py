"""The figures that the README states of extraction and resolution hold, within a margin, on the annotated sets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.extract import SpacyExtractor
from rag.evaluation.coverage import Coverage
from rag.evaluation.relations import score
from rag.evaluation.resolution import figures

ROOT = Path(__file__).parents[2]
SETS = ROOT.parent / "shared" / "data"
HELD = ROOT / "tests" / "data"


def needs(*parts: str) -> Path:
    path = SETS.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the public set {'/'.join(parts)} is not there: its figures are not checked")
    return path


@pytest.mark.parametrize("given", [False, True])
def test_resolution(given) -> None:
    names = json.loads((HELD / "resolution.json").read_text(encoding="utf-8"))
    found = figures(names, None, given=given)
    assert found["mentions"] >= 150
    assert found["hard_pairs"] >= 50
    assert found["b3_f1"] >= (0.95 if given else 0.84)
    assert found["b3_precision"] >= 0.98


@pytest.mark.parametrize(("name", "precision", "recall"), [("2wiki", 0.80, 0.50), ("cmrc", 0.80, 0.30)])
def test_relations(name, precision, recall) -> None:
    needs("multihop", "2wiki")
    needs("reading")
    entries = json.loads((HELD / "relations.json").read_text(encoding="utf-8"))
    found = score([entry for entry in entries if entry["set"] == name], SETS, SpacyExtractor())[name].figures()
    assert found["precision"] >= precision
    assert found["recall"] >= recall


def test_coverage() -> None:
    """Of the gold passages of the first 300 questions alone: the whole corpus takes minutes."""
    folder = needs("multihop", "2wiki")
    corpus = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    questions = json.loads((folder / "questions.json").read_text(encoding="utf-8"))[:300]
    gold = sorted({place for question in questions for place in question["gold"]})
    coverage = Coverage([(corpus[place]["title"], corpus[place]["text"]) for place in gold], SpacyExtractor())
    told = [coverage.pair(s, o) for s, _, o in {tuple(t) for q in questions for t in q["triples"]}]
    assert sum(typed for _, typed, _ in told) / len(told) >= 0.55
    assert sum(joined for _, _, joined in told) / len(told) >= 0.80
