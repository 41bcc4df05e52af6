"""Widgets take values and post messages; they call nothing."""
