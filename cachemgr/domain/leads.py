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
    windows = _is_windows(text, moves)
    if not _is_absolute(text, windows=windows):
        inside = _walked(place[:-1], _parts(text, windows=windows))
        return (Lead.LEAVING if inside is None else Lead.WITHIN), text
    for move in moves:
        rest = _below(text, move.old, windows=windows)
        if rest is not None and _walked((), rest) is not None:
            mark = "\\" if windows else "/"
            end = mark if text.endswith(mark) and rest else ""
            return Lead.REWRITTEN, mark.join((move.new.rstrip(mark), *rest)) + end
    return Lead.LEAVING, text


def end(place: Names, text: str, moves: tuple[Move, ...]) -> Names | None:
    """Where a link leads, as names below its root; None where it leaves that."""
    windows = _is_windows(text, moves)
    if not _is_absolute(text, windows=windows):
        return _walked(place[:-1], _parts(text, windows=windows))
    ways = (_below(text, move.old, windows=windows) for move in moves)
    ends = (_walked((), rest) for rest in ways if rest is not None)
    return next((found for found in ends if found is not None), None)


def straight_end(folder: Names, text: str | None) -> Names | None:
    """Where a relative link in a folder leads, whichever system wrote it, for whoever deletes by its text. So
    None also where it goes down before it goes up: that depends on the directories on the way. (A link that
    only moves with them, `end`, leads to the same afterwards, whatever they are.)"""
    if not text or text.startswith(("/", "\\")) or ":" in text[:3]:
        return None
    parts = _parts(text, windows=True)
    down = next((number for number, part in enumerate(parts) if part != ".."), len(parts))
    return None if ".." in parts[down:] else _walked(folder, parts)


def _is_windows(text: str, moves: tuple[Move, ...]) -> bool:
    return any(ntpath.splitdrive(move.old)[0] for move in moves) or text.startswith(_EXTENDED)


def _is_absolute(text: str, *, windows: bool) -> bool:
    return text.startswith(("/", "\\") if windows else "/") or (windows and bool(ntpath.splitdrive(text)[0]))


def _parts(text: str, *, windows: bool) -> list[str]:
    """Its components; those that lead nowhere else are left out."""
    if windows:
        text = text.removeprefix(_EXTENDED).replace("\\", "/")
    return [part for part in text.split("/") if part not in ("", ".")]


def _walked(start: Names, parts: list[str]) -> Names | None:
    """Where a way leads that begins below the root; None where it leaves that."""
    way = list(start)
    for part in parts:
        if part != "..":
            way.append(part)
        elif not way:
            return None
        else:
            way.pop()
    return tuple(way)


def _below(text: str, old: str, *, windows: bool) -> list[str] | None:
    """The components below an absolute path; None where it does not lead below it."""
    way, top = _parts(text, windows=windows), _parts(old, windows=windows)
    start = way[: len(top)]
    if windows:
        start, top = [part.casefold() for part in start], [part.casefold() for part in top]
    return way[len(top) :] if start == top else None
