"""Doing: the only package that changes the user's disk."""
