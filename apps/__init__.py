"""Faces of the knowledge base. They import only what ``rag`` exports."""
