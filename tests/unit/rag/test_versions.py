"""Documents of which there is a newer version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.bases import small_base

import rag
from rag.versions import has_version, newer_versions

OLD, NEW = "Security policy (2024)", "Security policy (2026)"
TEXTS = {
    "old.md": f"# {OLD}\n\nBackups of the servers are kept for 30 days. Visitors sign the yellow book.\n",
    "new.md": f"# {NEW}\n\nBackups of the servers are kept for 90 days.\n",
}


def test_versions_differ_in_a_year_or_a_number_alone() -> None:
    def newer(*titles: str) -> dict[str, str]:
        return newer_versions((title, title) for title in titles)

    assert newer(OLD, NEW) == {OLD: NEW}
    assert newer("Price list v1.9", "Price list v1.10", "Price list V1.2") == {
        "Price list v1.9": "Price list v1.10",
        "Price list V1.2": "Price list v1.10",
    }
    assert newer("Leave policy 2024-11", "Leave policy 2024-02") == {"Leave policy 2024-02": "Leave policy 2024-11"}
    assert newer("考勤制度第2版", "考勤制度第3版") == {"考勤制度第2版": "考勤制度第3版"}
    apart = (("Security policy", NEW), ("Travel policy 2024", NEW), ("2024", "2026"), (OLD, OLD), ("Kite 7", "Kite 9"))
    apart += (("Minutes 2026-03-09", "Minutes 2026-04-13"), ("Annual report 2023", "Annual report 2024"))
    apart += (("Policy committee minutes 2026-03-09", "Policy committee minutes 2026-04-13"),)
    apart += (("Leave policy v3", "Leave policy 2025"), ("Leave policy v" + "9" * 5000, "Leave policy v2"))
    for titles in apart:
        assert newer(*titles) == {}


def test_an_amount_is_no_year() -> None:
    for question in (
        "Who approves purchases above 2000 euros?",
        "Who approves 2000€ or €2010?",
        "What lasts 2000 hours?",
    ):
        assert not has_version(question)
    for question in ("What did the policy of 2024 say?", "What does version 3 of the manual say?"):
        assert has_version(question)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Wellspring]:
    base, _ = small_base(tmp_path_factory.mktemp("versions"), TEXTS)
    with base:
        yield base


def test_the_newest_answers(kb: rag.Wellspring) -> None:
    answer = kb.ask("How long are backups of the servers kept?")
    assert "90 days" in answer.answer
    assert answer.citations[0].title == NEW
    assert "newer version" not in answer.answer


def test_who_names_a_version_means_it(kb: rag.Wellspring) -> None:
    answer = kb.ask("How long were backups of the servers kept by the security policy of 2024?")
    assert answer.citations[0].title == OLD
    assert f"There is a newer version of this document: {NEW}." in answer.answer


def test_what_only_the_old_one_tells_is_told_as_such(kb: rag.Wellspring) -> None:
    answer = kb.ask("Which book do visitors sign?")
    assert answer.citations[0].title == OLD
    assert answer.answer.endswith(f"There is a newer version of this document: {NEW}.")


def test_a_version_that_the_viewer_may_not_read_is_not_told_of(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path, TEXTS, readers={"new.md": ["group:it"]})
    with base:
        answer = base.ask("How long are backups of the servers kept?", viewer=rag.Viewer("ann"))
        assert "30 days" in answer.answer
        assert "newer" not in answer.answer
