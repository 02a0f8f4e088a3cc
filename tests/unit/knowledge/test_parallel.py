"""One function over many things."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

import pytest

from knowledge.chunk import chunk_document
from knowledge.extract import SpacyExtractor
from knowledge.index import extract_all
from knowledge.parallel import map_in_parts
from knowledge.testing import make_document


def squares(things: Sequence[int]) -> list[int]:
    return [thing * thing for thing in things]


def processes(things: Sequence[int]) -> list[int]:
    return [os.getpid() for _ in things]


@pytest.mark.parametrize("sizes", [[1] * 50, [40, *[1] * 49], [0] * 49 + [100]])
def test_order_is_kept(sizes) -> None:
    found = map_in_parts(squares, range(50), sizes=sizes, workers=2, least=10)
    assert found == squares(range(50))


def test_little_work_stays_here() -> None:
    here = partial(map_in_parts, processes, sizes=[1] * 4)
    assert set(here(range(4), workers=2, least=10)) == {os.getpid()}
    assert set(here(range(4), workers=1, least=1)) == {os.getpid()}
    assert os.getpid() not in here(range(4), workers=2, least=1)
    assert map_in_parts(squares, [], sizes=[], workers=2, least=1) == []


def test_processes_extract_the_same() -> None:
    texts = [f"Acme {n} Corp acquired Beta Ltd in {1900 + n}. Ann Lee works for Acme Corp in Oslo." for n in range(130)]
    documents = [make_document(str(n), text) for n, text in enumerate(texts)]
    cut = [(document, chunk_document(document)) for document in documents]
    extractor = SpacyExtractor()
    assert extract_all(extractor, cut, workers=2) == extract_all(extractor, cut, workers=1)
