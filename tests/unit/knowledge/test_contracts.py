"""Ours keep the contracts, and the suites catch those who do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from knowledge.extract import SpacyExtractor
from knowledge.store import SQLiteStore
from knowledge.store.testing import StoreContract
from knowledge.testing import EmbedderContract, ExtractorContract, HashEmbedder


class TestHashEmbedder(EmbedderContract):
    def embedder(self):
        return HashEmbedder()


class TestSpacyExtractor(ExtractorContract):
    def extractor(self):
        return SpacyExtractor()


class TestSQLiteStore(StoreContract):
    def open_store(self, place):
        return SQLiteStore(place / "kb.sqlite")


class LongEmbedder(HashEmbedder):
    def embed_passages(self, texts):
        return super().embed_passages(texts) * np.float32(2)


class ShiftedExtractor(SpacyExtractor):
    def extract(self, document, chunks):
        found = super().extract(document, chunks)
        return replace(found, mentions=tuple(replace(m, start=m.start + 1) for m in found.mentions))


class ForgetfulStore(SQLiteStore):
    def commit(self, changes):
        for item in changes.upserts:
            super().commit(replace(changes, upserts=(item,)))


def test_embedder_suite_finds_faults() -> None:
    class Suite(EmbedderContract):
        def embedder(self):
            return LongEmbedder()

    with pytest.raises(AssertionError):
        Suite().test_rows_of_unit_length()


def test_extractor_suite_finds_faults() -> None:
    class Suite(ExtractorContract):
        def extractor(self):
            return ShiftedExtractor()

    with pytest.raises(AssertionError):
        Suite().test_mentions_lie_in_their_chunks()


def test_store_suite_finds_faults(tmp_path) -> None:
    class Suite(StoreContract):
        def open_store(self, place):
            return ForgetfulStore(place / "kb.sqlite")

    with pytest.raises(AssertionError):
        Suite().test_generation(tmp_path)
