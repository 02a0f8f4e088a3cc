"""Claims of an identity provider as viewers."""

from __future__ import annotations

import pytest

import rag
from apps.ui.who import UnknownPersonError, viewer_of


def test_a_person_with_groups() -> None:
    claims = {"sub": "1", "email": "Ann@Example.org", "email_verified": True, "groups": ["hr", "dundee", 3, ""]}
    assert viewer_of(claims) == rag.Viewer("ann@example.org", frozenset({"hr", "dundee"}))


def test_groups_may_stand_in_another_claim_or_be_one() -> None:
    claims = {"email": "ann@example.org", "roles": "hr", "groups": ["other"]}
    assert viewer_of(claims, groups_claim="roles") == rag.Viewer("ann@example.org", frozenset({"hr"}))
    assert viewer_of(claims, groups_claim="none").groups == frozenset()


@pytest.mark.parametrize(
    "claims",
    [{}, {"email": ""}, {"email": 5}, {"email": "local"}, {"email": "ann@example.org", "email_verified": False}],
)
def test_who_cannot_be_told_is_nobody(claims: dict[str, object]) -> None:
    with pytest.raises(UnknownPersonError):
        viewer_of(claims)
