"""Measuring retrieval and answers on question sets."""

from rag.evaluation.run import evaluate

__all__ = ["evaluate"]
