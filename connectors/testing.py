"""For tests: a connector in memory, and the conformance suite for connectors of other places."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from connectors.access import Access
from connectors.base import Connector
from connectors.records import AccessChanged, Change, Checkpoint, Delete, Document, Failed, Upsert
from connectors.sources.cursor import Known, load


class MemoryConnector:
    """Documents from a dict; the same dict gives the same changes.

    Parameters
    ----------
    texts
        Name → text. The dict is kept, not copied: change it between two runs.
    id
        The source's id; a document's id is ``{id}/{name}``.
    access
        Who may read the documents.
    broken
        Name → reason, for documents that fail; kept, not copied.
    """

    def __init__(
        self,
        texts: dict[str, str],
        *,
        id: str = "memory",
        access: Access | None = None,
        broken: dict[str, str] | None = None,
    ) -> None:
        self.texts = texts
        self.broken = {} if broken is None else broken
        self.access = Access() if access is None else access
        self._id = id

    @property
    def id(self) -> str:
        """As given."""
        return self._id

    def changes(self, cursor: str | None) -> Iterator[Change]:
        """Yield the changes in the order of the names, deletions first, and one checkpoint."""
        readers = tuple(sorted(self.access.readers))
        memory = load(cursor, readers=readers)
        present = {f"{self._id}/{name}": name for name in sorted({*self.texts, *self.broken})}
        for document_id in sorted(memory.files.keys() - present.keys()):
            del memory.files[document_id]
            yield Delete(document_id)
        for document_id, name in present.items():
            text = self.texts.get(name, "")
            known = Known(len(text), "", sha256(text.encode()).hexdigest())
            changed = name not in self.broken and memory.files.get(document_id) != known
            if changed:
                memory.files[document_id] = known
                yield Upsert(self._document(document_id, name, known.sha256))
            elif memory.readers != readers and document_id in memory.files:
                yield AccessChanged(document_id, self.access)
            if name in self.broken:
                yield Failed(document_id, self.broken[name])
        memory.readers = readers
        yield Checkpoint(memory.dump())

    def _document(self, document_id: str, name: str, version: str) -> Document:
        return Document(
            id=document_id,
            source=self._id,
            title=name,
            text=self.texts[name],
            version=version,
            access=self.access,
        )


@dataclass(slots=True)
class Receiver:
    """Applies changes as a store does: the documents by id, the failures of the last run, and the cursor."""

    documents: dict[str, Document] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    cursor: str | None = None

    def run(self, connector: Connector) -> list[Change]:
        """Take one whole run and return its changes."""
        changes = list(connector.changes(self.cursor))
        self.apply(changes)
        return changes

    def apply(self, changes: Iterable[Change]) -> None:
        """Take the changes of one run, whole or cut short."""
        self.failed = {}
        for change in changes:
            match change:
                case Upsert(document):
                    self.documents[document.id] = document
                case Delete(document_id):
                    self.documents.pop(document_id, None)
                case AccessChanged(document_id, access):
                    self.documents[document_id] = replace(self.documents[document_id], access=access)
                case Failed(document_id, reason):
                    self.failed[document_id] = reason
                case Checkpoint(cursor):
                    self.cursor = cursor


class ConnectorContract(ABC):
    """Checks what ``connectors.base`` says of a connector.

    Inherit it in a class named ``Test…`` and write the five hooks. ``place`` is an empty folder of this
    test's own; a connector of another kind of place may keep in it what it needs, or map it to a place of its
    own.
    """

    TEXTS: Mapping[str, str] = {
        "a.txt": "The first text.",
        "b.txt": "The second text.",
        "c.txt": "第三段文字。",
    }

    @abstractmethod
    def connect(self, place: Path, *, access: Access) -> Connector:
        """Return a new connector over ``place``."""

    @abstractmethod
    def put(self, place: Path, name: str, text: str) -> None:
        """Make or replace the document ``name``; its text must come out of the connector unchanged."""

    @abstractmethod
    def remove(self, place: Path, name: str) -> None:
        """Delete the document ``name``."""

    @abstractmethod
    def damage(self, place: Path, name: str) -> None:
        """Make or replace the document ``name`` so that it is listed and cannot be read."""

    @abstractmethod
    def lose(self, place: Path) -> type[Exception] | None:
        """Make the place unreachable, and return what ``changes`` must raise; None where that cannot be."""

    def filled(self, place: Path) -> Receiver:
        """Put ``TEXTS`` into ``place`` and take the first run."""
        for name, text in self.TEXTS.items():
            self.put(place, name, text)
        receiver = Receiver()
        receiver.run(self.source(place))
        return receiver

    def source(self, place: Path, *, access: Access | None = None) -> Connector:
        """Return a new connector; by default everyone may read."""
        return self.connect(place, access=Access() if access is None else access)

    def test_id_is_stable(self, tmp_path: Path) -> None:
        """Two connectors over one place have one id."""
        assert isinstance(self.source(tmp_path), Connector)
        assert self.source(tmp_path).id == self.source(tmp_path).id

    def test_first_run_brings_everything(self, tmp_path: Path) -> None:
        """All texts arrive, each once and sound, and a checkpoint ends the run."""
        for name, text in self.TEXTS.items():
            self.put(tmp_path, name, text)
        source = self.source(tmp_path)
        *changes, last = source.changes(None)
        documents = [change.document for change in changes if isinstance(change, Upsert)]
        assert isinstance(last, Checkpoint)
        assert sorted(document.text for document in documents) == sorted(self.TEXTS.values())
        assert len({document.id for document in documents}) == len(documents)
        for document in documents:
            check_document(document)
            assert document.source == source.id

    def test_nothing_changed(self, tmp_path: Path) -> None:
        """A second run yields a checkpoint only; so does a text that is put again as it was."""
        receiver = self.filled(tmp_path)
        assert [type(change) for change in receiver.run(self.source(tmp_path))] == [Checkpoint]
        self.put(tmp_path, "a.txt", self.TEXTS["a.txt"])
        assert {type(change) for change in receiver.run(self.source(tmp_path))} == {Checkpoint}

    def test_cursor_that_is_not_understood(self, tmp_path: Path) -> None:
        """It counts as None."""
        self.filled(tmp_path)
        for cursor in ("", "rubbish", "{}", "[1]", '{"format":-1}', "null"):
            changes = self.source(tmp_path).changes(cursor)
            assert sum(isinstance(change, Upsert) for change in changes) == len(self.TEXTS)

    def test_changed_text(self, tmp_path: Path) -> None:
        """One Upsert, of the same id and another version."""
        receiver = self.filled(tmp_path)
        before = dict(receiver.documents)
        self.put(tmp_path, "a.txt", "Another text, and longer than the first was.")
        (upsert, _) = receiver.run(self.source(tmp_path))
        assert isinstance(upsert, Upsert)
        assert upsert.document.text == "Another text, and longer than the first was."
        assert upsert.document.version != before[upsert.document.id].version

    def test_deleted_text(self, tmp_path: Path) -> None:
        """One Delete."""
        receiver = self.filled(tmp_path)
        self.remove(tmp_path, "b.txt")
        (delete, _) = receiver.run(self.source(tmp_path))
        assert isinstance(delete, Delete)
        assert sorted(map(_text, receiver.documents.values())) == sorted(
            text for name, text in self.TEXTS.items() if name != "b.txt"
        )

    def test_changed_access(self, tmp_path: Path) -> None:
        """AccessChanged for every document, once."""
        receiver = self.filled(tmp_path)
        access = Access.of(["group:board"])
        changes = receiver.run(self.source(tmp_path, access=access))
        assert sum(isinstance(change, AccessChanged) for change in changes) == len(self.TEXTS)
        assert {document.access for document in receiver.documents.values()} == {access}
        again = receiver.run(self.source(tmp_path, access=access))
        assert [type(change) for change in again] == [Checkpoint]

    def test_broken_document(self, tmp_path: Path) -> None:
        """It is Failed on every run, in one plain line, and never deleted; the others arrive."""
        receiver = self.filled(tmp_path)
        count = len(receiver.documents)
        self.damage(tmp_path, "b.txt")
        self.put(tmp_path, "d.txt", "A fourth text.")
        for _ in range(2):
            receiver.run(self.source(tmp_path))
            assert len(receiver.failed) == 1
            for document_id, reason in receiver.failed.items():
                assert document_id.isprintable()
                assert reason
                assert reason.isprintable()
            assert len(receiver.documents) == count + 1
        self.put(tmp_path, "b.txt", "Mended.")
        receiver.run(self.source(tmp_path))
        assert receiver.failed == {}
        assert "Mended." in map(_text, receiver.documents.values())

    def test_broken_document_vanishes(self, tmp_path: Path) -> None:
        """What was stored of it goes, and it is reported no more."""
        receiver = self.filled(tmp_path)
        self.damage(tmp_path, "b.txt")
        receiver.run(self.source(tmp_path))
        self.remove(tmp_path, "b.txt")
        receiver.run(self.source(tmp_path))
        assert receiver.failed == {}
        assert len(receiver.documents) == len(self.TEXTS) - 1

    def test_killed_anywhere(self, tmp_path: Path) -> None:
        """A run that is cut short, then run again from the last stored cursor, ends in the same state."""
        receiver = self.filled(tmp_path)
        start = Receiver(dict(receiver.documents), {}, receiver.cursor)
        self.put(tmp_path, "a.txt", "A changed text of another length.")
        self.remove(tmp_path, "b.txt")
        self.put(tmp_path, "d.txt", "A new text.")
        changes = receiver.run(self.source(tmp_path))
        for kept in range(len(changes)):
            cut = Receiver(dict(start.documents), {}, start.cursor)
            cut.apply(changes[:kept])
            cut.run(self.source(tmp_path))
            assert cut.documents == receiver.documents

    def test_lost_place(self, tmp_path: Path) -> None:
        """It raises before anything is yielded, so that nothing is deleted."""
        receiver = self.filled(tmp_path)
        expected = self.lose(tmp_path)
        if expected is None:
            return
        told = first = None
        try:
            first = next(iter(self.source(tmp_path).changes(receiver.cursor)))
        except expected as error:
            told = str(error)
        assert told, f"a lost place yields {first}; it must raise {expected.__name__}"
        assert told.isprintable()


def check_document(document: Document) -> None:
    """Assert that a document's marks are sound: in order, inside the text, and its id on one line."""
    assert document.id.isprintable()
    assert document.id.encode()
    assert document.text.strip()
    assert document.title.strip()
    assert document.version
    assert document.modified is None or document.modified.tzinfo is not None
    end = 0
    for page in document.pages:
        assert end <= page.start <= page.end <= len(document.text)
        end = page.end
    start = 0
    for section in document.sections:
        assert start <= section.start < section.end <= len(document.text)
        assert section.level >= 1
        start = section.start


def _text(document: Document) -> str:
    return document.text
