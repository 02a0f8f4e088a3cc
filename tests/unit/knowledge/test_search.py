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
    assert (len(index), index.dimension) == (300, 16)


@pytest.mark.parametrize("dimension", [7, 64, 100, 384])
def test_the_best_are_those_of_exact_search(dimension) -> None:
    """FAISS treats lengths that are multiples of 16 otherwise."""
    rows = RANDOM.standard_normal((2000, dimension)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = VectorIndex.build(rows)
    for allowed in (None, RANDOM.random(2000) < 0.5):
        exact = rows[:1000] @ rows.T if allowed is None else np.where(allowed, rows[:1000] @ rows.T, -2)
        for number in range(0, 1000, 100):
            positions, _ = index.search(rows[number], 10, allowed=allowed)
            assert positions.tolist() == np.argsort(-exact[number], kind="stable")[:10].tolist()


def test_equal_vectors_come_by_position() -> None:
    rows = np.repeat(np.eye(16, dtype=np.float32), 4, axis=0)
    index = VectorIndex.build(rows)
    assert index.search(rows[8], 6, allowed=None)[0].tolist() == [8, 9, 10, 11, 0, 1]
    assert index.search(rows[8], 3, allowed=np.arange(64) != 9)[0].tolist() == [8, 10, 11]


@pytest.mark.parametrize("copies", [1, 100])
def test_hidden_vectors_change_nothing(vectors, copies) -> None:
    rows = np.repeat(vectors[: 300 // copies], copies, axis=0)
    allowed = RANDOM.random(300) < 0.5
    whole, part = VectorIndex.build(rows), VectorIndex.build(rows[allowed])
    positions, cosines = whole.search(vectors[0], 20, allowed=allowed)
    own, same = part.search(vectors[0], 20, allowed=None)
    assert positions.tolist() == np.flatnonzero(allowed)[own].tolist()
    assert cosines.tolist() == same.tolist()


def test_no_vectors(tmp_path) -> None:
    VectorIndex.build(np.zeros((0, 16), dtype=np.float32)).save(tmp_path)
    index = VectorIndex.load(tmp_path)
    positions, cosines = index.search(np.ones(16, dtype=np.float32), 5, allowed=np.zeros(0, dtype=np.bool_))
    assert positions.tolist() == cosines.tolist() == []


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


@pytest.fixture(scope="module")
def texts():
    return [RANDOM.choice(list("abcdefgh"), size=RANDOM.integers(1, 12)).tolist() for _ in range(40)] + [[]]


QUESTIONS = (["a"], ["a", "b", "zzz"], ["h", "h"], ["zzz"], [])


def test_lexical(texts, tmp_path) -> None:
    built = LexicalIndex.build(texts)
    built.save(tmp_path)
    for index in (built, LexicalIndex.load(tmp_path, len(texts))):
        view = index.within(None)
        for question in QUESTIONS:
            scores = view.scores(question)
            assert np.allclose(scores, bm25(texts, question), atol=1e-4)
            assert scores.max() < view.most(question)
        assert view.idf("zzz") > view.idf("a") > 0
        assert index.postings("a")[0].tolist() == [number for number, text in enumerate(texts) if "a" in text]


def test_several_questions_score_as_each_alone(texts) -> None:
    view = LexicalIndex.build(texts).within(None)
    assert view.scores_of(QUESTIONS).tolist() == [view.scores(question).tolist() for question in QUESTIONS]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_hidden_texts_change_no_score(texts, share) -> None:
    allowed = RANDOM.random(len(texts)) < share
    whole = LexicalIndex.build(texts).within(allowed)
    alone = LexicalIndex.build([text for text, may in zip(texts, allowed, strict=True) if may]).within(None)
    for question in QUESTIONS:
        assert whole.scores(question)[allowed].tolist() == alone.scores(question).tolist()
        assert not whole.scores(question)[~allowed].any()
        assert whole.most(question) == alone.most(question)
        assert list(map(whole.idf, question)) == list(map(alone.idf, question))


def test_another_number_of_texts(texts, tmp_path) -> None:
    LexicalIndex.build(texts).save(tmp_path)
    with pytest.raises(ValueError, match="41 texts, not 40"):
        LexicalIndex.load(tmp_path, 40)


def test_no_words(tmp_path) -> None:
    built = LexicalIndex.build([[], []])
    built.save(tmp_path)
    for index in (built, LexicalIndex.load(tmp_path, 2)):
        assert index.within(None).scores(["a"]).tolist() == [0, 0]
        assert index.within(None).idf("a") > 0
        assert index.within(np.zeros(2, dtype=np.bool_)).scores(["a"]).tolist() == [0, 0]


def test_no_texts(tmp_path) -> None:
    LexicalIndex.build([]).save(tmp_path)
    assert LexicalIndex.load(tmp_path, 0).within(None).scores(["a"]).shape == (0,)
