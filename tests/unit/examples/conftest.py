"""A knowledge base and a bot over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.bases import small_base

import rag
from examples.support_bot.bot import Bot
from examples.support_bot.states import States

TEXTS = {
    "bt3.md": "# BT3\n\nThe BT3 costs 1850 pounds. The BT3 weighs 3 kilograms. Measuring range 3 metres.\n",
    "sd6.md": "# SD6\n\nThe SD6 costs 3990 pounds. The SD6 weighs 6 kilograms. Measuring range 6 metres.\n",
    "kite7.md": "# Kite 7\n\nThe Kite 7 has a range of 7 miles. The Kite 7 is red.\n",
    "kite9.md": "# Kite 9\n\nThe Kite 9 has a range of 9 miles. The Kite 9 is blue.\n",
    "leave.md": "# Leave\n\nEmployees in Dundee get 27 days of leave.\n",
    "fees.md": "# Fees\n\nThe <@channel> parcel costs 5 pounds & more <http://evil|x>.\n",
    "travel.md": "# 差旅通知\n\n一线城市住宿上限为550元。\n",
    "secret.md": "# Falcon\n\nThe Falcon costs 77 pounds. The Falcon project is led by Mara Quist.\n",
}


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Wellspring]:
    base, _ = small_base(tmp_path_factory.mktemp("kb"), TEXTS, readers={"secret.md": ["group:board"]}, threshold=0.35)
    with base:
        yield base


@pytest.fixture
def states(tmp_path: Path) -> Iterator[States]:
    kept = States(tmp_path / "states.sqlite")
    yield kept
    kept.close()


@pytest.fixture
def bot(kb, states) -> Bot:
    return Bot(kb, states, threshold=0.35)
