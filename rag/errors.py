"""The errors of this package.

RagError
├── SettingsError   a setting is unknown or has a value that makes no sense
├── ModelError      weights are missing, cannot be fetched, or are not what they should be; a chat model failed
├── KnowledgeBaseError  there is nothing to ask yet, or the index was made with another embedder
└── DatasetError    an evaluation set, or what a run over one wrote, cannot be read
"""


class RagError(Exception):
    """Base of everything that this package raises on purpose."""


class SettingsError(RagError):
    """A setting is unknown or has a value that makes no sense."""


class ModelError(RagError):
    """Weights are missing, cannot be fetched, or are not what they should be; or a chat model failed."""


class KnowledgeBaseError(RagError):
    """There is nothing to ask yet, or the index was made with another embedder."""


class DatasetError(RagError):
    """An evaluation set, or what a run over one wrote, cannot be read."""
