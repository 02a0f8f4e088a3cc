"""The public face: open a knowledge base, sync it, search it, ask it.

>>> import rag
>>> with rag.open("kb") as kb:                              # doctest: +SKIP
...     kb.sync("company-documents")
...     answer = kb.ask("How many days of leave do we get?")
...     print(answer.answer, answer.citations)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from connectors import EVERYONE, Access, Connector, Document, Failed, SourceError, Viewer, may_read, open_source
from rag.errors import KnowledgeBaseError
from rag.records import Answer, Event, SearchHit

if TYPE_CHECKING:
    from knowledge.digest import Digest
    from knowledge.graph import KnowledgeGraph
    from knowledge.index import Indexer
    from knowledge.records import DocumentInfo, Edit
    from knowledge.store import Store
    from knowledge.sync import Progress, SyncReport
    from rag.chain import Answerer
    from rag.evidence import Chosen
    from rag.explore import Explorer
    from rag.retrieve import Retriever

LONGEST_QUESTION = 4000
"""Characters: what follows is passed over."""
_DELETED = "deleted"
"""Among a source's options: the documents that were deleted from it by hand."""
LOCAL = Viewer("local")
"""Who asks when nobody is named: reads what everyone may read."""


class Wellspring:
    """A knowledge base with everything that answering from it takes. Made by ``rag.open``.

    Safe to use from several threads; questions are answered while a sync runs. Heavy parts load on first use.

    Parameters
    ----------
    folder
        Where the caches lie.
    store
        The rows.
    indexer
        Turns documents into rows.
    answerer
        Returns what answers questions; called on the first question.
    source_options
        Keyword arguments for every source that is opened (limits).
    """

    def __init__(
        self,
        folder: Path,
        *,
        store: Store,
        indexer: Indexer,
        answerer: Callable[[], Answerer],
        source_options: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.store = store
        self._indexer = indexer
        self._make_answerer = answerer
        self._source_options = dict(source_options or {})
        self._answerer: Answerer | None = None
        self._retriever: Retriever | None = None
        self._generation = -1
        self._opening = threading.RLock()
        """Held while caches or models are opened."""
        self._writing = threading.RLock()
        """Held while documents come in or go."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release files and connections."""
        self.store.close()

    # Documents in

    def sync(
        self,
        *locations: str | Path,
        progress: Progress | None = None,
        readers: Sequence[str] | None = None,
        **options: Any,
    ) -> list[SyncReport]:
        """Bring the knowledge base up to date with sources, and remember them with their options.

        Parameters
        ----------
        locations
            Paths or URLs; none: every source that is remembered.
        progress
            Called with the report so far and the document in hand.
        readers
            Principals who may read the documents (``"user:ann"``, ``"group:hr"``, ``"*"``). None: as remembered, at
            first everyone.
        options
            For the connector: ``include``, ``exclude``, ``recursive``, … None: as remembered.

        Raises
        ------
        SourceError
            A source that was named cannot be read at all. One that was only remembered is a failure in its report.
        KnowledgeBaseError
            No location is given and none is remembered.
        """
        from knowledge.sync import SyncReport

        given = {key: value for key, value in options.items() if value is not None}
        if readers is not None:
            given["readers"] = sorted(Access.of(readers).readers)
        if locations:
            return [self._sync_one(str(location), given, progress) for location in locations]
        remembered = self.sources()
        if not remembered:
            raise KnowledgeBaseError(f"{self.folder} knows no source yet: name a path, as in 'rag index PATH'")
        reports = []
        for location in remembered:
            try:
                reports.append(self._sync_one(location, given, progress))
            except SourceError as error:
                reports.append(
                    SyncReport(location, failed=1, failures=[Failed(location, _without(location, str(error)))])
                )
        return reports

    def sources(self) -> list[str]:
        """Return the locations that ``sync()`` goes through, in order."""
        return [str(source.options["location"]) for source in self.store.sources() if "location" in source.options]

    def forget(self, location: str | Path) -> None:
        """Forget a source and delete what is stored of its documents; the originals are not touched.

        Raises
        ------
        KnowledgeBaseError
            No such source is remembered.
        """
        with self._writing:
            source_id = open_source(str(location)).id
            if source_id not in {source.id for source in self.store.sources()}:
                raise KnowledgeBaseError(
                    f"{location} is no source of {self.folder}; known: {', '.join(self.sources())}"
                )
            self.store.remove_source(source_id)

    def sync_from(self, connector: Connector, *, progress: Progress | None = None) -> SyncReport:
        """Bring the knowledge base up to date with a connector of your own; ``sync()`` does not remember it."""
        remembered = next((source.options for source in self.store.sources() if source.id == connector.id), {})
        return self._sync_with(connector, dict(remembered), progress)

    def _sync_one(self, location: str, given: dict[str, Any], progress: Progress | None) -> SyncReport:
        source_id = open_source(location).id
        remembered = next((source.options for source in self.store.sources() if source.id == source_id), {})
        options: dict[str, Any] = {**remembered, **given, "location": source_id}
        access = Access(frozenset(options["readers"])) if "readers" in options else None
        arguments = {key: value for key, value in options.items() if key not in ("location", "readers", _DELETED)}
        connector = open_source(location, **self._source_options, **arguments, access=access)
        return self._sync_with(connector, options, progress)

    def _sync_with(self, connector: Connector, options: dict[str, Any], progress: Progress | None) -> SyncReport:
        from knowledge.sync import sync

        with self._writing:
            known = {source.id for source in self.store.sources()}
            self.store.add_source(connector.id, options)
            try:
                deleted = options.get(_DELETED, ())
                return sync(connector, self.store, self._indexer, progress=progress, without=deleted)
            except SourceError:
                if connector.id not in known:
                    self.store.remove_source(connector.id)
                raise

    def upload(self, name: str, data: bytes) -> Path:
        """Keep a file in the knowledge base's own folder; ``sync(kb.uploads)`` indexes it. Returns where it lies.

        Only the last part of ``name`` counts. A file of the same name is replaced.
        """
        plain = name.replace("\\", "/").rpartition("/")[2].lstrip(".").strip() or "upload"
        self.uploads.mkdir(parents=True, exist_ok=True)
        stem, dot, ending = "".join(c if c.isprintable() else "_" for c in plain).rpartition(".")
        # File systems count bytes: 255 of them, in a name.
        short = (stem or ending).encode()[:200].decode(errors="ignore")
        path = self.uploads / (f"{short}{dot}{ending[:20]}" if stem else short)
        path.write_bytes(data)
        return path

    @property
    def uploads(self) -> Path:
        """The folder of uploaded files."""
        return self.folder / "uploads"

    def delete(self, document_id: str) -> None:
        """Delete a document for good: an uploaded file itself; of another source, what is stored.

        The source is told to leave the document out from now on; the original is not touched.

        Raises
        ------
        KnowledgeBaseError
            There is no such document.
        """
        from knowledge.records import ChangeSet

        with self._writing:
            document = self.store.document(document_id)
            if document is None and Path(document_id).parent == self.uploads.absolute():
                # It could not be read, so nothing is stored of it but the failure.
                Path(document_id).unlink(missing_ok=True)
                self.store.commit(ChangeSet(str(self.uploads.absolute()), recovered=(document_id,)))
                return
            if document is None:
                raise KnowledgeBaseError(f"there is no document {document_id!r}; 'rag documents' lists them")
            source = next(source for source in self.store.sources() if source.id == document.source)
            if Path(document.source) == self.uploads.absolute():
                Path(document.id).unlink(missing_ok=True)
            else:
                deleted = [*cast("list[str]", source.options.get(_DELETED, [])), document_id]
                self.store.add_source(source.id, {**source.options, _DELETED: deleted})
            self.store.commit(ChangeSet(document.source, deletes=(document_id,)))

    # Questions

    def search(self, question: str, *, k: int = 10, viewer: Viewer = LOCAL) -> list[SearchHit]:
        """Return the chunks that answer to a question, best first: at most ``k`` that ``viewer`` may read."""
        return [
            SearchHit(
                document=hit.chunk.document_id,
                title=hit.chunk.title,
                page=hit.chunk.page,
                text=hit.chunk.text,
                start=hit.chunk.start,
                end=hit.chunk.end,
                score=hit.score,
                why=hit.why,
                headings=hit.chunk.headings,
                signals={name: round(part, 3) for name, part in hit.signals.items()},
            )
            for hit in self.retriever().search(question[:LONGEST_QUESTION], viewer=viewer, k=k)
        ]

    def ask(self, question: str, *, viewer: Viewer = LOCAL) -> Answer:
        """Return a checked answer from what ``viewer`` may read."""
        return self._answers().ask(question[:LONGEST_QUESTION], self.retriever(), viewer=viewer)

    def stream(self, question: str, *, viewer: Viewer = LOCAL) -> Iterator[Event]:
        """Yield ``Found``, ``Draft``s as the model writes, and at last ``Final`` with the checked answer."""
        return self._answers().stream(question[:LONGEST_QUESTION], self.retriever(), viewer=viewer)

    def weigh(self, question: str, *, viewer: Viewer = LOCAL) -> Chosen | None:
        """Return the sentences that answer a question best, however weakly; no chat model is asked."""
        return self._answers().weigh(question[:LONGEST_QUESTION], self.retriever(), viewer=viewer)

    # What is there

    def documents(self, *, viewer: Viewer = LOCAL) -> list[DocumentInfo]:
        """Return the documents that ``viewer`` may read, by id."""
        principals = viewer.principals
        return [info for info in self.store.documents() if not principals.isdisjoint(info.readers)]

    def document(self, document_id: str, *, viewer: Viewer = LOCAL) -> Document | None:
        """Return a document with its text, or None when it is not there or not for ``viewer``."""
        document = self.store.document(document_id)
        return document if document and may_read(viewer, document.access) else None

    def failures(self, *, viewer: Viewer = LOCAL) -> list[Failed]:
        """Return the documents that could not be read at their last try, of sources that ``viewer`` may read."""
        found = []
        for source in self.store.sources():
            readers = cast("list[str]", source.options.get("readers", [EVERYONE]))
            if may_read(viewer, Access(frozenset(readers))):
                found += self.store.failures(source.id)
        return sorted(found, key=lambda failure: failure.document_id)

    def graph(self, *, viewer: Viewer = LOCAL) -> KnowledgeGraph:
        """Return the knowledge graph of the present generation, made from what ``viewer`` may read and nothing else.

        Names, types, counts and which names mean one thing rest on those documents alone. Built on first use for
        viewers who may not read everything.
        """
        return self.retriever().graph_for(viewer)

    def explore(self, *, viewer: Viewer = LOCAL) -> Explorer:
        """Return what looks around in the knowledge graph as ``viewer`` may see it."""
        from rag.explore import Explorer

        retriever = self.retriever()
        return Explorer(retriever.graph_for(viewer), chunks=lambda ids: retriever.read(ids, viewer))

    # What operators decide about the graph; it holds for everyone and outlives every sync

    def merge(self, name: str, other: str, *, viewer: Viewer = LOCAL) -> int:
        """Make two names mean one entity. Returns the edit's number, for ``undo``; see ``rag.edit.merge``."""
        from rag.edit import merge

        return self._edit(lambda graph: merge(graph, name, other), viewer)

    def split(self, name: str, other: str = "", *, document: str = "", shown: str = "", viewer: Viewer = LOCAL) -> int:
        """Make two names, or a name in one document and elsewhere, mean two entities; see ``rag.edit.split``."""
        from rag.edit import split

        return self._edit(lambda graph: split(graph, name, other, document=document, shown=shown), viewer)

    def pin(self, name: str, *, shown: str = "", type: str = "", viewer: Viewer = LOCAL) -> int:
        """Fix how an entity is shown, or its type; see ``rag.edit.pin``."""
        from rag.edit import pin

        return self._edit(lambda graph: pin(graph, name, shown=shown, type=type), viewer)

    def edits(self, *, viewer: Viewer | None = None) -> dict[int, Edit]:
        """Return the edits by number, in the order in which they were made.

        With ``viewer``: those whose names and documents are in the viewer's graph. None: all, also those whose entity
        is gone.
        """
        from rag.edit import shown_to

        found = self.store.edits()
        if viewer is None or not found:
            return found
        graph = self.graph(viewer=viewer)
        return {number: edit for number, edit in found.items() if shown_to(graph, edit)}

    def undo(self, number: int, *, viewer: Viewer | None = None) -> Edit:
        """Forget an edit, and return what it was.

        Raises
        ------
        KnowledgeBaseError
            There is none of that number, or ``viewer`` may not know of it.
        """
        with self._writing:
            edit = self.edits(viewer=viewer).get(number)
            if edit is None or not self.store.remove_edit(number):
                raise KnowledgeBaseError(f"there is no edit {number}; 'rag graph edits' lists them")
            return edit

    def _edit(self, decide: Callable[[KnowledgeGraph], Edit], viewer: Viewer) -> int:
        with self._writing:
            before = self.graph(viewer=viewer)
            edit = decide(before)
            after = self.retriever().graph_with([*self.store.edits().values(), edit], viewer)
            if after.entities() == before.entities():
                raise KnowledgeBaseError("that would change nothing")
            return self.store.add_edit(edit)

    def digest(self) -> Digest:
        """Return a digest of all that is known: equal digests, equal knowledge, whatever led there."""
        from knowledge.digest import digest

        return digest(self.store)

    def retriever(self) -> Retriever:
        """Return what searches the present generation."""
        from knowledge.caches import open_caches
        from rag.retrieve import Retriever

        with self._opening:
            generation = self.store.generation()
            if self._retriever is None or generation != self._generation:
                embedder = self._indexer.embedder
                self._check_embedder()
                caches = open_caches(self.store, self.folder / "caches", dimension=embedder.dimension)
                self._retriever = Retriever(caches, self.store, embedder)
                self._generation = caches.generation
            return self._retriever

    def _check_embedder(self) -> None:
        """Vectors of two embedders must not be compared, even where they are of one length."""
        for source in self.store.sources():
            made_by = {fingerprint.rpartition("|")[2] for fingerprint, _ in self.store.versions(source.id).values()}
            for other in made_by - {self._indexer.embedder.name}:
                raise KnowledgeBaseError(
                    f"{source.id} was indexed with the embedder {other}, not {self._indexer.embedder.name}: "
                    "run 'rag sync' to index it again"
                )

    def _answers(self) -> Answerer:
        with self._opening:
            if self._answerer is None:
                self._answerer = self._make_answerer()
            return self._answerer


def _without(prefix: str, message: str) -> str:
    """Return a message without the name that it begins with."""
    return message.removeprefix(prefix).strip()
