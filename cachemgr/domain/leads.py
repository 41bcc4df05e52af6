"""Where a symbolic link of a root that moves leads: worked out on its text alone, nothing is resolved.

A directory on the way that is a link itself is taken for what its name says, as a person would read it.
"""

import ntpath
from enum import StrEnum
from typing import NamedTuple

Names = tuple[str, ...]

_EXTENDED = "\\\\?\\"
"""What Windows puts before an absolute target."""


class Move(NamedTuple):
    """A root that moves, as the text of an absolute path: where it was and where it will be. A root has
    several when several texts lead to it."""

    old: str
    new: str


class Lead(StrEnum):
    """What becomes of a link when its root moves."""

    WITHIN = "within"
    """Relative, to somewhere in the root: right at both places."""
    REWRITTEN = "rewritten"
    """Absolute, to somewhere in the root: needs another text at the new place."""
    LEAVING = "leaving"
    """To somewhere else."""


def lead(place: Names, text: str, moves: tuple[Move, ...]) -> tuple[Lead, str]:
    """Where a link leads that lies at `place`, names below its root; the text it has after the move."""
    windows = any(ntpath.splitdrive(move.old)[0] for move in moves) or text.startswith(_EXTENDED)
    absolute = text.startswith(("/", "\\") if windows else "/") or (windows and ntpath.splitdrive(text)[0])
    if not absolute:
        inside = _stays(_parts(text, windows=windows), len(place) - 1)
        return (Lead.WITHIN if inside else Lead.LEAVING), text
    for move in moves:
        rest = _below(text, move.old, windows=windows)
        if rest is not None and _stays(rest, 0):
            mark = "\\" if windows else "/"
            end = mark if text.endswith(mark) and rest else ""
            return Lead.REWRITTEN, mark.join((move.new.rstrip(mark), *rest)) + end
    return Lead.LEAVING, text


def _parts(text: str, *, windows: bool) -> list[str]:
    """Its components; those that lead nowhere else are left out."""
    if windows:
        text = text.removeprefix(_EXTENDED).replace("\\", "/")
    return [part for part in text.split("/") if part not in ("", ".")]


def _stays(parts: list[str], depth: int) -> bool:
    """Whether a way that begins `depth` levels below the root never leaves it."""
    for part in parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return False
    return True


def _below(text: str, old: str, *, windows: bool) -> list[str] | None:
    """The components below an absolute path; None where it does not lead below it."""
    way, top = _parts(text, windows=windows), _parts(old, windows=windows)
    start = way[: len(top)]
    if windows:
        start, top = [part.casefold() for part in start], [part.casefold() for part in top]
    return way[len(top) :] if start == top else None
