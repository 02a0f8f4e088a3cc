"""The connector in memory keeps the contract, and so does the suite: it catches those who do not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from connectors.access import Access
from connectors.records import Checkpoint
from connectors.testing import ConnectorContract, MemoryConnector


class TestMemoryConnector(ConnectorContract):
    @pytest.fixture(autouse=True)
    def _store(self):
        self.texts: dict[str, str] = {}
        self.broken: dict[str, str] = {}

    def connect(self, place, *, access):
        return MemoryConnector(self.texts, access=access, broken=self.broken)

    def put(self, place, name, text):
        self.broken.pop(name, None)
        self.texts[name] = text

    def remove(self, place, name):
        self.broken.pop(name, None)
        self.texts.pop(name, None)

    def damage(self, place, name):
        self.broken[name] = "is damaged; mend it"

    def lose(self, place):
        return None


class Forgetful(MemoryConnector):
    def changes(self, cursor):
        return super().changes(None)


class Silent(MemoryConnector):
    def changes(self, cursor):
        return (change for change in super().changes(cursor) if not isinstance(change, Checkpoint))


@pytest.mark.parametrize("kind", [Forgetful, Silent])
def test_suite_finds_faults(kind, tmp_path) -> None:
    class Suite(TestMemoryConnector):
        def connect(self, place, *, access):
            return kind(self.texts, access=access, broken=self.broken)

    suite = Suite()
    suite.texts, suite.broken = {}, {}
    with pytest.raises((AssertionError, ValueError)):
        suite.test_nothing_changed(tmp_path)


def test_same_changes_every_time() -> None:
    texts = {"b": "Two", "a": "One"}
    first, second = (list(MemoryConnector(texts, access=Access.of(["x"])).changes(None)) for _ in range(2))
    assert first == second


def test_import_is_quick() -> None:
    code = (
        "import sys, connectors, connectors.formats, connectors.sources.filesystem\n"
        "heavy = {'docx', 'pptx', 'openpyxl', 'pypdfium2', 'bs4', 'lxml', 'docutils', 'markdown_it',"
        " 'fsspec', 'charset_normalizer', 'pathspec', 'numpy'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
