"""Measuring retrieval and answers on question sets."""

from rag.evaluation.run import evaluate, evaluate_base

__all__ = ["evaluate", "evaluate_base"]
