"""The contract of an extractor.

``extract`` is a function of one document alone, so that what is stored never depends on the order in which documents
came; every mention lies inside its chunk, and its name is the document's text at its offsets; mentions and relations
speak of the entities that are returned with them, and a relation's chunk mentions both of its sides; ``name`` changes
whenever results would. ``knowledge.testing.ExtractorContract`` checks this.

Names of *other* documents' titles are not looked for here: a title that comes or goes would change what older
documents say. ``knowledge.graph`` links them when it is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from connectors import Document
from knowledge.records import Chunk, Extraction

Cut = tuple[Document, Sequence[Chunk]]
"""A document with its chunks."""


class Extractor(Protocol):
    """Something that finds entities and relations. The module's docstring is the contract."""

    @property
    def name(self) -> str:
        """Names the pipeline and everything else that shapes its results."""
        ...

    def extract(self, document: Document, chunks: Sequence[Chunk]) -> Extraction:
        """Return what the chunks of ``document`` name, and what they say between the named."""
        ...


@runtime_checkable
class BatchExtractor(Extractor, Protocol):
    """An extractor that is faster with many documents at once."""

    def extract_many(self, documents: Sequence[Cut]) -> list[Extraction]:
        """Return for each document exactly what ``extract`` would, in order."""
        ...
