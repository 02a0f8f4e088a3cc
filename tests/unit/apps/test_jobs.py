"""Indexing in the background."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import rag
from apps.ui.jobs import Jobs

from .conftest import Make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    company = tmp_path / "company"
    company.mkdir()
    for name in ("a", "b", "c"):
        (company / f"{name}.txt").write_text(f"Document {name} speaks of herons.", encoding="utf-8")
    (company / ".hidden").write_text("x", encoding="utf-8")
    return company


def test_a_job_counts_and_reports(make: Make, folder: Path) -> None:
    job = Jobs().index(make({}), folder)
    assert job is not None
    job.wait(60)
    assert (job.total, job.done, job.count("added"), job.problem) == (3, 3, 3, None)


def test_only_one_at_a_time_and_stopping(make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kb, jobs = make({}), Jobs()
    reached, go = threading.Event(), threading.Event()
    upload = rag.Wellspring.sync

    def slow(self: rag.Wellspring, *locations: str, **options: object) -> object:
        reached.set()
        go.wait(60)
        return upload(self, *locations, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(rag.Wellspring, "sync", slow)
    first = jobs.index(kb, folder)
    assert first is not None
    assert reached.wait(60)
    assert jobs.index(kb, folder) is None
    first.stop()
    go.set()
    first.wait(60)
    assert first.stopped
    assert first.problem is None
    assert kb.documents() == []
    # What was stopped can be taken up again.
    monkeypatch.undo()
    second = jobs.index(kb, folder)
    assert second is not None
    second.wait(60)
    assert second.count("added") == 3


def test_what_nobody_expected_is_logged(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: rag.Wellspring, *locations: str, **options: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(rag.Wellspring, "sync", broken)
    job = Jobs().index(make({}), "x")
    assert job is not None
    job.wait(60)
    assert job.problem == ""
    assert "ZeroDivisionError" in caplog.text
