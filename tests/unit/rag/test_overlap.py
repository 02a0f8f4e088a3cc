"""Sources that overlap: the innermost one that holds a document decides over its readers, whatever came first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from helpers.bases import small_base
from hypothesis import given, settings
from hypothesis import strategies as st

import rag
from connectors import Change, Checkpoint, Connector
from connectors.base import NO_CLAIM
from connectors.sources import filesystem
from connectors.testing import MemoryConnector
from knowledge.records import ChangeSet
from knowledge.testing import contents

HR = ["group:hr"]
ANN = rag.Viewer("ann", frozenset({"hr"}))


@pytest.fixture
def base(tmp_path: Path) -> Iterator[rag.Wellspring]:
    """An empty knowledge base beside a folder ``ops``."""
    made, _ = small_base(tmp_path / "kb", {})
    made.forget(tmp_path / "kb" / "docs")
    with made:
        yield made


def write(place: Path, text: str) -> None:
    """Write a text, with a time of its own: two texts of one length in one tick would look the same."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    os.utime(place, (1_700_000_000 + next(_TICKS),) * 2)


_TICKS = count()


@pytest.fixture
def ops(tmp_path: Path) -> Path:
    for name in ("open.txt", "hr/leave.txt", "hr/pay/list.txt"):
        write(tmp_path / "ops" / name, f"The {name} kettle is blue.")
    return tmp_path / "ops"


def readers(base: rag.Wellspring, root: Path) -> dict[str, tuple[str, ...]]:
    """Who may read what, by path below ``root``."""
    return {os.path.relpath(info.id, root): info.readers for info in base.store.documents()}


