"""What the filesystem connector remembers between runs, as the text that the receiver stores."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import NamedTuple

FORMAT = 2
"""Changes with the layout below, or when every file must be read again: cursors of format 1 may tell of documents
that another source took since."""


class Known(NamedTuple):
    """One document as it was last handed over."""

    size: int
    stamp: str
    sha256: str
    """Hex, of the file's bytes."""


@dataclass(slots=True)
class Memory:
    """All documents handed over, by id, and the readers that they were handed over with."""

    readers: tuple[str, ...]
    """Sorted principals."""
    files: dict[str, Known] = field(default_factory=dict)

    def dump(self) -> str:
        """Return the cursor: ASCII, one line, the same for the same state."""
        files = dict(sorted(self.files.items()))
        return json.dumps({"format": FORMAT, "readers": self.readers, "files": files}, separators=(",", ":"))


def load(cursor: str | None, *, readers: tuple[str, ...]) -> Memory:
    """Read a cursor back; one that cannot be understood gives an empty memory with ``readers``."""
    try:
        state = json.loads(cursor or "{}")
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            return Memory(readers)
        files = {
            str(name): Known(int(size), str(stamp), str(sha256))
            for name, (size, stamp, sha256) in state["files"].items()
        }
        return Memory(tuple(map(str, state["readers"])), files)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Memory(readers)  # the contract: not understood counts as none
