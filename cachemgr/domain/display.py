"""File-system strings made safe to show. Nothing outside may style, move or write to a terminal."""

import os
import unicodedata

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


def _visible(char: str) -> str:
    code = ord(char)
    if code not in _INVISIBLE and (char.isprintable() or unicodedata.category(char) == "Zs"):
        return char
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
