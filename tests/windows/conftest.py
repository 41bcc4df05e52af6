"""The fixtures of this room, where any system is Windows."""

from tests.windows.machine import everywhere, windows

__all__ = ["everywhere", "windows"]
