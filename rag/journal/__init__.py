"""What people asked and were told, kept per viewer: conversations and feedback."""

from rag.journal.journal import Journal
from rag.journal.records import Feedback, KeptConversation, KeptTurn

__all__ = ["Feedback", "Journal", "KeptConversation", "KeptTurn"]
