"""API keys: who may ask what, kept in a file of their own beside the knowledge base.

A key's secret is shown once, when it is made; its hash is stored. The secret has 256 random bits, so that a fast hash
is as good as a slow one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import limits

import rag

FILE = "keys.sqlite"
SCOPES = {
    "ask": "ask questions, also through /v1/chat/completions; send feedback",
    "search": "search passages; /v1/embeddings",
    "documents:read": "list documents and read their text",
    "documents:write": "upload and delete documents",
    "graph": "look around in the knowledge graph",
    "feedback": "list and withdraw the viewer's feedback",
    "metrics": "read /metrics",
    "admin": "everything, sources and sync jobs included",
}
DEFAULT_SCOPES = ("ask", "search", "documents:read", "graph", "feedback")
DEFAULT_RATE = "60/minute"
_PREFIX = "ws"
_UNKNOWN = hashlib.sha256(b"").hexdigest()
_TABLE = """
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, scopes TEXT NOT NULL, viewer TEXT NOT NULL,
    groups TEXT NOT NULL, rate TEXT NOT NULL, created TEXT NOT NULL, expires TEXT, revoked TEXT
) STRICT
"""
_COLUMNS = "id, name, scopes, viewer, groups, rate, created, expires, revoked"


class KeysError(rag.RagError):
    """A key cannot be made or found."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a key allows."""

    id: str
    """Names it: in lists, for revoking, and in the key itself."""
    name: str
    """What a person calls it."""
    scopes: frozenset[str]
    viewer: rag.Viewer
    """On whose behalf its requests run."""
    rate: str
    """So many requests in so much time: ``60/minute``."""
    created: datetime
    expires: datetime | None
    revoked: datetime | None

    def state(self, now: datetime) -> str:
        """Return ``valid``, ``revoked`` or ``expired``."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires and self.expires <= now else "valid"


class Keys:
    """The keys of one knowledge base.

    Safe to use from several threads and processes: each request looks the key up anew, so that a key is revoked at
    once.

    Parameters
    ----------
    folder
        The knowledge base's; made when the first key is.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def create(
        self,
        name: str,
        *,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        viewer: rag.Viewer = rag.LOCAL,
        rate: str = DEFAULT_RATE,
        lifetime: timedelta | None = None,
    ) -> tuple[Key, str]:
        """Make a key. Returns it with its secret, which nothing tells again.

        Raises
        ------
        KeysError
            A scope is unknown, or the rate is none.
        """
        wanted = frozenset(scopes)
        if unknown := sorted(wanted - SCOPES.keys()):
            raise KeysError(f"there is no scope {unknown[0]!r}; known: {', '.join(SCOPES)}")
        if not wanted:
            raise KeysError(f"a key without a scope opens nothing; known: {', '.join(SCOPES)}")
        parse_rate(rate)
        now = datetime.now(UTC)
        made = Key(
            id=secrets.token_hex(4),
            name=name,
            scopes=wanted,
            viewer=viewer,
            rate=rate,
            created=now,
            expires=now + lifetime if lifetime else None,
            revoked=None,
        )
        secret = f"{_PREFIX}_{made.id}_{secrets.token_urlsafe(32)}"
        row = (
            made.id,
            name,
            _hash(secret),
            json.dumps(sorted(wanted)),
            viewer.id,
            json.dumps(sorted(viewer.groups)),
            rate,
            now.isoformat(timespec="seconds"),
            made.expires.isoformat(timespec="seconds") if made.expires else None,
            None,
        )
        self._run("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        return made, secret

    def all(self) -> list[Key]:
        """Return every key that was ever made, the oldest first."""
        if not self._path.exists():
            return []
        return [_key(row) for row in self._run(f"SELECT {_COLUMNS} FROM keys ORDER BY created, id")]

    def any(self) -> bool:
        """Tell whether a key was ever made."""
        return self._path.exists() and bool(self._run("SELECT 1 FROM keys LIMIT 1"))

    def revoke(self, id: str) -> Key:
        """Make a key worthless from now on.

        Raises
        ------
        KeysError
            There is none of that id.
        """
        found = next((key for key in self.all() if key.id == id), None)
        if found is None:
            raise KeysError(f"there is no key {id!r}; 'rag keys list' lists them")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._run("UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL", (now, id))
        return found

    def find(self, secret: str) -> Key | None:
        """Return the key with this secret, also one that is revoked or has expired; None where there is none."""
        prefix, _, rest = secret.partition("_")
        id, _, random = rest.partition("_")
        rows = self._run(f"SELECT hash, {_COLUMNS} FROM keys WHERE id = ?", (id,)) if self._path.exists() else []
        stored = str(rows[0][0]) if rows else _UNKNOWN
        same = hmac.compare_digest(stored, _hash(secret))
        return _key(rows[0][1:]) if rows and same and prefix == _PREFIX and random else None

    def _run(self, statement: str, values: tuple[str | None, ...] = ()) -> list[tuple[str, ...]]:
        with self._lock:
            try:
                if self._open is None:
                    self._open = self._connect()
                with self._open, closing(self._open.execute(statement, values)) as cursor:
                    return cursor.fetchall()
            except sqlite3.Error as error:
                raise KeysError(f"the keys in {self._path} cannot be read or written: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists():
            # For its owner only, before anything is in it.
            self._path.touch(mode=0o600)
        connection = sqlite3.connect(self._path, timeout=10, check_same_thread=False)
        connection.execute(_TABLE)
        return connection


def parse_rate(rate: str) -> limits.RateLimitItem:
    """Return a rate such as ``60/minute``.

    Raises
    ------
    KeysError
        It is none.
    """
    try:
        return limits.parse(rate)
    except ValueError as error:
        raise KeysError(f"{rate!r} is no rate: write it as 60/minute, 5/second or 10000/day") from error


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _key(row: tuple[str, ...]) -> Key:
    id, name, scopes, viewer, groups, rate, created, expires, revoked = row
    return Key(
        id=id,
        name=name,
        scopes=frozenset(json.loads(scopes)),
        viewer=rag.Viewer(viewer, frozenset(json.loads(groups))),
        rate=rate,
        created=datetime.fromisoformat(created),
        expires=datetime.fromisoformat(expires) if expires else None,
        revoked=datetime.fromisoformat(revoked) if revoked else None,
    )
