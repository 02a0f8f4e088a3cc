"""Options of the test run, and what makes it quick."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several processes share the cores: threads of each that wait for one another would hold up the others. Read when
    # numpy and torch load, which no plugin does before.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--page-at", metavar="URL", help="test a page that is served already, over the example documents")
    parser.addoption(
        "--update-screenshots", action="store_true", help="write the pictures of the documentation to docs/"
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests without looking for garbage, and never look through them again: what is collected stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        # Seldom, too: a test leaves little behind.
        gc.set_threshold(50_000, 20, 20)
        gc.enable()
