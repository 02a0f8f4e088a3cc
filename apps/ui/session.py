"""What every page is given."""

from __future__ import annotations

from dataclasses import dataclass, field

import rag
from apps.text import Text
from apps.ui.jobs import Jobs
from apps.ui.suggested import Suggestions
from apps.ui.trials import Trials


@dataclass(frozen=True, slots=True)
class Session:
    """One person's view of the knowledge base during one run of the script."""

    kb: rag.Wellspring
    viewer: rag.Viewer
    text: Text
    jobs: Jobs
    """Indexing, shared by everyone who has the page open."""
    suggestions: Suggestions = field(default_factory=Suggestions)
    """Questions to begin with; shared, too."""
    trials: Trials = field(default_factory=Trials)
    """Runs over question files; shared, too."""
    local: bool = True
    """Whether the person sits at this machine: only then do paths on it mean anything to them."""
    edits: bool = True
    """Whether they may add and delete documents."""
