"""File-system strings made safe to show. Nothing outside may style, move or write to a terminal."""

import os
import unicodedata
from pathlib import PurePath

_BLANKS = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)
_SELECTORS = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_INVISIBLE = frozenset(_BLANKS).union(*_SELECTORS)
"""Letters and marks that draw nothing, though Unicode calls them printable."""


def display_name(text: str | os.PathLike[str]) -> str:
    """Text with everything that does not print as itself written as an escape (`\\x1b`, `\\u202e`).

    Undecodable bytes (`os.fsdecode` keeps them as surrogates) become `\\xff`. Safe to apply twice.
    """
    name = os.fspath(text)
    if name.isascii() and name.isprintable():
        return name
    return "".join(map(_visible, name))


def cells(text: str) -> int:
    """How many terminal columns a displayable text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def middle(text: str, width: int, *, ellipsis: str = "…") -> str:
    """`text` in at most `width` columns; what does not fit is left out of the middle, because the end of
    a name tells more than its centre."""
    if cells(text) <= width:
        return text
    room = width - cells(ellipsis)
    if room <= 0:
        return ellipsis[: max(width, 0)]
    head = _fitting(text, room // 2)
    tail = _fitting(text[::-1], room - cells(head))[::-1]
    return head + ellipsis + tail


def short_path(path: PurePath, home: PurePath | None, project: PurePath | None = None) -> str:
    """A path as a person would say it: relative to the project, `~/…` in the home, else whole."""
    if project is not None and path != project and path.is_relative_to(project):
        return display_name(path.relative_to(project))
    if home is not None and path.is_relative_to(home):
        below = path.relative_to(home)
        return display_name(os.path.join("~", below)) if below.parts else "~"
    return display_name(path)


def _visible(char: str) -> str:
    code = ord(char)
    if code not in _INVISIBLE and (char.isprintable() or unicodedata.category(char) == "Zs"):
        return char
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _fitting(text: str, room: int) -> str:
    used = 0
    for position, char in enumerate(text):
        used += _width(char)
        if used > room:
            return text[:position]
    return text
