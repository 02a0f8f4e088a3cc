"""Answers that are worked out from facts: comparisons, yes/no questions, questions that take two steps.

A question is read into a small plan (``rag.facts.plan``): which property of which things, and what is done with it.
Each fact is looked for in the passages that are about its thing (``rag.facts.find``) and comes with the sentence that
tells it. Where a fact is missing there is no answer.
"""

from rag.facts.finder import FactFinder
from rag.facts.pages import Find
from rag.facts.records import FactAnswer, Step
from rag.facts.search import title_search
from rag.facts.wording import markers, sentence

__all__ = ["FactAnswer", "FactFinder", "Find", "Step", "markers", "sentence", "title_search"]
