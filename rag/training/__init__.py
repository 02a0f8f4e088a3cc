"""Training the reader and the chat model on questions with known answers: ``rag train``."""
