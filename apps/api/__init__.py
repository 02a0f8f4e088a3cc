"""The HTTP API that bots and other programs call: OpenAI's routes under ``/v1``, our own under ``/api``."""
