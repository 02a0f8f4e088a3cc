"""From names in text to the things that they name.

``document`` puts together what one document calls by several names (a function of that document alone); ``corpus`` puts
the documents' entities together (a function of the set of documents and the operator's edits, never of order).
"""

from knowledge.resolve.names import entity_key, without_parenthesis

__all__ = ["entity_key", "without_parenthesis"]
