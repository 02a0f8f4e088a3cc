"""No test here reaches the network; stores are closed."""

from __future__ import annotations

import pytest
from pytest_socket import disable_socket, enable_socket

from knowledge.extract import SpacyExtractor
from knowledge.index import Indexer
from knowledge.store import SQLiteStore
from knowledge.testing import HashEmbedder


@pytest.fixture(autouse=True)
def _no_network():
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture
def store(tmp_path):
    opened = SQLiteStore(tmp_path / "kb.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def indexer():
    return Indexer(HashEmbedder(), SpacyExtractor())
