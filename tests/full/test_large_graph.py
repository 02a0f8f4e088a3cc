"""The page Graph over ten thousand entities: what is drawn is bounded, and comes in time."""

from __future__ import annotations

import random
import time

import pytest
from streamlit.testing.v1 import AppTest

import rag
from apps.text import Text
from apps.ui.jobs import Jobs
from apps.ui.session import Session

PEOPLE = 9_000
COMPANIES = 1_500
SYLLABLES = [a + b for a in ("k", "l", "t", "br", "sk") for b in ("a", "or", "en", "ir")]


def name(dice: random.Random, parts: int) -> str:
    return "".join(dice.choice(SYLLABLES) for _ in range(parts)).capitalize()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> rag.Wellspring:
    """Return a knowledge base in which everybody works for one of many companies, and some for the same one."""
    dice = random.Random(5)
    people = [f"{name(dice, 3)} {name(dice, 4)}" for _ in range(PEOPLE)]
    companies = [f"{name(dice, 4)} Ltd" for _ in range(COMPANIES)]
    folder = tmp_path_factory.mktemp("large")
    (folder / "docs").mkdir()
    for start in range(0, PEOPLE, 30):
        some = people[start : start + 30]
        rows = [f"{one} works for {companies[min(int(dice.expovariate(1 / 200)), COMPANIES - 1)]}." for one in some]
        (folder / "docs" / f"staff{start:05d}.txt").write_text("\n\n".join(rows), encoding="utf-8")
    kb = rag.open(folder / "kb", embedder="hash", llm="none")
    kb.sync(folder / "docs")
    return kb


def run_page(page: object, session: object) -> None:  # its source is run alone: no imported names
    page(session)


def test_the_page_stays_usable(large: rag.Wellspring) -> None:
    from apps.ui import graph

    explorer = large.explore()
    entities = explorer.entities()
    assert len(entities) >= 8_000
    session = Session(large, rag.LOCAL, Text("en"), Jobs())
    test = AppTest.from_function(run_page, args=(graph.page, session), default_timeout=120)
    seconds = []
    busiest = max(entities, key=lambda one: one.mentions)
    for key in (None, busiest.key, None, busiest.key):
        test.session_state["entity"] = key
        began = time.perf_counter()
        test.run()
        seconds.append(round(time.perf_counter() - began, 2))
        assert not test.exception
    print(f"\nopened, one entity, both again: {seconds} s over {len(entities)} entities")
    # Whatever the machine is busy with: nobody waits longer than the page allows a drawing, and then some.
    assert max(seconds) < 30
    assert max(seconds[2:]) < 10
    for around in (None, busiest):
        picture = rag.Picture(explorer, around=around, limit=80)
        assert len(picture.entities) <= 80
        assert len(picture.svg()) < 400_000
