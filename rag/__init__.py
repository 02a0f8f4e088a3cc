"""Questions answered from a company's own documents, with the places to check.

The public names load on first use, so that ``import rag`` is quick.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Before anything loads OpenMP: its threads, waiting for each other, would spin. Alone on a machine that gains nothing;
# beside one other busy process a question took 2.2 s instead of 0.2. What the environment says wins.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

if TYPE_CHECKING:
    from connectors import EVERYONE, Document, Failed, SourceError, Viewer
    from connectors.errors import ConnectorError
    from connectors.formats.pdf_image import PageImage
    from knowledge.errors import KnowledgeError
    from knowledge.records import DocumentInfo, Entity
    from knowledge.sync import SyncReport
    from rag.build import open_knowledge_base as open
    from rag.conversation import Conversation
    from rag.doctor import Finding, examine
    from rag.errors import (
        FullError,
        JournalError,
        KnowledgeBaseError,
        NotKeptError,
        RagError,
        ScopeError,
        UnsupportedError,
        UploadError,
    )
    from rag.evaluation.kept import Evaluations, KeptRun, QuestionChange
    from rag.evaluation.results import Result
    from rag.explore import Explorer, Fact, Neighbour, Step
    from rag.journal import Feedback, Journal, KeptConversation, KeptTurn
    from rag.library import LOCAL
    from rag.picture import ENTITY_TYPES, Picture
    from rag.records import Answer, Citation, Draft, Event, Final, Found, Passage, SearchHit, Side
    from rag.sdk import LONGEST_QUESTION, Wellspring
    from rag.settings import SettingInfo, Settings, explained, load_settings
    from rag.trail import Trail, TrailNode
    from rag.uploads import keep_uploads, upload_name

_WHERE = {
    "Answer": "rag.records",
    "Citation": "rag.records",
    "ConnectorError": "connectors.errors",
    "Conversation": "rag.conversation",
    "Document": "connectors",
    "DocumentInfo": "knowledge.records",
    "Draft": "rag.records",
    "ENTITY_TYPES": "rag.picture",
    "EVERYONE": "connectors",
    "Entity": "knowledge.records",
    "Evaluations": "rag.evaluation.kept",
    "Event": "rag.records",
    "Explorer": "rag.explore",
    "Fact": "rag.explore",
    "Failed": "connectors",
    "Feedback": "rag.journal",
    "Final": "rag.records",
    "Finding": "rag.doctor",
    "Found": "rag.records",
    "FullError": "rag.errors",
    "Journal": "rag.journal",
    "JournalError": "rag.errors",
    "KeptConversation": "rag.journal",
    "KeptRun": "rag.evaluation.kept",
    "KeptTurn": "rag.journal",
    "KnowledgeBaseError": "rag.errors",
    "KnowledgeError": "knowledge.errors",
    "LOCAL": "rag.library",
    "LONGEST_QUESTION": "rag.sdk",
    "Neighbour": "rag.explore",
    "NotKeptError": "rag.errors",
    "PageImage": "connectors.formats.pdf_image",
    "Passage": "rag.records",
    "Picture": "rag.picture",
    "QuestionChange": "rag.evaluation.kept",
    "RagError": "rag.errors",
    "Result": "rag.evaluation.results",
    "ScopeError": "rag.errors",
    "SearchHit": "rag.records",
    "SettingInfo": "rag.settings",
    "Settings": "rag.settings",
    "Side": "rag.records",
    "SourceError": "connectors",
    "Step": "rag.explore",
    "SyncReport": "knowledge.sync",
    "Trail": "rag.trail",
    "TrailNode": "rag.trail",
    "UnsupportedError": "rag.errors",
    "UploadError": "rag.errors",
    "Viewer": "connectors",
    "Wellspring": "rag.sdk",
    "examine": "rag.doctor",
    "explained": "rag.settings",
    "keep_uploads": "rag.uploads",
    "load_settings": "rag.settings",
    "open": "rag.build",
    "upload_name": "rag.uploads",
}

__all__ = [
    "ENTITY_TYPES",
    "EVERYONE",
    "LOCAL",
    "LONGEST_QUESTION",
    "Answer",
    "Citation",
    "ConnectorError",
    "Conversation",
    "Document",
    "DocumentInfo",
    "Draft",
    "Entity",
    "Evaluations",
    "Event",
    "Explorer",
    "Fact",
    "Failed",
    "Feedback",
    "Final",
    "Finding",
    "Found",
    "FullError",
    "Journal",
    "JournalError",
    "KeptConversation",
    "KeptRun",
    "KeptTurn",
    "KnowledgeBaseError",
    "KnowledgeError",
    "Neighbour",
    "NotKeptError",
    "PageImage",
    "Passage",
    "Picture",
    "QuestionChange",
    "RagError",
    "Result",
    "ScopeError",
    "SearchHit",
    "SettingInfo",
    "Settings",
    "Side",
    "SourceError",
    "Step",
    "SyncReport",
    "Trail",
    "TrailNode",
    "UnsupportedError",
    "UploadError",
    "Viewer",
    "Wellspring",
    "examine",
    "explained",
    "keep_uploads",
    "load_settings",
    "open",
    "upload_name",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), "open_knowledge_base" if name == "open" else name)
