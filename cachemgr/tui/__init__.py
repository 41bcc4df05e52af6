"""The Textual app: one of two faces."""
