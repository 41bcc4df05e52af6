"""Bringing caches to where they should be: what goes where, and what it would take."""
