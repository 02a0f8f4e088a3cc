"""The fast tests: they say the same each time, also on a slow machine."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The same examples each time; those of tests/full are new ones.
settings.register_profile("fast", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fast")
