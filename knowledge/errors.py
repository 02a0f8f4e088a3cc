"""The errors of this package.

KnowledgeError
├── StoreError     the database cannot be opened, read or written
├── EmbedderError  the embedder cannot be loaded, or is not the one that the index was made with
├── PipelineError  a spaCy pipeline cannot be loaded, or lacks what extraction needs
└── GlossaryError  the glossary cannot be read
"""


class KnowledgeError(Exception):
    """Base of everything that this package raises on purpose."""


class StoreError(KnowledgeError):
    """The database cannot be opened, read or written."""


class EmbedderError(KnowledgeError):
    """The embedder cannot be loaded, or is not the one that the index was made with."""


class PipelineError(KnowledgeError):
    """A spaCy pipeline cannot be loaded, or lacks what extraction needs."""


class GlossaryError(KnowledgeError):
    """The glossary cannot be read."""
