"""Trees say what LightGBM said, and can be kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch  # noqa: F401  As rag.evaluation.learn does, before LightGBM.

# isort: split
from lightgbm import LGBMClassifier

from rag.evaluation.learn import Case, _exported, by, fit, recall_at, save
from rag.ranking import Trees
from rag.signals import COLUMN, SIGNALS

RANDOM = np.random.default_rng(3)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Many zeros and ties, as signals have."""
    rows = RANDOM.standard_normal((600, 12)).astype(np.float32)
    rows[:, ::2] = np.round(rows[:, ::2].clip(0), 1)
    return rows


@pytest.mark.parametrize("least", [5, 290], ids=["deep", "stumps and single leaves"])
def test_exported_trees_give_the_same_log_odds(rows: np.ndarray, least: int) -> None:
    labels = rows[:, 0] + rows[:, 1] * rows[:, 3] + RANDOM.standard_normal(600) > 1
    models = [
        LGBMClassifier(
            n_estimators=30,
            num_leaves=12,
            min_child_samples=least,
            colsample_bytree=0.5,
            random_state=seed,
            verbose=-1,
            n_jobs=1,
        ).fit(rows, labels)
        for seed in range(3)
    ]
    trees = _exported([model.booster_.dump_model() for model in models])
    odds, added = trees.weigh(rows)
    assert odds == pytest.approx(np.mean([model.booster_.predict(rows, raw_score=True) for model in models], axis=0))
    base = odds - added.sum(axis=1)
    assert base == pytest.approx(base[0])


def cases(count: int) -> list[Case]:
    """Return questions whose answer is the chunk that is nearest in meaning, and not the first that came up."""
    made = []
    for _ in range(count):
        rows = RANDOM.random((12, len(SIGNALS))).astype(np.float32)
        best = int(np.argmax(rows[:, COLUMN["meaning"]]))
        places = [f"d{number}" for number in range(12)]
        made.append(Case("tune", frozenset({f"d{best}"}), places, rows, "en", False, 0.0))
    return made


@pytest.fixture(scope="module")
def trees() -> Trees:
    return fit([cases(150), cases(20)])


def test_what_tells_is_learnt(trees: Trees) -> None:
    asked = cases(60)
    assert recall_at(asked, by(None), 1) < 0.3
    assert recall_at(asked, by(trees), 1) > 0.8
    assert sorted(by(trees)(asked[0])) == sorted(asked[0].places)


def test_in_long_documents_first_scores_decide(trees: Trees) -> None:
    case = replace(cases(1)[0], long=True)
    assert by(trees)(case) == case.places


def test_saved_and_loaded(trees: Trees, tmp_path: Path) -> None:
    save(trees, tmp_path / "trees.npz")
    loaded = Trees.load(str(tmp_path / "trees.npz"))
    rows = RANDOM.random((20, 3 * (len(SIGNALS) + 1))).astype(np.float32)
    assert loaded.weigh(rows)[0].tolist() == trees.weigh(rows)[0].tolist()


def test_trees_of_other_signals_are_refused(trees: Trees, tmp_path: Path) -> None:
    save(trees, tmp_path / "trees.npz")
    with np.load(tmp_path / "trees.npz") as arrays:
        np.savez(tmp_path / "old.npz", **{**arrays, "signals": np.array(SIGNALS[:-1])})
    with pytest.raises(ValueError, match="learnt for other signals"):
        Trees.load(str(tmp_path / "old.npz"))
