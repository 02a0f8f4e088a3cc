"""The errors of this package.

RagError
├── SettingsError   a setting is unknown or has a value that makes no sense
├── ModelError      weights are missing, cannot be fetched, or are not what they should be; a chat model failed
│   └── UnsupportedError  the chat model cannot do what a question's options ask of it
├── KnowledgeBaseError  there is nothing to ask yet, or the index was made with another embedder
├── ScopeError      a question is to be asked of documents that are not there for its viewer
├── ConversationError   a kept conversation is somebody else's, of another version, or damaged
├── JournalError    the journal cannot be used, or what it was given is too much for it
│   ├── NotKeptError    the journal keeps no such thing for this viewer
│   └── FullError       the journal keeps as much of this viewer as it takes
├── UploadError     no source would read a file of that name
├── DatasetError    an evaluation set, or what a run over one wrote, cannot be read
└── TrainingError   there is nothing to train on, or a training run cannot go on
"""


class RagError(Exception):
    """Base of everything that this package raises on purpose."""


class SettingsError(RagError):
    """A setting is unknown or has a value that makes no sense."""


class ModelError(RagError):
    """Weights are missing, cannot be fetched, or are not what they should be; or a chat model failed."""


class UnsupportedError(ModelError):
    """The chat model cannot do what a question's options ask of it."""


class KnowledgeBaseError(RagError):
    """There is nothing to ask yet, or the index was made with another embedder."""


class ScopeError(RagError):
    """A question is to be asked of documents that are not there for its viewer."""


class DatasetError(RagError):
    """An evaluation set, or what a run over one wrote, cannot be read."""


class TrainingError(RagError):
    """There is nothing to train on, or a training run cannot go on."""


class ConversationError(RagError):
    """A kept conversation is somebody else's, of another version, or damaged."""


class JournalError(RagError):
    """The journal cannot be used, or what it was given is too much for it."""


class UploadError(RagError):
    """No source would read a file of that name."""


class NotKeptError(JournalError):
    """The journal keeps no such thing for this viewer."""


class FullError(JournalError):
    """The journal keeps as much of this viewer as it takes."""
