"""The knowledge graph: documents, chunks, the entities that they name, and what is said between these."""

from knowledge.graph.graph import KnowledgeGraph, Node
from knowledge.graph.web import Link, Web

__all__ = ["KnowledgeGraph", "Link", "Node", "Web"]
