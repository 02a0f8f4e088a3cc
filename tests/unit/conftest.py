"""The fast tests: they say the same each time, also on a slow machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

_MEMORY = Path("/dev/shm")
_ROOM = 1 << 30
"""Bytes: ten times what a run leaves there until it ends."""
if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM:
    # Each knowledge base that a test makes would wait for the disk, again and again.
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

# The same examples each time; those of tests/full are new ones.
settings.register_profile("fast", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fast")
