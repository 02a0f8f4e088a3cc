"""The file that a document was made from, as it lies in its source: to be shown beside a quote."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from connectors import Document, FormatError
from connectors.formats.pdf_image import PageImage, draw_page

if TYPE_CHECKING:
    from knowledge.store import Store

PDF = "application/pdf"


def original(store: Store, document: Document, *, max_bytes: int) -> bytes | None:
    """Return the file of a document, or None where it cannot be read now, or is another one than was indexed.

    Only of sources that were named by their location: what a connector of one's own calls its documents need not be
    places. Whoever calls this has checked that the viewer may read the document.
    """
    import fsspec

    source = next((source for source in store.sources() if source.id == document.source), None)
    if source is None or "location" not in source.options:
        return None
    options: Any = source.options.get("storage_options") or {}
    try:
        with fsspec.open(document.id, "rb", **options) as file:
            data: bytes = file.read(max_bytes + 1)
    # Storage libraries raise exceptions of their own; whatever it was, there is no file to show.
    except Exception:
        return None
    # Versions of files are digests of their bytes.
    return data if len(data) <= max_bytes and sha256(data).hexdigest() == document.version else None


def page_image(
    store: Store, document: Document, page: int, *, quote: str, width: int, max_bytes: int
) -> PageImage | None:
    """Return a page of a PDF as a picture, or None where there is none; see ``Wellspring.page_image``."""
    if document.media_type != PDF:
        return None
    data = original(store, document, max_bytes=max_bytes)
    if data is None:
        return None
    try:
        return draw_page(data, page, quote=quote, width=width)
    except FormatError:
        return None
