"""Learn how much signals are worth together, from the questions of sets whose split is ``tune``.

    python -m rag.evaluation.learn SET… [--kb DIR] [--cases DIR] [--out FILE]

Every set is indexed into a folder of its own below ``--kb`` (a second run uses it again), and what ``rag.signals``
collects for its questions is kept below ``--cases``. Needs scikit-learn; what is written is loaded without it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.datasets import Question, load_dataset
from rag.evaluation.metrics import recall
from rag.evaluation.run import Bench, prepared
from rag.ranking import FILE, POOL, Trees, features, judged
from rag.retrieve import Retriever
from rag.sdk import LOCAL
from rag.signals import COLUMN, SIGNALS
from rag.view import Floats

_EITHER_WAY = frozenset({"title asked", "title covers", "chinese"})
"""Signals of which more may be worse."""
_MOST = 400
"""Questions taken from each set for learning."""
_FORESTS, _ROUNDS = 3, 60
"""Boostings with different seeds, whose mean is taken, and the trees of each."""
_OPTIONS = {"max_depth": 4, "learning_rate": 0.08, "l2_regularization": 5.0, "min_samples_leaf": 20, "max_features": 0.3}


@dataclass(frozen=True, slots=True)
class Case:
    """One question with the chunks that came up for it, best first score first."""

    split: str
    gold: frozenset[str]
    """Ids of documents, or of pages as "document#page" where the set tells pages."""
    places: list[str]
    """Each chunk's document or page."""
    rows: Floats
    """float32, (n, n_signals)."""


def collect(bench: Bench, questions: Sequence[Question]) -> list[Case]:
    """Return what comes up for each question that has an answer."""
    retriever = bench.base.retriever()
    return [_case(retriever, question) for question in questions if question.gold]


def _case(retriever: Retriever, question: Question) -> Case:
    gold = frozenset(f"{document}#{page}" for document, page in question.pages) or question.gold
    collected = retriever.collect(question.text, viewer=question.viewer or LOCAL)
    if collected is None:
        return Case(question.split, gold, [], np.zeros((0, len(SIGNALS)), np.float32))
    view, _, found = collected
    first, others = judged(found)
    order = np.concatenate([first, others])
    places = []
    chunks = retriever.read((view.graph.tables.chunks[number][0] for number in found.numbers[order]), LOCAL)
    by_id = {chunk.id: f"{chunk.document_id}#{chunk.page}" if question.pages else chunk.document_id for chunk in chunks}
    places = [by_id[view.graph.tables.chunks[number][0]] for number in found.numbers[order]]
    return Case(question.split, gold, places, found.rows[order])


def fit(sets: Sequence[Sequence[Case]], *, without: Collection[str] = (), forests: int = _FORESTS) -> Trees:
    """Fit trees; a set of n questions weighs √n, so that large ones do not drown the small.

    Parameters
    ----------
    without
        Signals that are left out.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    used = [COLUMN[name] for name in SIGNALS if name not in without]
    rows, labels, weights = _table(sets, used)
    bounds = [0 if SIGNALS[column] in _EITHER_WAY else 1 for column in used]
    bounds += [*bounds, *[0] * len(used)]
    models = [
        HistGradientBoostingClassifier(max_iter=_ROUNDS, monotonic_cst=bounds, random_state=seed, **_OPTIONS).fit(
            rows, labels, weights
        )
        for seed in range(forests)
    ]
    columns = np.concatenate([np.array(used) + part * len(SIGNALS) for part in range(3)])
    return _exported(models, columns)


def _table(
    sets: Sequence[Sequence[Case]], used: Sequence[int]
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.float64]]:
    rows: list[Floats] = []
    labels: list[bool] = []
    weights: list[float] = []
    for cases in sets:
        chosen = cases[:: 1 + len(cases) // _MOST]
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
                rows.append(features(case.rows[:POOL])[kept])
            weights += [len(chosen) ** -0.5] * len(kept)
    table = np.concatenate(rows)
    width = len(SIGNALS)
    columns = [part * width + column for part in range(3) for column in used]
    return table[:, columns], np.array(labels), np.array(weights) / np.mean(weights)


def _exported(models: Sequence[object], columns: NDArray[np.int64]) -> Trees:
    """Return scikit-learn's trees as arrays; their mean is what they say together."""
    nodes, roots, base, depth = [], [], 0.0, 0
    for model in models:
        base += float(model._baseline_prediction.ravel()[0]) / len(models)  # type: ignore[attr-defined]
        for (predictor,) in model._predictors:  # type: ignore[attr-defined]
            roots.append(sum(map(len, nodes)))
            nodes.append(predictor.nodes)
            depth = max(depth, int(predictor.nodes["depth"].max()))
    every = np.concatenate(nodes)
    offset = np.repeat(roots, [len(part) for part in nodes])
    own, leaf = np.arange(len(every)), every["is_leaf"].astype(bool)
    left = np.where(leaf, own, every["left"] + offset).astype(np.int64)
    right = np.where(leaf, own, every["right"] + offset).astype(np.int64)
    value = np.where(leaf, every["value"] / len(models), 0.0)
    for node in own[::-1]:
        # Children stand behind their parents.
        if not leaf[node]:
            counts = every["count"][[left[node], right[node]]].astype(float)
            value[node] = np.average(value[[left[node], right[node]]], weights=counts)
    return Trees(
        roots=np.array(roots, dtype=np.int64),
        feature=np.where(leaf, 0, columns[np.where(leaf, 0, every["feature_idx"])]).astype(np.int64),
        threshold=np.where(leaf, np.inf, every["num_threshold"]),
        left=left,
        right=right,
        value=value,
        base=base,
        depth=depth,
    )