class Watch:
    """Notes, whenever something was committed, what everybody could read."""

    def __init__(self, base: rag.Wellspring, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: set[str] = set()
        commit = base.store.commit

        def watched(changes: object) -> None:
            commit(changes)
            self.seen |= {info.id for info in base.documents()}

        monkeypatch.setattr(base.store, "commit", watched)


HIDDEN = {"open.txt": ("*",), "hr/leave.txt": ("group:hr",), "hr/pay/list.txt": ("group:hr",)}


def test_a_file_in_a_folder(base: rag.Wellspring, ops: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base.sync(ops)
    file = ops / "hr" / "leave.txt"
    base.sync(file, readers=HR)
    watch = Watch(base, monkeypatch)
    write(file, "The kettle is purple now.")
    base.sync(ops)
    assert readers(base, ops) == HIDDEN | {"hr/pay/list.txt": ("*",)}
    # The inner source reads it.
    assert "blue" in base.store.document(str(file)).text
    (report,) = base.sync(file)
    assert (report.changed, "purple" in base.store.document(str(file)).text) == (1, True)
    base.sync()
    assert str(file) not in watch.seen


@pytest.mark.parametrize("outer_first", [True, False])
def test_a_folder_in_a_folder(
    base: rag.Wellspring, ops: Path, monkeypatch: pytest.MonkeyPatch, outer_first: bool
) -> None:
    if outer_first:
        base.sync(ops)
        assert base.sync(ops / "hr", readers=HR)[0].unchanged == 2
    else:
        base.sync(ops / "hr", readers=HR)
        assert base.sync(ops)[0].added == 1
    watch = Watch(base, monkeypatch)
    assert readers(base, ops) == HIDDEN
    write(ops / "hr" / "leave.txt", "The kettle is purple now.")
    write(ops / "hr" / "new.txt", "The lamp is red.")
    base.sync(ops)
    assert readers(base, ops) == HIDDEN
    base.sync(ops, readers=["user:bob"])
    assert readers(base, ops) == HIDDEN | {"open.txt": ("user:bob",)}
    base.sync(ops, readers=["*"])
    base.sync()
    assert readers(base, ops) == HIDDEN | {"hr/new.txt": ("group:hr",)}
    assert base.store.document(str(ops / "hr" / "leave.txt")).text == "The kettle is purple now."
    assert watch.seen <= {str(ops / "open.txt")}
    # What any sequence leaves is what a fresh base holds.
    fresh, _ = small_base(ops.parent / "fresh", {})
    fresh.forget(ops.parent / "fresh" / "docs")
    fresh.sync(ops / "hr", readers=HR)
    fresh.sync(ops)
    assert contents(base.store) == contents(fresh.store)
    fresh.close()


def test_three_deep(base: rag.Wellspring, ops: Path) -> None:
    base.sync(ops / "hr" / "pay" / "list.txt", readers=["user:boss"])
    base.sync(ops)
    base.sync(ops / "hr", readers=HR)
    expected = HIDDEN | {"hr/pay/list.txt": ("user:boss",)}
    for _ in range(2):
        assert readers(base, ops) == expected
        base.sync()
    base.forget(ops / "hr" / "pay" / "list.txt")
    base.sync(ops)
    assert "hr/pay/list.txt" not in readers(base, ops)
    base.sync(ops / "hr")
    assert readers(base, ops) == HIDDEN


def test_deletions(base: rag.Wellspring, ops: Path) -> None:
    base.sync(ops)
    base.sync(ops / "hr", readers=HR)
    (ops / "hr" / "leave.txt").unlink()
    assert base.sync(ops)[0].deleted == 0
    assert readers(base, ops) == HIDDEN
    assert base.sync(ops / "hr")[0].deleted == 1
    assert readers(base, ops) == {name: who for name, who in HIDDEN.items() if name != "hr/leave.txt"}
    # The whole folder is not there: its source says so, and nothing of it is lost.
    (ops / "hr").rename(ops.parent / "away")
    base.sync()
    assert "hr/pay/list.txt" in readers(base, ops)


def test_what_the_inner_source_does_not_take_stays_the_outer_ones(base: rag.Wellspring, ops: Path) -> None:
    base.sync(ops)
    base.sync(ops / "hr", readers=HR, exclude=["pay/"])
    for _ in range(2):
        assert readers(base, ops) == HIDDEN | {"hr/pay/list.txt": ("*",)}
        base.sync()
    base.sync(ops / "hr", exclude=[])
    assert readers(base, ops) == HIDDEN
    base.sync(ops / "hr", recursive=False)
    base.sync(ops)
    assert readers(base, ops) == HIDDEN | {"hr/pay/list.txt": ("*",)}


def test_what_the_inner_source_cannot_read_is_hidden_all_the_same(base: rag.Wellspring, ops: Path) -> None:
    base.sync(ops)
    file = ops / "hr" / "leave.txt"
    file.write_bytes(bytes(range(256)))
    assert base.sync(ops / "hr", readers=HR)[0].failed == 1
    assert readers(base, ops) == HIDDEN
    assert base.sync(ops)[0].failed == 0
    assert base.failures() == []
    assert [failure.document_id for failure in base.failures(viewer=ANN)] == [str(file)]
    base.sync()
    assert readers(base, ops) == HIDDEN


def test_an_inner_source_that_is_not_there_takes_nothing(base: rag.Wellspring, ops: Path) -> None:
    base.sync(ops)
    (ops / "hr").rename(ops.parent / "away")
    with pytest.raises(rag.SourceError):
        base.sync(ops / "hr", readers=HR)
    assert len(readers(base, ops)) == 3
    (ops.parent / "away").rename(ops / "hr")
    base.sync()
    assert set(readers(base, ops).values()) == {("*",)}


@pytest.mark.parametrize("synced_between", [True, False])
@pytest.mark.parametrize("by_hand", [True, False])
def test_what_a_forgotten_inner_source_held_comes_back(
    base: rag.Wellspring, ops: Path, synced_between: bool, by_hand: bool
) -> None:
    base.sync(ops)
    file = ops / "hr" / "leave.txt"
    base.sync(file, readers=HR)
    if synced_between:
        base.sync(ops)
    if by_hand:
        base.store.remove_source(str(file))
    else:
        base.forget(file)
    assert "hr/leave.txt" not in readers(base, ops)
    assert base.sync(ops)[0].added == 1
    assert readers(base, ops)["hr/leave.txt"] == ("*",)
    assert base.sync(ops)[0].unchanged == 3


def test_what_was_deleted_by_hand_does_not_come_back(base: rag.Wellspring, ops: Path) -> None:
    base.sync(ops)
    base.sync(ops / "hr", readers=HR)
    base.delete(str(ops / "hr" / "leave.txt"))
    base.sync()
    base.forget(ops / "hr")
    base.sync()
    assert sorted(readers(base, ops)) == ["hr/pay/list.txt", "open.txt"]


def test_uploads_in_a_folder_that_is_indexed(base: rag.Wellspring, tmp_path: Path) -> None:
    path = base.upload("pay.txt", b"Mara earns 9000 euros.", readers=HR)
    # Nobody has indexed it yet.
    base.sync(tmp_path)
    assert str(path) not in {info.id for info in base.store.documents()}
    base.sync(path.parent, readers=HR)
    path.write_text("Mara earns 9500 euros.", encoding="utf-8")
    base.sync(tmp_path)
    assert str(path) not in {info.id for info in base.documents()}
    base.delete(str(path))
    assert not path.exists()
    base.sync()
    assert str(path) not in {info.id for info in base.store.documents()}


def test_one_folder_by_two_ways(base: rag.Wellspring, ops: Path, tmp_path: Path) -> None:
    """A link to a folder in a source, indexed by itself, is that folder."""
    (tmp_path / "door").symlink_to(ops / "hr")
    base.sync(ops)
    base.sync(tmp_path / "door", readers=HR)
    for _ in range(2):
        assert {info.id for info in base.documents()} == {str(ops / "open.txt")}
        assert len(base.documents(viewer=ANN)) == 3
        base.sync()


def test_a_link_that_is_followed_into_another_source(base: rag.Wellspring, ops: Path, tmp_path: Path) -> None:
    write(tmp_path / "all" / "a.txt", "The lamp is red.")
    (tmp_path / "all" / "hr").symlink_to(ops / "hr")
    base.sync(ops / "hr", readers=HR)
    base.sync(tmp_path / "all", follow_links=True)
    assert {info.id for info in base.documents()} == {str(tmp_path / "all" / "a.txt")}


def test_links_that_lead_out_are_not_followed(base: rag.Wellspring, ops: Path, tmp_path: Path) -> None:
    write(tmp_path / "all" / "a.txt", "The lamp is red.")
    (tmp_path / "all" / "x").symlink_to(ops)
    (report,) = base.sync(tmp_path / "all", follow_links=True)
    assert (report.added, report.failed) == (4, 0)
    # Remembered, until another word is said.
    assert base.sync(tmp_path / "all")[0].unchanged == 4
    (report,) = base.sync(tmp_path / "all", follow_links=False)
    assert (report.deleted, report.unchanged, report.failed) == (3, 1, 1)
    (failure,) = report.failures
    assert failure.document_id == str(tmp_path / "all" / "x")
    assert base.failures() == [failure]
    (tmp_path / "all" / "x").unlink()
    assert base.sync(tmp_path / "all")[0].failed == 0
    assert base.failures() == []


def test_what_came_through_a_link_goes_also_without_a_cursor(base: rag.Wellspring, ops: Path, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "x").symlink_to(ops)
    base.sync(tmp_path / "all", follow_links=True)
    base.store.commit(ChangeSet(str(tmp_path / "all"), forget_cursor=True))
    base.sync(tmp_path / "all", follow_links=False)
    assert base.store.documents() == []


def test_an_inner_source_that_comes_in_while_the_outer_one_is_read(
    base: rag.Wellspring, ops: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another process: both hold the store, and neither waits for the other."""
    base.sync(ops)
    for file in (ops / "hr" / "leave.txt", ops / "hr" / "new.txt"):
        write(file, "The kettle is purple now.")
    changes = filesystem.FilesystemConnector.changes
    other: list[rag.Wellspring] = []

    def interrupted(self: Connector, cursor: str | None) -> Iterator[Change]:
        for change in changes(self, cursor):
            if isinstance(change, Checkpoint) and self.id == str(ops) and not other:
                other.append(small_base(ops.parent / "elsewhere", {})[0])
                other[0].store.close()
                other[0].store = base.store
                other[0].sync(ops / "hr", readers=HR)
            yield change

    monkeypatch.setattr(filesystem.FilesystemConnector, "changes", interrupted)
    base.sync(ops)
    assert readers(base, ops) == HIDDEN | {"hr/new.txt": ("group:hr",)}
    base.forget(ops / "hr")
    base.sync(ops)
    assert readers(base, ops) == dict.fromkeys([*HIDDEN, "hr/new.txt"], ("*",))


class Around(MemoryConnector):
    """A connector of one's own, which holds documents of a folder and tells so."""

    def claim(self, document_id: str) -> tuple[int, int]:
        return (1, 1) if document_id.startswith(self.id) else NO_CLAIM


def test_a_connector_of_ones_own(base: rag.Wellspring, ops: Path) -> None:
    """It may yield what another source holds: that is passed over, and comes when the other one is forgotten."""
    mine = Around({"hr/leave.txt": "The kettle is purple now.", "mine.txt": "The lamp is red."}, id=str(ops))
    base.sync_from(mine)
    base.sync(ops / "hr", readers=HR)
    expected = {"mine.txt": ("*",)} | dict.fromkeys(("hr/leave.txt", "hr/pay/list.txt"), ("group:hr",))
    for _ in range(2):
        base.sync_from(mine)
        assert readers(base, ops) == expected
    base.forget(ops / "hr")
    base.sync_from(mine)
    assert readers(base, ops) == dict.fromkeys(["hr/leave.txt", "mine.txt"], ("*",))


NAMES = ["open.txt", "hr/leave.txt", "hr/pay/list.txt"]
PLACES = {"": ["*"], "hr": ["group:hr"], "hr/pay": ["user:boss"], "hr/leave.txt": ["user:ann"]}
"""Sources, from the outermost on, and who may read them."""
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(NAMES), st.sampled_from(["kettle", "lamp", "valve"])),
        st.tuples(st.just("remove"), st.sampled_from(NAMES)),
        st.tuples(st.just("damage"), st.sampled_from(NAMES)),
        st.tuples(st.just("sync"), st.sampled_from(sorted(PLACES))),
        st.tuples(st.just("forget"), st.sampled_from(sorted(PLACES))),
    ),
    max_size=14,
)


