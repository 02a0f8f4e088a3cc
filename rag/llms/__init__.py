"""Chat models: each one a LangChain ``BaseChatModel``."""

from rag.llms.open import open_chat_model

__all__ = ["open_chat_model"]
