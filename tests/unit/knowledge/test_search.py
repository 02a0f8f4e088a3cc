"""Dense and lexical search give what computing everything would."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from knowledge.lexical import LexicalIndex
from knowledge.vectors import VectorIndex

RANDOM = np.random.default_rng(7)


@pytest.fixture(scope="module")
def vectors():
    rows = RANDOM.standard_normal((300, 16)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("share", [None, 0.5, 0.02, 0.0])
@pytest.mark.parametrize("k", [1, 10, 1000])
def test_vectors(vectors, share, k, tmp_path) -> None:
    built = VectorIndex.build(vectors)
    built.save(tmp_path)
    question = vectors[3]
    allowed = None if share is None else RANDOM.random(300) < share
    everything = vectors @ question
    candidates = np.arange(300) if allowed is None else np.flatnonzero(allowed)
    expected = candidates[np.argsort(-everything[candidates], kind="stable")][:k]
    for index in (built, VectorIndex.load(tmp_path)):
        positions, cosines = index.search(question, k, allowed=allowed)
        assert positions.tolist() == expected.tolist()
        assert np.allclose(cosines, everything[expected], atol=1e-5)


def test_scores_of_positions(vectors) -> None:
    index = VectorIndex.build(vectors)
    positions = np.array([5, 299, 0])
    assert np.allclose(index.scores(vectors[3], positions), vectors[positions] @ vectors[3], atol=1e-6)
    assert index.scores(vectors[3], positions[:0]).shape == (0,)
    assert np.array_equal(index.vectors(np.array([5])), vectors[5:6])
    assert (len(index), index.dimension) == (300, 16)


def bm25(texts: list[list[str]], question: list[str], k1: float = 1.2, b: float = 0.75) -> list[float]:
    mean = sum(map(len, texts)) / len(texts)
    frequency = Counter(token for text in texts for token in set(text))
    scores = []
    for text in texts:
        score = 0.0
        for token in question:
            df, tf = frequency[token], text.count(token)
            idf = math.log(1 + (len(texts) - df + 0.5) / (df + 0.5))
            score += idf * tf / (tf + k1 * (1 - b + b * len(text) / mean)) if tf else 0.0
        scores.append(score)
    return scores


def test_lexical(tmp_path) -> None:
    texts = [RANDOM.choice(list("abcdefgh"), size=RANDOM.integers(1, 12)).tolist() for _ in range(40)] + [[]]
    built = LexicalIndex.build(texts)
    built.save(tmp_path)
    for index in (built, LexicalIndex.load(tmp_path, len(texts))):
        for question in (["a"], ["a", "b", "zzz"], ["h", "h"], ["zzz"], []):
            assert np.allclose(index.scores(question), bm25(texts, question), atol=1e-4)
        assert index.document_frequency("a") == sum("a" in text for text in texts)
        assert index.document_frequency("zzz") == 0
        assert index.idf("zzz") > index.idf("a") > 0


def test_no_words(tmp_path) -> None:
    built = LexicalIndex.build([[], []])
    built.save(tmp_path)
    for index in (built, LexicalIndex.load(tmp_path, 2)):
        assert index.scores(["a"]).tolist() == [0, 0]
        assert index.idf("a") > 0
