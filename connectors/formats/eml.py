"""Mail: the headers that people read, the body, and the attachments."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default

from connectors.errors import FormatError
from connectors.formats.base import Parsed, TextBuilder, corrupt_file
from connectors.formats.encoding import decode
from connectors.formats.html import read_markup

SHOWN = ("From", "To", "Cc", "Date", "Subject")
_ANY_OF = ("From", "To", "Subject", "Date", "Message-ID", "Received", "MIME-Version")


def read(data: bytes, *, max_chars: int, parse_attachment: Callable[[bytes, str], Parsed]) -> Parsed:
    """Return headers and body, plain text before HTML; an attachment is a section with its text.

    Parameters
    ----------
    data, max_chars
        As everywhere.
    parse_attachment
        Reads one attachment from its bytes and name; one that it refuses with FormatError is only named.

    Raises
    ------
    FormatError
        The file has none of a mail's headers.
    """
    builder = TextBuilder(max_chars=max_chars)
    with corrupt_file("mail"):
        message = message_from_bytes(data, policy=default)
        assert isinstance(message, EmailMessage)
        if not any(name in message for name in _ANY_OF):
            raise FormatError("is not a mail file although its name ends in .eml; it may be damaged or misnamed")
        builder.lines(f"{name}: {_line(message[name])}" for name in SHOWN if message[name])
        body = message.get_body(preferencelist=("plain", "html"))
        if body is not None:
            builder.block(_body(body, max_chars))
        for part in message.iter_attachments():
            name = _line(part.get_filename() or part.get_content_type())
            builder.heading(f"Attachment: {name}", 1)
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                _attach(payload, name, builder, parse_attachment)
        subject = _line(message["Subject"] or "")
    return builder.build("message/rfc822", title=subject, title_from_heading=False)


def _body(part: MIMEPart, max_chars: int) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        text = payload.decode(part.get_content_charset("utf-8"))
    except (UnicodeError, LookupError):
        text = decode(payload) if payload else ""  # the charset is wrong or unknown: look at the bytes
    return read_markup(text, max_chars=max_chars).text if part.get_content_subtype() == "html" else text


def _attach(payload: bytes, name: str, builder: TextBuilder, parse_attachment: Callable[[bytes, str], Parsed]) -> None:
    try:
        parsed = parse_attachment(payload, name)
    except FormatError as error:
        builder.block(f"({name} {error})")
    else:
        builder.embed(parsed, deeper=1)


def _line(value: object) -> str:
    return " ".join(str(value).split())
