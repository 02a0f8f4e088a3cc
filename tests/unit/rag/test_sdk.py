import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.bases import TEXTS, small_base

import rag
from connectors.testing import MemoryConnector
from rag.errors import KnowledgeBaseError, SettingsError
from rag.sdk import LONGEST_QUESTION


def ids(base: rag.Wellspring) -> set[str]:
    return {Path(info.id).name for info in base.documents()}


def test_a_deleted_document_stays_away(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    gone = tmp_path / "docs" / "staff.md"
    base.delete(str(gone))
    assert ids(base) == set(TEXTS) - {"staff.md"}
    gone.write_text("# Staff\n\nSomething new about Aino Rautala.\n", encoding="utf-8")
    base.sync(tmp_path / "docs", exclude=["*.tmp"])
    assert ids(base) == set(TEXTS) - {"staff.md"}
    assert gone.exists()


class Lock:
    """A base's lock, which somebody else gets just before."""

    def __init__(self, base: rag.Wellspring, first: Callable[[], object]) -> None:
        self._lock, self._first = base._writing, [first]
        base._writing = self

    def __enter__(self) -> None:
        while self._first:
            self._first.pop()()
        self._lock.__enter__()

    def __exit__(self, *error: object) -> None:
        self._lock.__exit__(*error)


def test_a_document_deleted_just_before_a_sync_stays_away(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    gone = tmp_path / "docs" / "staff.md"
    gone.write_text("# Staff\n\nSomething new about Aino Rautala.\n", encoding="utf-8")
    Lock(base, lambda: base.delete(str(gone)))
    base.sync(tmp_path / "docs")
    assert ids(base) == set(TEXTS) - {"staff.md"}


def test_a_document_deleted_just_before_a_sync_of_a_connector_stays_away(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path, {})
    mine = MemoryConnector({"a": "Apples are red.", "b": "Bananas are yellow."})
    base.sync_from(mine)
    gone = next(info.id for info in base.documents() if info.title == "a")
    mine.texts["a"] = "Apples are green."
    Lock(base, lambda: base.delete(gone))
    base.sync_from(mine)
    assert gone not in {info.id for info in base.documents()}


def test_a_source_forgotten_just_before_a_sync_does_not_come_back(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    (tmp_path / "docs2").mkdir()
    base.sync(tmp_path / "docs2", readers=["group:board"])
    Lock(base, lambda: base.forget(tmp_path / "docs2"))
    assert len(base.sync()) == 1
    assert base.sources() == [str(tmp_path / "docs")]


def test_a_deleted_member_of_an_archive_stays_away(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    archive = tmp_path / "more.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "Apples are red.")
        file.writestr("b.txt", "Bananas are yellow.")
    base.sync(archive)
    member = next(info.id for info in base.documents() if "a.txt" in info.id)
    base.delete(member)
    os.utime(archive, (1, 1))
    base.sync()
    assert member not in {info.id for info in base.documents()}


def test_uploads_are_kept_indexed_and_deleted_with_their_file(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    path = base.upload("../../evil/时" + "间" * 300 + ".txt", b"The Osprey valve opens at 6 bar.")
    assert path.parent == base.uploads
    assert path.suffix == ".txt"
    with pytest.raises(rag.UploadError, match=r"^\.hidden\.txt: "):
        base.upload("a/.hidden.txt", b"Nobody would read this.")
    assert list(base.uploads.iterdir()) == [path]
    base.sync(base.uploads)
    assert base.search("Osprey valve")[0].document == str(path)
    base.delete(str(path))
    assert not path.exists()
    assert str(path) not in {info.id for info in base.documents()}


def test_uploads_for_some_are_a_source_of_their_own(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    mine = ["user:ann", "group:hr"]
    path = base.upload("osprey.txt", b"The Osprey valve opens at 6 bar.", readers=mine)
    other = base.upload("osprey.txt", b"The Osprey valve opens at 4 bar.")
    assert path.parent == base.uploads_for(reversed(mine)) != base.uploads == base.uploads_for(["*"])
    base.sync(base.uploads)
    base.sync(base.uploads_for(mine), readers=mine)
    assert [hit.document for hit in base.search("Osprey valve", viewer=rag.Viewer("eve"))][:1] == [str(other)]
    ann = rag.Viewer("ann")
    assert {str(path), str(other)} <= {hit.document for hit in base.search("Osprey valve", viewer=ann)}
    assert base.is_upload(path.parent)
    assert not base.is_upload(path)
    base.delete(str(path))
    assert not path.exists()
    assert base.documents(viewer=ann) == base.documents()


def test_a_name_is_no_viewer(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    with pytest.raises(TypeError, match=r"Viewer\('ann'\)"):
        base.ask("Who?", viewer="ann")  # type: ignore[arg-type]


def test_a_failed_upload_can_be_deleted(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    path = base.upload("broken.pdf", b"%PDF-1.7 nothing")
    base.sync(base.uploads)
    assert [failure.document_id for failure in base.failures()] == [str(path)]
    base.delete(str(path))
    assert base.failures() == []
    assert not path.exists()


def test_a_forgotten_source_is_gone(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    base.forget(tmp_path / "docs")
    assert base.documents() == []
    assert base.sources() == []
    with pytest.raises(KnowledgeBaseError, match="is no source"):
        base.forget(tmp_path / "docs")
    with pytest.raises(KnowledgeBaseError, match="knows no source yet"):
        base.sync()


def test_a_lost_source_stops_no_other_and_loses_nothing(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path, readers={"leave.md": ["*"]})
    lost = tmp_path / "docs-leave.md"
    lost.rename(tmp_path / "moved")
    (tmp_path / "docs" / "new.md").write_text("# New\n\nA new page.\n", encoding="utf-8")
    reports = {report.source: report for report in base.sync()}
    assert reports[str(lost)].failed == 1
    assert reports[str(tmp_path / "docs")].added == 1
    assert {"leave.md", "new.md"} <= ids(base)


def test_readers_are_remembered(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path, readers={"leave.md": ["group:hr"]})
    base.sync(tmp_path / "docs-leave.md")
    assert "leave.md" not in ids(base)
    assert len(base.documents(viewer=rag.Viewer("x", frozenset({"hr"})))) == len(TEXTS)


def test_failures_of_restricted_sources_are_hidden(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path, readers={"leave.md": ["group:hr"]})
    (tmp_path / "docs-leave.md" / "secret.pdf").write_bytes(b"%PDF-1.7 nothing")
    base.sync()
    assert base.failures() == []
    assert len(base.failures(viewer=rag.Viewer("x", frozenset({"hr"})))) == 1


def test_questions_are_answered_from_many_threads_while_documents_come_in(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path, replies=["27 days. [1]"])
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(5):
            try:
                if "27 days" not in base.ask("How many days of annual leave do employees in Dundee get?").answer:
                    wrong.append("no answer")
            except Exception as error:  # reported below, with the thread gone
                wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(6):
        (tmp_path / "docs" / f"n{number}.md").write_text(f"# Note {number}\n\nNothing much.\n", encoding="utf-8")
        base.sync()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_huge_question_is_cut(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    assert len(base.ask("A" * 60_000).question) == LONGEST_QUESTION


def test_settings_given_to_open_are_checked(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no setting 'lllm'"):
        rag.open(tmp_path, lllm="x")
    with pytest.raises(SettingsError, match="goes from"):
        rag.open(tmp_path, answer_threshold=9)


def test_every_public_name_is_there() -> None:
    for name in rag.__all__:
        assert getattr(rag, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        rag.nothing  # noqa: B018


def test_the_file_of_a_document_is_given_out_only_as_it_was_indexed_and_to_who_may_read_it(tmp_path: Path) -> None:
    base, _ = small_base(tmp_path)
    file = tmp_path / "docs" / "staff.md"
    assert base.original(str(file)) == file.read_bytes()
    assert base.original(str(tmp_path / "docs" / "none.md")) is None
    base.sync(tmp_path / "docs", readers=["group:board"])
    assert base.original(str(file)) is None
    board = rag.Viewer("ann", groups=frozenset({"board"}))
    assert base.original(str(file), viewer=board) == file.read_bytes()
    file.write_text("Something else, not indexed yet.", encoding="utf-8")
    assert base.original(str(file), viewer=board) is None
