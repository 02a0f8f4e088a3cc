"""The errors of this package.

KnowledgeError
├── StoreError     the database cannot be opened, read or written
└── EmbedderError  the embedder cannot be loaded, or is not the one that the index was made with
"""


class KnowledgeError(Exception):
    """Base of everything that this package raises on purpose."""


class StoreError(KnowledgeError):
    """The database cannot be opened, read or written."""


class EmbedderError(KnowledgeError):
    """The embedder cannot be loaded, or is not the one that the index was made with."""
