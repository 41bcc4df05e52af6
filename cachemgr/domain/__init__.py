"""Nouns: pure values that need the standard library only. No disk, clock, screen or text in them."""
