"""What speaks for a chunk: a step over a name or a title brings up what shares no word with the question."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from helpers.rows import GivenExtractor, given_base

from connectors import Viewer
from knowledge.records import Hit
from rag.ranking import rank
from rag.retrieve import Retriever
from rag.signals import PARTS, Found

# The fillers are nearer to the question than the second step is, and there are more of them than are looked at.
FILLERS = {
    f"f{number}.md": (f"Filler {number}", f"Where was leader {number} of project {number} born? In Dundee.")
    for number in range(260)
}
TEXTS = {
    "a.md": ("Skerry project", "The leader of the Skerry project in Dundee is Mara Quist. It uses the K7 gauge."),
    "b.md": ("Parish register", "Mara Quist saw the light in Oban."),
    "c.md": ("K7 gauge", "A radar with two antennas."),
    **FILLERS,
}
EXTRACTOR = GivenExtractor({"Mara Quist": "PERSON", "Dundee": "GPE", "Oban": "GPE", "K7 gauge": "PRODUCT"})
QUESTION = "Where was the leader of the Skerry project born?"
ANYONE = Viewer("ann")


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retriever]:
    base = given_base(tmp_path_factory.mktemp("base"), TEXTS, EXTRACTOR)
    yield base.retriever()
    base.close()


@pytest.fixture(scope="module")
def hits(retriever: Retriever) -> dict[str, Hit]:
    return {hit.chunk.title: hit for hit in retriever.search(QUESTION, viewer=ANYONE, k=400)}


def test_the_first_step_leads(hits: dict[str, Hit]) -> None:
    assert "Skerry project" in list(hits)[:2]
    assert "its title is in the question" in hits["Skerry project"].why


def test_a_shared_name_leads_on(hits: dict[str, Hit]) -> None:
    assert "shares “Mara Quist” with “Skerry project”" in hits["Parish register"].why
    assert "words:" not in hits["Parish register"].why


def test_a_named_title_leads_on(hits: dict[str, Hit]) -> None:
    assert "its title is in “Skerry project”" in hits["K7 gauge"].why


def test_a_second_step_comes_before_what_is_merely_alike(hits: dict[str, Hit]) -> None:
    assert {"Parish register", "K7 gauge"} <= set(list(hits)[:5])


def test_a_common_name_leads_nowhere(hits: dict[str, Hit]) -> None:
    assert not [hit for hit in hits.values() if "shares “Dundee”" in hit.why]


def test_without_the_bridge_nothing_leads_on(retriever: Retriever) -> None:
    titles = {hit.chunk.title for hit in retriever.search("Where was leader 7 born?", viewer=ANYONE, k=400)}
    assert "Parish register" not in titles


@pytest.fixture(scope="module")
def found(retriever: Retriever) -> Found:
    collected = retriever.collect(QUESTION, viewer=ANYONE)
    assert collected is not None
    return collected[2]


def test_signals_are_numbers(found: Found) -> None:
    assert np.isfinite(found.rows).all()
    assert (np.diff(found.numbers) > 0).all()


def test_ranking_keeps_every_chunk_once(found: Found) -> None:
    ranked = rank(found)
    assert sorted(ranked.numbers.tolist()) == found.numbers.tolist()
    assert (np.diff(ranked.scores) <= 0).all()
    assert 0 <= ranked.scores.min() <= ranked.scores.max() <= 1


def test_ranking_is_the_same_again(found: Found) -> None:
    one, other = rank(found), rank(found)
    assert one.numbers.tolist() == other.numbers.tolist()
    assert one.scores.tolist() == other.scores.tolist()


@pytest.mark.parametrize("least", [-0.3, 0.0], ids=["far off", "without any signal"])
def test_parts_add_up_to_the_log_odds(found: Found, least: float) -> None:
    rows = found.rows.copy()
    rows[:3] = [least, *[0] * (rows.shape[1] - 1)]
    ranked = rank(Found(found.numbers[:20], rows[:20], found.language))
    judged = ranked.scores[: len(ranked.parts)].astype(np.float64)
    base = np.log(judged / (1 - judged)) - ranked.parts.sum(axis=1)
    assert base == pytest.approx(base[0], abs=1e-3)
    assert ranked.parts.shape[1] == len(PARTS)


def test_nothing_found_is_nothing_ranked(found: Found) -> None:
    ranked = rank(Found(found.numbers[:0], found.rows[:0], found.language))
    assert (len(ranked.numbers), len(ranked.scores), len(ranked.parts)) == (0, 0, 0)
