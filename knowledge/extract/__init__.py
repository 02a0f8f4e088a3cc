"""Entities and relations, found by spaCy pipelines and rules."""

from knowledge.extract.base import BatchExtractor, Cut, Extractor
from knowledge.extract.extractor import SpacyExtractor

__all__ = ["BatchExtractor", "Cut", "Extractor", "SpacyExtractor"]