def ordered(case: Case, trees: Trees | None) -> list[str]:
    """Return a case's documents or pages, best first; without trees in the order of the first scores."""
    pool = min(POOL, len(case.places))
    if trees is None or not pool:
        return list(dict.fromkeys(case.places))
    odds, _ = trees.weigh(features(case.rows[:POOL]))
    order = np.argsort(-np.round(odds, 6), kind="stable")
    return list(dict.fromkeys([*(case.places[place] for place in order), *case.places[pool:]]))


def recall_at(cases: Sequence[Case], trees: Trees | None, k: int) -> float:
    """Return the mean recall@k; of pages, whether one of them is there."""
    values = []
    for case in cases:
        share = recall(case.gold, ordered(case, trees), k)
        values.append(float(share > 0) if any("#" in place for place in case.gold) else share)
    return float(np.mean(values)) if values else 0.0


def cross_validated(sets: Sequence[Sequence[Case]], k: int, *, folds: int = 4) -> list[float]:
    """Return each set's recall@k on parts that were left out in turn; neighbouring questions stay together."""
    edges = [np.linspace(0, len(cases), folds + 1).astype(int) for cases in sets]
    parts = [[cases[a:b] for a, b in pairwise(edge)] for cases, edge in zip(sets, edges, strict=True)]
    values: list[list[float]] = [[] for _ in sets]
    for fold in range(folds):
        rest = [[case for n, part in enumerate(own) if n != fold for case in part] for own in parts]
        trees = fit(rest, forests=1)
        for mine, own in zip(values, parts, strict=True):
            mine += [recall_at([case], trees, k) for case in own[fold]]
    return [float(np.mean(mine)) for mine in values]


def cases_of(path: Path, *, kb: Path, cases: Path) -> list[Case]:
    """Return the cases of a set, from ``cases`` where they are kept."""
    file = cases / f"{path.stem}.npz"
    if file.exists():
        with np.load(file, allow_pickle=False) as arrays:
            if arrays["signals"].tolist() == list(SIGNALS):
                return _unpacked(arrays["rows"], json.loads(str(arrays["about"])))
    dataset = load_dataset(path)
    with prepared(dataset, kb=kb / path.stem, llm="none") as bench:
        found = collect(bench, dataset.questions)
    cases.mkdir(parents=True, exist_ok=True)
    about = json.dumps([[case.split, sorted(case.gold), case.places] for case in found])
    np.savez_compressed(
        file, signals=np.array(SIGNALS), rows=np.concatenate([case.rows for case in found]), about=np.array(about)
    )
    return found


def _unpacked(rows: Floats, about: list[tuple[str, list[str], list[str]]]) -> list[Case]:
    found, start = [], 0
    for split, gold, places in about:
        found.append(Case(split, frozenset(gold), places, rows[start : start + len(places)]))
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
        print(
            f"{path.stem}: tune, cross-validated @2 {validated[2][number]:.4f} @5 {validated[5][number]:.4f};"
            f" test ({len(test)}) first scores @2 {recall_at(test, None, 2):.4f} @5 {recall_at(test, None, 5):.4f};"
            f" trees @2 {recall_at(test, trees, 2):.4f} @5 {recall_at(test, trees, 5):.4f}"
            f" @10 {recall_at(test, trees, 10):.4f}"
        )


if __name__ == "__main__":
    main()
