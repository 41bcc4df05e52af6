"""Deciding, pure: an inventory and a wish become steps."""
