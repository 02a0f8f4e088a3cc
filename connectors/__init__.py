"""Where documents come from: sources and file formats turned into ``Document`` and ``Change`` records."""

from connectors.access import EVERYONE, Access, Viewer, may_read
from connectors.base import Claiming, Connector
from connectors.errors import ConnectorError, FormatError, SourceError
from connectors.plugins import open_source
from connectors.records import (
    AccessChanged,
    Change,
    Checkpoint,
    Delete,
    Document,
    Failed,
    Page,
    Section,
    Upsert,
)

__all__ = [
    "EVERYONE",
    "Access",
    "AccessChanged",
    "Change",
    "Checkpoint",
    "Claiming",
    "Connector",
    "ConnectorError",
    "Delete",
    "Document",
    "Failed",
    "FormatError",
    "Page",
    "Section",
    "SourceError",
    "Upsert",
    "Viewer",
    "may_read",
    "open_source",
]
