"""The face for other programs' assistants: a server that speaks the Model Context Protocol."""
