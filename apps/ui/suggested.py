"""Questions to begin with, thought of in a thread of its own: the page does not wait for them."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.ui.session import Session

_MOST = 4


class Suggestions:
    """What has been thought of so far, shared by everyone who has the page open; each viewer gets their own."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, frozenset[str], str], list[str] | None] = {}
        self._lock = threading.Lock()

    def ready(self, session: Session) -> list[str] | None:
        """Return questions for a viewer in the page's language; None while they are being thought of."""
        key = (session.kb.store.generation(), session.viewer.principals, session.text.language)
        with self._lock:
            if key not in self._kept:
                # What belongs to documents as they were is of no use any more.
                self._kept = {old: kept for old, kept in self._kept.items() if old[0] == key[0]}
                self._kept[key] = None
                threading.Thread(target=self._think, args=(session, key), name="suggestions", daemon=True).start()
            return self._kept[key]

    def _think(self, session: Session, key: tuple[int, frozenset[str], str]) -> None:
        found: list[str] = []
        try:
            found = session.kb.suggestions(viewer=session.viewer, language=session.text.language, most=_MOST)
        except Exception:
            # Nobody asked for them: without any, the page is as good as before. The log tells more.
            logging.getLogger(__name__).exception("no questions could be suggested")
        with self._lock:
            self._kept[key] = found
