"""Conversations and feedback, each its viewer's own."""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from connectors import Access, Viewer, may_read
from rag.conversation import Turn
from rag.errors import FullError, JournalError, NotKeptError
from rag.journal.export import as_json, as_markdown
from rag.journal.file import JournalFile
from rag.journal.questions import as_question
from rag.journal.records import Feedback, KeptConversation, KeptTurn
from rag.journal.rows import cited, clean, listed, now, rating_id, titled, to_answer, to_conversation, to_kept
from rag.records import Answer
from rag.sdk import LONGEST_QUESTION

if TYPE_CHECKING:
    from knowledge.store import Store

LONGEST_COMMENT = 4000
"""Characters."""
_MOST_TURNS = 1000
"""Of one conversation."""
_MOST_CONVERSATIONS = 10_000
"""Of one viewer."""
_MOST_RATINGS = 10_000
"""Of one viewer; visitors of a public page are one."""
_UNKNOWN = {""}
"""Instead of the documents that an answer rests on: no viewer may read that."""
_LISTED = """
SELECT c.id, c.title, c.created, c.updated, count(t.id) FROM conversations c LEFT JOIN turns t ON t.conversation = c.id
WHERE c.viewer = ? {} GROUP BY c.id ORDER BY c.updated DESC, c.rowid DESC
"""


