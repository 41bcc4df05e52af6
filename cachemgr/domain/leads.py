"""Where a symbolic link leads once the root it lies in is somewhere else, by its text alone."""

from enum import StrEnum
from typing import NamedTuple

Names = tuple[str, ...]


class Move(NamedTuple):
    """A root that moves: where it was and where it will be, as absolute paths."""

    old: str
    new: str


class Lead(StrEnum):
    """What becomes of a link."""

    WITHIN = "within"
    REWRITTEN = "rewritten"
    LEAVING = "leaving"


def lead(place: Names, text: str, moves: tuple[Move, ...]) -> tuple[Lead, str]:
    """How a link at a place below the root leads on, and its text after the move."""
    if text.startswith("/"):
        for old, new in moves:
            if text == old or text.startswith(old.rstrip("/") + "/"):
                return Lead.REWRITTEN, new + text[len(old) :]
        return Lead.LEAVING, text
    depth = len(place) - 1
    for part in text.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return Lead.LEAVING, text
    return Lead.WITHIN, text
