"""The tables, in SQLAlchemy's terms."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("id", String, primary_key=True),
    Column("options", Text, nullable=False),
    Column("cursor", Text),
    Column("fingerprint", String, nullable=False, default=""),
)

documents = Table(
    "documents",
    metadata,
    Column("id", String, primary_key=True),
    Column("source_id", String, ForeignKey("sources.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("version", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("language", String, nullable=False),
    Column("sections", Text, nullable=False),
    Column("pages", Text, nullable=False),
    Column("modified", String),
    Column("indexed", String, nullable=False),
    Column("readers", Text, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("page_count", Integer, nullable=False),
    Column("chunk_count", Integer, nullable=False),
)

failures = Table(
    "failures",
    metadata,
    Column("document_id", String, primary_key=True),
    Column("source_id", String, ForeignKey("sources.id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("document_id", String, ForeignKey("documents.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("headings", Text, nullable=False),
    Column("page", Integer),
    Column("language", String, nullable=False),
    Column("lead", Text, nullable=False, server_default=""),
    Column("about", Text, nullable=False, server_default="[]"),
    Column("vector_key", String, nullable=False, index=True),
    Column("vector", LargeBinary, nullable=False),
    Index("chunks_by_place", "document_id", "ordinal", unique=True),
)

entities = Table(
    "entities",
    metadata,
    Column("document_id", String, ForeignKey("documents.id"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("type", String, nullable=False),
    Column("qualifier", String, nullable=False),
)

mentions = Table(
    "mentions",
    metadata,
    Column("chunk_id", BigInteger, ForeignKey("chunks.id"), nullable=False, index=True),
    Column("entity", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("type", String, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
)

relations = Table(
    "relations",
    metadata,
    Column("chunk_id", BigInteger, ForeignKey("chunks.id"), nullable=False, index=True),
    Column("subject", String, nullable=False),
    Column("predicate", Text, nullable=False),
    Column("object", String, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("negated", Boolean, nullable=False),
    Column("modality", String, nullable=False),
)

edits = Table(
    "edits",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("type", String, nullable=False),
    Column("document", String, nullable=False),
    # A number is never given twice, not even after the newest is gone.
    sqlite_autoincrement=True,
)