class Journal:
    """Conversations and feedback of a knowledge base's viewers, in one SQLite file beside it.

    Made by ``kb.journal``. Safe to use from several threads and processes.

    Whose things they are is told by the viewer's id, exactly: what another viewer keeps is not there. What a viewer may
    read is decided anew each time that something is read: an answer is given out only while its viewer may read, now,
    every document that it rests on; otherwise, also where such a document was deleted, it is *withheld*: the viewer's
    own question stays, the answer is None, and no conversation goes on from it. An answer rests on the documents that
    it cites, and, where its question was completed from earlier turns (``Answer.asked``), on those of all earlier
    turns, whose words the completed question may hold.

    Parameters
    ----------
    path
        The file; made, with its folders, when missing.
    store
        Tells who may read what.
    keep_days
        Conversations and feedback that nobody touched for so many days are deleted; 0: kept for good.

    Raises
    ------
    JournalError
        The file cannot be opened, is no journal, or was written by a newer release. Every method may raise it.
    """

    def __init__(self, path: Path, store: Store, *, keep_days: int = 0) -> None:
        self._store = store
        self._keep_days = keep_days
        self._access: Mapping[str, Access] = {}
        self._generation = -1
        self._opening = threading.Lock()
        self._file = JournalFile(path)
        self._prune()

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    # Conversations

    def start(self, *, viewer: Viewer, title: str = "") -> str:
        """Begin a conversation and return its id. Without a title it takes its first question's words.

        Raises
        ------
        FullError
            The viewer has 10,000 conversations.
        """
        self._prune()
        made, begun = uuid.uuid4().hex, now()
        with self._file.writing() as connection:
            count = connection.execute("SELECT count(*) FROM conversations WHERE viewer = ?", (viewer.id,)).fetchone()
            if count[0] >= _MOST_CONVERSATIONS:
                raise FullError(f"{viewer.id} has {count[0]} conversations, which is the most: delete some first")
            values = (made, viewer.id, titled(title), begun, begun)
            connection.execute("INSERT INTO conversations VALUES (?, ?, ?, ?, ?)", values)
        return made

    def conversations(self, *, viewer: Viewer, words: str = "") -> list[KeptConversation]:
        """Return a viewer's conversations, what was last touched first; with ``words``, those whose title or questions
        hold each of them.
        """
        statement = _LISTED.format(
            "AND (instr(lower(c.title), ?) OR EXISTS "
            "(SELECT 1 FROM turns q WHERE q.conversation = c.id AND instr(lower(q.question), ?)))" * len(words.split())
        )
        values = [word.lower() for word in words.split() for _ in range(2)]
        with self._file.reading() as connection:
            return [to_conversation(row) for row in connection.execute(statement, (viewer.id, *values))]

    def conversation(self, conversation: str, *, viewer: Viewer) -> KeptConversation:
        """Return one conversation.

        Raises
        ------
        NotKeptError
            The viewer has none of that id. So do all methods that take a conversation.
        """
        with self._file.reading() as connection:
            return _owned(connection, conversation, viewer)

    def add_turn(self, conversation: str, answer: Answer, *, viewer: Viewer) -> int:
        """Keep an answer, with its question, as a conversation's next turn, and return the turn's id.

        Raises
        ------
        JournalError
            The conversation has 1000 turns, or the answer is a million characters long.
        """
        kept = to_kept(answer)
        with self._file.writing() as connection:
            found = _owned(connection, conversation, viewer)
            if found.turns >= _MOST_TURNS:
                raise JournalError(f"the conversation has {found.turns} turns, which is the most: begin a new one")
            documents = cited(answer)
            if answer.asked:
                for (earlier,) in connection.execute(
                    "SELECT documents FROM turns WHERE conversation = ?", (conversation,)
                ):
                    documents.update(json.loads(earlier))
            question = clean(answer.question)[:LONGEST_QUESTION]
            values = (conversation, question, kept, listed(documents), rating_id(answer, viewer), now())
            turn = connection.execute(
                "INSERT INTO turns (conversation, question, answer, documents, rating, created) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                values,
            ).lastrowid
            title = found.title or titled(question)
            connection.execute(
                "UPDATE conversations SET updated = ?, title = ? WHERE id = ?", (now(), title, conversation)
            )
        assert turn is not None
        return turn

    def turns(self, conversation: str, *, viewer: Viewer) -> list[KeptTurn]:
        """Return a conversation's turns, the oldest first."""
        with self._file.reading() as connection:
            _owned(connection, conversation, viewer)
            found = connection.execute(
                "SELECT t.id, t.question, t.answer, t.documents, t.created, r.helpful "
                "FROM turns t LEFT JOIN ratings r ON r.id = t.rating WHERE t.conversation = ? ORDER BY t.id",
                (conversation,),
            ).fetchall()
        readable = self._readable(viewer, (row[3] for row in found))
        return [
            KeptTurn(
                id=number,
                question=question,
                answer=to_answer(answer) if documents in readable else None,
                when=datetime.fromisoformat(created),
                helpful=None if helpful is None else bool(helpful),
            )
            for number, question, answer, documents, created, helpful in found
        ]

    def past(self, conversation: str, *, viewer: Viewer) -> list[Turn]:
        """Return the turns that the conversation may go on from: ``kb.conversation(viewer=…, past=…)``."""
        return [
            Turn(turn.question, turn.answer.asked or turn.question, turn.answer)
            for turn in self.turns(conversation, viewer=viewer)
            if turn.answer is not None and turn.question.strip()
        ]

    def rename(self, conversation: str, title: str, *, viewer: Viewer) -> None:
        """Give a conversation another title, of 120 characters at most.

        Raises
        ------
        JournalError
            The title is empty.
        """
        if not titled(title):
            raise JournalError("a conversation's title cannot be empty")
        with self._file.writing() as connection:
            _owned(connection, conversation, viewer)
            values = (titled(title), now(), conversation)
            connection.execute("UPDATE conversations SET title = ?, updated = ? WHERE id = ?", values)

    def delete(self, conversation: str, *, viewer: Viewer) -> None:
        """Delete a conversation with its turns. Feedback that was given in it stays (``withdraw``)."""
        with self._file.writing() as connection:
            _owned(connection, conversation, viewer)
            connection.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def export(self, conversation: str, *, viewer: Viewer, format: Literal["markdown", "json"] = "markdown") -> str:
        """Return a conversation as a text of that format; of an answer that is withheld it says so."""
        write = {"markdown": as_markdown, "json": as_json}.get(format)
        if write is None:
            raise JournalError(f"a conversation can be exported as markdown or json, not {format!r}")
        return write(self.conversation(conversation, viewer=viewer), self.turns(conversation, viewer=viewer))

    # Feedback

    def rate(self, answer: Answer, *, helpful: bool, viewer: Viewer, comment: str = "") -> str:
        """Keep what a viewer thinks of an answer, instead of what was thought before, and return the rating's id.

        Answers are one where question, its completed form, and text are one. An answer whose question was completed
        (``asked``) is shown to its viewer again only if it was kept as a turn before.

        Raises
        ------
        JournalError
            The comment has more than 4000 characters, or the answer a million.
        FullError
            The viewer has rated 10,000 other answers.
        """
        if len(comment) > LONGEST_COMMENT:
            raise JournalError(f"a comment has at most {LONGEST_COMMENT} characters, not {len(comment)}")
        self._prune()
        number, kept, documents = rating_id(answer, viewer), to_kept(answer), cited(answer)
        question = clean(answer.question)[:LONGEST_QUESTION]
        with self._file.writing() as connection:
            if answer.asked:
                turns = connection.execute("SELECT documents FROM turns WHERE rating = ?", (number,)).fetchall()
                documents.update(*(json.loads(turn) for (turn,) in turns) if turns else [_UNKNOWN])
            others = "SELECT count(*) FROM ratings WHERE viewer = ? AND id != ?"
            (count,) = connection.execute(others, (viewer.id, number)).fetchone()
            if count >= _MOST_RATINGS:
                raise FullError(f"{viewer.id} has rated {count} answers, which is the most: withdraw some first")
            values = (number, viewer.id, question, kept, listed(documents))
            connection.execute(
                "INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, int(helpful), clean(comment).strip(), now()),
            )
        return number

    def withdraw(self, rating: str, *, viewer: Viewer) -> None:
        """Delete a rating.

        Raises
        ------
        NotKeptError
            The viewer has none of that id.
        """
        with self._file.writing() as connection:
            done = connection.execute("DELETE FROM ratings WHERE id = ? AND viewer = ?", (rating, viewer.id))
            if not done.rowcount:
                raise NotKeptError(f"there is no rating {rating!r}")

    def feedback(
        self, *, viewer: Viewer, everyone: bool = False, limit: int | None = None, offset: int = 0
    ) -> list[Feedback]:
        """Return a viewer's ratings, the newest first.

        Parameters
        ----------
        everyone
            Everybody's, as far as ``viewer`` may read what they are about: of others' ratings of an answer that is
            withheld, question and comment are withheld too (empty), for both may tell of it.
        limit, offset
            At most so many, after so many that are newer; None: all.
        """
        mine, values = ("", ()) if everyone else ("WHERE viewer = ?", (viewer.id,))
        with self._file.reading() as connection:
            found = connection.execute(
                f"SELECT id, viewer, question, answer, documents, helpful, comment, created FROM ratings {mine} "
                "ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",
                (*values, -1 if limit is None else limit, offset),
            ).fetchall()
        readable = self._readable(viewer, (row[4] for row in found))
        return [
            Feedback(
                id=number,
                viewer=whose,
                question=question if documents in readable or whose == viewer.id else "",
                answer=to_answer(answer) if documents in readable else None,
                helpful=bool(helpful),
                comment=comment if documents in readable or whose == viewer.id else "",
                when=datetime.fromisoformat(created),
            )
            for number, whose, question, answer, documents, helpful, comment, created in found
        ]

    def questions(self, *, viewer: Viewer, everyone: bool = False, folder: Path | None = None) -> list[dict[str, Any]]:
        """Return feedback as questions of an evaluation set of the kind ``documents``, the oldest first.

        An answer that was found helpful is right, and the documents that it cites hold it; "I don't know" that was
        found helpful is a question without an answer. Of answers that were found wrong, those with a comment and
        citations are told: their ``type`` is ``wrong``, the comment is taken for the right answer, and somebody must
        read it over before anything is measured with it.

        Parameters
        ----------
        viewer, everyone
            As for ``feedback``; what is withheld is left out.
        folder
            Documents below it are named by their path from there, as sets on disk have it; others by their id.
        """
        found = self.feedback(viewer=viewer, everyone=everyone)
        return [entry for one in reversed(found) if (entry := as_question(one, folder)) is not None]

    # Who may read what

    def _readable(self, viewer: Viewer, lists: Iterable[str]) -> Collection[str]:
        """Return those of the lists of documents, as they are kept, of which ``viewer`` may read every one."""
        access = self._present()

        def reads(document: str) -> bool:
            return document in access and may_read(viewer, access[document])

        return {kept for kept in set(lists) if all(map(reads, json.loads(kept)))}

    def _present(self) -> Mapping[str, Access]:
        with self._opening:
            # The generation first: what changes meanwhile is read once more.
            generation = self._store.generation()
            if generation != self._generation:
                self._access, self._generation = self._store.access(), generation
            return self._access

    def _prune(self) -> None:
        if self._keep_days <= 0:
            return
        before = (datetime.now(UTC) - timedelta(days=self._keep_days)).isoformat()
        with self._file.writing() as connection:
            connection.execute("DELETE FROM conversations WHERE updated < ?", (before,))
            connection.execute("DELETE FROM ratings WHERE created < ?", (before,))


def _owned(connection: sqlite3.Connection, conversation: str, viewer: Viewer) -> KeptConversation:
    row = connection.execute(_LISTED.format("AND c.id = ?"), (viewer.id, conversation)).fetchone()
    if row is None:
        raise NotKeptError(f"there is no conversation {conversation!r}")
    return to_conversation(row)