def holder(name: str, sources: set[str]) -> str | None:
    """Return the innermost of the sources that holds a file."""
    return max((place for place in sources if f"{name}/".startswith(f"{place}/" if place else "")), default=None)


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_any_sequence_ends_as_a_fresh_build_does(steps: list[tuple[str, ...]]) -> None:
    """And at no step may more people read a document than its innermost source says."""
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "ops"
        (root / "hr" / "pay").mkdir(parents=True)
        bases = [small_base(Path(folder) / name, {})[0] for name in ("one", "two")]
        for base in bases:
            base.forget(base.folder / "docs")
        base, fresh = bases
        sources: set[str] = set()
        for step in [*steps, ("all",), ("all",)]:
            match step:
                case ("put", name, word):
                    write(root / name, f"The {word} is blue.")
                case ("remove", name):
                    (root / name).unlink(missing_ok=True)
                case ("damage", name):
                    (root / name).write_bytes(bytes(range(256)))
                case ("sync", place) if (root / place).exists():
                    base.sync(root / place, readers=PLACES[place])
                    sources.add(place)
                case ("forget", place) if place in sources:
                    base.forget(root / place)
                    sources.remove(place)
                case ("all",) if sources:
                    base.sync()
            for name, who in readers(base, root).items():
                inner = holder(name, sources)
                assert inner is not None
                assert list(who) == PLACES[inner]
        for place in sorted(sources, reverse=len(steps) % 2 == 1):
            if (root / place).exists():
                fresh.sync(root / place, readers=PLACES[place])
        whole = {name for name in NAMES if (root / name).exists() and (root / name).read_bytes()[:1] != b"\0"}
        held = {name for name in whole if holder(name, sources) is not None}
        assert held <= readers(base, root).keys()
        assert held == readers(fresh, root).keys()
        for name in held:
            one, other = (b.store.document(str(root / name)) for b in bases)
            # A text that was written again as it was is not read again.
            assert replace(one, modified=None) == replace(other, modified=None)
        for base in bases:
            base.close()
