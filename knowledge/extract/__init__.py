"""Entities and relations, found by spaCy pipelines and rules."""

from knowledge.extract.base import Extractor
from knowledge.extract.extractor import SpacyExtractor

__all__ = ["Extractor", "SpacyExtractor"]
