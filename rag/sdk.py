"""The public face: open a knowledge base, sync it, search it, ask it.

>>> import rag
>>> with rag.open("kb") as kb:                              # doctest: +SKIP
...     kb.sync("company-documents")
...     answer = kb.ask("How many days of leave do we get?")
...     print(answer.answer, answer.citations)
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from connectors import Viewer
from rag.aio import in_thread, last_answer
from rag.errors import KnowledgeBaseError
from rag.library import LOCAL, Library
from rag.records import Answer, Event, Final, SearchHit
from rag.scope import Within, scope_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable
    from langchain_core.tools import BaseTool

    from knowledge.digest import Digest
    from knowledge.embed import Embedder
    from knowledge.graph import KnowledgeGraph
    from knowledge.index import Indexer
    from knowledge.records import Edit
    from knowledge.store import Store
    from rag.chain import Answerer
    from rag.conversation import Conversation, Turn
    from rag.explore import Explorer
    from rag.journal import Journal
    from rag.retrieve import Retriever
    from rag.settings import Settings
    from rag.trail import Trail
    from rag.weigh import Weighed

LONGEST_QUESTION = 4000
"""Characters: what follows is passed over."""
_SUGGESTED = 64
"""Viewers whose suggested questions are kept."""
JOURNAL = "journal.sqlite"
"""Beside the database, not in it: the rows of what is known equal those of a fresh build."""


def readable(question: str) -> str:
    """Cut a question, and put "?" where it holds half a character, which no model takes."""
    return question[:LONGEST_QUESTION].encode(errors="replace").decode()


class Wellspring(Library):
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
    journal_days
        Conversations and feedback that nobody touched for so many days are deleted; 0: kept for good.
    settings
        What all this was made from; reports of evaluations tell it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        store: Store,
        indexer: Indexer,
        answerer: Callable[[], Answerer],
        source_options: Mapping[str, Any] | None = None,
        journal_days: int = 0,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(folder, store=store, indexer=indexer, source_options=source_options)
        self.settings = settings
        self._make_answerer = answerer
        self._journal_days = journal_days
        self._journal: Journal | None = None
        self._answerer: Answerer | None = None
        self._retriever: Retriever | None = None
        self._generation = -1
        self._suggested: dict[tuple[int, frozenset[str], str, int], list[str]] = {}
        self._opening = threading.RLock()
        """Held while caches or models are opened."""

    @classmethod
    def open(
        cls, folder: str | Path | None = None, *, tell: Callable[[str], None] | None = None, **overrides: Any
    ) -> Wellspring:
        """Open a knowledge base, making an empty one when there is none: ``rag.open``, which see."""
        from rag.build import open_knowledge_base

        return open_knowledge_base(folder, tell=tell, **overrides)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Release files and connections."""
        with self._opening:
            journal, self._journal = self._journal, None
        if journal is not None:
            journal.close()
        self.store.close()

    # Questions

    # Within: the documents and folders that a question is asked of, by id, path or the end of it ("handbook",
    # "hr/leave.pdf"); None: all that the viewer may read. A name that stands for none of these is a ScopeError.

    def search(self, question: str, *, k: int = 10, viewer: Viewer = LOCAL, within: Within = None) -> list[SearchHit]:
        """Return the chunks that answer to a question, best first: at most ``k`` that ``viewer`` may read."""
        hits = self._retriever_within(within, viewer).search(readable(question), viewer=viewer, k=k)
        return list(map(SearchHit.of, hits))

    def ask(self, question: str, *, viewer: Viewer = LOCAL, within: Within = None) -> Answer:
        """Return a checked answer from what ``viewer`` may read."""
        *_, last = self.stream(question, viewer=viewer, within=within)
        assert isinstance(last, Final)
        return last.answer

    def stream(
        self, question: str, *, viewer: Viewer = LOCAL, within: Within = None, temperature: float | None = None
    ) -> Iterator[Event]:
        """Yield ``Found``, ``Draft``s as the model writes, and at last ``Final`` with the checked answer.

        ``temperature`` is the chat model's, from 0 to 2; None: as the settings say.
        """
        retriever = self._retriever_within(within, viewer)
        names = scope_of(within)
        events = self._answers().stream(readable(question), retriever, viewer=viewer, temperature=temperature)
        return (Final(replace(event.answer, within=names)) if isinstance(event, Final) else event for event in events)

    # The same for asyncio: the work is done in threads, as many at a time as asyncio has workers

    async def asearch(
        self, question: str, *, k: int = 10, viewer: Viewer = LOCAL, within: Within = None
    ) -> list[SearchHit]:
        """``search`` for asyncio."""
        return await asyncio.to_thread(self.search, question, k=k, viewer=viewer, within=within)

    async def aask(self, question: str, *, viewer: Viewer = LOCAL, within: Within = None) -> Answer:
        """``ask`` for asyncio; cancelled, it stops at the next event as ``astream`` does."""
        return await last_answer(self.astream(question, viewer=viewer, within=within))

    def astream(
        self, question: str, *, viewer: Viewer = LOCAL, within: Within = None, temperature: float | None = None
    ) -> AsyncGenerator[Event]:
        """``stream`` for asyncio. When it is left or cancelled, the work behind it stops at its next event."""
        return in_thread(lambda: self.stream(question, viewer=viewer, within=within, temperature=temperature))

    def conversation(
        self,
        *,
        viewer: Viewer = LOCAL,
        within: Within = None,
        turns: int = 6,
        model: BaseChatModel | None = None,
        past: Sequence[Turn] = (),
    ) -> Conversation:
        """Return a conversation, in which a question may leave out what was said before.

        It remembers the last ``turns`` questions. With ``model``, that completes questions, as far as it keeps to what
        was said; without, rules do. With ``past``, it goes on from there (``kb.journal.past``).
        """
        from rag.conversation import Conversation

        return Conversation(self, viewer=viewer, within=within, turns=turns, model=model, past=past)

    @property
    def journal(self) -> Journal:
        """What viewers asked and were told, and their feedback. Its file is made on first use."""
        from rag.journal import Journal

        with self._opening:
            if self._journal is None:
                self._journal = Journal(self.folder / JOURNAL, self.store, keep_days=self._journal_days)
            return self._journal

    def evaluate(
        self,
        path: str | Path,
        *,
        viewer: Viewer | None = None,
        answers: bool | None = None,
        split: str | None = None,
        limit: int | None = None,
        out: str | Path | None = None,
        asked: Callable[[int, int], None] | None = None,
    ) -> dict[str, Any]:
        """Ask the questions of an evaluation set of what is indexed now, and return the figures as one flat mapping.

        Nothing is indexed: the set's gold documents should be here. ``rag.evaluation.evaluate`` indexes a set.

        Parameters
        ----------
        path
            The set, of any kind, or a file of questions alone (docs/evaluation.md).
        viewer
            Who asks; None: as the set says, which is mostly who reads what everyone may read.
        answers
            Whether to answer; None: for sets that are about answers.
        split, limit
            Only the questions of one part (tune or test); a seeded sample of so many.
        out
            Where to write the report and every question's result.
        asked
            Called after each question with how many are done, and of how many.

        Raises
        ------
        DatasetError
            There is no set, or no question is left of it.
        """
        from rag.evaluation import evaluate_base

        folder = None if out is None else Path(out)
        return evaluate_base(
            self, Path(path), viewer=viewer, answers=answers, split=split, limit=limit, out=folder, asked=asked
        )

    # As parts of LangChain

    def as_retriever(self, *, viewer: Viewer = LOCAL, within: Within = None, k: int = 10) -> BaseRetriever:
        """Return a LangChain retriever of what ``viewer`` may read, at every time of what is indexed then.

        Its documents are passages: hits, joined where they are neighbours. Metadata: ``source``, ``title``, ``page``,
        ``start``, ``end``, ``passage`` (a ``rag.Passage``).
        """
        from rag.chain_links import KnowledgeRetriever

        return KnowledgeRetriever(
            retriever=lambda: self._retriever_within(within, viewer), store=self.store, viewer=viewer, k=k
        )

    def as_runnable(self, *, viewer: Viewer = LOCAL, within: Within = None) -> Runnable[str | dict[str, Any], Answer]:
        """Return a LangChain runnable from a question, or ``{"question": …}``, to an ``Answer``."""
        from rag.parts import runnable

        return runnable(self, viewer, within)

    def as_tools(self, *, viewer: Viewer = LOCAL, within: Within = None, k: int = 5) -> list[BaseTool]:
        """Return LangChain tools for an agent that works for ``viewer``: one that answers, one that searches.

        They return text with numbered places, and as ``artifact`` the ``Answer`` or at most ``k`` ``SearchHit``s.
        """
        from rag.parts import tools

        return tools(self, viewer, within, k)

    def weigh(self, question: str, *, viewer: Viewer = LOCAL) -> Weighed:
        """Return what the documents hold for a question, however weakly it answers; no chat model is asked."""
        return self._answers().weigh(readable(question), self.retriever(), viewer=viewer)

    @property
    def embedder(self) -> Embedder:
        """What turns texts into vectors."""
        return self._indexer.embedder

    # What is there

    def suggestions(self, *, viewer: Viewer = LOCAL, language: str = "en", most: int = 4) -> list[str]:
        """Return questions that the documents which ``viewer`` may read answer, in ``language`` (``en`` or ``zh``).

        Made by rules when first asked for, which takes seconds; kept until documents change.
        """
        from rag.suggest import suggest

        key = (self.store.generation(), viewer.principals, language, most)
        if key not in self._suggested:
            made = suggest(self, viewer=viewer, language=language, most=most)
            current = {old: kept for old, kept in self._suggested.items() if old[0] == key[0]}
            self._suggested = {**dict(list(current.items())[-_SUGGESTED:]), key: made}
        return list(self._suggested[key])

    def trail(self, answer: Answer, *, viewer: Viewer = LOCAL) -> Trail | None:
        """Return how ``answer`` was come by, as a small graph; None where nothing is cited."""
        from rag.trail import trail

        return trail(answer, self.graph(viewer=viewer))

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

    def _retriever_within(self, within: Within, viewer: Viewer) -> Retriever:
        retriever = self.retriever()
        return retriever if within is None else retriever.within(self.documents_within(within, viewer=viewer))

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
