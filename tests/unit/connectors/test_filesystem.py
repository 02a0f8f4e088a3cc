"""The filesystem connector: what it lists, when it reads, what it tells."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from helpers import make

from connectors import open_source
from connectors.access import Access
from connectors.base import NO_CLAIM, Claiming
from connectors.errors import ConnectorError, SourceError
from connectors.records import AccessChanged, Change, Checkpoint, Delete, Failed, Upsert
from connectors.sources.filesystem import FilesystemConnector
from connectors.testing import ConnectorContract, Receiver, check_document


class StrictMemory(MemoryFileSystem):
    """Counts what is opened, and refuses some paths."""

    protocol = "strict"
    store: dict = {}  # noqa: RUF012
    pseudo_dirs: list = [""]  # noqa: RUF012
    opened: list = []  # noqa: RUF012
    unreadable: set = set()  # noqa: RUF012
    unlistable: set = set()  # noqa: RUF012

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("strict://", "memory://"))

    def ls(self, path, detail=True, **kwargs):
        if self._strip_protocol(path) in self.unlistable:
            raise PermissionError(13, "Permission denied", path)
        return super().ls(path, detail=detail, **kwargs)

    def open(self, path, mode="rb", **kwargs):
        if "r" in mode:
            self.opened.append(path)
        if path in self.unreadable:
            raise PermissionError(13, "Permission denied", path)
        return super().open(path, mode, **kwargs)


fsspec.register_implementation("strict", StrictMemory, clobber=True)


@pytest.fixture
def strict():
    filesystem = fsspec.filesystem("strict")
    yield filesystem
    for attribute in ("store", "unreadable", "unlistable", "opened"):
        getattr(filesystem, attribute).clear()
    filesystem.pseudo_dirs[:] = [""]


def run(receiver: Receiver, place: object, **options) -> list[str]:
    """One run, told as "Upsert a.txt" and so on; the last checkpoint left out."""
    changes = receiver.run(FilesystemConnector(place, **options))
    assert isinstance(changes[-1], Checkpoint)
    for change in changes:
        if isinstance(change, Upsert):
            check_document(change.document)
    return [told(change) for change in changes[:-1]]


def told(change: Change) -> str:
    if isinstance(change, Checkpoint):
        return "Checkpoint"
    name = change.document.id if isinstance(change, Upsert) else change.document_id
    return f"{type(change).__name__} {name.rpartition('/')[2]}"


class TestContract(ConnectorContract):
    def connect(self, place, *, access):
        return FilesystemConnector(place, access=access)

    def put(self, place, name, text):
        (place / name).write_text(text, encoding="utf-8")

    def remove(self, place, name):
        (place / name).unlink()

    def damage(self, place, name):
        (place / name).write_bytes(bytes(range(256)))

    def lose(self, place):
        place.rename(place.with_name("elsewhere"))
        return SourceError


def test_document(tmp_path: Path) -> None:
    file = tmp_path / "3M_2022_10K.txt"
    file.write_text("Text.")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    source = open_source(str(tmp_path), access=Access.of(["ann"]))
    upsert, checkpoint = source.changes(None)
    document = upsert.document
    assert document.id == file.as_posix()
    assert document.source == source.id == tmp_path.as_posix()
    assert document.title == "3M 2022 10K"
    assert document.modified == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert document.access == Access.of(["user:ann"])
    assert len(document.version) == 64
    state = json.loads(checkpoint.cursor)
    assert state["files"][document.id] == [5, "1700000000000000000", document.version]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("plan-for-2023-05-05.txt", "plan for 2023-05-05"),
        ("__x__.txt", "x"),
        ("_.txt", "_"),
        ("年报_2022.txt", "年报 2022"),
    ],
)
def test_title_from_the_name(tmp_path: Path, name: str, title: str) -> None:
    (tmp_path / name).write_text("Text.")
    receiver = Receiver()
    run(receiver, tmp_path)
    assert [document.title for document in receiver.documents.values()] == [title]


def test_id_does_not_depend_on_how_the_place_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for place in (tmp_path, f"{tmp_path}/", ".", f"file://{tmp_path}", tmp_path / "a" / ".."):
        assert FilesystemConnector(place).id == tmp_path.as_posix()


def test_what_is_listed(tmp_path: Path) -> None:
    names = ["a.md", "b.tmp", ".hidden", "~$c.docx", "d.png", "yarn.lock", "sub/e.txt", "sub/deep/f.csv",
             "node_modules/g.txt", ".git/h.txt", "drafts/i.txt", "j.log", "k"]  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1,2\n3,4")
    (tmp_path / ".wellspringignore").write_text("# comment\ndrafts/\n*.log\n!.hidden\n")
    receiver = Receiver()
    assert run(receiver, tmp_path) == [f"Upsert {name}" for name in (".hidden", "a.md", "k", "f.csv", "e.txt")]
    # What is no longer chosen goes.
    assert run(receiver, tmp_path, exclude=["deep/", "/k"]) == ["Delete k", "Delete f.csv"]
    assert run(receiver, tmp_path, include=["*.md"]) == ["Delete .hidden", "Delete e.txt"]
    assert run(Receiver(), tmp_path, include=["sub/**"]) == ["Upsert f.csv", "Upsert e.txt"]
    assert run(Receiver(), tmp_path, recursive=False) == ["Upsert .hidden", "Upsert a.md", "Upsert k"]


def test_one_file(tmp_path: Path) -> None:
    (tmp_path / ".x.txt").write_text("Text.")
    (tmp_path / "d.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert run(Receiver(), tmp_path / ".x.txt") == ["Upsert .x.txt"]
    receiver = Receiver()
    assert run(receiver, tmp_path / "d.png") == ["Failed d.png"]
    assert "not supported" in receiver.failed[f"{tmp_path}/d.png"]


def test_unchanged_files_are_not_read(strict) -> None:
    for name in "abc":
        strict.pipe_file(f"/docs/{name}.txt", b"Text.")
    receiver = Receiver()
    assert len(run(receiver, "strict://docs")) == 3
    assert len([path for path in strict.opened if path.endswith(".txt")]) == 3
    strict.opened.clear()
    assert run(receiver, "strict://docs") == []
    assert [path for path in strict.opened if path.endswith(".txt")] == []
    assert sorted(receiver.documents) == [f"strict:///docs/{name}.txt" for name in "abc"]


def test_touched_file(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Text.")
    receiver = Receiver()
    run(receiver, tmp_path)
    first = receiver.cursor
    os.utime(file, (1, 1))
    assert run(receiver, tmp_path) == []
    assert receiver.cursor != first
    file.write_text("Tent.")
    os.utime(file, (1, 1))
    assert run(receiver, tmp_path) == []  # size and time as before: not read
    os.utime(file, (2, 2))
    assert run(receiver, tmp_path) == ["Upsert a.txt"]


def test_renamed_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Text.")
    receiver = Receiver()
    run(receiver, tmp_path)
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    assert run(receiver, tmp_path) == ["Delete a.txt", "Upsert b.txt"]


def test_damaged_file_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(make.pdf(["Text"]))
    receiver = Receiver()
    run(receiver, tmp_path)
    file.write_bytes(b"%PDF-1.4 damaged")
    assert run(receiver, tmp_path) == ["Failed a.pdf"]
    assert run(receiver, tmp_path) == ["Failed a.pdf"]
    file.write_bytes(make.pdf(["Text"]))
    assert run(receiver, tmp_path) == []
    file.write_bytes(b"%PDF-1.4 damaged")
    access = Access.of(["group:board"])
    assert run(receiver, tmp_path, access=access) == ["AccessChanged a.pdf", "Failed a.pdf"]
    file.unlink()
    assert run(receiver, tmp_path, access=access) == ["Delete a.pdf"]


def test_unreadable_file_and_folder(strict) -> None:
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt", "subway/d.txt"):
        strict.pipe_file(f"/docs/{name}", b"Text.")
    receiver = Receiver()
    assert len(run(receiver, "strict://docs")) == 4
    strict.unlistable.add("/docs/sub")
    strict.pipe_file("/docs/a.txt", b"Other text.")
    strict.unreadable.add("/docs/a.txt")
    del strict.store["/docs/subway/d.txt"]
    assert run(receiver, "strict://docs") == ["Delete d.txt", "Failed sub", "Failed a.txt"]
    assert "permission denied" in receiver.failed["strict:///docs/a.txt"]
    changes = run(receiver, "strict://docs", access=Access.of(["ann"]))
    assert changes == [
        "AccessChanged b.txt",
        "AccessChanged c.txt",
        "Failed sub",
        "AccessChanged a.txt",
        "Failed a.txt",
    ]
    strict.unlistable.add("/docs")
    with pytest.raises(SourceError, match="permission denied"):
        run(receiver, "strict://docs")


def test_missing_place(tmp_path: Path) -> None:
    for place in (tmp_path / "no", "memory://nowhere", f"{tmp_path}/no.zip", f"zip://x::{tmp_path}/no.zip"):
        with pytest.raises(SourceError, match="does not exist") as caught:
            next(FilesystemConnector(place).changes(None))
        assert str(caught.value).isprintable()


def test_links(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    for folder in (root / "real", other):
        folder.mkdir(parents=True)
    (root / "real" / "a.txt").write_text("Text a.")
    (other / "b.txt").write_text("Text b.")
    (root / "a_link").symlink_to(root / "real")
    (root / "loop").symlink_to(root)
    (root / "above").symlink_to(tmp_path)
    (root / "real" / "self").symlink_to("self")
    (root / "z_other").symlink_to(other)
    (root / "y_other").symlink_to(other)
    (root / "b_copy.txt").symlink_to(other / "b.txt")
    (root / "a_copy.txt").symlink_to(root / "real" / "a.txt")
    (root / "dangling.txt").symlink_to(tmp_path / "nothing")
    receiver = Receiver()
    changes = run(receiver, root, follow_links=True)
    assert changes == ["Failed dangling.txt", "Failed self", "Upsert b_copy.txt", "Upsert a.txt"]
    (other / "c.txt").write_text("Text c.")
    run(receiver, root, follow_links=True)
    assert f"{root}/y_other/c.txt" in receiver.documents
    assert len(receiver.documents) == 3


def test_links_that_lead_out(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "root-other"
    for folder in (root / "real", other):
        folder.mkdir(parents=True)
    (root / "real" / "a.txt").write_text("Text a.")
    (other / "b.txt").write_text("Text b.")
    (other / "c.png").write_text("no text")
    (root / "inner").symlink_to(root / "real")
    (root / "inner.txt").symlink_to("real/a.txt")
    (root / "folder").symlink_to(other)
    (root / "above").symlink_to(tmp_path)
    (root / "file.txt").symlink_to(other / "b.txt")
    (root / "picture.png").symlink_to(other / "c.png")
    (root / "nowhere").symlink_to(tmp_path / "nowhere")
    receiver = Receiver()
    run(receiver, root, follow_links=True)
    assert len(receiver.documents) == 2
    # What came through links before they were not followed goes.
    out = ["Failed above", "Failed file.txt", "Failed folder", "Failed nowhere"]
    assert run(receiver, root) == ["Delete file.txt", *out]
    assert list(receiver.documents) == [f"{root}/real/a.txt"]
    reason = receiver.failed[f"{root}/folder"]
    assert reason.startswith(f"is a link that leads out of the source, to {other}, and is not followed; ")
    assert "--follow-links" in reason
    assert run(Receiver(), root, exclude=["folder", "above", "file.txt", "nowhere"]) == ["Upsert a.txt"]
    assert run(Receiver(), root, include=["*.md"], recursive=False) == ["Failed nowhere"]
    # The root itself may be a link, and so may what is named itself.
    (tmp_path / "door").symlink_to(root)
    assert run(Receiver(), tmp_path / "door") == [*out, "Upsert a.txt"]
    assert run(Receiver(), root / "file.txt") == ["Upsert file.txt"]


def test_claims(tmp_path: Path) -> None:
    root = tmp_path / "ops"
    for name in ("hr/a.txt", "hr/deep/b.txt", "hr/c.log", "hr/drafts/keep.txt", "hr2/d.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("Text.")
    (root / "hr" / ".wellspringignore").write_text("drafts/\n!drafts/keep.txt\n")
    (tmp_path / "door").symlink_to(root / "hr")
    outer, inner = FilesystemConnector(root), FilesystemConnector(root / "hr", exclude=["*.log"])
    nearer = ["hr/a.txt", "hr/deep/b.txt", "hr/deep/new.txt"]
    farther = ["hr/c.log", "hr/drafts/keep.txt", "hr2/d.txt", "x.txt"]
    for name in nearer + farther:
        assert isinstance(outer, Claiming)
        assert outer.claim(f"{root}/{name}") > NO_CLAIM
        assert (inner.claim(f"{root}/{name}") > outer.claim(f"{root}/{name}")) == (name in nearer)
    flat = FilesystemConnector(root / "hr", recursive=False)
    assert flat.claim(f"{root}/hr/deep/b.txt") == NO_CLAIM
    file = FilesystemConnector(root / "hr" / "c.log")
    assert file.claim(f"{root}/hr/c.log") > flat.claim(f"{root}/hr/c.log") > NO_CLAIM
    # The same folder by another way.
    assert FilesystemConnector(tmp_path / "door").claim(f"{root}/hr/a.txt") > outer.claim(f"{root}/hr/a.txt")
    assert inner.claim(f"{tmp_path}/door/a.txt") > NO_CLAIM
    for elsewhere in (f"{tmp_path}/x.txt", "memory://ops/a.txt", f"zip://a.txt::file://{root}/hr/x.zip", str(tmp_path)):
        assert outer.claim(elsewhere) == NO_CLAIM


def test_claims_of_other_places(tmp_path: Path) -> None:
    whole, part = FilesystemConnector("memory://docs"), FilesystemConnector("memory://docs/hr")
    assert part.claim("memory:///docs/hr/a.txt") > whole.claim("memory:///docs/hr/a.txt") > NO_CLAIM
    assert part.claim("memory:///docs/hrx/a.txt") == NO_CLAIM
    make.zipped({"a.txt": "Text a.", "sub/b.txt": "Text b."}, into=tmp_path / "docs.zip")
    zipped, sub = FilesystemConnector(tmp_path / "docs.zip"), FilesystemConnector(f"zip://sub::{tmp_path}/docs.zip")
    inside = f"zip://sub/b.txt::file://{tmp_path}/docs.zip"
    assert sub.claim(inside) > zipped.claim(inside) > NO_CLAIM
    assert sub.claim(f"zip://a.txt::file://{tmp_path}/docs.zip") == NO_CLAIM
    assert zipped.claim(f"zip://a.txt::file://{tmp_path}/other.zip") == NO_CLAIM


def test_what_another_source_brings_is_left(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Text.")
    receiver = Receiver()
    assert run(receiver, tmp_path) == ["Upsert a.txt", "Upsert b.txt"]
    left = {f"{tmp_path}/a.txt"}
    assert run(receiver, tmp_path, leave=left.__contains__) == ["Delete a.txt"]
    assert run(receiver, tmp_path, leave=left.__contains__) == []
    left.clear()
    assert run(receiver, tmp_path, leave=left.__contains__) == ["Upsert a.txt"]


def test_linked_folder_that_is_unmounted(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    (other / "b.txt").write_text("Text.")
    (root / "link").symlink_to(other)
    receiver = Receiver()
    assert run(receiver, root, follow_links=True) == ["Upsert b.txt"]
    other.rename(tmp_path / "gone")
    assert run(receiver, root, follow_links=True) == ["Failed link"]


def test_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert run(Receiver(), tmp_path) == []
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        run(Receiver(), tmp_path / "pipe.txt")


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    for name in (b"caf\xe9.txt", b"two\nlines.txt", "年报.txt".encode(), b"bad\xff.pdf"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"Text.")
    receiver = Receiver()
    changes = run(receiver, tmp_path)
    assert changes == [
        "Failed bad\\xff.pdf",
        "Upsert caf\\xe9.txt",
        "Upsert two\\x0alines.txt",
        "Upsert 年报.txt",
    ]
    assert run(receiver, tmp_path) == ["Failed bad\\xff.pdf"]
    assert receiver.cursor
    assert receiver.cursor.isascii()


def test_limits(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x" * 100)
    receiver = Receiver()
    assert run(receiver, tmp_path, max_file_bytes=99) == ["Failed a.txt"]
    assert "100 bytes, and the limit is 99" in receiver.failed[f"{tmp_path}/a.txt"]
    assert run(receiver, tmp_path, max_chars=99) == ["Failed a.txt"]
    assert "raise max_chars" in receiver.failed[f"{tmp_path}/a.txt"]
    assert run(receiver, tmp_path) == ["Upsert a.txt"]


def test_zip(tmp_path: Path) -> None:
    file = tmp_path / "docs.zip"
    make.zipped({"a.txt": "Text a.", "sub/b.md": "# B\n\nText.", "sub/c.png": "x"}, into=file)
    receiver = Receiver()
    for place in (file, f"zip://{file}", f"zip://*::{file}", f"zip://::file://{file}"):
        assert FilesystemConnector(place).id == f"zip://::file://{file}"
    assert run(receiver, file) == ["Upsert docs.zip", "Upsert docs.zip"]
    (first, second) = sorted(receiver.documents)
    assert (first, second) == (f"zip://a.txt::file://{file}", f"zip://sub/b.md::file://{file}")
    with fsspec.open(first) as opened:
        assert opened.read() == b"Text a."
    assert run(receiver, file) == []
    make.zipped({"a.txt": "Text a, changed.", "sub/b.md": "# B\n\nText."}, into=file)
    assert receiver.run(FilesystemConnector(file))[0].document.text == "Text a, changed."
    assert len(run(Receiver(), f"zip://sub::{file}")) == 1
    file.write_bytes(b"no zip")
    with pytest.raises(SourceError, match="not a zip file"):
        run(receiver, file)


def test_memory() -> None:
    filesystem = fsspec.filesystem("memory")
    filesystem.pipe_file("/well/a/b.txt", b"Text.")
    try:
        receiver = Receiver()
        assert run(receiver, "memory://well") == ["Upsert b.txt"]
        assert list(receiver.documents) == ["memory:///well/a/b.txt"]
        assert FilesystemConnector("memory:///well/").id == "memory:///well"
        assert run(receiver, "memory://well") == []
    finally:
        filesystem.rm("/well", recursive=True)


@pytest.mark.parametrize(("scheme", "extra"), [("s3", "s3"), ("gs", "gs"), ("az", "az"), ("sftp", "sftp")])
def test_missing_extra(scheme: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("s3fs", "gcsfs", "adlfs", "paramiko", "fsspec.implementations.sftp"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SourceError, match=rf"pip install 'wellspring\[{extra}\]'"):
        FilesystemConnector(f"{scheme}://place/folder")


def test_wrong_options(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no kind of place"):
        FilesystemConnector("gopher://place")
    with pytest.raises(SourceError, match="pattern to exclude is not valid"):
        FilesystemConnector(tmp_path, exclude=["!"])
    with pytest.raises(ConnectorError, match="no connector named 'carrier-pigeon'"):
        open_source("x", kind="carrier-pigeon")


def test_checkpoints_are_few_and_sound(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number:03}.txt").write_text(f"Text {number}.")
    source = FilesystemConnector(tmp_path)
    changes = list(source.changes(None))
    places = [index for index, change in enumerate(changes) if isinstance(change, Checkpoint)]
    assert places == [65, 131, 197, 203]
    receiver = Receiver()
    receiver.apply(changes[:150])
    rest = receiver.run(source)
    assert sum(isinstance(change, Upsert) for change in rest) == 200 - 130
    assert len(receiver.documents) == 200
    # Access is complete only at the end: a cut run tells it again.
    closed = FilesystemConnector(tmp_path, access=Access.of(["ann"]))
    receiver.apply(list(closed.changes(receiver.cursor))[:100])
    assert sum(isinstance(change, AccessChanged) for change in receiver.run(closed)) == 200
    assert not any(isinstance(change, Delete | Failed) for change in rest)
