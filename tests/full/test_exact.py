"""Hundreds of sequences of changes, each ending where a fresh build of what is left would."""

from __future__ import annotations

from helpers.exact import STEPS, check
from hypothesis import given, settings


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_any_sequence_of_changes(steps) -> None:
    check(steps)
