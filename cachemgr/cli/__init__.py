"""The command line: one of two faces."""
