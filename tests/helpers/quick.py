"""Time that a test may take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail where what is done here takes more of the processor's time: what else the machine does is not counted.

    For what must not take quadratic time. The limit should be ten times what it takes, so that a slow machine keeps it.
    """
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds
