"""Which documents a question is asked of, where these are not all that the viewer may read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rag.errors import ScopeError

if TYPE_CHECKING:
    from knowledge.records import DocumentInfo

Within = str | Sequence[str] | None
"""What a question is asked of: documents, folders, sources; None: all that the viewer may read.

A name stands for the documents whose id, or whose source's id, has it as one or several whole steps: ``handbook`` and
``hr/handbook`` for all in that folder, ``handbook/leave.pdf`` for one document, an id for itself.
"""


_NAMED = 5
"""Documents that a message names."""


def scope_of(within: Within) -> tuple[str, ...]:
    """Return the names one by one, each once.

    Raises
    ------
    ScopeError
        There are none: a question would be asked of nothing.
    """
    if within is None:
        return ()
    names = tuple(dict.fromkeys([within] if isinstance(within, str) else within))
    if not names or not all(name.strip("/ ") for name in names):
        raise ScopeError("a question cannot be asked within nothing: name documents or folders, or leave 'within' out")
    return names


def documents_within(names: Iterable[str], documents: Iterable[DocumentInfo]) -> frozenset[str]:
    """Return the ids of those of the documents that the names stand for.

    Raises
    ------
    ScopeError
        A name stands for none of them.
    """
    steps = {info.id: (_steps(info.id), _steps(info.source)) for info in documents}
    found: set[str] = set()
    for name in names:
        wanted = _steps(name)
        named = {id for id, (own, source) in steps.items() if wanted in own or wanted in source}
        if not named:
            raise ScopeError(
                f"there is no document or folder {name!r} to ask: give whole steps of a path, as in 'hr/leave.pdf'"
            )
        found |= named
    return frozenset(found)


def document_ending(name: str, documents: Iterable[DocumentInfo]) -> str:
    """Return the id of the one document whose id ends in ``name``, whole steps of a path.

    Raises
    ------
    ScopeError
        There is none, or there are several.
    """
    wanted = _steps(name)
    found = [info.id for info in documents if wanted != "//" and _steps(info.id).endswith(wanted)]
    if not found:
        raise ScopeError(
            f"there is no document {name!r}: give its id or whole steps of the end of its path, as in 'hr/leave.md'; "
            "'rag documents' lists them"
        )
    if len(found) > 1:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise ScopeError(f"{name!r} may be {', '.join(found[:_NAMED])}{more}: give more of the path")
    return found[0]


def _steps(name: str) -> str:
    return f"/{name.strip().strip('/')}/"
