"""Questions answered from a company's own documents, with the places to check.

The public names load on first use, so that ``import rag`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors import Document, Failed, SourceError, Viewer
    from connectors.errors import ConnectorError
    from knowledge.errors import KnowledgeError
    from knowledge.records import DocumentInfo, Entity
    from knowledge.sync import SyncReport
    from rag.build import open_knowledge_base as open
    from rag.errors import RagError
    from rag.records import Answer, Citation, Draft, Event, Final, Found, Passage, SearchHit
    from rag.sdk import Wellspring
    from rag.settings import Settings, load_settings

_WHERE = {
    "Answer": "rag.records",
    "Citation": "rag.records",
    "ConnectorError": "connectors.errors",
    "Document": "connectors",
    "DocumentInfo": "knowledge.records",
    "Draft": "rag.records",
    "Entity": "knowledge.records",
    "Event": "rag.records",
    "Failed": "connectors",
    "Final": "rag.records",
    "Found": "rag.records",
    "KnowledgeError": "knowledge.errors",
    "Passage": "rag.records",
    "RagError": "rag.errors",
    "SearchHit": "rag.records",
    "Settings": "rag.settings",
    "SourceError": "connectors",
    "SyncReport": "knowledge.sync",
    "Viewer": "connectors",
    "Wellspring": "rag.sdk",
    "load_settings": "rag.settings",
    "open": "rag.build",
}

__all__ = [
    "Answer",
    "Citation",
    "ConnectorError",
    "Document",
    "DocumentInfo",
    "Draft",
    "Entity",
    "Event",
    "Failed",
    "Final",
    "Found",
    "KnowledgeError",
    "Passage",
    "RagError",
    "SearchHit",
    "Settings",
    "SourceError",
    "SyncReport",
    "Viewer",
    "Wellspring",
    "load_settings",
    "open",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), "open_knowledge_base" if name == "open" else name)
