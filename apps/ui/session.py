"""What every page is given."""

from __future__ import annotations

from dataclasses import dataclass

import rag
from apps.text import Text
from apps.ui.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Session:
    """One person's view of the knowledge base during one run of the script."""

    kb: rag.Wellspring
    viewer: rag.Viewer
    text: Text
    jobs: Jobs
    """Indexing, shared by everyone who has the page open."""
