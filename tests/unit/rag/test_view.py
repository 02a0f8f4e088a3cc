"""Lists of numbers, and what one viewer may read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.rows import GivenExtractor, given_base

from connectors import Viewer
from rag.view import Lists

TEXTS = {
    "a.md": ("Orion", "Mara Quist leads it."),
    "b.md": ("Orion", "Mara Quist built it in Dundee."),
    "c.md": ("Mara Quist", "Born in Dundee."),
    "d.md": ("Log", "Orion was late."),
}
EXTRACTOR = GivenExtractor({"Mara Quist": "PERSON", "Dundee": "GPE", "2019=in 2019": "DATE"})


def listed(lists: Lists) -> list[list[int]]:
    return [lists.gather(np.array([number]))[0].tolist() for number in range(len(lists.starts) - 1)]


@pytest.mark.parametrize("given", [[], [[]], [[], [], []], [[3, 1], [], [1]], [[0], [0, 0], [2]]])
def test_lists_are_kept(given: list[list[int]]) -> None:
    assert listed(Lists.of(given)) == given


def test_inverted() -> None:
    lists = Lists.of([[3, 1], [], [1]])
    assert listed(lists.inverted(5)) == [[], [0, 2], [], [0], []]
    assert listed(Lists.of([]).inverted(2)) == [[], []]
    assert listed(Lists.of([[], []]).inverted(0)) == []


def test_gathered_with_places() -> None:
    lists = Lists.of([[3, 1], [], [1]])
    items, places = lists.gather(np.array([2, 1, 0, 2]))
    assert (items.tolist(), places.tolist()) == ([1, 3, 1, 1], [0, 2, 2, 3])
    for nothing in ([], [1], [1, 1]):
        items, places = lists.gather(np.array(nothing, dtype=np.int64))
        assert items.tolist() == places.tolist() == []


def test_a_view_holds_what_may_be_read_alone(tmp_path: Path) -> None:
    base = given_base(tmp_path, TEXTS, EXTRACTOR, readers={"b.md": ["group:hr"]})
    some = base.retriever().view(Viewer("ann"))
    everything = base.retriever().view(Viewer("bob", frozenset({"hr"})))
    assert (len(some), len(everything)) == (3, 4)
    assert (some.numbers >= 0).tolist() == some.allowed.tolist()  # type: ignore[union-attr]
    assert everything.allowed is None
    assert sorted(some.title_share.tolist()) == [1, 1, 1]
    assert sorted(everything.title_share.tolist()) == [0.5, 0.5, 1, 1]
    rarity = [float(view.rarity[view.graph.number_of("dundee")]) for view in (some, everything)]
    assert rarity[0] == 1 > rarity[1]
    base.close()


def test_viewers_who_may_read_the_same_share_a_view(tmp_path: Path) -> None:
    base = given_base(tmp_path, TEXTS, EXTRACTOR, readers={"b.md": ["group:hr"]})
    retriever = base.retriever()
    assert retriever.view(Viewer("ann")) is retriever.view(Viewer("cy"))
    assert retriever.view(Viewer("ann")) is not retriever.view(Viewer("bob", frozenset({"hr"})))
    base.close()
