"""Remembering: an append-only record of every run, durable before each effect."""
