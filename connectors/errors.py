"""The errors of this package.

ConnectorError
├── SourceError   a whole source cannot be read: a path that is not there, a missing extra, no permission
└── FormatError   one file cannot be turned into text: encrypted, corrupt, empty, too large, not text

A message says what happened, to which document or source, and what to do next, in one line.
"""


class ConnectorError(Exception):
    """Base of everything that this package raises on purpose."""


class SourceError(ConnectorError):
    """A whole source cannot be read."""


class FormatError(ConnectorError):
    """The bytes of one file cannot be turned into text. The message does not name it: the caller does."""
