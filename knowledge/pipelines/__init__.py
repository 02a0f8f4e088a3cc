"""The trained spaCy pipelines that come with Wellspring, and how they are made.

Importing this is cheap: it says where a pipeline lies, and leaves loading it to ``spacy.load``.
"""

from __future__ import annotations

from pathlib import Path

PIPELINES: dict[str, Path] = {"en": Path(__file__).parent / "en_wellspring"}
"""Where the pipeline of a language lies."""


def pipeline_path(language: str) -> Path:
    """Return the folder of a language's pipeline, for ``spacy.load``; KeyError where none comes with Wellspring."""
    return PIPELINES[language]
