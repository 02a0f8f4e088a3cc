"""Learn how much signals are worth together, from the questions of sets whose split is ``tune``.

    python -m rag.evaluation.learn SET… [--kb DIR] [--cases DIR] [--out FILE]

Every set is indexed into a folder of its own below ``--kb`` (a second run uses it again), and what ``rag.searcher``
collects for its questions is kept below ``--cases``. Needs LightGBM; what is written is loaded without it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.datasets import Question, load_dataset
from rag.evaluation.metrics import recall
from rag.evaluation.run import Bench, prepared
from rag.library import LOCAL
from rag.ranking import FILE, POOL, Trees, features, judged, rank
from rag.signals import SIGNALS, weights
from rag.view import Floats

_MOST = 400
"""Questions taken from each set for learning."""
_BOOSTINGS = 3
"""Boostings with different seeds, whose mean is taken."""
_OPTIONS: dict[str, Any] = {
    "objective": "binary",
    "n_estimators": 150,
    "learning_rate": 0.06,
    "num_leaves": 12,
    "max_depth": 5,
    "min_child_samples": 20,
    "reg_lambda": 5.0,
    "colsample_bytree": 0.4,
    "subsample": 0.8,
    "subsample_freq": 1,
    "boost_from_average": False,
    "deterministic": True,
    "n_jobs": 1,
    "verbose": -1,
}


@dataclass(frozen=True)
class Case:
    """One question with the chunks that came up for it, best first score first."""

    split: str
    gold: frozenset[str]
    """Ids of documents, or of pages as "document#page" where the set tells pages."""
    places: list[str]
    """Each chunk's document or page."""
    rows: Floats
    """float32, (n, n_signals)."""
    language: str
    long: bool
    """As in ``rag.signals.Found``."""
    seconds: float
    """What the search took, without embedding the question."""

    @property
    def by_page(self) -> bool:
        """Whether pages are asked for."""
        return any("#" in place for place in self.gold)

    @cached_property
    def features(self) -> Floats:
        """What the trees look at, of the chunks that are judged."""
        best = self.rows[:POOL]
        return features(best, best @ weights(self.language, self.long))


Order = Callable[[Case], list[str]]
"""Gives a case's documents or pages, best first."""


def collect(bench: Bench, questions: Sequence[Question], *, without: Collection[str] = ()) -> list[Case]:
    """Return what comes up for each question that has an answer."""
    return [_case(bench, question, without) for question in questions if question.gold]


def _case(bench: Bench, question: Question, without: Collection[str]) -> Case:
    retriever, clock = bench.base.retriever(), bench.embedder
    assert clock
    gold = frozenset(f"{document}#{page}" for document, page in question.pages) or question.gold
    began, embedded = time.perf_counter(), clock.question_seconds
    collected = retriever.collect(question.text, viewer=question.viewer or LOCAL, without=without)
    if collected is None:
        return Case(question.split, gold, [], np.zeros((0, len(SIGNALS)), np.float32), "en", False, 0.0)
    view, _, found = collected
    rank(found)
    seconds = time.perf_counter() - began - (clock.question_seconds - embedded)
    order = np.concatenate(judged(found))
    ids = [view.graph.tables.chunks[number][0] for number in found.numbers[order]]
    chunks = retriever.read(ids, question.viewer or LOCAL)
    by_id = {chunk.id: f"{chunk.document_id}#{chunk.page}" if question.pages else chunk.document_id for chunk in chunks}
    return Case(
        question.split, gold, [by_id[i] for i in ids], found.rows[order], found.language, found.long, round(seconds, 5)
    )


def fit(sets: Sequence[Sequence[Case]]) -> Trees:
    """Fit trees; a set of n questions weighs √n, so that large ones do not drown the small.

    Questions about long documents are no part of it: there first scores decide.
    """
    # First, for the OpenMP library that it brings: LightGBM brings none, and not every system has one.
    import torch  # noqa: F401
    from lightgbm import LGBMClassifier

    rows, labels, shares = _table(sets)
    models = [
        LGBMClassifier(random_state=seed, **_OPTIONS).fit(rows, labels, sample_weight=shares)
        for seed in range(_BOOSTINGS)
    ]
    return _exported([model.booster_.dump_model() for model in models])


