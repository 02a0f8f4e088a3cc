"""What an operator decides about entities: checked against the graph before it is kept.

Names are kept as they were given, since they must mean the same when documents come and go. Where a name has several
meanings, the key of the one that is meant is kept: a bare name would stand for all of them. Only what the viewer's
graph holds can be named, so that an edit tells nothing of hidden documents.
"""

from __future__ import annotations

from knowledge.graph import KnowledgeGraph
from knowledge.records import Edit, Entity
from knowledge.types import EVENT, NAME, ORG, PERSON, PLACE, PRODUCT, VALUES, WORK
from rag.errors import KnowledgeBaseError

PINNED_TYPES = (PERSON, ORG, PLACE, EVENT, WORK, PRODUCT, NAME)
"""What an entity can be said to be."""


def merge(graph: KnowledgeGraph, name: str, other: str) -> Edit:
    """Return the edit by which two names are those of one thing.

    Raises
    ------
    KnowledgeBaseError
        A name is not known, is a value's, or they are one already.
    """
    if _named(graph, name).key == _named(graph, other).key:
        raise KnowledgeBaseError(f"{name!r} and {other!r} are one already")
    return Edit("merge", _kept(graph, name), _kept(graph, other))


def split(graph: KnowledgeGraph, name: str, other: str = "", *, document: str = "", shown: str = "") -> Edit:
    """Return the edit by which ``name`` and ``other``, or ``name`` here and elsewhere, are two things.

    Parameters
    ----------
    document
        The id of the document that means something else by ``name`` than the others do.
    shown
        What that document's ``name`` is to be called; empty: chosen from the document.

    Raises
    ------
    KnowledgeBaseError
        A name is not known or is a value's; the two are two already; the document does not name it.
    """
    entity = _named(graph, name)
    if bool(other) == bool(document):
        raise KnowledgeBaseError("a split takes either a second name or a document")
    if not document:
        if _named(graph, other).key != entity.key:
            raise KnowledgeBaseError(f"{name!r} and {other!r} are two already")
        return Edit("split", name.strip(), other.strip())
    if document not in graph.documents_of(entity.key):
        raise KnowledgeBaseError(f"{document} does not name {name!r}; 'rag graph show' lists the documents that do")
    return Edit("split", _kept(graph, name), shown.strip(), document=document)


def pin(graph: KnowledgeGraph, name: str, *, shown: str = "", type: str = "") -> Edit:
    """Return the edit by which ``name`` is always shown as ``shown``, or is of a type (one of ``PINNED_TYPES``).

    Raises
    ------
    KnowledgeBaseError
        The name is not known or is a value's; nothing is pinned; there is no such type.
    """
    _named(graph, name)
    if not shown.strip() and not type:
        raise KnowledgeBaseError("a pin takes a name to show, or a type")
    if type and type not in PINNED_TYPES:
        raise KnowledgeBaseError(f"there is no type {type!r}; the types are {', '.join(PINNED_TYPES)}")
    return Edit("pin", _kept(graph, name), shown.strip(), type=type)


def shown_to(graph: KnowledgeGraph, edit: Edit) -> bool:
    """Tell whether a viewer, whose graph this is, may know of an edit: all that it names is in the graph."""
    if not graph.candidates(edit.name):
        return False
    if edit.document:
        return any(edit.document in graph.documents_of(entity.key) for entity in graph.candidates(edit.name))
    return edit.kind == "pin" or bool(graph.candidates(edit.other))


def _kept(graph: KnowledgeGraph, name: str) -> str:
    """Return what an edit calls the likeliest meaning of a name."""
    found = graph.candidates(name)
    return name.strip() if len(found) == 1 else found[0].key


def _named(graph: KnowledgeGraph, name: str) -> Entity:
    found = graph.candidates(name)
    if not found:
        raise KnowledgeBaseError(f"no entity is named {name!r}; try 'rag graph entities --contains PART'")
    if found[0].type in VALUES:
        raise KnowledgeBaseError(f"{name!r} is a value ({found[0].type}): it means the same everywhere")
    return found[0]
