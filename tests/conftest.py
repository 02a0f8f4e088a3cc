"""Options of the test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--page-at", metavar="URL", help="test a page that is served already, over the example documents")
    parser.addoption(
        "--update-screenshots", action="store_true", help="write the pictures of the documentation to docs/"
    )