def _table(sets: Sequence[Sequence[Case]]) -> tuple[Floats, NDArray[np.bool_], NDArray[np.float64]]:
    rows: list[Floats] = []
    labels: list[bool] = []
    shares: list[float] = []
    for cases in sets:
        chosen = [case for case in cases[:: 1 + len(cases) // _MOST] if not case.long]
        for case in chosen:
            seen: set[str] = set()
            kept = []
            for number, place in enumerate(case.places[:POOL]):
                # Of several chunks of the right document nobody said which one it is: the best stands for it.
                if place not in case.gold or place not in seen:
                    kept.append(number)
                    labels.append(place in case.gold)
                seen.add(place)
            if kept:
                rows.append(case.features[kept])
            shares += [len(chosen) ** -0.5] * len(kept)
    return np.concatenate(rows), np.array(labels), np.array(shares) / np.mean(shares)


def _exported(models: Sequence[Mapping[str, Any]]) -> Trees:
    """Return LightGBM's trees as arrays; their mean is what they say together."""
    nodes: list[tuple[int, float, int, int, float]] = []
    depth = 0

    def add(node: Mapping[str, Any], level: int) -> int:
        """Enter a node and those below it; return its place."""
        nonlocal depth
        depth = max(depth, level)
        place = len(nodes)
        if "leaf_value" in node:
            nodes.append((0, np.inf, place, place, node["leaf_value"] / len(models)))
            return place
        nodes.append((0, 0.0, 0, 0, 0.0))
        left, right = add(node["left_child"], level + 1), add(node["right_child"], level + 1)
        below = (node["left_child"], node["right_child"])
        sizes = [child.get("leaf_count", child.get("internal_count")) for child in below]
        mean = float(np.average([nodes[left][4], nodes[right][4]], weights=sizes))
        nodes[place] = (node["split_feature"], node["threshold"], left, right, mean)
        return place

    roots = [add(tree["tree_structure"], 0) for model in models for tree in model["tree_info"]]
    feature, threshold, left, right, value = (np.array(column) for column in zip(*nodes, strict=True))
    return Trees(np.array(roots), feature, threshold, left, right, value, depth)


def by(trees: Trees | None) -> Order:
    """Return the order that trees give; None: that of the first scores."""

    def order(case: Case) -> list[str]:
        best = case.places[:POOL]
        if trees and best and not case.long:
            odds, _ = trees.weigh(case.features)
            best = [best[place] for place in np.argsort(-np.round(odds, 6), kind="stable")]
        return list(dict.fromkeys([*best, *case.places[POOL:]]))

    return order


def recall_at(cases: Sequence[Case], order: Order, k: int) -> float:
    """Return the mean recall@k of an order; of pages, whether one of them is there."""
    values = []
    for case in cases:
        share = recall(case.gold, order(case), k)
        values.append(float(share > 0) if case.by_page else share)
    return float(np.mean(values)) if values else 0.0


def cross_validated(sets: Sequence[Sequence[Case]], k: int, *, folds: int = 4) -> list[float]:
    """Return each set's recall@k on parts that were left out in turn; neighbouring questions stay together."""
    edges = [np.linspace(0, len(cases), folds + 1).astype(int) for cases in sets]
    parts = [[cases[a:b] for a, b in pairwise(edge)] for cases, edge in zip(sets, edges, strict=True)]
    values: list[list[float]] = [[] for _ in sets]
    for fold in range(folds):
        rest = [[case for n, part in enumerate(own) if n != fold for case in part] for own in parts]
        trees = fit(rest)
        for mine, own in zip(values, parts, strict=True):
            mine += [recall_at([case], by(trees), k) for case in own[fold]]
    return [float(np.mean(mine)) for mine in values]


def cases_of(path: Path, *, kb: Path, cases: Path, without: Collection[str] = ()) -> list[Case]:
    """Return the cases of a set, from ``cases`` where they are kept; with some signals left out.

    What is kept is used as long as the signals have the same names: delete it when the search or the set has changed.
    """
    file = cases / f"{path.stem}.npz"
    if file.exists():
        with np.load(file, allow_pickle=False) as arrays:
            if arrays["signals"].tolist() == list(SIGNALS):
                return _unpacked(arrays["rows"], json.loads(str(arrays["about"])))
    dataset = load_dataset(path)
    with prepared(dataset, kb=kb / path.stem, llm="none") as bench:
        found = collect(bench, dataset.questions, without=without)
    cases.mkdir(parents=True, exist_ok=True)
    about = [[c.split, sorted(c.gold), c.places, c.language, c.long, c.seconds] for c in found]
    rows = np.concatenate([case.rows for case in found])
    np.savez_compressed(file, signals=np.array(SIGNALS), rows=rows, about=np.array(json.dumps(about)))
    return found


def _unpacked(rows: Floats, about: list[tuple[str, list[str], list[str], str, bool, float]]) -> list[Case]:
    found, start = [], 0
    for split, gold, places, language, long, seconds in about:
        stretch = rows[start : start + len(places)]
        found.append(Case(split, frozenset(gold), places, stretch, language, long, seconds))
        start += len(places)
    return found


def save(trees: Trees, path: Path) -> None:
    """Write trees for ``rag.ranking`` to load."""
    arrays = {name: getattr(trees, name) for name in trees.__slots__}
    np.savez_compressed(path, allow_pickle=False, signals=np.array(SIGNALS), **arrays)


def main() -> None:
    """Learn, print recall@2 and @5 of each set, and write the trees."""
    parser = argparse.ArgumentParser(description="Learn how much signals are worth together.")
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--kb", type=Path, default=Path("learn-kb"))
    parser.add_argument("--cases", type=Path, default=Path("learn-cases"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / FILE)
    given = parser.parse_args()
    sets = [cases_of(path, kb=given.kb, cases=given.cases) for path in given.sets]
    tune = [[case for case in cases if case.split == "tune"] for cases in sets]
    trees = fit(tune)
    save(trees, given.out)
    validated = {k: cross_validated(tune, k) for k in (2, 5)}
    for number, (path, cases) in enumerate(zip(given.sets, sets, strict=True)):
        test = [case for case in cases if case.split != "tune"]
        print(f"{path.stem}, {len(tune[number])} to learn from, {len(test)} to test")
        print(f"  tune, cross-validated  @2 {validated[2][number]:.4f}  @5 {validated[5][number]:.4f}")
        orders = {"first scores": None, "trees": trees}
        if others := [own for other, own in enumerate(tune) if other != number]:
            orders["trees of other sets"] = fit(others)
        for name, used in orders.items():
            print(f"  test, {name:20}" + "".join(f"  @{k} {recall_at(test, by(used), k):.4f}" for k in (1, 2, 5, 10)))


if __name__ == "__main__":
    main()
