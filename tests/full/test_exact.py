"""Hundreds of sequences of changes, each ending where a fresh build of what is left would."""

from __future__ import annotations

from helpers import syncs
from helpers.exact import STEPS, check
from hypothesis import given, settings


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_any_sequence_of_changes(steps) -> None:
    check(steps)


@settings(max_examples=60, deadline=None)
@given(syncs.STEPS)
def test_any_sequence_of_syncs(steps) -> None:
    syncs.check_sync(steps)
