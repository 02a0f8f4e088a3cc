"""Where the bot stands with each customer, kept over restarts."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True)
class State:
    """What is remembered of one customer beside the conversation itself, which is in the knowledge base's journal."""

    conversation: str = ""
    """Its id in the journal; "": none has begun."""
    pending: str = ""
    """The question that the bot asked back about."""
    options: list[str] = field(default_factory=list)
    """What it may mean, as they were numbered."""
    unsure: int = 0
    """Questions in a row that the bot was not sure about."""
    with_person: bool = False
    """A person has taken over: the bot only passes messages on."""
    channel: str = ""
    """Where the customer is answered."""
    when: float = 0.0
    """Of the last message, in seconds since 1970."""


class States:
    """States by customer, in one SQLite file.

    Parameters
    ----------
    path
        The file.
    keep_seconds
        States that were not touched for so long are forgotten.
    """

    def __init__(self, path: Path, *, keep_seconds: float = 30 * 86400) -> None:
        self._lock = threading.Lock()
        self._keep = keep_seconds
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("CREATE TABLE IF NOT EXISTS states (user TEXT PRIMARY KEY, state TEXT, at REAL)")

    def get(self, user: str) -> State:
        """Return a customer's state; a new one for somebody new."""
        with self._lock:
            row = self._file.execute("SELECT state FROM states WHERE user = ?", (user,)).fetchone()
        return State(**json.loads(row[0])) if row else State()

    def put(self, user: str, state: State) -> None:
        """Keep a customer's state."""
        state.when = time.time()
        with self._lock:
            kept = json.dumps(asdict(state))
            self._file.execute("INSERT OR REPLACE INTO states VALUES (?, ?, ?)", (user, kept, state.when))
            self._file.execute("DELETE FROM states WHERE at < ?", (state.when - self._keep,))

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._file.close()
